"""The tables of a query's answer, as Log Analytics and Kusto write them in JSON, as Arrow columns with KQL types."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast, get_args

from dashboard.engines.azure.faults import partial_notice
from dashboard.table import TICKS_PER_SECOND, Column, KqlType, Notice, Table, arrow_type, render_of

_SPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.(\d{1,7}))?")
_OTHER_NAMES: dict[str, KqlType] = {
    "boolean": "bool", "date": "datetime", "time": "timespan", "double": "real", "uuid": "guid", "uniqueid": "guid",
    "int32": "int", "int64": "long", "sqldecimal": "decimal", "object": "dynamic",
}  # fmt: skip


def kql_type(written: str) -> KqlType:
    """The KQL type by any of its names; string for what is none."""
    name = written.lower().rpartition(".")[2]
    if name in get_args(KqlType):
        return cast(KqlType, name)
    return _OTHER_NAMES.get(name, "string")


def read_answer(told: Any, limit: int, seconds: float, size: int, service: str) -> Table:
    """The first table of an answer. Raises ValueError for JSON that is no answer."""
    if not isinstance(told, dict) or not isinstance(told.get("tables"), list):
        raise ValueError("an answer without tables")  # noqa: TRY004 (the caller asks again for any of these)
    tables = told["tables"]
    heads = (
        [(str(each["name"]), kql_type(str(each.get("type", "")))) for each in tables[0]["columns"]] if tables else []
    )
    rows = tables[0]["rows"] if tables else []
    error = told.get("error")
    notices = []
    if error:
        notices.append(Notice(*partial_notice(error, service, len(rows))))
    cut = len(rows) > limit
    if cut:
        notices.append(Notice("EN005", f"Only the first {limit:,} of {len(rows):,} rows are shown."))
    table = table_of(heads, rows[:limit] if cut else rows)
    statistics = {"seconds": seconds, "bytes": size, "rows": len(rows), **_statistics(told.get("statistics"))}
    render = _render(told.get("render"))
    return Table(table.columns, table.arrow, "partial" if error or cut else "ok", tuple(notices), render, statistics)


def table_of(heads: Sequence[tuple[str, KqlType]], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of JSON rows. A cell that cannot be read as its type is null."""
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) if rows else [()] * len(heads)
    if len(columns) != len(heads):
        raise ValueError("rows and columns differ in number")
    arrays = [_array(cells, kind) for cells, (_, kind) in zip(columns, heads, strict=True)]
    names = [name for name, _ in heads]
    return Table(tuple(Column(*head) for head in heads), pa.Table.from_arrays(arrays, names=names))


def _array(cells: Sequence[Any], kind: KqlType) -> Any:
    import pyarrow as pa

    if kind == "string":
        return pa.array(["" if c is None else c if type(c) is str else _text(c) for c in cells], pa.string())
    read = _READ[kind]
    values = [None if c is None else read(c) for c in cells]
    try:
        return pa.array(values, arrow_type(kind))
    except (pa.ArrowInvalid, OverflowError):
        if kind == "decimal":
            # Large ones (parse_version) have no room for the usual scale.
            return pa.array(values)
        return pa.array([None if v is None or abs(v) >= 2**31 else v for v in values], arrow_type(kind))


def _text(cell: Any) -> str:
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, (dict, list, bool)) else str(cell)


def _datetime(cell: Any) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(cell)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is None else found.astimezone(dt.UTC).replace(tzinfo=None)


def _number(cell: Any) -> int | None:
    try:
        return int(cell)
    except (ValueError, TypeError, OverflowError):
        return None


def _real(cell: Any) -> float | None:
    try:
        return float(cell)
    except (ValueError, TypeError):
        return None


def _bool(cell: Any) -> bool | None:
    if isinstance(cell, str):
        return {"true": True, "1": True, "false": False, "0": False}.get(cell.lower())
    return bool(cell)


def _decimal(cell: Any) -> Decimal | None:
    try:
        found = Decimal(str(cell))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _dynamic(cell: Any) -> str:
    if isinstance(cell, str):
        try:
            json.loads(cell)
        except (ValueError, RecursionError):
            return json.dumps(cell, ensure_ascii=False)
        return cell
    return json.dumps(cell, ensure_ascii=False)


def parse_timespan(text: str) -> int | None:
    """Ticks of KQL's text of a timespan, `[-][d.]hh:mm:ss[.fffffff]`; None for anything else."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 4, 5))
    ticks = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * TICKS_PER_SECOND + int(
        (match[6] or "").ljust(7, "0")
    )
    return -ticks if match[1] else ticks


_READ: dict[KqlType, Callable[[Any], Any]] = {
    "datetime": _datetime, "int": _number, "long": _number, "real": _real, "bool": _bool, "decimal": _decimal,
    "dynamic": _dynamic, "guid": lambda c: str(c).lower(), "timespan": lambda c: parse_timespan(str(c)),
}  # fmt: skip


def _statistics(told: Any) -> dict[str, Any]:
    query = told.get("query") if isinstance(told, dict) else None
    if not isinstance(query, Mapping):
        return {}
    found: dict[str, Any] = {}
    if isinstance(query.get("executionTime"), int | float):
        found["engine_seconds"] = query["executionTime"]
    scanned = _scanned(query)
    if scanned:
        found["bytes_scanned"] = scanned
    return found


def _scanned(query: Mapping[str, Any]) -> int:
    """Bytes that the service read for the query, where it tells: from its caches and its storage."""
    usage = query.get("resourceUsage")
    cache = usage.get("cache") if isinstance(usage, Mapping) else None
    shards = cache.get("shards") if isinstance(cache, Mapping) else None
    total = 0
    for part in shards.values() if isinstance(shards, Mapping) else ():
        for name in ("hitbytes", "missbytes", "retrievebytes"):
            value = part.get(name) if isinstance(part, Mapping) else None
            total += value if isinstance(value, int) and value > 0 else 0
    return total


def _render(told: Any) -> dict[str, Any] | None:
    if not isinstance(told, Mapping) or not told.get("visualization"):
        return None
    # The service spells xTitle what KQL, and everything that draws, calls xtitle; what nobody asked for it sends empty.
    given = {key.lower(): value for key, value in told.items() if value not in (None, False, "NaN", "")}
    properties = {key: value for key, value in given.items() if key != "visualization"}
    return render_of(str(told["visualization"]), properties)
