"""The history of all incidents: append-only, in the order of its ids, with the whole incident after each change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from dashboard.detection.incidents.incident import State
from dashboard.store.incidents import HISTORY


@dataclass(frozen=True)
class Entry:
    """One change. `id` grows with every change of any incident: who reacts to changes keeps the last id it has seen.

    `action` is `created`, `alerts` (alerts were added), `updated` (a person or an automation changed something) or
    `adopted` (taken over from imported data, whose rows hold the earlier history). `changes` gives each changed column as
    `{"from": …, "to": …}`. `at` is microseconds since 1970.
    """

    id: int
    number: int
    version: int
    at: int
    by: str
    action: str
    changes: Mapping[str, Any]
    state: State


def history_after(connection: sa.Connection, cursor: int, limit: int = 500) -> list[Entry]:
    """The changes after the id `cursor`, oldest first. Ids appear in the order of their commits: none shows up late below
    one that was already read."""
    query = sa.select(HISTORY).where(HISTORY.c.id > cursor).order_by(HISTORY.c.id).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def history_of(connection: sa.Connection, number: int) -> list[Entry]:
    """All changes of one incident, oldest first."""
    query = sa.select(HISTORY).where(HISTORY.c.number == number).order_by(HISTORY.c.id)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Any) -> Entry:
    return Entry(
        row.id, row.number, row.version, row.at, row.by, row.action, json.loads(row.changes), json.loads(row.state)
    )
