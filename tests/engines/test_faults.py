"""Every fault that a service can show: the right number of tries, a message that says what to do, no token anywhere, and
the other parts of the page drawn."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Cancelled, WatchbookError
from dashboard.export.run import run_workbook
from dashboard.export.workbook import export_workbook
from dashboard.runtime import Session, report
from dashboard.runtime.execute import Executor
from tests.engines.fault_server import FAULTS, State, fault_server
from tests.runtime.standin import book, query

WORKSPACE = "11111111-2222-3333-4444-555555555555"
SECRET = "very-secret-token"

# Fault → tries with 3 at most, status of its part, code of its problem or notice, words of its message.
CASES: dict[str, tuple[int, str, str, str]] = {
    "429": (3, "error", "EN016", "asks to slow down (tried 3 times)"),
    "429-after": (3, "error", "EN016", "asks to slow down (tried 3 times)"),
    "500": (3, "error", "EN017", "status 500 (tried 3 times)"),
    "502": (3, "error", "EN017", "status 502 (tried 3 times)"),
    "503": (3, "error", "EN017", "status 503 (tried 3 times)"),
    "slow-first-byte": (1, "error", "EN018", "no whole answer within 2 seconds"),
    "slow-body": (1, "error", "EN018", "no whole answer within 2 seconds"),
    "reset": (3, "error", "EN017", "could not be reached (tried 3 times)"),
    "invalid-json": (3, "error", "EN033", "cannot be read (tried 3 times)"),
    "truncated-json": (3, "error", "EN033", "cannot be read (tried 3 times)"),
    "partial": (1, "ok", "EN015", "A shard was late."),
    "504": (1, "error", "EN018", "took too long"),
    "403": (1, "error", "EN012", "no permission"),
    "401 once": (2, "ok", "", ""),
    "empty": (3, "error", "EN033", "cannot be read (tried 3 times)"),
    "64mb": (1, "error", "EN032", "larger than Log Analytics gives in one answer (500,000 rows or 64 MB)"),
    "html": (1, "error", "EN034", "answered with text/html, not with data"),
    "64mb-told": (1, "ok", "EN032", "Narrow the time range"),
    "no-rows": (1, "empty", "", ""),
    "401": (2, "error", "EN011", "refused the sign-in"),
    "no-table": (1, "error", "EN031", "'Gone'"),
    "500 once": (2, "ok", "", ""),
    "reset once": (2, "ok", "", ""),
    "truncated-json once": (2, "ok", "", ""),
    "429-after once": (2, "ok", "", ""),
}
# 64 MB over loopback is slow: the sample sends it once.
SAMPLE = list(CASES)


class Credential:
    """Gives a new token each time it is asked, as after a refusal."""

    def __init__(self) -> None:
        self.asked = 0

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.asked += 1
        return AccessToken(f"{SECRET}-{self.asked}", int(dt.datetime.now().timestamp()) + 3600)


@pytest.fixture(scope="module")
def server() -> Iterator[State]:
    with fault_server() as state:
        yield state


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_QUERY_SECONDS", "60")
    monkeypatch.setenv("WATCHBOOK_LIVE_TRIES", "3")
    monkeypatch.setenv("WATCHBOOK_LIVE_BACKOFF_MS", "5")


def engine(server: State, **options: Any) -> LogAnalyticsEngine:
    return LogAnalyticsEngine([WORKSPACE], Credential(), server.address, **options)


_numbers = itertools.count()


def show(server: State, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """A workbook of three parts, the middle one with the fault; only what is slow on purpose has little time."""
    with pytest.MonkeyPatch.context() as patch:
        if fault.startswith("slow"):
            patch.setenv("WATCHBOOK_QUERY_SECONDS", "2")
        _show(server, fault, caplog)


def _show(server: State, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    tries, status, code, words = CASES[fault]
    number = next(_numbers)
    text = f"fault {fault} // {number}"
    workbook = book(
        query(f"T // {number}", "before"), query(text, "faulty"), query(f"U // {number}", "after"), name="Faults"
    )
    live = engine(server)
    session = Session(workbook, live, executor=Executor(live))
    run = run_workbook("Faults", session)
    results = run.sections[0].results
    first, faulty, last = (result for _, result in results)
    assert (first.status, last.status) == ("ok", "ok")
    assert faulty.status == status, faulty
    if fault.startswith("64mb") and status == "error":
        assert server.tries[text] <= tries
    else:
        assert server.tries[text] == tries
    told = f"{faulty.problem.describe() if faulty.problem else ''}"
    if faulty.table is not None:
        told += " ".join(f"{notice.code} {notice.message}" for notice in faulty.table.notices)
    assert code in told
    assert words in told
    shown = export_workbook(run, "html").decode() + json.dumps(report(workbook, session, results))
    for place in (told, shown, caplog.text):
        assert SECRET not in place
        assert "Bearer" not in place


def test_there_is_a_case_for_every_fault() -> None:
    assert {name.split()[0] for name in CASES} == set(FAULTS)


@pytest.mark.parametrize("fault", SAMPLE)
def test_a_fault_is_told_in_its_part_and_the_others_are_drawn(
    server: State, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    show(server, fault, caplog)


@pytest.mark.soak
@pytest.mark.parametrize("fault", list(CASES))
def test_a_fault_is_told_the_same_fifty_times(server: State, fault: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(50):
        show(server, fault, caplog)
        caplog.clear()


def test_a_refused_token_is_replaced_by_a_new_one(server: State) -> None:
    live = engine(server)
    live.run(QueryRequest("fault 401 once // new token"))
    assert server.tokens[-2:] == [f"Bearer {SECRET}-1", f"Bearer {SECRET}-2"]


def until(happened: Callable[[], bool], seconds: float = 20) -> None:
    """Waits for what must happen, and no longer than so many seconds."""
    ends = time.monotonic() + seconds
    while not happened() and time.monotonic() < ends:
        time.sleep(0.01)


def test_a_cancelled_query_is_off_the_wire_at_once(server: State) -> None:
    before, cancel = server.given_up, CancelToken()

    def cancel_what_runs() -> None:
        until(lambda: server.tries["wait 40"] == 1)
        cancel.cancel()

    threading.Thread(target=cancel_what_runs).start()
    with pytest.raises(Cancelled):
        engine(server).run(QueryRequest("wait 40"), cancel)
    until(lambda: server.given_up > before)
    assert server.given_up == before + 1


def test_a_workspace_is_asked_at_most_so_many_queries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_WORKSPACE_QUERIES", "3")
    # A server of its own: where others gave up, this one's requests are still counted for a while.
    with fault_server() as server:
        live = engine(server)
        threads = [threading.Thread(target=live.run, args=(QueryRequest(f"wait 0.7 // {n}"),)) for n in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert server.most_running == 3


def test_a_wait_that_the_service_asks_for_holds_for_the_other_queries_of_the_workspace(server: State) -> None:
    live = engine(server)
    found = live.run(QueryRequest("fault 429-after once // shared wait"))
    assert found.statistics["tries"] == 2
    assert len(live.run(QueryRequest("after the wait"))) == 1


def test_a_wait_beyond_the_deadline_is_not_waited(server: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        FAULTS,
        "429-after",
        lambda c: c.sendall(
            b"HTTP/1.1 429 X\r\nRetry-After: 120\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        ),
    )
    started = time.monotonic()
    with pytest.raises(WatchbookError, match="asks to slow down for 120 seconds"):
        engine(server).run(QueryRequest("fault 429-after // long wait"))
    assert time.monotonic() - started < 30


def test_several_workspaces_are_asked_in_one_query(server: State) -> None:
    second = "22222222-2222-3333-4444-555555555555"
    LogAnalyticsEngine([WORKSPACE, second], Credential(), server.address).run(QueryRequest("T"))
    assert server.bodies[-1]["workspaces"] == [second]


def test_several_resources_are_asked_in_one_query(server: State) -> None:
    workspaces = tuple(
        f"/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w{n}" for n in (1, 2)
    )
    engine(server).run(QueryRequest("T", resources=workspaces))
    assert server.bodies[-1]["workspaces"] == list(workspaces)
    clusters = tuple(
        f"/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c{n}" for n in (1, 2)
    )
    engine(server).run(QueryRequest("T", resources=clusters))
    assert server.bodies[-1]["resources"] == list(clusters)
