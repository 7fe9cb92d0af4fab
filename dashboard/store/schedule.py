"""What the scheduler remembers: for each job how far it is, and for each due time who runs it and what came of it.

A due time is claimed with a token of its own. Only the holder of the current token can settle the due time, and settling
is part of the transaction that writes the effects: a process that lost its lease in the middle writes nothing at all.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError
from dashboard.store.columns import UtcTime
from dashboard.store.database import Migration

_METADATA = sa.MetaData()
JOBS = sa.Table(
    "schedule_jobs",
    _METADATA,
    sa.Column("job", sa.String(200), primary_key=True),
    # The last due time that is over: done, failed for good, or passed over.
    sa.Column("settled", UtcTime),
)
RUNS = sa.Table(
    "schedule_runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job", sa.String(200), nullable=False),
    sa.Column("due", UtcTime, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("stands_for", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("token", sa.String(40), nullable=False),
    sa.Column("holder", sa.String(120), nullable=False),
    # Running: when the lease was last taken, and when it ends. Waiting: when the next attempt may begin.
    sa.Column("taken", UtcTime, nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("started", UtcTime, nullable=False),
    sa.Column("ended", UtcTime),
    sa.Column("message", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("job", "due"),
    sa.Index("schedule_runs_open", "state", "job"),
)
MIGRATION = Migration("schedule", _METADATA.create_all)
_OPEN = ("running", "waiting")
# Clocks of several machines differ a little; what was taken further ahead than this was taken before a clock was set back.
_AHEAD = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Run:
    """One due time of a job and what became of it. `state` is running, waiting (for another attempt), done or failed;
    `stands_for` counts the due times it stands for, itself included (more than 1 after a catch-up by the latest)."""

    job: str
    due: dt.datetime
    state: str
    stands_for: int
    attempt: int
    token: str
    holder: str
    taken: dt.datetime
    until: dt.datetime
    started: dt.datetime
    ended: dt.datetime | None
    message: str

    def is_free(self, now: dt.datetime) -> bool:
        """Whether another attempt may begin: the lease or the wait is over. One that was taken in what is now the future
        (the clock was set back) holds nobody up."""
        return self.until <= now or self.taken > now + _AHEAD


_RUN_COLUMNS = [column for column in RUNS.c if column.name != "id"]


def progress(connection: sa.Connection) -> dict[str, dt.datetime | None]:
    """How far each known job is: its last due time that is over."""
    return {row.job: row.settled for row in connection.execute(sa.select(JOBS))}


def open_runs(connection: sa.Connection) -> dict[str, Run]:
    """The due time of each job that is being run or waits for another attempt; a job has at most one."""
    rows = connection.execute(sa.select(*_RUN_COLUMNS).where(RUNS.c.state.in_(_OPEN)))
    return {row.job: Run(*row) for row in rows}


def progress_of(connection: sa.Connection, job: str) -> tuple[dt.datetime | None, Run | None]:
    """How far one job is, and its open run."""
    settled = connection.execute(sa.select(JOBS.c.settled).where(JOBS.c.job == job)).scalar_one_or_none()
    held = sa.select(*_RUN_COLUMNS).where(RUNS.c.job == job, RUNS.c.state.in_(_OPEN))
    row = connection.execute(held).one_or_none()
    return settled, Run(*row) if row else None


def is_settled(connection: sa.Connection, token: str) -> bool:
    """Whether the holder of `token` has settled its due time."""
    return connection.execute(sa.select(RUNS.c.state).where(RUNS.c.token == token)).scalar() in ("done", "failed")


def history(connection: sa.Connection, job: str = "", most: int = 100) -> list[Run]:
    """The newest runs of one job, or of all."""
    chosen = sa.select(*_RUN_COLUMNS).order_by(RUNS.c.due.desc(), RUNS.c.id.desc()).limit(most)
    return [Run(*row) for row in connection.execute(chosen.where(RUNS.c.job == job) if job else chosen)]


def claim(
    connection: sa.Connection,
    seen: Run | None,
    *,
    job: str,
    settled: dt.datetime | None,
    due: dt.datetime,
    stands_for: int,
    token: str,
    holder: str,
    now: dt.datetime,
    lease: dt.timedelta,
) -> Run | None:
    """Takes the due time for `token` inside a writing transaction. None where another process was faster: the job is no
    longer where `settled` and `seen` say it is."""
    if settled is None and not connection.scalar(sa.select(sa.func.count()).where(JOBS.c.job == job)):
        connection.execute(JOBS.insert().values(job=job, settled=None))
    # The row's lock makes claims of one job wait for each other on PostgreSQL; SQLite has one writer anyway.
    at = connection.execute(sa.select(JOBS.c.settled).where(JOBS.c.job == job).with_for_update()).scalar_one_or_none()
    held = connection.execute(
        sa.select(*_RUN_COLUMNS).where(RUNS.c.job == job, RUNS.c.state.in_(_OPEN)).with_for_update()
    ).one_or_none()
    if at != settled or (Run(*held) if held else None) != seen:
        return None
    values = {"state": "running", "token": token, "holder": holder, "taken": now, "until": now + lease, "message": ""}
    if seen is not None:
        run = {**values, "attempt": seen.attempt + 1, "due": due, "stands_for": stands_for}
        connection.execute(RUNS.update().where(RUNS.c.job == job, RUNS.c.due == seen.due).values(**run))
    else:
        run = {**values, "job": job, "due": due, "stands_for": stands_for, "attempt": 1, "started": now}
        connection.execute(RUNS.insert().values(**run))
    return Run(*connection.execute(sa.select(*_RUN_COLUMNS).where(RUNS.c.job == job, RUNS.c.due == due)).one())


def renew(connection: sa.Connection, token: str, now: dt.datetime, lease: dt.timedelta) -> bool:
    """Lengthens the lease of `token`; false where it was lost."""
    held = RUNS.update().where(RUNS.c.token == token, RUNS.c.state == "running")
    return connection.execute(held.values(taken=now, until=now + lease)).rowcount == 1


def settle(
    connection: sa.Connection, run: Run, now: dt.datetime, *, state: str = "done", message: str = "", keep: bool = True
) -> None:
    """Ends the due time in the caller's transaction, beside its effects; without `keep` its run leaves no trace. Raises
    WatchbookError (SD004) where the lease was lost, so that the whole transaction is given up."""
    held = (RUNS.c.token == run.token) & (RUNS.c.state == "running")
    ended = RUNS.update().where(held).values(state=state, ended=now, message=message[:2000])
    if connection.execute(ended if keep else RUNS.delete().where(held)).rowcount != 1:
        raise WatchbookError(
            Problem("SD004", f"'{run.job}' of {run.due:%Y-%m-%d %H:%M} UTC was taken over by another process.", "info")
        )
    connection.execute(JOBS.update().where(JOBS.c.job == run.job).values(settled=run.due))


def put_off(connection: sa.Connection, run: Run, now: dt.datetime, until: dt.datetime, message: str) -> None:
    """Lets the due time wait for another attempt. Nothing where the lease was lost."""
    held = RUNS.update().where(RUNS.c.token == run.token, RUNS.c.state == "running")
    connection.execute(held.values(state="waiting", taken=now, until=until, message=message[:2000]))


def skip(connection: sa.Connection, job: str, latest: dt.datetime | None, now: dt.datetime) -> dt.datetime | None:
    """Passes over what waits: the attempt that is still to come, and every due time up to `latest`. Gives the due time of the
    run that was ended, if there was one. Raises WatchbookError (SD008) while somebody runs the job."""
    settled, held = progress_of(connection, job)
    if held is not None:
        _free(held, now)
        values = {"state": "failed", "token": uuid.uuid4().hex, "ended": now}
        said = f"Skipped by hand. {held.message}".strip()
        mine = (RUNS.c.job == job) & (RUNS.c.due == held.due)
        connection.execute(RUNS.update().where(mine).values(**values, message=said[:2000]))
    reached = [each for each in (settled, held.due if held else None, latest) if each is not None]
    if (
        reached
        and connection.execute(JOBS.update().where(JOBS.c.job == job).values(settled=max(reached))).rowcount == 0
    ):
        connection.execute(JOBS.insert().values(job=job, settled=max(reached)))
    return held.due if held is not None else None


def try_again(connection: sa.Connection, job: str, now: dt.datetime) -> dt.datetime:
    """Lets the due time that waits or failed last be tried at once, its attempts counted anew; gives it. Raises WatchbookError
    (SD008) while somebody runs the job, and where nothing failed."""
    settled, held = progress_of(connection, job)
    if held is not None:
        _free(held, now)
        due = held.due
    else:
        newest = history(connection, job, 1)
        # An older one could not be settled without running what came after it once more.
        if not newest or newest[0].state != "failed" or newest[0].due != settled:
            raise WatchbookError(
                Problem("SD008", f"The last run of '{job}' did not fail.", hint="Its next time comes as usual.")
            )
        due = newest[0].due
    mine = (RUNS.c.job == job) & (RUNS.c.due == due)
    anew = {"state": "waiting", "attempt": 0, "taken": now, "until": now, "ended": None, "token": uuid.uuid4().hex}
    connection.execute(RUNS.update().where(mine).values(**anew))
    return due


def _free(run: Run, now: dt.datetime) -> None:
    if run.state == "running" and not run.is_free(now):
        told = f"'{run.job}' of {run.due:%Y-%m-%d %H:%M} UTC is being run by {run.holder}."
        raise WatchbookError(Problem("SD008", told, hint="Wait until it has ended, or end that process."))


def forget_runs(connection: sa.Connection, before: dt.datetime) -> int:
    """Deletes runs that ended before a time; how many."""
    return connection.execute(RUNS.delete().where(RUNS.c.ended < before, RUNS.c.state.not_in(_OPEN))).rowcount


def forget_jobs(connection: sa.Connection, jobs: Iterable[str]) -> None:
    """Forgets jobs that are gone for good, with their runs: one that comes back under the name begins anew."""
    for job in jobs:
        connection.execute(RUNS.delete().where(RUNS.c.job == job))
        connection.execute(JOBS.delete().where(JOBS.c.job == job))


def last_runs(connection: sa.Connection) -> Mapping[str, Run]:
    """The newest run of each job."""
    newest = sa.select(sa.func.max(RUNS.c.id)).group_by(RUNS.c.job).scalar_subquery()
    return {row.job: Run(*row) for row in connection.execute(sa.select(*_RUN_COLUMNS).where(RUNS.c.id.in_(newest)))}
