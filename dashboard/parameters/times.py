"""Time ranges: their JSON form, their text forms, and what `{T:format}` becomes.

The rules are those of the format's description, sections 3 and 4. What a bare `{T}` becomes depends on where it stands:
in a query an operator and its operand (`> ago(1d)`), in prose the label (`Last 24 hours`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LONGEST = 100 * 366 * DAY

_UNITS = {"s": 1_000, "sec": 1_000, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_LENGTH = re.compile(r"(\d{1,9})\s*(s|sec|m|min|h|d|w)", re.IGNORECASE)
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?", re.IGNORECASE)
_GRAINS = ((HOUR, "1m"), (4 * HOUR, "5m"), (12 * HOUR, "15m"), (DAY, "30m"), (3 * DAY, "1h"), (7 * DAY, "6h"),
           (14 * DAY, "12h"), (120 * DAY, "1d"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A length in milliseconds that ends at `end` (aware, UTC), or now where `end` is None."""

    duration_ms: int
    end: dt.datetime | None = None

    def bounds(self, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """Start and end, aware and in UTC."""
        end = self.end or now
        try:
            return end - dt.timedelta(milliseconds=self.duration_ms), end
        except OverflowError:
            return dt.datetime(1, 1, 1, tzinfo=dt.UTC), end

    def json(self) -> dict[str, Any]:
        """The format's own form: {"durationMs": …, "endTime"?: …}."""
        form: dict[str, Any] = {"durationMs": self.duration_ms}
        if self.end is not None:
            form["endTime"] = iso(self.end)
        return form

    def query(self, now: dt.datetime) -> str:
        """What stands after a column's name: `> ago(1d)`, or `between (…)` for a range of its own."""
        if self.end is None:
            return f"> ago({timespan(self.duration_ms)})"
        start, end = self.bounds(now)
        return f"between ({literal(start)} .. {literal(end)})"

    def label(self, now: dt.datetime, zone: dt.tzinfo) -> str:
        """`Last 24 hours`, or start and end for a range of its own."""
        if self.end is not None:
            start, end = self.bounds(now)
            return f"{local(start, zone)} - {local(end, zone)}"
        return length_label(self.duration_ms)

    @property
    def grain(self) -> str:
        """A bucket size that gives about 30 to 100 buckets, as KQL writes a timespan."""
        return next((grain for longest, grain in _GRAINS if self.duration_ms <= longest), "7d")

    def format(self, form: str, now: dt.datetime, zone: dt.tzinfo, in_query: bool) -> str | None:
        """`{T:form}`, the form in lower case; None for a form that is not one of time."""
        start, end = self.bounds(now)
        match form:
            case "label":
                return self.label(now, zone)
            case "value" | "query":
                return self.query(now)
            case "start":
                return literal(start) if in_query else local(start, zone)
            case "end":
                return literal(end) if in_query else local(end, zone)
            case "grain":
                return self.grain
            case "startiso":
                return iso(start)
            case "endiso":
                return iso(end)
            case "startdateiso":
                return iso(start.replace(hour=0, minute=0, second=0, microsecond=0))
            case "enddateiso":
                return iso(end.replace(hour=0, minute=0, second=0, microsecond=0))
            case "durationiso":
                return duration_iso(self.duration_ms)
            case "seconds":
                return str(self.duration_ms // 1_000)
        return None


def read_range(value: Any) -> TimeRange | None:
    """A time range from its JSON object, from milliseconds, or from a text: `24h`, `7d`, `PT4H`, `P1D`, `> ago(1d)`,
    `2026-01-01/2026-01-02` (two ISO times), or the JSON object as text. None for anything else, and for no length."""
    if isinstance(value, Mapping):
        return _from_object(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return TimeRange(int(value)) if 0 < value <= LONGEST else None
    text = str(value).strip()
    if text.startswith("{"):
        import json

        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return _from_object(parsed) if isinstance(parsed, dict) else None
    if ago := re.fullmatch(r">=?\s*ago\((.+)\)", text):
        text = ago.group(1)
    if "/" in text:
        first, _, last = text.partition("/")
        start, end = read_time(first), read_time(last)
        if start and end and start < end:
            return TimeRange(round((end - start).total_seconds() * 1000), end)
        return None
    length = read_length(text)
    return TimeRange(length) if length else None


def _from_object(value: Mapping[str, Any]) -> TimeRange | None:
    length = value.get("durationMs")
    try:
        length = int(length) if isinstance(length, (int, float, str)) and not isinstance(length, bool) else 0
    except (ValueError, OverflowError):
        return None
    end = read_time(value.get("endTime"))
    if length <= 0 and end is not None:
        start = read_time(value.get("startTime"))
        length = round((end - start).total_seconds() * 1000) if start and start < end else 0
    return TimeRange(length, end) if 0 < length <= LONGEST else None


def read_length(text: str) -> int | None:
    """Milliseconds of `24h`, `30m`, `7d`, `P1D`, `PT24H`, or a bare number of milliseconds; None for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 16:
        length = int(text)
    elif found := _LENGTH.fullmatch(text):
        length = int(found.group(1)) * _UNITS[found.group(2).lower()]
    elif (found := _ISO.fullmatch(text)) and any(found.groups()):
        weeks, days, hours, minutes, seconds = (
            int(part or 0) if len(part or "") < 10 else 0 for part in found.groups()
        )
        length = weeks * 7 * DAY + days * DAY + hours * HOUR + minutes * MINUTE + seconds * 1_000
    else:
        return None
    return length if 0 < length <= LONGEST else None


def read_time(value: Any) -> dt.datetime | None:
    """An ISO time as aware UTC (without a zone it is UTC); None for anything else."""
    if isinstance(value, dt.datetime):
        moment = value
    else:
        if not isinstance(value, str) or not 8 <= len(value.strip()) <= 40:
            return None
        text = re.sub(r"(\.\d{6})\d+", r"\1", value.strip())
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except OverflowError:
        return None


def iso(moment: dt.datetime) -> str:
    """`2019-11-02T01:04:00.000Z`."""
    moment = moment.astimezone(dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")


def literal(moment: dt.datetime) -> str:
    """The time as a KQL literal."""
    return f"datetime({iso(moment)})"


def local(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """`3/20/2019 4:18 PM` in the reader's zone."""
    with contextlib.suppress(OverflowError):
        moment = moment.astimezone(zone)
    hour = moment.hour % 12 or 12
    return f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment.minute:02d} {'AM' if moment.hour < 12 else 'PM'}"


def timespan(milliseconds: int) -> str:
    """A KQL timespan in the largest unit that divides it: `5m`, `4h`, `1d`."""
    for unit, length in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1_000)):
        if milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"


def duration_iso(milliseconds: int) -> str:
    """`PT24H`: hours where they are whole, else minutes, else seconds."""
    for unit, length in (("H", HOUR), ("M", MINUTE)):
        if milliseconds % length == 0:
            return f"PT{milliseconds // length}{unit}"
    return f"PT{milliseconds / 1000:g}S"


def length_label(milliseconds: int) -> str:
    """`Last hour`, `Last 24 hours`, `Last 7 days`: hours up to two days, as the portal writes them."""
    if milliseconds >= 3 * DAY and milliseconds % DAY == 0:
        count, unit = milliseconds // DAY, "day"
    elif milliseconds >= HOUR and milliseconds % HOUR == 0:
        count, unit = milliseconds // HOUR, "hour"
    elif milliseconds % MINUTE == 0:
        count, unit = milliseconds // MINUTE, "minute"
    else:
        count, unit = max(1, milliseconds // 1_000), "second"
    return f"Last {unit}" if count == 1 else f"Last {count} {unit}s"
