"""`watchbook data`: make the sample estate, import files, list local tables."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from dashboard import settings
from dashboard.commands.terminal import data_folder, progress, text_table
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

    found = read_inventory(data_folder(options.data))
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
        rows_text = [[str(e["table"]), f"{e['rows']:,}", str(e["first"] or ""), str(e["last"] or "")] for e in entries]
        print(text_table(["table", "rows", "first", "last"], rows_text))
    return 0


def import_files(options: argparse.Namespace) -> int:
    """Imports files: shows what is proposed, asks (unless --yes), and reports. 1 where a file could not be read, wholly or to its end."""
    from dashboard.ingest.imports.run import import_file, propose

    folder = options.data or settings.data_folder()
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
    return 1 if failed else 0


def _confirmed(proposal: Proposal) -> bool:
    print(f"{proposal.path.name}: {proposal.format.describe()}")
    for name, columns in proposal.tables.items():
        why = f" ({proposal.why})" if name == proposal.fallback else ""
        print(f"  → {name}{why}")
        print("    " + text_table(["column", "type"], columns).replace("\n", "\n    "))
    if not sys.stdin.isatty():
        raise WatchbookError(Problem("CL009", "Nobody is there to confirm the import.", hint="Say --yes."))
    return input("Import like this? [y/N] ").strip().lower() in ("y", "yes")


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
