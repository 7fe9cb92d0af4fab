"""Incidents: where each one stands, and an append-only history with one row a change.

`incidents` is what the queue lists; `incident_history` is what happened, each row with the whole incident as it was then.
Other parts follow the history by its growing id. Times are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()
FIRST_NUMBER: Final = 10_001
"""Incidents made here count from here on, apart from those of imported data."""
_LOCK = 7_226_115
_LOCK_NUMBER = sa.text(f"SELECT pg_advisory_xact_lock({_LOCK})")

INCIDENTS: Final = sa.Table(
    "incidents",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(64), nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("severity", sa.String(20), nullable=False),
    sa.Column("severity_rank", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("owner", sa.String(320), nullable=False),
    sa.Column("rule_id", sa.String(200), nullable=False),
    sa.Column("group_key", sa.Text, nullable=False),
    sa.Column("alerts", sa.Integer, nullable=False),
    sa.Column("created", sa.BigInteger, nullable=False),
    sa.Column("modified", sa.BigInteger, nullable=False),
    sa.Column("last_activity", sa.BigInteger, nullable=False),
    sa.Column("search", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Index("incidents_by_status", "status", "created"),
    sa.Index("incidents_by_severity", "severity_rank", "created"),
    sa.Index("incidents_by_created", "created"),
    sa.Index("incidents_by_modified", "modified"),
    sa.Index("incidents_by_owner", "owner", "status"),
    sa.Index("incidents_by_rule", "rule_id", "last_activity"),
)

HISTORY: Final = sa.Table(
    "incident_history",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(320), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("changes", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.UniqueConstraint("number", "version", name="incident_history_once"),
    sqlite_autoincrement=True,
)

ENTITIES: Final = sa.Table(
    "incident_entities",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("entity", sa.String(400), primary_key=True),
    sa.Index("incident_entities_by_entity", "entity"),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATION: Final = Migration("incidents", _create)


def write_alone(connection: sa.Connection) -> None:
    """Waits until no other transaction writes incidents, so that numbers have no holes and history ids appear in the order
    of their commits: who reads after a cursor misses nothing. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_NUMBER)


def next_number(connection: sa.Connection) -> int:
    """The number of the next incident that is made here. Call `write_alone` first."""
    highest = connection.scalar(sa.select(sa.func.max(INCIDENTS.c.number)))
    return max(int(highest or 0) + 1, FIRST_NUMBER)


def last_history_id(connection: sa.Connection) -> int:
    """The id of the newest change; 0 where there is none."""
    return int(connection.scalar(sa.select(sa.func.max(HISTORY.c.id))) or 0)


def append_history(connection: sa.Connection, values: Mapping[str, Any]) -> int:
    """Adds one change; the result is its id."""
    key = connection.execute(HISTORY.insert().values(**values)).inserted_primary_key
    return int(key[0]) if key else 0
