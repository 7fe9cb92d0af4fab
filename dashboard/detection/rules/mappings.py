"""What an alert takes from its rows: entities, custom details, names and severities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from dashboard.detection.rules.known import ENTITIES
from dashboard.detection.rules.reading import Reading
from dashboard.detection.rules.rule import AlertDetails, EntityMapping
from dashboard.kql.diagnostics import did_you_mean

PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}]{1,500}?)\s*\}\}")
_COLUMN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_KEY = re.compile(r"[A-Za-z]\w*", re.ASCII)
_MOST_ENTITIES = 10
_MOST_FIELDS = 3
_PROPERTIES: Final = (
    "AlertLink", "ConfidenceLevel", "ConfidenceScore", "ExtendedLinks", "ProductName", "ProviderName",
    "ProductComponentName", "RemediationSteps", "Techniques", "SubTechniques",
)  # fmt: skip


def read_entities(reading: Reading) -> list[EntityMapping]:
    """The entity mappings, held to what Sentinel accepts of each type."""
    entries = reading.sequence("entityMappings")
    listed = isinstance(reading.value.get("entityMappings"), list)
    if listed and not 1 <= len(entries) <= _MOST_ENTITIES:
        reading.report(
            "DT006", f"There may be 1 to {_MOST_ENTITIES} entity mappings; got {len(entries)}.", "entityMappings",
            hint="Leave 'entityMappings' out where there are none.",
        )  # fmt: skip
    return [found for i in range(len(entries)) if (found := _entity(reading, i)) is not None]


def _entity(reading: Reading, i: int) -> EntityMapping | None:
    if not isinstance(reading.value["entityMappings"][i], Mapping):
        reading.report("DT006", "An entity mapping needs 'entityType' and 'fieldMappings'.", "entityMappings", i)
        return None
    entry = reading.at("entityMappings", i)
    if not entry.needed("entityType"):
        return None
    written = entry.text("entityType").strip()
    kind = next((name for name in ENTITIES if name.lower() == written.lower()), None)
    if kind is None:
        hint = did_you_mean(written, ENTITIES) or f"Use one of {', '.join(ENTITIES)}."
        entry.report("DT006", f"There is no entity type '{written[:60]}'.", "entityType", hint=hint)
        return None
    fields: list[tuple[str, str]] = []
    mapped = entry.sequence("fieldMappings")
    if not 1 <= len(mapped) <= _MOST_FIELDS:
        entry.report(
            "DT006", f"An entity takes 1 to {_MOST_FIELDS} field mappings; got {len(mapped)}.", "fieldMappings"
        )
    for j, field in enumerate(mapped):
        if not isinstance(field, Mapping):
            entry.report("DT006", "A field mapping needs 'identifier' and 'columnName'.", "fieldMappings", j)
            continue
        inner = entry.at("fieldMappings", j)
        if not (inner.needed("identifier") and inner.needed("columnName")):
            continue
        identifier, column = inner.text("identifier").strip(), inner.text("columnName", 500).strip()
        if identifier not in ENTITIES[kind].identifiers:
            allowed = ENTITIES[kind].identifiers
            hint = did_you_mean(identifier, allowed) or f"Use one of {', '.join(allowed)}."
            inner.report("DT006", f"{kind} has no identifier '{identifier[:60]}'.", "identifier", hint=hint)
        if identifier in (name for name, _ in fields):
            inner.report("DT006", f"The identifier '{identifier}' is mapped twice.", "identifier")
        if not _COLUMN.fullmatch(column):
            inner.report("DT006", f"'{column[:60]}' is no name of a column.", "columnName")
        fields.append((identifier, column))
    names = {name for name, _ in fields}
    if names and not any(names.issuperset(needed) for needed in ENTITIES[kind].needed):
        sets = "; ".join(" and ".join(needed) for needed in ENTITIES[kind].needed)
        entry.report("DT006", f"{kind} needs one of these identifiers: {sets}.", "fieldMappings")
    return EntityMapping(kind, tuple(fields))


def read_custom_details(reading: Reading) -> list[tuple[str, str]]:
    """Key → column, at most 20."""
    inner = reading.mapping("customDetails")
    if inner is None:
        return []
    if len(inner.value) > 20:
        reading.report("DT006", f"There may be 20 custom details; got {len(inner.value)}.", "customDetails")
    found = []
    for key in inner.value:
        column = inner.text(key, 500).strip()
        if len(key) > 20 or not _KEY.fullmatch(key):
            inner.report("DT006", f"The key '{key[:60]}' must be a word of at most 20 letters and digits.", key)
        if not _COLUMN.fullmatch(column):
            inner.report("DT006", f"'{column[:60]}' is no name of a column.", key)
        found.append((key, column))
    return found


def read_alert_details(reading: Reading) -> AlertDetails:
    """Formats with at most three `{{Column}}`s, and columns that stand in for the rule's own."""
    inner = reading.mapping("alertDetailsOverride")
    if inner is None:
        return AlertDetails()
    formats = {}
    for name, longest in (("alertDisplayNameFormat", 256), ("alertDescriptionFormat", 5_000)):
        formats[name] = inner.text(name, longest)
        if inner.value.get(name) == "":
            inner.report("DT006", f"'{name}' is empty.", name, hint="Leave it out to keep the rule's own.")
        count = len(PLACEHOLDER.findall(formats[name]))
        if count > 3:
            inner.report("DT006", f"'{name}' may name 3 columns in braces; got {count}.", name)
    properties = []
    for i, entry in enumerate(inner.sequence("alertDynamicProperties")):
        if not isinstance(entry, Mapping):
            inner.report("DT006", "A dynamic property needs 'alertProperty' and 'value'.", "alertDynamicProperties", i)
            continue
        one = inner.at("alertDynamicProperties", i)
        if one.needed("alertProperty") and one.needed("value"):
            properties.append((one.one_of("alertProperty", _PROPERTIES, code="DT006"), one.text("value")))
    return AlertDetails(
        formats["alertDisplayNameFormat"], formats["alertDescriptionFormat"],
        inner.text("alertSeverityColumnName").strip(), inner.text("alertTacticsColumnName").strip(), tuple(properties),
    )  # fmt: skip
