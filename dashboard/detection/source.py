"""SecurityAlert and SecurityIncident of the store as tables of the local engine, so that workbooks see them at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from dashboard.detection.alert import COLUMNS as ALERT_COLUMNS
from dashboard.detection.incidents.incident import COLUMNS as INCIDENT_COLUMNS
from dashboard.detection.moments import from_iso, from_micros
from dashboard.store.alerts import ALERTS
from dashboard.store.database import Store
from dashboard.store.incidents import HISTORY
from dashboard.table import Column, KqlType, Table, table_from_rows

if TYPE_CHECKING:
    import pyarrow as pa

_AT_A_TIME = 20_000


class DetectionTables:
    """A TableSource over the store. Both tables only grow: each look reads what was added since the last one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, list[pa.Table]]] = {}

    def names(self) -> Collection[str]:
        """SecurityAlert and SecurityIncident."""
        return ("SecurityAlert", "SecurityIncident")

    def version(self) -> str:
        """The ids of the newest alert and the newest change."""
        with self._store.reading() as connection:
            last = [connection.scalar(sa.select(sa.func.max(table.c.id))) or 0 for table in (ALERTS, HISTORY)]
        return f"{last[0]}.{last[1]}"

    def table(self, name: str) -> Table:
        """All alerts, or the whole history of all incidents: one row a change, as Sentinel has it."""
        import pyarrow as pa

        incidents = name == "SecurityIncident"
        columns = INCIDENT_COLUMNS if incidents else ALERT_COLUMNS
        with self._lock:
            last, parts = self._kept.get(name, (0, [_table(columns, []).arrow]))
            while True:
                last, rows = self._incident_rows(last) if incidents else self._alert_rows(last)
                if not rows:
                    break
                parts = [*parts, _table(columns, rows).arrow]
                if len(parts) > 32:
                    parts = [pa.concat_tables(parts).combine_chunks()]
            self._kept[name] = (last, parts)
        return Table(tuple(Column(*column) for column in columns), pa.concat_tables(parts))

    def _alert_rows(self, last: int) -> tuple[int, list[Mapping[str, Any]]]:
        query = sa.select(ALERTS.c.id, ALERTS.c.row).where(ALERTS.c.id > last).order_by(ALERTS.c.id).limit(_AT_A_TIME)
        with self._store.reading() as connection:
            found = connection.execute(query).all()
        return (found[-1].id if found else last), [json.loads(row.row) for row in found]

    def _incident_rows(self, last: int) -> tuple[int, list[Mapping[str, Any]]]:
        # What was taken over from imported data is in the files already.
        query = (
            sa.select(HISTORY.c.id, HISTORY.c.state)
            .where(HISTORY.c.id > last, HISTORY.c.action != "adopted")
            .order_by(HISTORY.c.id)
            .limit(_AT_A_TIME)
        )
        with self._store.reading() as connection:
            found = connection.execute(query).all()
        return (found[-1].id if found else last), [json.loads(row.state) for row in found]


def _table(columns: Sequence[tuple[str, KqlType]], rows: Sequence[Mapping[str, Any]]) -> Table:
    return table_from_rows(columns, [[_cell(row.get(name), kind) for name, kind in columns] for row in rows])


def _cell(value: Any, kind: KqlType) -> Any:
    if value is None or value == "":
        return None if kind != "string" else ""
    if kind == "datetime":
        return from_micros(from_iso(str(value))).replace(tzinfo=None)
    if kind == "dynamic":
        return json.dumps(value, ensure_ascii=False)
    return value
