"""Rules over live data: through the real client to the query API, windows as over local data."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from dashboard.cli import main
from dashboard.detection.jobs import engine_of
from dashboard.detection.moments import to_micros
from dashboard.detection.query import at_moment
from dashboard.detection.rulebook import read_rule_record, save_rule
from dashboard.detection.rules import read_rules
from dashboard.detection.run import run_rule
from dashboard.engines.azure import connections
from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.store.database import Store
from tests.detection.test_engine import TEXT
from tests.engines.azure_server import azure_server, environment
from tests.server.querying import WORKSPACE, Credential, querying
from tests.shared import write_rows

NOON = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
BOUNDED = TEXT.replace("  SigninLogs\n", "  SigninLogs\n  | where TimeGenerated between (ago(1h) .. now())\n")


def signins(folder: Path, *times: dt.datetime) -> Path:
    """Failed sign-ins at these times."""
    rows = pa.table({
        "TimeGenerated": pa.array([time.replace(tzinfo=None) for time in times], pa.timestamp("us")),
        "ResultType": ["50126"] * len(times), "UserPrincipalName": [f"u{n}@contoso.com" for n in range(len(times))],
        "IPAddress": ["192.0.2.1"] * len(times), "AppDisplayName": ["Portal"] * len(times),
    })  # fmt: skip
    write_rows(folder, "SigninLogs", "2026-03-04", rows)
    return folder


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    recent = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=75)
    times = [NOON - dt.timedelta(minutes=minutes) for minutes in (59, 1)]
    with querying(LocalEngine(signins(tmp_path / "data", *times, recent), known_tables())) as port:
        yield f"http://127.0.0.1:{port}"


def test_a_window_of_the_past_is_looked_at_as_it_was_then(tmp_path: Path, address: str) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    rule = read_rules(BOUNDED)[0].rule
    assert rule is not None
    end = to_micros(NOON)
    with store.writing() as connection:
        save_rule(connection, rule, "dana", enabled=True, at=end)
        record = read_rule_record(connection, rule.id)
    outcome = run_rule(record, end, LogAnalyticsEngine([WORKSPACE], Credential(), address), store, at=end)
    assert (outcome.status, outcome.hits, len(outcome.alerts), len(outcome.incidents)) == ("ok", 2, 1, 1)


def test_the_command_runs_rules_over_the_workspaces_that_are_set(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rule.yaml").write_text(BOUNDED)
    command = ["rules", "run", str(tmp_path / "rule.yaml"), "--last", "5h", "--format", "json"]
    with azure_server() as azure:
        for name, value in environment(azure).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("WATCHBOOK_AZURE_ENDPOINT", address)
        assert main([*command, "--source", "loganalytics"]) == 1
        assert "DT033" in capsys.readouterr().err
        assert main(["azure", "add-workspace", WORKSPACE]) == 0
        capsys.readouterr()
        monkeypatch.setenv("WATCHBOOK_RULES_SOURCE", "loganalytics")
        assert main(command) == 0
        (done,) = json.loads(capsys.readouterr().out)
        assert (done["hits"], done["alerts"], done["problem"]) == (1, 1, "")
        assert main(["incidents", "list", "--format", "json"]) == 0
        (incident,) = json.loads(capsys.readouterr().out)
        assert incident["title"] == "Failed sign-ins"


def test_a_scheduler_that_runs_sees_workspaces_that_come_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WATCHBOOK_RULES_SOURCE", "loganalytics")
    store, other = Store(f"sqlite:///{tmp_path / 'store.db'}"), WORKSPACE.replace(WORKSPACE[:8], "0" * 8)

    def asked() -> list[str]:
        engine = engine_of(store)
        assert isinstance(engine, LogAnalyticsEngine)
        return list(engine.workspaces)

    connections.add_workspace(WORKSPACE)
    assert asked() == [WORKSPACE]
    assert engine_of(store) is engine_of(store)
    connections.add_workspace(other)
    assert asked() == [WORKSPACE, other]
    connections.remove_workspace(WORKSPACE)
    assert asked() == [other]
    connections.remove_workspace(other)
    with pytest.raises(WatchbookError, match="DT033"):
        engine_of(store)


@pytest.mark.parametrize(
    "text",
    [
        "print a = now(), b = now(-1h), c = ago(1d + 1h), d = now( ), e = ago(1h) < now()",
        "print s = 'ago(1d) now()', t = tostring(bin(ago(1d), 1h)) // now()",
        "let since = ago(2d); print since, case(now() > since, ago(1h), now())",
    ],
)
def test_now_and_ago_mean_the_given_moment(tmp_path: Path, text: str) -> None:
    engine = LocalEngine(tmp_path, known_tables())
    fixed = at_moment(text, NOON)
    assert "now(" not in fixed.replace("'ago(1d) now()'", "").partition("//")[0]
    assert engine.run(QueryRequest(fixed)).rows() == engine.run(QueryRequest(text, now=NOON)).rows()
