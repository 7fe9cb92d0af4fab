"""Microsoft Sentinel by its REST reference: incidents and analytics rules of a workspace. Reading changes nothing; a change is
made only from a `Change` that a person saw and allowed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from dashboard.engines.azure.connections import Workspace
from dashboard.engines.azure.management import Management
from dashboard.errors import Problem, WatchbookError

SERVICE = "Microsoft Sentinel"
VERSION = "2025-09-01"
STATUSES = ("New", "Active", "Closed")
SEVERITIES = ("High", "Medium", "Low", "Informational")
CLASSIFICATIONS: Mapping[str, tuple[str, ...]] = {
    "TruePositive": ("SuspiciousActivity",), "BenignPositive": ("SuspiciousButExpected",),
    "FalsePositive": ("IncorrectAlertLogic", "InaccurateData"), "Undetermined": (),
}  # fmt: skip
"""What an incident may be closed as, and the reasons of each."""
NOBODY = "nobody"
_COMMENT = 30_000
_FIELDS = ("title", "description", "severity", "status", "classification", "classificationReason",
           "classificationComment", "owner", "labels", "firstActivityTimeUtc", "lastActivityTimeUtc")  # fmt: skip


@dataclass(frozen=True)
class Change:
    """A change to an incident as it will be sent: `before` and `after` by field, what the service must still have (`etag`)."""

    incident: str
    number: int
    etag: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    body: Mapping[str, Any]

    def lines(self) -> list[str]:
        """What changes, a line a field."""
        return [f"{name}: {_text(self.before.get(name))} → {_text(value)}" for name, value in self.after.items()]


class Sentinel:
    """Incidents and rules of one workspace (its resource id)."""

    def __init__(self, management: Management, workspace: str) -> None:
        self._management = management
        self._base = f"{workspace.rstrip('/')}/providers/Microsoft.SecurityInsights"
        self._name = workspace.rstrip("/").rpartition("/")[2]

    def incidents(self, where: str = "", most: int = 200) -> list[dict[str, Any]]:
        """The incidents that fit an OData filter, newest first, at most so many."""
        query = {"$orderby": "properties/createdTimeUtc desc", "$top": str(min(most, 1_000))}
        query |= {"$filter": where} if where else {}
        path = f"{self._base}/incidents?{urlencode(query)}"
        found = self._management.pages(path, VERSION, target=self._target("incidents"))
        return found[:most]

    def incident(self, name: str) -> dict[str, Any]:
        """One incident, by its name (a GUID) or number. Raises WatchbookError (EN013)."""
        if name.isdecimal():
            found = self.incidents(f"properties/incidentNumber eq {int(name)}", 1)
            numbered = [each for each in found if each.get("properties", {}).get("incidentNumber") == int(name)]
            if not numbered:
                raise WatchbookError(Problem("EN013", f"There is no incident {name} in {self._name}."))
            return numbered[0]
        told: dict[str, Any] = self._management.get(
            f"{self._base}/incidents/{_safe(name)}", VERSION, target=f"incident {name} of {self._name}"
        )
        return told

    def comments(self, name: str) -> list[dict[str, Any]]:
        """The comments of an incident, newest first."""
        path = (
            f"{self._base}/incidents/{_safe(name)}/comments?{urlencode({'$orderby': 'properties/createdTimeUtc desc'})}"
        )
        return self._management.pages(path, VERSION, target=self._target("comments"))

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """The alerts of an incident."""
        path = f"{self._base}/incidents/{_safe(name)}/alerts"
        told = self._management.ask(path, VERSION, None, target=self._target("alerts"))
        found: list[dict[str, Any]] = told.get("value") or []
        return found

    def add_comment(self, name: str, text: str, *, allowed: bool) -> None:
        """Writes a comment that a person allowed. Raises WatchbookError: EN041 where nobody did, EN040 for an empty one."""
        if not allowed:
            raise WatchbookError(_not_allowed())
        if not text.strip():
            raise WatchbookError(Problem("EN040", "The comment is empty.", hint="Write something first."))
        path = f"{self._base}/incidents/{_safe(name)}/comments/{uuid.uuid4()}"
        body = {"properties": {"message": text.strip()[:_COMMENT]}}
        self._management.put(path, VERSION, body, target="the comment")

    def rules(self) -> list[dict[str, Any]]:
        """The analytics rules."""
        return self._management.pages(f"{self._base}/alertRules", VERSION, target=self._target("analytics rules"))

    def change(self, name: str, **fields: Any) -> Change:
        """What a change to an incident would be; nothing is sent. `fields` are status, severity, owner (a user's name, or
        `nobody`), classification, reason (of the incident's own classification where none is given), comment. Raises WatchbookError (EN040) for a value that is not one."""
        incident = self.incident(name)
        old: dict[str, Any] = dict(incident.get("properties") or {})
        new: dict[str, Any] = {}
        for field, known in (("status", STATUSES), ("severity", SEVERITIES), ("classification", (*CLASSIFICATIONS,))):
            value = fields.get(field)
            if value:
                new[field] = _one_of(str(value), known, field)
        if fields.get("owner"):
            name_of = None if fields["owner"] == NOBODY else str(fields["owner"])
            new["owner"] = {"userPrincipalName": name_of}
            if name_of is None:
                new["owner"] |= {"objectId": None, "email": None, "assignedTo": None}
        if fields.get("comment"):
            new["classificationComment"] = str(fields["comment"])[:3_000]
        if new.get("status") == "Closed" and not (new.get("classification") or old.get("classification")):
            raise WatchbookError(
                Problem(
                    "EN040",
                    "An incident is closed with a classification.",
                    hint=f"One of {', '.join(CLASSIFICATIONS)}.",
                )
            )
        told_reason = fields.get("reason")
        classification = new.get("classification") or (old.get("classification") if told_reason else None)
        reasons = CLASSIFICATIONS.get(str(classification), ())
        if reasons:
            new["classificationReason"] = _one_of(str(told_reason or reasons[0]), reasons, "reason")
        properties = {field: old[field] for field in _FIELDS if old.get(field) is not None} | new
        etag = str(incident.get("etag") or "")
        return Change(
            incident=str(incident["name"]), number=int(old.get("incidentNumber") or 0), etag=etag,
            before={field: old.get(field) for field in new}, after=new, body={"etag": etag, "properties": properties},
        )  # fmt: skip

    def apply(self, change: Change, *, allowed: bool) -> dict[str, Any]:
        """Makes a change that a person allowed. Raises WatchbookError: EN041 where nobody did, EN039 where somebody else
        changed the incident meanwhile."""
        if not allowed:
            raise WatchbookError(_not_allowed())
        told: dict[str, Any] = self._management.put(
            f"{self._base}/incidents/{_safe(change.incident)}", VERSION, dict(change.body),
            target=f"incident {change.number}", etag=change.etag,
        )  # fmt: skip
        return told

    def _target(self, what: str) -> str:
        return f"the {what} of {self._name}"


def find_workspace(management: Management, workspace: Workspace) -> str:
    """The resource id of a workspace. Raises WatchbookError (EN013)."""
    if workspace.id.startswith("/") or workspace.resource:
        return workspace.resource or workspace.id
    for identifier, _, resource in management.workspaces():
        if identifier.lower() == workspace.id.lower():
            return resource
    raise WatchbookError(
        Problem("EN013", f"Workspace {workspace.id} was not found.", hint="Check the id, or your role.")
    )


def matching(statuses: Sequence[str], severities: Sequence[str]) -> str:
    """The OData filter for incidents of these statuses and severities; empty where nothing limits."""
    parts = []
    for field, wanted in (("status", statuses), ("severity", severities)):
        if wanted:
            parts.append("(" + " or ".join(f"properties/{field} eq '{each}'" for each in wanted) + ")")
    return " and ".join(parts)


def _not_allowed() -> Problem:
    return Problem("EN041", "Changes in Microsoft Sentinel are not allowed; nothing was sent.", hint="Allow them on the settings page.")  # fmt: skip


def _one_of(value: str, known: tuple[str, ...], field: str) -> str:
    found = next((each for each in known if each.lower() == value.lower()), None)
    if found is None:
        raise WatchbookError(Problem("EN040", f"{field} must be one of {', '.join(known)}; got '{value[:40]}'."))
    return found


def _safe(name: str) -> str:
    return quote(name, safe="-_")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("userPrincipalName") or value.get("assignedTo") or "nobody")
    return str(value) if value not in (None, "") else "nothing"
