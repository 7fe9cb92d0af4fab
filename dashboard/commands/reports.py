"""`watchbook reports`: add, list, run and delete scheduled reports."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from dashboard.commands.terminal import local_engine, text_table
from dashboard.errors import Problem, WatchbookError
from dashboard.reporting.report import Report, delete_report, deliveries, find_report, list_reports, save_report
from dashboard.reporting.running import run_now
from dashboard.schedule.cron import parse_cron
from dashboard.store.database import Store
from dashboard.table import format_datetime


def add(options: argparse.Namespace) -> int:
    """Adds a report."""
    ways = {"folder": options.folder, "email": options.to, "webhook": options.webhook}
    chosen = [way for way, value in ways.items() if value]
    if len(chosen) != 1:
        raise WatchbookError(Problem("RP001", "Say one of --folder, --to and --webhook."))
    parameters = {}
    for pair in options.param:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise WatchbookError(Problem("CL006", f"--param must be NAME=VALUE; got '{pair}'."))
        parameters[name] = value
    workbook = str(Path(options.workbook).resolve()) if Path(options.workbook).is_file() else options.workbook
    saved = save_report(
        Store(),
        Report(
            name=options.name, workbook=workbook, cron=options.cron, zone=options.zone, format=options.format, deliver=chosen[0],
            folder=str(options.folder.expanduser().resolve()) if options.folder else "", to=tuple(options.to or ()),
            address=options.webhook or "", time_range=options.time_range or "", parameters=parameters,
        ),
    )  # fmt: skip
    assert saved.since is not None  # noqa: S101 (told to the type checker)
    due = parse_cron(saved.cron, saved.zone).next(saved.since)
    print(f"{saved.name}: first at {due:%Y-%m-%d %H:%M} UTC", file=sys.stderr)
    return 0


def listed(options: argparse.Namespace) -> int:
    """Lists the reports with their last delivery."""
    store = Store()
    entries = []
    for report in list_reports(store):
        last = next(iter(deliveries(store, report.id, 1)), None)
        entries.append({
            "name": report.name, "workbook": report.workbook, "cron": f"{report.cron} {report.zone}", "format": report.format,
            "deliver": report.deliver, "last": format_datetime(last.due.replace(tzinfo=None)) if last else "", "state": last.state if last else "",
            "message": last.message if last else "",
        })  # fmt: skip
    if options.output == "json":
        print(json.dumps(entries, indent=2))
    else:
        heads = ["name", "workbook", "cron", "format", "deliver", "last", "state", "message"]
        print(text_table(heads, [[entry[head] for head in heads] for entry in entries]))
    return 0


def run(options: argparse.Namespace) -> int:
    """Delivers a report now, beside its rhythm."""
    store = Store()
    print(run_now(store, find_report(store, options.name), local_engine(options.data)), file=sys.stderr)
    return 0


def delete(options: argparse.Namespace) -> int:
    """Deletes a report."""
    store = Store()
    delete_report(store, find_report(store, options.name).id)
    print(f"{options.name} is deleted", file=sys.stderr)
    return 0
