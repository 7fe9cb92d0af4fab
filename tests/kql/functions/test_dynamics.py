from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import run, same, value

CASES: list[tuple[str, Any]] = [
    ("array_length(dynamic([1, 2, 'x']))", 3),
    ("array_length(dynamic({}))", None),
    ("array_concat(dynamic([1]), dynamic([2, 3]))", [1, 2, 3]),
    ("array_slice(dynamic([1,2,3]), 1, 2)", [2, 3]),
    ("array_slice(dynamic([1,2,3,4,5]), -3, -2)", [3, 4]),
    ("array_index_of(dynamic(['this','is','an']), 'an')", 2),
    ("array_index_of(dynamic([1]), 5)", -1),
    ("array_reverse(dynamic([1,2]))", [2, 1]),
    ("array_sum(dynamic([1,2,3.5]))", 6.5),
    ("array_split(dynamic([1,2,3,4,5]), 2)", [[1, 2], [3, 4, 5]]),
    ("array_split(dynamic([1,2,3,4,5]), dynamic([1,3]))", [[1], [2, 3], [4, 5]]),
    ("array_iff(dynamic([true,false]), dynamic([1,2]), dynamic([3,4]))", [1, 4]),
    ("array_sort_asc(dynamic([3, 1, null, 2]))", [1, 2, 3, None]),
    ("array_sort_desc(dynamic(['b', 'a', 'c']))", ["c", "b", "a"]),
    ("array_rotate_left(dynamic([1,2,3,4,5]), 2)", [3, 4, 5, 1, 2]),
    ("array_rotate_right(dynamic([1,2,3]), 1)", [3, 1, 2]),
    ("array_shift_left(dynamic([1,2,3]), 1)", [2, 3, None]),
    ("array_shift_right(dynamic([1,2,3]), 1, 0)", [0, 1, 2]),
    ("set_union(dynamic([1,2]), dynamic([2,3]))", [1, 2, 3]),
    ("set_intersect(dynamic([1,2,3]), dynamic([3,2]))", [2, 3]),
    ("set_difference(dynamic([1,2,3]), dynamic([2]), dynamic([3]))", [1]),
    ("set_has_element(dynamic(['a']), 'a')", True),
    ("set_has_element(dynamic([1]), 2)", False),
    ("jaccard_index(dynamic([1,2,3,4]), dynamic([3,4,5]))", 0.4),
    ("bag_pack('a', 1, 'b', 'x\"y')", {"a": 1, "b": 'x"y'}),
    ("pack('t', 1d, 'n', long(null))", {"t": "1.00:00:00", "n": None}),
    ("pack_array(1, 'a', dynamic([2]))", [1, "a", [2]]),
    ("bag_keys(dynamic({'a': 1, 'b c': 2}))", ["a", "b c"]),
    ("bag_has_key(dynamic({'a': 1}), 'a')", True),
    ("bag_has_key(dynamic({'a': {'b': 1}}), '$.a.b')", True),
    ("bag_merge(dynamic({'a': 1}), dynamic({'a': 2, 'b': 3}))", {"a": 1, "b": 3}),
    ("bag_remove_keys(dynamic({'a': 1, 'b': 2}), dynamic(['a']))", {"b": 2}),
    ("bag_remove_keys(dynamic({'a': {'x': 1, 'y': 2}}), dynamic(['$.a.x']))", {"a": {"y": 2}}),
    ("bag_set_key(dynamic({'a': 1}), 'b', 'x')", {"a": 1, "b": "x"}),
    ("bag_zip(dynamic(['a', 8, 'b']), dynamic([1, '2', 2.5]))", {"a": 1, "b": 2.5}),
    ("zip(dynamic([1,3]), dynamic([2,4]))", [[1, 2], [3, 4]]),
    ("repeat(1, 3)", [1, 1, 1]),
    ("range(1, 8, 3)", [1, 4, 7]),
    ("range(1h, 3h)", ["01:00:00", "02:00:00", "03:00:00"]),
    ("range(5, 1)", []),
    ("array_length(range(1, 1000000000))", 1048576),
    ("range(1, 5, 0)", None),
    ("bag_set_key(dynamic({'a': {'x': 1}}), '$.a.y', 2)", {"a": {"x": 1, "y": 2}}),
    ("dynamic_to_json(dynamic({'b': 1, 'a': {'d': 1, 'c': 2}}))", '{"a":{"c":2,"d":1},"b":1}'),
    (
        "range(datetime(2020-01-01), datetime(2020-01-02), 1d)",
        ["2020-01-01T00:00:00.0000000Z", "2020-01-02T00:00:00.0000000Z"],
    ),
    ("strcat_array(dynamic([1, 'a', null]), '->')", "1->a->"),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_dynamics_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_arrays_are_sorted_along_with_the_first_and_named_after_their_columns() -> None:
    columns, rows = run(
        "print a = dynamic([1,3,4,5,2]), b = dynamic(['a','b','c','d','e']) | project array_sort_asc(a, b)"
    )
    assert [name for name, _ in columns] == ["a_sorted", "b_sorted"]
    assert rows == [[[1, 2, 3, 4, 5], ["a", "e", "b", "c", "d"]]]
    assert value("array_sort_asc(dynamic([3, 1]), dynamic(['x', 'y']))[1]") == ["y", "x"]
    assert value("array_sort_asc(dynamic([3, 1]))[1]") == 3
