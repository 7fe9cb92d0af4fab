"""Texts become the tokens that KQL sees in them."""

from __future__ import annotations

import pytest

from dashboard.kql.tokens import UnknownEscape, string_value, tokenize
from tests.kql.golden import Golden, golden_cases


def described(text: str) -> str:
    tokens = tokenize(text)
    return "\n".join(f"{kind} {found}" for kind, found in zip(tokens.kinds, tokens.texts, strict=True) if kind != "end")


@pytest.mark.parametrize("case", golden_cases("tokens"), ids=lambda case: case.title)
def test_a_text_has_these_tokens(case: Golden) -> None:
    assert described(case.text) == case.expected


def test_tokens_tell_where_they_stand() -> None:
    text = "T // all\n| take 5"
    tokens = tokenize(text)
    assert [text[s:e] for s, e in zip(tokens.starts, tokens.ends, strict=True)] == list(tokens.texts)


def test_white_space_of_web_pages_separates_tokens() -> None:
    assert described("T\u00a0|\u200btake\u3000 5") == "name T\nop |\nname take\nlong 5"


@pytest.mark.parametrize(
    ("token", "value"),
    [
        (r"'a\'b'", "a'b"),
        (r'"tab\tline\nquote\""', 'tab\tline\nquote"'),
        (r"'\u00e9\x41\101\U0001F600'", "éAA😀"),
        (r"@'C:\dir\'", "C:\\dir\\"),
        ("@'it''s'", "it's"),
        ('h"secret"', "secret"),
        ('H@"a""b"', 'a"b'),
        ("```two\nlines with 'quotes' and \\d```", "two\nlines with 'quotes' and \\d"),
        ("~~~tilde~~~", "tilde"),
        ("''", ""),
    ],
)
def test_a_string_constant_means_its_text(token: str, value: str) -> None:
    assert tokenize(token).texts[0] == token
    assert string_value(token) == value


def test_a_backslash_that_starts_no_escape_is_refused_with_its_place() -> None:
    with pytest.raises(UnknownEscape) as caught:
        string_value(r"'a\d'")
    assert caught.value.escape == r"\d"
    assert caught.value.offset == 2
