"""Saved views of the queue: filters under a name, for everybody who uses the store."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from dashboard.detection.incidents.queue import Wanted
from dashboard.store.views import VIEWS


def list_views(connection: sa.Connection) -> dict[str, Wanted]:
    """The views by name."""
    found = {}
    for row in connection.execute(sa.select(VIEWS).order_by(VIEWS.c.name)):
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(row.filters).items()}
        found[row.name] = Wanted(**{k: v for k, v in values.items() if k in Wanted.__dataclass_fields__})
    return found


def save_view(connection: sa.Connection, name: str, wanted: Wanted, by: str) -> None:
    """Writes a view, in place of one of the same name."""
    delete_view(connection, name)
    connection.execute(VIEWS.insert().values(name=name[:120], filters=json.dumps(asdict(wanted)), by=by))


def delete_view(connection: sa.Connection, name: str) -> None:
    """Removes a view."""
    connection.execute(VIEWS.delete().where(VIEWS.c.name == name))
