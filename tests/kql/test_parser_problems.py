"""What is wrong with a query is told with its place, all at once, and with what to do."""

from __future__ import annotations

import pytest

from dashboard.kql.codes import CODES
from dashboard.kql.diagnostics import closest
from dashboard.kql.parser import MAX_LENGTH, parse
from tests.kql.golden import Golden, golden_cases


@pytest.mark.parametrize("case", golden_cases("problems"), ids=lambda case: case.title)
def test_a_mistake_is_told_like_this(case: Golden) -> None:
    result = parse(case.text)
    assert result.tree is None
    assert "\n".join(problem.describe() for problem in result.problems) == case.expected
    assert all(problem.code in CODES for problem in result.problems)


def test_the_place_of_a_problem_covers_the_words_that_are_meant() -> None:
    text = "T\n| take 5\n| mv-aply x on (take 1)"
    place = parse(text).problems[0].place
    assert (place.line, place.column, place.length) == (3, 3, len("mv-aply"))


@pytest.mark.parametrize(
    ("name", "meant"),
    [("sumarize", "summarize"), ("Where", "where"), ("mv-aply", "mv-apply"), ("exted", "extend"), ("zzz", None)],
)
def test_the_nearest_name_is_offered(name: str, meant: str | None) -> None:
    assert closest(name, ["where", "extend", "summarize", "mv-apply", "mv-expand", "take"]) == meant


@pytest.mark.parametrize(
    "text",
    [
        "print " + "(" * 5000 + "1" + ")" * 5000,
        "print " + "f(" * 5000,
        "print dynamic(" + "[" * 5000,
        "print " + "+".join("1" * 5000),
        "print a" + ".b" * 5000,
        "T" + "| join (T" * 5000 + ")" * 5000,
        "let f=(){" * 5000,
        "print a" + "[0" * 5000,
    ],
    ids=["parentheses", "calls", "dynamic", "sum", "path", "joins", "functions", "indexes"],
)
def test_what_is_nested_too_deeply_is_refused_by_our_own_limit(text: str) -> None:
    assert [problem.code for problem in parse(text).problems] == ["KQ002"]


def test_hundreds_of_alternatives_are_no_deep_nesting() -> None:
    assert parse("T | where " + " or ".join(f"a == {i}" for i in range(5000))).tree is not None


def test_a_text_that_is_too_long_is_refused() -> None:
    assert [problem.code for problem in parse("T" * (MAX_LENGTH + 1)).problems] == ["KQ001"]


def test_at_most_fifty_problems_are_listed() -> None:
    assert len(parse("T" + " | foo" * 500).problems) == 50
