"""The local engine: KQL over Parquet files in a folder, answered by DuckDB.

A table is a folder of the data folder (`TABLE/date=…/*.parquet`). Tables that are known but have no rows exist empty.
The wall is the translator, which makes one SELECT and nothing else; behind it the connection is locked down all the
same: reading outside the data folder, extensions and changes to the configuration are off.
"""

from __future__ import annotations

import atexit
import datetime as dt
import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from dashboard import settings
from dashboard.engines.arrow import conform
from dashboard.engines.deadlines import WATCH
from dashboard.engines.externaldata import copies_version, copy_folders, select_from
from dashboard.engines.functions import functions_version, stored_functions, with_hint
from dashboard.engines.local_tables import Columns, LocalTables, folder_version, with_standard_columns
from dashboard.engines.protocol import CancelToken, QueryRequest, TableInfo
from dashboard.engines.source_tables import SourceTables, TableSource
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.kql.catalog import Catalog
from dashboard.kql.syntax import ExternalData
from dashboard.kql.translate import Translation, translate
from dashboard.table import Column, Notice, Table, render_of

if TYPE_CHECKING:
    import duckdb

_LOG = logging.getLogger("watchbook.engines")

# A union of all tables has thousands of columns: what a result may hold is counted in cells, too.
_MOST_CELLS = 20_000_000
_TOLD_AGAIN_SECONDS = 0.1


class LocalEngine:
    """Answers KQL from `folder`. `schemas` are the known tables; one that has no files is empty. `sources` show further rows
    beside the files'. Safe for many threads: each query runs on its own cursor of one in-memory DuckDB."""

    name = "local"
    label = "Local data"

    def __init__(
        self, folder: Path, schemas: Mapping[str, Columns] | None = None, sources: Sequence[TableSource] = ()
    ) -> None:
        self.folder = folder.resolve()
        self._schemas: Mapping[str, Columns] = {} if schemas is None else schemas
        self._sources = SourceTables(sources)
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._catalog: Catalog | None = None
        self._catalog_version = ""
        self._seen = (-1.0, "", "")
        self._idle: list[duckdb.DuckDBPyConnection] = []

    # ---- the catalog ---------------------------------------------------------------------------------------------------

    def version(self) -> str:
        """Changes when a table's folder, or a day of it, gets new files, and when a copy for externaldata comes or goes.
        Looked up at most twice a second: a page asks many times, and a large folder has thousands of days."""
        # What the store just wrote must show at once; its version is one small look-up.
        return f"{' '.join(self._versions())} {self._sources.version()}"

    def _versions(self) -> tuple[str, str]:
        """Of what the catalog is made of, and of the copies for externaldata, which no table depends on."""
        if time.monotonic() - self._seen[0] > 0.5:
            tables = f"{folder_version(self.folder)} {functions_version(settings.functions_folder())}"
            self._seen = (time.monotonic(), tables, copies_version(self._copy_folders()))
        return self._seen[1:]

    def _copy_folders(self) -> tuple[Path, ...]:
        return copy_folders(self.folder, externaldata_folder())

    def catalog(self) -> Catalog:
        """The tables a query may name, read anew when the data changed."""
        version, _ = self._versions()
        with self._lock:
            if self._catalog is None or version != self._catalog_version:
                functions, problems = stored_functions(settings.functions_folder())
                for problem in problems:
                    _LOG.warning(problem.describe())
                tables = LocalTables(self.folder, self._schemas, self._sources, self._open)
                self._catalog = Catalog(tables, functions, settings.names("local_places"))
                self._catalog_version = version
            return self._catalog

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
        translation, _ = self._translate(request)
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
        translation, told = self._translate(request)
        translated = time.perf_counter()
        limit = request.row_limit or settings.integer("query_rows")
        limit = min(limit, max(1, _MOST_CELLS // max(1, len(translation.columns))))
        arrow, cut = self._execute(translation.sql, limit, request.seconds, cancel)
        columns = tuple(Column(name, kind) for name, kind in translation.columns)
        notices = [*(Notice(problem.code, problem.message) for problem in translation.problems), *told]
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

    def _translate(self, request: QueryRequest) -> tuple[Translation, list[Notice]]:
        """The SQL, and what is to be told of the copies that externaldata reads."""
        catalog = self.catalog()
        tables = with_standard_columns(catalog.tables, request.text, catalog.functions)
        catalog = replace(catalog, tables=tables)
        now = request.now or dt.datetime.now(dt.UTC)
        span = (_naive(request.timespan.start), _naive(request.timespan.end)) if request.timespan else None
        told: dict[str, Notice] = {}

        def external(node: ExternalData) -> str:
            return select_from(node, self._copy_folders(), told)

        try:
            translation = translate(
                request.text, catalog, now=_naive(now), timespan=span, externaldata=external, discover=self._discover,
                parameters=request.parameters,
            )  # fmt: skip
        except Cancelled:
            raise
        except WatchbookError as error:
            raise WatchbookError(*map(with_hint, error.problems)) from None
        return translation, list(told.values())

    def _discover(self, sql: str) -> list[tuple[Any, ...]]:
        """What a plugin must know of the data before its columns are known, under the limits of a query."""
        arrow, _ = self._execute(sql, settings.integer("query_rows"), None, None)
        return [tuple(row.values()) for row in arrow.to_pylist()]

    def _execute(self, sql: str, limit: int, seconds: float | None, cancel: CancelToken | None) -> tuple[Any, bool]:
        import duckdb

        seconds = seconds or float(settings.integer("query_seconds"))
        late, turn, running = threading.Event(), threading.Lock(), True
        with self._cursor() as cursor:

            def stop() -> None:
                # Told after the query ended, it must not stop the next one on this cursor. What DuckDB is told before a
                # query runs, while it is bound, it forgets: it is told again until the query has ended.
                with turn:
                    if running:
                        cursor.interrupt()
                        WATCH.after(_TOLD_AGAIN_SECONDS, stop)

            def stop_late() -> None:
                late.set()
                stop()

            if cancel:
                cancel.check()
                cancel.on_cancel(stop)
            deadline = WATCH.after(seconds, stop_late)
            try:
                # One row more than asked for tells whether there are more. A name is given so that none is drawn at random.
                text = f"SELECT * FROM ({sql}) LIMIT {int(limit) + 1}"
                try:
                    arrow = cursor.sql(text, alias="answer").to_arrow_table()
                except duckdb.IOException:
                    # A file was replaced between the listing and the reading (an import, a merge of files): once more.
                    if late.is_set() or (cancel and cancel.cancelled):
                        raise
                    arrow = cursor.sql(text, alias="answer").to_arrow_table()
            except duckdb.Error as error:
                if cancel and cancel.cancelled:
                    raise Cancelled from None
                raise WatchbookError(_problem_of(error, seconds if late.is_set() else None)) from None
            finally:
                deadline.cancel()
                with turn:
                    running = False
        return (arrow.slice(0, limit), True) if arrow.num_rows > limit else (arrow, False)

    def _open(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._connection is None:
                self._connection = open_connection(self.folder)
            return self._connection

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for one query. Making one costs as much as a small query, so they are kept and lent again."""
        connection = self._open()
        with self._lock:
            cursor = self._idle.pop() if self._idle else connection.cursor()
        yield cursor
        with self._lock:
            self._idle.append(cursor)


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def externaldata_folder() -> Path | None:
    """The folder of copies by the setting; None where there is none."""
    chosen = settings.text("externaldata_folder")
    return Path(chosen).expanduser().resolve() if chosen else None


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
    connection.execute("SET GLOBAL TimeZone='UTC'")
    connection.execute("SET GLOBAL parquet_metadata_cache=true")
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
