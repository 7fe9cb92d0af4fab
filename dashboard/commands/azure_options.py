"""The options of `watchbook azure` and `watchbook data pull`; what they do is imported when it runs."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[[argparse.Namespace], int]


def _run(name: str, module: str = "azure") -> Run:
    def run(options: argparse.Namespace) -> int:
        found: Run = getattr(importlib.import_module(f"dashboard.commands.{module}"), name)
        return found(options)

    return run


def add_azure(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], command: Callable[..., argparse.ArgumentParser]
) -> None:
    """Adds `watchbook azure` and its verbs. `command` makes one subcommand."""
    azure = command(
        commands,
        "azure",
        "The sign-in to Azure and the workspaces of live data.",
        "watchbook azure check",
        _run("check_sign_in"),
    )
    verbs = azure.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = command(
        verbs, "check", "Say who you are, what you can read, and what to do about what fails.", "watchbook azure check",
        _run("check_sign_in"),
    )  # fmt: skip
    p.add_argument(
        "--workspace",
        action="append",
        default=[],
        metavar="ID",
        help="workspace to check (default: those that are set)",
    )
    p.add_argument("--format", choices=["text", "json"], default="text")
    p = command(
        verbs, "add-workspace", "Add a Log Analytics workspace to your own list.",
        "watchbook azure add-workspace 11111111-2222-3333-4444-555555555555 --name Production", _run("add_workspace"),
    )  # fmt: skip
    p.add_argument("id", metavar="ID", help="the workspace's id (a GUID) or resource id")
    p.add_argument("--name", metavar="NAME", help="what you call it")
    p = command(
        verbs, "remove-workspace", "Take a workspace out of your own list.",
        "watchbook azure remove-workspace 11111111-2222-3333-4444-555555555555", _run("remove_workspace"),
    )  # fmt: skip
    p.add_argument("id", metavar="ID", help="the workspace's id or resource id")
    _add_sentinel(verbs, command)
    _add_workbooks(verbs, command)


def _add_workbooks(verbs: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    p = command(
        verbs, "publish", "Publish a workbook to a resource group: the change is shown first, sent where you confirm.",
        "watchbook azure publish incidents.json --resource-group /subscriptions/SUBSCRIPTION/resourceGroups/soc",
        _run("publish", "azure_workbooks"),
    )  # fmt: skip
    p.add_argument("workbook", type=Path, metavar="WORKBOOK", help="workbook file")
    p.add_argument("--resource-group", required=True, metavar="ID", help="/subscriptions/…/resourceGroups/…")
    p.add_argument("--title", help="its name in Azure (default: by the file's); one of that name there is changed")
    p.add_argument(
        "--source",
        default="Azure Monitor",
        metavar="ID",
        help="resource that shows it, such as a workspace (default: %(default)s)",
    )
    p.add_argument("--category", choices=["workbook", "sentinel"], default="workbook", help="where a new one is listed")
    p.add_argument("--location", metavar="REGION", help="region of a new one (default: the resource group's)")
    p.add_argument("--dry-run", action="store_true", help="show the change and send nothing")
    p.add_argument("--yes", action="store_true", help="publish without a question")
    p = command(
        verbs, "import-workbooks", "Fetch every shared workbook of a subscription.",
        "watchbook azure import-workbooks --subscription 00000000-0000-0000-0000-000000000000 -o ./workbooks",
        _run("fetch", "azure_workbooks"),
    )  # fmt: skip
    p.add_argument(
        "--subscription", action="append", default=[], metavar="ID", help="may be repeated (default: all you can see)"
    )
    p.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder (default: azure in your own workbooks)")


def _add_sentinel(verbs: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    p = command(
        verbs, "incidents", "List the incidents of Microsoft Sentinel.", "watchbook azure incidents --most 20",
        _run("incidents", "sentinel"),
    )  # fmt: skip
    p.add_argument("--filter", metavar="ODATA", help="such as \"properties/status eq 'New'\"")
    p.add_argument("--most", type=int, default=50, metavar="N", help="how many (default: %(default)s)")
    p.add_argument("--format", choices=["table", "json"], default="table")
    _add_workspace(p)
    p = command(
        verbs, "change-incident", "Change an incident of Microsoft Sentinel: shown first, sent where you confirm.",
        "watchbook azure change-incident 17 --status Closed --classification FalsePositive",
        _run("change_incident", "sentinel"),
    )  # fmt: skip
    p.add_argument("incident", metavar="NUMBER", help="the incident's number, or its name (a GUID)")
    for name, does in (
        ("status", "New, Active or Closed"),
        ("severity", "High, Medium, Low or Informational"),
        ("owner", "the user's name (UPN)"),
        ("classification", "TruePositive, BenignPositive, FalsePositive or Undetermined"),
        ("comment", "why it is closed"),
    ):
        p.add_argument(f"--{name}", help=does)
    p.add_argument("--yes", action="store_true", help="send it without a question")
    _add_workspace(p)
    p = command(
        verbs, "rules", "List or fetch the analytics rules of Microsoft Sentinel.", "watchbook azure rules -o ./rules",
        _run("rules", "sentinel"),
    )  # fmt: skip
    p.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder for one JSON file a rule")
    _add_workspace(p)


def _add_workspace(p: argparse.ArgumentParser) -> None:
    p.add_argument("--workspace", metavar="ID", help="id or resource id (default: the one that is set)")


def add_pull(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], command: Callable[..., argparse.ArgumentParser]
) -> None:
    """Adds `watchbook data pull`."""
    p = command(
        commands, "pull", "Copy tables of a Log Analytics workspace into local Parquet, to work on them offline.",
        "watchbook data pull --tables SecurityAlert,SigninLogs --since 30d --data ./pulled --mask 'UserPrincipalName=email'",
        _run("pull", "pull"),
    )  # fmt: skip
    p.add_argument("--workspace", metavar="ID", help="workspace to pull from (default: the one that is set)")
    p.add_argument("--tables", nargs="+", required=True, metavar="T", help="tables, also separated by commas")
    p.add_argument("--since", required=True, metavar="TIME", help="24h, 30d, 2w, or a time in ISO 8601")
    p.add_argument(
        "--until", metavar="TIME", help="end of the range (default: ten minutes ago, since rows arrive late)"
    )
    p.add_argument(
        "--late", default="2d", metavar="SPAN",
        help="how far before the end of the earlier pull rows that came since are looked for: 0h, 12h, 2d, 1w (default: 2d)",
    )  # fmt: skip
    p.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="RULE",
        help="[TABLE.]COLUMN=hash|email|ip|keep:N|text:T|remove, or a file of such lines; may be repeated",
    )
    p.add_argument("--data", type=Path, metavar="DIR", help="folder for the tables (default: the setting data)")
