"""Cron expressions fire when cron's own would, and those that never would are refused."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboard.errors import WatchbookError
from dashboard.schedule.cron import parse_cron

START = dt.datetime(2026, 3, 28, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "first"),
    [
        ("0 7 * * 1-5", "UTC", "2026-03-30T07:00"),
        ("*/15 * * * *", "UTC", "2026-03-28T12:15"),
        ("@daily", "UTC", "2026-03-29T00:00"),
        ("0 0 29 2 *", "UTC", "2028-02-29T00:00"),
        ("0 0 L * *", "UTC", "2026-03-31T00:00"),
        # Clocks go forward on 29 March: 2:30 does not exist that day, and is run as soon as it could have been.
        ("30 2 * * *", "Europe/Vienna", "2026-03-29T01:00"),
    ],
)
def test_the_next_moment_is_crons(expression: str, zone: str, first: str) -> None:
    assert parse_cron(expression, zone).next(START) == dt.datetime.fromisoformat(first + "+00:00")


def test_a_day_whose_clock_is_set_back_runs_a_daily_job_once() -> None:
    cron = parse_cron("30 2 * * *", "Europe/Vienna")
    moments = [dt.datetime(2026, 10, 24, 12, tzinfo=dt.UTC)]
    for _ in range(3):
        moments.append(cron.next(moments[-1]))
    assert [moment.date().day for moment in moments[1:]] == [25, 26, 27]


@pytest.mark.parametrize("expression", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 4 *"])
def test_an_expression_that_never_fires_is_refused_as_such(expression: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        parse_cron(expression)
    assert caught.value.problem.code == "SD002"


@pytest.mark.parametrize(
    "expression", ["", "every day", "* * * *", "61 * * * *", "*/0 * * * *", "0 0 * * * *", "0 0 0 2 *"]
)
def test_what_is_no_expression_is_refused_with_a_hint(expression: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        parse_cron(expression)
    assert caught.value.problem.code == "SD001"
    assert caught.value.problem.hint


def test_an_unknown_zone_is_refused() -> None:
    for zone in ("Mars/Olympus", "../../etc/passwd", ""):
        with pytest.raises(WatchbookError) as caught:
            parse_cron("@daily", zone)
        assert caught.value.problem.code == "SD007"
