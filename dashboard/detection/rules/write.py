"""A rule as Sentinel's YAML."""

from __future__ import annotations

from typing import Any

import yaml

from dashboard.detection.rules.arm import incident_settings, mapping_settings
from dashboard.detection.rules.durations import short_duration
from dashboard.detection.rules.rule import Rule

_SHORT = {"GreaterThan": "gt", "LessThan": "lt", "Equal": "eq", "NotEqual": "ne"}


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, as people write queries."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def write_yaml(rule: Rule) -> str:
    """The rule's YAML. Keys that Watchbook does not know are kept as they were written."""
    found: dict[str, Any] = {"id": rule.id, "name": rule.name, "description": rule.description, "kind": rule.kind}
    if rule.products is not None:
        found |= {
            "productFilter": rule.products.product, "severitiesFilter": list(rule.products.severities),
            "displayNamesFilter": list(rule.products.names),
            "displayNamesExcludeFilter": list(rule.products.excluded_names),
        }  # fmt: skip
    else:
        found["severity"] = rule.severity
        found["requiredDataConnectors"] = [
            {"connectorId": name, "dataTypes": list(types)} for name, types in rule.connectors
        ]
        if rule.kind in ("Scheduled", "Anomaly"):
            found |= {"queryFrequency": short_duration(rule.frequency), "queryPeriod": short_duration(rule.period)}
        if rule.kind == "Scheduled":
            found |= {"triggerOperator": _SHORT[rule.operator], "triggerThreshold": rule.threshold}
        if rule.anomaly is not None:
            a = rule.anomaly
            found["anomaly"] = {
                "value": a.value, "bin": short_duration(a.bin), "groupBy": list(a.group_by), "threshold": a.threshold,
                "direction": a.direction, "minimum": a.minimum,
            }  # fmt: skip
    found |= {"tactics": list(rule.tactics), "relevantTechniques": list(rule.techniques)}
    if rule.query:
        # A line that ends in a space cannot stand in a block.
        found["query"] = "\n".join(line.rstrip().replace("\t", "    ") for line in rule.query.splitlines()) + "\n"
    found |= mapping_settings(rule)
    if rule.per_result:
        found["eventGroupingSettings"] = {"aggregationKind": "AlertPerResult"}
    if rule.suppress:
        found |= {"suppressionEnabled": True, "suppressionDuration": short_duration(rule.suppression)}
    if rule.grouping.enabled or not rule.create_incident:
        found["incidentConfiguration"] = incident_settings(rule, iso=False)
    if rule.template:
        found |= {"alertRuleTemplateName": rule.template, "templateVersion": rule.template_version}
    for key, value in rule.raw.items():
        if key not in _WRITTEN and key not in found:
            found[key] = value
    found |= {"version": rule.version} if rule.version else {}
    return yaml.dump(found, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


_WRITTEN = {
    "entityMappings", "customDetails", "alertDetailsOverride", "eventGroupingSettings", "suppressionEnabled",
    "suppressionDuration", "incidentConfiguration", "enabled", "techniques", "subTechniques", "query", "queryFrequency",
    "queryPeriod", "triggerOperator", "triggerThreshold", "severity", "requiredDataConnectors", "alertRuleTemplateName",
    "templateVersion",
}  # fmt: skip
