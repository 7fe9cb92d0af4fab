"""New workbooks from a table, a query or a template run at once and show rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.document import check, parse_workbook
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import suggest
from dashboard.runtime.evaluate import Session
from dashboard.runtime.execute import run_all, shared_executor
from dashboard.runtime.starters import STARTERS


@pytest.fixture(scope="module")
def engine(estate: Path) -> LocalEngine:
    return LocalEngine(estate, known_tables())


def statuses(document: dict[str, Any], engine: LocalEngine) -> dict[str, str]:
    """What each item that is shown came to, by name."""
    session = Session(parse_workbook(json.dumps(document), "new"), engine)
    results = {planned.path: result for planned, result in run_all(session)}
    told = {}
    for planned in session.plan().walk():
        result = results.get(planned.path)
        told[planned.item.name] = (
            f"{result.status}: {result.message}"
            if result is not None and result.status not in ("ok", "empty")
            else (result.status if result else "")
        )
        for control in planned.controls:
            assert control.problem is None, control.problem
    return told


def made_from(source: str, engine: LocalEngine) -> tuple[suggest.Profile, dict[str, Any]]:
    table = shared_executor(engine).submit(QueryRequest(suggest.sample_query(source)), CancelToken()).result()
    found = suggest.profile(source, table)
    time = found.times[0] if found.times else ""
    dimensions = [name for name, _ in found.dimensions[:2]]
    return found, suggest.workbook("New", found, time, dimensions, suggest.ideas(found, time))


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.id)
def test_every_template_runs_over_the_estate_and_shows_rows(starter: Any, engine: LocalEngine) -> None:
    document = starter.make()
    told = statuses(document, engine)
    assert {name: status for name, status in told.items() if status not in ("", "ok")} == {}
    assert [p for p in check(parse_workbook(json.dumps(document), starter.id)) if p.severity == "error"] == []


@pytest.mark.parametrize(
    "table",
    [
        "KubePodInventory",
        "SigninLogs",
        "SecurityAlert",
        "AzureActivity",
        "ContainerLogV2",
        "KubeEvents",
        "Heartbeat",
        "Perf",
    ],
)
def test_every_part_that_is_suggested_for_a_table_runs(table: str, engine: LocalEngine) -> None:
    found, document = made_from(table, engine)
    assert found.times[0] == "TimeGenerated"
    told = statuses(document, engine)
    assert {name: status for name, status in told.items() if status not in ("", "ok", "empty")} == {}
    assert sum(status == "ok" for status in told.values()) >= 3


def test_the_parts_fit_the_columns(engine: LocalEngine) -> None:
    found, _ = made_from("SigninLogs", engine)
    ids = [idea.id for idea in suggest.ideas(found, "TimeGenerated")]
    assert "time" in ids
    assert "map" in ids
    assert any(each.startswith("by:") for each in ids)
    assert not any("Id" in name for name in found.measures)


def test_a_summarized_query_is_drawn_as_it_is(engine: LocalEngine) -> None:
    found, document = made_from("SigninLogs | summarize SignIns = count() by Location", engine)
    assert found.is_summarized
    drawn = [item["content"].get("visualization") for item in document["items"] if item["type"] == 3]
    assert "categoricalbar" in drawn
    assert set(statuses(document, engine).values()) <= {"", "ok"}
    over_time, _ = made_from("SigninLogs | summarize SignIns = count() by bin(TimeGenerated, 1d), Location", engine)
    assert suggest.ideas(over_time, "TimeGenerated")[0].id == "time"
    one, _ = made_from("SigninLogs | count", engine)
    assert suggest.ideas(one, "")[0].id == "stat"


def test_a_source_with_a_strange_column_name_is_quoted(engine: LocalEngine) -> None:
    source = "datatable(['a b']: string, ['it''s']: long) ['x', 1, 'x', 2, 'y', 3, 'y', 4]".replace(
        "['it''s']", "['it is']"
    )
    _, document = made_from(source, engine)
    assert {status for status in statuses(document, engine).values() if status not in ("", "ok")} == set()
