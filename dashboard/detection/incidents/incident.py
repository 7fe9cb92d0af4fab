"""One incident as it stands, in the shape of the columns of SecurityIncident."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError
from dashboard.store.incidents import INCIDENTS
from dashboard.table import KqlType

State = Mapping[str, Any]
SEVERITIES: Final = ("Informational", "Low", "Medium", "High")
STATUSES: Final = ("New", "Active", "Closed")
CLASSIFICATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "TruePositive": ("SuspiciousActivity",),
    "BenignPositive": ("SuspiciousButExpected",),
    "FalsePositive": ("IncorrectAlertLogic", "InaccurateData"),
    "Undetermined": ("",),
}
"""How an incident may be closed: classification and the reasons it takes, as Sentinel has them."""
NOBODY: Final[State] = {"objectId": None, "email": None, "assignedTo": None, "userPrincipalName": None}

COLUMNS: Final[tuple[tuple[str, KqlType], ...]] = (
    ("TenantId", "string"), ("TimeGenerated", "datetime"), ("IncidentName", "string"), ("Title", "string"),
    ("Description", "string"), ("Severity", "string"), ("Status", "string"), ("Classification", "string"),
    ("ClassificationComment", "string"), ("ClassificationReason", "string"), ("Owner", "dynamic"),
    ("ProviderName", "string"), ("ProviderIncidentId", "string"), ("FirstActivityTime", "datetime"),
    ("LastActivityTime", "datetime"), ("FirstModifiedTime", "datetime"), ("LastModifiedTime", "datetime"),
    ("CreatedTime", "datetime"), ("ClosedTime", "datetime"), ("IncidentNumber", "int"),
    ("RelatedAnalyticRuleIds", "dynamic"), ("AlertIds", "dynamic"), ("BookmarkIds", "dynamic"), ("Comments", "dynamic"),
    ("Tasks", "dynamic"), ("Labels", "dynamic"), ("IncidentUrl", "string"), ("AdditionalData", "dynamic"),
    ("ModifiedBy", "string"), ("SourceSystem", "string"), ("Type", "string"),
)  # fmt: skip
"""The columns of SecurityIncident in their order."""


@dataclass(frozen=True)
class Incident:
    """`state` holds SecurityIncident's columns by name (times as ISO 8601 with Z). `version` counts the changes from 1 and
    must be given back to change the incident. `rule_id` is the rule that made it, empty where none did."""

    number: int
    version: int
    state: State
    rule_id: str = ""

    @property
    def title(self) -> str:
        """What the queue shows."""
        return str(self.state["Title"])

    @property
    def severity(self) -> str:
        """One of SEVERITIES."""
        return str(self.state["Severity"])

    @property
    def status(self) -> str:
        """One of STATUSES."""
        return str(self.state["Status"])

    @property
    def owner(self) -> str:
        """Who it is assigned to, as a person reads it; empty for nobody."""
        return owner_text(self.state.get("Owner") or NOBODY)

    @property
    def alert_ids(self) -> list[str]:
        """SystemAlertId of its alerts, oldest first."""
        return list(self.state.get("AlertIds") or [])

    @property
    def labels(self) -> list[str]:
        """Its labels."""
        return [str(label.get("labelName", "")) for label in self.state.get("Labels") or []]


def owner_text(owner: State) -> str:
    """An owner as a person reads it; empty for nobody."""
    return str(owner.get("assignedTo") or owner.get("userPrincipalName") or owner.get("email") or "")


def read_incident(connection: sa.Connection, number: int) -> Incident:
    """The incident as it stands. Raises WatchbookError (DT021) where there is none of that number."""
    row = connection.execute(
        sa.select(INCIDENTS.c.number, INCIDENTS.c.version, INCIDENTS.c.state, INCIDENTS.c.rule_id).where(
            INCIDENTS.c.number == number
        )
    ).first()
    if row is None:
        raise WatchbookError(
            Problem("DT021", f"There is no incident {number}.", hint="List them with `watchbook incidents list`.")
        )
    return incident_of(row)


def incident_of(row: Any) -> Incident:
    """The incident of a row of the store."""
    return Incident(row.number, row.version, cast("State", json.loads(row.state)), row.rule_id)


def columns_of(incident: Incident) -> dict[str, Any]:
    """What the store's table lists of an incident beside its key."""
    from dashboard.detection.moments import from_iso

    state = incident.state
    return {
        "version": incident.version,
        "title": incident.title,
        "severity": incident.severity,
        "severity_rank": SEVERITIES.index(incident.severity) if incident.severity in SEVERITIES else 0,
        "status": incident.status,
        "owner": incident.owner,
        "alerts": len(incident.alert_ids),
        "created": from_iso(state["CreatedTime"]),
        "modified": from_iso(state["LastModifiedTime"]),
        "last_activity": from_iso(state.get("LastActivityTime") or state["CreatedTime"]),
        "search": search_text(incident),
        "state": json.dumps(state, ensure_ascii=False, separators=(",", ":")),
    }


def search_text(incident: Incident) -> str:
    """What a search of the queue looks through, in lower case."""
    extra = incident.state.get("AdditionalData") or {}
    words = [incident.title, str(incident.number), incident.owner, *incident.labels]
    words += [str(part) for name in ("tactics", "techniques", "alertProductNames") for part in extra.get(name) or []]
    return " ".join(words).lower()
