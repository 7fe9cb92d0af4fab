"""`watchbook ti`: import, list, match and delete threat intelligence."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.commands.terminal import data_folder, local_engine, progress, text_table
from dashboard.detection.intelligence import editing, taxii
from dashboard.detection.intelligence.importing import ImportReport, import_file
from dashboard.detection.intelligence.matching import match_tables
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.table import Table, format_datetime


def import_feeds(options: argparse.Namespace) -> int:
    """Imports files one by one; 1 where one could not be imported."""
    folder = options.data or settings.data_folder()
    failed = False
    for path in _files(options.files):
        try:
            report = import_file(
                path, folder, source=options.source or "", form=options.form or "", progress=progress()
            )
            _say(path, report)
        except WatchbookError as error:
            print(error.problem.describe(), file=sys.stderr)
            failed = True
    return 1 if failed else 0


def _files(given: list[Path]) -> list[Path]:
    """Files, with the events of MISP feeds' folders (all but their lists)."""
    found: list[Path] = []
    for path in given:
        lists = ("manifest.json", "hashes.csv")
        inside = sorted(file for file in path.glob("*.json") if file.name not in lists) if path.is_dir() else [path]
        if not inside:
            raise WatchbookError(Problem("TI001", f"The folder {path} holds no JSON files."))
        found += inside
    return found


def _say(path: Path, report: ImportReport) -> None:
    notes = [f"{report.rows:,} observables", f"{report.active:,} active"]
    notes += [f"{report.unmatchable:,} without a value to match"] if report.unmatchable else []
    notes += [f"{report.objects:,} other objects"] if report.objects else []
    print(f"{path.name}: {report.indicators:,} indicators to '{report.source}': {', '.join(notes)}", file=sys.stderr)
    if report.rejected:
        print(f"  {report.rejected:,} rejected:", file=sys.stderr)
        for reason, count in sorted(report.reasons.items(), key=lambda pair: -pair[1])[:5]:
            print(f"    {count:,} × {reason}", file=sys.stderr)


def listed(options: argparse.Namespace) -> int:
    """Lists indicators, the newest first."""
    folder = data_folder(options.data)
    found = editing.find(folder, text=options.text, source=options.source, state=options.state, most=options.most)
    rows = _records(found)
    if options.format == "json":
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    heads = ["ObservableKey", "ObservableValue", "Confidence", "State", "ValidUntil", "SourceSystem", "Name"]
    print(text_table(heads, [["" if row[head] is None else str(row[head]) for head in heads] for row in rows]))
    for summary in editing.summaries(folder):
        print(f"{summary.source}: {summary.rows:,} observables, {summary.active:,} active", file=sys.stderr)
    return 0


def match(options: argparse.Namespace) -> int:
    """Prints matches; 1 where a table could not be matched."""
    engine = local_engine(options.data)
    entries: list[dict[str, Any]] = []
    failed = False
    for matched in match_tables(
        engine, options.tables, ago=options.ago, confidence=options.confidence, most=options.most, progress=progress()
    ):
        if matched.problem is not None:
            print(f"{matched.table}: {matched.problem.describe()}", file=sys.stderr)
            failed |= matched.problem.severity == "error"
        elif matched.matches is not None:
            entries += [{"Table": matched.table, **row} for row in _records(matched.matches)]
    if options.format == "json":
        print(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        heads = ["Table", "TimeGenerated", "Column", "Matched", "Confidence", "Source"]
        print(text_table(heads, [[str(entry[head]) for head in heads] for entry in entries]))
    print(f"{len(entries):,} matches", file=sys.stderr)
    return 1 if failed else 0


def delete(options: argparse.Namespace) -> int:
    """Deletes the indicators of a source; 1 where it has none."""
    count = editing.delete(data_folder(options.data), source=options.source)
    print(f"{count:,} observables deleted", file=sys.stderr)
    return 0 if count else 1


def subscribe(options: argparse.Namespace) -> int:
    """Adds or changes a TAXII feed."""
    feed = taxii.save_feed(Store(), taxii.Feed(options.name, options.address, options.hours, options.secret))
    print(f"{feed.name} is pulled every {feed.hours} hours, while the scheduler runs", file=sys.stderr)
    return 0


def feeds(options: argparse.Namespace) -> int:
    """Lists the TAXII feeds."""
    heads = ["name", "address", "hours", "added_after"]
    entries = [{head: str(getattr(feed, head)) for head in heads} for feed in taxii.list_feeds(Store())]
    if options.format == "json":
        print(json.dumps(entries, indent=2))
    else:
        print(
            text_table(
                ["name", "address", "hours", "read up to"], [[entry[head] for head in heads] for entry in entries]
            )
        )
    return 0


def pull(options: argparse.Namespace) -> int:
    """Pulls a TAXII feed now."""
    store = Store()
    report = taxii.pull_and_note(store, taxii.find_feed(store, options.name), options.data or settings.data_folder())
    _say(Path(options.name), report)
    return 0


def unsubscribe(options: argparse.Namespace) -> int:
    """Deletes a TAXII feed."""
    store = Store()
    taxii.delete_feed(store, taxii.find_feed(store, options.name).name)
    print(f"{options.name} is deleted; its indicators stay", file=sys.stderr)
    return 0


def _records(table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [
        {
            name: format_datetime(cell) if hasattr(cell, "isoformat") else cell
            for name, cell in zip(names, row, strict=True)
        }
        for row in table.rows()
    ]
