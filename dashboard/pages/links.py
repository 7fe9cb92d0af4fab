"""What the address says of a workbook page: the workbook, the values a person set, read and written as text.

A value stands as `p.NAME=text`, several of a multi-select as the same key again, a time range as `24h` or `start/end` in
ISO 8601. What stands there is data from a stranger: it is taken only as a value of the parameter it names.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Any

PREFIX = "p."
_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST = 4_000


def write_values(values: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The address's part for `values`, in order of names."""
    found: dict[str, str | list[str]] = {}
    for name in sorted(values):
        value = values[name]
        if isinstance(value, Mapping):
            text = write_range(value)
            if text:
                found[PREFIX + name] = text
        elif isinstance(value, (list, tuple)):
            found[PREFIX + name] = [str(entry) for entry in value]
        elif value is not None:
            found[PREFIX + name] = str(value)
    return found


def write_texts(values: Mapping[str, str]) -> dict[str, str]:
    """The address's part for values that are texts already."""
    return {PREFIX + name: value[:_LONGEST] for name, value in values.items() if re.fullmatch(r"\w{1,200}", name)}


def read_values(query: Mapping[str, Iterable[str]], times: frozenset[str], multis: frozenset[str]) -> dict[str, Any]:
    """The values that an address sets. `times` and `multis` are the names of time ranges and of multi-selects."""
    found: dict[str, Any] = {}
    for key, several in query.items():
        texts = [text[:_LONGEST] for text in several]
        name = key[len(PREFIX) :]
        if not key.startswith(PREFIX) or not texts or not re.fullmatch(r"\w{1,200}", name):
            continue
        if name in times:
            value = read_range(texts[0])
            if value is not None:
                found[name] = value
        else:
            found[name] = texts if name in multis else texts[0]
    return found


def write_range(value: Mapping[str, Any]) -> str:
    """`24h` or `start/end`; empty where the value is no range."""
    try:
        length = int(value["durationMs"])
        end = value.get("endTime")
        if end:
            stop = dt.datetime.fromisoformat(str(end).replace("Z", "+00:00"))
            return f"{_iso(stop - dt.timedelta(milliseconds=length))}/{_iso(stop)}"
    except (KeyError, TypeError, ValueError, OverflowError):
        return ""
    for unit in ("d", "h", "m", "s"):
        if length > 0 and length % _UNITS[unit] == 0:
            return f"{length // _UNITS[unit]}{unit}"
    return ""


def read_range(text: str) -> dict[str, Any] | None:
    """The value of a time range, None where the text is none."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match and int(match[1]) > 0:
        return {"durationMs": int(match[1]) * _UNITS[match[2]]}
    start, separator, end = text.partition("/")
    try:
        if separator:
            first, last = (dt.datetime.fromisoformat(part.replace("Z", "+00:00")) for part in (start, end))
            first, last = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC) for moment in (first, last))
            if first < last:
                return {"durationMs": int((last - first).total_seconds() * 1000), "endTime": _iso(last)}
    except (ValueError, OverflowError):
        return None
    return None


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
