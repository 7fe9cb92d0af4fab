"""Which addresses may be contacted. Whatever leaves this machine because of an incident, a report or a feed passes here.

The setting `response_hosts` lists what a person allows: `hooks.example.com`, `*.logic.azure.com`, `hooks.example.com:8443`,
`10.0.0.5`, `http://127.0.0.1:9000`. A name must resolve to public addresses alone, unless the address itself is listed too;
https is asked for unless the entry says http. The connection is made to the very address that was checked.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from dashboard import settings
from dashboard.errors import Problem, WatchbookError

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a name as texts; raises OSError where there are none."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
_NUMERIC: Final = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+))*\.?\Z")
_SAFE = re.compile(r"[!-~]+\Z")
_PORTS: Final = {"http": 80, "https": 443}
# Ranges that carry an IPv4 address inside: translation (NAT64), 6to4, Teredo, compatible addresses.
_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was checked: connect to `address`, speak to `host`."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def shown(self) -> str:
        """The address without path and query, which may hold secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


@dataclass(frozen=True, slots=True)
class _Entry:
    scheme: str
    host: str
    port: int | None


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def allowed_entries(text: str | None = None) -> list[str]:
    """The entries of the setting in force."""
    listed = settings.text("response_hosts") if text is None else text
    return [part.strip() for part in re.split(r"[,\s]+", listed) if part.strip()]


def check_address(url: str, entries: Sequence[str] | None = None, lookup: Resolve = resolve) -> Target:
    """The target of a URL that may be contacted. Raises WatchbookError: RS001 where it may not, RS002 where its name
    resolves to nothing at the moment."""
    parts, host, port = _split(url)
    known = [_entry(entry) for entry in (allowed_entries() if entries is None else entries)]
    fitting = [entry for entry in known if _fits(entry, parts.scheme, host, port)]
    if not fitting:
        where = f"{parts.scheme}://{host}" + ("" if port == _PORTS[parts.scheme] else f":{port}")
        hint = "Add it to WATCHBOOK_RESPONSE_HOSTS" + (
            " as http://…, if you accept that it is not encrypted." if parts.scheme == "http" else "."
        )
        raise _refused(f"{where} is not in the list of allowed addresses", hint)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    literal = _literal(host)
    if literal is not None:
        return Target(parts.scheme, host, port, str(literal), path)
    try:
        found = [ipaddress.ip_address(text.split("%", 1)[0]) for text in lookup(host, port)]
    except (OSError, UnicodeError, ValueError):
        found = []
    if not found:
        raise WatchbookError(Problem("RS002", f"The name {host} has no address at the moment."))
    listed = {literal for entry in known if (literal := _literal(entry.host)) is not None}
    for address in found:
        if not is_public(address) and address not in listed:
            hint = "If that is meant, list the address itself as well."
            raise _refused(f"{host} resolves to {address}, which is no public address", hint)
    return Target(parts.scheme, host, port, str(found[0]), path)


def is_public(address: Address) -> bool:
    """Whether an address means a place in the public internet, also where it carries another address inside."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo:
            inner = address.teredo[1]
        if inner is None and (any(address in net for net in _NAT64) or int(address) >> 32 == 0):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _split(url: str) -> tuple[SplitResult, str, int]:
    if not isinstance(url, str) or not _SAFE.match(url) or "\\" in url or len(url) > 4000:
        raise _refused("The address is empty, too long, or holds characters that no address may hold")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("The address cannot be read") from None
    if parts.scheme not in _PORTS:
        raise _refused(f"'{parts.scheme[:20]}' is not http or https")
    if "@" in parts.netloc or parts.username is not None:
        raise _refused("The address holds a user name, which can hide where it leads")
    if parts.fragment or "%" in parts.netloc:
        raise _refused("The address holds a fragment or an encoded host")
    host = (parts.hostname or "").lower()
    if not host or port == 0:
        raise _refused("The address names no host or port")
    if _literal(host) is None and (_NUMERIC.match(host) or ":" in host or not _NAME.match(host)):
        raise _refused(f"'{host[:80]}' is neither a name nor an address in its usual form")
    return parts, host, port or _PORTS[parts.scheme]


def _literal(host: str) -> Address | None:
    """The address that a host is written as, in the usual form alone: no octal, hexadecimal or short forms."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _entry(text: str) -> _Entry:
    scheme, _, rest = text.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        return _Entry((scheme or "https").lower(), (parts.hostname or "").lower(), parts.port)
    except ValueError:
        return _Entry("", "", None)


def _fits(entry: _Entry, scheme: str, host: str, port: int) -> bool:
    if entry.scheme != scheme or port != (entry.port or _PORTS.get(entry.scheme)) or not entry.host:
        return False
    ours, theirs = _literal(host), _literal(entry.host)
    if ours is not None or theirs is not None:
        return ours is not None and ours == theirs
    if entry.host.startswith("*."):
        # One suffix of at least two labels: `*.com` would allow half the world.
        return entry.host.count(".") >= 2 and host.endswith(entry.host[1:]) and host != entry.host[2:]
    return host == entry.host


def _refused(sentence: str, hint: str = "") -> WatchbookError:
    return WatchbookError(Problem("RS001", f"{sentence}.", hint=hint or "Nothing was sent."))
