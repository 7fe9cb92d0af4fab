"""What threat intelligence does by the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from dashboard import settings
from dashboard.detection.intelligence.editing import refresh
from dashboard.schedule.job import Due, Job, at_intervals
from dashboard.store.database import Store

_SINCE: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def jobs(store: Store) -> Iterable[Job]:
    """Every hour, what has expired stops matching; active indicators are written again within a week."""

    def run(due: Due) -> None:
        changed = refresh(settings.data_folder())
        with store.writing() as connection:
            due.complete(connection, f"{changed:,} indicators written" if changed else "")

    return [Job("intelligence-refresh", at_intervals(dt.timedelta(hours=1), _SINCE), run)]
