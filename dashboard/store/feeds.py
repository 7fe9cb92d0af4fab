"""TAXII feeds: which collection, how often, and how far it was read."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.columns import UtcTime
from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()
FEEDS: Final = sa.Table(
    "taxii_feeds",
    METADATA,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("hours", sa.Integer, nullable=False),
    # Names of environment variables: `user:password`, or a bearer token. The values are never saved.
    sa.Column("secret", sa.String(100), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    # What the server said was added last; the next pull asks for what came after.
    sa.Column("added_after", sa.String(60), nullable=False),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATION: Final = Migration("taxii_feeds", _create)
