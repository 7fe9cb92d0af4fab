"""The options of `watchbook azure`; what it does is in azure.py, imported when it runs."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable

Run = Callable[[argparse.Namespace], int]


def _run(name: str) -> Run:
    def run(options: argparse.Namespace) -> int:
        found: Run = getattr(importlib.import_module("dashboard.commands.azure"), name)
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
