"""What a query may see: tables with their columns, stored functions, and what workspace() and app() mean."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from dashboard.table import KqlType


class TableSchema(Struct, frozen=True, eq=False):
    """A table the query may name. `columns` keep their order; names are case-sensitive.

    `sql` is what stands in FROM: a quoted view name, or `read_parquet([...], …)`, made by the engine and trusted. It gives
    the columns by their KQL names, held as `functions/registry.py` says (strings never NULL where `strings_filled`).
    `sql` None means an empty table: the translator makes a typed relation without rows. `held_names` gives the name that
    `sql` has for a column where it differs from the KQL name (DuckDB cannot hold two names that differ only in case).
    """

    name: str
    columns: tuple[tuple[str, KqlType], ...]
    sql: str | None = None
    strings_filled: bool = True
    time_column: str = "TimeGenerated"
    held_names: Mapping[str, str] = field(default_factory=dict)

    def held_as(self, name: str) -> str:
        """The name that `sql` has for a column."""
        return self.held_names.get(name, name)


class StoredFunction(Struct, frozen=True):
    """A function known to the workspace (`_GetWatchlist`, a saved parser): KQL text of its parameters and body. `any_time`
    where it reads its tables as a whole, whatever the time range of the query."""

    name: str
    parameters: str
    body: str
    any_time: bool = False


class Catalog(Struct, frozen=True, dict=True):
    """Tables and stored functions by name. `places` are the names, in lower case, of workspaces, clusters, databases and
    applications that these tables stand for; `*` stands for any."""

    tables: Mapping[str, TableSchema] = field(default_factory=dict)
    functions: Mapping[str, StoredFunction] = field(default_factory=dict)
    places: frozenset[str] = frozenset()
