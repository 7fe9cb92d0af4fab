"""Two rows of one kind never have one name, and a save that is refused changes nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.store.named import put_named
from dashboard.store.response import PLAYBOOKS


def test_a_name_is_taken_once_and_a_row_keeps_its_own(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")

    def put(ident: str, name: str, settings: str) -> None:
        values = {"name": name, "settings": settings, "modified": dt.datetime.now(dt.UTC)}
        with store.writing() as connection:
            put_named(connection, PLAYBOOKS, ident, values, Problem("RS003", f"'{name}' is taken."))

    put("1", "first", "a")
    put("1", "first", "b")
    put("2", "second", "c")
    for ident in ("2", "3"):
        with pytest.raises(WatchbookError, match="'first' is taken"):
            put(ident, "first", "d")
    with store.reading() as connection:
        rows = connection.execute(sa.select(PLAYBOOKS.c.id, PLAYBOOKS.c.name, PLAYBOOKS.c.settings).order_by("id"))
        assert [tuple(row) for row in rows] == [("1", "first", "b"), ("2", "second", "c")]
