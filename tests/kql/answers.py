"""What a query answers on a fresh DuckDB connection, as short text for golden cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import duckdb

from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.functions import python_functions
from dashboard.kql.translate import translate
from dashboard.table import format_datetime, format_timespan


def connection() -> duckdb.DuckDBPyConnection:
    """A connection as the local engine has it: UTC, with the registered functions."""
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'")
    for name, call, arguments, returns in python_functions():
        made.create_function(name, call, arguments, returns, null_handling="special")
    return made


def answer(query: str, tables: Mapping[str, TableSchema] | None = None) -> str:
    """The head with types, then a line a row; cells separated by `|`, null as ∅."""
    database = connection()
    translation = translate(
        query,
        Catalog(dict(tables or {})),
        now=dt.datetime(2024, 1, 31, 12),
        discover=lambda sql: database.execute(sql).fetchall(),
    )
    rows = database.execute(translation.sql).fetchall()
    lines = [" | ".join(f"{name}:{kind}" for name, kind in translation.columns)]
    kinds = [kind for _, kind in translation.columns]
    lines += [" | ".join(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)).rstrip() for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _cell(value: object, kind: str) -> str:
    if value is None:
        return "∅"
    if isinstance(value, dt.datetime):
        return format_datetime(value)
    if kind == "timespan" and isinstance(value, int):
        return format_timespan(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
