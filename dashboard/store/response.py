"""Playbooks, automation rules, what they did, and how far the history of incidents has been read."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from dashboard.store.columns import UtcTime
from dashboard.store.database import Migration

METADATA: Final = sa.MetaData()
_ID: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
PLAYBOOKS: Final = sa.Table(
    "playbooks",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
)
RULES: Final = sa.Table(
    "automation_rules",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, unique=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("modified", UtcTime, nullable=False),
)
RUNS: Final = sa.Table(
    "response_runs",
    METADATA,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    # playbook: something is sent; rule: an automation rule changed an incident.
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("subject", sa.String(40), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("incident", sa.Integer, nullable=False),
    sa.Column("event", sa.String(10), nullable=False),
    # The history entry and the rule's action that asked for it: the same is never asked for twice.
    sa.Column("asked_by", sa.String(120), nullable=False, unique=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created", UtcTime, nullable=False),
    sa.Column("ended", UtcTime),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index("response_runs_open", "state", "kind"),
    sa.Index("response_runs_by_incident", "incident"),
    sqlite_autoincrement=True,
)
CURSORS: Final = sa.Table(
    "history_cursors",
    METADATA,
    sa.Column("reader", sa.String(40), primary_key=True),
    sa.Column("last", _ID, nullable=False),
)


def _create(connection: sa.Connection) -> None:
    METADATA.create_all(connection)


MIGRATION: Final = Migration("response", _create)
