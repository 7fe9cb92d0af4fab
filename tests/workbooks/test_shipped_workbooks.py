"""The workbooks that ship: every part draws rows on the sample estate, and nothing in them is doubtful."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboard.document import load_workbook
from dashboard.document.lint import check
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.estate import generate
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, report, run_all

FOLDER = Path(__file__).resolve().parents[2] / "workbooks"
NAMES = ("aks-pod-inventory", "aks-audit-warnings", "incident-trends")
HOUR = 3_600_000


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    folder = tmp_path_factory.mktemp("estate")
    generate(folder)
    return LocalEngine(folder, known_tables())


def first(engine: LocalEngine, query: str) -> dict[str, str]:
    table = engine.run(QueryRequest(query))
    return {name: str(cell) for name, cell in zip(table.names, table.rows()[0], strict=True)}


def picked(engine: LocalEngine, name: str) -> dict[str, str]:
    """What a reader would have clicked: the parameters that rows and tiles set."""
    if name == "aks-pod-inventory":
        return first(
            engine,
            "KubePodInventory | where Name startswith 'node-metrics-helper' | top 1 by TimeGenerated | project PodUid, PodName = Name",
        )
    if name == "aks-audit-warnings":
        exec_ = first(
            engine,
            "AKSAudit | where ObjectRef.subresource == 'exec' | top 1 by TimeGenerated | project AuditId, User = tostring(User.username)",
        )
        kinds = ("exec", "kind", "secrets", "role", "privileged", "anonymous")
        return {"PickedUser": exec_["User"], "PickedKind": "Exec"} | {
            f"Audit_{kind}": exec_["AuditId"] for kind in kinds
        }
    return first(
        engine,
        "SecurityIncident | where Title startswith 'Exposed dashboard' | top 1 by TimeGenerated | project Incident = IncidentNumber, IncidentTitle = Title, AlertId = tostring(AlertIds[0])",
    )


def rendered(
    engine: LocalEngine, name: str, hours: int, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    workbook = load_workbook(FOLDER / f"{name}.json")
    session = Session(workbook, engine, values=values or {}, all_items=True, time_range_ms=hours * HOUR)
    items: list[dict[str, Any]] = report(workbook, session, run_all(session))["items"]
    return items


@pytest.mark.parametrize("hours", [24, 24 * 30])
@pytest.mark.parametrize("name", NAMES)
def test_every_part_draws_rows_once_something_is_clicked(engine: LocalEngine, name: str, hours: int) -> None:
    items = rendered(engine, name, hours, picked(engine, name))
    assert {(item["name"], item["message"]) for item in items if item["status"] != "ok"} == set()
    assert all(item["rows"] for item in items if item["type"] == 3)


@pytest.mark.parametrize("name", NAMES)
def test_only_what_waits_for_a_click_is_not_drawn_at_first(engine: LocalEngine, name: str) -> None:
    items = rendered(engine, name, 24)
    waiting = [item for item in items if item["status"] != "ok"]
    assert {item["status"] for item in waiting} <= {"unset"}
    assert len(waiting) < len(items) / 3


@pytest.mark.parametrize("name", NAMES)
def test_an_hour_without_rows_still_draws_every_part(engine: LocalEngine, name: str) -> None:
    items = rendered(engine, name, 1)
    assert {item["status"] for item in items} <= {"ok", "empty", "unset"}
    assert all(item["message"] for item in items if item["status"] == "empty")


@pytest.mark.parametrize("name", NAMES)
def test_a_choice_of_two_narrows_and_one_with_a_quote_does_no_harm(engine: LocalEngine, name: str) -> None:
    chosen = {"Namespace": ["shop", "payments"], "Severity": ["High"], "Cluster": ["aks-shop-prod"]}
    assert {item["status"] for item in rendered(engine, name, 24, chosen)} <= {"ok", "empty", "unset"}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_parts_are_unique_and_every_query_says_what_an_empty_answer_means(name: str) -> None:
    def walk(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [found for item in items for found in [item, *walk(item["content"].get("items", []))]]

    items = walk(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["items"])
    names = [item["name"] for item in items]
    assert len(names) == len(set(names))
    for item in items:
        if item["type"] == 3 and item["content"]["visualization"] not in ("tiles", "piechart"):
            assert item["content"].get("noDataMessage"), item["name"]


@pytest.mark.parametrize("name", NAMES)
def test_the_checker_finds_nothing(name: str) -> None:
    assert [problem.describe() for problem in check(load_workbook(FOLDER / f"{name}.json"))] == []
