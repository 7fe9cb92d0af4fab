"""Looking at indicators and changing them: revoke, bring back, expire, rate, delete, add by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from dashboard.detection.intelligence import tables
from dashboard.detection.intelligence.importing import ImportReport, import_objects
from dashboard.detection.intelligence.indicator import Indicator, pattern_for, stable_id
from dashboard.detection.intelligence.observables import key_of, normal, refanged
from dashboard.engines.arrow import conform
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Column, Table

STATES: Final = ("active", "expired", "revoked", "all")
BY_HAND: Final = "By hand"
# Rules look back two weeks; Sentinel writes active indicators again within that time, and so do we.
_REFRESH: Final = dt.timedelta(days=7)
_SHOWN: Final = (
    Column("ObservableKey", "string"), Column("ObservableValue", "string"), Column("Confidence", "int"), Column("State", "string"),
    Column("ValidUntil", "datetime"), Column("SourceSystem", "string"), Column("Name", "string"), Column("Tags", "string"),
    Column("Modified", "datetime"), Column("Id", "string"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows there are of each source, and how many of them match."""

    source: str
    rows: int
    active: int


def _naive(now: dt.datetime | None) -> dt.datetime:
    return (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(tzinfo=None)


def _files(folder: Path) -> list[str]:
    tables.finish_interrupted(folder)
    return [str(tables.bucket_file(folder, tables.MODERN, bucket)) for bucket in tables.held_buckets(folder)]


def summaries(folder: Path, now: dt.datetime | None = None) -> list[Summary]:
    """The sources of imported indicators."""
    import duckdb

    files = _files(folder)
    if not files:
        return []
    active = tables.active_sql("$2")
    with duckdb.connect(":memory:") as connection:
        rows = connection.execute(
            f"SELECT SourceSystem, count(*), count(*) FILTER ({active}) FROM read_parquet($1) GROUP BY ALL ORDER BY ALL",
            [files, _naive(now)],
        ).fetchall()
    return [Summary(*row) for row in rows]


def find(
    folder: Path,
    *,
    text: str = "",
    source: str = "",
    state: str = "active",
    most: int = 200,
    now: dt.datetime | None = None,
) -> Table:
    """Imported indicators that hold `text` in their value, name or tags, the newest first, with their state."""
    import duckdb

    if state not in STATES:
        raise WatchbookError(Problem("TI006", f"A state is one of {', '.join(STATES)}; got '{state}'."))
    files = _files(folder)
    if not files:
        return Table(_SHOWN, conform(_empty(), _SHOWN))
    expired = "(ValidUntil IS NOT NULL AND ValidUntil <= $2)"
    shown = {
        "State": f"CASE WHEN Revoked OR IsDeleted THEN 'revoked' WHEN {expired} THEN 'expired' WHEN ValidFrom > $2 THEN 'not yet valid' ELSE 'active' END",
        "Name": "coalesce(Data->>'$.name', '')",
    }
    columns = ", ".join(f"{shown.get(column.name, column.name)} AS {column.name}" for column in _SHOWN)
    with duckdb.connect(":memory:") as connection:
        arrow = connection.sql(
            f"SELECT * FROM (SELECT {columns} FROM read_parquet($1)) WHERE ($3 = '' OR contains(lower(ObservableValue || ' ' || Name || ' ' || Tags), $3)) "
            "AND ($4 = '' OR SourceSystem = $4) AND ($5 = 'all' OR State = $5) ORDER BY Modified DESC, Id LIMIT $6",
            params=[files, _naive(now), text.strip().lower(), source, state, most],
        ).to_arrow_table()
    return Table(_SHOWN, conform(arrow, _SHOWN))


def _empty() -> Any:
    import pyarrow as pa

    from dashboard.table import arrow_type

    return pa.table({column.name: pa.array([], arrow_type(column.type)) for column in _SHOWN})


def set_revoked(folder: Path, ids: Sequence[str], revoked: bool, now: dt.datetime | None = None) -> int:
    """Revokes indicators, or takes that back; how many rows."""
    active = tables.active_sql("$2").replace("NOT Revoked AND ", "") if not revoked else "false AND $2 IS NOT NULL"
    return _change(folder, ids, {"Revoked": "true" if revoked else "false", "IsActive": active}, now)


def set_confidence(folder: Path, ids: Sequence[str], confidence: int, now: dt.datetime | None = None) -> int:
    """Rates indicators from 0 to 100. Raises WatchbookError (TI006)."""
    if not 0 <= confidence <= 100:
        raise WatchbookError(Problem("TI006", f"A confidence is from 0 to 100; got {confidence}."))
    return _change(folder, ids, {"Confidence": f"{int(confidence)}"}, now)


def set_valid_until(folder: Path, ids: Sequence[str], until: dt.datetime, now: dt.datetime | None = None) -> int:
    """Lets indicators expire at a time."""
    literal = f"TIMESTAMP '{_naive(until):%Y-%m-%d %H:%M:%S}'"
    active = tables.active_sql("$2").replace("ValidUntil", literal)
    return _change(folder, ids, {"ValidUntil": literal, "IsActive": active}, now)


def delete(folder: Path, ids: Sequence[str] = (), source: str = "") -> int:
    """Deletes indicators by id, or all of a source; how many rows."""
    if source:
        return tables.change(folder, {}, "SourceSystem = $1", [source])
    return tables.change(folder, {}, "list_contains($1, Id)", [list(ids)], _buckets(ids)) if ids else 0


def _change(folder: Path, ids: Sequence[str], replacements: dict[str, str], now: dt.datetime | None) -> int:
    if not ids:
        return 0
    at = _naive(now)
    literal = f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S.%f}'"
    stamped = {name: sql.replace("$2", literal) for name, sql in replacements.items()}
    stamped |= {"Modified": literal, "TimeGenerated": literal, "LastUpdateMethod": "'Watchbook'"}
    return tables.change(folder, stamped, "list_contains($1, Id)", [list(ids)], _buckets(ids))


def _buckets(ids: Iterable[str]) -> set[int]:
    return {tables.bucket_of(ident) for ident in ids}


def add(
    folder: Path, value: str, *, name: str = "", description: str = "", confidence: int = 50, valid_until: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> ImportReport:  # fmt: skip
    """Adds an indicator by hand, or replaces the one of the same value. Raises WatchbookError (TI006) where the value is none."""
    value = refanged(value)
    key = key_of(value)
    if key is None:
        hint = "Give an IP address or range, a domain, a URL, an e-mail address or a hash."
        raise WatchbookError(Problem("TI006", f"'{value[:80]}' is no observable.", hint=hint))
    if not 0 <= confidence <= 100:
        raise WatchbookError(Problem("TI006", f"A confidence is from 0 to 100; got {confidence}."))
    value, at = normal(key, value), _naive(now)
    pattern = pattern_for(key, value)
    data = {
        "type": "indicator",
        "id": stable_id(key, value),
        "name": name or value,
        "description": description,
        "pattern": pattern,
    }
    indicator = Indicator(
        id=stable_id(key, value), name=name or value, pattern=pattern, observables=((key, value),), modified=at, created=at,
        valid_from=at, valid_until=None if valid_until is None else _naive(valid_until), confidence=confidence, revoked=False,
        tags=(), data=orjson.dumps(data),
    )  # fmt: skip
    return import_objects([indicator], folder, source=BY_HAND, now=at)


def refresh(folder: Path, now: dt.datetime | None = None) -> int:
    """Takes expired indicators out of those that match, and gives active ones that were last written over a week ago a new
    TimeGenerated, as Sentinel does, since rules look back two weeks. How many rows were written."""
    if not _files(folder):
        return 0
    at = _naive(now)
    literal = f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S.%f}'"
    active = tables.active_sql(literal)
    where = f"(IsActive AND NOT ({active})) OR (({active}) AND TimeGenerated < $1)"
    return tables.change(folder, {"IsActive": active, "TimeGenerated": literal}, where, [at - _REFRESH])
