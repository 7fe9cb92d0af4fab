"""Automation rules: when an incident is made or changed, and it is like this, then do that."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.alert import Alert, entity_name
from dashboard.detection.incidents.change import Change
from dashboard.detection.incidents.incident import CLASSIFICATIONS, SEVERITIES, STATUSES, Incident
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.store.named import put_named
from dashboard.store.response import PLAYBOOKS, RULES

TRIGGERS: Final = {"created": "When an incident is created", "updated": "When an incident is updated"}
PROPERTIES: Final = (
    "title", "description", "severity", "status", "owner", "label", "tactic", "technique", "product", "rule", "entity", "changed",
)  # fmt: skip
OPERATORS: Final = ("equals", "does not equal", "contains", "does not contain", "starts with", "ends with")
ACTIONS: Final = {
    "severity": "Change severity", "status": "Change status", "owner": "Assign owner", "tag": "Add tags", "task": "Add task",
    "close": "Close incident", "comment": "Add comment", "playbook": "Run playbook",
}  # fmt: skip
_CHANGED: Final = {"severity": "Severity", "status": "Status", "owner": "Owner", "label": "Labels", "comment": "Comments", "alert": "AlertIds", "task": "Tasks"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: any of `values` is enough; negated operators hold where none of them does."""

    property: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `value` is the severity, status, owner, tag, task, comment, classification, or the playbook's id; `reason`
    that of a classification."""

    kind: str
    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AutomationRule:
    """A rule. All conditions must hold; actions run in their order; rules run by `position`. `expires` ends a rule."""

    name: str
    trigger: str
    actions: tuple[Action, ...]
    conditions: tuple[Condition, ...] = ()
    id: str = ""
    position: int = 0
    enabled: bool = True
    expires: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def is_over(self, now: dt.datetime) -> bool:
        """Whether it has expired."""
        return bool(self.expires) and dt.datetime.fromisoformat(self.expires).astimezone(dt.UTC) <= now


def holds(rule: AutomationRule, incident: Incident, alerts: Sequence[Alert], changes: Mapping[str, Any]) -> bool:
    """Whether all conditions hold for the incident as it was after the change."""
    return all(_holds(condition, incident, alerts, changes) for condition in rule.conditions)


def _holds(condition: Condition, incident: Incident, alerts: Sequence[Alert], changes: Mapping[str, Any]) -> bool:
    have = [value.lower() for value in _values(condition.property, incident, alerts, changes)]
    wanted = [value.lower() for value in condition.values]
    tests: dict[str, Callable[[str, str], bool]] = {
        "equals": lambda a, b: a == b, "contains": lambda a, b: b in a, "starts with": str.startswith, "ends with": str.endswith,
    }  # fmt: skip
    negated = {"does not equal": "equals", "does not contain": "contains"}.get(condition.operator)
    test = tests[negated or condition.operator]
    found = any(test(value, want) for value in have or [""] for want in wanted)
    return not found if negated else found


def _values(name: str, incident: Incident, alerts: Sequence[Alert], changes: Mapping[str, Any]) -> list[str]:
    state, extra = incident.state, incident.state.get("AdditionalData") or {}
    match name:
        case "title":
            return [incident.title]
        case "description":
            return [str(state.get("Description") or "")]
        case "severity":
            return [incident.severity]
        case "status":
            return [incident.status]
        case "owner":
            return [incident.owner]
        case "label":
            return incident.labels
        case "tactic":
            return [str(part) for part in extra.get("tactics") or []]
        case "technique":
            return [str(part) for part in extra.get("techniques") or []]
        case "product":
            return [str(part) for part in extra.get("alertProductNames") or []]
        case "rule":
            return [incident.rule_id, *(str(part) for part in state.get("RelatedAnalyticRuleIds") or [])]
        case "entity":
            return [entity_name(entity) for alert in alerts for entity in alert.entities]
        case _:
            return [word for word, column in _CHANGED.items() if column in changes]


def change_of(actions: Sequence[Action]) -> Change | None:
    """The change that the actions of a rule make together; None where they only run playbooks."""
    made = Change()
    for action in actions:
        match action.kind:
            case "severity":
                made = replace(made, severity=action.value)
            case "status":
                made = replace(made, status=action.value)
            case "owner":
                made = replace(made, owner=action.value)
            case "tag":
                made = replace(made, add_labels=(*made.add_labels, *(part.strip() for part in action.value.split(","))))
            case "task":
                made = replace(made, add_tasks=(*made.add_tasks, action.value))
            case "comment":
                made = replace(made, comment="\n".join(part for part in (made.comment, action.value) if part))
            case "close":
                made = replace(
                    made, status="Closed", classification=action.value, classification_reason=action.reason or None
                )
    return None if made == Change() else made


def problems_of(rule: AutomationRule, playbooks: Sequence[str]) -> list[Problem]:
    """What is wrong with a rule. `playbooks` are the ids that there are."""
    found: list[Problem] = []

    def wrong(sentence: str, hint: str = "") -> None:
        found.append(Problem("RS004", sentence, hint=hint))

    def one_of(what: str, value: str, allowed: Sequence[str]) -> None:
        if value not in allowed:
            wrong(f"{what} is one of {', '.join(allowed)}; got '{value[:60]}'.")

    if not rule.name.strip() or len(rule.name) > 200:
        wrong("A rule needs a name of at most 200 letters.")
    one_of("A trigger", rule.trigger, tuple(TRIGGERS))
    if not rule.actions:
        wrong("A rule needs at least one action.")
    for condition in rule.conditions:
        one_of("A condition's property", condition.property, PROPERTIES)
        one_of("A condition's operator", condition.operator, OPERATORS)
        if not any(value.strip() for value in condition.values):
            wrong(f"The condition on {condition.property} has no value.")
        if condition.property == "changed" and rule.trigger != "updated":
            wrong("What was changed can only be asked when an incident is updated.")
    for action in rule.actions:
        one_of("An action", action.kind, tuple(ACTIONS))
        if action.kind == "severity":
            one_of("A severity", action.value, SEVERITIES)
        elif action.kind == "status":
            one_of("A status", action.value, tuple(status for status in STATUSES if status != "Closed"))
        elif action.kind == "close":
            one_of("A classification", action.value, tuple(CLASSIFICATIONS))
            if action.reason:
                one_of("A reason", action.reason, CLASSIFICATIONS.get(action.value, ()))
        elif action.kind == "playbook":
            if action.value not in playbooks:
                wrong("The playbook of an action is not there.", "Choose one, or take the action out.")
        elif action.kind != "owner" and not action.value.strip():
            wrong(f"The action '{ACTIONS.get(action.kind, action.kind)}' has no text.")
    if rule.expires:
        try:
            dt.datetime.fromisoformat(rule.expires)
        except ValueError:
            wrong(f"'{rule.expires[:40]}' is no time for a rule to end.", "Write it as 2027-01-31T00:00:00Z.")
    return found


# ---- in the store ------------------------------------------------------------------------------------------------------


def list_rules(store: Store) -> list[AutomationRule]:
    """All rules in the order in which they run."""
    with store.reading() as connection:
        return read_rules(connection)


def read_rules(connection: sa.Connection) -> list[AutomationRule]:
    """The same inside a transaction."""
    rows = connection.execute(sa.select(RULES).order_by(RULES.c.position, RULES.c.name)).all()
    return [
        replace(rule_of(json.loads(row.settings)), id=row.id, enabled=row.enabled, position=row.position)
        for row in rows
    ]


def save_rule(store: Store, rule: AutomationRule) -> AutomationRule:
    """Saves a rule, new (and last) where it has no id. Raises WatchbookError (RS004)."""
    with store.reading() as connection:
        playbooks = list(connection.scalars(sa.select(PLAYBOOKS.c.id)))
    problems = problems_of(rule, playbooks)
    if problems:
        raise WatchbookError(*problems)
    saved = replace(rule, id=rule.id or str(uuid.uuid4()), name=rule.name.strip())
    taken = Problem("RS004", f"There is another rule named '{saved.name}'.")
    with store.writing() as connection:
        if not rule.id and not rule.position:
            saved = replace(saved, position=1 + int(connection.scalar(sa.select(sa.func.max(RULES.c.position))) or 0))
        values = {
            "name": saved.name, "position": saved.position, "enabled": saved.enabled, "settings": json.dumps(asdict(saved)),
            "modified": dt.datetime.now(dt.UTC),
        }  # fmt: skip
        put_named(connection, RULES, saved.id, values, taken)
    return saved


def delete_rule(store: Store, ident: str) -> None:
    """Deletes a rule."""
    with store.writing() as connection:
        connection.execute(RULES.delete().where(RULES.c.id == ident))


def rule_of(values: Mapping[str, Any]) -> AutomationRule:
    """A rule of plain values. Raises WatchbookError (RS004) for unknown ones."""
    unknown = sorted(set(values) - set(AutomationRule.__dataclass_fields__))
    if unknown:
        raise WatchbookError(Problem("RS004", f"A rule has no '{unknown[0][:40]}'."))
    try:
        actions = tuple(Action(**entry) for entry in values.get("actions", ()))
        conditions = tuple(
            Condition(**{**entry, "values": tuple(entry["values"])}) for entry in values.get("conditions", ())
        )
        return AutomationRule(**{**values, "actions": actions, "conditions": conditions})
    except (TypeError, KeyError) as error:
        raise WatchbookError(Problem("RS004", f"A condition or an action is not complete: {error}.")) from None
