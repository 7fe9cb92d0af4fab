"""Where data comes from: the connectors that people know from Sentinel, and how healthy each is by what its tables hold.

Health is told by rows alone, so that it is the same for local data and for a workspace: rows a day, the last row, how late it is, hours without
rows, and columns that the known schema does not have.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dashboard import settings
from dashboard.engines.protocol import Engine, QueryRequest
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.schemas import known_tables

State = Literal["healthy", "late", "silent", "none"]
DAYS = 7


@dataclass(frozen=True)
class Connector:
    """A source of data. `tables` are names, or an ending after `*`; `often` the hours within which something should come; `azure` and `here`
    the steps to connect it in Azure and to bring its data here."""

    key: str
    name: str
    about: str
    tables: tuple[str, ...]
    often: int
    azure: tuple[str, ...]
    here: tuple[str, ...]


@dataclass(frozen=True)
class TableHealth:
    """One table over the last seven days. `gap` is the longest time without rows between two that came, in hours; `drift` the columns that
    its schema does not have. Times are naive UTC."""

    table: str
    rows_a_day: float
    last: dt.datetime | None
    gap: int
    drift: tuple[str, ...]


@dataclass(frozen=True)
class Health:
    """A connector and its tables that have had rows."""

    connector: Connector
    tables: tuple[TableHealth, ...]
    empty: tuple[str, ...]
    state: State

    @property
    def rows_a_day(self) -> float:
        """Rows a day of all tables."""
        return sum(table.rows_a_day for table in self.tables)

    @property
    def last(self) -> dt.datetime | None:
        """The last row of all tables."""
        return max((table.last for table in self.tables if table.last), default=None)


@lru_cache(maxsize=1)
def connectors() -> tuple[Connector, ...]:
    """All connectors. Raises WatchbookError (IN003) where their file is missing."""
    import yaml

    path = settings.shipped("sample_data") / "connectors.yaml"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))["connectors"]
        return tuple(
            Connector(
                each["key"],
                each["name"],
                each["about"],
                tuple(each["tables"]),
                int(each["often"]),
                tuple(each["azure"]),
                tuple(each["here"]),
            )
            for each in found
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise WatchbookError(
            Problem(
                "IN003",
                f"The list of connectors cannot be read: {error}.",
                place=Place(file=path.name),
                hint="Install again.",
            )
        ) from None


def check(engine: Engine, now: dt.datetime | None = None) -> list[Health]:
    """The health of every connector by one question over their tables. `now` is naive UTC. Raises WatchbookError where the engine cannot answer."""
    now = now or dt.datetime.now(dt.UTC).replace(tzinfo=None)
    there = {table.name: table for table in engine.tables() if table.rows or table.last}
    wanted = {each.key: _tables_of(each, there) for each in connectors()}
    names = sorted({name for found in wanted.values() for name in found})
    timed = [name for name in names if any(column == "TimeGenerated" for column, _ in there[name].columns)]
    hours = _hours(engine, timed, now)
    healths = []
    for each in connectors():
        tables = tuple(
            _health(name, hours.get(name, {}), there[name].last, tuple(there[name].columns))
            for name in wanted[each.key]
        )
        empty = tuple(name for name in each.tables if "*" not in name and name not in there)
        healths.append(Health(each, tables, empty, _state(each, tables, now)))
    return healths


def _tables_of(connector: Connector, there: Iterable[str]) -> list[str]:
    found = []
    for name in connector.tables:
        found += (
            sorted(t for t in there if t.endswith(name[1:]))
            if name.startswith("*")
            else [name]
            if name in there
            else []
        )
    return found


def _hours(engine: Engine, names: list[str], now: dt.datetime) -> dict[str, dict[dt.datetime, int]]:
    """Rows by table and hour."""
    if not names:
        return {}
    # Each part names its table itself: a union of whole tables would have all their columns.
    parts = ", ".join(
        f"(['{name}'] | where TimeGenerated between (ago({DAYS}d) .. now()) | summarize Rows = count() by Hour = bin(TimeGenerated, 1h) | extend T = '{name}')"
        for name in names
    )
    request = QueryRequest(f"union {parts}", now=now.replace(tzinfo=dt.UTC), row_limit=400_000)
    table = engine.run(request)
    found: dict[str, dict[dt.datetime, int]] = {}
    for hour, name, rows in zip(table.column("Hour"), table.column("T"), table.column("Rows"), strict=True):
        if hour is not None:
            found.setdefault(str(name), {})[hour.replace(tzinfo=None)] = int(rows)
    return found


def _health(
    name: str, hours: Mapping[dt.datetime, int], last: dt.datetime | None, columns: tuple[tuple[str, str], ...]
) -> TableHealth:
    times = sorted(hours)
    gaps = [int((b - a).total_seconds() // 3600) - 1 for a, b in itertools.pairwise(times)]
    known = dict(known_tables().get(name, ()))
    drift = tuple(column for column, _ in columns if column not in known and column != "TimeGenerated") if known else ()
    return TableHealth(
        name, sum(hours.values()) / DAYS, last or (times[-1] if times else None), max(gaps, default=0), drift
    )


def _state(connector: Connector, tables: tuple[TableHealth, ...], now: dt.datetime) -> State:
    last = max((table.last for table in tables if table.last), default=None)
    if last is None:
        return "none"
    late = now - last
    if late <= dt.timedelta(hours=connector.often):
        return "healthy"
    return "late" if late <= dt.timedelta(days=DAYS) else "silent"
