"""The options of `watchbook rules` and `watchbook incidents`. Only argparse is imported: `--help` must be instant."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[[argparse.Namespace], int]
Add = Callable[[Any, str, str, str, Command], argparse.ArgumentParser]


def _later(module: str, name: str) -> Command:
    def run(options: argparse.Namespace) -> int:
        command: Command = getattr(importlib.import_module(f"dashboard.commands.{module}"), name)
        return command(options)

    return run


def add_detection(commands: Any, command: Add) -> None:
    """Adds both commands; `command` makes one parser."""
    _add_rules(commands, command)
    _add_incidents(commands, command)


def _source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", choices=["local", "loganalytics"],
        help="local data, or the live workspaces that are set (default: the setting rules_source; local with --data)",
    )  # fmt: skip


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: the sample estate in the user's folder)"
    )


def _add_rules(commands: Any, command: Add) -> None:
    rules = command(commands, "rules", "Detection rules as Sentinel writes them.", "watchbook rules check ./rules", _later("rules", "check"))  # fmt: skip
    verbs = rules.add_subparsers(title="verbs", required=True, metavar="VERB")
    p = command(
        verbs, "check", "Check rules (YAML, ARM JSON, Sigma) and their queries, and say what is wrong with them.",
        "watchbook rules check ./rules --format json", _later("rules", "check"),
    )  # fmt: skip
    p.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="rule files or folders")
    p.add_argument("--format", choices=["text", "json"], default="text")
    p.add_argument("--junit", type=Path, metavar="OUT.xml", help="also write the findings as JUnit XML")
    p = command(
        verbs, "test", "Run the tests that lie beside rules: rows that must raise alerts, and rows that must not.",
        "watchbook rules test ./rules --junit results.xml", _later("rules", "test"),
    )  # fmt: skip
    p.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="rule files, test files or folders (default: the shipped templates)")  # fmt: skip
    p.add_argument("--format", choices=["text", "json"], default="text")
    p.add_argument("--junit", type=Path, metavar="OUT.xml", help="also write the results as JUnit XML")
    p = command(
        verbs, "run", "Run rules over past windows; alerts and incidents go to the store, each window once.",
        "watchbook rules run ./rules --last 7d --step 1d", _later("rules", "run"),
    )  # fmt: skip
    p.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="rule files or folders (default: the enabled rules)")  # fmt: skip
    p.add_argument("--templates", action="store_true", help="run the shipped templates")
    p.add_argument("--last", default="1d", metavar="SPAN", help="how far back: 1h, 7d … (default: %(default)s)")
    p.add_argument("--step", metavar="SPAN", help="look at windows of this length instead of each rule's own, which is faster")  # fmt: skip
    p.add_argument("--dry-run", action="store_true", help="show what would be found and write nothing")
    _source(p)
    p.add_argument("--format", choices=["table", "json"], default="table")
    p.add_argument("--junit", type=Path, metavar="OUT.xml", help="also write the runs as JUnit XML: a rule that fails is a failure")  # fmt: skip
    _data(p)
    p = command(
        verbs, "simulate", "Show how often a rule would have raised alerts, window by window; nothing is written.",
        "watchbook rules simulate rule.yaml --last 7d", _later("rules", "simulate"),
    )  # fmt: skip
    p.add_argument("path", type=Path, metavar="RULE", help="a rule file")
    p.add_argument("--last", default="7d", metavar="SPAN", help="how far back (default: %(default)s)")
    p.add_argument("--step", metavar="SPAN", help="look at windows of this length instead of the rule's own")
    _source(p)
    p.add_argument("--format", choices=["table", "json"], default="table")
    _data(p)
    p = command(verbs, "list", "List the rules with how they fare, or the shipped templates.", "watchbook rules list --templates", _later("rules", "listed"))  # fmt: skip
    p.add_argument("--templates", action="store_true", help="list the shipped templates")
    p.add_argument("--format", choices=["table", "json"], default="table")
    for verb, does in (("enable", "Turn on rules of files, templates, or ones that are off."), ("disable", "Turn off rules.")):  # fmt: skip
        p = command(verbs, verb, does, f"watchbook rules {verb} aks-exec-into-pod", _later("rules", verb))
        p.add_argument("names", nargs="+", metavar="RULE", help="a rule file, a template's file name, or a rule's id; all for all templates")  # fmt: skip
    p = command(
        verbs, "export", "Write rules as Sentinel YAML or as one ARM template.", "watchbook rules export ./rules -o rules.json",
        _later("rules", "export"),
    )  # fmt: skip
    p.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="rule files or folders (default: the rules in the store)")  # fmt: skip
    p.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="OUT.json for an ARM template, a folder for YAML")  # fmt: skip


def _add_incidents(commands: Any, command: Add) -> None:
    incidents = command(commands, "incidents", "Incidents that rules made.", "watchbook incidents list", _later("incidents", "listed"))  # fmt: skip
    verbs = incidents.add_subparsers(title="verbs", required=True, metavar="VERB")
    for verb, does in (
        ("list", "List incidents, newest first."),
        ("export", "Write whole incidents with their alerts."),
    ):
        p = command(verbs, verb, does, f"watchbook incidents {verb} --status New --format json", _later("incidents", "listed" if verb == "list" else "export"))  # fmt: skip
        p.add_argument("--status", action="append", default=[], choices=["New", "Active", "Closed"], help="may be repeated")  # fmt: skip
        p.add_argument("--severity", action="append", default=[], choices=["High", "Medium", "Low", "Informational"], help="may be repeated")  # fmt: skip
        p.add_argument("--owner", default="", metavar="WHO", help="assigned to; nobody for those that are not")
        p.add_argument("--search", default="", metavar="WORDS", help="words of title, labels, tactics")
        p.add_argument("--limit", type=int, default=50 if verb == "list" else 1_000, metavar="N", help="how many (default: %(default)s)")  # fmt: skip
        forms = ["table", "json"] if verb == "list" else ["json", "csv"]
        p.add_argument("--format", choices=forms, default=forms[0])
        if verb == "export":
            p.add_argument("-o", "--output", type=Path, metavar="OUT", help="file (default: standard output)")
    p = command(verbs, "show", "Show one incident with its alerts and history.", "watchbook incidents show 10001", _later("incidents", "show"))  # fmt: skip
    p.add_argument("number", type=int, metavar="NUMBER")
    p.add_argument("--format", choices=["text", "json"], default="text")
