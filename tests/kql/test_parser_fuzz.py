"""Broken and hostile texts never crash the parser and never hold it up."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.kql.parser import parse
from dashboard.kql.repair import repair
from tests.kql.corpus import corpus_queries, needs_shared

PIECES = [
    "|", "(", ")", "[", "]", "{", "}", "'", '"', "```", ";", ",", "let ", "= ", "-", "..", "dynamic(", "\\", "*",
    "in (", "| where ", "“", "”", "\x00", "é", "//", "by ", "datetime(", "1h", ":", "=>", "!", "&quot;", "project ",
    "join ", "on ", "$left.", "0x", "1e", "h'", "@'", "\n", "extend ", "typeof(", "mv-apply ", "with ", "step ",
]  # fmt: skip


def broken(text: str, chance: random.Random) -> str:
    """A text with one kind of damage done to it."""
    text = text[:4000]
    kind = chance.randrange(6)
    if kind == 0 and text:
        at = chance.randrange(len(text))
        return text[:at] + text[at + chance.randrange(1, 30) :]
    if kind == 1:
        for _ in range(chance.randrange(1, 10)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice(PIECES) + text[at:]
        return text
    if kind == 2:
        return text[: chance.randrange(len(text) + 1)]
    if kind == 3:
        words = text.split(" ")
        chance.shuffle(words)
        return " ".join(words)
    if kind == 4:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(300))).decode("utf-8", "replace")
    return "".join(chance.choice(PIECES) for _ in range(chance.randrange(300)))


def read_many(count: int, seed: int) -> float:
    """Parses that many broken texts, repairs each tenth, and gives the processor's seconds of the slowest."""
    chance = random.Random(seed)
    queries = [case["query"] for case in corpus_queries()]
    slowest = 0.0
    for number in range(count):
        text = broken(chance.choice(queries), chance)
        start = time.process_time()
        parse(text)
        slowest = max(slowest, time.process_time() - start)
        if number % 10 == 0:
            repair(text)
    return slowest


@needs_shared
@pytest.mark.shared
def test_a_sample_of_broken_texts_is_read_without_a_crash() -> None:
    assert read_many(2_000, seed=4) < 2


@needs_shared
@pytest.mark.shared
@pytest.mark.soak
def test_a_hundred_thousand_broken_texts_are_read_without_a_crash() -> None:
    assert read_many(100_000, seed=11) < 2


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_without_a_crash(text: str) -> None:
    result = parse(text)
    assert (result.tree is None) == any(problem.severity == "error" for problem in result.problems)


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
@settings(max_examples=300, deadline=None)
def test_any_row_of_pieces_is_read_and_repaired_without_a_crash(text: str) -> None:
    offered = repair(text)
    if offered is not None:
        assert len(parse(offered.text).problems) <= len(parse(text).problems)


@pytest.mark.parametrize(
    "piece", ["(", "[", "'", '"', "`", "!", "|", ";", ",", "“", "\\", "1", ".", "- ", "in (", "T\nwhere x\n"]
)
def test_one_piece_repeated_up_to_the_limit_is_read(piece: str) -> None:
    parse("print " + piece * (399_000 // len(piece)))
