"""The local engine with everything the store shows as tables."""

from __future__ import annotations

from pathlib import Path

from dashboard.detection.hunting.bookmarks import BookmarkTables
from dashboard.detection.intelligence.tables import finish_interrupted
from dashboard.detection.source import DetectionTables
from dashboard.detection.watchlists.source import WatchlistTables
from dashboard.engines.local import LocalEngine
from dashboard.engines.source_tables import TableSource
from dashboard.ingest.schemas import known_tables
from dashboard.store.database import Store


def table_sources(store: Store) -> list[TableSource]:
    """The tables that come from the store. Whatever shows further ones is added here."""
    return [DetectionTables(store), WatchlistTables(store), BookmarkTables(store)]


def open_local(folder: Path, store: Store) -> LocalEngine:
    """The local engine over a data folder, all known tables, and the tables of the store."""
    finish_interrupted(folder)
    return LocalEngine(folder, known_tables(), table_sources(store))
