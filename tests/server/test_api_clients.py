"""Microsoft's own clients, and our live engine, against the query API: what local data says, they read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.kusto.data import ClientRequestProperties, KustoClient, KustoConnectionStringBuilder
from azure.kusto.data.exceptions import KustoApiError, KustoMultiApiError, KustoServiceError
from azure.monitor.query import LogsBatchQuery, LogsQueryClient, LogsQueryPartialResult, LogsQueryResult

from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import QueryRequest, TimeSpan
from dashboard.ingest.schemas import known_tables
from tests.server.querying import WORKSPACE, Credential, querying

TOKEN = "a-token-of-one-run"
PLAIN: dict[str, Any] = {"enforce_https": False}

QUERIES = """
print a = 1
print s = 'x', l = long(1), i = int(2), r = 0.1, b = false, d = datetime(2026-11-01), t = 3d, g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642)
print s = '', l = long(null), i = int(null), r = real(null), b = bool(null), d = datetime(null), t = timespan(null), g = guid(null), j = dynamic(null)
print n = real(nan), p = real(+inf), m = real(-inf), z = 0.0, e = 1e300, f = 1e-300
print d = decimal(1.25), e = decimal(-0.5), n = decimal(null)
print t = -1d, u = 1tick, v = 999d + 23h + 59m, w = 0s
print d = datetime(0001-01-01), e = datetime(9999-12-31 23:59:59), f = datetime(2026-11-01 10:00:00.5)
print l = 9223372036854775807, m = -9223372036854775807
print j = dynamic({"a": [1, "x", null, true, {"b": 1.5}]}), k = dynamic([]), l = dynamic("text"), m = dynamic(5), n = parse_json('{"x": "\\u00e4"}')
print s = 'quote " and \\\\ and \\n and \\t', u = 'ä 漢字 😀'
range x from 1 to 1000 step 1
range x from 1 to 10 step 1 | where x > 100
range d from datetime(2026-01-01) to datetime(2026-01-02) step 1h
datatable(a: string, b: long) ['x', 1, 'y', long(null)]
KubePodInventory | count
KubePodInventory | take 0
KubePodInventory | sort by TimeGenerated desc, Name asc, ContainerName asc | take 50 | project TimeGenerated, Name, ContainerName, PodStatus
KubePodInventory | summarize n = count() by Namespace | sort by n desc, Namespace asc
KubePodInventory | summarize n = dcount(Name) by bin(TimeGenerated, 1d) | sort by TimeGenerated asc
KubePodInventory | summarize arg_max(TimeGenerated, PodStatus) by Name | sort by Name asc
KubePodInventory | summarize make_set(PodStatus) by ClusterName | sort by ClusterName asc | project ClusterName, n = array_length(set_PodStatus)
KubePodInventory | distinct Namespace | sort by Namespace asc
KubePodInventory | extend labels = parse_json(PodLabel) | project app = tostring(labels[0].app) | summarize count() by app | sort by app asc
KubeEvents | where Reason has 'Back' | summarize sum(Count) by Reason | sort by Reason asc
KubeNodeInventory | summarize max(TimeGenerated), min(TimeGenerated) by Computer | sort by Computer asc
AKSAudit | sort by TimeGenerated desc, AuditId asc | take 20 | project TimeGenerated, AuditId, ObjectRef, ResponseStatus
AKSAudit | extend code = toint(ResponseStatus.code) | summarize count() by code | sort by code asc
AKSAudit | where Verb in ('create', 'delete') | summarize count() by Verb, tostring(ObjectRef.resource) | sort by count_ desc, Verb asc, ObjectRef_resource asc
AKSAudit | mv-expand ip = SourceIps to typeof(string) | summarize count() by ip | sort by count_ desc, ip asc
AKSControlPlane | summarize count() by Category, Level | sort by Category asc, Level asc
ContainerLogV2 | where LogMessage has 'error' | count
ContainerLogV2 | sort by TimeGenerated desc, PodName asc, ContainerId asc | take 10 | project TimeGenerated, PodName, LogMessage
ContainerInventory | summarize avg(ExitCode), percentile(ExitCode, 95), stdev(ExitCode) by ContainerState | sort by ContainerState asc
Perf | summarize avg(CounterValue), max(CounterValue), min(CounterValue) by ObjectName, CounterName | sort by ObjectName asc, CounterName asc
Perf | make-series v = avg(CounterValue) default = 0.0 on TimeGenerated from datetime(2026-11-01) to datetime(2026-11-08) step 1d by ObjectName | sort by ObjectName asc
InsightsMetrics | summarize sum(Val) by Namespace, Name | sort by Namespace asc, Name asc
SecurityIncident | summarize arg_max(LastModifiedTime, *) by IncidentNumber | summarize count() by Severity, Status | sort by Severity asc, Status asc
SecurityIncident | sort by IncidentNumber desc, TimeGenerated desc, LastModifiedTime desc | take 20 | project IncidentNumber, Title, Owner, Labels, AlertIds, ClosedTime, CreatedTime
SecurityIncident | extend t = ClosedTime - CreatedTime | summarize avg(t), max(t) by Classification | sort by Classification asc
SecurityAlert | project AlertName, ConfidenceScore, IsIncident, StartTime | sort by StartTime asc, AlertName asc | take 30
SecurityAlert | extend e = parse_json(Entities) | mv-expand e | summarize count() by tostring(e.Type) | sort by e_Type asc
SigninLogs | summarize ok = countif(ResultType == '0'), all = count() by UserPrincipalName | extend share = 1.0 * ok / all | sort by UserPrincipalName asc
SigninLogs | extend city = tostring(parse_json(tostring(LocationDetails)).city) | summarize count() by city | sort by city asc
SigninLogs | where isnotempty(ConditionalAccessPolicies) | sort by TimeGenerated desc, Id asc | take 5 | project TimeGenerated, ConditionalAccessPolicies, DeviceDetail
AzureActivity | summarize count() by OperationNameValue, ActivityStatusValue | sort by OperationNameValue asc, ActivityStatusValue asc
AzureDiagnostics | summarize count() by ResourceType, Category | sort by ResourceType asc, Category asc
AzureDiagnostics | where isnotnull(duration_d) | summarize percentiles(duration_d, 50, 95, 99) by Category | sort by Category asc
AzureDiagnostics | where isnotnull(ActivityId_g) | sort by TimeGenerated desc, ActivityId_g asc | take 10 | project ActivityId_g, TimeGenerated
AzureMetrics | summarize avg(Average) by MetricName, bin(TimeGenerated, 6h) | sort by MetricName asc, TimeGenerated asc
Heartbeat | summarize last = max(TimeGenerated) by Computer, OSType | sort by Computer asc, OSType asc
SecurityEvent | summarize count() by EventID, Activity | sort by EventID asc, Activity asc
SecurityEvent | where EventID == 4625 | summarize dcount(Account), make_list(Account, 3) | project dcount_Account
Syslog | summarize count() by Facility, SeverityLevel | sort by Facility asc, SeverityLevel asc
OfficeActivity | summarize count() by OfficeWorkload, IsManagedDevice | sort by OfficeWorkload asc, IsManagedDevice asc
DeviceProcessEvents | join kind=inner (DeviceNetworkEvents | summarize n = count() by DeviceId) on DeviceId | summarize sum(n) by DeviceName | sort by DeviceName asc
union withsource = Source KubeEvents, Heartbeat | summarize count() by Source | sort by Source asc
let T = KubePodInventory | summarize n = count() by Name; T | where n > 5 | sort by n desc, Name asc | take 10
Usage | summarize sum(Quantity) by DataType, IsBillable | sort by DataType asc
ThreatIntelIndicators | summarize count() by IsActive, Confidence | sort by IsActive asc, Confidence asc
Watchlist | project WatchlistAlias, WatchlistItem, TimeGenerated, TimeToLive | sort by WatchlistAlias asc, TimeGenerated asc
resources | summarize count() by type | sort by type asc
search in (KubeEvents, Syslog) 'kubelet' | count
KubePodInventory | evaluate pivot(PodStatus, count(), Namespace) | sort by Namespace asc
KubePodInventory | summarize h = hll(Name) by Namespace | summarize dcount_hll(hll_merge(h))
KubePodInventory | serialize n = row_number() | where n == 1 | project n
""".strip().splitlines()


@pytest.fixture(scope="module")
def local(estate: Path) -> LocalEngine:
    return LocalEngine(estate, known_tables())


@pytest.fixture(scope="module")
def address(local: LocalEngine) -> Iterator[str]:
    with querying(local, token=TOKEN) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def logs(address: str) -> Iterator[LogsQueryClient]:
    with LogsQueryClient(Credential(TOKEN), endpoint=address, retry_total=0) as client:
        yield client


@pytest.fixture(scope="module")
def kusto(address: str) -> Iterator[KustoClient]:
    with KustoClient(KustoConnectionStringBuilder.with_aad_application_token_authentication(address, TOKEN)) as client:
        yield client


# ---- our own live engine -----------------------------------------------------------------------------------------------


def comparable(rows: list[tuple[Any, ...]], ordered: bool) -> list[Any]:
    # A sum of floats depends in its last digits on the order in which threads bring the rows; NaN equals nothing. Few digits
    # are kept: the more there are, the likelier two such sums lie on both sides of where one is rounded up.
    found = [tuple(f"{cell:.8g}" if isinstance(cell, float) else cell for cell in row) for row in rows]
    return found if ordered else sorted(found, key=repr)


@pytest.mark.parametrize("query", QUERIES)
def test_the_live_engine_reads_the_same_table_as_the_local_one(local: LocalEngine, address: str, query: str) -> None:
    end = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    request = QueryRequest(query, timespan=TimeSpan(end - dt.timedelta(days=14), end), row_limit=30_000)
    live = LogAnalyticsEngine([WORKSPACE], credential=Credential(TOKEN), endpoint=address)
    ours, theirs = local.run(request), live.run(request)
    assert theirs.columns == ours.columns
    ordered = any(word in query for word in ("sort by", "top ", "range ", "print "))
    assert comparable(theirs.rows(), ordered) == comparable(ours.rows(), ordered)
    assert (theirs.status, theirs.render) == (ours.status, ours.render)


def test_the_live_engine_reads_the_same_chart_as_the_local_one(local: LocalEngine, address: str) -> None:
    query = "print x = 'a', y = 1 | render columnchart kind=stacked with (title='T', xtitle='X', ytitle='Y', xcolumn=x)"
    live = LogAnalyticsEngine([WORKSPACE], credential=Credential(TOKEN), endpoint=address)
    ours, theirs = local.run(QueryRequest(query)).render, live.run(QueryRequest(query)).render
    assert ours is not None
    assert theirs is not None
    assert {name: theirs.get(name) for name in ours} == ours


# ---- LogsQueryClient ---------------------------------------------------------------------------------------------------


def test_the_logs_client_reads_values_statistics_and_chart(logs: LogsQueryClient) -> None:
    found = logs.query_workspace(
        WORKSPACE, "print d = datetime(2026-11-01), n = 1 | render piechart with (title = 'T')", timespan=dt.timedelta(days=1),
        server_timeout=30, include_statistics=True, include_visualization=True, **PLAIN,
    )  # fmt: skip
    assert isinstance(found, LogsQueryResult)
    assert list(found.tables[0].rows[0]) == [dt.datetime(2026, 11, 1, tzinfo=dt.UTC), 1]
    assert found.statistics is not None
    assert found.statistics["query"]["executionTime"] > 0
    assert found.visualization is not None
    assert found.visualization["visualization"] == "piechart"


def test_the_logs_client_asks_a_resource_with_a_span_from_a_start(logs: LogsQueryClient) -> None:
    resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v"
    span = (dt.datetime(2001, 1, 1, tzinfo=dt.UTC), dt.timedelta(days=1))
    found = logs.query_resource(resource, "KubePodInventory | count", timespan=span, **PLAIN)
    assert isinstance(found, LogsQueryResult)
    assert list(found.tables[0].rows[0]) == [0]


def test_the_logs_client_reads_a_batch_in_its_order(logs: LogsQueryClient) -> None:
    queries = [LogsBatchQuery(WORKSPACE, text, timespan=None) for text in ("print 1", "print x |", "print 3")]
    first, second, third = logs.query_batch(queries, **PLAIN)
    assert isinstance(first, LogsQueryResult)
    assert isinstance(third, LogsQueryResult)
    assert (first.tables[0].rows[0][0], third.tables[0].rows[0][0]) == (1, 3)
    assert not isinstance(second, LogsQueryResult | LogsQueryPartialResult)
    assert second.code == "BadArgumentError"


def test_the_logs_client_tells_why_a_query_was_refused(logs: LogsQueryClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        logs.query_workspace(WORKSPACE, "KubePodInventory | where Nme == 1", timespan=None, **PLAIN)
    assert caught.value.status_code == 400
    assert "Nme" in str(caught.value)


def test_the_logs_client_with_a_wrong_token_is_refused(address: str) -> None:
    with (
        LogsQueryClient(Credential("wrong"), endpoint=address, retry_total=0) as client,
        pytest.raises(HttpResponseError) as caught,
    ):
        client.query_workspace(WORKSPACE, "print 1", timespan=None, **PLAIN)
    assert caught.value.status_code == 403


def test_the_logs_client_reads_a_partial_result(logs: LogsQueryClient) -> None:
    found = logs.query_workspace(WORKSPACE, "range x from 1 to 500001 step 1", timespan=None, **PLAIN)
    assert isinstance(found, LogsQueryPartialResult)
    assert len(found.partial_data[0].rows) == 500_000
    assert found.partial_error is not None
    assert found.partial_error.code == "PartialError"


# ---- KustoClient -------------------------------------------------------------------------------------------------------


def test_the_kusto_client_reads_every_type(kusto: KustoClient) -> None:
    query = (
        "print s='a', l=5, r=1.5, b=true, d=datetime(2026-11-01), t=1d+1s, m=decimal(1.25), j=dynamic({'a':[1]}), "
        "k=dynamic('x'), nl=long(null), nt=timespan(null), nj=dynamic(null)"
    )
    row = kusto.execute("any", query).primary_results[0][0]
    assert row.to_dict() == {
        "s": "a", "l": 5, "r": 1.5, "b": True, "d": dt.datetime(2026, 11, 1, tzinfo=dt.UTC), "t": dt.timedelta(days=1, seconds=1),
        "m": Decimal("1.25"), "j": {"a": [1]}, "k": "x", "nl": None, "nt": None, "nj": None,
    }  # fmt: skip


def test_the_kusto_client_sees_properties_and_completion(kusto: KustoClient) -> None:
    found = kusto.execute("any", "print x='a', y=1 | render barchart with (title='T')")
    assert [table.table_kind.value for table in found.tables if table.table_kind] == [
        "QueryProperties",
        "PrimaryResult",
        "QueryCompletionInformation",
    ]
    assert '"Visualization":"barchart"' in found.tables[0][0]["Value"]
    assert '"Title":"T"' in found.tables[0][0]["Value"]
    assert (found.errors_count, found.get_exceptions()) == (0, [])


def test_the_kusto_client_streams_a_long_result(kusto: KustoClient) -> None:
    found = kusto.execute_streaming_query("any", "range x from 1 to 20000 step 1")
    rows = next(iter(found.iter_primary_results()))
    assert sum(row["x"] for row in rows) == 200_010_000


def test_the_kusto_client_gives_query_parameters_and_options(kusto: KustoClient) -> None:
    properties = ClientRequestProperties()
    properties.set_parameter("name", "a' or 1 == 1; drop")
    properties.set_parameter("n", "41")
    properties.set_parameter("since", "datetime(2026-11-01)")
    properties.set_parameter("list", 'dynamic(["x", "y"])')
    properties.set_parameter("unused", "1")
    properties.set_option(ClientRequestProperties.request_timeout_option_name, dt.timedelta(minutes=1))
    properties.set_option("query_now", "2026-11-24T00:00:00Z")
    query = (
        "declare query_parameters(name:string, n:long, since:datetime, list:dynamic, more:int = 7);"
        "print name, n + 1, now() - since, array_length(list), more"
    )
    row = kusto.execute("any", query, properties).primary_results[0][0]
    assert row.to_list() == ["a' or 1 == 1; drop", 42, dt.timedelta(days=23), 2, 7]


@pytest.mark.parametrize("value", ["x", "1; print 2", "count()", "1) | take 1 //"])
def test_a_query_parameter_can_only_be_a_constant(kusto: KustoClient, value: str) -> None:
    properties = ClientRequestProperties()
    properties.set_parameter("n", value)
    with pytest.raises(KustoApiError, match="query parameter 'n'"):
        kusto.execute("any", "declare query_parameters(n:long); print n", properties)


def test_the_kusto_client_tells_why_a_query_was_refused(kusto: KustoClient) -> None:
    with pytest.raises(KustoApiError) as caught:
        kusto.execute("any", "KubePodInventory | where Nme == 1")
    error = caught.value.get_api_error()
    assert (error.code, error.permanent) == ("General_BadRequest", True)
    assert "SEM0100" in str(error.description)
    assert "Nme" in str(error.description)


def test_rows_over_the_limit_are_an_error_to_the_kusto_client(kusto: KustoClient) -> None:
    properties = ClientRequestProperties()
    properties.set_option("truncationmaxrecords", 10)
    with pytest.raises(KustoMultiApiError, match="E_QUERY_RESULT_SET_TOO_LARGE"):
        kusto.execute("any", "range x from 1 to 100 step 1", properties)


def test_the_kusto_client_with_a_wrong_token_is_refused(address: str) -> None:
    with (
        KustoClient(KustoConnectionStringBuilder.with_aad_application_token_authentication(address, "wrong")) as client,
        pytest.raises(KustoServiceError, match="401"),
    ):
        client.execute("any", "print 1")


def test_the_kusto_client_finds_its_way(kusto: KustoClient) -> None:
    assert kusto.execute("logs", ".show version").primary_results[0][0]["ServiceType"] == "Engine"
    assert kusto.execute("logs", ".show databases").primary_results[0][0]["DatabaseName"] == "logs"
    names = {row["TableName"] for row in kusto.execute("logs", ".show tables").primary_results[0]}
    assert {"KubePodInventory", "SecurityIncident"} <= names
    columns = {
        row["ColumnName"]: row["ColumnType"]
        for row in kusto.execute("logs", ".show database ['logs'] schema").primary_results[0]
        if row["TableName"] == "KubePodInventory" and row["ColumnName"]
    }
    assert columns["TimeGenerated"] == "System.DateTime"
    assert '"KubePodInventory"' in kusto.execute("logs", ".show database logs schema as json").primary_results[0][0][0]
    schema = kusto.execute("logs", ".show table KubePodInventory cslschema").primary_results[0][0]["Schema"]
    assert "TimeGenerated:datetime" in schema


@pytest.mark.parametrize(
    "command",
    [
        ".drop table KubePodInventory", ".create table T (a:string)", ".show version | take 1", ".show tables; .drop table x",
        ".set-or-append T <| print 1", ".show table Nix cslschema", ".ingest inline into table T <| 1",
    ],
)  # fmt: skip
def test_every_other_command_is_refused(kusto: KustoClient, command: str) -> None:
    with pytest.raises(KustoApiError):
        kusto.execute("logs", command)


def test_the_first_form_of_kusto_has_a_table_of_contents(kusto: KustoClient) -> None:
    kusto._query_endpoint, second = kusto._query_endpoint.replace("/v2/", "/v1/"), kusto._query_endpoint
    try:
        found = kusto.execute("any", "print j = dynamic({'a':1}), b = true, t = 1d, d = datetime(2026-11-01)")
    finally:
        kusto._query_endpoint = second
    row = found.primary_results[0][0]
    assert row.to_list() == ['{"a":1}', 1, dt.timedelta(days=1), dt.datetime(2026, 11, 1, tzinfo=dt.UTC)]
    assert found.errors_count == 0
