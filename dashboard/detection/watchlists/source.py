"""The watchlists of the store as rows of the table Watchlist."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from dashboard.ingest.schemas import known_tables
from dashboard.store.database import Store
from dashboard.store.watchlists import ITEMS, WATCHLISTS, version
from dashboard.table import Table, table_from_rows

TABLE = "Watchlist"


class WatchlistTables:
    """A TableSource: one row for each watchlist, one for each item, one that takes back each item it stands in place of."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> Collection[str]:
        """Watchlist."""
        return (TABLE,)

    def version(self) -> str:
        """The number of the newest change."""
        with self._store.reading() as connection:
            return str(version(connection))

    def table(self, name: str) -> Table:
        """All rows, as Microsoft Sentinel writes them."""
        columns = known_tables()[TABLE]
        rows: list[dict[str, Any]] = []
        with self._store.reading() as connection:
            heads = {head.alias: head for head in connection.execute(sa.select(WATCHLISTS))}
            items = connection.execute(sa.select(ITEMS).order_by(ITEMS.c.alias, ITEMS.c.position)).all()
        for head in heads.values():
            rows.append({**_base(head), "_DTItemType": "watchlist", "_DTItemId": head.id})
            for replaced in json.loads(head.replaces):
                rows.append(
                    {**_base(head), "_DTItemType": "watchlist-item", "_DTItemId": replaced, "_DTItemStatus": "Delete"}
                )
        for item in items:
            if item.alias in heads:
                rows.append({
                    **_base(heads[item.alias]), "_DTItemType": "watchlist-item", "_DTItemId": item.id, "WatchlistItemId": item.id,
                    "WatchlistItem": item.item, "SearchKey": item.key, "LastUpdatedTimeUTC": _naive(item.modified),
                    "_DTTimestamp": _naive(item.modified), "TimeGenerated": _naive(item.modified),
                })  # fmt: skip
        return table_from_rows(columns, [[row.get(name) for name, _ in columns] for row in rows])


def _base(head: Any) -> dict[str, Any]:
    at = _naive(head.modified)
    return {
        "TimeGenerated": at, "WatchlistId": head.id, "WatchlistName": head.name, "WatchlistAlias": head.alias, "Provider": "Watchbook",
        "Source": head.source, "CreatedTimeUTC": _naive(head.created), "LastUpdatedTimeUTC": at, "_DTTimestamp": at,
        "_DTItemStatus": "Create", "SourceSystem": "Watchbook", "Type": TABLE,
    }  # fmt: skip


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
