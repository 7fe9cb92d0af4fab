from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import same, value

CASES: list[tuple[str, Any]] = [
    ("round(2.5)", 2.0),
    ("round(2.567, 1)", 2.6),
    ("round(-2.5)", -2.0),
    ("ceiling(1.1)", 2.0),
    ("abs(-5)", 5),
    ("abs(-1h)", "01:00:00"),
    ("sign(-42)", -1.0),
    ("pow(2, 3)", 8.0),
    ("sqrt(16)", 4.0),
    ("sqrt(-1)", "NaN"),
    ("log(0)", "-Infinity"),
    ("round(welch_test(20.82, 7.8674, 15, 22.9867, 3.8127, 15), 3)", 0.021),
    ("log10(1000)", 3.0),
    ("log2(8)", 3.0),
    ("exp2(3)", 8.0),
    ("exp10(2)", 100.0),
    ("pi()", 3.141592653589793),
    ("gcd(12, 18)", 6),
    ("isnan(real(nan))", True),
    ("isinf(1.0/0)", True),
    ("isfinite(1.0)", True),
    ("erf(0.5)", 0.5204998778130465),
    ("beta_cdf(0.2, 10.0, 50.0)", 0.7684204704210884),
    ("beta_inv(1.5, 10.0, 20.0)", None),
    ("beta_inv(0.1, -1.0, 20.0)", "NaN"),
    ("binary_and(12, 10)", 8),
    ("binary_or(12, 10)", 14),
    ("binary_xor(12, 10)", 6),
    ("binary_not(1)", -2),
    ("binary_shift_left(1, 4)", 16),
    ("binary_shift_right(16, 2)", 4),
    ("bitset_count_ones(42)", 3),
    ("convert_angle(1.2, 'Degree', 'Arcminute')", 72.0),
    ("format_bytes(1024)", "1 KB"),
    ("convert_temperature(1.2, 'Kelvin', 'DegreeCelsius')", -271.95),
    ("format_bytes(10332, 2)", "10.09 KB"),
    ("format_bytes(20010332)", "19 MB"),
    ("format_bytes(20010332, 0, 'KB')", "19541 KB"),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_math_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found
