from __future__ import annotations

from typing import Any

import pytest

from tests.kql.functions.evaluation import refusal, same, value

CASES: list[tuple[str, Any]] = [
    ("now()", "2026-01-02T03:04:05Z"),
    ("now(-1d)", "2026-01-01T03:04:05Z"),
    ("ago(1h)", "2026-01-02T02:04:05Z"),
    ("bin(17, 5)", 15),
    ("bin(-17, 5)", -20),
    ("bin(4.5, 1)", 4.0),
    ("bin(datetime(2020-05-05 07:08:09), 1h)", "2020-05-05T07:00:00Z"),
    ("bin(datetime(2020-05-05 07:08:09), 5m)", "2020-05-05T07:05:00Z"),
    ("bin(datetime(2017-05-17), 7d)", "2017-05-15T00:00:00Z"),
    ("bin(16d, 7d)", "14.00:00:00"),
    ("floor(2.7, 1)", 2.0),
    ("bin_at(datetime(2017-05-15 10:20:00), 1d, datetime(1970-01-01 12:00:00))", "2017-05-14T12:00:00Z"),
    ("bin_at(6.5, 2.5, 7)", 4.5),
    ("startofday(datetime(2017-01-01 10:10:17), -1)", "2016-12-31T00:00:00Z"),
    ("startofweek(datetime(2017-01-01 10:10:17))", "2017-01-01T00:00:00Z"),
    ("startofweek(datetime(2016-12-31))", "2016-12-25T00:00:00Z"),
    ("startofmonth(datetime(2017-01-31), 1)", "2017-02-01T00:00:00Z"),
    ("startofyear(datetime(2017-05-05))", "2017-01-01T00:00:00Z"),
    ("datetime_add('month', 1, datetime(2020-01-31))", "2020-02-29T00:00:00Z"),
    ("datetime_add('week', -1, datetime(2020-01-08))", "2020-01-01T00:00:00Z"),
    ("datetime_add('hour', 5, datetime(2020-01-01))", "2020-01-01T05:00:00Z"),
    ("datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31))", 17),
    ("datetime_diff('quarter', datetime(2017-07-01), datetime(2017-03-30))", 2),
    ("datetime_diff('week', datetime(2017-10-29), datetime(2017-09-30 23:59))", 5),
    ("datetime_diff('hour', datetime(2017-10-31 01:00), datetime(2017-10-30 23:59))", 2),
    ("datetime_diff('day', datetime(2017-09-30), datetime(2017-10-29))", -29),
    ("datetime_part('week_of_year', datetime(2017-10-30))", 44),
    ("datetime_part('millisecond', datetime(2017-10-30 01:02:03.7654321))", 765),
    ("dayofweek(datetime(2015-12-14))", "1.00:00:00"),
    ("dayofmonth(datetime(2015-12-14))", 14),
    ("dayofyear(datetime(2015-12-14))", 348),
    ("monthofyear(datetime(2015-12-14))", 12),
    ("getyear(datetime(2015-12-14))", 2015),
    ("hourofday(datetime(2015-12-14 18:54))", 18),
    ("week_of_year(datetime(2020-12-31))", 53),
    ("make_datetime(2017, 10, 1, 12, 11, 0.5)", "2017-10-01T12:11:00.5000000Z"),
    ("make_datetime(2017, 13, 1)", None),
    ("make_timespan(1, 12, 30, 55.123)", "1.12:30:55.1230000"),
    ("unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00Z"),
    ("unixtime_seconds_todatetime(1546300800000)", None),
    ("datetime(9999-12-31) + 1d", None),
    ("unixtime_nanoseconds_todatetime(dynamic({'t': 1546300800123456000}).t)", "2019-01-01T00:00:00.1234560Z"),
    ("unixtime_nanoseconds_todatetime(1546300800123456000)", "2019-01-01T00:00:00.1234560Z"),
    ("unixtime_milliseconds_todatetime(1546300800000)", "2019-01-01T00:00:00Z"),
    ("datetime_utc_to_local(datetime(2022-07-01), 'Europe/Berlin')", "2022-07-01T02:00:00Z"),
    ("datetime_local_to_utc(datetime(2022-03-27 02:00), 'Europe/Brussels')", "2022-03-27T00:00:00Z"),
    ("format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [HH:mm:ss]')", "17-01-29 [09:00:05]"),
    ("format_datetime(datetime(2017-01-29 19:00:05.123), 'yyyy-M-d h:mm tt.fff')", "2017-1-29 7:00 PM.123"),
    ("format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF')", "29.09:00:05:12"),
    ("format_datetime(datetime(2004-01-29), 'y-M-d')", "4-1-29"),
]


@pytest.mark.parametrize(("expression", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_datetimes_give_what_the_language_says(expression: str, wanted: Any) -> None:
    found = value(expression)
    assert same(found, wanted), found


def test_the_end_of_a_day_is_the_last_time_that_can_be_held() -> None:
    assert value("endofday(datetime(2017-01-01 10:10))") == "2017-01-01T23:59:59.9999990Z"


def test_nanoseconds_are_refused_because_times_are_held_to_the_microsecond() -> None:
    assert "microsecond" in refusal("datetime_diff('nanosecond', now(), ago(1h))")


def test_an_unknown_part_of_a_date_is_refused() -> None:
    assert "fortnight" in refusal("datetime_part('fortnight', now())")
