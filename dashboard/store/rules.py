"""Detection rules that a person made or turned on, how each fares, and which windows were evaluated.

Times are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()

RULES: Final = sa.Table(
    "rules",
    METADATA,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("template", sa.String(200), nullable=False),
    sa.Column("template_version", sa.String(20), nullable=False),
    sa.Column("customised", sa.Boolean, nullable=False),
    sa.Column("exclusions", sa.Text, nullable=False),
    sa.Column("modified", sa.BigInteger, nullable=False),
    sa.Column("modified_by", sa.String(320), nullable=False),
    # How the rule fares: the end of the last window that counts, and its failures since.
    sa.Column("evaluated_to", sa.BigInteger, nullable=False),
    sa.Column("suppressed_until", sa.BigInteger, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("first_failure", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("turned_off", sa.Text, nullable=False),
)

RUNS: Final = sa.Table(
    "rule_runs",
    METADATA,
    sa.Column("rule_id", sa.String(200), primary_key=True),
    sa.Column("window_end", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("hits", sa.Integer, nullable=False),
    sa.Column("alerts", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Index("rule_runs_by_time", "at"),
)

AUDIT: Final = sa.Table(
    "rule_audit",
    METADATA,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("rule_id", sa.String(200), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("by", sa.String(320), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("rule_audit_by_rule", "rule_id", "id"),
)

SEEN: Final = sa.Table(
    "rule_seen",
    METADATA,
    sa.Column("rule_id", sa.String(200), primary_key=True),
    sa.Column("row", sa.String(40), primary_key=True),
    sa.Column("window_end", sa.BigInteger, nullable=False),
)
"""Rows that an alert was raised of, for as long as a later window still reaches back to them."""


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection, tables=[RULES, RUNS, AUDIT])


def _create_seen(connection: sa.Connection) -> None:
    SEEN.create(connection, checkfirst=True)


MIGRATION: Final = Migration("rules", _create)
SEEN_MIGRATION: Final = Migration("rules-seen", _create_seen)
