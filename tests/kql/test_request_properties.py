"""`set` statements: what they change, and what they do not take."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from dashboard.errors import WatchbookError
from dashboard.kql.translate import translate
from tests.kql.answers import answer, connection
from tests.kql.estate import CATALOG, NOW

DAY = (dt.datetime(2024, 1, 31), dt.datetime(2024, 1, 31, 12))


def rows(query: str, **given: Any) -> list[tuple[Any, ...]]:
    return connection().execute(translate(query, CATALOG, now=NOW, **given).sql).fetchall()


@pytest.mark.parametrize("value", ["datetime(2020-02-29 06:30)", "'2020-02-29T08:30:00+02:00'"])
def test_now_is_the_time_that_is_set(value: str) -> None:
    query = f"set query_now = {value}; print now(), ago(1h)"
    assert answer(query).split("\n")[1] == "2020-02-29T06:30:00Z | 2020-02-29T05:30:00Z"


@pytest.mark.parametrize(
    ("ends", "accounts"),
    [
        ("set query_datetimescope_from = datetime(2024-01-30)", ["ann", "bob"]),
        ("set query_datetimescope_to = datetime(2024-01-30)", ["ann"]),
        ("set query_datetimescope_from = datetime(2024-01-31 11:00)", ["ann"]),
        (
            "set query_datetimescope_from = datetime(2024-01-29); set Query_DateTimeScope_To = '2024-01-31 10:00'",
            ["ann", "bob"],
        ),
    ],
)
def test_tables_have_the_rows_of_the_range_that_is_set(ends: str, accounts: list[str]) -> None:
    assert sorted(rows(f"{ends}; Events | project Account")) == [(name,) for name in accounts]


def test_an_end_that_is_set_counts_before_that_of_the_request() -> None:
    assert rows("Events | count", timespan=DAY) == [(2,)]
    assert rows("set query_datetimescope_from = datetime(2024-01-01); Events | count", timespan=DAY) == [(3,)]


def test_the_result_has_no_more_rows_than_are_set() -> None:
    assert rows("set query_take_max_records = 2; Events | sort by EventID asc, Account asc | project EventID") == [
        (4624,),
        (4625,),
    ]
    assert rows("set query_take_max_records = 2; Events | count") == [(3,)]


@pytest.mark.parametrize("text", ["set notruncation", "set query_datetimescope_column = TimeGenerated", "set best_effort = true"])  # fmt: skip
def test_other_properties_change_nothing(text: str) -> None:
    assert rows(f"{text}; Events | count") == [(3,)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set query_now = 5", "KQ104 line 1, column 1: 'query_now' takes a time"),
        ("set query_now", "KQ104 line 1, column 1: 'query_now' takes a time"),
        ("set query_now = datetime(null)", "KQ104 line 1, column 1: 'query_now' takes a time"),
        ("set query_datetimescope_to = soon", "KQ104 line 1, column 1: 'query_datetimescope_to' takes a time"),
        ("set query_datetimescope_column = 'Start'", "KQ204 line 1, column 1: 'query_datetimescope_column' can only"),
        ("set query_take_max_records = many", "KQ104 line 1, column 1: 'query_take_max_records' takes a number"),
    ],
)
def test_a_value_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        translate(f"{text}; Events | count", CATALOG, now=NOW)
    assert caught.value.problem.describe().startswith(said)
