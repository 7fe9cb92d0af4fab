"""`watchbook schedule`: run the scheduler without the dashboard, and look at what it did."""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dashboard.commands.terminal import text_table
from dashboard.errors import Problem, WatchbookError
from dashboard.store import schedule as kept
from dashboard.store.database import Store
from dashboard.table import format_datetime

if TYPE_CHECKING:
    from dashboard.schedule.job import Job


def run(options: argparse.Namespace) -> int:
    """Runs what is due: until told to stop, or with --once everything that is due now."""
    from dashboard.schedule.scheduler import Scheduler
    from dashboard.server.background import jobs, run_jobs

    store = Store()
    if options.once:
        ran = Scheduler(store, lambda: jobs(store)).tick()
        print(f"{ran} due times run", file=sys.stderr)
        return 0
    print("Watchbook runs what is due. Ctrl-C ends it.", file=sys.stderr, flush=True)
    with _stopping() as stop:
        run_jobs(stop, store)
    return 0


def listed(options: argparse.Namespace) -> int:
    """Lists the jobs with their next and last times."""
    from dashboard.server.background import jobs

    store = Store()
    with store.reading() as connection:
        settled, last = kept.progress(connection), kept.last_runs(connection)
    entries = []
    for job in jobs(store):
        due, ran = job.next_due(settled.get(job.name)), last.get(job.name)
        entries.append(
            {
                "job": job.name,
                "next": format_datetime(due.replace(tzinfo=None)) if due else None,
                "last": format_datetime(ran.due.replace(tzinfo=None)) if ran else None,
                "state": ran.state if ran else None,
                "message": ran.message if ran else None,
            }
        )
    return _print(entries, options.format, ["job", "next", "last", "state", "message"])


def history(options: argparse.Namespace) -> int:
    """Lists the newest runs."""
    with Store().reading() as connection:
        runs = kept.history(connection, options.job or "", options.most)
    entries = [
        {
            "job": run.job,
            "due": format_datetime(run.due.replace(tzinfo=None)),
            "state": run.state,
            "stands_for": run.stands_for,
            "attempt": run.attempt,
            "ended": format_datetime(run.ended.replace(tzinfo=None)) if run.ended else None,
            "message": run.message,
        }
        for run in runs
    ]
    return _print(entries, options.format, ["job", "due", "state", "stands_for", "attempt", "ended", "message"])


def skip(options: argparse.Namespace) -> int:
    """Passes over what a job still has to try and to catch up; its next due time comes as usual."""
    store, now = Store(), dt.datetime.now(dt.UTC)
    job = _job(store, options.job)
    with store.writing() as connection:
        settled, held = kept.progress_of(connection, job.name)
        latest, following = None, job.next_due(held.due if held else settled)
        while following is not None and following <= now:
            latest, following = following, job.next_due(following)
        ended = kept.skip(connection, job.name, latest, now)
    what = f"the due time of {format_datetime(ended.replace(tzinfo=None))} and " if ended else ""
    nothing = "nothing was missed" if latest is None else f"all up to {format_datetime(latest.replace(tzinfo=None))}"
    coming = f"; next {format_datetime(following.replace(tzinfo=None))}" if following else ""
    print(f"{job.name}: passed over {what}{nothing}{coming}")
    return 0


def retry(options: argparse.Namespace) -> int:
    """Lets a job that failed try the same due time again, at once."""
    store = Store()
    job = _job(store, options.job)
    with store.writing() as connection:
        due = kept.try_again(connection, job.name, dt.datetime.now(dt.UTC))
    print(f"{job.name}: {format_datetime(due.replace(tzinfo=None))} is tried again when the scheduler runs next")
    return 0


def _job(store: Store, name: str) -> Job:
    from dashboard.server.background import jobs

    known = {job.name: job for job in jobs(store)}
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean '{close[0]}'?" if close else "See `watchbook schedule list`."
        raise WatchbookError(Problem("SD008", f"There is no job '{name[:100]}'.", hint=hint))
    return known[name]


def _print(entries: list[dict[str, Any]], form: str, heads: list[str]) -> int:
    if form == "json":
        print(json.dumps(entries, indent=2))
    else:
        rows = [["" if entry[head] is None else str(entry[head]) for head in heads] for entry in entries]
        print(text_table([head.replace("_", " ") for head in heads], rows))
    return 0


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set, so that running jobs come to their end."""
    stop = threading.Event()
    before = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
