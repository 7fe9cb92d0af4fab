"""Why a part is blank, and how it was answered."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, report, run_all
from dashboard.runtime.explain import split_steps, tables_named
from tests.runtime.standin import book, parameters, query
from tests.shared import write_rows

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    folder = tmp_path_factory.mktemp("rows")
    times = [dt.datetime(2026, 11, 10, 8), dt.datetime(2026, 11, 10, 9), dt.datetime(2026, 11, 15, 10)]
    rows = pa.table({"TimeGenerated": pa.array(times, pa.timestamp("us")), "Computer": ["web-1", "web-2", "db-1"]})
    write_rows(folder, "Heartbeat", "2026-11-10", rows)
    return LocalEngine(folder, known_tables())


def why(engine: LocalEngine, text: str, end: dt.datetime = NOW, hours: int = 24) -> tuple[str, ...]:
    start = end - dt.timedelta(hours=hours)
    window = {"durationMs": hours * 3_600_000, "endTime": end.isoformat()}
    del start
    session = Session(book(query(text, timeContext=window)), engine, now=NOW)
    ((item, result),) = run_all(session)
    assert result.status == "empty", result
    return session.explain(item, result).reasons


def test_a_range_without_rows_names_the_newest_row_and_the_silence(engine: LocalEngine) -> None:
    (reason,) = why(engine, "Heartbeat | where Computer has 'web'")
    assert "has no rows from 2026-11-19 12:00 to 2026-11-20 12:00 UTC" in reason
    assert "its newest row is from 2026-11-15 10:00 UTC" in reason
    assert "silent for 5 days" in reason


def test_a_range_between_rows_names_the_nearest_on_both_sides(engine: LocalEngine) -> None:
    (reason,) = why(engine, "Heartbeat", dt.datetime(2026, 11, 13, tzinfo=dt.UTC))
    assert "the nearest before is from 2026-11-10 09:00 UTC" in reason
    assert "the nearest after is from 2026-11-15 10:00 UTC" in reason


def test_a_range_before_all_rows_names_the_first(engine: LocalEngine) -> None:
    (reason,) = why(engine, "Heartbeat", dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
    assert "its first row is from 2026-11-10 08:00 UTC" in reason


def test_a_table_without_rows_points_to_its_connector(engine: LocalEngine) -> None:
    assert why(engine, "SigninLogs | where ResultType != '0'") == (
        "SigninLogs has no rows here: its data connector may be off.",
    )


def test_a_parser_without_rows_is_said_to_be_one(engine: LocalEngine) -> None:
    assert why(engine, "imDns | where SrcIpAddr != ''") == (
        "imDns is an ASIM parser: save its .yaml or .kql file in the folder that WATCHBOOK_FUNCTIONS_FOLDER names.",
    )


def test_the_step_that_leaves_nothing_is_named(engine: LocalEngine) -> None:
    text = "let T = Heartbeat;\nT\n| where Computer has 'web'\n| where Computer == 'web-9' // gone\n| project Computer"
    (reason,) = why(engine, text, dt.datetime(2026, 11, 11, tzinfo=dt.UTC), 48)
    assert reason.startswith("Step 3, 'where Computer == 'web-9'")
    assert reason.endswith("leaves none of 2 rows.")


def test_the_report_says_why_an_item_is_blank_or_unset(engine: LocalEngine) -> None:
    workbook = book(
        parameters({"name": "P", "isRequired": True}), query("Heartbeat | where Computer == '{P}'"), query("SigninLogs")
    )
    session = Session(workbook, engine, now=NOW)
    _, unset, empty = report(workbook, session, run_all(session))["items"]
    assert unset["message"].endswith("Please set: P")
    assert "SigninLogs has no rows here: its data connector may be off." in empty["message"]


def test_a_drawn_item_tells_where_its_query_went_and_what_came(engine: LocalEngine) -> None:
    session = Session(book(query("Heartbeat | count")), engine, now=NOW)
    ((item, result),) = run_all(session)
    found = session.explain(item, result)
    assert (found.queries, found.where, found.rows, found.reasons) == (("Heartbeat | count",), "Local data", 1, ())
    assert found.seconds is not None


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("SigninLogs | where x == 'Heartbeat'", ["SigninLogs"]),
        ("union Heartbeat, (SigninLogs | take 1)", ["Heartbeat", "SigninLogs"]),
        ("let a = AuditLogs; a | join kind=inner (Mine_CL) on x", ["AuditLogs", "Mine_CL"]),
        ("print Heartbeat = 1", []),
    ],
)
def test_the_tables_that_a_query_names(text: str, tables: list[str]) -> None:
    assert tables_named(text) == tables


def test_a_query_is_split_at_its_own_pipes_alone() -> None:
    before, steps = split_steps(
        "let x = T | take 1;\nT | where a in ((U | take 1)) | where s has '|' | render piechart"
    )
    assert before == "let x = T | take 1;"
    assert steps == ["T", "where a in ((U | take 1))", "where s has '|'"]
