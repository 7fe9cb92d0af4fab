"""Metric items: asked of the metrics service, or on local data of its tables of metrics; elsewhere the sentence that names what is
missing (section 9)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.document.workbook import Item, list_of, named_parameter, object_of, text_of, whole_of
from dashboard.engines.azure.metrics import grain
from dashboard.engines.protocol import Engine, QueryRequest, TimeSpan
from dashboard.parameters.substitute import Context, references, substitute
from dashboard.parameters.times import DAY, TimeRange, read_length, timespan
from dashboard.parameters.values import Value
from dashboard.runtime.metric_lines import DIVIDED, MOST_SEGMENTS, PLAIN, DimensionFilter, Metric, metric_query
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


def item_metrics(item: Item, values: Mapping[str, Value], context: Context) -> list[Metric]:
    """The metrics an item shows, texts substituted."""
    found = []
    for entry in map(object_of, list_of(item.content.get("metrics"))):
        written = substitute(text_of(entry.get("metric")), values, context)
        if not written:
            continue
        name = metric_name(written)
        shown, function, column = _AGGREGATIONS.get(whole_of(entry.get("aggregation")) or 0, _AGGREGATIONS[4])
        heading = substitute(text_of(entry.get("columnName")), values, context)
        limit = whole_of(entry.get("splitByLimit"))
        found.append(
            Metric(
                written, name, heading or f"{name} ({shown})", heading or written, shown, function, column, _splits(entry),
                _filters([*list_of(item.content.get("filters")), *list_of(entry.get("filters"))], values, context),
                limit if limit and limit > 0 else MOST_SEGMENTS, entry.get("splitBySortOrder") == 1,
            )
        )  # fmt: skip
    return found


def _splits(entry: Mapping[str, Any]) -> tuple[str, ...]:
    written = entry.get("splitBy")
    named = map(text_of, written if isinstance(written, list) else [written])
    return tuple(dict.fromkeys(filter(None, named)))


def _written_filters(item: Item) -> list[Mapping[str, Any]]:
    """The filters of the item, then those of each of its metrics."""
    entries = [item.content, *map(object_of, list_of(item.content.get("metrics")))]
    return [object_of(each) for entry in entries for each in list_of(entry.get("filters"))]


def _filters(written: Sequence[Any], values: Mapping[str, Value], context: Context) -> tuple[DimensionFilter, ...]:
    """The filters that have an effect: one without values, or with All, has none."""
    found = []
    for each in map(object_of, written):
        key = substitute(text_of(each.get("key")), values, context)
        chosen = [substitute(text_of(value), values, context) for value in list_of(each.get("values"))]
        bound = values.get(named_parameter(each.get("valueParam")))
        chosen += [bound.instead] if bound and bound.instead is not None else bound.values if bound else []
        chosen = list(dict.fromkeys(filter(None, chosen)))
        if key and chosen and "*" not in chosen:
            found.append(DimensionFilter(key, tuple(chosen), whole_of(each.get("operator")) == 1))
    return tuple(dict.fromkeys(found))


def metric_name(written: str) -> str:
    """The metric's own name in `<namespace>-<category>-<name>`."""
    _, _, rest = written.partition("-")
    _, _, name = rest.partition("-")
    return name or rest or written


def undivided(item: Item, request: QueryRequest) -> str:
    """What a reader must know of an item that splits or filters by dimensions where it was asked of a table without them.
    Empty for others."""
    if request.source != "logs" or DIVIDED in request.text:
        return ""
    entries = [object_of(entry) for entry in list_of(item.content.get("metrics"))]
    bound = [each for each in _written_filters(item) if each.get("values") or each.get("valueParam")]
    keys = [text_of(each.get("key")) for each in bound]
    splits = [name for entry in entries for name in _splits(entry)]
    told = [f"split by {', '.join(dict.fromkeys(splits))}"] if splits else []
    told += [f"filtered by {', '.join(dict.fromkeys(filter(None, keys)))}"] if any(keys) else []
    here = f"{PLAIN} holds no dimensions, and {DIVIDED}, which does, has no rows here"
    return f"{here}: this is not {' and not '.join(told)}." if told else ""


def metric_visualization(item: Item) -> str:
    """How a metric item is drawn; older items say it at their first metric."""
    kind = whole_of(item.content.get("chartType"))
    if kind is None:
        kind = whole_of(object_of(next(iter(list_of(item.content.get("metrics"))), None)).get("chartType"))
    return _CHARTS.get(2 if kind is None else kind, "linechart")


def no_rows_message(metrics: Sequence[Metric], request: QueryRequest | None) -> str:
    """What is said where the tables of metrics have nothing of what is asked."""
    live = request is not None and request.source == "metrics"
    table = DIVIDED if request and DIVIDED in request.text else PLAIN
    known = (each.describe() for metric in metrics for each in metric.filters)
    filters = dict.fromkeys(known) if live or table == DIVIDED else ()
    of = ", ".join(metric.name for metric in metrics) + (f" with {' and '.join(filters)}" if filters else "")
    return f"{'Azure Monitor has no values' if live else f'The table {table} has no rows'} of {of} here in this time range."


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
    unset = _unset(item, values)
    if unset:
        return Asked(unset=unset)
    time_value = values.get(source.time_parameter) if source.time_parameter else None
    if time_value is not None and not time_value.is_set:
        return Asked(unset=(source.time_parameter,))
    span = time_span(source, values, context.now) or TimeSpan(*TimeRange(DAY).bounds(context.now))
    resources = bound_resources(item.content.get("resourceIds"), values)
    if not resources and resource in values:
        resources = values[resource].values
    if shown == "table" and whole_of(item.content.get("gridFormatType")) == _ROWS_BY_SEGMENT:
        shown = "segments"
    if live:
        if not resources:
            return Asked(unset=(resource,) if resource else (), message="" if resource else "No resource is chosen.")
        return Asked(
            QueryRequest(_live_payload(item, metrics, span, shown), "metrics", span, resources[:_MOST], now=context.now)
        )
    table = DIVIDED if any(m.split or m.filters for m in metrics) and _holds(engine, DIVIDED) else PLAIN
    text = metric_query(table, metrics, resources, _grain(item, span), shown)
    return Asked(QueryRequest(text, "logs", span, resources, now=context.now))


def _unset(item: Item, values: Mapping[str, Value]) -> tuple[str, ...]:
    """The parameters that the item's filters wait for."""
    filters = _written_filters(item)
    named = {named_parameter(each.get("valueParam")) for each in filters} | set(references(filters))
    return tuple(sorted(name for name in named if name in values and values[name].blocks))


def _holds(engine: Engine, table: str) -> bool:
    return any(each.name == table and each.rows for each in engine.tables())


def _live_payload(item: Item, metrics: Sequence[Metric], span: TimeSpan, shown: str) -> str:
    """What the metrics service is asked, as `engines/azure/metrics.py` reads it."""
    length = (span.end - span.start).total_seconds()
    automatic = TimeRange(max(int(length * 1000), 1)).grain
    wanted = read_length(text_of(item.content.get("timeGrain"))) or read_length(automatic) or 60_000
    entries = [
        {"heading": m.heading, "name": m.name, "label": m.label, "aggregation": m.aggregation,
         "function": "count" if m.column == "Count" else m.function, "split": m.split, "limit": m.limit,
         "ascending": m.ascending, "filters": [{"key": f.key, "values": f.values, "negated": f.negated} for f in m.filters]}
        for m in metrics
    ]  # fmt: skip
    namespace = text_of(item.content.get("resourceType")) or metrics[0].id.partition("-")[0]
    told = {"namespace": namespace, "metrics": entries, "seconds": grain(length, wanted / 1000), "shown": shown}
    return json.dumps(told, ensure_ascii=False)


def _grain(item: Item, span: TimeSpan) -> str:
    written = read_length(text_of(item.content.get("timeGrain")))
    length = int((span.end - span.start).total_seconds() * 1000)
    return timespan(written) if written else TimeRange(max(length, 1)).grain
