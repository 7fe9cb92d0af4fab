"""Small results that the tests of this room draw."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dashboard.table import KqlType, Table, table_from_rows

NOON = dt.datetime(2026, 11, 20, 12)


def hours(series: dict[str, Sequence[float | None]], *, start: dt.datetime = NOON) -> Table:
    """One row an hour and series: TimeGenerated, Category, count_."""
    rows = [
        (start + dt.timedelta(hours=i), name, value)
        for name, values in series.items()
        for i, value in enumerate(values)
    ]
    return table_from_rows([("TimeGenerated", "datetime"), ("Category", "string"), ("count_", "real")], rows)


def counts(pairs: dict[str, float], label: str = "Category", value: str = "count_") -> Table:
    """A text column and a number column."""
    return table_from_rows([(label, "string"), (value, "real")], list(pairs.items()))


def one(value: Any, kind: KqlType = "string", name: str = "value") -> Table:
    """One cell."""
    return table_from_rows([(name, kind)], [(value,)])
