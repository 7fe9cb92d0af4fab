"""What hunting remembers: each query's results, notes, bookmarks."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.columns import UtcTime
from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()
RESULTS: Final = sa.Table(
    "hunting_results",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("query", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("span", sa.String(20), nullable=False),
    sa.Column("source", sa.String(40), nullable=False),
    # -1 where the query failed.
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index("hunting_results_by_query", "query", "id"),
)
NOTES: Final = sa.Table(
    "hunting_notes",
    METADATA,
    sa.Column("query", sa.String(200), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
)
BOOKMARKS: Final = sa.Table(
    "hunting_bookmarks",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("row", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("incident", sa.Integer),
    sa.Column("created", UtcTime, nullable=False),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATION: Final = Migration("hunting", _create)
