"""The local engine: KQL over Parquet files in a folder, answered by DuckDB.

A table is a folder of the data folder (`TABLE/date=…/*.parquet`). Tables that are known but have no rows exist empty.
The wall is the translator, which makes one SELECT and nothing else; behind it the connection is locked down all the
same: reading outside the data folder, extensions and changes to the configuration are off.
"""

from __future__ import annotations

import atexit
import datetime as dt
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from dashboard import settings
from dashboard.engines.arrow import conform
from dashboard.engines.externaldata import select_from
from dashboard.engines.protocol import CancelToken, QueryRequest, TableInfo
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.syntax import ExternalData
from dashboard.kql.translate import Translation, translate
from dashboard.table import Column, KqlType, Notice, Table, render_of

if TYPE_CHECKING:
    import duckdb

Columns = tuple[tuple[str, KqlType], ...]

# A union of all tables has thousands of columns: what a result may hold is counted in cells, too.
_MOST_CELLS = 20_000_000


class TableSource(Protocol):
    """Further tables that the local engine shows (incidents, watchlists): name → columns and rows as a `Table`."""

    def tables(self) -> Mapping[str, Table]:
        """The tables as they are now."""
        ...


class LocalEngine:
    """Answers KQL from `folder`. `schemas` are the known tables; one that has no files is empty. Safe for many threads:
    each query runs on its own cursor of one in-memory DuckDB."""

    name = "local"
    label = "Local data"

    def __init__(self, folder: Path, schemas: Mapping[str, Columns] | None = None) -> None:
        self.folder = folder.resolve()
        self._schemas = dict(schemas or {})
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._catalog: Catalog | None = None
        self._catalog_version = ""
        self._seen = (-1.0, "")

    # ---- the catalog ---------------------------------------------------------------------------------------------------

    def version(self) -> str:
        """Changes when a table's folder, or a day of it, gets new files. Looked up at most twice a second: a page asks
        many times, and a large folder has thousands of days."""
        looked, version = self._seen
        if time.monotonic() - looked > 0.5:
            version = _folder_version(self.folder)
            self._seen = (time.monotonic(), version)
        return version

    def catalog(self) -> Catalog:
        """The tables a query may name, read anew when the data changed."""
        version = self.version()
        with self._lock:
            if self._catalog is None or version != self._catalog_version:
                self._catalog = Catalog(tables=dict(self._find_tables()))
                self._catalog_version = version
            return self._catalog

    def _find_tables(self) -> Iterator[tuple[str, TableSchema]]:
        found = {path.name for path in self.folder.iterdir() if path.is_dir()} if self.folder.is_dir() else set()
        for name, columns in self._schemas.items():
            if name not in found:
                yield name, TableSchema(name, columns)
        for name in sorted(found):
            files = sorted((self.folder / name).glob("*/*.parquet"))
            if files:
                yield name, self._stored_table(name, files[-1])
            elif name in self._schemas:
                yield name, TableSchema(name, self._schemas[name])

    def _stored_table(self, name: str, newest: Path) -> TableSchema:
        """A table with files: its known columns in their order and with their types, then others that its newest file has.
        Known columns that no file holds stand there without values."""
        import pyarrow.parquet as pq

        from dashboard.engines.arrow import kql_columns

        stored = dict(kql_columns(pq.read_schema(newest)))
        known = dict(self._schemas.get(name, ()))
        columns = tuple({**known, **{column: known.get(column, kind) for column, kind in stored.items()}}.items())
        pattern = str(self.folder / name / "*" / "*.parquet").replace("'", "''")
        source = f"read_parquet('{pattern}', hive_partitioning=false, union_by_name=true)"
        missing = [f"{empty_sql(kind)} AS {quoted(column)}" for column, kind in known.items() if column not in stored]
        held = held_names([*stored, *(column for column in known if column not in stored)])
        if missing:
            source = f"(SELECT *, {', '.join(missing)} FROM {source})"
        return TableSchema(name, columns, source, held_names=held)

    def tables(self) -> list[TableInfo]:
        """All tables, with rows and times where there are any."""
        from dashboard.engines.inventory import read_inventory

        known = read_inventory(self.folder)
        infos = []
        for name, schema in sorted(self.catalog().tables.items()):
            rows, first, last = known.get(name, (0, None, None))
            infos.append(TableInfo(name, schema.columns, rows, first, last))
        return infos

    # ---- queries -------------------------------------------------------------------------------------------------------

    def explain(self, request: QueryRequest) -> tuple[str, str]:
        """The SQL of a query and DuckDB's plan for it."""
        translation = self._translate(request)
        with self._cursor() as cursor:
            plan = cursor.execute(f"EXPLAIN {translation.sql}").fetchall()
        return translation.sql, "\n".join(row[1] for row in plan)

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """Translates and runs one query. Raises WatchbookError: KQnnn where the text is wrong, ENnnn where it cannot run."""
        if request.source not in ("logs", "resource_graph", "adx"):
            raise WatchbookError(
                Problem(
                    "EN006", f"Local data cannot answer a '{request.source}' query.", hint="Choose a live data source."
                )
            )
        started = time.perf_counter()
        translation = self._translate(request)
        translated = time.perf_counter()
        limit = request.row_limit or settings.integer("query_rows")
        limit = min(limit, max(1, _MOST_CELLS // len(translation.columns)))
        arrow, cut = self._execute(translation.sql, limit, request.seconds, cancel)
        columns = tuple(Column(name, kind) for name, kind in translation.columns)
        notices = [Notice(problem.code, problem.message) for problem in translation.problems]
        if cut:
            notices.append(Notice("EN005", f"Only the first {limit:,} rows are shown; the query has more."))
        return Table(
            columns=columns,
            arrow=conform(arrow, columns),
            status="partial" if cut else "ok",
            notices=tuple(notices),
            render=render_of(*translation.render) if translation.render else None,
            statistics={"translate_seconds": translated - started, "seconds": time.perf_counter() - started},
        )

    def _translate(self, request: QueryRequest) -> Translation:
        catalog = self.catalog()
        now = request.now or dt.datetime.now(dt.UTC)
        span = (_naive(request.timespan.start), _naive(request.timespan.end)) if request.timespan else None
        return translate(
            request.text, catalog, now=_naive(now), timespan=span, externaldata=self._external, discover=self._discover,
            parameters=request.parameters,
        )  # fmt: skip

    def _external(self, node: ExternalData) -> str:
        return select_from(node, externaldata_folder())

    def _discover(self, sql: str) -> list[tuple[Any, ...]]:
        """What a plugin must know of the data before its columns are known, under the limits of a query."""
        arrow, _ = self._execute(sql, settings.integer("query_rows"), None, None)
        return [tuple(row.values()) for row in arrow.to_pylist()]

    def _execute(self, sql: str, limit: int, seconds: float | None, cancel: CancelToken | None) -> tuple[Any, bool]:
        import duckdb

        seconds = seconds or float(settings.integer("query_seconds"))
        late = threading.Event()
        with self._cursor() as cursor:

            def stop() -> None:
                with suppress(duckdb.Error):  # told after the query ended: its cursor is closed
                    cursor.interrupt()

            def stop_late() -> None:
                late.set()
                stop()

            timer = threading.Timer(seconds, stop_late)
            timer.daemon = True
            if cancel:
                cancel.check()
                cancel.on_cancel(stop)
            timer.start()
            try:
                # One row more than asked for tells whether there are more.
                arrow = cursor.sql(f"SELECT * FROM ({sql}) LIMIT {int(limit) + 1}").to_arrow_table()
            except duckdb.Error as error:
                if cancel and cancel.cancelled:
                    raise Cancelled from None
                raise WatchbookError(_problem_of(error, seconds if late.is_set() else None)) from None
            finally:
                timer.cancel()
        return (arrow.slice(0, limit), True) if arrow.num_rows > limit else (arrow, False)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            if self._connection is None:
                self._connection = open_connection(self.folder)
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def externaldata_folder() -> Path | None:
    """The folder that externaldata may read from, by the setting; None where there is none."""
    chosen = settings.text("externaldata_folder")
    return Path(chosen).expanduser().resolve() if chosen else None


def _folder_version(folder: Path) -> str:
    newest, count = 0, 0
    with suppress(OSError):
        for table in os.scandir(folder):
            if table.is_dir():
                newest = max(newest, table.stat().st_mtime_ns)
                for day in os.scandir(table.path):
                    count += 1
                    newest = max(newest, day.stat().st_mtime_ns)
    return f"{count}-{newest}"


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
    if kind == "string":
        return "''"
    held = {"datetime": "TIMESTAMP", "timespan": "BIGINT", "bool": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "real": "DOUBLE",
            "decimal": "DECIMAL(38, 17)"}  # fmt: skip
    return f"CAST(NULL AS {held.get(kind, 'VARCHAR')})"


def open_connection(folder: Path | None) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that can read below `folder` and do nothing else: no other files, no network, no extensions, and
    no way to change that again. The translator's Python functions are registered before the lock."""
    import duckdb
    from duckdb.func import FunctionNullHandling

    from dashboard.kql.functions import python_functions

    connection = duckdb.connect(":memory:")
    threads = settings.integer("query_threads")
    if threads:
        connection.execute(f"SET threads={threads}")
    connection.execute(f"SET memory_limit='{settings.integer('query_memory_mb')}MB'")
    connection.execute("SET TimeZone='UTC'")
    connection.execute("SET parquet_metadata_cache=true")
    for name, function, parameters, returns in python_functions():
        connection.create_function(
            name, function, cast("list[Any]", parameters), returns, null_handling=FunctionNullHandling.SPECIAL
        )
    allowed = [f"{path}/" for path in (folder, externaldata_folder()) if path is not None]
    if allowed:
        connection.execute("SET allowed_directories=?", [allowed])
    connection.execute("SET autoinstall_known_extensions=false")
    connection.execute("SET autoload_known_extensions=false")
    connection.execute("SET enable_external_access=false")
    connection.execute("SET lock_configuration=true")
    # Left open, DuckDB's binding complains on stderr when the interpreter ends.
    atexit.register(connection.close)
    return connection


def _problem_of(error: Exception, seconds: float | None) -> Problem:
    import duckdb

    if seconds is not None:
        return Problem(
            "EN002", f"The query was stopped after {seconds:g} seconds.", hint="Narrow the time range or the query."
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        limit = settings.integer("query_memory_mb")
        return Problem(
            "EN003", f"The query needs more than {limit} MB of memory.", hint="Narrow the time range or the query."
        )
    sentence = str(error).split("\n", 1)[0]
    return Problem("EN004", f"The query failed on local data: {sentence}")
