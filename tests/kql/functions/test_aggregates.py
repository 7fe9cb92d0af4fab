from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import aggregate, run, same

NUMBERS = "(x:long, s:string)[1, 'a', 2, 'b', 3, 'a', 4, '', long(null), 'a']"
NONE = "(x:long, s:string)[]"
BAGS = "(d:dynamic)[dynamic({'a': 1}), dynamic({'b': 2, 'a': 3})]"

CASES: list[tuple[str, str, Any]] = [
    (NUMBERS, "count()", 5), (NUMBERS, "countif(x > 2)", 2), (NUMBERS, "sum(x)", 10), (NUMBERS, "sumif(x, s == 'a')", 4),
    (NUMBERS, "avg(x)", 2.5), (NUMBERS, "min(x)", 1), (NUMBERS, "max(s)", "b"), (NUMBERS, "maxif(x, x < 4)", 3),
    (NUMBERS, "dcount(s)", 3), (NUMBERS, "dcountif(s, x < 3)", 2), (NUMBERS, "count_distinct(x)", 4),
    (NUMBERS, "make_list(x)", [1, 2, 3, 4]), (NUMBERS, "make_list(x, 2)", [1, 2]), (NUMBERS, "make_list_if(x, x > 2)", [3, 4]),
    (NUMBERS, "make_list_with_nulls(x)", [1, 2, 3, 4, None]), (NUMBERS, "array_sort_asc(make_set(s))", ["", "a", "b"]),
    (NUMBERS, "array_length(make_set_if(s, x > 3))", 1), ("(d:dynamic)[dynamic(['b', 'a']), dynamic(['a', 'c']), dynamic('d')]", "make_set(d)", ["a", "b", "c", "d"]), ("(d:dynamic)[dynamic([1, [2]]), dynamic(3), dynamic(null)]", "make_list(d)", [1, [2], 3]), (NUMBERS, "stdev(x)", 1.2909944487358056),
    (NUMBERS, "variance(x)", 1.6666666666666667), (NUMBERS, "stdevp(x)", 1.118033988749895),
    (NUMBERS, "percentile(x, 50)", 2), (NUMBERS, "percentiles_array(x, 25, 75)", [1, 3]),
    (NUMBERS, "percentilew(x, x, 50)", 3), (NUMBERS, "binary_all_or(x)", 7), (NUMBERS, "binary_all_and(x)", 0),
    (NUMBERS, "dcount_hll(hll(s))", 3), (NUMBERS, "percentile_tdigest(tdigest(x), 50)", 2.0),
    (NONE, "count()", 0), (NONE, "sum(x)", 0), (NONE, "avg(x)", "NaN"), (NONE, "max(x)", None), (NONE, "max(s)", ""),
    (NONE, "make_list(x)", []), (NONE, "stdev(x)", 0.0), (NONE, "take_any(x)", None),
    (BAGS, "make_bag(d)", {"a": 3, "b": 2}), (BAGS, "buildschema(d)", {"a": "long", "b": "long"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "expression", "wanted"), CASES, ids=[f"{rows[-7:]} {call}" for rows, call, _ in CASES]
)
def test_aggregates_give_what_the_language_says(rows: str, expression: str, wanted: Any) -> None:
    found = aggregate(rows, expression)
    assert same(found, wanted), found


def test_the_row_of_a_maximum_comes_whole() -> None:
    columns, rows = run(f"datatable{NUMBERS} | summarize arg_max(x, *)")
    assert (columns, rows) == ([("x", "long"), ("s", "string")], [[4, ""]])


def test_some_row_is_picked_where_every_key_is_null() -> None:
    assert run("datatable(x:long, s:string)[long(null), 'a'] | summarize arg_max(x, s)")[1] == [[None, "a"]]


def test_columns_of_aggregates_are_named_as_the_language_service_names_them() -> None:
    query = f"datatable{NUMBERS} | summarize sum(x), dcount(s), make_set(s), percentiles(x, 50, 99.9), arg_min(x, s), take_any(s)"
    names = [name for name, _ in run(query)[0]]
    assert names == ["sum_x", "dcount_s", "set_s", "percentile_x_50", "percentile_x_99_9", "x", "s", "s1"]


def test_a_sorted_list_keeps_its_order() -> None:
    assert run("range i from 1 to 5 step 1 | sort by i desc | summarize make_list(i)")[1] == [[[5, 4, 3, 2, 1]]]
