"""STIX 2.0 and 2.1: bundles of any size, and the envelopes that TAXII servers answer with, read object by object."""

from __future__ import annotations

import codecs
import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from dashboard.detection.intelligence.indicator import Indicator, Other, Rejected, moment, shown_name
from dashboard.detection.intelligence.pattern import observables_of

Read = Indicator | Other | Rejected
# Definitions of markings and the like say nothing about threats.
_LEFT_OUT = frozenset({"marking-definition", "extension-definition", "language-content", "bundle"})
_LONGEST = 64_000
_LONGEST_OBJECT = 32 << 20
_PIECE = 1 << 20
_OBJECTS = re.compile(r'(?<!\\)"objects"\s*:\s*\[')
_SPACE = re.compile(r"[\s,]*")


def read_stix(stream: IO[bytes], now: dt.datetime) -> Iterator[Read]:
    """The objects of a bundle, one after another, in constant memory. Raises ValueError where the text is broken JSON."""
    for place, entry in enumerate(_entries(stream), 1):
        found = stix_object(entry, place, now)
        if found is not None:
            yield found


def _entries(stream: IO[bytes]) -> Iterator[Any]:
    """The elements of the list `objects`, from a buffer that holds little more than one of them."""
    text = codecs.getreader("utf-8-sig")(stream, "replace")
    decoder = json.JSONDecoder()
    buffer, started = "", None
    while started is None:
        piece = text.read(_PIECE)
        buffer += piece
        started = _OBJECTS.search(buffer)
        if not piece or len(buffer) > _LONGEST_OBJECT:
            if started is None:
                raise ValueError("it has no list 'objects'")
            break
    at, step, ended = started.end(), _PIECE, False
    while True:
        at = _SPACE.match(buffer, at).end()  # type: ignore[union-attr]
        if at < len(buffer):
            if buffer[at] == "]":
                return
            try:
                value, end = decoder.raw_decode(buffer, at)
            except RecursionError:
                raise ValueError("it is nested too deeply") from None
            except ValueError as error:
                if ended or len(buffer) - at > _LONGEST_OBJECT:
                    raise ValueError(f"it is broken JSON: {str(error)[:100]}") from None
            else:
                yield value
                at, step = end, _PIECE
                continue
        elif ended:
            raise ValueError("it ends in the middle of the list 'objects'")
        piece = text.read(step)
        # Twice as much each time, so that one long object is not scanned a thousand times.
        step, ended = min(step * 2, _LONGEST_OBJECT), not piece
        buffer, at = buffer[at:] + piece, 0


def stix_object(entry: Any, place: int, now: dt.datetime) -> Read | None:
    """One STIX object."""
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str) or not isinstance(entry.get("id"), str):
        return Rejected(place, "it has no type or no id")
    kind = entry["type"]
    try:
        if kind != "indicator":
            if kind in _LEFT_OUT:
                return None
            modified = moment(entry.get("modified") or entry.get("created")) or now
            return Other(entry["id"], kind, modified, orjson.dumps(entry))
        return _indicator(entry, place, now)
    except (ValueError, TypeError, OverflowError) as error:
        return Rejected(place, f"{entry['id'][:80]}: {str(error)[:200]}")


def _indicator(entry: dict[str, Any], place: int, now: dt.datetime) -> Indicator | Rejected:
    pattern = entry.get("pattern")
    if entry.get("pattern_type", "stix") != "stix":
        return Rejected(place, f"its pattern is of type {str(entry.get('pattern_type'))[:40]}, not stix")
    if not isinstance(pattern, str) or len(pattern) > _LONGEST:
        return Rejected(place, f"{entry['id'][:80]}: it has no pattern of at most {_LONGEST:,} characters")
    observables = tuple(observables_of(pattern))
    modified = moment(entry.get("modified")) or now
    created = moment(entry.get("created")) or modified
    confidence = entry.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 <= confidence <= 100:
        confidence = None
    labels = entry.get("labels")
    return Indicator(
        id=entry["id"],
        name=shown_name(observables, str(entry.get("name") or "")),
        pattern=pattern,
        observables=observables,
        modified=modified,
        created=created,
        valid_from=moment(entry.get("valid_from")) or created,
        valid_until=moment(entry.get("valid_until")),
        confidence=None if confidence is None else int(confidence),
        revoked=entry.get("revoked") is True,
        tags=tuple(str(label) for label in labels) if isinstance(labels, list) else (),
        data=orjson.dumps(entry),
    )
