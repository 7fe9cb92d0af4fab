"""All steps that bring a store up to date, in the order they are applied. A step that was released never changes:
what should be different is a further step."""

from __future__ import annotations

from dashboard.store import (
    alerts,
    feeds,
    hunting,
    incidents,
    reports,
    response,
    rules,
    schedule,
    versions,
    views,
    watchlists,
)
from dashboard.store.database import Migration

MIGRATIONS: tuple[Migration, ...] = (
    rules.MIGRATION,
    alerts.MIGRATION,
    incidents.MIGRATION,
    versions.MIGRATION,
    schedule.MIGRATION,
    rules.SEEN_MIGRATION,
    watchlists.MIGRATION,
    response.MIGRATION,
    views.MIGRATION,
    hunting.MIGRATION,
    reports.MIGRATION,
    feeds.MIGRATION,
)
