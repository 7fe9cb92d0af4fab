"""Many KQL queries at once, for `watchbook kql --batch`: one line of JSON in, one line of JSON out.

The tables are the empty ones of a schema file, those of a data folder, or none. A query's failure is its line's answer; only
files that cannot be read or written end the run.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.arrow import conform
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Problem, WatchbookError
from dashboard.kql import syntax as s
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.codes import kind_of
from dashboard.kql.translate import translate
from dashboard.table import Column, Table

if TYPE_CHECKING:
    import duckdb

Answer = dict[str, Any]


def run_batch(in_path: Path, out_path: Path, tables_path: Path | None = None, data_dir: Path | None = None) -> None:
    """Answers each `{"query": …}` of a JSON-lines file by one line, in order:
    `{ok, error: {kind, code, message, line, column} | null, columns, rows, ms: {translate, run}}`.

    `tables_path` is a JSON object of empty tables, `{name: {column: type}}`; externaldata then answers its columns without
    rows. `data_dir` is a folder of local data. Raises OSError where a file cannot be used, WatchbookError (CL016) for other tables.
    """
    if data_dir is not None and tables_path is None:
        answer: Callable[[str], Answer] = _over_data(data_dir)
    else:
        answer = _over_tables(tables_path)
    with out_path.open("w", encoding="utf-8") as out:
        for text in _queries(in_path):
            answered = _guarded(answer, text) if text is not None else _failure(_NO_QUERY, time.perf_counter())
            out.write(json.dumps(answered, ensure_ascii=False) + "\n")


_NO_QUERY = Problem("KQ112", "The line is no JSON object with a query.")


def _queries(path: Path) -> Iterator[str | None]:
    """The query of each line; None where the line has none."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.strip():
                try:
                    found = json.loads(line)
                except (ValueError, RecursionError):
                    found = None
                query = found.get("query") if isinstance(found, dict) else None
                yield query if isinstance(query, str) else None


def _guarded(answer: Callable[[str], Answer], text: str) -> Answer:
    """The answer; a fault of our own is told as one and does not end the run."""
    started = time.perf_counter()
    try:
        return answer(text)
    except Exception as fault:  # noqa: BLE001
        message = f"A fault of the translator itself: {type(fault).__name__}: {fault}"
        return _failure(Problem("KQ399", message, hint="Please report it with the query."), started)


def _tables(path: Path) -> dict[str, TableSchema]:
    """The tables of a JSON file `{name: {column: type}}`. Raises WatchbookError (CL016)."""
    try:
        schemas = json.loads(path.read_text(encoding="utf-8"))
        return {name: TableSchema(name, tuple(columns.items())) for name, columns in schemas.items()}
    except (ValueError, AttributeError, RecursionError):
        raise WatchbookError(
            Problem("CL016", f"{path} holds no tables.", hint='Write them as {"Table": {"Column": "string"}}.')
        ) from None


def _over_tables(path: Path | None) -> Callable[[str], Answer]:
    """Answers over empty tables (none where there is no file), without time or network of the outside."""
    from dashboard.engines.local import open_connection

    catalog = Catalog(tables=_tables(path) if path is not None else {})
    connection = open_connection(None)
    limit = settings.integer("query_rows")

    def no_rows(node: s.ExternalData) -> str:
        return ""

    def discover(sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in connection.execute(sql).fetchall()]

    def answer(text: str) -> Answer:
        started = time.perf_counter()
        try:
            translation = translate(
                text,
                catalog,
                now=dt.datetime.now(dt.UTC),
                externaldata=no_rows if catalog.tables else None,
                discover=discover,
            )
        except WatchbookError as error:
            return _failure(error.problem, started)
        translated = time.perf_counter()
        try:
            columns = tuple(Column(name, kind) for name, kind in translation.columns)
            table = Table(columns, conform(_run(connection, translation.sql, limit), columns))
            rows = table.json_rows()
        except WatchbookError as error:
            return _failure(error.problem, started, translated)
        return _success(table, rows, translated - started, time.perf_counter() - translated)

    return answer


def _run(connection: duckdb.DuckDBPyConnection, sql: str, limit: int) -> Any:
    import duckdb
    import pyarrow as pa

    seconds = settings.integer("query_seconds")
    late = threading.Timer(seconds, connection.interrupt)
    late.start()
    try:
        return connection.sql(f"SELECT * FROM ({sql}) LIMIT {limit}").to_arrow_table()
    except duckdb.InterruptException:
        hint = "Narrow the time range or the query."
        raise WatchbookError(Problem("EN002", f"The query was stopped after {seconds} seconds.", hint=hint)) from None
    except (duckdb.Error, pa.ArrowException) as error:
        sentence = str(error).split("\n", 1)[0]
        raise WatchbookError(Problem("EN004", f"The query failed on local data: {sentence}")) from None
    finally:
        # Joined, so that no thread is left inside DuckDB when the interpreter ends.
        late.cancel()
        late.join()


def _over_data(folder: Path) -> Callable[[str], Answer]:
    """Answers over a folder of local data."""
    from dashboard.engines.local import LocalEngine

    engine = LocalEngine(folder)

    def answer(text: str) -> Answer:
        started = time.perf_counter()
        try:
            table = engine.run(QueryRequest(text))
        except WatchbookError as error:
            return _failure(error.problem, started)
        took = float(table.statistics.get("translate_seconds", 0.0))
        return _success(table, table.json_rows(), took, time.perf_counter() - started - took)

    return answer


def _success(table: Table, rows: list[list[Any]], translating: float, running: float) -> Answer:
    columns = [[column.name, column.type] for column in table.columns]
    return {"ok": True, "error": None, "columns": columns, "rows": rows, "ms": _ms(translating, running)}


def _failure(problem: Problem, started: float, translated: float | None = None) -> Answer:
    kind = (
        kind_of(problem.code)
        if problem.code.startswith("KQ")
        else "limit"
        if problem.code in ("EN002", "EN003")
        else "runtime"
    )
    now = time.perf_counter()
    error = {
        "kind": kind,
        "code": problem.code,
        "message": " ".join(part for part in (problem.message, problem.hint) if part),
        "line": problem.place.line,
        "column": problem.place.column,
    }
    took = _ms((translated or now) - started, now - translated if translated else 0.0)
    return {"ok": False, "error": error, "columns": [], "rows": [], "ms": took}


def _ms(translating: float, running: float) -> dict[str, float]:
    return {"translate": round(translating * 1000, 3), "run": round(running * 1000, 3)}
