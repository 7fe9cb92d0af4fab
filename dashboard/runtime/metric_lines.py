"""KQL for metric items over local data: AzureMetrics, or AzureMetricsV2 where an item splits or filters by dimensions.

AzureMetrics comes from diagnostic settings and holds no dimensions; AzureMetricsV2 comes from metrics export and has them in its
column `Dimension` (learn.microsoft.com/azure/azure-monitor/reference/tables/AzureMetricsV2), where metrics go by their display name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.parameters.splice import escape_kql

PLAIN = "AzureMetrics"
DIVIDED = "AzureMetricsV2"
MOST_SEGMENTS = 10
"""How many values of a dimension are shown where the item sets no limit, as the service has it."""
_SUBSCRIPTION = "Subscription = strcat('/subscriptions/', SubscriptionId)"
_PIVOTED = (
    f"cells | project {_SUBSCRIPTION}, Name = ResourceId, Column, Value",
    "| evaluate pivot(Column, take_any(Value))",
    "| join kind=inner (cells | project Name = ResourceId, Column = strcat(Column, ' Timeline'), Timeline",
    "| evaluate pivot(Column, take_any(Timeline))) on Name",
    "| project-away Name1",
)


@dataclass(frozen=True, slots=True)
class DimensionFilter:
    """Rows whose dimension has one of the values (`negated`: none of them)."""

    key: str
    values: tuple[str, ...]
    negated: bool = False

    def describe(self) -> str:
        """The filter as a person reads it."""
        return f"{self.key} {'≠' if self.negated else '='} {', '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of an item. `id` is as written (`<namespace>-<category>-<name>`), `heading` names its column of a grid,
    `function` and `column` are what the tables are asked. `split` names the dimensions that divide it; of their values the `limit` greatest are shown (`ascending`: the
    smallest), for each resource."""

    id: str
    name: str
    label: str
    heading: str
    aggregation: str
    function: str
    column: str
    split: tuple[str, ...] = ()
    filters: tuple[DimensionFilter, ...] = ()
    limit: int = MOST_SEGMENTS
    ascending: bool = False


def metric_query(table: str, metrics: Sequence[Metric], resources: Sequence[str], grain: str, shown: str) -> str:
    """The query: a row a resource (`table`; a split metric has a column a segment), a row a resource and segment (`segments`), a
    row a metric, resource and segment (`tiles`), else a point a time and series."""
    divided = table == DIVIDED and any(metric.split for metric in metrics)
    steps: list[str] = []
    parts = []
    for at, metric in enumerate(metrics):
        split = divided and bool(metric.split)
        text = _points(table, metric, resources, grain, divided=divided or shown == "segments")
        if split:
            steps += [f"let m{at} = {text};", f"let top{at} = m{at}\n{_greatest(metric)};"]
            text = f"m{at}\n| join kind=leftsemi top{at} on ResourceId, Segment"
        if shown == "tiles" or (shown == "table" and divided):
            by = f"ResourceId, SubscriptionId{', Segment' if divided else ''}"
            text += "\n| sort by TimeGenerated asc\n| summarize "
            text += f"Timeline = make_list(Value), Value = {metric.function}(Value) by {by}"
            text += f"\n| extend At = {at}, {_named(metric, shown, split=split)}"
        elif shown in ("table", "segments"):
            text += f"\n| extend At = {at}"
        else:
            text += f"\n| extend Series = {_series(metric, len(metrics), len(resources), split=split)}"
        parts.append(text)
    joined = parts[0] if len(parts) == 1 else "union " + ", ".join(f"({part})" for part in parts)
    if shown == "table" and divided:
        return "\n".join([*steps, f"let cells = {joined};", *_PIVOTED])
    return "\n".join([*steps, joined, *_whole(metrics, shown, divided=divided)])


def _points(table: str, metric: Metric, resources: Sequence[str], grain: str, *, divided: bool) -> str:
    """A value a resource, segment and moment."""
    lines = [table, f"| where MetricName =~ {_quoted(metric.name)}"]
    if table == DIVIDED:
        lines[1] = f"| where replace_string(MetricName, ' ', '') =~ {_quoted(metric.name.replace(' ', ''))}"
        lines.append("| extend ResourceId = _ResourceId, SubscriptionId = _SubscriptionId")
        for each in metric.filters:
            known = ", ".join(_quoted(value) for value in each.values)
            lines.append(f"| where {_dimension(each.key)} {'!in~' if each.negated else 'in~'} ({known})")
    if resources:
        lines.append(f"| where ResourceId in~ ({', '.join(_quoted(each) for each in resources)})")
    by = [f"TimeGenerated = bin(TimeGenerated, {grain})", "ResourceId", "SubscriptionId"]
    if divided:
        named = ", ', ', ".join(_dimension(key) for key in metric.split) if table == DIVIDED else ""
        by.append(f"Segment = strcat({named})" if named else "Segment = ''")
    return "\n".join([*lines, f"| summarize Value = {metric.function}({metric.column}) by {', '.join(by)}"])


def _greatest(metric: Metric) -> str:
    order = "asc" if metric.ascending else "desc"
    return "\n".join(
        [
            f"| summarize Order = {metric.function}(Value) by ResourceId, Segment",
            f"| sort by ResourceId asc, Order {order}, Segment asc",
            "| extend Rank = row_number(1, prev(ResourceId) != ResourceId)",
            f"| where Rank <= {metric.limit}",
        ]
    )


def _named(metric: Metric, shown: str, *, split: bool) -> str:
    """What a value is called: a tile by its metric, a column of a grid `<segment>/<label>` where the metric is split."""
    if shown == "tiles":
        return f"Metric = {_quoted(metric.label)}"
    return "Column = " + (f"strcat(Segment, {_quoted('/' + metric.label)})" if split else _quoted(metric.heading))


def _series(metric: Metric, metrics: int, resources: int, *, split: bool) -> str:
    named = ["tostring(split(ResourceId, '/')[-1])"] if resources != 1 else []
    if not split or metrics > 1:
        named.append(_quoted(metric.label))
    named += ["Segment"] if split else []
    joined = ", ' ', ".join(named)
    return named[0] if len(named) == 1 else f"strcat({joined})"


def _whole(metrics: Sequence[Metric], shown: str, *, divided: bool) -> list[str]:
    """The lines that bring all metrics to the form that is shown."""
    if shown == "tiles":
        names = ["Metric", "Value", "Name = ResourceId", *(["Segment"] if divided else []), "Timeline"]
        return ["| sort by At asc", f"| project {', '.join(names)}"]
    if shown not in ("table", "segments"):
        return ["| project TimeGenerated, Series, Value", "| sort by TimeGenerated asc"]
    first: dict[str, int] = {}
    for at, metric in enumerate(metrics):
        first.setdefault(metric.heading, at)
    columns = []
    for heading, at in first.items():
        columns += [
            f"[{_quoted(heading)}] = {metrics[at].function}if(Value, At == {at})",
            f"[{_quoted(heading + ' Timeline')}] = make_list_if(Value, At == {at})",
        ]
    by = [_SUBSCRIPTION, "Name = ResourceId", *(["Segment"] if shown == "segments" else [])]
    return ["| sort by TimeGenerated asc", f"| summarize {', '.join(columns)} by {', '.join(by)}"]


def _dimension(key: str) -> str:
    return f"tostring(Dimension[{_quoted(key)}])"


def _quoted(text: Any) -> str:
    return f"'{escape_kql(str(text), chr(39))}'"
