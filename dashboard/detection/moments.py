"""Moments as the store holds them, whole microseconds since 1970 in UTC, and as rows and people read them."""

from __future__ import annotations

import datetime as dt
from typing import Final

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
MICROS: Final = 1_000_000
"""Microseconds in a second."""


def to_micros(moment: dt.datetime) -> int:
    """Microseconds since 1970; a moment without a zone is taken as UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> dt.datetime:
    """The aware moment in UTC."""
    return _EPOCH + dt.timedelta(microseconds=micros)


def iso(micros: int) -> str:
    """ISO 8601 with Z, as the state of an incident holds its times."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """Microseconds of a text that `iso` wrote."""
    return to_micros(dt.datetime.fromisoformat(text))


def now_micros() -> int:
    """The clock."""
    return to_micros(dt.datetime.now(dt.UTC))
