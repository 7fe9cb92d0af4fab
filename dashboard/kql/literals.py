"""Texts of constants → values: numbers, datetimes, timespans and guids as KQL reads them.

Values are held as `syntax.Literal` says: datetime as a naive UTC datetime, timespan as ticks of 100 ns. A text that
cannot be read gives None from `read_datetime` and `read_timespan`, as Kusto gives null.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from dashboard.table import KqlType

TICKS_PER_DAY = 864_000_000_000
_LONG = 2**63
_UNITS = {
    "d": TICKS_PER_DAY, "h": 36_000_000_000, "m": 600_000_000, "s": 10_000_000, "milli": 10_000, "micro": 10,
    "tick": 1,
}  # fmt: skip

# The old names of types are read everywhere a type is written.
TYPE_NAMES: dict[str, KqlType] = {
    "string": "string", "datetime": "datetime", "date": "datetime", "int": "int", "int32": "int", "uint": "int",
    "uint32": "int", "int16": "int", "uint16": "int", "int8": "int", "uint8": "int", "long": "long", "int64": "long",
    "ulong": "long", "uint64": "long", "real": "real", "double": "real", "float": "real", "bool": "bool",
    "boolean": "bool", "dynamic": "dynamic", "guid": "guid", "uuid": "guid", "uniqueid": "guid",
    "timespan": "timespan", "time": "timespan", "decimal": "decimal",
}  # fmt: skip


def unit_ticks(unit: str) -> float:
    """Ticks in one unit of a bare timespan constant (`h`, `minutes`, `ms`, `tick`, `nanos` …)."""
    if unit.startswith("nano"):
        return 0.01
    if unit == "ms" or unit.startswith("milli"):
        return _UNITS["milli"]
    for head in ("micro", "tick"):
        if unit.startswith(head):
            return _UNITS[head]
    return _UNITS[unit[0]]


_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_UNIT = re.compile(
    r"milliseconds?|millisec|millis?|microseconds?|microsec|micros?|nanoseconds?|nanosec|nanos?|ms|"
    r"minutes?|min|m|seconds?|sec|s|days?|d|hours?|hrs?|h|ticks?"
)
_CLOCK = re.compile(r"(?:(\d+)(?:\.|:(?=\d+:\d+:\d)))?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7})\d*)?)?")


def read_span(text: str) -> int | None:
    """Ticks of a bare timespan constant such as `1.5h`; None where the text is none or the span is too long."""
    match = _SPAN.fullmatch(text)
    if not match or not _UNIT.fullmatch(match[2]):
        return None
    number, unit = match[1], unit_ticks(match[2])
    # Decimal keeps 0.1s exact; a fraction of a tick is cut off.
    if unit >= 1 and number.isdigit() and len(number) < 19:
        ticks = int(number) * int(unit)
    else:
        ticks = int(Decimal(number) * Decimal(str(unit)))
    return ticks if ticks < _LONG else None


def read_timespan(text: str) -> int | None:
    """Ticks of a text in any form that KQL reads as a timespan: `1.02:03:04.5`, `02:03`, `1h`, `5` (days)."""
    text = text.strip()
    sign = -1 if text[:1] == "-" else 1
    text = text.lstrip("+-").strip() if text[:1] in ("-", "+") else text
    clock = _CLOCK.fullmatch(text)
    if clock:
        days, hours, minutes, seconds, fraction = clock.groups()
        if int(minutes) > 59 or int(seconds or 0) > 59 or int(hours) > 23:
            return None
        ticks = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 600_000_000
        ticks += int(seconds or 0) * 10_000_000 + int((fraction or "").ljust(7, "0"))
    elif text.isascii() and text.isdigit():
        ticks = int(text) * TICKS_PER_DAY
    else:
        found = read_span(text)
        if found is None:
            return None
        ticks = found
    return sign * ticks if ticks < _LONG else None


_ISO = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:(?:[T ]|\s+)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+-]\d{1,2}(?::?\d{2})?|GMT|UTC)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_APART = re.compile(r"(\d{4})\s*[-,]\s*(\d{1,2})\s*[-,]\s*(\d{1,2})")
_SLASH = re.compile(
    r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?\s*(AM|PM)?)?", re.IGNORECASE
)
_RFC = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(\d{1,2})[- ]([A-Za-z]{3})[a-z]*[- ](\d{4}|\d{2})"
    r"(?:\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?\s*(Z|GMT|UTC|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_MONTHS = {
    m: i
    for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)
}


def _moment(date: tuple[int, int, int], clock: tuple[str | None, ...], zone: str | None) -> dt.datetime | None:
    hour, minute, second, fraction = clock
    micro = int((fraction or "0").ljust(6, "0")[:6])
    try:
        moment = dt.datetime(*date, int(hour or 0), int(minute or 0), int(second or 0), micro)
        if zone and zone[0] in "+-":
            digits = zone[1:].replace(":", "").ljust(4, "0") if len(zone) > 3 else zone[1:].rjust(2, "0") + "00"
            shift = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
            moment = moment - shift if zone[0] == "+" else moment + shift
    except (ValueError, OverflowError):
        return None
    return moment


def read_datetime(text: str) -> dt.datetime | None:
    """The UTC moment that a text names: ISO 8601, RFC 822 and RFC 850, `M/d/yyyy h:mm:ss PM`; None where it names none.
    Digits beyond the microsecond are cut off."""
    text = text.strip()
    match = _ISO.fullmatch(text)
    if match:
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        return _moment((int(year), int(month or 1), int(day or 1)), (hour, minute, second, fraction), zone)
    match = _COMPACT.fullmatch(text) or _APART.fullmatch(text)
    if match:
        return _moment((int(match[1]), int(match[2]), int(match[3])), (None,) * 4, None)
    match = _SLASH.fullmatch(text)
    if match:
        month, day, year, hour, minute, second, fraction, half = match.groups()
        if half:
            hour = str(int(hour) % 12 + (12 if half.upper() == "PM" else 0))
        return _moment((int(year), int(month), int(day)), (hour, minute, second, fraction), None)
    match = _RFC.fullmatch(text)
    if match and match[2].lower() in _MONTHS:
        day, name, year, hour, minute, second, fraction, zone = match.groups()
        number = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 50 else 1900)
        return _moment((number, _MONTHS[name.lower()], int(day)), (hour, minute, second, fraction), zone)
    return None


_GUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")


def read_guid(text: str) -> str | None:
    """A guid in lower case with hyphens; None where the text is none."""
    text = text.strip().strip("{}()").lower()
    if not _GUID.fullmatch(text):
        return None
    digits = text.replace("-", "")
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def read_typed(kind: KqlType, text: str) -> Any:
    """The value of the inside of `kind(text)`; None for `null`. Raises ValueError where the text is no such constant."""
    text = text.strip()
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1].strip()
    if text == "null" or (not text and kind in ("datetime", "timespan", "guid")):
        return None
    if kind in ("int", "long"):
        number = int(text, 16) if text[:2].lower() == "0x" else int(text)
        limit = 2**31 if kind == "int" else _LONG
        if not -limit <= number < limit:
            raise ValueError(text)
        return number
    if kind == "real":
        number_text = text.lower().lstrip("+")
        return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}.get(number_text) or float(number_text)
    if kind == "decimal":
        try:
            return Decimal(text)
        except InvalidOperation:
            raise ValueError(text) from None
    if kind == "bool":
        known = {"true": True, "false": False}.get(text.lower())
        return bool(int(text)) if known is None else known
    reader = {"datetime": read_datetime, "timespan": read_timespan, "guid": read_guid}[kind]
    value = reader(text)
    if value is None:
        raise ValueError(text)
    return value
