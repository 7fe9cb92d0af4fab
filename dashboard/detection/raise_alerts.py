"""From the rows of one window to alerts: trigger, grouping of events, the cap, and what an alert says of its rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dashboard.detection.alert import Alert
from dashboard.detection.entities import extract_entities
from dashboard.detection.moments import iso, to_micros
from dashboard.detection.query import query_text
from dashboard.detection.rules.durations import clock_duration
from dashboard.detection.rules.known import SEVERITIES, TACTICS
from dashboard.detection.rules.mappings import PLACEHOLDER
from dashboard.detection.rules.rule import Rule
from dashboard.table import Table, json_cell

MOST_ALERTS: Final = 150
"""Alerts of one run; the last of them stands for all further rows, as in Sentinel."""
_KEPT_EVENTS = 20
_LONGEST_CELL = 4_000
_NAMESPACE = uuid.UUID("7d5c1e5e-4c31-4b43-8f0b-5f0d4a0f6a11")

Row = Mapping[str, Any]
_TRIGGERS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "GreaterThan": lambda count, threshold: count > threshold,
    "LessThan": lambda count, threshold: count < threshold,
    "Equal": lambda count, threshold: count == threshold,
    "NotEqual": lambda count, threshold: count != threshold,
}


def triggers(rule: Rule, count: int) -> bool:
    """Whether so many results raise an alert."""
    return _TRIGGERS[rule.operator](count, rule.threshold)


def rows_of(table: Table) -> list[dict[str, Any]]:
    """The rows with JSON values by column name."""
    names = table.names
    kinds = [column.type for column in table.columns]
    return [
        {name: json_cell(cell, kind) for name, cell, kind in zip(names, row, kinds, strict=True)}
        for row in table.rows()
    ]


def fingerprint(row: Row) -> str:
    """What tells that the same row came again in a later, overlapping window."""
    return hashlib.blake2b(json.dumps(row, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()


def raise_alerts(rule: Rule, rows: Sequence[Row], start: int, end: int, at: int) -> list[Alert]:
    """The alerts of the rows of the window from `start` to `end`, raised at `at` (microseconds); the trigger was met. Their ids
    follow from rule and window: the same run makes the same alerts."""
    if not rule.per_result or not rows:
        groups: list[Sequence[Row]] = [rows]
    elif len(rows) <= MOST_ALERTS:
        groups = [[row] for row in rows]
    else:
        groups = [*([row] for row in rows[: MOST_ALERTS - 1]), rows[MOST_ALERTS - 1 :]]
    return [_alert(rule, group, len(rows), start, end, at, i) for i, group in enumerate(groups)]


def _alert(rule: Rule, rows: Sequence[Row], overall: int, start: int, end: int, at: int, index: int) -> Alert:
    alert_id = str(uuid.uuid5(_NAMESPACE, f"{rule.id} {end} {index}"))
    first: Row = rows[0] if rows else {}
    details = rule.details
    name = _filled(details.name_format, first)[:256] or rule.name
    techniques = [name for name in rule.techniques if "." not in name]
    custom = {
        key: list(dict.fromkeys(_text(row[column]) for row in rows if row.get(column) not in (None, "")))[:50]
        for key, column in rule.custom_details
    }
    entities = extract_entities(rule.entities, rows)
    times = _times(rows)
    nrt = rule.kind == "NRT"
    row: dict[str, Any] = {
        "TimeGenerated": iso(at), "DisplayName": name, "AlertName": name,
        "AlertSeverity": _severity(first.get(details.severity_column)) or rule.severity,
        "Description": _filled(details.description_format, first)[:5_000] or rule.description,
        "ProviderName": "ASI NRT Alerts" if nrt else "ASI Scheduled Alerts", "VendorName": "Microsoft",
        "VendorOriginalId": alert_id, "SystemAlertId": alert_id, "ResourceId": "", "SourceComputerId": "",
        "AlertType": f"watchbook_{rule.id}", "ConfidenceLevel": "Unknown", "ConfidenceScore": None, "IsIncident": False,
        "StartTime": iso(min(times, default=start)), "EndTime": iso(max(times, default=end)),
        "ProcessingEndTime": iso(at), "RemediationSteps": "",
        "ExtendedProperties": _json(_properties(rule, custom, len(rows), overall, start, end)),
        "Entities": _json(entities) if entities else "", "SourceSystem": "Detection", "WorkspaceSubscriptionId": "",
        "WorkspaceResourceGroup": "", "ExtendedLinks": "", "ProductName": "Azure Sentinel",
        "ProductComponentName": "NRT Alerts" if nrt else "Scheduled Alerts", "AlertLink": "", "Status": "New",
        "CompromisedEntity": "", "Tactics": ", ".join(_tactics(first.get(details.tactics_column)) or rule.tactics),
        "Techniques": _json(techniques) if techniques else "",
        "SubTechniques": _json([name for name in rule.techniques if "." in name]) if any("." in name for name in rule.techniques) else "",
        "Type": "SecurityAlert",
    }  # fmt: skip
    for column, source in details.properties:
        if first.get(source) not in (None, ""):
            row[column] = _text(first[source])
    return Alert(alert_id, rule.id, at, end, row, tuple(kept_event(one) for one in rows[:_KEPT_EVENTS]), None, custom)


def _properties(
    rule: Rule, custom: Mapping[str, list[str]], count: int, overall: int, start: int, end: int
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Alert Mode": "Aggregated", "Query": query_text(rule), "Query Period": clock_duration(rule.period),
        "Query Start Time UTC": iso(start), "Query End Time UTC": iso(end), "Trigger Operator": rule.operator,
        "Trigger Threshold": str(rule.threshold), "Event Grouping": "AlertPerResult" if rule.per_result else "SingleAlert",
        "Search Query Results Overall Count": str(overall), "Total Results In Alert": str(count),
        "Analytic Rule Ids": _json([rule.id]), "Analytic Rule Name": rule.name,
    }  # fmt: skip
    return found | ({"Custom Details": _json(custom)} if custom else {})


def _times(rows: Sequence[Row]) -> list[int]:
    found = []
    for row in rows:
        for name in ("TimeGenerated", "StartTime", "EndTime", "Timestamp"):
            value = row.get(name)
            if isinstance(value, str) and value.endswith("Z"):
                try:
                    found.append(to_micros(dt.datetime.fromisoformat(value[:26].rstrip("Z") + "+00:00")))
                except ValueError:
                    continue
    return found


def _filled(form: str, row: Row) -> str:
    return PLACEHOLDER.sub(lambda match: _text(row.get(match[1], "")), form)


def _severity(value: Any) -> str:
    return next((name for name in SEVERITIES if name.lower() == str(value or "").strip().lower()), "")


def _tactics(value: Any) -> list[str]:
    words = value if isinstance(value, list) else str(value or "").replace(";", ",").split(",")
    bare = {str(word).replace(" ", "").strip().lower() for word in words}
    return [name for name in TACTICS if name.lower() in bare]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def kept_event(row: Row) -> dict[str, Any]:
    """A row as its alert keeps it: empty cells are left out, cells that are too long are cut."""
    kept = {}
    for name, value in row.items():
        text = value if isinstance(value, str) else _json(value)
        if value in (None, ""):
            continue
        kept[name] = f"{text[:_LONGEST_CELL]}…" if len(text) > _LONGEST_CELL else value
    return kept
