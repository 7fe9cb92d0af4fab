"""`watchbook azure incidents`, `change-incident` and `rules`: Microsoft Sentinel from a terminal. A change is shown first, and sent
only where it is confirmed."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from dashboard.commands.terminal import confirmed, text_table
from dashboard.engines.azure import connections
from dashboard.engines.azure.management import Management
from dashboard.engines.azure.sentinel import Sentinel, find_workspace
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.errors import Problem, WatchbookError


def incidents(options: argparse.Namespace) -> int:
    """Lists incidents, newest first."""
    found = sentinel_of(options.workspace).incidents(options.filter or "", options.most)
    if options.format == "json":
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    rows = []
    for each in found:
        told: dict[str, Any] = each.get("properties") or {}
        owner = (told.get("owner") or {}).get("userPrincipalName") or ""
        names = ("incidentNumber", "severity", "status", "createdTimeUtc", "title")
        rows.append([*(str(told.get(name) or "") for name in names), str(owner)])
    print(text_table(["number", "severity", "status", "created", "title", "owner"], rows))
    return 0


def change_incident(options: argparse.Namespace) -> int:
    """Shows what would change, asks (unless --yes), and sends it. 1 where it was not confirmed."""
    service = sentinel_of(options.workspace)
    change = service.change(
        options.incident, status=options.status, severity=options.severity, owner=options.owner,
        classification=options.classification, comment=options.comment,
    )  # fmt: skip
    if not change.after:
        raise WatchbookError(Problem("CL014", "Nothing to change is named.", hint="See --help for what can be."))
    print(f"Incident {change.number} in Microsoft Sentinel:")
    for line in change.lines():
        print(f"  {line}")
    allowed = options.yes or confirmed("Change it?")
    if not allowed:
        print("Nothing was sent.", file=sys.stderr)
        return 1
    service.apply(change, allowed=True)
    return 0


def rules(options: argparse.Namespace) -> int:
    """Lists analytics rules, or writes each as a JSON file."""
    found = sentinel_of(options.workspace).rules()
    if options.output is not None:
        options.output.mkdir(parents=True, exist_ok=True)
        for each in found:
            title = str((each.get("properties") or {}).get("displayName") or each.get("name"))
            name = re.sub(r"[^\w-]+", "-", title).strip("-")[:80] or "rule"
            path = options.output / f"{name}-{str(each.get('name'))[:8]}.json"
            template = {"resources": [{"type": "Microsoft.SecurityInsights/alertRules", **each}]}
            path.write_text(json.dumps(template, indent=2, ensure_ascii=False), encoding="utf-8")
        print(f"{len(found)} rules in {options.output}", file=sys.stderr)
        return 0
    rows = []
    for each in found:
        told = each.get("properties") or {}
        rows.append([str(told.get("displayName") or ""), str(each.get("kind") or ""), str(told.get("severity") or ""),
                     "on" if told.get("enabled") else "off"])  # fmt: skip
    print(text_table(["rule", "kind", "severity", "state"], rows))
    return 0


def sentinel_of(written: str | None) -> Sentinel:
    """Sentinel of a workspace by its id, or of the one that is set. Raises WatchbookError."""
    management = LogAnalyticsEngine().management()
    return Sentinel(management, workspace_resource(management, written))


def workspace_resource(management: Management, written: str | None) -> str:
    """The resource id of a workspace. Raises WatchbookError: CL012, EN013."""
    if written:
        chosen = connections.Workspace(connections.read_id(written))
    else:
        known = connections.workspaces()
        if len(known) != 1:
            raise WatchbookError(Problem("CL012", "Which workspace is not said.", hint="Name it with --workspace."))
        chosen = known[0]
    return find_workspace(management, chosen)
