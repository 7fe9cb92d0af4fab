"""Results, the executor, cancelling, and the report."""

from __future__ import annotations

import gc
import json
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Cancelled
from dashboard.runtime import Session, report, run_all
from dashboard.runtime.execute import Executor, Statistics
from tests.runtime.standin import StandIn, book, group, parameters, query, strings, tabs, text, when


def test_every_item_has_one_result_in_document_order() -> None:
    workbook = book(
        text("x"), tabs("Tab", "a"), query("T"), query("empty", noDataMessage="Nothing on {Tab}."), query("fail"), query("crash"),
        parameters({"name": "P", "isRequired": True}), query("{P}"), query("{}", queryType=12),
        group(query("T"), keys=when("Tab", "b")), {"type": 99, "content": {}}, None, {"type": 10, "content": {"metrics": []}},
    )  # fmt: skip
    steps: list[tuple[int, int]] = []
    view = Session(workbook, StandIn({"empty": strings("a")}, name="local"))
    found = run_all(view, progress=lambda done, total: steps.append((done, total)))
    assert [result.status for _, result in found] == [
        "ok", "ok", "ok", "empty", "error", "error", "ok", "unset", "unsupported", "hidden", "hidden", "error", "error", "unsupported",
    ]  # fmt: skip
    assert [item.path for item, _ in found][9:11] == ["items/9", "items/9/items/0"]
    assert found[3][1].message == "Nothing on a."
    assert found[4][1].message == "The table 'Gone' does not exist."
    assert found[5][1].message == "The query failed: RuntimeError: boom."
    assert steps[-1] == (14, 14)
    written = report(workbook, view, found)
    assert json.loads(json.dumps(written)) == written
    assert set(written) == {"workbook", "parameters", "items"}
    assert written["items"][2] == {
        "path": "items/2", "name": "", "type": 3, "status": "ok", "visualization": None, "rows": 1, "columns": [["query", "string"]],
        "message": "", "ms": found[2][1].ms,
    }  # fmt: skip


def test_a_failed_query_names_parameters_that_nothing_declares() -> None:
    result = run_all(Session(book(query("fail {Gone} {Lost:label}")), StandIn()))[0][1]
    assert result.message == "The table 'Gone' does not exist. Nothing before this item declares {Gone}, {Lost}."


def test_the_same_query_asked_at_once_runs_once() -> None:
    engine = StandIn()
    engine.gate = threading.Event()
    executor, statistics = Executor(engine), Statistics()
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(executor.run, QueryRequest("T"), None, statistics) for _ in range(8)]
        while statistics.queries + statistics.shared < 8:
            time.sleep(0.001)
        engine.gate.set()
        assert {future.result().rows()[0] for future in futures} == {("T",)}
    assert len(engine.asked) == 1
    assert (statistics.queries, statistics.shared) == (1, 7)


def test_no_more_queries_run_at_once_than_the_setting_allows() -> None:
    engine = StandIn()
    executor = Executor(engine, concurrent=2)
    futures = [executor.submit(QueryRequest(f"T {n}")) for n in range(12)]
    for future in futures:
        future.result()
    assert engine.most_running <= 2


def test_cancelling_ends_the_wait_and_stops_the_query_when_nobody_else_waits() -> None:
    engine = StandIn()
    engine.gate = threading.Event()
    executor, statistics = Executor(engine), Statistics()
    first, second = CancelToken(), CancelToken()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(executor.run, QueryRequest("T"), first, statistics)
        two = pool.submit(executor.run, QueryRequest("T"), second, statistics)
        while not (engine.running and statistics.shared):
            time.sleep(0.001)
        first.cancel()
        with pytest.raises(Cancelled):
            one.result(30)
        assert not two.done() or two.exception() is not None
        second.cancel()
        with pytest.raises(Cancelled):
            two.result(30)
    engine.gate = None
    assert executor.run(QueryRequest("T")).rows() == [("T",)]


def test_a_plan_can_be_cancelled_and_made_again() -> None:
    engine = StandIn()
    engine.gate = threading.Event()
    view = Session(book(parameters({"name": "P", "query": "print 1"}), text("{P}")), engine)
    token = CancelToken()
    with ThreadPoolExecutor(1) as pool:
        planning = pool.submit(view.plan, token)
        while not engine.running:
            time.sleep(0.001)
        token.cancel()
        with pytest.raises(Cancelled):
            planning.result(30)
    engine.gate = None
    assert view.plan().items[1].texts["json"] == "print 1"


def test_a_plan_that_nothing_changed_is_the_same_plan() -> None:
    view = Session(book(text("x")), StandIn())
    assert view.plan() is view.plan()


def test_sessions_may_be_used_from_several_threads() -> None:
    view = Session(book(parameters({"name": "P", "value": "0"}), query("T {P}"), text("{P}")), StandIn())

    def act(number: int) -> str:
        view.set_value("P", str(number))
        view.plan()
        return run_all(view)[1][1].status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(act, range(60))) == {"ok"}


def test_a_token_does_not_keep_results_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_RESULT_CACHE_MB", "0")
    engine, token = StandIn(), CancelToken()
    executor = Executor(engine)
    result = weakref.ref(executor.run(QueryRequest("T"), token))
    executor.run(QueryRequest("U"), token)
    gc.collect()
    assert result() is None


def test_results_beyond_the_memory_setting_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_RESULT_CACHE_MB", "1")
    large = strings("a", rows=[("x" * 1000,)] * 300)
    engine = StandIn({"T": large})
    executor = Executor(engine)
    for number in range(6):
        executor.run(QueryRequest(f"T {number}"))
    executor.run(QueryRequest("T 5"))
    assert len(engine.asked) == 6
    executor.run(QueryRequest("T 0"))
    assert len(engine.asked) == 7
