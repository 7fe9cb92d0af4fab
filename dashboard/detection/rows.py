"""Rows from a test as tables of the local engine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dashboard.errors import Problem, WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.kql.diagnostics import did_you_mean
from dashboard.table import Column, KqlType, Table, table_from_rows

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


class RowTables:
    """A TableSource over rows given as mappings, to be exchanged between questions."""

    def __init__(self) -> None:
        self._rows: Rows = {}
        self._version = 0

    def show(self, rows: Rows) -> None:
        """Shows these tables from now on."""
        self._rows = rows
        self._version += 1

    def names(self) -> Collection[str]:
        """The tables with rows now."""
        return tuple(self._rows)

    def version(self) -> str:
        """Changes with `show`."""
        return str(self._version)

    def table(self, name: str) -> Table:
        """The rows in the columns of the known table, then columns of their own. Raises WatchbookError (DT041) for a value
        that does not fit its column."""
        known = dict(known_tables().get(name, ()))
        rows = self._rows[name]
        own: dict[str, KqlType] = {}
        for row in rows:
            for column, value in row.items():
                if column not in known:
                    if known and not column.startswith("_"):
                        hint = did_you_mean(column, known) or "Check the table's columns on the Data page."
                        raise WatchbookError(Problem("DT041", f"{name} has no column '{column}'.", hint=hint))
                    own.setdefault(column, _kind(value))
        columns = [*known.items(), *own.items()] if rows else list(known.items())
        if not columns:
            return Table(
                (Column("TimeGenerated", "datetime"),), table_from_rows([("TimeGenerated", "datetime")], []).arrow
            )
        return table_from_rows(columns, [[_cell(name, c, row.get(c), kind) for c, kind in columns] for row in rows])


def _kind(value: Any) -> KqlType:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "long"
    if isinstance(value, float):
        return "real"
    if isinstance(value, (Mapping, list)):
        return "dynamic"
    return "datetime" if isinstance(value, dt.datetime) else "string"


def _cell(table: str, column: str, value: Any, kind: KqlType) -> Any:
    if value is None:
        return None
    try:
        if kind == "dynamic":
            return value if _is_json(value) else json.dumps(value, default=str)
        if kind in ("string", "guid"):
            return value if isinstance(value, str) else json.dumps(value, default=str)
        if kind == "datetime":
            return _moment(value)
        if kind in ("int", "long", "timespan"):
            return int(value)
        if kind == "real":
            return float(value)
        if kind == "bool":
            return value if isinstance(value, bool) else str(value).lower() in ("true", "1")
    except (ValueError, TypeError):
        raise WatchbookError(
            Problem("DT041", f"{table}.{column} is of type {kind}; got {str(value)[:60]!r}.")
        ) from None
    return value


def _is_json(value: Any) -> bool:
    """Whether a text is an array or object that is already written as JSON."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return False
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _moment(value: Any) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
