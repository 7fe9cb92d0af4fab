"""The workbooks that ship: every part draws rows on the sample estate, and nothing in them is doubtful."""

from __future__ import annotations

import datetime as dt
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
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json") if path.name != "gallery.json"))
HOUR = 3_600_000
# What a reader would have clicked: the parameters that rows and tiles set, from the first row of a query.
PICKED = {
    "aks-pod-inventory": """KubePodInventory | where Name startswith 'node-metrics-helper' | top 1 by TimeGenerated
        | project PodUid, PodName = Name""",
    "aks-audit-warnings": """AKSAudit | where ObjectRef.subresource == 'exec' | top 1 by TimeGenerated
        | project PickedUser = tostring(User.username), PickedKind = 'Exec', Audit_exec = AuditId, Audit_kind = AuditId,
            Audit_secrets = AuditId, Audit_role = AuditId, Audit_privileged = AuditId, Audit_anonymous = AuditId""",
    "incident-trends": """SecurityIncident | where Title startswith 'Exposed dashboard' | top 1 by TimeGenerated
        | project Incident = IncidentNumber, IncidentTitle = Title, AlertId = tostring(AlertIds[0])""",
    "aks-control-plane": "AKSControlPlane | where Level == 'ERROR' | top 1 by TimeGenerated | project PickedComponent = Category",
    "defender-for-aks": """SecurityAlert | where AlertType startswith 'K8S' | top 1 by TimeGenerated
        | project AlertId = SystemAlertId, AlertTitle = DisplayName""",
    "container-images": """ContainerInventory | where ContainerState == 'Running' | top 1 by TimeGenerated
        | project PickedImage = strcat(Repository, '/', Image)""",
    "entity": """SigninLogs | where ResultType != '0' | top 1 by TimeGenerated | project Entity = UserPrincipalName""",
}
# Parts of the entity page tell of one user or pod; that there is nothing to tell is an answer.
MAY_BE_EMPTY = {"entity"}
# Good news where there is nothing: no rule of a mailbox was changed, no node failed to find room …
MEANT_TO_BE_EMPTY = {("microsoft-365", "rules"), ("aks-control-plane", "stuck"), ("data-health", "problems")}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    folder = tmp_path_factory.mktemp("estate")
    generate(folder)
    return LocalEngine(folder, known_tables())


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> LocalEngine:
    folder = tmp_path_factory.mktemp("medium")
    generate(folder, rows=1_000_000)
    return LocalEngine(folder, known_tables())


def picked(engine: LocalEngine, name: str) -> dict[str, str]:
    if name not in PICKED:
        return {}
    table = engine.run(QueryRequest(PICKED[name]))
    return {column: str(cell) for column, cell in zip(table.names, table.rows()[0], strict=True)}


def rendered(
    engine: LocalEngine,
    name: str,
    hours: int,
    values: Mapping[str, Any] | None = None,
    now: dt.datetime | None = None,
) -> list[dict[str, Any]]:
    workbook = load_workbook(FOLDER / f"{name}.json")
    session = Session(workbook, engine, values=values or {}, all_items=True, time_range_ms=hours * HOUR, now=now)
    items: list[dict[str, Any]] = report(workbook, session, run_all(session))["items"]
    return items


def blank(engine: LocalEngine, name: str, hours: int, now: dt.datetime | None = None) -> set[tuple[str, str]]:
    """The parts that draw nothing once something is clicked, with what they say."""
    items = rendered(engine, name, hours, picked(engine, name), now)
    allowed = ("ok", "empty") if name in MAY_BE_EMPTY else ("ok",)
    good = {part for workbook, part in MEANT_TO_BE_EMPTY if workbook == name}
    items = [item for item in items if not (item["name"] in good and item["status"] == "empty")]
    return {(item["name"], item["message"]) for item in items if item["status"] not in allowed} | {
        (item["name"], "no rows") for item in items if item["type"] == 3 and item["status"] == "ok" and not item["rows"]
    }


@pytest.mark.parametrize("hours", [24, 24 * 30])
@pytest.mark.parametrize("name", NAMES)
def test_every_part_draws_rows_once_something_is_clicked(engine: LocalEngine, name: str, hours: int) -> None:
    assert blank(engine, name, hours) == set()


@pytest.mark.soak
@pytest.mark.parametrize("later", range(0, 168, 7))
def test_no_hour_of_the_week_has_a_day_without_rows(tmp_path: Path, later: int) -> None:
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC) + dt.timedelta(hours=later)
    generate(tmp_path, now=now)
    engine = LocalEngine(tmp_path, known_tables())
    assert {name: found for name in NAMES if (found := blank(engine, name, 24, now))} == {}


@pytest.mark.soak
@pytest.mark.parametrize("hours", [24, 24 * 30])
@pytest.mark.parametrize("name", NAMES)
def test_every_part_draws_rows_on_a_million_rows(medium: LocalEngine, name: str, hours: int) -> None:
    assert blank(medium, name, hours) == set()


@pytest.mark.parametrize("kind", ["user", "address", "host", "pod"])
def test_the_entity_page_knows_users_addresses_hosts_and_pods(engine: LocalEngine, kind: str) -> None:
    query = {
        "user": "SigninLogs | summarize count() by UserPrincipalName | top 1 by count_ | project Entity = UserPrincipalName",
        "address": "SigninLogs | summarize count() by IPAddress | top 1 by count_ | project Entity = IPAddress",
        "host": "Syslog | summarize count() by Computer | top 1 by count_ | project Entity = Computer",
        "pod": "KubeEvents | summarize count() by Name | top 1 by count_ | project Entity = Name",
    }[kind]
    entity = str(engine.run(QueryRequest(query)).rows()[0][0])
    items = {item["name"]: item for item in rendered(engine, "entity", 24 * 30, {"Entity": entity})}
    for name in ("tiles", "timeline", "facts", "events"):
        assert (items[name]["status"], items[name]["rows"] > 0) == ("ok", True), name


@pytest.mark.parametrize("name", NAMES)
def test_only_what_waits_for_a_click_is_not_drawn_at_first(engine: LocalEngine, name: str) -> None:
    items = rendered(engine, name, 24)
    waiting = [item for item in items if item["status"] != "ok"]
    assert {item["status"] for item in waiting} <= {"unset"}
    assert name == "entity" or len(waiting) < len(items) / 3


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
