"""Parts of new workbooks as the format writes them: texts, time ranges, filters, queries drawn in the usual ways."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

_SCHEMA = "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json"
_WORKSPACE = "microsoft.operationalinsights/workspaces"
TIME = "TimeRange"
_LENGTHS = (3_600_000, 14_400_000, 43_200_000, 86_400_000, 259_200_000, 604_800_000, 1_209_600_000, 2_592_000_000)


def document(*items: Mapping[str, Any]) -> dict[str, Any]:
    """A document of these items, each with a name of its own."""
    named = []
    taken: set[str] = set()
    for number, item in enumerate(items):
        name = str(item.get("name") or f"item - {number}")
        while name in taken:
            name = f"{name} - {number}"
        taken.add(name)
        named.append({**item, "name": name})
    return {"version": "Notebook/1.0", "items": named, "$schema": _SCHEMA}


def text(markdown: str, name: str = "text") -> dict[str, Any]:
    """A text item."""
    return {"type": 1, "content": {"json": markdown}, "name": name}


def parameters(*each: Mapping[str, Any]) -> dict[str, Any]:
    """A row of parameters."""
    content = {
        "version": "KqlParameterItem/1.0",
        "parameters": list(each),
        "style": "pills",
        "queryType": 0,
        "resourceType": _WORKSPACE,
    }
    return {"type": 9, "content": content, "name": "parameters"}


def time_range(days: int = 7) -> dict[str, Any]:
    """The time range parameter that the queries of the workbook follow."""
    settings = {"selectableValues": [{"durationMs": length} for length in _LENGTHS], "allowCustom": True}
    return {
        "id": str(uuid.uuid4()), "version": "KqlParameterItem/1.0", "name": TIME, "label": "Time range", "type": 4, "isRequired": True,
        "value": {"durationMs": days * 86_400_000}, "typeSettings": settings,
    }  # fmt: skip


def filter_parameter(name: str, label: str, query: str, timed: bool = True) -> dict[str, Any]:
    """A drop-down of several values, all at first. Queries ask `filter_text` of it."""
    found: dict[str, Any] = {
        "id": str(uuid.uuid4()), "version": "KqlParameterItem/1.0", "name": name, "label": label, "type": 2, "multiSelect": True, "quote": "'", "delimiter": ",",
        "query": query, "typeSettings": {"additionalResourceOptions": ["value::all"], "selectAllValue": "*", "showDefault": False},
        "defaultValue": "value::all", "queryType": 0, "resourceType": _WORKSPACE,
    }  # fmt: skip
    return found | ({"timeContextFromParameter": TIME, "timeContext": {"durationMs": 0}} if timed else {})


def filter_text(name: str, column: str) -> str:
    """The line of a query that keeps the chosen values of a filter."""
    return f"| where '*' in ({{{name}}}) or tostring({column}) in ({{{name}}})"


def query(
    title: str,
    kql: str,
    visualization: str = "",
    *,
    width: int = 100,
    size: int = 0,
    timed: bool = True,
    **settings: Any,
) -> dict[str, Any]:
    """A query item. `settings` are further keys of its content."""
    content: dict[str, Any] = {"version": "KqlItem/1.0", "query": kql, "size": size, "title": title}
    if timed:
        content |= {"timeContext": {"durationMs": 0}, "timeContextFromParameter": TIME}
    content |= {"queryType": 0, "resourceType": _WORKSPACE}
    if visualization:
        content["visualization"] = visualization
    item: dict[str, Any] = {"type": 3, "content": {**content, **settings}, "name": title}
    return item | ({"customWidth": str(width)} if width < 100 else {})


def tiles(title: str, kql: str, *, timed: bool = True) -> dict[str, Any]:
    """Numbers as tiles: the query gives the columns Name and Value."""
    settings = {
        "titleContent": {"columnMatch": "Name", "formatter": 1},
        "leftContent": {"columnMatch": "Value", "formatter": 12, "formatOptions": {"palette": "none"}, "numberFormat": {"unit": 17, "options": {"style": "decimal", "maximumFractionDigits": 1}}},
        "showBorder": True,
    }  # fmt: skip
    return query(title, kql, "tiles", size=4, timed=timed, tileSettings=settings)


def grid(
    title: str,
    kql: str,
    formatters: Sequence[Mapping[str, Any]] = (),
    *,
    width: int = 100,
    timed: bool = True,
    rows: int = 250,
) -> dict[str, Any]:
    """A grid with a search box."""
    settings: dict[str, Any] = {"rowLimit": rows, "filter": True}
    if formatters:
        settings = {"formatters": list(formatters), **settings}
    return query(title, kql, "table", width=width, timed=timed, showExportToExcel=True, gridSettings=settings)


def bar(column: str, palette: str = "blue") -> dict[str, Any]:
    """A column of a grid drawn as bars."""
    return {"columnMatch": column, "formatter": 3, "formatOptions": {"palette": palette}}


def severity(column: str) -> dict[str, Any]:
    """A column of a grid with the icons of severities."""
    marks = (("High", "Sev0"), ("Medium", "Sev1"), ("Low", "Sev2"), ("Informational", "Sev3"))
    rules: list[dict[str, Any]] = [
        {"operator": "==", "thresholdValue": value, "representation": icon, "text": "{0}{1}"} for value, icon in marks
    ]
    rules.append({"operator": "Default", "thresholdValue": None, "representation": "unknown", "text": "{0}{1}"})
    return {
        "columnMatch": column,
        "formatter": 18,
        "formatOptions": {"thresholdsOptions": "icons", "thresholdsGrid": rules},
    }
