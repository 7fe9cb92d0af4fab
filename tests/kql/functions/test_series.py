from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import run, same, value

CASES: list[tuple[str, Any]] = [
    ("series_add(dynamic([1,2]), dynamic([3,4]))", [4, 6]),
    ("series_multiply(dynamic([1,2]), 2)", [2, 4]),
    ("series_divide(dynamic([1,2]), dynamic([2,4]))", [0.5, 0.5]),
    ("series_less(dynamic([1,5]), dynamic([2,2]))", [True, False]),
    ("series_abs(dynamic([-1,2]))", [1, 2]),
    ("series_sum(dynamic([1,2,3,4]))", 10.0),
    ("series_magnitude(dynamic([1,2,3,4]))", 5.477225575051661),
    ("series_dot_product(dynamic([1,2]), dynamic([3,4]))", 11.0),
    ("series_dot_product(dynamic([1,2,4]), 1)", 7.0),
    ("series_pearson_correlation(dynamic([1,2,3]), dynamic([2,4,6]))", 1.0),
    ("series_fill_const(dynamic([1,null,3]), 0)", [1, 0, 3]),
    ("series_fill_forward(dynamic([1,null,3]))", [1, 1, 3]),
    ("series_fill_backward(dynamic([1,null,3]))", [1, 3, 3]),
    ("series_fill_linear(dynamic([1.0,null,3.0]))", [1.0, 2.0, 3.0]),
    ("series_fir(dynamic([0,0,3,0,0]), dynamic([1,1,1]), true, true)", [0.0, 1.0, 1.0, 1.0, 0.0]),
    ("series_iir(dynamic([1,1,1]), dynamic([1]), dynamic([1,-1]))", [1.0, 2.0, 3.0]),
    ("series_stats_dynamic(dynamic([23,46,2])).max_idx", 1),
    ("series_fit_line_dynamic(dynamic([1,2,3])).slope", 1.0),
    ("series_seasonal(dynamic([1,3,5,1,3,5,2,4,6]), 3)", [1.0, 3.0, 5.0, 1.0, 3.0, 5.0, 1.0, 3.0, 5.0]),
    ("series_outliers(dynamic([1,2,3,2,1,2,3,2,50]), 'tukey')[1]", 0.0),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_series_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


WEEK = "range t from 0 to 839 step 1 | extend y = 10.0 + iff(t % 24 < 8, 5.0, 0.0) + iff((t / 24) % 7 > 4, -4.0, 0.0)"


def test_a_weekly_season_is_found_and_explains_the_series() -> None:
    columns, rows = run(f"{WEEK} | summarize y = make_list(y) | project series_decompose(y)")
    assert [name for name, _ in columns] == [
        f"series_decompose_y_{part}" for part in ("baseline", "seasonal", "trend", "residual")
    ]
    assert max(abs(v) for v in rows[0][3]) < 1e-9


def test_a_spike_is_flagged_up_and_a_dip_down() -> None:
    noisy = WEEK + " + 0.1 * ((t * 7919) % 13) + iff(t == 300, 40.0, 0.0) - iff(t == 500, 40.0, 0.0)"
    query = f"{noisy} | summarize y = make_list(y) | extend (flag, score, base) = series_decompose_anomalies(y, 3.0) | project flag"
    flags = run(query)[1][0][0]
    assert [(i, flag) for i, flag in enumerate(flags) if flag] == [(300, 1), (500, -1)]


def test_a_line_is_fitted_with_its_columns_named_after_the_series() -> None:
    columns, rows = run("print y = dynamic([2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30]) | project series_fit_line(y)")
    assert columns[0] == ("series_fit_line_y_rsquare", "real")
    assert rows[0][:5] == pytest.approx(
        [0.982900730884447, 2.730769230769231, 98.62878787878789, 1.686480186480187, -1.6666666666666716]
    )
