"""Resource Graph, metrics, Data Explorer and Sentinel, through the live engine and the real clients, on loopback."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.engines.azure.clouds import CLOUDS, cloud
from dashboard.engines.azure.explorer import cluster_address
from dashboard.engines.azure.sentinel import Sentinel
from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import QueryRequest, TimeSpan
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, run_all
from dashboard.runtime.execute import Executor
from tests.engines.azure_server import GROUP, RESOURCE, SENTINEL, WORKSPACE, Azure, azure_server, environment
from tests.runtime.standin import book, parameters, query
from tests.server.querying import Credential, querying

VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/web"
NOW = dt.datetime(2026, 11, 1, 3, tzinfo=dt.UTC)


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Azure]:
    with azure_server() as running:
        for name, value in environment(running).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path))
        yield running


# ---- Resource Graph ----------------------------------------------------------------------------------------------------


def test_resource_graph_is_read_page_by_page_with_its_types(azure: Azure) -> None:
    azure.graph = [{"id": f"/r/{n}", "count": n, "tags": {"n": n}} for n in range(25)]
    azure.graph_page = 10
    table = LogAnalyticsEngine([WORKSPACE]).run(QueryRequest("resources", source="resource_graph"))
    assert [(c.name, c.type) for c in table.columns] == [("id", "string"), ("count", "long"), ("tags", "dynamic")]
    assert table.column("count") == list(range(25))
    assert table.json_rows()[3] == ["/r/3", 3, {"n": 3}]
    assert len(azure.of("resourcegraph")) == 3


def test_resource_graph_is_cut_at_the_limit_of_rows_with_a_notice(azure: Azure) -> None:
    azure.graph = [{"id": f"/r/{n}"} for n in range(25)]
    table = LogAnalyticsEngine().run(QueryRequest("resources", source="resource_graph", row_limit=10))
    assert (len(table), table.status, table.notices[0].code) == (10, "partial", "EN005")


def test_resource_graph_is_limited_to_the_subscriptions_that_a_part_names(azure: Azure) -> None:
    LogAnalyticsEngine().run(QueryRequest("resources", source="resource_graph", resources=(GROUP, "/subscriptions/x")))
    assert azure.of("resourcegraph")[-1].body["subscriptions"] == [GROUP.split("/")[2], "x"]


# ---- metrics -----------------------------------------------------------------------------------------------------------


def metric_item(kind: int, *metrics: tuple[str, int]) -> dict[str, object]:
    entries = [
        {
            "namespace": "microsoft.compute/virtualmachines",
            "metric": f"microsoft.compute/virtualmachines--{name}",
            "aggregation": how,
        }
        for name, how in metrics
    ]
    content = {
        "version": "MetricsItem/2.0", "chartType": kind, "resourceType": "microsoft.compute/virtualmachines", "resourceIds": [VM],
        "timeContext": {"durationMs": 10_800_000}, "metrics": entries,
    }  # fmt: skip
    return {"type": 10, "content": content, "name": "metrics"}


@pytest.mark.parametrize(
    ("kind", "columns", "first"),
    [
        (2, ["TimeGenerated", "Series", "Value"], ["2026-11-01T00:00:00Z", "CPU (average)", 10.0]),
        (-1, ["Metric", "Value", "Name", "Timeline"], ["CPU (average)", 11.0, VM, [10.0, 11.0, 12.0]]),
        (0, ["Subscription", "Name", "microsoft.compute/virtualmachines--CPU", "microsoft.compute/virtualmachines--CPU Timeline"],
         ["/".join(VM.split("/")[:3]), VM, 11.0, [10.0, 11.0, 12.0]]),
    ],
)  # fmt: skip
def test_a_metric_item_is_drawn_from_the_metrics_service(
    azure: Azure, kind: int, columns: list[str], first: list[object]
) -> None:
    azure.graph = [{"id": VM.lower(), "location": "westeurope"}]
    engine = LogAnalyticsEngine([WORKSPACE])
    session = Session(book(metric_item(kind, ("CPU", 4))), engine, now=NOW, executor=Executor(engine))
    ((_, result),) = run_all(session)
    assert result.status == "ok", result
    assert result.table is not None
    assert list(result.table.names) == columns
    assert result.table.json_rows()[0] == first
    asked = azure.of("metrics:getBatch")[-1]
    assert asked.query["metricnamespace"] == "microsoft.compute/virtualmachines"
    assert asked.query["aggregation"] == "Average"
    assert asked.query["interval"] in ("PT1M", "PT5M")


def divided(azure: Azure, kind: int, *entries: dict[str, object], **content: object) -> list[list[object]]:
    """The rows of a metric item over two dimensions, ResponseType and ApiName."""
    azure.graph = [{"id": VM.lower(), "location": "westeurope"}]
    item = metric_item(kind, *(("Transactions", 1) for _ in entries))
    shown = item["content"]
    assert isinstance(shown, dict)
    shown.update(content)
    for metric, more in zip(shown["metrics"], entries, strict=True):
        metric.update(more)
    engine = LogAnalyticsEngine([WORKSPACE])
    ((_, result),) = run_all(Session(book(item), engine, now=NOW, executor=Executor(engine)))
    assert result.table is not None, result
    return [list(result.table.names), *result.table.json_rows()]


@pytest.mark.parametrize(
    ("entry", "content", "sent", "series"),
    [
        ({"splitBy": "ResponseType"}, {}, {"filter": "ResponseType eq '*'", "top": "10", "orderby": "total desc"},
         {"Success": 8000.0, "ClientError": 800.0, "Timeout": 200.0}),
        ({"splitBy": ["ResponseType"], "splitByLimit": 1, "splitBySortOrder": 1}, {},
         {"filter": "ResponseType eq '*'", "top": "1", "orderby": "total asc"}, {"Timeout": 200.0}),
        ({"splitBy": "ApiName"}, {"filters": [{"key": "ResponseType", "operator": 1, "values": ["Success"]}]},
         {"filter": "ResponseType ne 'Success' and ApiName eq '*'", "rollupby": "ResponseType"}, {"GetBlob": 800.0, "PutBlob": 200.0}),
        ({"filters": [{"key": "ResponseType", "operator": 0, "values": ["ClientError", "Timeout"]}]}, {},
         {"filter": "ResponseType eq 'ClientError' or ResponseType eq 'Timeout'", "rollupby": "ResponseType"},
         {"Transactions (sum)": 1000.0}),
        ({"splitBy": ["ResponseType", "ApiName"], "splitByLimit": 2, "splitBySortOrder": -1}, {},
         {"filter": "ResponseType eq '*' and ApiName eq '*'", "top": "2"}, {"Success, GetBlob": 5000.0, "Success, PutBlob": 3000.0}),
    ],
)  # fmt: skip
def test_a_metric_is_split_and_filtered_by_its_dimensions(
    azure: Azure,
    entry: dict[str, object],
    content: dict[str, object],
    sent: dict[str, str],
    series: dict[str, float],
) -> None:
    names, *rows = divided(azure, 2, entry, **content)
    assert names == ["TimeGenerated", "Series", "Value"]
    assert {str(row[1]): row[2] for row in rows} == series
    asked = azure.of("metrics:getBatch")[-1].query
    assert {name: asked.get(name) for name in sent} == sent


def test_metrics_that_are_divided_alike_are_asked_together_and_others_apart(azure: Azure) -> None:
    entries = [
        {"columnName": "All"},
        {"columnName": "Errors", "splitBy": "ResponseType", "splitByLimit": 2},
        {"columnName": "Again"},
    ]
    names, row = divided(azure, 0, *entries)
    assert names == [
        "Subscription", "Name", "All", "All Timeline", "Success/Errors", "Success/Errors Timeline", "ClientError/Errors",
        "ClientError/Errors Timeline", "Again", "Again Timeline",
    ]  # fmt: skip
    assert (row[2], row[4], row[6], row[8]) == (300.0, 24000.0, 2400.0, 300.0)
    assert len(azure.of("metrics:getBatch")) == 2


def test_a_filter_takes_a_parameter_and_quotes_what_a_reader_typed(azure: Azure) -> None:
    azure.graph = [{"id": VM.lower(), "location": "westeurope"}]
    item = metric_item(2, ("Transactions", 1))
    item["content"]["filters"] = [{"key": "Api (v2)", "operator": 0, "valueParam": "Api"}]  # type: ignore[index]
    engine = LogAnalyticsEngine([WORKSPACE])
    chosen = parameters({"name": "Api", "type": 1, "isRequired": True})
    session = Session(book(chosen, item), engine, now=NOW, executor=Executor(engine))
    assert session.plan().items[1].status == "unset"
    session.set_value("Api", "O'Neill (1)")
    payload = json.loads(session.plan().items[1].query.text)  # type: ignore[union-attr]
    assert payload["metrics"][0]["filters"] == [{"key": "Api (v2)", "values": ["O'Neill (1)"], "negated": False}]
    run_all(session)
    assert azure.of("metrics:getBatch")[-1].query["filter"] == "Api %28v2%29 eq 'O''Neill %281%29'"


def test_a_grid_with_a_row_a_segment_names_it(azure: Azure) -> None:
    split = {"splitBy": "ResponseType", "splitByLimit": 2}
    names, *rows = divided(azure, 0, {"columnName": "Requests", **split}, {"columnName": "All"}, gridFormatType=2)
    assert names == ["Subscription", "Name", "Segment", "Requests", "Requests Timeline", "All", "All Timeline"]
    assert [row[2:4] + row[5:6] for row in rows] == [
        ["Success", 24000.0, None], ["ClientError", 2400.0, None], ["", None, 300.0],
    ]  # fmt: skip
    names, *rows = divided(azure, -1, split)
    assert names == ["Metric", "Value", "Name", "Segment", "Timeline"]
    assert [row[1:4:2] for row in rows] == [[24000.0, "Success"], [2400.0, "ClientError"]]


def test_a_resource_that_is_gone_is_told(azure: Azure) -> None:
    azure.graph = [{"id": "/other", "location": "westeurope"}]
    engine = LogAnalyticsEngine([WORKSPACE])
    ((_, result),) = run_all(Session(book(metric_item(2, ("CPU", 4))), engine, now=NOW))
    assert result.message == "The resource web was not found."


# ---- Data Explorer -----------------------------------------------------------------------------------------------------


def test_a_data_explorer_part_asks_its_cluster_and_database(azure: Azure, estate: Path) -> None:
    with querying(LocalEngine(estate, known_tables())) as port:
        payload = {
            "version": "AzureDataExplorerQuery/1.0", "clusterName": f"http://127.0.0.1:{port}", "databaseName": "logs",
            "queryText": "KubePodInventory | summarize n = count(), t = max(TimeGenerated), d = make_set(Namespace) | render table",
        }  # fmt: skip
        engine = LogAnalyticsEngine([WORKSPACE], Credential())
        ((_, result),) = run_all(Session(book(query(json.dumps(payload), queryType=9)), engine))
    assert result.status == "ok", result
    assert result.table is not None
    assert [(c.name, c.type) for c in result.table.columns] == [("n", "long"), ("t", "datetime"), ("d", "dynamic")]
    ours = LocalEngine(estate, known_tables()).run(QueryRequest(payload["queryText"]))
    assert result.table.column("n") == ours.column("n")
    assert result.table.render == ours.render


def test_a_mistake_in_a_data_explorer_query_is_told(azure: Azure, estate: Path) -> None:
    with querying(LocalEngine(estate, known_tables())) as port:
        request = QueryRequest(
            "KubePodInventory | wher x", source="adx", resources=(f"adx://http://127.0.0.1:{port}/logs",)
        )
        with pytest.raises(WatchbookError, match="EN014") as caught:
            LogAnalyticsEngine([WORKSPACE], Credential()).run(request)
    assert "wher" in caught.value.problem.message


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("help", "https://help.kusto.windows.net"), ("mine.westeurope", "https://mine.westeurope.kusto.windows.net"),
        ("https://mine.westeurope.kusto.windows.net/", "https://mine.westeurope.kusto.windows.net"),
        ("https://ade.loganalytics.io/subscriptions/s", "https://ade.loganalytics.io/subscriptions/s"),
    ],
)  # fmt: skip
def test_a_cluster_is_found_by_name_or_address(written: str, address: str) -> None:
    assert cluster_address(written, CLOUDS["public"]) == address


@pytest.mark.parametrize(
    "written",
    [
        "https://evil.example", "http://help.kusto.windows.net", "https://kusto.windows.net.evil.example", "http://127.0.0.1:1",
        "https://user@help.kusto.windows.net", "https://evil.example/.kusto.windows.net", "help/../x",
    ],
)  # fmt: skip
def test_no_token_goes_to_a_host_that_a_workbook_makes_up(written: str) -> None:
    with pytest.raises(WatchbookError, match="EN006"):
        cluster_address(written, cloud("public"))


@pytest.mark.parametrize("resource", ["/subscriptions/../../x/y", "/subscriptions/a?b=/c", "/subscriptions//x"])
def test_a_resource_that_is_no_path_is_refused(azure: Azure, resource: str) -> None:
    with pytest.raises(WatchbookError, match="EN013"):
        LogAnalyticsEngine([WORKSPACE]).run(QueryRequest("T", resources=(resource,)))
    assert azure.asked == []


# ---- Sentinel ----------------------------------------------------------------------------------------------------------


def sentinel(azure: Azure) -> Sentinel:
    for number in range(5):
        name = f"{SENTINEL}/incidents/i{number}"
        properties = {"title": f"Incident {number}", "severity": "High", "status": "New", "incidentNumber": number}
        azure.resources[name] = {"id": name, "name": f"i{number}", "etag": '"1"', "properties": properties}
    rule = f"{SENTINEL}/alertRules/r1"
    azure.resources[rule] = {"id": rule, "name": "r1", "kind": "Scheduled", "properties": {"displayName": "Rule"}}
    return Sentinel(LogAnalyticsEngine([WORKSPACE]).management(), RESOURCE)


def test_incidents_and_rules_are_read_page_by_page_and_nothing_is_changed(azure: Azure) -> None:
    found = sentinel(azure)
    assert [each["name"] for each in found.incidents()] == [f"i{n}" for n in range(5)]
    assert [each["name"] for each in found.rules()] == ["r1"]
    assert {each.method for each in azure.of("SecurityInsights")} == {"GET"}


def test_a_change_is_shown_first_and_sent_only_where_it_is_allowed(azure: Azure) -> None:
    found = sentinel(azure)
    change = found.change("i2", status="closed", classification="FalsePositive", comment="a test")
    assert change.lines() == [
        "status: New → Closed", "classification: nothing → FalsePositive", "classificationComment: nothing → a test",
        "classificationReason: nothing → IncorrectAlertLogic",
    ]  # fmt: skip
    with pytest.raises(WatchbookError, match="EN041"):
        found.apply(change, allowed=False)
    assert {each.method for each in azure.of("SecurityInsights")} == {"GET"}
    told = found.apply(change, allowed=True)
    assert told["properties"]["status"] == "Closed"
    assert told["properties"]["title"] == "Incident 2"


def test_a_reason_alone_is_one_of_the_classification_that_the_incident_has(azure: Azure) -> None:
    found = sentinel(azure)
    found.apply(found.change("i2", status="Closed", classification="FalsePositive"), allowed=True)
    change = found.change("i2", reason="InaccurateData")
    assert change.lines() == ["classificationReason: IncorrectAlertLogic → InaccurateData"]
    with pytest.raises(WatchbookError, match="EN040"):
        found.change("i2", reason="SuspiciousActivity")
    assert found.change("i2", severity="Low").lines() == ["severity: High → Low"]


def test_a_change_of_an_incident_that_somebody_else_changed_is_refused(azure: Azure) -> None:
    found = sentinel(azure)
    change = found.change("i1", severity="Low")
    found.apply(found.change("i1", status="Active"), allowed=True)
    with pytest.raises(WatchbookError, match="EN039"):
        found.apply(change, allowed=True)


@pytest.mark.parametrize("fields", [{"status": "Gone"}, {"severity": "Extreme"}, {"status": "Closed"}])
def test_a_change_that_sentinel_does_not_know_is_refused_before_it_is_sent(
    azure: Azure, fields: dict[str, str]
) -> None:
    with pytest.raises(WatchbookError, match="EN040"):
        sentinel(azure).change("i1", **fields)


def test_a_span_is_sent_with_both_its_ends(azure: Azure) -> None:
    span = TimeSpan(NOW - dt.timedelta(hours=1), NOW)
    azure.answer = lambda text: {"tables": [{"name": "P", "columns": [{"name": "a", "type": "long"}], "rows": [[1]]}]}
    LogAnalyticsEngine([WORKSPACE]).run(QueryRequest("T", timespan=span))
    assert azure.of("/query")[-1].body["timespan"] == "2026-11-01T02:00:00+00:00/2026-11-01T03:00:00+00:00"
