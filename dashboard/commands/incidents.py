"""`watchbook incidents`: list, show and export incidents."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from typing import Any

import sqlalchemy as sa

from dashboard.commands.terminal import text_table
from dashboard.detection.alert import Alert, entity_name
from dashboard.detection.incidents import Incident, Wanted, history_of, list_incidents, read_incident
from dashboard.detection.incidents.change import describe_changes
from dashboard.detection.incidents.queue import find_alerts, read_all, row_json
from dashboard.detection.moments import iso
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store


def _wanted(options: argparse.Namespace) -> Wanted:
    if options.limit < 1:
        raise WatchbookError(Problem("CL002", f"--limit must be 1 or more; got {options.limit}."))
    return Wanted(tuple(options.status), tuple(options.severity), options.owner, text=options.search)


def listed(options: argparse.Namespace) -> int:
    """Lists incidents, newest first."""
    with Store().reading() as connection:
        page = list_incidents(connection, _wanted(options), limit=options.limit)
    entries = [row_json(row) for row in page.rows]
    if options.format == "json":
        print(json.dumps(entries, ensure_ascii=False, indent=1))
        return 0
    heads = ["number", "severity", "status", "owner", "alerts", "created", "title"]
    rows = [[str(entry[head])[: 16 if head == "created" else None] for head in heads] for entry in entries]
    print(text_table(heads, rows, 80))
    print(f"{len(entries)} of {page.total} incidents", file=sys.stderr)
    return 0


def whole(connection: sa.Connection, incident: Incident) -> dict[str, Any]:
    """An incident with its alerts and history, as JSON."""
    return {
        "number": incident.number, "version": incident.version, "incident": dict(incident.state),
        "alerts": [_alert(alert) for alert in find_alerts(connection, incident.alert_ids)],
        "history": [
            {"version": e.version, "at": iso(e.at), "by": e.by, "action": e.action, "changes": dict(e.changes)}
            for e in history_of(connection, incident.number)
        ],
    }  # fmt: skip


def _alert(alert: Alert) -> dict[str, Any]:
    return {**alert.row, "Events": list(alert.events)}


def show(options: argparse.Namespace) -> int:
    """Shows one incident."""
    with Store().reading() as connection:
        incident = read_incident(connection, options.number)
        told = whole(connection, incident)
        alerts = find_alerts(connection, incident.alert_ids)
        history = history_of(connection, options.number)
    if options.format == "json":
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    state = incident.state
    extra = state.get("AdditionalData") or {}
    print(f"{incident.number}  {_clean(incident.title)}")
    print(f"{incident.severity}, {incident.status}, {incident.owner or 'nobody'}")
    print(f"Created {str(state['CreatedTime'])[:19]}Z  Last activity {str(state.get('LastActivityTime') or '')[:19]}Z")
    print(f"Tactics {', '.join(extra.get('tactics') or []) or 'none'}  Labels {', '.join(incident.labels) or 'none'}")
    for alert in alerts:
        names = ", ".join(dict.fromkeys(entity_name(entity) for entity in alert.entities))
        print(f"  {iso(alert.time)[:19]}Z  {alert.row['AlertSeverity']:13} {_clean(str(alert.row['AlertName']))}: {_clean(names)}")  # fmt: skip
    for entry in history:
        told_change = describe_changes(entry.changes) if entry.action == "updated" else entry.action
        print(f"  {iso(entry.at)[:19]}Z  {_clean(entry.by)}: {_clean(told_change)}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Writes whole incidents as JSON, or one line each as CSV."""
    with Store().reading() as connection:
        incidents = read_all(connection, _wanted(options), options.limit)
        told = [whole(connection, incident) for incident in incidents] if options.format == "json" else []
    out = options.output.open("w", encoding="utf-8", newline="") if options.output else sys.stdout
    try:
        if options.format == "json":
            json.dump(told, out, ensure_ascii=False, indent=1)
            out.write("\n")
        else:
            _write_csv(out, incidents)
    finally:
        if options.output:
            out.close()
    print(f"{len(incidents)} incidents", file=sys.stderr)
    return 0


_CSV = ("IncidentNumber", "Title", "Severity", "Status", "Owner", "CreatedTime", "FirstModifiedTime", "ClosedTime",
        "Classification", "ClassificationReason", "Labels", "Tactics", "Alerts")  # fmt: skip


def _write_csv(out: Any, incidents: list[Incident]) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_CSV)
    for incident in incidents:
        extra = incident.state.get("AdditionalData") or {}
        own = {"Owner": incident.owner, "Labels": ", ".join(incident.labels), "Tactics": ", ".join(extra.get("tactics") or []), "Alerts": len(incident.alert_ids)}  # fmt: skip
        cells = [own.get(name, incident.state.get(name)) for name in _CSV]
        writer.writerow([_guarded(cell) for cell in cells])


def _guarded(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula is kept as text."""
    return (
        f"'{cell}"
        if isinstance(cell, str) and cell[:1] in "=+-@\t\r" and cell[:1]
        else cell
        if cell is not None
        else ""
    )


def _clean(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
