from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import kind, refusal, same, value

CASES: list[tuple[str, Any]] = [
    ("iff(true, 1, 2.5)", 1.0),
    ("iff(bool(null), 1, 2)", 2),
    ("iif(false, 'a', 'b')", "b"),
    ("iff(true, dynamic({'a': 1}).a, '')", "1"),
    ("iff(true, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), 'a')", "74be27de-1e4e-49d9-b579-fe0b331d3642"),
    ("gettype(iff(false, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), 'a'))", "string"),
    ("iff(false, 1h, 'a') == 'a'", True),
    ("case(false, 1, true, 2.5, 'a')", 2.5),
    ("case(false, 'a', true, dynamic([1]), 1h)", [1]),
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


def test_branches_without_a_common_type_are_dynamic_and_other_functions_refuse_them() -> None:
    assert kind("iff(true, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), 'a')") == "dynamic"
    assert kind("case(true, 1, false, dynamic([1]), 2.5)") == "real"
    assert "guid, string" in refusal("coalesce(guid(74be27de-1e4e-49d9-b579-fe0b331d3642), 'a')")


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_conditional_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found
