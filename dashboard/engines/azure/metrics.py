"""Metrics of Azure resources through Microsoft's own async client (azure-monitor-querymetrics).

A request's text is JSON: `{"namespace", "metrics": [{"id", "name", "label", "aggregation", "function"}], "seconds", "shown"}`;
its `resources` are asked by region and subscription, 50 at once. What comes back has the form that `shown` needs: a point a
row for charts, a value a row for tiles, a resource a row for `table`.
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
    """One value of one metric of one resource. `time` is naive UTC."""

    resource: str
    metric: str
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
        calls = [
            self._ask(asked, region, part, span, aggregation)
            for region, part in self._batches(resources)
            for aggregation in dict.fromkeys(_FIELDS.get(str(m["function"]), "average") for m in asked["metrics"])
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
        self, asked: Mapping[str, Any], region: str, resources: list[str], span: TimeSpan, field: str
    ) -> list[Point]:
        from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

        names = list(
            dict.fromkeys(
                str(m["name"]) for m in asked["metrics"] if _FIELDS.get(str(m["function"]), "average") == field
            )
        )
        client, plain = self._client(region)
        seconds = float(settings.integer("query_seconds"))
        try:
            async with asyncio.timeout(seconds):
                answers = await client.query_resources(
                    resource_ids=resources, metric_namespace=str(asked["namespace"]), metric_names=names,
                    timespan=(span.start, span.end), granularity=dt.timedelta(seconds=int(asked["seconds"])),
                    aggregations=[_AGGREGATIONS[field]], **({"enforce_https": False} if plain else {}),
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
                for series in metric.timeseries:
                    for value in series.data:
                        number = getattr(value, field)
                        if number is not None:
                            moment = value.timestamp.astimezone(dt.UTC).replace(tzinfo=None)
                            found.append(Point(resource, f"{metric.name}|{field}", moment, float(number)))
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


def shape(asked: Mapping[str, Any], points: Sequence[Point], resources: Sequence[str]) -> Table:
    """Points in the form that is shown: a point a row, a value a row (tiles), or a resource a row (table)."""
    metrics = [(m, f"{m['name']}|{_FIELDS.get(str(m['function']), 'average')}") for m in asked["metrics"]]
    values: dict[tuple[str, str], list[Point]] = {}
    for point in sorted(points, key=lambda each: each.time):
        values.setdefault((point.resource.lower(), point.metric.lower()), []).append(point)

    def of(resource: str, key: str) -> list[Point]:
        return values.get((resource.lower(), key.lower()), [])

    def whole(found: Sequence[Point], key: str) -> float | None:
        return _WHOLE[key.rpartition("|")[2]]([each.value for each in found]) if found else None

    if asked.get("shown") == "tiles":
        rows = [
            (str(m["label"]), whole(of(resource, key), key), resource) for m, key in metrics for resource in resources
        ]
        return table_from_rows([("Metric", "string"), ("Value", "real"), ("Name", "string")], rows)
    if asked.get("shown") == "table":
        columns: list[tuple[str, KqlType]] = [("Subscription", "string"), ("Name", "string")]
        for m, _ in metrics:
            columns += [(str(m["id"]), "real"), (f"{m['id']} Timeline", "dynamic")]
        grid = []
        for resource in resources:
            row: list[Any] = ["/".join(resource.split("/")[:3]), resource]
            for _, key in metrics:
                found = of(resource, key)
                row += [whole(found, key), [each.value for each in found]]
            grid.append(row)
        return table_from_rows(columns, grid)
    many = len(resources) != 1
    lines = [
        (point.time, f"{resource.rpartition('/')[2]} {m['label']}" if many else str(m["label"]), point.value)
        for m, key in metrics
        for resource in resources
        for point in of(resource, key)
    ]
    lines.sort(key=lambda line: line[0])
    return table_from_rows([("TimeGenerated", "datetime"), ("Series", "string"), ("Value", "real")], lines)
