"""Numbers, units and dates read as the portal shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.visual.dates import format_date, format_duration, parse_date, zone_of
from dashboard.visual.numbers import UNITS, as_number, compact, format_number, intl, number_parts, plain_number


def shown(value: Any, unit: int = 0, **options: Any) -> str:
    return format_number(value, {"unit": unit, "options": options}).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1234, 23, "1.234 s"), (12, 1, "12%"), (0.5, 24, "500 ms"), (90, 24, "1.5 min"), (1500, 22, "1.5 ms"),
        (2, 26, "2 h"), (36, 26, "1.5 d"), (5368709120, 2, "5 GiB"), (2048, 3, "2 MiB"), (100, 4, "100 MiB"),
        (1536, 5, "1.5 TiB"), (2048, 11, "2 KiB/s"), (1_500_000, 36, "1.5 MB"), (1500, 38, "1.5 GB"), (44812, 17, "44.812K"),
        (-1500, 17, "-1.5K"), (2_500_000_000, 17, "2.5B"), (1200, 31, "1.2K/s"), (5, 30, "5/min"), (0, 23, "0 ms"),
        (7, 999, "7"), (7, 0, "7"),
    ],
)  # fmt: skip
def test_a_unit_scales_to_a_readable_prefix(value: float, unit: int, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("value", "options", "text"),
    [
        (1234567.8912, {}, "1,234,567.891"),
        (1234567, {"useGrouping": False}, "1234567"),
        (0.256, {"style": "percent"}, "26%"),
        (0.256, {"style": "percent", "maximumFractionDigits": 1}, "25.6%"),
        (12.5, {"style": "currency", "currency": "USD"}, "$12.50"),
        (-12.5, {"style": "currency", "currency": "EUR"}, "-€12.50"),
        (1200, {"style": "currency", "currency": "JPY"}, "¥1,200"),
        (7, {"minimumIntegerDigits": 3}, "007"),
        (3.14159, {"maximumSignificantDigits": 3}, "3.14"),
        (999.95, {"maximumSignificantDigits": 3}, "1,000"),
        (12345, {"maximumSignificantDigits": 2}, "12,000"),
        (5, {"minimumFractionDigits": 2}, "5.00"),
        (2.5, {"maximumFractionDigits": 0}, "3"),
        (1.005, {"maximumFractionDigits": 2}, "1.01"),
        (0.00012, {"maximumSignificantDigits": 2}, "0.00012"),
        (0, {"minimumSignificantDigits": 2}, "0.0"),
        (-0.0001, {"maximumFractionDigits": 2}, "0"),
        (5, {"maximumFractionDigits": "x", "minimumFractionDigits": -3}, "5"),
    ],
)
def test_the_options_are_those_of_intl_number_format(value: float, options: dict[str, Any], text: str) -> None:
    assert intl(value, options) == text


def test_a_number_is_shown_in_three_digits_in_strips_and_tiles() -> None:
    numbers = (358_120, 44_812, 9_664, 868, 0.4567, 999_999)
    assert [compact(n) for n in numbers] == ["358K", "44.8K", "9.66K", "868", "0.457", "1M"]


def test_a_plain_cell_keeps_whole_numbers_whole_and_small_fractions_visible() -> None:
    values = (23361, 1.5, 2.0, 0.000123, Decimal("12.34567"), 1e20)
    assert [plain_number(v) for v in values] == ["23361", "1.5", "2", "0.000123", "12.346", "1e+20"]


def test_text_that_is_no_number_stays_text() -> None:
    assert [as_number(t) for t in ("12", " 3.5 ", "1,234", "-7")] == [12, 3.5, 1234, -7]
    assert [as_number(t) for t in ("", "1,23", "0x10", "1_000", "nan", "inf", "10.0.0.1", True, None)] == [None] * 9


@given(st.one_of(st.floats(allow_nan=False), st.integers(-(10**30), 10**30)), st.sampled_from([0, *UNITS, 77]))
def test_every_number_has_a_text_in_every_unit(value: float, unit: int) -> None:
    text, name = number_parts(value, {"unit": unit, "options": {"maximumSignificantDigits": 3}})
    assert text
    assert isinstance(name, str)


def test_dates_have_the_patterns_of_the_format() -> None:
    moment = dt.datetime(2026, 11, 4, 15, 4, 45, 120_000)
    expected = {
        "shortDatePattern": "11/4/2026", "longDatePattern": "Wednesday, November 4, 2026", "longTimePattern": "3:04:45 PM",
        "shortDateTimeNoMsPattern": "11/4/2026, 3:04:45 PM", "shortDateTimePattern": "11/4/2026, 3:04:45.120 PM",
        "fullDateTimePattern": "Wednesday, November 4, 2026, 3:04:45 PM", "weekDayPattern": "Wednesday",
    }  # fmt: skip
    assert {name: format_date(moment, name) for name in expected} == expected


def test_a_date_is_shown_in_the_readers_zone() -> None:
    assert format_date(dt.datetime(2026, 7, 1, 23, 30), None, zone_of("Europe/Berlin")) == "7/2/2026, 1:30:00 AM"
    assert format_date(dt.datetime(2026, 7, 1, 23, 30), None, zone_of("No/Such")) == "7/1/2026, 11:30:00 PM"


def test_the_ends_of_time_can_be_shown_in_any_zone() -> None:
    for moment in (dt.datetime.min, dt.datetime.max):
        assert format_date(moment, None, zone_of("Pacific/Auckland"))


def test_durations_are_said_as_people_say_them() -> None:
    ticks = {0: "0 s", 15_000: "1.5 ms", 2_500_000: "250 ms", 421_500_000: "42.15 s", 1_850_000_000: "3 min 5 s"}
    ticks |= {78_000_000_000: "2 h 10 min", 3_672_000_000_000: "4 d 6 h", -10_000_000: "-1 s"}
    assert {t: format_duration(t) for t in ticks} == ticks


def test_only_iso_text_is_read_as_a_date() -> None:
    assert parse_date("2026-11-20T10:00:00Z") == dt.datetime(2026, 11, 20, 10)
    assert parse_date("2026-11-20T10:00:00+02:00") == dt.datetime(2026, 11, 20, 8)
    assert [parse_date(t) for t in ("11/20/2026", "", "hello world", "2026-13-45")] == [None] * 4
