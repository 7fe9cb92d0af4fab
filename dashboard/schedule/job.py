"""What the scheduler runs: a job, and one due time of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError
from dashboard.store import schedule as kept

if TYPE_CHECKING:
    from dashboard.schedule.cron import Cron

CatchUp = Literal["each", "latest"]


class TryAgain(WatchbookError):
    """Raised by a job that asks for another attempt, if its retries allow one, not before `after`."""

    def __init__(self, problem: Problem, after: dt.timedelta | None = None) -> None:
        super().__init__(problem)
        self.after = after or dt.timedelta()


@dataclass
class Due:
    """One due time that this process holds the lease of.

    `at` is the due time, `stands_for` how many due times it stands for (more than 1 where missed ones are caught up by the
    latest), `attempt` counts from 1. `key` is the same for every attempt and every process: hand it on as the idempotency
    key of whatever cannot be part of a transaction.
    """

    run: kept.Run
    clock: Callable[[], dt.datetime]
    quiet: bool = False
    completed: bool = False

    @property
    def at(self) -> dt.datetime:
        """The due time, in UTC."""
        return self.run.due

    @property
    def attempt(self) -> int:
        """1 for the first try of this due time."""
        return self.run.attempt

    @property
    def stands_for(self) -> int:
        """How many due times this one stands for, itself included."""
        return self.run.stands_for

    @property
    def key(self) -> str:
        """The idempotency key."""
        return f"{self.run.job}@{self.run.due:%Y-%m-%dT%H:%M:%S.%fZ}"

    def complete(self, connection: sa.Connection, message: str = "") -> None:
        """Marks the due time done inside the caller's `store.writing()` transaction, together with its effects.

        Raises WatchbookError (SD004) where another process holds the lease by now: let it pass, nothing is written.
        """
        kept.settle(connection, self.run, self.clock(), message=message, keep=bool(message) or not self.quiet)
        self.completed = True


@dataclass(frozen=True)
class Job:
    """Something that is run again and again. Its name is its identity in the store: use an id, not a title.

    `next_due(after)` gives the first due time later than `after` (the last one that is over), or the very first one for
    None; None means never. It depends on nothing but `after`, or with `continually` on the clock too: such work has no past.
    `run(due)` does the work; where its effects are in the store it writes them and `due.complete(connection)` in one
    transaction; where they are not, it just returns, and may be run again after a kill (see `Due.key`). A `quiet` job leaves a run in the history only where it has something to say.
    `catch_up` says what happens with due times that passed while nobody ran: `each` is run in order, or only the `latest`.
    `retries` are the waits before further attempts after an error; after the last one the due time has failed and the next
    one comes as usual.
    """

    name: str
    next_due: Callable[[dt.datetime | None], dt.datetime | None]
    run: Callable[[Due], None]
    catch_up: CatchUp = "latest"
    retries: tuple[dt.timedelta, ...] = field(default=())
    quiet: bool = False


def every(cron: Cron, since: dt.datetime) -> Callable[[dt.datetime | None], dt.datetime | None]:
    """The `next_due` of a cron expression, for a job that exists since a time."""
    return lambda after: cron.next(after or since)


def at_intervals(step: dt.timedelta, since: dt.datetime) -> Callable[[dt.datetime | None], dt.datetime | None]:
    """The `next_due` of a job that runs at `since` and then every `step`."""

    def next_due(after: dt.datetime | None) -> dt.datetime:
        return since if after is None or after < since else since + ((after - since) // step + 1) * step

    return next_due


def continually(step: dt.timedelta) -> Callable[[dt.datetime | None], dt.datetime | None]:
    """The `next_due` of work that looks for something to do every `step` and has no past to catch up."""
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

    def next_due(after: dt.datetime | None) -> dt.datetime:
        now = dt.datetime.now(dt.UTC)
        latest = now - (now - epoch) % step
        return latest if after is None or after < latest else after - (after - epoch) % step + step

    return next_due
