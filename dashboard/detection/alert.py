"""One alert, in the shape of the columns of SecurityAlert."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.moments import from_iso
from dashboard.store.alerts import ALERTS
from dashboard.table import KqlType

Json = Mapping[str, Any]

COLUMNS: Final[tuple[tuple[str, KqlType], ...]] = (
    ("TimeGenerated", "datetime"), ("DisplayName", "string"), ("AlertName", "string"), ("AlertSeverity", "string"),
    ("Description", "string"), ("ProviderName", "string"), ("VendorName", "string"), ("VendorOriginalId", "string"),
    ("SystemAlertId", "string"), ("ResourceId", "string"), ("SourceComputerId", "string"), ("AlertType", "string"),
    ("ConfidenceLevel", "string"), ("ConfidenceScore", "real"), ("IsIncident", "bool"), ("StartTime", "datetime"),
    ("EndTime", "datetime"), ("ProcessingEndTime", "datetime"), ("RemediationSteps", "string"),
    ("ExtendedProperties", "string"), ("Entities", "string"), ("SourceSystem", "string"),
    ("WorkspaceSubscriptionId", "string"), ("WorkspaceResourceGroup", "string"), ("ExtendedLinks", "string"),
    ("ProductName", "string"), ("ProductComponentName", "string"), ("AlertLink", "string"), ("Status", "string"),
    ("CompromisedEntity", "string"), ("Tactics", "string"), ("Techniques", "string"), ("SubTechniques", "string"),
    ("Type", "string"),
)  # fmt: skip
"""The columns of SecurityAlert in their order."""


@dataclass(frozen=True)
class Alert:
    """`row` holds SecurityAlert's columns by name: times as ISO 8601 with Z, Entities and ExtendedProperties as JSON text, as
    Sentinel writes them. `events` are the first rows of the query that the alert stands for. Times are microseconds."""

    alert_id: str
    rule_id: str
    time: int
    window_end: int
    row: Json
    events: Sequence[Json] = ()
    incident: int | None = None
    custom: Json = field(default_factory=dict)

    @property
    def entities(self) -> list[dict[str, Any]]:
        """Its entities, each with a `Type`."""
        return list(json.loads(self.row.get("Entities") or "[]"))

    @property
    def tactics(self) -> list[str]:
        """Its ATT&CK tactics."""
        return [part.strip() for part in str(self.row.get("Tactics") or "").split(",") if part.strip()]

    @property
    def techniques(self) -> list[str]:
        """Its ATT&CK techniques and sub-techniques."""
        return [*json.loads(self.row.get("Techniques") or "[]"), *json.loads(self.row.get("SubTechniques") or "[]")]


_NAMED_BY: Final = (
    "Address", "Url", "DomainName", "ResourceId", "HostName", "FullName", "NetBiosName", "AadUserId", "Sid", "Name",
    "MailboxPrimaryAddress", "CommandLine", "ProcessId", "Value", "Key", "AppId", "NetworkMessageId", "Recipient",
    "DistinguishedName", "ObjectGuid", "DeviceId", "ImageId", "Query", "SubmissionId", "AzureID", "OMSAgentID", "PUID",
)  # fmt: skip


def entity_name(entity: Json) -> str:
    """What a person calls an entity: an account by its address, others by their strongest identifier."""
    kind = str(entity.get("Type", "")).lower()
    if kind == "account" and entity.get("Name"):
        name, suffix = str(entity["Name"]), str(entity.get("UPNSuffix") or "")
        if suffix and "@" not in name:
            return f"{name}@{suffix}"
        domain = str(entity.get("NTDomain") or "")
        return f"{domain}\\{name}" if domain and "\\" not in name else name
    if kind == "host" and entity.get("HostName"):
        name, domain = str(entity["HostName"]), str(entity.get("DnsDomain") or "")
        return f"{name}.{domain}" if domain and "." not in name else name
    for key in _NAMED_BY:
        if entity.get(key):
            return str(entity[key])
    return next((str(value) for key, value in entity.items() if key not in ("Type", "$id") and value), "")


def entity_label(entity: Json) -> str:
    """An entity's name as a page has room for: of a resource only its own part."""
    name = entity_name(entity)
    return name.rstrip("/").rpartition("/")[2] if name.lower().startswith("/subscriptions/") else name


def entity_key(entity: Json) -> str:
    """What tells that two entities are the same: kind and name, without letter case."""
    return f"{entity.get('Type', '')}:{entity_name(entity)}".lower()[:400]


def save_alerts(connection: sa.Connection, alerts: Iterable[Alert]) -> None:
    """Writes new alerts."""
    rows = [
        {
            "alert_id": alert.alert_id, "rule_id": alert.rule_id, "incident": alert.incident, "time": alert.time,
            "window_end": alert.window_end, "row": _json(alert.row), "events": _json({"rows": list(alert.events), "custom": alert.custom}),
        }
        for alert in alerts
    ]  # fmt: skip
    if rows:
        connection.execute(ALERTS.insert(), rows)


def alerts_of(connection: sa.Connection, incident: int) -> list[Alert]:
    """The alerts of an incident that were raised here, oldest first."""
    query = sa.select(ALERTS).where(ALERTS.c.incident == incident).order_by(ALERTS.c.id)
    return [alert_of(row) for row in connection.execute(query)]


def events_of(connection: sa.Connection, rule_id: str, start: int, end: int) -> list[Json]:
    """The rows kept with the alerts that a rule raised of windows that overlap the one from `start` to `end` (microseconds)."""
    query = sa.select(ALERTS).where(ALERTS.c.rule_id == rule_id, ALERTS.c.window_end > start)
    found: list[Json] = []
    for row in connection.execute(query):
        began = json.loads(json.loads(row.row)["ExtendedProperties"])["Query Start Time UTC"]
        if from_iso(began) < end:
            found += alert_of(row).events
    return found


def alert_of(row: Any) -> Alert:
    """The alert of a row of the store."""
    kept = json.loads(row.events)
    return Alert(
        row.alert_id, row.rule_id, row.time, row.window_end, json.loads(row.row), tuple(kept["rows"]), row.incident,
        kept["custom"],
    )  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
