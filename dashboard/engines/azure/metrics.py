"""Metrics of Azure resources through Microsoft's own async client (azure-monitor-querymetrics).

A request's text is JSON: `{"namespace", "metrics": [{"heading", "name", "label", "aggregation", "function", "split", "filters",
"limit", "ascending"}], "seconds", "shown"}`; its `resources` are asked by region and subscription, 50 at once, metrics that are
divided alike in one call. What comes back has the form that `shown` needs: a point a row for charts, a metric, resource and segment
a row for `tiles`, a resource and segment a row for `segments`, a resource a row for `table`, where a split metric has a column
`<segment>/<label>` for each segment.

The service's filter: learn.microsoft.com/rest/api/monitor/metrics-batch/batch. A dimension that is named there divides the answer,
so one that only filters is rolled up.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.azure.calls import sign_in_problem
from dashboard.engines.azure.clouds import CLOUDS, Cloud, is_plain_loopback
from dashboard.engines.azure.faults import explain
from dashboard.engines.azure.identity import Credential
from dashboard.engines.azure.loop import close_with, wait_for
from dashboard.engines.azure.management import Management
from dashboard.engines.protocol import CancelToken, QueryRequest, TimeSpan
from dashboard.errors import Problem, WatchbookError
from dashboard.table import KqlType, Table, table_from_rows

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SERVICE = "Azure Monitor metrics"
_BATCH = 50
_FIELDS = {"sum": "total", "min": "minimum", "max": "maximum", "avg": "average", "count": "count"}
_AGGREGATIONS = {
    "total": "Total", "minimum": "Minimum", "maximum": "Maximum", "average": "Average", "count": "Count",
}  # fmt: skip
# The intervals that the service knows, in seconds.
GRAINS = (60, 300, 900, 1_800, 3_600, 21_600, 43_200, 86_400)
_WHOLE: Mapping[str, Callable[[Sequence[float]], float]] = {
    "total": sum, "count": sum, "minimum": min, "maximum": max, "average": statistics.fmean,
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One value of one resource: `metric` is its place in what was asked, `segment` the values of the dimensions that divide it.
    `time` is naive UTC."""

    resource: str
    metric: int
    segment: str
    time: dt.datetime
    value: float


class Metrics:
    """Asks the metrics service of each region. Clients are kept open."""

    def __init__(self, credential: TokenCredential, cloud: Cloud, management: Management) -> None:
        self._credential = Credential(credential)
        self._cloud = cloud
        self._management = management
        self._regions: dict[str, str] = {}
        self._clients: dict[str, Any] = {}

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """The metrics in the form that is shown. Raises WatchbookError."""
        asked = json.loads(request.text)
        resources = [each for each in request.resources if each.lower().startswith("/subscriptions/")]
        if not resources or request.timespan is None:
            raise WatchbookError(Problem("EN006", "No resource is chosen whose metrics could be shown."))
        self._find_regions(resources, cancel)
        points = wait_for(self._points(asked, resources, request.timespan), cancel)
        return shape(asked, points, resources)

    def _find_regions(self, resources: Sequence[str], cancel: CancelToken | None) -> None:
        """The service is asked by region: where each resource is, Resource Graph tells."""
        missing = sorted({each.lower() for each in resources} - set(self._regions))
        for start in range(0, len(missing), 200):
            names = ", ".join("'" + each.replace("'", "\\'") + "'" for each in missing[start : start + 200])
            text = f"resources | where tolower(id) in ({names}) | project id = tolower(id), location"
            table = self._management.query_graph(QueryRequest(text, source="resource_graph"), 1_000, cancel)
            self._regions.update((str(name), str(place)) for name, place in zip(*_two(table), strict=True))
        lost = [each for each in resources if each.lower() not in self._regions]
        if lost:
            name = lost[0].rpartition("/")[2]
            raise WatchbookError(
                Problem("EN013", f"The resource {name} was not found.", hint="Choose another resource.")
            )

    async def _points(self, asked: Mapping[str, Any], resources: Sequence[str], span: TimeSpan) -> list[Point]:
        alike: dict[str, list[int]] = {}
        for at, metric in enumerate(asked["metrics"]):
            alike.setdefault(json.dumps([_field(metric), _division(metric)]), []).append(at)
        calls = [
            self._ask(asked, region, part, span, places)
            for region, part in self._batches(resources)
            for places in alike.values()
        ]
        found = await asyncio.gather(*calls)
        return [point for part in found for point in part]

    def _batches(self, resources: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        groups: dict[tuple[str, str], list[str]] = {}
        for each in resources:
            subscription = each.split("/")[2].lower()
            groups.setdefault((self._regions[each.lower()], subscription), []).append(each)
        for (region, _), members in groups.items():
            for start in range(0, len(members), _BATCH):
                yield region, members[start : start + _BATCH]

    async def _ask(
        self, asked: Mapping[str, Any], region: str, resources: list[str], span: TimeSpan, places: Sequence[int]
    ) -> list[Point]:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        first = asked["metrics"][places[0]]
        field = _field(first)
        names = list(dict.fromkeys(str(asked["metrics"][at]["name"]) for at in places))
        client, plain = self._client(region)
        seconds = float(settings.integer("query_seconds"))
        try:
            async with asyncio.timeout(seconds):
                answers = await client.query_resources(
                    resource_ids=resources, metric_namespace=str(asked["namespace"]), metric_names=names,
                    timespan=(span.start, span.end), granularity=dt.timedelta(seconds=int(asked["seconds"])),
                    aggregations=[_AGGREGATIONS[field]], **_division(first), **({"enforce_https": False} if plain else {}),
                )  # fmt: skip
        except TimeoutError:
            words = f"{SERVICE} gave no whole answer within {seconds:g} seconds."
            raise WatchbookError(Problem("EN018", words, hint="Narrow the time range.")) from None
        except ClientAuthenticationError as error:
            raise WatchbookError(sign_in_problem(error)) from None
        except HttpResponseError as error:
            target = f"the metrics of {resources[0].rpartition('/')[2]}"
            body = {"error": {"code": "", "message": getattr(error, "message", "")[:300]}}
            raise WatchbookError(explain(error.status_code or 500, body, SERVICE, target)) from None
        except AzureError:
            words = f"{SERVICE} could not be reached."
            raise WatchbookError(Problem("EN017", words, hint="Check the network, then refresh.")) from None
        found = []
        for resource, answer in zip(resources, answers, strict=False):
            for metric in answer.metrics:
                of_metric = [at for at in places if str(asked["metrics"][at]["name"]).lower() == metric.name.lower()]
                for series in metric.timeseries:
                    segment = _segment(first, series.metadata_values)
                    for value in series.data:
                        number = getattr(value, field)
                        if number is not None:
                            moment = value.timestamp.astimezone(dt.UTC).replace(tzinfo=None)
                            found += [Point(resource, at, segment, moment, float(number)) for at in of_metric]
        return found

    def _client(self, region: str) -> tuple[Any, bool]:
        address = self._cloud.metrics.format(region=region)
        if address not in self._clients:
            from azure.monitor.querymetrics.aio import MetricsClient

            self._clients[address] = client = MetricsClient(
                address, self._credential, audience=CLOUDS[self._cloud.name].metrics_audience,
                retry_total=settings.integer("live_tries") - 1, retry_backoff_factor=settings.integer("live_backoff_ms") / 1000,
            )  # fmt: skip
            close_with(self, client)
        return self._clients[address], is_plain_loopback(address)


def _two(table: Table) -> tuple[list[Any], list[Any]]:
    return table.column("id"), table.column("location")


def grain(length_seconds: float, wanted: float) -> int:
    """The interval of the service that is nearest above the wanted one, and gives at most about 1,400 points."""
    least = max(wanted, length_seconds / 1_440)
    return next((each for each in GRAINS if each >= least), GRAINS[-1])


def _field(metric: Mapping[str, Any]) -> str:
    return _FIELDS.get(str(metric["function"]), "average")


def _division(metric: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a call that splits and filters: `filter`, `roll_up_by`, `max_results`, `order_by`."""
    terms, only = [], []
    filtered = {str(each["key"]).lower() for each in metric["filters"]}
    for each in metric["filters"]:
        operator, joint = ("ne", " and ") if each["negated"] else ("eq", " or ")
        terms.append(joint.join(f"{_written(each['key'])} {operator} '{_written(v)}'" for v in each["values"]))
        if each["key"].lower() not in {name.lower() for name in metric["split"]}:
            only.append(str(each["key"]))
    terms += [f"{_written(name)} eq '*'" for name in metric["split"] if name.lower() not in filtered]
    if not terms:
        return {}
    found: dict[str, Any] = {"filter": " and ".join(dict.fromkeys(terms))}
    if only:
        found["roll_up_by"] = ",".join(dict.fromkeys(only))
    if metric["split"]:
        found["max_results"] = int(metric["limit"])
        found["order_by"] = f"{_field(metric)} {'asc' if metric['ascending'] else 'desc'}"
    return found


def _written(text: Any) -> str:
    """A name or value inside the filter: quotes doubled, round brackets percent-encoded once more, as the reference wants it."""
    return str(text).replace("'", "''").replace("(", "%28").replace(")", "%29")


def _segment(metric: Mapping[str, Any], told: Mapping[str, str] | None) -> str:
    """The values of the dimensions that split the metric; the service writes their names in any case."""
    known = {str(name).lower(): value for name, value in (told or {}).items()}
    return ", ".join(str(known.get(name.lower(), "")) for name in metric["split"])


def shape(asked: Mapping[str, Any], points: Sequence[Point], resources: Sequence[str]) -> Table:
    """Points in the form that is shown: see the head of this module."""
    metrics = [*enumerate(asked["metrics"])]
    values: dict[tuple[str, int], dict[str, list[Point]]] = {}
    for point in sorted(points, key=lambda each: each.time):
        of = values.setdefault((point.resource.lower(), point.metric), {})
        of.setdefault(point.segment, []).append(point)

    def segments(resource: str, places: Sequence[int]) -> list[str]:
        known = dict.fromkeys(each for at in places for each in values.get((resource.lower(), at), {}))
        return list(known) or [""]

    def cells(resource: str, at: int, segment: str) -> tuple[float | None, list[float]]:
        found = [each.value for each in values.get((resource.lower(), at), {}).get(segment, [])]
        return (_WHOLE[_field(asked["metrics"][at])](found) if found else None), found

    split = any(m["split"] for _, m in metrics)
    shown = asked.get("shown")
    if shown in ("table", "segments"):
        by_segment = shown == "segments"
        named: dict[str, tuple[int, str]] = {}
        for at, m in metrics:
            if by_segment or not m["split"]:
                named.setdefault(str(m["heading"]), (at, ""))
                continue
            for segment in dict.fromkeys(each for resource in resources for each in segments(resource, [at])):
                named.setdefault(f"{segment}/{m['label']}", (at, segment))
        grid: list[Any] = []
        for resource in resources:
            for segment in segments(resource, [at for at, _ in named.values()]) if by_segment else [""]:
                row: list[Any] = [_subscription(resource), resource, *([segment] if by_segment else [])]
                for at, own in named.values():
                    row += cells(resource, at, segment if by_segment else own)
                grid.append(row)
        columns: list[tuple[str, KqlType]] = [("Subscription", "string"), ("Name", "string")]
        columns += [("Segment", "string")] if by_segment else []
        for name in named:
            columns += [(name, "real"), (f"{name} Timeline", "dynamic")]
        return table_from_rows(columns, grid)
    if shown == "tiles":
        tiles: list[Any] = [
            (str(m["label"]), value, resource, *([segment] if split else []), line)
            for at, m in metrics
            for resource in resources
            for segment in segments(resource, [at])
            for value, line in [cells(resource, at, segment)]
        ]
        heads: list[tuple[str, KqlType]] = [("Metric", "string"), ("Value", "real"), ("Name", "string")]
        heads += [("Segment", "string")] if split else []
        return table_from_rows([*heads, ("Timeline", "dynamic")], tiles)
    lines = []
    for at, m in metrics:
        for resource in resources:
            for segment, found in values.get((resource.lower(), at), {}).items():
                series = [resource.rpartition("/")[2]] if len(resources) != 1 else []
                series += [str(m["label"])] if not m["split"] or len(metrics) > 1 else []
                series += [segment] if m["split"] else []
                lines += [(point.time, " ".join(series), point.value) for point in found]
    lines.sort(key=lambda line: line[0])
    return table_from_rows([("TimeGenerated", "datetime"), ("Series", "string"), ("Value", "real")], lines)


def _subscription(resource: str) -> str:
    return "/".join(resource.split("/")[:3])
