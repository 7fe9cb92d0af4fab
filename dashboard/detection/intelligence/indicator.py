"""An indicator as every feed gives it in the end."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

from dashboard.detection.intelligence.observables import URL
from dashboard.detection.intelligence.pattern import Observable

_NAMESPACE = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator. `id` is its STIX id, the same in every version; times are naive UTC; `confidence` is 0 to 100; `data` is
    the STIX object as JSON."""

    id: str
    name: str
    pattern: str
    observables: tuple[Observable, ...]
    modified: dt.datetime
    created: dt.datetime
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    confidence: int | None
    revoked: bool
    tags: tuple[str, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something of a feed that is no indicator: where, and why in one sentence."""

    place: int
    reason: str


@dataclass(slots=True)
class Other:
    """Another STIX object (a threat actor, malware, a relationship): kept for ThreatIntelObjects."""

    id: str
    kind: str
    modified: dt.datetime
    data: bytes = field(repr=False)


def stable_id(key: str, value: str) -> str:
    """The STIX id of an indicator whose feed gives none: the same value has the same id each time."""
    return f"indicator--{uuid.uuid5(_NAMESPACE, f'{key}={value}')}"


def pattern_for(key: str, value: str) -> str:
    """The STIX pattern of one value."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{key} = '{escaped}']"


def moment(value: object) -> dt.datetime | None:
    """A time of a feed as naive UTC: ISO 8601, seconds since 1970, or the forms that spreadsheets write. None for none.
    Raises ValueError."""
    if value is None or value == "":
        return None
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.strip().isdigit()):
        seconds = float(value)
        if seconds <= 0:
            return None
        try:
            return dt.datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, dt.UTC).replace(tzinfo=None)
        except (OverflowError, OSError):
            raise ValueError(f"'{value}' is no time") from None
    text = str(value).strip()
    try:
        read = dt.datetime.fromisoformat(text)
    except ValueError:
        read = _spreadsheet(text)
    return read.astimezone(dt.UTC).replace(tzinfo=None) if read.tzinfo else read


def _spreadsheet(text: str) -> dt.datetime:
    for form in ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d"):
        try:
            return dt.datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(f"'{text[:40]}' is no time")


def shown_name(observables: tuple[Observable, ...], name: str) -> str:
    """A name for an indicator that has none: what it looks for."""
    if name or not observables:
        return name
    key, value = observables[0]
    return value if key != URL else value[:120]
