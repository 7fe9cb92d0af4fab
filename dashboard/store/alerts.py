"""Alerts as the rules raised them: one row an alert, never changed but for the incident it belongs to.

Times are whole microseconds since 1970 in UTC. `row` holds the columns of SecurityAlert as JSON, `events` the first rows of
the query's result that the alert stands for.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()

ALERTS: Final = sa.Table(
    "alerts",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("alert_id", sa.String(64), nullable=False, unique=True),
    sa.Column("rule_id", sa.String(200), nullable=False),
    sa.Column("incident", sa.Integer),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("window_end", sa.BigInteger, nullable=False),
    sa.Column("row", sa.Text, nullable=False),
    sa.Column("events", sa.Text, nullable=False),
    sa.Index("alerts_by_rule", "rule_id", "window_end"),
    sa.Index("alerts_by_incident", "incident"),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATION: Final = Migration("alerts", _create)
