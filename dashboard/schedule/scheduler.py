"""Runs what is due, once in effect, beside any number of other processes that do the same over the same store."""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError
from dashboard.schedule.job import Due, Job, TryAgain
from dashboard.store import schedule as kept
from dashboard.store.database import Store

LEASE = dt.timedelta(seconds=60)
POLL_SECONDS = 2.0
WORKERS = 4
# A job in whose middle the process dies so often is the likely cause of it.
_MOST_DEATHS = 5
_KEPT = dt.timedelta(days=90)
_LOG = logging.getLogger("watchbook.schedule")


def utc_now() -> dt.datetime:
    """The clock."""
    return dt.datetime.now(dt.UTC)


def this_process() -> str:
    """A name for this process that a person can find it by, unique for each call."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:120]


def _leaving(busy: set[str], name: str) -> Callable[[object], None]:
    return lambda _: busy.discard(name)


class Scheduler:
    """The scheduler of one process. `jobs` is asked anew at every look, so that jobs may come, change and go; `clock` gives
    aware times and may jump in both directions; `holder` names this process in the history."""

    def __init__(
        self,
        store: Store,
        jobs: Callable[[], Iterable[Job]],
        clock: Callable[[], dt.datetime] = utc_now,
        holder: str = "",
        *,
        lease: dt.timedelta = LEASE,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock
        self._holder = holder or this_process()
        self._lease = lease
        self._complained: set[str] = set()
        self._tidied: dt.datetime | None = None

    def tick(self) -> int:
        """Runs everything that is due now, one after the other, in this thread. How many due times it ran."""
        return sum(self._advance(job) for job in self._due())

    def run_forever(self, stop: threading.Event, poll: float = POLL_SECONDS, workers: int = WORKERS) -> None:
        """Looks for due jobs every `poll` seconds until told to stop, and runs several at a time: a slow or hanging job
        holds up no other. Returns when the running ones have ended."""
        busy: set[str] = set()
        with ThreadPoolExecutor(workers, thread_name_prefix="job") as pool:
            while not stop.is_set():
                for job in self._due(busy):
                    busy.add(job.name)
                    work = pool.submit(self._advance, job, stop)
                    work.add_done_callback(_leaving(busy, job.name))
                stop.wait(poll)

    def _due(self, busy: Iterable[str] = ()) -> list[Job]:
        """The jobs that have a due time which nobody runs. Reads only; what fails here is logged once and left out."""
        try:
            jobs = [job for job in self._jobs() if job.name not in set(busy)]
            with self._store.reading() as connection:
                settled, running = kept.progress(connection), kept.open_runs(connection)
        except (WatchbookError, sa.exc.SQLAlchemyError, OSError) as error:
            self._complain("jobs", f"The schedule cannot be read: {error}")
            return []
        except Exception:  # noqa: BLE001 (the scheduler outlives whatever its jobs do)
            _LOG.exception("SD005: the jobs cannot be listed")
            return []
        self._complained.discard("jobs")
        now = self._clock()
        return [job for job in jobs if self._next(job, settled.get(job.name), running.get(job.name), now)]

    def _next(
        self, job: Job, settled: dt.datetime | None, running: kept.Run | None, now: dt.datetime
    ) -> tuple[dt.datetime, int] | None:
        """The due time to run now and how many it stands for; None where there is none, or somebody is at it."""
        if running is not None:
            return (running.due, running.stands_for) if running.is_free(now) else None
        try:
            due = job.next_due(settled)
            count = 0
            found = None
            while due is not None and due <= now:
                found, count = due, count + 1
                if job.catch_up == "each":
                    break
                due = job.next_due(found)
                if due is not None and due <= found:
                    problem = Problem("SD003", f"The rhythm of '{job.name}' gives {due} after {found}.")
                    raise WatchbookError(problem)
        except Exception as error:  # noqa: BLE001 (as above)
            self._complain(job.name, f"The next time of '{job.name}' cannot be told: {error}")
            return None
        return (found, count) if found is not None else None

    def _advance(self, job: Job, stop: threading.Event | None = None) -> int:
        """Runs the due times of one job until none is left."""
        ran = 0
        while stop is None or not stop.is_set():
            try:
                run = self._claim(job)
            except (sa.exc.SQLAlchemyError, OSError) as error:
                # Two processes may claim the first due time of a job at once: one of them fails here, by the key.
                _LOG.info("%s could not be claimed: %s", job.name, str(error).splitlines()[0])
                return ran
            if run is None:
                return ran
            ran += 1
            if not self._run(job, run):
                return ran
        return ran

    def _claim(self, job: Job) -> kept.Run | None:
        with self._store.reading() as connection:
            settled, seen = kept.progress_of(connection, job.name)
        now = self._clock()
        found = self._next(job, settled, seen, now)
        if found is None:
            return None
        due, count = found
        with self._store.writing() as connection:
            run = kept.claim(
                connection, seen, job=job.name, settled=settled, due=due, stands_for=count,
                token=uuid.uuid4().hex, holder=self._holder, now=now, lease=self._lease,
            )  # fmt: skip
            if self._tidied is None or abs(now - self._tidied) > dt.timedelta(days=1):
                kept.forget_runs(connection, now - _KEPT)
                self._tidied = now
        if run is not None and seen is not None and seen.state == "running" and run.attempt > _MOST_DEATHS:
            problem = Problem("SD006", f"The process ended {_MOST_DEATHS} times in the middle of '{job.name}'.")
            self._settle(run, "failed", problem.describe())
            return None
        return run

    def _run(self, job: Job, run: kept.Run) -> bool:
        """One attempt. False where it is to be tried again later, or somebody else is at it."""
        due = Due(run, self._clock, job.quiet)
        over = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(run, over), name="lease", daemon=True)
        keeper.start()
        after = dt.timedelta()
        try:
            job.run(due)
            if not due.completed:
                self._settle(run, "done", "")
            return True
        except WatchbookError as error:
            if error.problem.code == "SD004":
                _LOG.info(error.problem.describe())
                return False
            message = " ".join(problem.describe() for problem in error.problems)
            after = error.after if isinstance(error, TryAgain) else after
        except Exception:  # noqa: BLE001 (as above)
            _LOG.exception("SD005: '%s' failed", job.name)
            message = Problem("SD005", "The job failed; the reason is in the log.").describe()
        finally:
            over.set()
            keeper.join()
        return self._failed(job, run, due, message, after)

    def _failed(self, job: Job, run: kept.Run, due: Due, message: str, after: dt.timedelta) -> bool:
        if due.completed:
            # The transaction that held both effects and completion was given up, or the failure came after it.
            with self._store.reading() as connection:
                if kept.is_settled(connection, run.token):
                    _LOG.warning("'%s' failed after it was done: %s", job.name, message)
                    return True
        if run.attempt <= len(job.retries):
            now = self._clock()
            wait = max(job.retries[run.attempt - 1], after)
            with self._store.writing() as connection:
                kept.put_off(connection, run, now, now + wait, message)
            return False
        return self._settle(run, "failed", message)

    def _settle(self, run: kept.Run, state: str, message: str) -> bool:
        try:
            with self._store.writing() as connection:
                kept.settle(connection, run, self._clock(), state=state, message=message)
        except WatchbookError as error:
            _LOG.info(error.problem.describe())
            return False
        return True

    def _keep(self, run: kept.Run, over: threading.Event) -> None:
        """Renews the lease while the job runs."""
        while not over.wait(self._lease.total_seconds() / 3):
            try:
                with self._store.writing() as connection:
                    if not kept.renew(connection, run.token, self._clock(), self._lease):
                        return
            except sa.exc.SQLAlchemyError as error:
                _LOG.warning("The lease of '%s' could not be renewed: %s", run.job, error)

    def _complain(self, about: str, sentence: str) -> None:
        if about not in self._complained:
            self._complained.add(about)
            _LOG.warning(sentence)
