"""Azure Resource Graph queries as they are written in workbooks: without a table, and with table names in any case."""

from __future__ import annotations

import re

_OPERATORS = (
    "where|filter|project|project-away|project-keep|project-rename|project-reorder|extend|summarize|join|order|sort|top|"
    "take|limit|distinct|count|mv-expand|mvexpand|mv-apply|parse|union|render|sample|lookup|evaluate|as|serialize"
)
_STARTS_WITH_OPERATOR = re.compile(rf"\|?\s*(?:{_OPERATORS})\b(?!\s*\()", re.IGNORECASE)
_GRAPH_TABLE = re.compile(
    r"""//[^\n]*|@'(?:[^']++|'')*+(?:'|\Z)|@"(?:[^"]++|"")*+(?:"|\Z)|'(?:[^'\\\n]++|\\.)*+(?:'|\\?(?:$|\n))"""
    r"""|"(?:[^"\\\n]++|\\.)*+(?:"|\\?(?:$|\n))"""
    r"""|\b(?P<name>[A-Za-z]*resources|resourcecontainers|resourcechanges|resourcecontainerchanges)\b(?=(?:\s|//[^\n]*)*+(?:\||where\b|,|\)|$))""",
    re.IGNORECASE,
)
_LEADING = re.compile(r"(?:\s+|//[^\n]*(?:\n|$))+")
GRAPH_TABLES = (
    "advisorresources", "alertsmanagementresources", "appserviceresources", "authorizationresources", "chaosresources", "computeresources",
    "desktopvirtualizationresources", "extendedlocationresources", "guestconfigurationresources", "healthresources", "healthresourcechanges",
    "insightsresources", "iotsecurityresources", "kubernetesconfigurationresources", "maintenanceresources", "managedserviceresources",
    "networkresources", "patchassessmentresources", "patchinstallationresources", "policyresources", "quotaresources", "recoveryservicesresources",
    "resourcechanges", "resourcecontainerchanges", "resourcecontainers", "resources", "securityresources", "servicehealthresources", "spotresources",
    "supportresources", "tagsresources",
)  # fmt: skip
"""The tables of Azure Resource Graph, from its reference of tables and resource types."""
GRAPH_COLUMNS = (
    ("id", "string"), ("name", "string"), ("type", "string"), ("tenantId", "string"), ("kind", "string"), ("location", "string"),
    ("resourceGroup", "string"), ("subscriptionId", "string"), ("managedBy", "string"), ("sku", "dynamic"), ("plan", "dynamic"),
    ("properties", "dynamic"), ("tags", "dynamic"), ("identity", "dynamic"), ("zones", "dynamic"), ("extendedLocation", "dynamic"),
)  # fmt: skip
"""The columns that each of them has, with their KQL types."""


def with_table(text: str) -> str:
    """A Resource Graph query as an engine takes it: with its table where it starts with an operator (then it is
    `resources`), and table names in lower case, because Resource Graph does not regard their case."""
    leading = _LEADING.match(text)
    start = leading.end() if leading else 0
    if not text[start:].strip():
        return text
    if _STARTS_WITH_OPERATOR.match(text, start):
        rest = text[start:].lstrip("| \t\r\n")
        if not rest.lower().startswith("union"):
            text = f"{text[:start]}resources\n| {rest}"
    return _GRAPH_TABLE.sub(_lower_table, text)


def _lower_table(found: re.Match[str]) -> str:
    name = found.group("name")
    if name is None:
        return found.group()
    before = found.string[max(0, found.start() - 4_000) : found.start()].rstrip()
    after = found.string[found.end() : found.end() + 100].lstrip()
    if after[:1] in (",", ")") or before.endswith(","):
        operator = before[before.rfind("|") + 1 :][-2_000:]
        return name.lower() if re.search(r"\bunion\b", operator, re.IGNORECASE) else name
    stands_first = not before or before[-1] in "(;" or before.lower().endswith("union")
    return name.lower() if stands_first or "//" in before.rpartition("\n")[2] else name
