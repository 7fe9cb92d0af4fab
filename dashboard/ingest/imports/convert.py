"""Values of files to KQL types, a column at a time: the forms are those of dashboard.table."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import orjson

from dashboard.ingest.imports.times import read_time
from dashboard.table import TICKS_PER_SECOND, KqlType, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

_NOTHING = frozenset(("", "null", "NULL", "None", "none", "N/A", "n/a", "NaN", "nan", "NaT", "-", "undefined"))
_TRUE, _FALSE = frozenset(("true", "1", "yes")), frozenset(("false", "0", "no"))
_SPAN = re.compile(r"(-)?(?:(\d+)\.)?(\d+):(\d\d):(\d\d)(?:\.(\d{1,7}))?")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
_REAL = re.compile(r"-?(0|[1-9]\d*)\.\d+([eE][+-]?\d+)?")


class Misfit(ValueError):
    """A value that is none of its column's type."""


def text_of(value: Any) -> str:
    """Any value as the text of a string column: never null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json_text(value)
    if isinstance(value, dt.datetime):
        return value.isoformat() if value.tzinfo else f"{value.isoformat()}Z"
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def json_text(value: Any) -> str:
    """Compact JSON."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):
        return json.dumps(value, default=str, ensure_ascii=True)


def _dynamic(value: Any, zone: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if value[0] in '{["' or value in ("true", "false", "null"):
            try:
                orjson.loads(value)
            except orjson.JSONDecodeError:
                return json_text(value)
            return None if value == "null" else value
        return json_text(value)
    return json_text(value)


def _datetime(value: Any, zone: str) -> dt.datetime | None:
    if value is None or (isinstance(value, str) and value.strip() in _NOTHING):
        return None
    moment = read_time(value, zone)
    if moment is None:
        raise Misfit
    return moment


def _whole(bits: int) -> Callable[[Any, str], int | None]:
    limit = 1 << (bits - 1)

    def convert(value: Any, zone: str) -> int | None:
        if isinstance(value, str):
            text = value.strip()
            if text in _NOTHING:
                return None
            if not _NUMBER.fullmatch(text):
                raise Misfit
            value = int(text) if text.lstrip("-").isdigit() else float(text)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return None
        if not isinstance(value, (int, float, Decimal)) or not -limit <= value < limit or value != int(value):
            raise Misfit
        return int(value)

    return convert


def _real(value: Any, zone: str) -> float | None:
    if isinstance(value, str):
        text = value.strip()
        if text in _NOTHING:
            return None
        try:
            return float(text) if "_" not in text else _misfit()
        except ValueError:
            raise Misfit from None
    if value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        return float(value)
    raise Misfit


def _misfit() -> float:
    raise Misfit


def _bool(value: Any, zone: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip()
    if text in _NOTHING:
        return None
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise Misfit


def _guid(value: Any, zone: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Misfit
    return value.lower()


def _timespan(value: Any, zone: str) -> int | None:
    if isinstance(value, dt.timedelta):
        return round(value / dt.timedelta(microseconds=1)) * 10
    if value is None or (isinstance(value, str) and value.strip() in _NOTHING):
        return None
    match = _SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Misfit
    sign, days, hours, minutes, seconds, fraction = match.groups()
    total = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    ticks = total * TICKS_PER_SECOND + int((fraction or "0").ljust(7, "0"))
    return -ticks if sign else ticks


def _decimal(value: Any, zone: str) -> Decimal | None:
    if value is None or (isinstance(value, str) and value.strip() in _NOTHING):
        return None
    try:
        number = Decimal(str(value).strip())
        if not number.is_finite() or number.adjusted() > 20:
            raise Misfit
        return number.quantize(Decimal(1).scaleb(-17))
    except InvalidOperation:
        raise Misfit from None


_CONVERTERS: dict[KqlType, Callable[[Any, str], Any]] = {
    "string": lambda value, zone: text_of(value), "datetime": _datetime, "int": _whole(32), "long": _whole(64), "real": _real,
    "bool": _bool, "dynamic": _dynamic, "guid": _guid, "timespan": _timespan, "decimal": _decimal,
}  # fmt: skip


def column(cells: Sequence[Any], kind: KqlType, zone: str = "") -> tuple[pa.Array, dict[int, Any]]:
    """The cells as an Arrow array of the type, and those that are none of it by position (null in the array)."""
    import pyarrow as pa

    fast = _fast(cells, kind, zone)
    if fast is not None:
        return fast, {}
    convert, misfits, out = _CONVERTERS[kind], {}, []
    for i, cell in enumerate(cells):
        try:
            out.append(convert(cell, zone))
        except (Misfit, ValueError, OverflowError):
            misfits[i] = cell
            out.append("" if kind == "string" else None)
    return pa.array(out, type=arrow_type(kind)), misfits


def _fast(cells: Sequence[Any], kind: KqlType, zone: str) -> pa.Array | None:
    """The usual case in one step; None where the cells need looking at one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        if kind == "string":
            array = pa.array(cells, type=pa.string())
            return pc.fill_null(array, "") if array.null_count else array
        if kind == "datetime" and not zone:
            array = pa.array(cells, type=pa.string())
            zoned = pc.ends_with(array, "Z")
            if pc.all(zoned).as_py() and len(cells):
                try:
                    return array.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
                except pa.ArrowInvalid:
                    return array.cast(pa.timestamp("ns", "UTC")).cast(pa.timestamp("us"), safe=False)
    except (pa.ArrowException, UnicodeError, TypeError, ValueError):
        return None
    return None


def infer(cells: Sequence[Any], zone: str = "") -> KqlType:
    """The type that all the values have (texts of files included); string where they differ or there are none."""
    kind: KqlType | None = None
    for cell in cells:
        found = "datetime" if zone and isinstance(cell, str) and read_time(cell) else _type_of(cell)
        if found is None or found == kind:
            continue
        if kind is None:
            kind = found
        elif {kind, found} == {"long", "real"}:
            kind = "real"
        else:
            return "string"
    return kind or "string"


def _type_of(cell: Any) -> KqlType | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        if _WHOLE.fullmatch(cell):
            return "long"
        if _REAL.fullmatch(cell):
            return "real"
        if cell in ("true", "false", "True", "False"):
            return "bool"
        if cell[0] in "{[" and cell[-1] in "}]":
            return "dynamic" if _is_json(cell) else "string"
        if len(cell) >= 10 and cell[0].isdigit() and ("-" in cell or "/" in cell) and ":" in cell:
            return "datetime" if read_time(cell) is not None else "string"
        return "string"
    if isinstance(cell, bool):
        return "bool"
    if isinstance(cell, int):
        return "long" if -(1 << 63) <= cell < 1 << 63 else "string"
    if isinstance(cell, float):
        return "real"
    if isinstance(cell, (dict, list)):
        return "dynamic"
    if isinstance(cell, (dt.datetime, dt.date)):
        return "datetime"
    if isinstance(cell, dt.timedelta):
        return "timespan"
    return "decimal" if isinstance(cell, Decimal) else "string"


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
