"""What runs behind the pages: the one scheduler over the jobs of every subject."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator

from dashboard.detection.intelligence.jobs import jobs as intelligence_jobs
from dashboard.detection.intelligence.taxii import feed_jobs
from dashboard.detection.jobs import rule_jobs
from dashboard.detection.response.running import response_jobs
from dashboard.errors import WatchbookError
from dashboard.reporting.running import report_jobs
from dashboard.schedule.job import Job
from dashboard.schedule.scheduler import Scheduler
from dashboard.server.data_jobs import retention_jobs
from dashboard.store.database import Store

_LOG = logging.getLogger("watchbook.schedule")
# The first page of a fresh start needs the processor more than the first job does.
_HEAD_START_SECONDS = 3.0

Jobs = Callable[[Store], Iterable[Job]]
SUBJECTS: tuple[Jobs, ...] = (rule_jobs, intelligence_jobs, retention_jobs, response_jobs, report_jobs, feed_jobs)
"""Who has jobs: each is given the open store at every look and lists its jobs as they are now."""


def jobs(store: Store) -> list[Job]:
    """The jobs of all subjects. One subject that fails takes no other with it."""
    found: list[Job] = []
    for subject in SUBJECTS:
        try:
            found.extend(subject(store))
        except WatchbookError as error:
            _LOG.warning(error.problem.describe())
    return found


def run_jobs(stop: threading.Event, store: Store | None = None) -> None:
    """Runs the scheduler in this thread until told to stop. Raises WatchbookError (SO001, SO002) where there is no store."""
    opened = store or Store()
    try:
        Scheduler(opened, lambda: jobs(opened)).run_forever(stop)
    finally:
        if store is None:
            opened.close()


@contextlib.contextmanager
def scheduling() -> Iterator[None]:
    """Has the scheduler run in the background for the length of the block. Where there is no store, the log says why and
    the pages work without it."""
    stop = threading.Event()

    def work() -> None:
        if stop.wait(_HEAD_START_SECONDS):
            return
        try:
            run_jobs(stop)
        except WatchbookError as error:
            _LOG.error("Nothing is scheduled. %s", error.problem.describe())

    thread = threading.Thread(target=work, name="schedule", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # A job in the middle of a long work is left to its lease: another process, or the next start, takes it over.
        thread.join(timeout=5)
