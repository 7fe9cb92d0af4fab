"""`watchbook data`: make the sample estate, list local tables."""

from __future__ import annotations

import argparse
import json
import sys

from dashboard import settings
from dashboard.commands.terminal import data_folder, progress, text_table
from dashboard.errors import Problem, WatchbookError
from dashboard.table import format_datetime


def generate(options: argparse.Namespace) -> int:
    """Makes the sample estate in the folder, replacing an estate that is there; refuses a folder of other data."""
    from dashboard.ingest.estate import generate as make

    if options.rows is not None and options.rows < 1:
        raise WatchbookError(Problem("CL002", f"--rows must be 1 or more; got {options.rows}."))
    folder = options.data or settings.home() / "data"
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
