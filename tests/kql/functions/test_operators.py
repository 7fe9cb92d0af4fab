from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import kind, refusal, run, same, value

CASES: list[tuple[str, Any]] = [
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 % 3", 1),
    ("-7 % 3", 2),
    ("7 / 0", None),
    ("7.0 / 2", 3.5),
    ("1.0 / 0", "Infinity"),
    ("1 + 2.5", 3.5),
    ("2h + 30m", "02:30:00"),
    ("1d / 1h", 24.0),
    ("1h * 3", "03:00:00"),
    ("1d / 2", "12:00:00"),
    ("-1h", "-01:00:00"),
    ("datetime(2020-01-02) - datetime(2020-01-01)", "1.00:00:00"),
    ("datetime(2020-01-01) + 1h", "2020-01-01T01:00:00Z"),
    ("1h + datetime(2020-01-01)", "2020-01-01T01:00:00Z"),
    ("long(null) == 5", False),
    ("long(null) != 5", True),
    ("long(null) > 5", None),
    ("long(null) == long(null)", None),
    ("not(long(null) == 5)", True),
    ("long(null) in (5)", False),
    ("long(null) !in (5)", True),
    ("'North America' has 'america'", True),
    ("'North America' has 'amer'", False),
    ("'North America' hasprefix 'ame'", True),
    ("'North America' hassuffix 'ICA'", True),
    ("'a_b' has 'a'", True),
    ("'a-b c' has 'a-b'", True),
    ("'xa-b c' has 'a-b'", False),
    ("'a.b' has '.b'", True),
    ("'abc' has ''", True),
    ("'Abc' has_cs 'abc'", False),
    ("'FabriKam' contains 'BRik'", True),
    ("'FabriKam' contains_cs 'BRik'", False),
    ("'FabriKam' !contains 'x'", True),
    ("'Fabrikam' startswith 'fab'", True),
    ("'Fabrikam' startswith_cs 'fab'", False),
    ("'Fabrikam' endswith 'KAM'", True),
    ("'abc' =~ 'ABC'", True),
    ("'abc' !~ 'ABC'", False),
    ("'a' in ('a', 'b')", True),
    ("'A' in~ ('a', 'b')", True),
    ("'c' !in ('a', 'b')", True),
    ("'b' in (dynamic(['a', 'b']))", True),
    ("'B' in~ (dynamic(['a', 'b']))", True),
    ("5 in (dynamic([1, 5]))", True),
    ("'a b c' has_any ('x', 'B')", True),
    ("'abc' has_any ('b')", False),
    ("'a b c' has_all ('a', 'C')", True),
    ("'a b c' has_all ('a', 'x')", False),
    ("'a b c' has_any (dynamic(['c']))", True),
    ("'x12' matches regex @'\\d+$'", True),
    ("5 between (1 .. 5)", True),
    ("5 !between (1 .. 5)", False),
    ("datetime(2020-01-02) between (datetime(2020-01-01) .. 1d)", True),
    ("dynamic({'a': 5}).a == 5", True),
    ("dynamic({'a': '5'}).a == 5", False),
    ("dynamic({'a': 'x'}).a == 'x'", True),
    ("dynamic({'a': true}).a == true", True),
    ("dynamic({'a': 2}).a + 1", 3),
    ("dynamic({'a': 2}).a + dynamic({'b': 3}).b", 5),
    ("dynamic([1, 2.5])[0] * dynamic([1, 2.5])[1]", 2.5),
    ("true and long(null) > 1", None),
    ("false and long(null) > 1", False),
    ("1 == 1.0", True),
    ("'5' == 5", True),
    ("5 == '6'", False),
    ("'x' == true", False),
    ("5 in ('4', '5')", True),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_operators_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("int(1) + int(1)", "long"), ("1 + 1.0", "real"), ("1 / 2", "long"), ("1d / 1h", "real"), ("1d * 2", "timespan"),
        ("dynamic(1) + 1", "long"), ("dynamic(1) + dynamic(1)", "dynamic"), ("dynamic(1) + 1.5", "real"),
        ("decimal(1) + 1.5", "decimal"), ("now() - now()", "timespan"), ("'a' == 'b'", "bool"),
    ],
)  # fmt: skip
def test_operators_give_the_types_of_the_language_service(expression: str, wanted: str) -> None:
    assert kind(expression) == wanted


def test_a_number_cannot_be_added_to_a_string() -> None:
    assert "does not apply" in refusal("'a' + 1")


def test_rows_with_null_are_kept_by_inequality_and_dropped_by_equality() -> None:
    rows = "datatable(x:long)[1, 2, long(null)]"
    assert run(f"{rows} | where x != 1 | count")[1] == [[2]]
    assert run(f"{rows} | where x == 1 | count")[1] == [[1]]
    assert run(f"{rows} | where not(x == 1) | count")[1] == [[2]]
    assert run(f"{rows} | where not(x > 1) | count")[1] == [[1]]


def test_operators_on_columns_agree_with_those_on_constants() -> None:
    query = """datatable(a:string, b:string)["North America", "america", "a-b c", "A-B", "xa-b", "a-b", "abc", ""]
        | project has_ = a has b, prefix = a hasprefix b, has_any_ = a has_any (pack_array(b))"""
    assert run(query)[1] == [[True, True, True], [True, True, True], [False, False, False], [True, True, True]]
