from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import run, same

ROWS = "datatable(k:string, x:long)['a', 1, 'a', 2, 'b', 4, 'b', 4, 'a', 9] | serialize"

CASES: list[tuple[str, list[Any]]] = [
    ("prev(x)", [None, 1, 2, 4, 4]),
    ("prev(k)", ["", "a", "a", "b", "b"]),
    ("prev(x, 2, 0)", [0, 0, 1, 2, 4]),
    ("next(x)", [2, 4, 4, 9, None]),
    ("row_number()", [1, 2, 3, 4, 5]),
    ("row_number(10)", [10, 11, 12, 13, 14]),
    ("row_number(1, prev(k) != k)", [1, 2, 1, 2, 1]),
    ("row_cumsum(x)", [1, 3, 7, 11, 20]),
    ("row_cumsum(x, prev(k) != k)", [1, 3, 4, 8, 9]),
    ("row_rank_dense(k)", [1, 1, 2, 2, 3]),
    ("row_rank_min(k)", [1, 1, 3, 3, 5]),
    ("x - prev(x)", [None, 1, 2, 0, 5]),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_functions_of_rows_see_their_neighbours(expression: str, wanted: list[Any]) -> None:
    found = [row[0] for row in run(f"{ROWS} | extend value = {expression} | project value")[1]]
    assert same(found, wanted), found


def test_sessions_end_after_a_gap_or_when_they_grow_too_long() -> None:
    times = ", ".join(f"datetime(2020-01-01 00:{minute:02d})" for minute in (0, 4, 8, 30, 33, 36, 39, 42))
    query = f"datatable(t:datetime)[{times}] | serialize | project s = row_window_session(t, 10m, 5m)"
    minutes = [row[0][14:16] for row in run(query)[1]]
    assert minutes == ["00", "00", "00", "30", "30", "30", "30", "42"]
