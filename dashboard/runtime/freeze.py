"""A part of a workbook as it stands just now, as items that need nothing of their workbook: what is pinned.

Every value is written in: queries as they were asked, texts as they read, resources as they were bound. A range of time that moves
on still moves on. What a part reads from other steps comes along, hidden.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from dashboard.document.workbook import Item, list_of, named_parameter, object_of, text_of
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.parameters.selection import ALL
from dashboard.runtime import blueprint
from dashboard.runtime.plan import MergeInput, PlannedItem
from dashboard.runtime.sources import SOURCES

_NUMBERS = {name: number for number, name in SOURCES.items()}
_OWN = frozenset((
    "timeContextFromParameter", "timeContext", "crossComponentResources", "resourceParameter", "exportedParameters", "exportParameterName",
    "exportFieldName", "exportDefaultValue", "exportMultipleValues", "timeBrushParameterName", "timeBrushExportOnlyWhenBrushed",
))  # fmt: skip
"""What ties an item to its workbook."""
_NEVER = {"parameterName": "Never", "comparison": "isEqualTo", "value": "shown"}
_WHY_NOT = {
    "parameters": "Parameters choose for the workbook they stand in. Pin the parts that follow them: they keep what is chosen now.",
    "links": "Tabs and links lead through the workbook they stand in. Pin the parts that they show.",
}


def frozen(
    planned: PlannedItem, title: str, now: dt.datetime, steps: Mapping[str, Item], values: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON of a part that stands alone. `now` is the moment that relative ranges end at, `steps` are the workbook's items by
    name, `values` those of its parameters. Raises WatchbookError: RT016 a part that cannot stand alone, with the reason."""
    kind = planned.item.kind
    if kind == "text":
        return _dressed(blueprint.text(text_of(planned.texts.get("json")), title or "text"), planned)
    if kind == "group":
        return _dressed(_group(planned, title, now, steps, values), planned)
    if kind in _WHY_NOT:
        raise _refused(planned, _WHY_NOT[kind])
    if planned.query is None:
        raise _refused(planned, planned.message or "It asks nothing just now.")
    if planned.query.source == "merge":
        return _dressed(_merge(planned, title, now, steps, values), planned)
    content = _content(planned.item, planned.settings, planned.query, now, values) | {"title": title}
    return _dressed({"type": planned.item.type, "content": content}, planned)


def _refused(planned: PlannedItem, why: str) -> WatchbookError:
    return WatchbookError(Problem("RT016", f"This part cannot be pinned. {why}", place=Place(path=planned.path)))


def _dressed(item: dict[str, Any], planned: PlannedItem) -> dict[str, Any]:
    width = text_of(planned.item.keys.get("customWidth")) or (
        "50" if planned.item.kind in ("query", "metric") else "100"
    )
    dressed = planned.item.keys.get("styleSettings")
    return item | {"customWidth": width} | ({"styleSettings": dressed} if dressed else {})


def _group(
    planned: PlannedItem, title: str, now: dt.datetime, steps: Mapping[str, Item], values: Mapping[str, Any]
) -> dict[str, Any]:
    """A group with those of its parts that are shown and can stand alone."""
    items = []
    for number, child in enumerate(planned.items):
        if child.status != "ready" or child.item.kind in _WHY_NOT:
            continue
        try:
            part = frozen(child, text_of(child.texts.get("title")), now, steps, values)
        except WatchbookError:
            continue
        items.append({**part, "name": child.item.name or f"part - {number}"})
    if not items:
        raise _refused(planned, "Nothing of what stands in this group can stand alone.")
    content = {"version": "NotebookGroup/1.0", "groupType": "editable", "items": items}
    return {"type": 12, "content": content | ({"title": title} if title else {})}


def _merge(
    planned: PlannedItem, title: str, now: dt.datetime, steps: Mapping[str, Item], values: Mapping[str, Any]
) -> dict[str, Any]:
    """A merge with the steps that it reads, in a group: a merge finds them there by their names."""
    items: dict[str, dict[str, Any]] = {}

    def bring(inputs: Mapping[str, MergeInput]) -> None:
        for name, step in inputs.items():
            if name in items:
                continue
            item = steps.get(name)
            if step.request is None or item is None:
                raise _refused(planned, f"The step '{name}' that it reads is not there just now.")
            bring(step.inputs)
            content = _content(item, item.content, step.request, now, values)
            made: dict[str, Any] = {"type": item.type, "content": content, "name": name}
            # A merge that is hidden does not run, so one that another reads is shown.
            items[name] = made if step.request.source == "merge" else {**made, "conditionalVisibility": _NEVER}

    bring(planned.inputs)
    if planned.query is None:
        raise _refused(planned, planned.message)
    content = _content(planned.item, planned.settings, planned.query, now, values) | {"title": title}
    merged = {"type": 3, "content": content, "name": planned.item.name or "merge"}
    return {
        "type": 12,
        "content": {"version": "NotebookGroup/1.0", "groupType": "editable", "items": [*items.values(), merged]},
    }


def _content(
    item: Item, settings: Mapping[str, Any], request: QueryRequest, now: dt.datetime, values: Mapping[str, Any]
) -> dict[str, Any]:
    """An item's content with what was asked written into it."""
    content = {key: value for key, value in item.content.items() if key not in _OWN}
    content |= {key: value for key, value in settings.items() if key in content and key != "query"}
    if item.kind == "metric":
        content |= {"resourceIds": list(request.resources), "metrics": _unbound(content.get("metrics"), values)}
        if content.get("filters"):
            content["filters"] = _filters(content["filters"], values)
    else:
        content |= {"query": _payload(item, request), "queryType": _NUMBERS[request.source]}
        if request.resources and request.source != "adx":
            content["crossComponentResources"] = list(request.resources)
    if request.timespan is not None:
        length = int((request.timespan.end - request.timespan.start).total_seconds() * 1000)
        content["timeContext"] = {"durationMs": length}
        if abs((now - request.timespan.end).total_seconds()) > 120:
            content["timeContext"]["endTime"] = request.timespan.end.isoformat()
    return content


def _payload(item: Item, request: QueryRequest) -> str:
    """What stands as the query: the text as it was asked, in the payload of its source."""
    if request.source == "json":
        return json.dumps({"version": "1.0.0", **json.loads(request.text)}, ensure_ascii=False)
    if request.source != "adx":
        return request.text
    payload = object_of(json.loads(text_of(item.content.get("query"))))
    cluster, _, database = request.resources[0].removeprefix("adx://").rpartition("/")
    return json.dumps({**payload, "queryText": request.text, "clusterName": cluster, "databaseName": database})


def _unbound(metrics: Any, values: Mapping[str, Any]) -> list[Any]:
    """Metrics whose filters hold the values of the parameters that they named."""
    found = [dict(object_of(each)) for each in list_of(metrics)]
    for each in found:
        if each.get("filters"):
            each["filters"] = _filters(each["filters"], values)
    return found


def _filters(filters: Any, values: Mapping[str, Any]) -> list[Any]:
    """Filters that hold the values of the parameters that they named; one of All limits nothing and is left out."""
    found = []
    for each in map(object_of, list_of(filters)):
        kept = {key: value for key, value in each.items() if key != "valueParam"}
        bound = values.get(named_parameter(each.get("valueParam")))
        if bound is not None:
            chosen = bound if isinstance(bound, list) else [bound]
            if any(text_of(value).lower() == ALL for value in chosen):
                continue
            kept["values"] = [*list_of(each.get("values")), *chosen]
        found.append(kept)
    return found
