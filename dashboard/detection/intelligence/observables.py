"""What an indicator looks for: the key of an observable as STIX writes it, and which key a bare value belongs to."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

IPV4: Final = "ipv4-addr:value"
IPV6: Final = "ipv6-addr:value"
DOMAIN: Final = "domain-name:value"
URL: Final = "url:value"
EMAIL: Final = "email-addr:value"
_HASHES: Final = {32: "MD5", 40: "'SHA-1'", 64: "'SHA-256'", 128: "'SHA-512'"}
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_DOMAIN = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}\Z", re.IGNORECASE
)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,253}\Z")
_HASH_NAMES = {"md5": "MD5", "sha1": "'SHA-1'", "sha256": "'SHA-256'", "sha512": "'SHA-512'", "ssdeep": "SSDEEP"}


def hash_key(name: str) -> str:
    """The key of a file hash by its name in any spelling: `sha256`, `SHA-256`."""
    return f"file:hashes.{_HASH_NAMES.get(name.lower().replace('-', '').replace('_', ''), repr(name))}"


def key_of(value: str) -> str | None:
    """The key that a bare value belongs to: an address, range, URL, e-mail address, hash or domain; None for none."""
    if len(value) in _HASHES and _HEX.match(value):
        return f"file:hashes.{_HASHES[len(value)]}"
    if value[:1].isdigit() or ":" in value[:5]:
        try:
            return IPV4 if ipaddress.ip_network(value, strict=False).version == 4 else IPV6
        except ValueError:
            pass
    if "://" in value[:12] and " " not in value:
        return URL
    if _EMAIL.match(value):
        return EMAIL
    return DOMAIN if _DOMAIN.match(value) else None


def refanged(value: str) -> str:
    """A value as it was before somebody made it harmless to click: `hxxp://evil[.]example`."""
    text = value.strip()
    if "[" in text or "xx" in text[:8].lower():
        text = text.replace("[.]", ".").replace("(.)", ".").replace("[:]", ":").replace("[@]", "@")
        text = re.sub(r"^h(xx|\*\*)p", "http", text, flags=re.IGNORECASE)
    return text


def normal(key: str, value: str) -> str:
    """A value as logs are likely to have it: hashes, domains and addresses in lower case, no dot at the end of a domain."""
    if key == DOMAIN:
        return value.lower().rstrip(".")
    if key.startswith("file:hashes") or key in (IPV4, IPV6, EMAIL):
        return value.lower()
    return value
