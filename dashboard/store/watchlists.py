"""Watchlists: a head each, an item a row, and a number that grows with every change."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.columns import UtcTime
from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()
WATCHLISTS: Final = sa.Table(
    "watchlists",
    METADATA,
    sa.Column("alias", sa.String(200), primary_key=True),
    sa.Column("id", sa.String(40), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    # The columns in their order, as a JSON list.
    sa.Column("columns", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("created", UtcTime, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
    # Items of imported data under the same alias, which this watchlist stands in place of, as a JSON list of ids.
    sa.Column("replaces", sa.Text, nullable=False),
)
ITEMS: Final = sa.Table(
    "watchlist_items",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("alias", sa.String(200), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
    sa.Index("watchlist_items_by_alias", "alias", "position"),
)
CHANGES: Final = sa.Table(
    "watchlist_changes",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)
    connection.execute(CHANGES.insert().values(one=1, number=0))


MIGRATION: Final = Migration("watchlists", _create)


def count_change(connection: sa.Connection) -> None:
    """Says that something changed; call it in the same transaction."""
    connection.execute(CHANGES.update().values(number=CHANGES.c.number + 1))


def version(connection: sa.Connection) -> int:
    """Grows with every change."""
    return int(connection.scalar(sa.select(CHANGES.c.number)) or 0)
