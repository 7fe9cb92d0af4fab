"""`watchbook data delete` and `watchbook data retention`: how long rows are kept."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys

from dashboard import settings
from dashboard.commands.terminal import confirmed, text_table
from dashboard.errors import Problem, WatchbookError


def delete(options: argparse.Namespace) -> int:
    """Deletes rows of a table, after a question unless --yes."""
    from dashboard.ingest.keep import delete_rows

    folder = options.data or settings.data_folder()
    before = _day(options.before) if options.before else None
    if not options.yes:
        what = f"the rows of {options.table} before {before}" if before else f"all rows of {options.table}"
        if not confirmed(f"Delete {what}?"):
            return 0
    gone = delete_rows(folder, options.table, before)
    print(f"{gone.rows:,} rows deleted, {gone.bytes / 1e6:,.1f} MB freed", file=sys.stderr)
    return 0


def retention(options: argparse.Namespace) -> int:
    """Shows the retention by table, or sets it and deletes at once what is older."""
    from dashboard.ingest.keep import apply_retention, read_retention, set_retention

    folder = options.data or settings.data_folder()
    if options.table is None:
        kept = read_retention(folder)
        print(text_table(["table", "days"], [[name, str(days)] for name, days in sorted(kept.items())]))
        return 0
    if options.days is None or not re.fullmatch(r"\d{1,6}|none", options.days):
        raise WatchbookError(
            Problem("CL002", "DAYS must be a whole number, or none.", hint="watchbook data retention Perf 30")
        )
    set_retention(folder, options.table, None if options.days == "none" else int(options.days))
    for name, gone in apply_retention(folder).items():
        print(f"{name}: {gone.rows:,} rows deleted, {gone.bytes / 1e6:,.1f} MB freed", file=sys.stderr)
    return 0


def _day(text: str) -> dt.date:
    if match := re.fullmatch(r"(\d{1,5})d", text):
        return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=int(match[1]))
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise WatchbookError(
            Problem("CL002", f"--before must be a day, as 2026-11-01, or an age, as 30d; got '{text[:40]}'.")
        ) from None
