"""Tables that come from elsewhere than files (incidents, alerts, watchlists), made known to the local engine's DuckDB.

A source is asked for a table only when a query first names it, and again only when its version changed.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

from dashboard.engines.local_tables import quoted
from dashboard.table import Column, Table

if TYPE_CHECKING:
    import duckdb

# A query that was translated against an older copy may still be about to run.
_KEPT = 4


class TableSource(Protocol):
    """Further tables that the local engine shows beside the files' rows of the same name. Safe for many threads."""

    def names(self) -> Collection[str]:
        """The tables it has; fixed for the life of the source, or part of `version`."""
        ...

    def version(self) -> str:
        """Changes whenever a table may have; asked often, so it must be cheap."""
        ...

    def table(self, name: str) -> Table:
        """The rows as they are now."""
        ...


class SourceTables:
    """Copies of the sources' tables inside one DuckDB, each made when first named and renewed with its source."""

    def __init__(self, sources: Sequence[TableSource]) -> None:
        self._sources = tuple(sources)
        self._lock = threading.Lock()
        self._made: dict[str, tuple[str, str, tuple[Column, ...]]] = {}
        self._old: deque[str] = deque()
        self._count = 0

    def version(self) -> str:
        """Changes when a table of a source may have."""
        return "|".join(source.version() for source in self._sources)

    def names(self) -> set[str]:
        """All tables of all sources."""
        return {name for source in self._sources for name in source.names()}

    def columns_and_sql(self, name: str, connection: duckdb.DuckDBPyConnection) -> tuple[tuple[Column, ...], str]:
        """The columns of a source's table, and what stands for its rows in FROM."""
        source = next(source for source in self._sources if name in source.names())
        with self._lock:
            version = source.version()
            made = self._made.get(name)
            if made is None or made[0] != version:
                made = self._make(name, version, source.table(name), connection)
            return made[2], quoted(made[1])

    def _make(
        self, name: str, version: str, table: Table, connection: duckdb.DuckDBPyConnection
    ) -> tuple[str, str, tuple[Column, ...]]:
        self._count += 1
        held = f"source {name} {self._count}"
        cursor = connection.cursor()
        cursor.register("source_rows", table.arrow)
        cursor.execute(f"CREATE TABLE {quoted(held)} AS SELECT * FROM source_rows")
        cursor.close()
        if name in self._made:
            self._old.append(self._made[name][1])
        while len(self._old) > _KEPT:
            connection.cursor().execute(f"DROP TABLE IF EXISTS {quoted(self._old.popleft())}")
        self._made[name] = (version, held, table.columns)
        return self._made[name]
