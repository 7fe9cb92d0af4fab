"""New incidents, alerts added to one that is there, and incidents of imported data taken over."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from dashboard.detection.alert import Alert, entity_key
from dashboard.detection.incidents.change import differences, write_state
from dashboard.detection.incidents.incident import NOBODY, SEVERITIES, Incident, columns_of
from dashboard.detection.moments import iso
from dashboard.store.alerts import ALERTS
from dashboard.store.incidents import ENTITIES, INCIDENTS, append_history, next_number, write_alone

MOST_ALERTS = 150
"""Alerts that one incident takes, as in Sentinel; further ones open another."""


def make_incident(
    connection: sa.Connection,
    alerts: Sequence[Alert],
    *,
    title: str,
    description: str,
    severity: str,
    rule_id: str,
    at: int,
    group_key: str = "",
    labels: Iterable[str] = (),
    by: str = "Incident created from alert",
    name: str = "",
) -> Incident:
    """Writes a new incident of alerts that are already saved, and says so in the history. `at` is microseconds since 1970;
    `name` is its id (made up where empty)."""
    write_alone(connection)
    number = next_number(connection)
    name = name or str(uuid.uuid4())
    state: dict[str, Any] = {
        "TenantId": "", "TimeGenerated": iso(at), "IncidentName": name, "Title": title, "Description": description,
        "Severity": severity, "Status": "New", "Classification": "", "ClassificationComment": "",
        "ClassificationReason": "", "Owner": dict(NOBODY), "ProviderName": "Watchbook", "ProviderIncidentId": str(number),
        "FirstModifiedTime": None, "LastModifiedTime": iso(at), "CreatedTime": iso(at), "ClosedTime": None,
        "IncidentNumber": number, "RelatedAnalyticRuleIds": [rule_id] if rule_id else [], "AlertIds": [],
        "BookmarkIds": [], "Comments": [], "Tasks": [],
        "Labels": [{"labelName": label, "labelType": "User"} for label in labels],
        "IncidentUrl": f"/incidents?incident={number}", "ModifiedBy": by, "SourceSystem": "Watchbook", "Type": "SecurityIncident",
    }  # fmt: skip
    state |= _with_alerts(state, alerts)
    incident = Incident(number, 1, state, rule_id)
    values = columns_of(incident)
    connection.execute(
        INCIDENTS.insert().values(number=number, name=name, rule_id=rule_id, group_key=group_key, **values)
    )
    append_history(connection, {
        "number": number, "version": 1, "at": at, "by": by, "action": "created", "changes": "{}", "state": values["state"],
    })  # fmt: skip
    _belong(connection, number, alerts)
    return incident


def add_alerts(
    connection: sa.Connection, incident: Incident, alerts: Sequence[Alert], at: int, reopen: bool = False
) -> Incident:
    """Adds saved alerts to an incident as it stands in this transaction; `reopen` makes a closed one active again."""
    state = {**incident.state, **_with_alerts(incident.state, alerts)}
    if reopen and incident.status == "Closed":
        state |= {
            "Status": "Active", "Classification": "", "ClassificationReason": "", "ClassificationComment": "",
            "ClosedTime": None,
        }  # fmt: skip
    changed = write_state(
        connection, incident, state, differences(incident.state, state), "Alert updates", at, "alerts"
    )
    _belong(connection, incident.number, alerts)
    return changed


def _with_alerts(state: Mapping[str, Any], alerts: Sequence[Alert]) -> dict[str, Any]:
    """The columns that follow from the alerts of an incident, with more of them."""
    extra = dict(state.get("AdditionalData") or {})
    ids = [*state.get("AlertIds", []), *(alert.alert_id for alert in alerts)]

    def more(name: str, new: Iterable[str]) -> list[str]:
        return list(dict.fromkeys([*extra.get(name, []), *new]))

    starts = [str(alert.row["StartTime"]) for alert in alerts]
    ends = [str(alert.row["EndTime"]) for alert in alerts]
    starts += [state["FirstActivityTime"]] if state.get("FirstActivityTime") else []
    ends += [state["LastActivityTime"]] if state.get("LastActivityTime") else []
    worst = max(
        [str(state["Severity"]), *(str(alert.row["AlertSeverity"]) for alert in alerts)],
        key=lambda severity: SEVERITIES.index(severity) if severity in SEVERITIES else -1,
    )
    return {
        "AlertIds": list(dict.fromkeys(ids)), "Severity": worst,
        "FirstActivityTime": min(starts, default=None), "LastActivityTime": max(ends, default=None),
        "AdditionalData": {
            **extra, "alertsCount": len(set(ids)), "bookmarksCount": 0, "commentsCount": len(state.get("Comments") or []),
            "alertProductNames": more("alertProductNames", (str(alert.row["ProductName"]) for alert in alerts)),
            "tactics": more("tactics", (tactic for alert in alerts for tactic in alert.tactics)),
            "techniques": more("techniques", (technique for alert in alerts for technique in alert.techniques)),
        },
    }  # fmt: skip


def _belong(connection: sa.Connection, number: int, alerts: Sequence[Alert]) -> None:
    ids = [alert.alert_id for alert in alerts]
    connection.execute(ALERTS.update().where(ALERTS.c.alert_id.in_(ids)).values(incident=number))
    save_entities(connection, number, (entity for alert in alerts for entity in alert.entities))


def save_entities(connection: sa.Connection, number: int, entities: Iterable[Mapping[str, Any]]) -> None:
    """Remembers which entities an incident touches, for finding similar ones."""
    keys = {entity_key(entity) for entity in entities}
    known = set(connection.scalars(sa.select(ENTITIES.c.entity).where(ENTITIES.c.number == number)))
    rows = [{"number": number, "entity": key} for key in sorted(keys - known) if not key.endswith(":")]
    if rows:
        connection.execute(ENTITIES.insert(), rows)


def adopt_incidents(connection: sa.Connection, states: Iterable[Mapping[str, Any]], at: int) -> int:
    """Takes over incidents of imported data that are not known yet, as they stand there, so that they can be worked on like
    any other. Their rows stay where they are: the history here begins with what is changed here. The result is how many."""
    write_alone(connection)
    names = set(connection.scalars(sa.select(INCIDENTS.c.name)))
    numbers = set(connection.scalars(sa.select(INCIDENTS.c.number)))
    count = 0
    for state in states:
        number, name = int(state["IncidentNumber"]), str(state["IncidentName"])
        if name in names or number in numbers:
            continue
        names.add(name)
        numbers.add(number)
        incident = Incident(number, 1, state)
        values = columns_of(incident)
        connection.execute(INCIDENTS.insert().values(number=number, name=name, rule_id="", group_key="", **values))
        append_history(connection, {
            "number": number, "version": 1, "at": at, "by": "Imported data", "action": "adopted",
            "changes": json.dumps({}), "state": values["state"],
        })  # fmt: skip
        count += 1
    return count
