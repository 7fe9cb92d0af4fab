"""`watchbook rules`: check, test, run and simulate detection rules."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dashboard.detection.rules import load_rules
from dashboard.detection.rules.check import check_query, known_catalog
from dashboard.errors import Problem, WatchbookError

SUFFIXES = (".yaml", ".yml", ".json")


def rule_files(paths: Iterable[Path]) -> list[Path]:
    """The files that the paths mean: a file itself, of a folder its rules (below it, too) by name. JSON files of a folder
    count where they hold alert rules."""
    files: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        for file in sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file()):
            if file.suffix.lower() != ".json" or "alertrules" in file.read_text("utf-8", "replace").lower():
                files.append(file)
    return files


def check(options: argparse.Namespace) -> int:
    """Checks every file; exit 1 where one has an error."""
    files = rule_files(options.paths)
    if not files:
        raise WatchbookError(Problem("CL010", "No rule was found there.", hint="Name .yaml, .yml or .json files."))
    catalog = known_catalog()
    entries = []
    for file in files:
        problems: list[Problem] = []
        loaded = load_rules(file)
        for found in loaded:
            problems += found.problems
            if found.rule is not None:
                problems += check_query(found.rule, catalog, file.name)
        names = [found.name for found in loaded if found.name]
        entry: dict[str, Any] = {
            "file": str(file),
            "name": "; ".join(names) or file.stem,
            "findings": [_finding(p) for p in problems],
        }
        entries.append(entry)
        if options.format == "text":
            _print(entry)
    if options.format == "json":
        print(json.dumps(entries, ensure_ascii=False, indent=1))
    return int(any(finding["severity"] == "error" for entry in entries for finding in entry["findings"]))


def _finding(problem: Problem) -> dict[str, Any]:
    message = " ".join(part for part in (problem.message, problem.hint) if part)
    return {"code": problem.code, "severity": problem.severity, "line": problem.place.line or 1, "message": message}


def _print(entry: dict[str, Any]) -> None:
    if not entry["findings"]:
        print(f"{entry['file']}: {entry['name']}: ok")
        return
    print(f"{entry['file']}: {entry['name']}")
    for finding in entry["findings"]:
        print(f"  {finding['severity']:7} {finding['code']} line {finding['line']}: {finding['message']}")
