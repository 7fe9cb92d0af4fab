"""Bookmarks: rows of a hunt that are worth keeping, alone or with an incident. Queries see them as HuntingBookmark."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.incidents.change import Change, change_incident
from dashboard.detection.incidents.incident import read_incident
from dashboard.errors import Problem, WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.store.database import Store
from dashboard.store.hunting import BOOKMARKS
from dashboard.table import Table, table_from_rows

TABLE: Final = "HuntingBookmark"
_LARGEST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A row that was kept: `query` is the name of the hunting query, `text` its KQL, `row` the columns as they were."""

    id: str
    name: str
    query: str
    text: str
    row: Mapping[str, Any]
    notes: str
    incident: int | None
    created: dt.datetime


def add_bookmark(
    store: Store,
    *,
    name: str,
    query: str,
    text: str,
    row: Mapping[str, Any],
    notes: str = "",
    incident: int | None = None,
    by: str = "Hunting",
) -> Bookmark:
    """Keeps a row; with `incident` it is added to that incident in the same transaction.

    Raises WatchbookError: HU003 where it is empty or too long, DT020 and DT021 for the incident.
    """
    kept = json.dumps(dict(row), ensure_ascii=False, default=str)
    if not row or not name.strip() or len(kept) > _LARGEST:
        raise WatchbookError(Problem("HU003", f"A bookmark needs a name and a row of at most {_LARGEST:,} letters."))
    made = Bookmark(
        str(uuid.uuid4()),
        name.strip()[:500],
        query,
        text,
        json.loads(kept),
        notes.strip()[:20_000],
        incident,
        dt.datetime.now(dt.UTC),
    )
    with store.writing() as connection:
        if incident is not None:
            change_incident(
                connection, incident, read_incident(connection, incident).version, Change(add_bookmarks=(made.id,)), by
            )
        connection.execute(
            BOOKMARKS.insert().values(
                id=made.id, name=made.name, query=query, text=text, row=kept, notes=made.notes, incident=incident, created=made.created
            )
        )  # fmt: skip
    return made


def list_bookmarks(store: Store, incident: int | None = None) -> list[Bookmark]:
    """The bookmarks of an incident, or all, the newest first."""
    query = sa.select(BOOKMARKS).order_by(BOOKMARKS.c.created.desc())
    with store.reading() as connection:
        rows = connection.execute(query if incident is None else query.where(BOOKMARKS.c.incident == incident)).all()
    return [
        Bookmark(row.id, row.name, row.query, row.text, json.loads(row.row), row.notes, row.incident, row.created)
        for row in rows
    ]


def delete_bookmark(store: Store, ident: str) -> None:
    """Deletes a bookmark; an incident's history keeps its mention."""
    with store.writing() as connection:
        connection.execute(BOOKMARKS.delete().where(BOOKMARKS.c.id == ident))


class BookmarkTables:
    """A TableSource: the bookmarks as rows of HuntingBookmark."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> Collection[str]:
        """HuntingBookmark."""
        return (TABLE,)

    def version(self) -> str:
        """Changes with every bookmark that comes or goes; they are never edited."""
        with self._store.reading() as connection:
            newest, count = connection.execute(
                sa.select(sa.func.max(BOOKMARKS.c.created), sa.func.count()).select_from(BOOKMARKS)
            ).one()
        return f"{newest} {count}"

    def table(self, name: str) -> Table:
        """All bookmarks, as Microsoft Sentinel writes them."""
        columns = known_tables()[TABLE]
        rows = []
        for mark in list_bookmarks(self._store):
            at = mark.created.astimezone(dt.UTC).replace(tzinfo=None)
            values = {
                "TimeGenerated": at, "BookmarkId": mark.id, "BookmarkName": mark.name, "BookmarkType": "Hunting", "CreatedTime": at,
                "LastUpdatedTime": at, "EventTime": at, "Notes": mark.notes, "QueryText": mark.text, "QueryResultRow": json.dumps(dict(mark.row)),
                "SoftDeleted": False, "SourceSystem": "Watchbook", "Type": TABLE,
            }  # fmt: skip
            rows.append([values.get(column) for column, _ in columns])
        return table_from_rows(columns, rows)
