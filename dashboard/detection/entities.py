"""Entities of an alert, from the columns that a rule maps, in the shape that SecurityAlert.Entities has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dashboard.detection.alert import entity_key
from dashboard.detection.rules.rule import EntityMapping

_TYPES: Final[Mapping[str, str]] = {
    "Account": "account", "AzureResource": "azure-resource", "CloudApplication": "cloud-application", "DNS": "dns",
    "File": "file", "FileHash": "filehash", "Host": "host", "IoTDevice": "iotdevice", "IP": "ip", "Mailbox": "mailbox",
    "MailCluster": "mail-cluster", "MailMessage": "mail-message", "Malware": "malware", "Process": "process",
    "RegistryKey": "registry-key", "RegistryValue": "registry-value", "SecurityGroup": "security-group",
    "SubmissionMail": "SubmissionMail", "URL": "url",
}  # fmt: skip
_MOST = 500
"""Entities of one alert, shared evenly by its mappings, as in Sentinel."""

Row = Mapping[str, Any]


def type_text(kind: str) -> str:
    """A rule's entity type as alerts write it: `AzureResource` is `azure-resource`."""
    return _TYPES.get(kind, kind.lower())


def extract_entities(mappings: Sequence[EntityMapping], rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The distinct entities of all rows, numbered by `$id`."""
    found: dict[str, dict[str, Any]] = {}
    counts = [0] * len(mappings)
    most = max(1, _MOST // max(1, len(mappings)))
    for row in rows:
        for i, mapping in enumerate(mappings):
            if counts[i] >= most:
                continue
            entity = _entity(mapping, row)
            key = entity_key(entity) if entity else ""
            if entity and key not in found:
                found[key] = entity
                counts[i] += 1
    return [{"$id": str(i), **entity} for i, entity in enumerate(found.values(), start=2)]


def _entity(mapping: EntityMapping, row: Row) -> dict[str, Any] | None:
    fields: dict[str, Any] = {}
    for identifier, column in mapping.fields:
        value = row.get(column)
        if value in (None, "", [], {}):
            continue
        text = str(value).strip()
        if identifier == "FullName" and mapping.type == "Account":
            fields |= split_account(text)
        elif identifier == "FullName" and mapping.type == "Host":
            fields |= split_host(text)
        elif text:
            fields[identifier] = text
    return {**fields, "Type": _TYPES[mapping.type]} if fields else None


def split_account(text: str) -> dict[str, str]:
    """An account's full name: `ada@contoso.com` has a UPN suffix, `CONTOSO\\ada` a domain."""
    name, at, suffix = text.rpartition("@")
    if at and name:
        return {"Name": name, "UPNSuffix": suffix}
    domain, slash, name = text.partition("\\")
    return {"Name": name, "NTDomain": domain} if slash and name else {"Name": text}


def split_host(text: str) -> dict[str, str]:
    """A host's full name: what follows the first dot is its domain, unless it is an address."""
    name, dot, domain = text.partition(".")
    if dot and not name.isdigit():
        return {"HostName": name, "DnsDomain": domain}
    return {"HostName": text}
