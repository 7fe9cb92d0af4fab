"""What is done for local data every night: rows that are older than their table's retention go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from dashboard import settings
from dashboard.ingest.keep import apply_retention, read_retention
from dashboard.schedule.job import Due, Job
from dashboard.store.database import Store

_HOUR = 3
"""UTC; the day's first hours see the fewest readers."""
_FIRST = dt.datetime(2026, 1, 1, _HOUR, tzinfo=dt.UTC)


def retention_jobs(store: Store) -> Iterable[Job]:
    """One job a night, where a retention is set."""
    if read_retention(settings.data_folder()):
        yield Job("data:retention", next_night, lambda due: _apply(due))


def next_night(after: dt.datetime | None) -> dt.datetime:
    """The first night later than `after`."""
    if after is None:
        return _FIRST
    night = after.astimezone(dt.UTC).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    return night if night > after else night + dt.timedelta(days=1)


def _apply(due: Due) -> None:
    apply_retention(settings.data_folder())
