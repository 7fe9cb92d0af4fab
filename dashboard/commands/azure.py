"""`watchbook azure`: the sign-in and the workspaces, from a terminal."""

from __future__ import annotations

import argparse
import json

from dashboard.commands.terminal import progress
from dashboard.engines.azure import connections
from dashboard.engines.azure.check import Report, WorkspaceCheck, check
from dashboard.engines.loganalytics import LogAnalyticsEngine


def check_sign_in(options: argparse.Namespace) -> int:
    """Says who you are and what you can read. 1 where something that was set up cannot be read, or nothing was."""
    given = tuple(connections.Workspace(connections.read_id(each)) for each in options.workspace)
    credential = LogAnalyticsEngine().credential()
    report = check(
        lambda ids: LogAnalyticsEngine(ids, credential), given or connections.workspaces(), progress()
    )  # fmt: skip
    if options.format == "json":
        print(json.dumps(report.json(), indent=2, ensure_ascii=False))
    else:
        _print(report)
    return 0 if report.is_well else 1


def add_workspace(options: argparse.Namespace) -> int:
    """Adds a workspace to the user's own list."""
    workspace = connections.add_workspace(options.id, options.name or "")
    print(f"{workspace.label} is added. Try it with: watchbook azure check")
    return 0


def remove_workspace(options: argparse.Namespace) -> int:
    """Takes a workspace out of the user's own list."""
    connections.remove_workspace(connections.read_id(options.id))
    return 0


def _print(report: Report) -> None:
    print(f"Cloud       {report.cloud}")
    print(f"Sign-in     {report.way}")
    if report.identity is None:
        print(f"            {report.problem.describe() if report.problem else 'failed'}")
        return
    who = report.identity
    print(f"You are     {who.name} ({who.kind}), tenant {who.tenant or 'unknown'}")
    print(f"            the sign-in holds until {who.expires:%Y-%m-%d %H:%M} UTC and is renewed by itself")
    if report.management is not None:
        print(f"Azure       {report.management.describe()}")
    else:
        print(f"Azure       {len(report.subscriptions)} subscriptions, {len(report.visible)} workspaces to be seen")
    known = {each.workspace.id.lower() for each in report.workspaces}
    for workspace in report.visible:
        if workspace.id.lower() not in known:
            print(f"            {workspace.id}  {workspace.name}")
    if not report.workspaces:
        print("Workspaces  none is set. Add one: watchbook azure add-workspace ID")
    for each in report.workspaces:
        _print_workspace(each)


def _print_workspace(each: WorkspaceCheck) -> None:
    print(f"Workspace   {each.workspace.label}")
    if each.problem is not None:
        print(f"            {each.problem.describe()}")
        return
    print(f"            {len(each.readable)} of {len(each.tables)} tables with data of the last 30 days can be read")
    for table in each.tables:
        if table.problem is not None:
            print(f"            {table.name}: {table.problem.describe()}")
