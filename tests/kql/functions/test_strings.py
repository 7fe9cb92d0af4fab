from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import same, value

CASES: list[tuple[str, Any]] = [
    ("strlen('héllo')", 5),
    ("string_size('héllo')", 6),
    ("toupper('aé')", "AÉ"),
    ("strcat('a', 5, true, 1.5, dynamic([1]))", "a5true1.5[1]"),
    ("strcat_delim('-', 'a', 1, now())", "a-1-2026-01-02T03:04:05.0000000Z"),
    ("split('a_b_c', '_')", ["a", "b", "c"]),
    ("split('a_b_c', '_', 1)", ["b"]),
    ("split('abc', '')", ["abc"]),
    ("split('a_b', '_')[5]", None),
    ("tostring(split('a_b', '_')[1])", "b"),
    ("substring('123456', 1)", "23456"),
    ("substring('123456', 2, 2)", "34"),
    ("substring('ABCD', 0, 2)", "AB"),
    ("substring('123456', -2, 2)", "56"),
    ("substring('abc', 10)", ""),
    ("trim('--', '--x--')", "x"),
    ("trim(@'[^\\w]+', '--  x.y  **')", "x.y"),
    ("trim_start(@'[ab]+', 'abxab')", "xab"),
    ("trim_end(@'[ab]+', 'abxab')", "abx"),
    ("replace_string('a.b.c', '.', '-')", "a-b-c"),
    ("replace_strings('ab', dynamic(['a', 'b']), dynamic(['x', 'y']))", "xy"),
    ("replace_strings('a cat and a dog', dynamic(['cat', 'dog']), dynamic(['dog', 'pigeon']))", "a dog and a pigeon"),
    ("replace_strings('This is', dynamic(['This', 'is']), dynamic(['This', 'was']))", "This was"),
    ("replace_strings('This is', dynamic(['is', 'This']), dynamic(['was', 'This']))", "Thwas was"),
    ("reverse('abc')", "cba"),
    ("translate('krasp', 'otsku', 'spark')", "kusto"),
    ("translate('abc', 'x', 'aabbd')", "xxxxd"),
    ("strcmp('ABC','ABC')", 0),
    ("strcmp('abc','ABC')", 1),
    ("strcmp('ABC','abc')", -1),
    ("strrep('a', 3)", "aaa"),
    ("strrep(1, 2, ',')", "1,1"),
    ("strlen(strrep('a', 100000000))", 1024),
    ("indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", 9),
    ("indexof('abcdefg', 'cde', 1, 2)", -1),
    ("indexof('abcdefg','cde')", 2),
    ("indexof('abcdefg','cde', 0, 3)", -1),
    ("indexof('abcdefgabc','abc', 1, -1)", 7),
    ("indexof('abcabc','abc', 0, -1, 2)", 3),
    ("indexof('abc', 'x')", -1),
    ("indexof(123, 2)", 1),
    ("countof('aaa', 'aa')", 2),
    ("countof('The cat sat on the mat', 'at')", 3),
    ("countof('ababa', 'ab', 'normal')", 2),
    ("countof('abcabc', 'a.c', 'regex')", 2),
    ("isascii('é')", False),
    ("isempty('')", True),
    ("isnotempty(' ')", True),
    ("isnull('')", False),
    ("tostring(dynamic(null))", ""),
    ("strcat(\"it's\", '')", "it's"),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_strings_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found
