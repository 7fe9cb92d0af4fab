"""Automation rules react once to each change, in their order, and never to each other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dashboard.detection.incidents import Incident
from dashboard.detection.incidents.change import Change, change_incident
from dashboard.detection.incidents.incident import read_incident
from dashboard.detection.response.automation import Action, AutomationRule, Condition, list_rules, save_rule
from dashboard.detection.response.playbook import Playbook, save_playbook
from dashboard.detection.response.running import list_runs, react
from dashboard.errors import WatchbookError
from dashboard.store.database import Store
from tests.detection.stored import alert, incident


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in which reacting has begun."""
    made = Store(f"sqlite:///{tmp_path / 'store.db'}")
    react(made)
    return made


def _now(store: Store, made: Incident) -> Incident:
    with store.reading() as connection:
        return read_incident(connection, made.number)


def _rule(
    name: str = "Rule", trigger: str = "created", conditions: tuple[Condition, ...] = (), **more: Any
) -> AutomationRule:
    actions = more.pop("actions", (Action("tag", "seen"),))
    return AutomationRule(name=name, trigger=trigger, conditions=conditions, actions=actions, **more)


def test_rules_run_in_order_and_each_sees_what_the_one_before_did(store: Store) -> None:
    save_rule(
        store,
        _rule(
            "Second",
            position=2,
            conditions=(Condition("severity", "equals", ("High",)),),
            actions=(Action("owner", "soc@contoso.com"), Action("task", "Look at it")),
        ),
    )
    save_rule(
        store,
        _rule(
            "First",
            position=1,
            actions=(Action("severity", "High"), Action("tag", "aks, urgent"), Action("comment", "By a rule")),
        ),
    )
    made = incident(store)
    assert react(store) == 3
    now = _now(store, made)
    assert (now.severity, now.owner, now.labels) == ("High", "soc@contoso.com", ["aks", "urgent"])
    assert now.state["Tasks"][0]["title"] == "Look at it"
    assert now.state["ModifiedBy"] == "Automation rule: Second"
    assert react(store) == 0
    assert [(run.name, run.state) for run in reversed(list_runs(store))] == [("First", "done"), ("Second", "done")]


def test_rules_do_not_answer_rules(store: Store) -> None:
    save_rule(store, _rule("Ping", "updated", actions=(Action("comment", "ping"),)))
    made = incident(store)
    react(store)
    assert _now(store, made).state["Comments"] == []
    with store.writing() as connection:
        change_incident(connection, made.number, made.version, Change(add_labels=("x",)), "ada")
    assert react(store) + react(store) == 2
    assert len(_now(store, made).state["Comments"]) == 1


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("title", "contains", ("shell",)), True),
        (("title", "does not contain", ("shell",)), False),
        (("title", "starts with", ("pod", "Shell")), True),
        (("severity", "equals", ("Low", "Medium")), True),
        (("severity", "does not equal", ("Medium",)), False),
        (("entity", "equals", ("ada@contoso.com",)), True),
        (("entity", "contains", ("bob",)), False),
        (("tactic", "equals", ("Execution",)), True),
        (("rule", "equals", ("rule-1",)), True),
        (("owner", "equals", ("",)), None),
        (("label", "does not contain", ("x",)), True),
    ],
)
def test_conditions(store: Store, condition: tuple[str, str, tuple[str, ...]], expected: bool | None) -> None:
    rule = _rule(conditions=(Condition(*condition),))
    if expected is None:
        with pytest.raises(WatchbookError):
            save_rule(store, rule)
        return
    save_rule(store, rule)
    made = incident(store, alert())
    react(store)
    assert (_now(store, made).labels == ["seen"]) is expected


def test_what_was_changed_can_be_asked_and_an_incident_be_closed(store: Store) -> None:
    actions = (Action("close", "BenignPositive", "SuspiciousButExpected"),)
    save_rule(
        store,
        _rule(
            trigger="updated",
            conditions=(Condition("changed", "equals", ("owner",)), Condition("owner", "equals", ("bot",))),
            actions=actions,
        ),
    )
    made = incident(store)
    with store.writing() as connection:
        made = change_incident(connection, made.number, made.version, Change(add_labels=("x",)), "ada")
    react(store)
    assert _now(store, made).status == "New"
    with store.writing() as connection:
        change_incident(connection, made.number, made.version, Change(owner="bot"), "ada")
    react(store)
    now = _now(store, made)
    assert (now.status, now.state["Classification"]) == ("Closed", "BenignPositive")


def test_disabled_and_expired_rules_rest_and_the_past_is_no_event(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    old = incident(store)
    save_rule(store, _rule("On"))
    save_rule(store, _rule("Off", enabled=False, actions=(Action("tag", "off"),)))
    save_rule(store, _rule("Over", expires="2020-01-01T00:00:00Z", actions=(Action("tag", "over"),)))
    assert react(store) == 0
    new = incident(store)
    react(store)
    assert (_now(store, old).labels, _now(store, new).labels) == ([], ["seen"])


def test_a_rule_asks_for_its_playbooks_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", "http://127.0.0.1:9")
    playbook = save_playbook(store, Playbook(name="Tell", kind="webhook", address="http://127.0.0.1:9/"))
    save_rule(store, _rule(actions=(Action("playbook", playbook.id),)))
    incident(store)
    for _ in range(3):
        react(store, dt.datetime.now(dt.UTC))
    assert [(run.kind, run.state) for run in list_runs(store)] == [("playbook", "waiting"), ("rule", "done")]


@pytest.mark.parametrize(
    "rule",
    [
        _rule(""), _rule(trigger="sometimes"), _rule(actions=()), _rule(actions=(Action("explode", "x"),)), _rule(actions=(Action("severity", "Huge"),)),
        _rule(actions=(Action("status", "Closed"),)), _rule(actions=(Action("close", "Maybe"),)), _rule(actions=(Action("playbook", "absent"),)), _rule(actions=(Action("tag", " "),)),
        _rule(conditions=(Condition("colour", "equals", ("red",)),)), _rule(conditions=(Condition("title", "is", ("x",)),)), _rule(conditions=(Condition("changed", "equals", ("owner",)),)),
        _rule(expires="soon"),
    ],
)  # fmt: skip
def test_a_rule_that_is_wrong_is_refused_in_words(store: Store, rule: AutomationRule) -> None:
    with pytest.raises(WatchbookError) as caught:
        save_rule(store, rule)
    assert caught.value.problem.code == "RS004"
    assert list_rules(store) == []
