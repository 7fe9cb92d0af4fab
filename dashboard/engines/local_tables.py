"""The tables of a data folder as the translator needs them, each looked at when a query first names it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.engines.externaldata import FOLDER
from dashboard.kql.catalog import StoredFunction, TableSchema
from dashboard.kql.functions.literals import DUCKDB_TYPES
from dashboard.table import Column, KqlType

if TYPE_CHECKING:
    import duckdb

    from dashboard.engines.source_tables import SourceTables

Columns = tuple[tuple[str, KqlType], ...]


class LocalTables(Mapping[str, TableSchema]):
    """Tables by name: those with Parquet files (`FOLDER/TABLE/date=…/*.parquet`), and the known ones without, which are
    empty. A table's files are read for their columns when it is first asked for; the set of names with files is fixed at the start.
    """

    def __init__(
        self,
        folder: Path,
        known: Mapping[str, Columns],
        sources: SourceTables | None = None,
        connect: Callable[[], duckdb.DuckDBPyConnection] | None = None,
    ) -> None:
        self._folder = folder
        self._known = known
        self._of_source: Callable[[str], tuple[Iterable[Column], str]] = lambda name: ((), "")
        self._from_source: Callable[[], Collection[str]] = tuple
        if sources is not None and connect is not None:
            # A source's tables may come and go (watchlists) without a change to any file.
            self._from_source = sources.names
            self._of_source = lambda name: sources.columns_and_sql(name, connect())
        found = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
        self._stored = {name for name in found if next((folder / name).glob("*/*.parquet"), None)}
        self._names = self._stored.union(known)
        self._schemas: dict[str, TableSchema] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names.union(self._from_source())))

    def __len__(self) -> int:
        return len(self._names.union(self._from_source()))

    def __contains__(self, name: object) -> bool:
        return name in self._stored or name in self._known or name in self._from_source()

    def __getitem__(self, name: str) -> TableSchema:
        schema = self._schemas.get(name)
        if schema is None:
            if name in self._stored:
                schema = self._stored_table(name)
            else:
                columns = self._known.get(name)
                if columns is None and name not in self._from_source():
                    raise KeyError(name)
                schema = TableSchema(name, columns or ())
            # Two threads may both have looked: the same answer twice does no harm.
            self._schemas[name] = schema
        # A source's rows change more often than the files: they are looked up every time.
        return self._with_source(schema) if name in self._from_source() else schema

    def _with_source(self, schema: TableSchema) -> TableSchema:
        """The files' rows and the source's as one table: the columns of both, those of the files first."""
        columns, rows = self._of_source(schema.name)
        columns = tuple(columns)
        both = {column.name: column.type for column in columns} | dict(schema.columns)
        ordered = tuple({**dict(schema.columns), **both}.items())
        own = {column.name for column in columns}
        held = held_names(name for name, _ in ordered)

        def select(source: str, has: Collection[str], names: Mapping[str, str]) -> str:
            cells = [
                f"CAST({quoted(names.get(name, name))} AS {DUCKDB_TYPES[kind]}) AS {quoted(held.get(name, name))}"
                if name in has
                else f"{empty_sql(kind)} AS {quoted(held.get(name, name))}"
                for name, kind in ordered
            ]
            return f"SELECT {', '.join(cells)} FROM {source}"

        parts = [select(rows, own, {})]
        if schema.sql is not None:
            parts.insert(0, select(schema.sql, dict(schema.columns), schema.held_names))
        return TableSchema(
            schema.name, ordered, f"({' UNION ALL '.join(parts)})", strings_filled=False, held_names=held
        )

    def _stored_table(self, name: str) -> TableSchema:
        """Known columns in their order and with their types, then others that files have. Known columns that no file holds
        stand there without values."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from dashboard.engines.arrow import kql_columns

        found = []
        for file in sorted((self._folder / name).glob("*/*.parquet")):
            with suppress(OSError, pa.ArrowInvalid):  # a file that is just being replaced
                found.append(kql_columns(pq.read_schema(file)))
        stored: dict[str, KqlType] = {}
        for columns in found:
            stored.update({column: kind for column, kind in columns if column not in stored})
        known = dict(self._known.get(name, ()))
        pattern = str(self._folder / name / "*" / "*.parquet").replace("'", "''")
        # Matching columns by name costs DuckDB a look at every file on every query.
        differ = any(columns != found[0] for columns in found)
        source = f"read_parquet('{pattern}', hive_partitioning=false, union_by_name={str(differ).lower()})"
        missing = [column for column in known if column not in stored]
        if missing:
            empty = ", ".join(f"{empty_sql(known[column])} AS {quoted(column)}" for column in missing)
            source = f"(SELECT *, {empty} FROM {source})"
        columns = tuple({**known, **{column: known.get(column, kind) for column, kind in stored.items()}}.items())
        return TableSchema(name, columns, source, strings_filled=not differ, held_names=held_names([*stored, *missing]))


STANDARD: Mapping[str, KqlType] = {
    "TenantId": "string", "TimeGenerated": "datetime", "_TimeReceived": "datetime", "Type": "string", "_ItemId": "string",
    "_ResourceId": "string", "_SubscriptionId": "string", "_IsBillable": "string", "_BilledSize": "real",
}  # fmt: skip
"""The columns that every table of Log Analytics has (learn.microsoft.com, "Standard columns in Azure Monitor Logs")."""

_WORD = re.compile(r"\w+")


def with_standard_columns(
    tables: Mapping[str, TableSchema], text: str, functions: Mapping[str, StoredFunction]
) -> Mapping[str, TableSchema]:
    """The tables as a query sees them that names standard columns, itself or in the stored functions it calls: those named
    are in every log table, also where no file and no list of columns has them. Other queries see the tables as they are,
    without nine columns that nobody asked for."""
    words = set(_WORD.findall(text))
    seen: set[str] = set()
    while called := {word for word in words if word in functions} - seen:
        seen |= called
        words.update(*(_WORD.findall(functions[name].body) for name in called))
    named = tuple(name for name in STANDARD if name in words)
    return _Standard(tables, named) if named else tables


class _Standard(Mapping[str, TableSchema]):
    def __init__(self, tables: Mapping[str, TableSchema], named: tuple[str, ...]) -> None:
        self._tables, self._named = tables, named

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __contains__(self, name: object) -> bool:
        return name in self._tables

    def __getitem__(self, name: str) -> TableSchema:
        return _extended(self._tables[name], self._named)


@lru_cache(maxsize=512)
def _extended(schema: TableSchema, named: tuple[str, ...]) -> TableSchema:
    """A table with the standard columns named that it lacks. Kept, as the translator keeps what it knows of a table."""
    known = {column.lower() for column, _ in schema.columns}
    is_log = "timegenerated" in known or schema.name.endswith("_CL")
    missing = [column for column in named if column.lower() not in known] if is_log else []
    if not missing:
        return schema
    source = schema.sql
    if source is not None:
        cells = ", ".join(f"{_standard_sql(column, schema.name, known)} AS {quoted(column)}" for column in missing)
        source = f"(SELECT *, {cells} FROM {source})"
    columns = (*schema.columns, *((column, STANDARD[column]) for column in missing))
    return replace(schema, columns=columns, sql=source)


def _standard_sql(column: str, table: str, known: Collection[str]) -> str:
    """A standard column of rows that do not have it: rows were received when they were made, and are of their table."""
    if column == "_TimeReceived" and "timegenerated" in known:
        return quoted("TimeGenerated")
    if column == "Type":
        return "'" + table.replace("'", "''") + "'"
    return empty_sql(STANDARD[column])


def held_names(columns: Iterable[str]) -> dict[str, str]:
    """The names that DuckDB gives to columns that differ only in case from an earlier one: it numbers them."""
    seen: dict[str, int] = {}
    held = {}
    for column in columns:
        count = seen.get(column.lower(), 0)
        seen[column.lower()] = count + 1
        if count:
            held[column] = f"{column}_{count}"
    return held


def quoted(name: str) -> str:
    """A name as a DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def empty_sql(kind: KqlType) -> str:
    """The SQL of a value that is not there, in the form in which the translator holds the type."""
    return "''" if kind == "string" else f"CAST(NULL AS {DUCKDB_TYPES[kind]})"


def folder_version(folder: Path) -> str:
    """Changes when a table's folder, or a day of it, gets new files; copies for externaldata are no table."""
    newest, count = 0, 0
    with suppress(OSError):
        for table in os.scandir(folder):
            if table.name != FOLDER and table.is_dir():
                newest = max(newest, table.stat().st_mtime_ns)
                for day in os.scandir(table.path):
                    count += 1
                    newest = max(newest, day.stat().st_mtime_ns)
    return f"{count}-{newest}"
