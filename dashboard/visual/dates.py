"""Date and time patterns by the format's names, in UTC or in the reader's zone, in English."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def zone_of(name: str | None) -> dt.tzinfo:
    """The zone of an IANA name; UTC for an empty or unknown one."""
    if not name or name.upper() == "UTC":
        return dt.UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return dt.UTC


def in_zone(value: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """A naive UTC time in `zone`; the outermost years, which no zone can shift, stay in UTC."""
    aware = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value
    try:
        return aware.astimezone(zone)
    except (OverflowError, ValueError):
        return aware


def format_date(value: dt.datetime, pattern: str | None = None, zone: dt.tzinfo = dt.UTC) -> str:
    """A time by a pattern's name (`shortDateTimePattern` …); without one: date, time to the second, and milliseconds only
    where there are any."""
    local = in_zone(value, zone)
    hour = local.hour % 12 or 12
    half = "AM" if local.hour < 12 else "PM"
    day, month = _DAYS[local.weekday()], _MONTHS[local.month - 1]
    short_date = f"{local.month}/{local.day}/{local.year}"
    long_date = f"{day}, {month} {local.day}, {local.year}"
    short_time = f"{hour}:{local.minute:02d} {half}"
    long_time = f"{hour}:{local.minute:02d}:{local.second:02d} {half}"
    precise = f"{hour}:{local.minute:02d}:{local.second:02d}.{local.microsecond // 1000:03d} {half}"
    match pattern:
        case "shortDatePattern":
            return short_date
        case "longDatePattern":
            return long_date
        case "shortTimePattern":
            return short_time
        case "longTimePattern":
            return long_time
        case "shortDateTimePattern":
            return f"{short_date}, {precise if local.microsecond else long_time}"
        case "shortDateTimeNoMsPattern":
            return f"{short_date}, {long_time}"
        case "fullDateTimePattern" | "longDateTimePattern":
            return f"{long_date}, {long_time}"
        case "weekDayPattern":
            return day
        case "monthDayPattern":
            return f"{month} {local.day}"
        case "yearMonthPattern":
            return f"{month} {local.year}"
        case "sortableDateTimePattern" | "iso" | "isoDateTimePattern":
            return local.strftime(f"{local.year:04d}-%m-%dT%H:%M:%S") + ("Z" if zone is dt.UTC else "")
        case _:
            return f"{short_date}, {precise if local.microsecond >= 1000 else long_time}"


def parse_date(text: str) -> dt.datetime | None:
    """A naive UTC time from ISO text, None where it is no time."""
    trimmed = text.strip()
    if len(trimmed) < 10 or len(trimmed) > 40 or not trimmed[:4].isdigit():
        return None
    try:
        value = dt.datetime.fromisoformat(trimmed)
    except ValueError:
        return None
    return value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)


def format_duration(ticks: int) -> str:
    """A timespan (ticks of 100 ns) as a reader says it: `250 ms`, `42 s`, `3 min 5 s`, `2 h 10 min`, `4 d 6 h`."""
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    milliseconds = ticks / 10_000
    if milliseconds < 1000:
        text = f"{milliseconds:.3f}".rstrip("0").rstrip(".") if milliseconds < 10 else f"{milliseconds:.0f}"
        return f"{sign}{text} ms" if ticks else "0 s"
    seconds = ticks // 10_000_000
    if seconds < 60:
        exact = f"{ticks / 10_000_000:.3f}".rstrip("0").rstrip(".")
        return f"{sign}{exact} s"
    for size, name, minor_size, minor in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // minor_size
            return f"{sign}{seconds // size} {name}" + (f" {rest} {minor}" if rest else "")
    return f"{sign}{seconds} s"
