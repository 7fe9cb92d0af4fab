"""CSV and plain lists: a header in anybody's words, or none, where values tell what they are."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from typing import IO, Final

import orjson

from dashboard.detection.intelligence.indicator import Indicator, Rejected, moment, pattern_for, stable_id
from dashboard.detection.intelligence.observables import (
    DOMAIN,
    EMAIL,
    IPV4,
    IPV6,
    URL,
    hash_key,
    key_of,
    normal,
    refanged,
)

# Names of columns, in lower case without anything but letters and digits, and what they hold.
_HEADS: Final = {
    "value": ("indicator", "indicatorvalue", "observablevalue", "value", "ioc", "iocvalue", "ip", "ipaddress", "domain", "url", "hash", "filehash", "filehashvalue", "networkip", "domainname", "address", "dstip", "srcip", "sha256", "md5", "host", "hostname"),
    "kind": ("type", "indicatortype", "observabletype", "observablekey", "ioctype", "filehashtype", "kind"),
    "name": ("name", "title", "indicatorname"),
    "description": ("description", "comment", "comments", "notes", "info"),
    "confidence": ("confidence", "confidencescore", "score"),
    "until": ("validuntil", "expirationdatetime", "expiration", "expires", "expiry", "expirationdate"),
    "from": ("validfrom", "firstseen", "created", "datecreated", "timegenerated", "dateadded"),
    "modified": ("modified", "lastseen", "updated", "lastupdated"),
    "revoked": ("revoked",),
    "threat": ("threattype", "threattypes", "threat", "category", "malware", "malwarename", "malwarenames"),
    "tags": ("tags", "labels", "tag"),
    "tlp": ("tlp", "trafficlightprotocollevel", "tlplevel"),
}  # fmt: skip
_KINDS: Final = {
    "ip": IPV4, "ipv4": IPV4, "ipv4addr": IPV4, "ipv4addrvalue": IPV4, "ipv6": IPV6, "ipv6addr": IPV6, "ipdst": IPV4, "ipsrc": IPV4,
    "domain": DOMAIN, "domainname": DOMAIN, "hostname": DOMAIN, "fqdn": DOMAIN, "url": URL, "uri": URL, "email": EMAIL,
}  # fmt: skip
_HASHES: Final = ("md5", "sha1", "sha256", "sha512", "ssdeep")
_WORDS: Final = {"low": 25, "medium": 50, "high": 85, "none": 0}


def read_csv(stream: IO[bytes], now: dt.datetime) -> Iterator[Indicator | Rejected]:
    """One indicator a line. Lines that begin with # are comments, and tell the column names where one looks like a header.
    Raises ValueError where no column holds indicators."""
    text = io.TextIOWrapper(stream, "utf-8-sig", errors="replace", newline="")
    csv.field_size_limit(1 << 20)
    first = _first_line(text)
    if not first:
        raise ValueError("it is empty")
    mark = max(",\t;|", key=first.count)
    lines = csv.reader(_uncommented(first, text), delimiter=mark)
    heads: dict[str, int] | None = None
    for place, cells in enumerate(lines, 1):
        if not any(cells):
            continue
        if heads is None:
            heads = _heads(cells)
            if heads is not None:
                continue
            heads = _guessed(cells)
        yield _row(cells, heads, place, now)


def _first_line(text: io.TextIOWrapper) -> str:
    for line in text:
        # Feeds of abuse.ch write their header as the last comment.
        if line.strip() and (not line.startswith("#") or _heads(next(csv.reader([line.lstrip("# ")])))):
            return line.lstrip("# ")
    return ""


def _uncommented(first: str, rest: io.TextIOWrapper) -> Iterator[str]:
    yield first
    for line in rest:
        if not line.startswith("#"):
            yield line


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _heads(cells: list[str]) -> dict[str, int] | None:
    """Which column holds what, by a header; None where the line is no header."""
    if any(key_of(refanged(cell)) for cell in cells):
        return None
    plain = [_plain(cell) for cell in cells]
    found: dict[str, int] = {}
    for part, names in _HEADS.items():
        at = next((plain.index(name) for name in names if name in plain), None)
        if at is not None:
            found[part] = at
    return found if "value" in found else None


def _guessed(cells: list[str]) -> dict[str, int]:
    at = next((at for at, cell in enumerate(cells) if key_of(refanged(cell))), None)
    if at is None:
        raise ValueError("no column holds addresses, domains, URLs, e-mail addresses or hashes; name one 'indicator'")
    return {"value": at}


def _row(cells: list[str], heads: dict[str, int], place: int, now: dt.datetime) -> Indicator | Rejected:
    def cell(part: str) -> str:
        at = heads.get(part)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    value = refanged(cell("value"))
    if not value:
        return Rejected(place, "it has no value")
    key = _key(cell("kind"), value)
    if key is None:
        return Rejected(place, f"'{value[:60]}' is no address, domain, URL, e-mail address or hash")
    value = normal(key, value)
    try:
        modified = moment(cell("modified")) or moment(cell("from")) or now
        start, until = moment(cell("from")) or modified, moment(cell("until"))
        confidence = _confidence(cell("confidence"))
    except ValueError as error:
        return Rejected(place, str(error))
    pattern = pattern_for(key, value)
    tags = tuple(tag.strip() for tag in re.split(r"[,;|]", cell("tags")) if tag.strip())
    ident = stable_id(key, value)
    data = {
        "type": "indicator", "id": ident, "name": cell("name") or value, "description": cell("description"), "pattern": pattern,
        "pattern_type": "stix", "indicator_types": [cell("threat") or "unknown"], "labels": list(tags), "tlp": cell("tlp").lower(),
        "valid_from": start.isoformat() + "Z",
    }  # fmt: skip
    return Indicator(
        id=ident, name=cell("name") or value[:200], pattern=pattern, observables=((key, value),), modified=modified, created=start,
        valid_from=start, valid_until=until, confidence=confidence, revoked=cell("revoked").lower() in ("true", "1", "yes"),
        tags=tags, data=orjson.dumps(data),
    )  # fmt: skip


def _key(kind: str, value: str) -> str | None:
    if ":" in kind and not kind.startswith("http"):
        return kind
    plain = _plain(kind)
    if plain in _HASHES or plain.removeprefix("filehash") in _HASHES:
        return hash_key(plain.removeprefix("filehash"))
    told = key_of(value)
    if told in (IPV4, IPV6, EMAIL) or (told == URL and plain not in ("domain", "domainname")):
        return told
    return _KINDS.get(plain, told)


def _confidence(text: str) -> int | None:
    if not text:
        return None
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is no confidence from 0 to 100") from None
    if not 0 <= number <= 100:
        raise ValueError(f"a confidence is from 0 to 100; got {text[:40]}")
    return int(number)
