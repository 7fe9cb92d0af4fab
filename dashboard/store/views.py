"""Saved views of the incident queue: a name and its filters as JSON."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()

VIEWS: Final = sa.Table(
    "incident_views",
    METADATA,
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("filters", sa.Text, nullable=False),
    sa.Column("by", sa.String(320), nullable=False),
)


def _create(connection: sa.Connection) -> None:
    VIEWS.create(connection, checkfirst=True)


MIGRATION: Final = Migration("incident-views", _create)
