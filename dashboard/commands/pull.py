"""`watchbook data pull`: tables of a workspace into a local folder."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys

from dashboard import settings
from dashboard.commands.terminal import progress
from dashboard.engines.azure import connections
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.errors import Problem, WatchbookError

_SPAN = re.compile(r"(\d{1,5})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
# Rows arrive minutes after the time they carry.
_LATE = dt.timedelta(minutes=10)


def pull(options: argparse.Namespace) -> int:
    """Pulls, and says what came. 1 where the workspace counts more than was pulled."""
    from dashboard.ingest.pull.mask import mask_key, read_rules
    from dashboard.ingest.pull.run import Pull

    rules = read_rules(options.mask)
    workspace = connections.read_id(options.workspace) if options.workspace else _only_workspace()
    folder = options.data or (settings.data_folder() if settings.is_set("data") else None)
    if folder is None:
        raise WatchbookError(
            Problem("CL012", "Where the tables should go is not said.", hint="Name a folder with --data.")
        )
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    since, until = moment(options.since, now), moment(options.until, now) if options.until else now - _LATE
    if since >= until:
        raise WatchbookError(Problem("CL013", "--since must be earlier than --until."))
    tables = [name.strip() for text in options.tables for name in text.split(",") if name.strip()]
    engine = LogAnalyticsEngine([workspace])
    back = _span(options.late)
    if back is None:
        told = f"'{options.late[:40]}' is no span of time."
        raise WatchbookError(Problem("CL013", told, hint="Write 0h, 12h, 2d or 1w."))
    work = Pull(engine, workspace, folder, since, until, rules, mask_key() if rules else b"", back)
    late = False
    for found in work.run(tables, progress()):
        print(f"{found.table}: {found.rows:,} rows in {folder}", file=sys.stderr)
        if found.counted is not None and found.counted != found.rows:
            late = True
            print(
                f"{found.table}: the workspace counts {found.counted:,} rows in this range now. Pull again for those "
                f"that came meanwhile; with a longer --late than {options.late} for those that came long after their time.",
                file=sys.stderr,
            )
    return int(late)


def _span(text: str) -> dt.timedelta | None:
    """The length of `24h`, `30d` or `2w`; None for other texts."""
    found = _SPAN.fullmatch(text.strip().lower())
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def moment(text: str, now: dt.datetime) -> dt.datetime:
    """`24h`, `30d`, `2w` before now, or a time in ISO 8601 (UTC where it names no zone). Raises CL013."""
    span = _span(text)
    if span is not None:
        return now - span
    try:
        found = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise WatchbookError(
            Problem("CL013", f"'{text[:40]}' is no time.", hint="Write 24h, 30d, 2w or 2026-11-01T00:00.")
        ) from None
    return found.astimezone(dt.UTC).replace(tzinfo=None) if found.tzinfo else found


def _only_workspace() -> str:
    known = connections.workspaces()
    if len(known) != 1:
        raise WatchbookError(
            Problem("CL012", "Which workspace to pull from is not said.", hint="Name it with --workspace.")
        )
    return known[0].id
