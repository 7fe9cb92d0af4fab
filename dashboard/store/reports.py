"""Scheduled reports and what became of each due time."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.columns import UtcTime
from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()
REPORTS: Final = sa.Table(
    "reports",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("since", UtcTime, nullable=False),
)
DELIVERIES: Final = sa.Table(
    "report_deliveries",
    METADATA,
    sa.Column("key", sa.String(120), primary_key=True),
    sa.Column("report", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("due", UtcTime, nullable=False),
    # waiting: not sent yet; sending: the message is on its way; sent, failed, unclear: over.
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("ended", UtcTime),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index("report_deliveries_by_report", "report", "due"),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATION: Final = Migration("reports", _create)
