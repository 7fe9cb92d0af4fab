"""Times in the many ways that files write them."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Any

_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_AMERICAN = re.compile(
    r"(\d\d?)/(\d\d?)/(\d{4}|\d\d)(?:,?\s+(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(AM|PM)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_SYSLOG = re.compile(r"([A-Z][a-z]{2})\s+(\d\d?)(?:\s+(\d{4}))?\s+(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:\s+(\d{4}))?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_MONTHS = {
    m: i for i, m in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
_EPOCH = dt.datetime(1970, 1, 1)


def read_time(value: Any, zone: str = "", year: int | None = None) -> dt.datetime | None:
    """A time as naive UTC; None where the value is none. Texts: ISO 8601, the portal's `6/23/2021, 11:08:25.370 AM`, syslog's `Jul 29
    06:52:56` (in `year`), 20210623110825; numbers: seconds, milliseconds, microseconds or nanoseconds since 1970 by their
    size. `zone` is the zone of texts that say none (UTC where empty)."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _since_1970(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if match := _ISO.fullmatch(text):
            y, mo, d, h, mi, s, f, offset = match.groups()
            return _made(int(y), int(mo), int(d), h, mi, s, f, offset, zone)
        if match := _AMERICAN.fullmatch(text):
            mo, d, y, h, mi, s, f, half, offset = match.groups()
            if half:
                h = str(int(h) % 12 + (12 if half.upper() == "PM" else 0))
            return _made(int(y) + (2000 if len(y) == 2 else 0), int(mo), int(d), h, mi, s, f, offset, zone)
        if match := _SYSLOG.fullmatch(text):
            name, d, y1, h, mi, s, f, y2 = match.groups()
            chosen = int(y1 or y2 or year or dt.datetime.now(dt.UTC).year)
            return _made(chosen, _MONTHS[name], int(d), h, mi, s, f, None, zone)
        if (match := _COMPACT.fullmatch(text)) and 1900 <= int(match[1]) <= 2200:
            y, mo, d, h, mi, s = match.groups()
            return _made(int(y), int(mo), int(d), h, mi, s, None, None, zone)
        if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
            return _since_1970(float(text) if "." in text else int(text))
    except (ValueError, KeyError, OverflowError):
        return None
    return None


def _made(
    y: int, mo: int, d: int, h: str | None, mi: str | None, s: str | None, f: str | None, offset: str | None, zone: str
) -> dt.datetime:
    micros = int((f or "0")[:6].ljust(6, "0"))
    seconds = int(s or 0)
    leap = seconds == 60
    moment = dt.datetime(y, mo, d, int(h or 0), int(mi or 0), 59 if leap else seconds, micros)
    if leap:
        moment += dt.timedelta(seconds=1)
    if offset and offset[0] in "+-":
        shift = dt.timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        return moment - shift if offset[0] == "+" else moment + shift
    if not offset and zone and (info := zone_info(zone)):
        return moment.replace(tzinfo=info).astimezone(dt.UTC).replace(tzinfo=None)
    return moment


def _since_1970(number: float) -> dt.datetime | None:
    size = abs(number)
    scale = 1_000_000 if size < 1e11 else 1_000 if size < 1e14 else 1 if size < 1e17 else 0.001
    try:
        return _EPOCH + dt.timedelta(microseconds=int(number * scale))
    except (OverflowError, ValueError):
        return None


@lru_cache(maxsize=64)
def zone_info(label: str) -> dt.tzinfo | None:
    """The zone that the portal's label means: `UTC`, `Jerusalem`, `Pacific Time (US and Canada) Tijuana`; None where unknown."""
    import zoneinfo

    if label.upper() in ("UTC", "GMT", "Z"):
        return dt.UTC
    names = zoneinfo.available_timezones()
    city = label.replace(",", " ").split()[-1].lower() if label.split() else ""
    found = next(
        (name for name in sorted(names) if name.lower() == label.lower() or name.lower().endswith(f"/{city}")), None
    )
    return zoneinfo.ZoneInfo(found) if found else None
