"""What threat intelligence does by the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from dashboard import settings
from dashboard.detection.intelligence.editing import refresh
from dashboard.schedule.job import Due, Job, continually
from dashboard.store.database import Store


def jobs(store: Store) -> Iterable[Job]:
    """Every hour, what has expired stops matching; active indicators are written again within a week."""

    def run(due: Due) -> None:
        changed = refresh(settings.data_folder())
        with store.writing() as connection:
            due.complete(connection, f"{changed:,} indicators written" if changed else "")

    return [Job("intelligence-refresh", continually(dt.timedelta(hours=1)), run, quiet=True)]
