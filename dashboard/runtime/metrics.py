"""Metric items: on local data asked of the table AzureMetrics, elsewhere the sentence that names what is missing (section 9).

AzureMetrics holds no dimensions: splitting and dimension filters have no effect on local data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.document.workbook import Item, list_of, object_of, text_of, whole_of
from dashboard.engines.azure.metrics import grain
from dashboard.engines.protocol import Engine, QueryRequest, TimeSpan
from dashboard.parameters.splice import escape_kql
from dashboard.parameters.substitute import Context, substitute
from dashboard.parameters.times import DAY, TimeRange, read_length, timespan
from dashboard.parameters.values import Value
from dashboard.runtime.sources import Asked, bound_resources, offered, source_of, time_span

_MOST = 200
_ROWS_BY_SEGMENT = 2
"""The `gridFormatType` of grids with a row for each resource and value of the dimension; 1 is a row for each resource."""
_AGGREGATIONS: Mapping[int, tuple[str, str, str]] = {
    1: ("sum", "sum", "Total"),
    2: ("minimum", "min", "Minimum"),
    3: ("maximum", "max", "Maximum"),
    4: ("average", "avg", "Average"),
    7: ("count", "sum", "Count"),
}
_CHARTS: Mapping[int, str] = {
    0: "table", 1: "barchart", 2: "linechart", 3: "areachart", 4: "scatterchart", -1: "tiles", -2: "map", -3: "graph",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of an item. `id` is as written (`<namespace>-<category>-<name>`), `function` and `column` are what
    AzureMetrics is asked."""

    id: str
    name: str
    label: str
    aggregation: str
    function: str
    column: str


def item_metrics(item: Item, values: Mapping[str, Value], context: Context) -> list[Metric]:
    """The metrics an item shows, texts substituted."""
    found = []
    for entry in map(object_of, list_of(item.content.get("metrics"))):
        written = substitute(text_of(entry.get("metric")), values, context)
        if not written:
            continue
        name = metric_name(written)
        shown, function, column = _AGGREGATIONS.get(whole_of(entry.get("aggregation")) or 0, _AGGREGATIONS[4])
        label = substitute(text_of(entry.get("columnName")), values, context) or f"{name} ({shown})"
        found.append(Metric(written, name, label, shown, function, column))
    return found


def metric_name(written: str) -> str:
    """The metric's own name in `<namespace>-<category>-<name>`."""
    _, _, rest = written.partition("-")
    _, _, name = rest.partition("-")
    return name or rest or written


def without_dimensions(item: Item) -> str:
    """What a reader must know of an item that splits or filters by dimensions: AzureMetrics has none. Empty for others."""
    entries = [object_of(entry) for entry in list_of(item.content.get("metrics"))]
    filters = [item.content.get("filters"), *(entry.get("filters") for entry in entries)]
    keys = [text_of(object_of(each).get("key")) for group in filters for each in list_of(group)]
    splits = [text_of(each) for entry in entries for each in (list_of(entry.get("splitBy")) or [entry.get("splitBy")])]
    told = [f"split by {', '.join(dict.fromkeys(filter(None, splits)))}"] if any(splits) else []
    told += [f"filtered by {', '.join(dict.fromkeys(filter(None, keys)))}"] if any(keys) else []
    return f"AzureMetrics holds no dimensions: this is not {' and not '.join(told)}." if told else ""


def metric_visualization(item: Item) -> str:
    """How a metric item is drawn; older items say it at their first metric."""
    kind = whole_of(item.content.get("chartType"))
    if kind is None:
        kind = whole_of(object_of(next(iter(list_of(item.content.get("metrics"))), None)).get("chartType"))
    return _CHARTS.get(2 if kind is None else kind, "linechart")


def no_rows_message(metrics: Sequence[Metric]) -> str:
    """What is said where AzureMetrics has nothing of what is asked."""
    return (
        f"The table AzureMetrics has no rows of {', '.join(metric.name for metric in metrics)} here in this time range."
    )


def ask_metrics(item: Item, values: Mapping[str, Value], context: Context, engine: Engine) -> Asked:
    """What a metric item asks; where no metrics can be asked, the sentence that names what would be shown."""
    metrics = item_metrics(item, values, context)
    source = source_of(item.content)
    resource = text_of(item.content.get("resourceParameter"))
    shown = metric_visualization(item)
    live = "metrics" in offered(engine)
    if not (live or engine.name == "local") or not metrics or shown in ("map", "graph"):
        names = ", ".join(f"{metric.name} ({metric.aggregation})" for metric in metrics) or "none chosen"
        of = f" of the resources in {resource}" if resource else ""
        return Asked(
            message=f"Metrics need a live connection; local data cannot answer them. This item shows: {names}{of}."
        )
    time_value = values.get(source.time_parameter) if source.time_parameter else None
    if time_value is not None and not time_value.is_set:
        return Asked(unset=(source.time_parameter,))
    span = time_span(source, values, context.now) or TimeSpan(*TimeRange(DAY).bounds(context.now))
    resources = bound_resources(item.content.get("resourceIds"), values)
    if not resources and resource in values:
        resources = values[resource].values
    if live:
        if not resources:
            return Asked(unset=(resource,) if resource else (), message="" if resource else "No resource is chosen.")
        return Asked(
            QueryRequest(_live_payload(item, metrics, span, shown), "metrics", span, resources[:_MOST], now=context.now)
        )
    grain = _grain(item, span)
    segments = item.content.get("gridFormatType") == _ROWS_BY_SEGMENT
    text = _query(metrics, resources, grain, shown, segments=segments)
    return Asked(QueryRequest(text, "logs", span, resources, now=context.now))


def _live_payload(item: Item, metrics: Sequence[Metric], span: TimeSpan, shown: str) -> str:
    """What the metrics service is asked, as `engines/azure/metrics.py` reads it."""
    length = (span.end - span.start).total_seconds()
    automatic = TimeRange(max(int(length * 1000), 1)).grain
    wanted = read_length(text_of(item.content.get("timeGrain"))) or read_length(automatic) or 60_000
    entries = [
        {"id": m.id, "name": m.name, "label": m.label, "aggregation": m.aggregation,
         "function": "count" if m.column == "Count" else m.function}
        for m in metrics
    ]  # fmt: skip
    namespace = text_of(item.content.get("resourceType")) or metrics[0].id.partition("-")[0]
    told = {"namespace": namespace, "metrics": entries, "seconds": grain(length, wanted / 1000), "shown": shown}
    return json.dumps(told, ensure_ascii=False)


def _grain(item: Item, span: TimeSpan) -> str:
    written = read_length(text_of(item.content.get("timeGrain")))
    length = int((span.end - span.start).total_seconds() * 1000)
    return timespan(written) if written else TimeRange(max(length, 1)).grain


def _quoted(text: Any) -> str:
    return f"'{escape_kql(str(text), chr(39))}'"


def _query(metrics: Sequence[Metric], resources: Sequence[str], grain: str, shown: str, *, segments: bool) -> str:
    """KQL for the item: a row a resource (grid; with a column `Segment` where the item asks for rows by segment), a row a
    metric (tiles), else a point a time and series."""
    names = ", ".join(dict.fromkeys(_quoted(metric.name) for metric in metrics))
    lines = ["AzureMetrics", f"| where MetricName in~ ({names})"]
    if resources:
        lines.append(f"| where ResourceId in~ ({', '.join(_quoted(each) for each in resources)})")
    if shown == "table":
        return "\n".join([*lines, *_grid_lines(metrics, grain, segments=segments)])
    base = "\n".join(lines)
    parts = []
    for metric in metrics:
        one = f"{base}\n| where MetricName =~ {_quoted(metric.name)}\n| summarize Value = {metric.function}({metric.column}) by "
        if shown == "tiles":
            parts.append(
                f"{one}Name = ResourceId\n| extend Metric = {_quoted(metric.label)}\n| project Metric, Value, Name"
            )
            continue
        series = f"strcat(Resource, ' ', {_quoted(metric.label)})" if len(resources) != 1 else _quoted(metric.label)
        parts.append(
            f"{one}TimeGenerated = bin(TimeGenerated, {grain}), Resource\n| extend Series = {series}"
            "\n| project TimeGenerated, Series, Value"
        )
    joined = parts[0] if len(parts) == 1 else "union " + ", ".join(f"({part})" for part in parts)
    return joined if shown == "tiles" else f"{joined}\n| sort by TimeGenerated asc"


def _grid_lines(metrics: Sequence[Metric], grain: str, *, segments: bool) -> list[str]:
    points, columns = [], []
    for at, metric in enumerate({metric.id: metric for metric in metrics}.values()):
        points.append(f"v{at} = {metric.function}if({metric.column}, MetricName =~ {_quoted(metric.name)})")
        columns += [
            f"[{_quoted(metric.id)}] = {metric.function}(v{at})",
            f"[{_quoted(metric.id + ' Timeline')}] = make_list(v{at})",
        ]
    return [
        f"| summarize {', '.join(points)} by ResourceId, SubscriptionId, TimeGenerated = bin(TimeGenerated, {grain})",
        "| sort by TimeGenerated asc",
        f"| summarize {', '.join(columns)} by Subscription = strcat('/subscriptions/', SubscriptionId), Name = ResourceId"
        + (", Segment = ''" if segments else ""),
    ]
