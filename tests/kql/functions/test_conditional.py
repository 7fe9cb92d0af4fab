from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import same, value

CASES: list[tuple[str, Any]] = [
    ("iff(true, 1, 2.5)", 1.0),
    ("iff(bool(null), 1, 2)", 2),
    ("iif(false, 'a', 'b')", "b"),
    ("iff(true, dynamic({'a': 1}).a, '')", "1"),
    ("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"),
    ("case(false, 1, 2)", 2),
    ("coalesce(long(null), 5)", 5),
    ("coalesce('', 'x', 'y')", "x"),
    ("coalesce(dynamic(null), dynamic([1]))", [1]),
    ("max_of(1, 2.5)", 2.5),
    ("min_of(now(), datetime(2020-01-01))", "2020-01-01T00:00:00Z"),
    ("not(1 == 2)", True),
    ("around(5, 4, 2)", True),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_conditional_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found
