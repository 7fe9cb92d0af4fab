"""Kept live results: what they are kept by, how they age, on disk, single flight, budget, cancel."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import CancelToken, QueryRequest, TimeSpan
from dashboard.errors import Cancelled, WatchbookError
from dashboard.runtime import Session, run_all
from dashboard.runtime.cache import Kept, freshness
from dashboard.runtime.execute import Executor, Statistics, asked_now
from dashboard.table import Table
from tests.engines.fault_server import State, fault_server
from tests.engines.test_faults import Credential
from tests.runtime.standin import book, query

WORKSPACE = "11111111-2222-3333-4444-555555555555"
NOW = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def server() -> Iterator[State]:
    with fault_server() as state:
        yield state


def live(server: State, token: str = "") -> LogAnalyticsEngine:
    return LogAnalyticsEngine([WORKSPACE], Credential(), server.address, user_token=token)


def last(hours: int, now: dt.datetime = NOW) -> QueryRequest:
    return QueryRequest("T", timespan=TimeSpan(now - dt.timedelta(hours=hours), now), now=now)


def test_ranges_up_to_now_share_a_result_within_their_aligned_window(server: State) -> None:
    executor, statistics = Executor(live(server)), Statistics()
    executor.run(last(24), None, statistics)
    executor.run(last(24, NOW + dt.timedelta(minutes=4)), None, statistics)
    assert (statistics.queries, statistics.cached) == (1, 1)
    executor.run(last(12), None, statistics)
    assert statistics.queries == 2


def test_a_result_of_an_earlier_window_is_shown_with_its_age_and_fetched_anew(server: State) -> None:
    executor, statistics = Executor(live(server)), Statistics()
    first = executor.run(last(24), None, statistics)
    later = last(24, NOW + dt.timedelta(minutes=10))
    shown = executor.run(later, None, statistics)
    assert shown.statistics["stale"] is True
    assert shown.statistics["fetched"] == first.statistics["fetched"]
    while executor.renewing(later):
        time.sleep(0.01)
    renewed = executor.run(later, None, statistics)
    assert renewed.statistics["stale"] is False
    assert renewed.statistics["fetched"] > first.statistics["fetched"]
    assert server.tries["T"] == 2


def test_a_result_that_is_too_old_is_not_shown(server: State, monkeypatch: pytest.MonkeyPatch) -> None:
    executor = Executor(live(server))
    executor.run(QueryRequest("T"))
    monkeypatch.setenv("WATCHBOOK_LIVE_FRESH_SECONDS", "0")
    monkeypatch.setattr("dashboard.runtime.cache._LEAST_FRESH", 0)
    monkeypatch.setenv("WATCHBOOK_LIVE_STALE_SECONDS", "0")
    time.sleep(0.02)
    assert "kept" not in executor.run(QueryRequest("T")).statistics


def test_a_result_of_the_last_five_seconds_is_fresh_whatever_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_LIVE_FRESH_SECONDS", "0")
    table, now = Table((), pa.table({})), time.time()
    assert freshness(Kept(table, now - 3), QueryRequest("T")) == "fresh"
    assert freshness(Kept(table, now - 6), QueryRequest("T")) == "stale"


def test_a_failure_to_fetch_anew_leaves_the_aged_result(server: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_LIVE_FRESH_SECONDS", "0")
    monkeypatch.setattr("dashboard.runtime.cache._LEAST_FRESH", 0)
    monkeypatch.setenv("WATCHBOOK_LIVE_TRIES", "1")
    executor = Executor(live(server))
    request = QueryRequest("fault 500 later")
    server.tries["fault 500 later"] = 0
    from tests.engines import fault_server as faults

    good = faults.FAULTS["500"]
    monkeypatch.setitem(faults.FAULTS, "500", faults._send(faults.head(200, len(faults.answer())) + faults.answer()))
    assert len(executor.run(request)) == 1
    monkeypatch.setitem(faults.FAULTS, "500", good)
    for _ in range(2):
        assert len(executor.run(request)) == 1
        while executor.renewing(request):
            time.sleep(0.01)


def test_a_refresh_asks_anew_whatever_is_kept(server: State) -> None:
    session = Session(book(query("T")), live(server))
    run_all(session)
    run_all(session)
    assert server.tries["T"] == 1
    session.refresh()
    run_all(session)
    assert server.tries["T"] == 2


def test_who_asks_by_hand_gets_an_answer_of_now(server: State) -> None:
    executor = Executor(live(server))
    executor.run(QueryRequest("T"))
    executor.run(QueryRequest("T"), None, asked_now())
    assert server.tries["T"] == 2


def test_one_reader_never_sees_what_was_kept_for_another(server: State) -> None:
    from tests.engines.azure_server import token

    own, forged = token("ada@example.org"), token("ada@example.org").rpartition(".")[0] + ".forged"
    keys = {Executor(live(server, given)).key(QueryRequest("T")) for given in ("", own, forged, "opaque-1", "opaque-2")}
    assert len(keys) == 5
    assert not any(own in repr(key) for key in keys)


def test_results_on_disk_outlive_the_process_and_stay_within_their_limit(
    server: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHBOOK_RESULT_CACHE_FOLDER", str(tmp_path / "kept"))
    first = Executor(live(server)).run(QueryRequest("T"))
    second = Executor(live(server)).run(QueryRequest("T"))
    assert server.tries["T"] == 1
    assert (second.rows(), second.columns, second.render) == (first.rows(), first.columns, first.render)
    assert second.statistics["kept"] is True
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0
    next((tmp_path / "kept").glob("*.arrow")).write_bytes(b"broken")
    assert len(Executor(live(server)).run(QueryRequest("T"))) == 1
    monkeypatch.setenv("WATCHBOOK_RESULT_CACHE_DISK_MB", "0")
    Executor(live(server)).run(QueryRequest("U"))
    assert list((tmp_path / "kept").glob("*.arrow")) == []


def test_what_a_page_reads_is_counted_and_ends_at_its_budget(server: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_PAGE_BUDGET_MB", "1")
    executor, statistics = Executor(live(server)), Statistics()
    executor.run(QueryRequest("T"), None, statistics)
    assert (statistics.rows, statistics.bytes > 100) == (1, True)
    statistics.bytes = 2_000_000
    with pytest.raises(WatchbookError, match="used its budget: 2 of 1 MB"):
        executor.run(QueryRequest("U"), None, statistics)
    statistics.refreshed()
    assert len(executor.run(QueryRequest("U"), None, statistics)) == 1


def test_twenty_items_are_asked_ten_at_once_and_the_second_opening_asks_nothing(server: State) -> None:
    workbook = book(*(query(f"wait 1 // {n}") for n in range(20)))
    engine = live(server)
    executor = Executor(engine)
    assert all(result.status == "ok" for _, result in run_all(Session(workbook, engine, executor=executor)))
    assert server.most_running == 10
    asked = sum(server.tries.values())
    assert all(result.status == "ok" for _, result in run_all(Session(workbook, engine, executor=executor)))
    assert sum(server.tries.values()) == asked == 20


def test_cancelling_a_page_leaves_no_request_running(server: State) -> None:
    workbook = book(*(query(f"wait 20 // {n}") for n in range(20)))
    cancel = CancelToken()
    threading.Timer(0.5, cancel.cancel).start()
    with pytest.raises(Cancelled):
        run_all(Session(workbook, live(server)), cancel=cancel)
    ends = time.monotonic() + 30
    while server.running and time.monotonic() < ends:
        time.sleep(0.01)
    assert server.running == 0
    assert sum(server.tries.values()) <= 10
