"""Which incident an alert belongs to: one of its own, or one that is there with the same entities or details."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import sqlalchemy as sa

from dashboard.detection.alert import Alert, entity_key
from dashboard.detection.entities import type_text
from dashboard.detection.incidents.incident import Incident, read_incident
from dashboard.detection.incidents.make import MOST_ALERTS, add_alerts, make_incident
from dashboard.detection.rules.rule import Rule
from dashboard.store.alerts import ALERTS
from dashboard.store.incidents import INCIDENTS


def group_key(rule: Rule, alert: Alert) -> str:
    """What alerts of one incident have in common; empty where the alert stays alone."""
    grouping = rule.grouping
    if not grouping.enabled:
        return ""
    if grouping.method == "AnyAlert":
        return "any"
    if grouping.method == "AllEntities":
        entities = sorted(entity_key(entity) for entity in alert.entities)
        return _hash(["all", *entities]) if entities else ""
    kinds = {type_text(kind).lower() for kind in grouping.by_entities}
    parts = ["selected"]
    entities = sorted(entity_key(e) for e in alert.entities if str(e.get("Type", "")).lower() in kinds)
    if kinds and not entities:
        return ""
    parts += entities
    for detail in grouping.by_details:
        column = {"displayname": "DisplayName", "severity": "AlertSeverity"}.get(detail.lower(), detail)
        parts.append(f"{column}={alert.row.get(column, '')}")
    parts += [f"{key}={json.dumps(alert.custom.get(key, []))}" for key in grouping.by_custom]
    return _hash(parts)


def _hash(parts: Sequence[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=20).hexdigest()


def group_alerts(connection: sa.Connection, rule: Rule, alerts: Sequence[Alert], at: int) -> list[Incident]:
    """Puts saved alerts of one run into incidents, new ones or those that are there, and returns the incidents touched."""
    if not rule.create_incident:
        return []
    groups: dict[str, list[Alert]] = {}
    for i, alert in enumerate(alerts):
        key = group_key(rule, alert)
        groups.setdefault(key or f"alone {i}", []).append(alert)
    touched = []
    for key, group in groups.items():
        alone = key.startswith("alone ")
        rest = list(group)
        incident = None if alone else _open_incident(connection, rule, key, group[0])
        if incident is not None:
            room = MOST_ALERTS - len(incident.alert_ids)
            touched.append(add_alerts(connection, incident, rest[:room], at, rule.grouping.reopen))
            rest = rest[room:]
        while rest:
            part, rest = rest[:MOST_ALERTS], rest[MOST_ALERTS:]
            first = part[0].row
            touched.append(
                make_incident(
                    connection, part, title=str(first["DisplayName"]), description=str(first["Description"]),
                    severity=str(first["AlertSeverity"]), rule_id=rule.id, at=at, group_key="" if alone else key,
                )
            )  # fmt: skip
    return touched


def _open_incident(connection: sa.Connection, rule: Rule, key: str, alert: Alert) -> Incident | None:
    """The newest incident of the rule with the same key that still takes alerts: one of them is no older than the lookback."""
    query = (
        sa.select(INCIDENTS.c.number, INCIDENTS.c.status, INCIDENTS.c.alerts)
        .where(INCIDENTS.c.rule_id == rule.id, INCIDENTS.c.group_key == key)
        .order_by(INCIDENTS.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None or row.alerts >= MOST_ALERTS or (row.status == "Closed" and not rule.grouping.reopen):
        return None
    newest = connection.scalar(sa.select(sa.func.max(ALERTS.c.time)).where(ALERTS.c.incident == row.number))
    if newest is None or alert.time - newest > rule.grouping.lookback:
        return None
    return read_incident(connection, row.number)
