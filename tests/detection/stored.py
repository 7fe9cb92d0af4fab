"""Alerts and incidents for tests, in a store of their own."""

from __future__ import annotations

import json
import uuid
from typing import Any

from dashboard.detection.alert import Alert, save_alerts
from dashboard.detection.incidents import Incident, make_incident
from dashboard.detection.moments import iso
from dashboard.store.database import Store

NOON = 1_795_176_000_000_000
"""A moment: 2026-11-20 12:00 UTC."""


def alert(name: str = "Shell in a pod", severity: str = "Medium", at: int = NOON, **entity: str) -> Alert:
    """An alert with one entity, an account where none is given."""
    entities: list[dict[str, Any]] = [entity or {"Type": "account", "Name": "ada", "UPNSuffix": "contoso.com"}]
    row = {
        "TimeGenerated": iso(at), "StartTime": iso(at), "EndTime": iso(at), "AlertName": name, "DisplayName": name,
        "AlertSeverity": severity, "ProductName": "Azure Sentinel", "Entities": json.dumps(entities),
        "Tactics": "Execution", "Techniques": '["T1609"]', "Status": "New",
    }  # fmt: skip
    alert_id = str(uuid.uuid4())
    return Alert(alert_id, "rule-1", at, at, {**row, "SystemAlertId": alert_id})


def incident(store: Store, *alerts: Alert, at: int = NOON, title: str = "Shell in a pod") -> Incident:
    """An incident of the alerts, one where none is given."""
    found = alerts or (alert(at=at),)
    with store.writing() as connection:
        save_alerts(connection, found)
        return make_incident(
            connection, found, title=title, description="", severity="Medium", rule_id="rule-1", at=at
        )  # fmt: skip
