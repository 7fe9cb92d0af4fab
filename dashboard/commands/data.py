"""`watchbook data`: make the sample estate, import files, list local tables."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import settings
from dashboard.commands.terminal import confirmed, data_folder, existing_folder, progress, text_table
from dashboard.errors import Problem, WatchbookError
from dashboard.table import format_datetime

if TYPE_CHECKING:
    from dashboard.ingest.imports.run import Imported, Proposal


def generate(options: argparse.Namespace) -> int:
    """Makes the sample estate in the folder, replacing an estate that is there; other files of the folder stay."""
    from dashboard.ingest.estate import generate as make

    if options.rows is not None and options.rows < 1:
        raise WatchbookError(Problem("CL002", f"--rows must be 1 or more; got {options.rows}."))
    folder = options.data or settings.data_folder()
    report = make(folder, seed=options.seed, rows=options.rows, progress=progress())
    print(f"{report.rows:,} rows in {len(report.tables)} tables, in {folder}", file=sys.stderr)
    return 0


def tables(options: argparse.Namespace) -> int:
    """Lists tables that have rows."""
    from dashboard.engines.inventory import read_inventory

    found = read_inventory(data_folder(existing_folder(options.data)))
    entries = [
        {
            "table": name,
            "rows": rows,
            "first": format_datetime(first) if first else None,
            "last": format_datetime(last) if last else None,
        }
        for name, (rows, first, last) in found.items()
    ]
    if options.format == "json":
        print(json.dumps(entries, indent=2))
    else:
        _warn_of_room(data_folder(options.data))
        rows_text = [[str(e["table"]), f"{e['rows']:,}", str(e["first"] or ""), str(e["last"] or "")] for e in entries]
        print(text_table(["table", "rows", "first", "last"], rows_text))
    return 0


def import_files(options: argparse.Namespace) -> int:
    """Imports files: shows what is proposed, asks (unless --yes), and reports. 1 where a file could not be read, wholly or to its end."""
    from dashboard.ingest.imports.run import import_file, propose

    folder = options.data or settings.data_folder()
    if options.watch is not None:
        return _watch(options, folder)
    if not options.files:
        raise WatchbookError(
            Problem("CL003", "No file to import was named.", hint="Name files, or a folder with --watch.")
        )
    failed = False
    for path in options.files:
        try:
            proposal = propose(path, folder, options.table)
            if not options.yes and not _confirmed(proposal):
                print(f"{path}: left out", file=sys.stderr)
                continue
            failed |= _report(import_file(proposal, folder, progress=progress()))
        except WatchbookError as error:
            print(error.problem.describe(), file=sys.stderr)
            failed = True
            if error.problem.code in ("IN013", "CL009"):
                return 1
    _warn_of_room(folder)
    return 1 if failed else 0


def _watch(options: argparse.Namespace, folder: Path) -> int:
    from dashboard.ingest.imports.watch import watch_folder

    if not options.watch.is_dir():
        raise WatchbookError(Problem("CL008", f"There is no folder {options.watch}.", hint="Create it first."))
    if not options.yes:
        raise WatchbookError(Problem("CL009", "A watched folder is imported without questions.", hint="Say --yes."))

    def told(path: Path, done: Imported | WatchbookError) -> None:
        if isinstance(done, WatchbookError):
            print(f"{_printable(str(path))}: {done.problem.describe()}", file=sys.stderr)
        else:
            _report(done)

    print(f"Watching {options.watch}; stop with Ctrl-C", file=sys.stderr)
    watch_folder(options.watch, folder, told, threading.Event(), options.table)
    return 0


def _warn_of_room(folder: Path) -> None:
    from dashboard.ingest.keep import room_problem

    if problem := room_problem(folder):
        print(problem.describe(), file=sys.stderr)


def _confirmed(proposal: Proposal) -> bool:
    print(f"{proposal.path.name}: {proposal.format.describe()}")
    for name, columns in proposal.tables.items():
        why = f" ({proposal.why})" if name == proposal.fallback else ""
        print(f"  → {name}{why}")
        print("    " + text_table(["column", "type"], columns).replace("\n", "\n    "))
    return confirmed("Import like this?")


def _report(done: Imported) -> bool:
    """Prints what became of a file; true where it could not be read to its end."""
    name = _printable(str(done.path))
    for table, landed in done.tables.items():
        there = f", {landed.doubles:,} were there already" if landed.doubles else ""
        span = (
            f", {format_datetime(landed.first)} to {format_datetime(landed.last)}"
            if landed.first and landed.last
            else ""
        )
        print(f"{name}: {landed.rows:,} rows to {table}{there}{span}", file=sys.stderr)
    if not done.tables and not done.rejected:
        print(f"{name}: no rows", file=sys.stderr)
    if done.rejected:
        print(f"{name}: {sum(done.rejected.values()):,} rejected, in {done.rejects}", file=sys.stderr)
        for reason, count in sorted(done.rejected.items(), key=lambda pair: -pair[1])[:5]:
            print(f"  {count:,} × {_printable(reason)[:200]}", file=sys.stderr)
    for notice in done.notices:
        print(f"  note: {_printable(notice)}", file=sys.stderr)
    if done.damage:
        print(f"{name}: read only in part: {_printable(done.damage)}", file=sys.stderr)
    return bool(done.damage)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
