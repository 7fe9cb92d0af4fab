from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import refusal, same, value

CASES: list[tuple[str, Any]] = [
    ("extract_all(strcat('(', 'b)'), 'abc')", ["b"]),
    ("array_length(extract_all(@'(\\d)', 'abc'))", None),
    ("extract(@'(?<letter>\\w)(?<digit>\\d)', 2, 'a1')", "1"),
    ("extract_all(@'(?<letter>\\w)(?<digit>\\d)', dynamic(['digit']), 'a1b2')", ["1", "2"]),
    ("extract('x=([0-9.]+)', 1, 'hello x=45.6|wo')", "45.6"),
    ("extract('x=([0-9.]+)', 1, 'x=45.6', typeof(real))", 45.6),
    ("extract('nothing', 0, 'abc')", ""),
    ("extract('nothing', 0, 'abc', typeof(long))", None),
    ("extract_all(@'(\\d+)', 'a1b22')", ["1", "22"]),
    ("extract_all(@'([a-z])(\\d)', 'a1b2')", [["a", "1"], ["b", "2"]]),
    ("extract_all(@'([a-z])(\\d)', dynamic([2]), 'a1b2')", ["1", "2"]),
    ("extract_all(@'(?P<k>\\w+)=(?P<v>\\d+)', dynamic(['v', 'k']), 'a=1 b=2')", [["1", "a"], ["2", "b"]]),
    ("replace_regex('abc', '(b)', @'<\\1>')", "a<b>c"),
    ("replace('b', 'x', 'abc')", "axc"),
    ("indexof_regex('abcabc', 'a.c')", 0),
    ("indexof_regex('abcabcdefg', 'a.c', 0, 9, 2)", 3),
    ("indexof_regex('abcabc', 'a.c', 1, -1, 2)", -1),
    ("indexof_regex('ababaa', 'a.a', 0, -1, 2)", -1),
    ("indexof_regex('abcabc', 'a|ab', -1)", None),
    ("regex_quote('a.b')", "a\\.b"),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_regex_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_a_look_ahead_is_refused() -> None:
    assert "look ahead" in refusal("extract('a(?=b)', 0, 'ab')")
