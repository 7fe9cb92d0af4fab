"""Lengths of time as rules write them: `5m`, `1h`, `14d`; ISO 8601 (`PT1H`, `P1DT2H`); .NET's `1.00:05:00`."""

from __future__ import annotations

import re

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_UNITS = {"m": MINUTE, "h": HOUR, "d": DAY}
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_DOTNET = re.compile(r"(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,7})?))?")


def read_duration(text: str) -> int | None:
    """Microseconds; None where the text is no length of time. A whole number alone counts days, as in .NET."""
    text = text.strip()
    if match := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return int(match[1]) * _UNITS[match[2]]
    if re.fullmatch(r"\d{1,5}", text):
        return int(text) * DAY
    if (match := _ISO.fullmatch(text)) and len(text) > 2 and not text.endswith("T"):
        weeks, days, hours, minutes = (int(part or 0) for part in match.groups()[:4])
        return (
            weeks * 7 * DAY + days * DAY + hours * HOUR + minutes * MINUTE + round(float(match[5] or 0) * SECOND)
        )  # fmt: skip
    if (match := _DOTNET.fullmatch(text)) and int(match[2]) < 24 and int(match[3]) < 60:
        return (
            int(match[1] or 0) * DAY + int(match[2]) * HOUR + int(match[3]) * MINUTE
            + round(float(match[4] or 0) * SECOND)
        )  # fmt: skip
    return None


def short_duration(micros: int) -> str:
    """As a rule's YAML writes it: `5m`, `1h`, `14d`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if micros and micros % size == 0:
            return f"{micros // size}{unit}"
    return iso_duration(micros)


def iso_duration(micros: int) -> str:
    """As Azure's API writes it: `PT5M`, `P14D`."""
    days, rest = divmod(micros, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    time += f"{rest / SECOND:g}S" if rest else ""
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "") if days or time else "PT0S"


def clock_duration(micros: int) -> str:
    """As alerts write it: `01:00:00`, `14.00:00:00`."""
    days, rest = divmod(micros, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    return (f"{days}." if days else "") + f"{hours:02d}:{minutes:02d}:{rest // SECOND:02d}"
