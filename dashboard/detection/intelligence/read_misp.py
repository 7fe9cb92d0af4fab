"""MISP: events as feeds and the REST API give them (`Event`, `response`), their attributes and objects as indicators.

Attributes that are no indicators (`to_ids` false, comments, links) are left out, as MISP's own exports do.
Source: the MISP core format (misp-rfc).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import orjson

from dashboard.detection.intelligence.indicator import Indicator, Rejected, moment, pattern_for, stable_id
from dashboard.detection.intelligence.observables import DOMAIN, EMAIL, IPV4, IPV6, URL, hash_key, normal, refanged
from dashboard.detection.intelligence.pattern import Observable

_KEYS: Final = {
    "domain": DOMAIN, "hostname": DOMAIN, "url": URL, "uri": URL, "link": URL, "email": EMAIL, "email-src": EMAIL,
    "email-dst": EMAIL, "filename": "file:name", "user-agent": "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'",
    "mutex": "mutex:name", "regkey": "windows-registry-key:key", "AS": "autonomous-system:number",
    "email-subject": "email-message:subject", "ja3-fingerprint-md5": "network-traffic:ja3",
}  # fmt: skip
_HASHES: Final = ("md5", "sha1", "sha256", "sha512", "sha224", "sha384", "ssdeep", "imphash", "authentihash")
_THREAT: Final = {"1": 90, "2": 70, "3": 50}


def read_misp(text: bytes, now: dt.datetime) -> Iterator[Indicator | Rejected]:
    """The indicators of one JSON text. Raises ValueError where it is no JSON or no MISP event."""
    value = orjson.loads(text)
    events = list(_events(value))
    if not events:
        raise ValueError("it holds no MISP event")
    place = 0
    for event in events:
        for attribute, comment in _attributes(event):
            place += 1
            if attribute.get("to_ids") in (False, "0", 0) or attribute.get("deleted") is True:
                continue
            try:
                found = _indicator(event, attribute, comment, now)
            except (ValueError, TypeError, AttributeError) as error:
                yield Rejected(place, str(error)[:200])
                continue
            yield found


def _events(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for entry in value:
            yield from _events(entry)
    elif isinstance(value, dict):
        if isinstance(value.get("Event"), dict):
            yield value["Event"]
        elif "response" in value:
            yield from _events(value["response"])
        elif isinstance(value.get("Attribute"), list):
            yield value


def _attributes(event: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The attributes of an event and of its objects, each with the object's name."""
    for attribute in event.get("Attribute") or []:
        if isinstance(attribute, dict):
            yield attribute, ""
    for entry in event.get("Object") or []:
        if isinstance(entry, dict):
            for attribute in entry.get("Attribute") or []:
                if isinstance(attribute, dict):
                    yield attribute, str(entry.get("name") or "")


def _indicator(
    event: dict[str, Any], attribute: dict[str, Any], found_in: str, now: dt.datetime
) -> Indicator | Rejected:
    kind, value = str(attribute.get("type")), str(attribute.get("value") or "")
    observables = _observables(kind, value)
    if not observables:
        return Rejected(0, f"attributes of type {kind[:40]} have no observable")
    modified = moment(attribute.get("timestamp")) or now
    tags = tuple(
        str(tag.get("name"))
        for tag in [*(event.get("Tag") or []), *(attribute.get("Tag") or [])]
        if isinstance(tag, dict) and tag.get("name")
    )
    pattern = " OR ".join(pattern_for(*observable)[1:-1] for observable in observables)
    ident = f"indicator--{attribute['uuid']}" if attribute.get("uuid") else stable_id(*observables[0])
    first = moment(attribute.get("first_seen")) or modified
    said = str(attribute.get("comment") or event.get("info") or found_in)
    data = {
        "type": "indicator", "id": ident, "name": value[:200], "description": said[:2000], "pattern": f"[{pattern}]",
        "pattern_type": "stix", "labels": list(tags), "indicator_types": [str(attribute.get("category") or "unknown")],
        "valid_from": first.isoformat() + "Z", "misp_event": str(event.get("uuid") or ""),
    }  # fmt: skip
    return Indicator(
        id=ident,
        name=value[:200],
        pattern=f"[{pattern}]",
        observables=tuple(observables),
        modified=modified,
        created=modified,
        valid_from=first,
        valid_until=moment(attribute.get("last_seen")),
        confidence=_THREAT.get(str(event.get("threat_level_id")), 50),
        revoked=False,
        tags=tags,
        data=orjson.dumps(data),
    )


def _observables(kind: str, value: str) -> list[Observable]:
    """`filename|sha256` and its like hold two values; the hash alone tells the file."""
    value = refanged(value)
    parts, values = kind.split("|"), value.split("|")
    if len(parts) == 2 and len(values) == 2:
        if parts[1] in _HASHES:
            return _observables(parts[1], values[1])
        return _observables(parts[0], values[0]) + (_observables("ip-dst", values[1]) if parts[1] == "ip" else [])
    if kind in _HASHES:
        return [(hash_key(kind), value.lower())]
    if kind.startswith("ip-"):
        return [(IPV6 if ":" in value else IPV4, value.lower())]
    key = _KEYS.get(kind)
    return [(key, normal(key, value))] if key and value else []
