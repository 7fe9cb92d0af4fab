"""Runs one KQL expression through the translator and DuckDB."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import pytest

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog
from dashboard.kql.translate import translate
from dashboard.table import Column, KqlType, Table

NOW = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)

Case = tuple[str, Any]


@cache
def connection() -> Any:
    """One connection as the engine opens it."""
    from dashboard.engines.local import open_connection

    return open_connection(None)


def run(query: str) -> tuple[list[tuple[str, KqlType]], list[list[Any]]]:
    """Columns and rows of a query, cells as the command line's JSON has them."""
    from dashboard.engines.arrow import conform

    translation = translate(query, Catalog(), now=NOW)
    columns = tuple(Column(name, kind) for name, kind in translation.columns)
    table = Table(columns, conform(connection().sql(translation.sql).to_arrow_table(), columns))
    return [(column.name, column.type) for column in columns], table.json_rows()


def value(expression: str) -> Any:
    """The value of an expression."""
    _, rows = run(f"print value = {expression}")
    return rows[0][0]


def kind(expression: str) -> str:
    """The type of an expression."""
    columns, _ = run(f"print value = {expression}")
    return columns[0][1]


def refusal(expression: str) -> str:
    """The message of the refusal of an expression."""
    with pytest.raises(WatchbookError) as caught:
        run(f"print value = {expression}")
    return caught.value.problem.message


def aggregate(rows: str, expression: str) -> Any:
    """The value of an aggregate over the rows of a datatable: its text up to the closing bracket."""
    _, found = run(f"datatable{rows} | summarize value = {expression}")
    return found[0][0]


def same(found: Any, wanted: Any) -> bool:
    """Equal, numbers within a billionth."""
    if isinstance(wanted, float) and isinstance(found, int | float):
        return found == pytest.approx(wanted, rel=1e-9)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(same(f, w) for f, w in zip(found, wanted, strict=True))
    return type(found) is type(wanted) and bool(found == wanted)
