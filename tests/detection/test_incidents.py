"""An incident is changed by one function; its history tells every change, and workbooks see it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.detection.incidents import (
    Change,
    Wanted,
    change_incident,
    history_after,
    history_of,
    list_incidents,
    read_incident,
)
from dashboard.detection.incidents.queue import similar_incidents
from dashboard.detection.workspace import open_local
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.store.database import Store
from tests.detection.stored import NOON, alert, incident


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def _change(store: Store, number: int, version: int, change: Change, by: str = "dana@contoso.com") -> int:
    with store.writing() as connection:
        return change_incident(connection, number, version, change, by).version


def test_the_second_of_two_analysts_is_told_what_the_first_one_changed(store: Store) -> None:
    made = incident(store)
    _change(store, made.number, 1, Change(status="Active", owner="dana@contoso.com"))
    with pytest.raises(WatchbookError) as told:
        _change(store, made.number, 1, Change(severity="High"), by="chidi@contoso.com")
    assert told.value.problem.code == "DT020"
    assert "dana@contoso.com" in str(told.value)
    assert "Status New → Active" in str(told.value)
    with store.reading() as connection:
        now = read_incident(connection, made.number)
    assert (now.version, now.status, now.severity) == (2, "Active", "Medium")


def test_closing_needs_a_classification_and_reopening_takes_it_back(store: Store) -> None:
    made = incident(store)
    with pytest.raises(WatchbookError, match="Classification must be one of"):
        _change(store, made.number, 1, Change(status="Closed"))
    _change(store, made.number, 1, Change(status="Closed", classification="TruePositive"))
    with store.reading() as connection:
        closed = read_incident(connection, made.number)
    assert closed.state["ClassificationReason"] == "SuspiciousActivity"
    assert closed.state["ClosedTime"]
    _change(store, made.number, 2, Change(status="Active"))
    with store.reading() as connection:
        again = read_incident(connection, made.number)
    assert (again.state["ClosedTime"], again.state["Classification"]) == (None, "")


def test_comments_tasks_and_labels_are_kept_with_who_wrote_them(store: Store) -> None:
    made = incident(store)
    _change(
        store, made.number, 1, Change(comment="Asked Bram.", add_tasks=("Rotate the token",), labels=("aks", "aks"))
    )
    _change(store, made.number, 2, Change(complete_tasks=("1",)))
    with store.reading() as connection:
        state = read_incident(connection, made.number).state
        entries = history_of(connection, made.number)
    assert state["Comments"][0]["author"]["name"] == "dana@contoso.com"
    assert state["Tasks"][0]["status"] == "Completed"
    assert [label["labelName"] for label in state["Labels"]] == ["aks"]
    assert [entry.action for entry in entries] == ["created", "updated", "updated"]


def test_a_change_that_changes_nothing_leaves_no_trace(store: Store) -> None:
    made = incident(store)
    assert _change(store, made.number, 1, Change(status="New", severity="Medium")) == 1


def test_who_follows_the_history_after_a_cursor_sees_every_change_once(store: Store) -> None:
    first, second = incident(store), incident(store)
    with store.reading() as connection:
        seen = history_after(connection, 0, limit=1)
        seen += history_after(connection, seen[-1].id)
    assert [entry.number for entry in seen] == [first.number, second.number]
    _change(store, first.number, 1, Change(severity="High"))
    with store.reading() as connection:
        assert [entry.changes["Severity"]["to"] for entry in history_after(connection, seen[-1].id)] == ["High"]


def test_workbooks_see_alerts_and_every_change_of_an_incident_at_once(store: Store, tmp_path: Path) -> None:
    engine = open_local(tmp_path / "data", store)
    count = "SecurityIncident | summarize Rows = count(), arg_max(LastModifiedTime, Status, Who = tostring(Owner.assignedTo)) by IncidentNumber"
    assert not len(engine.run(QueryRequest(count)))
    made = incident(store, at=NOON)
    _change(store, made.number, 1, Change(status="Active", owner="dana@contoso.com"))
    row = engine.run(QueryRequest(count)).rows()[0]
    assert row[:2] == (made.number, 2)
    assert row[3:] == ("Active", "dana@contoso.com")
    alerts = engine.run(
        QueryRequest("SecurityAlert | project AlertName, Account = tostring(parse_json(Entities)[0].Name)")
    )
    assert alerts.rows() == [("Shell in a pod", "ada")]


def test_the_queue_is_filtered_sorted_and_counted(store: Store) -> None:
    incident(store, title="Old one", at=NOON - 10)
    high = incident(store, alert(severity="High"), title="Secrets listed")
    with store.reading() as connection:
        page = list_incidents(connection, Wanted(order="severity"))
        assert [row.title for row in page.rows] == ["Secrets listed", "Old one"]
        assert page.by_status == {"New": 2}
        found = list_incidents(connection, Wanted(text="secrets EXECUTION", owner="nobody"))
        assert [row.number for row in found.rows] == [high.number]
        assert not list_incidents(connection, Wanted(text="100%")).rows


def test_similar_incidents_share_entities_or_the_rule(store: Store) -> None:
    made = incident(store)
    other = incident(store)
    with store.reading() as connection:
        similar = similar_incidents(connection, made)
    assert [found.row.number for found in similar] == [other.number]
    assert similar[0].entities == ("account:ada@contoso.com",)
