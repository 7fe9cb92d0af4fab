"""Rules as Azure Resource Manager has them: templates, exports of the portal, answers of the API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dashboard.detection.rules.durations import iso_duration
from dashboard.detection.rules.yaml_source import Path, Source
from dashboard.errors import Problem

if TYPE_CHECKING:
    from dashboard.detection.rules.load import Loaded
    from dashboard.detection.rules.rule import Rule

_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_RENAMED = {"displayName": "name", "techniques": "relevantTechniques"}


def is_arm(value: Any) -> bool:
    """Whether a document holds rules in the shape of Azure's API, or is a deployment template."""
    if not isinstance(value, (Mapping, list)):
        return False
    if isinstance(value, Mapping) and ("resources" in value or "deploymentTemplate" in str(value.get("$schema", ""))):
        return True
    return next(_found(value, ()), None) is not None


def read_arm(source: Source) -> list[Loaded]:
    """The rules of a template, an export or an answer of the API."""
    from dashboard.detection.rules.load import Loaded, read_rule

    rules = []
    for path in _found(source.value, ()):
        resource = _value(source.value, path)
        properties = resource["properties"]
        inner: dict[str, Any] = {"id": _guid(resource), "kind": resource.get("kind")}
        lines: dict[Path, int] = {(): source.lines.get(path, 1)}
        texts: dict[Path, str] = {}
        for key, value in properties.items():
            name = _RENAMED.get(key, key)
            if name == "relevantTechniques" and not value:
                continue
            inner[name] = _unescaped(value)
            at = (*path, "properties", key)
            for found, kept in ((source.lines, lines), (source.texts, texts)):
                kept.update({(name, *p[len(at) :]): v for p, v in found.items() if p[: len(at)] == at})
        if inner.get("kind") in ("Scheduled", "NRT", "Anomaly"):
            inner.setdefault("requiredDataConnectors", [])
            inner["description"] = inner.get("description") or inner.get("name") or ""
        if "query" in inner:
            texts[("query",)] = str(inner["query"])
        if not inner.get("id"):
            import uuid

            inner["id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{inner.get('name')}"))
        for empty in ("entityMappings", "customDetails", "alertDetailsOverride"):
            if not inner.get(empty):
                inner.pop(empty, None)
        rules.append(read_rule(Source(inner, lines, texts, source.file)))
    if not rules:
        hint = "Export rules from Sentinel's Analytics page, or check the resource types."
        problem = Problem("DT010", "The template holds no alert rule.", place=source.place(), hint=hint)
        return [Loaded(None, (problem,))]
    return rules


def _found(value: Any, path: Path, depth: int = 0) -> Iterator[Path]:
    """Where resources lie that are alert rules."""
    if depth > 8:
        return
    if isinstance(value, Mapping):
        properties, kind = value.get("properties"), str(value.get("type", ""))
        if isinstance(properties, Mapping) and (
            kind.lower().endswith("alertrules")
            or ("kind" in value and ("query" in properties or "productFilter" in properties))
        ):
            yield path
            return
        for key in ("resources", "value", "properties", "template", "mainTemplate"):
            if key in value:
                yield from _found(value[key], (*path, key), depth + 1)
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _found(item, (*path, i), depth + 1)


def _value(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _guid(resource: Mapping[str, Any]) -> str:
    """The rule's id: the last GUID in its name or id."""
    import re

    text = f"{resource.get('id', '')} {resource.get('name', '')}"
    found = re.findall(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)
    return str(found[-1]).lower() if found else ""


def _unescaped(value: Any) -> Any:
    """A text that begins with `[[` is one that begins with `[`."""
    if isinstance(value, str):
        return value[1:] if value.startswith("[[") else value
    if isinstance(value, Mapping):
        return {key: _unescaped(inner) for key, inner in value.items()}
    return [_unescaped(inner) for inner in value] if isinstance(value, list) else value


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return f"[{value}" if value.startswith("[") else value
    if isinstance(value, Mapping):
        return {key: _escaped(inner) for key, inner in value.items()}
    return [_escaped(inner) for inner in value] if isinstance(value, list) else value


def write_arm(rules: Sequence[Rule]) -> str:
    """A deployment template with the rules, to be deployed to any workspace by its parameter."""
    resources = []
    for rule in rules:
        scope = "[concat(resourceId('Microsoft.OperationalInsights/workspaces/providers', parameters('workspace'), 'Microsoft.SecurityInsights'),'/alertRules/"
        resources.append({
            "id": f"{scope}{rule.id}')]",
            "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{rule.id}')]",
            "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules", "kind": rule.kind,
            "apiVersion": "2023-12-01-preview", "properties": _escaped(properties_of(rule)),
        })  # fmt: skip
    template = {
        "$schema": _SCHEMA, "contentVersion": "1.0.0.0", "parameters": {"workspace": {"type": "String"}},
        "resources": resources,
    }  # fmt: skip
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def properties_of(rule: Rule) -> dict[str, Any]:
    """A rule's properties as Azure's API names them."""
    techniques = [name for name in rule.techniques if "." not in name]
    found: dict[str, Any] = {
        "displayName": rule.name, "description": rule.description, "enabled": rule.enabled, "severity": rule.severity,
        "tactics": list(rule.tactics), "techniques": techniques,
        "subTechniques": [name for name in rule.techniques if "." in name],
    }  # fmt: skip
    if rule.products is not None:
        return {
            "displayName": rule.name, "description": rule.description, "enabled": rule.enabled,
            "productFilter": rule.products.product, "severitiesFilter": list(rule.products.severities) or None,
            "displayNamesFilter": list(rule.products.names) or None,
            "displayNamesExcludeFilter": list(rule.products.excluded_names) or None,
        }  # fmt: skip
    found |= {
        "query": rule.query, "suppressionDuration": iso_duration(rule.suppression), "suppressionEnabled": rule.suppress,
        "eventGroupingSettings": {"aggregationKind": "AlertPerResult" if rule.per_result else "SingleAlert"},
        "incidentConfiguration": incident_settings(rule, iso=True),
    }  # fmt: skip
    if rule.kind != "NRT":
        found |= {"queryFrequency": iso_duration(rule.frequency), "queryPeriod": iso_duration(rule.period)}
        found |= {"triggerOperator": rule.operator, "triggerThreshold": rule.threshold}
    found |= mapping_settings(rule)
    if rule.template:
        found |= {"alertRuleTemplateName": rule.template, "templateVersion": rule.template_version or rule.version}
    elif rule.version:
        found["templateVersion"] = rule.version
    return found


def mapping_settings(rule: Rule) -> dict[str, Any]:
    """Entities, custom details and alert details in the words that YAML and ARM share; only those that are there."""
    found: dict[str, Any] = {}
    if rule.entities:
        found["entityMappings"] = [
            {"entityType": entity.type, "fieldMappings": [{"identifier": name, "columnName": column} for name, column in entity.fields]}
            for entity in rule.entities
        ]  # fmt: skip
    if rule.custom_details:
        found["customDetails"] = dict(rule.custom_details)
    details = rule.details
    override: dict[str, Any] = {
        "alertDisplayNameFormat": details.name_format, "alertDescriptionFormat": details.description_format,
        "alertSeverityColumnName": details.severity_column, "alertTacticsColumnName": details.tactics_column,
        "alertDynamicProperties": [{"alertProperty": name, "value": column} for name, column in details.properties],
    }  # fmt: skip
    override = {name: value for name, value in override.items() if value}
    return found | ({"alertDetailsOverride": override} if override else {})


def incident_settings(rule: Rule, iso: bool) -> dict[str, Any]:
    """`incidentConfiguration` in the words that YAML and ARM share."""
    from dashboard.detection.rules.durations import short_duration

    grouping = rule.grouping
    return {
        "createIncident": rule.create_incident,
        "groupingConfiguration": {
            "enabled": grouping.enabled, "reopenClosedIncident": grouping.reopen,
            "lookbackDuration": (iso_duration if iso else short_duration)(grouping.lookback),
            "matchingMethod": grouping.method, "groupByEntities": list(grouping.by_entities),
            "groupByAlertDetails": list(grouping.by_details), "groupByCustomDetails": list(grouping.by_custom),
        },
    }  # fmt: skip
