"""The query API as its protocols describe it: shapes, errors, token, hostile input, many at once."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli import main
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import CancelToken, QueryRequest, TableInfo
from dashboard.errors import Cancelled, WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.server.api_requests import read_timespan
from dashboard.server.api_serve import token_for
from dashboard.server.serve import open_socket
from dashboard.table import Table, table_from_rows
from tests.server.listening import ask
from tests.server.querying import QUERY, post, querying
from tests.shared import ROOT

TOKEN = "a-token-of-one-run"


@pytest.fixture(scope="module")
def port(estate: Path) -> Iterator[int]:
    with querying(LocalEngine(estate, known_tables())) as port:
        yield port


# ---- Log Analytics -----------------------------------------------------------------------------------------------------

EVERY_TYPE = (
    "print s='a\"b', l=9007199254740993, i=int(1), r=1.5, b=true, d=datetime(2026-11-01 10:00:00.1234567), "
    "t=1d+2h, g=guid(74BE27DE-1E4E-49D9-B579-FE0B331D3642), j=dynamic({'a':[1,null]}), m=decimal(1.25), n=real(nan), "
    "p=real(+inf), q=real(-inf), nl=long(null), nd=datetime(null), nj=dynamic(null), ns=''"
)


def test_values_are_written_as_the_service_writes_them(port: int) -> None:
    _, found = post(port, QUERY, {"query": EVERY_TYPE})
    table = found["tables"][0]
    assert list(found) == ["tables"]
    assert table["name"] == "PrimaryResult"
    assert [column["type"] for column in table["columns"]] == [
        "string", "long", "int", "real", "bool", "datetime", "timespan", "guid", "dynamic", "decimal", "real", "real", "real",
        "long", "datetime", "dynamic", "string",
    ]  # fmt: skip
    assert table["rows"] == [
        [
            'a"b', 9007199254740993, 1, 1.5, True, "2026-11-01T10:00:00.123456Z", "1.02:00:00",
            "74be27de-1e4e-49d9-b579-fe0b331d3642", '{"a":[1,null]}', "1.25", "NaN", "Infinity", "-Infinity", None, None, None, "",
        ]
    ]  # fmt: skip


def test_a_get_asks_the_same(port: int) -> None:
    answer = ask(port, f"{QUERY}?query=print%20a%3D%22%C3%A4%2B%22&timespan=PT1H")
    assert json.loads(answer.body)["tables"][0]["rows"] == [["ä+"]]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/workspaces/any-name/query",
        "/v1/apps/x/query",
        "/v1/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v/query",
        "/v1//subscriptions/s/resourceGroups/g/query",
    ],
)
def test_any_workspace_and_any_resource_is_the_local_data(port: int, path: str) -> None:
    answer, found = post(port, path, {"query": "KubePodInventory | count", "workspaces": ["other"]})
    assert answer.status == 200
    assert found["tables"][0]["rows"][0][0] > 0


def test_a_time_span_limits_the_rows(port: int) -> None:
    def count(span: str | None) -> int:
        return int(
            post(port, QUERY, {"query": "KubePodInventory | count", "timespan": span})[1]["tables"][0]["rows"][0][0]
        )

    assert count("P1D") < count("P30D") <= count(None)
    assert count("2001-01-01T00:00:00Z/P1D") == count("2001-01-01/2001-01-02") == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT1H", 3600), ("P1DT12H", 129600), ("PT86400.5S", 86400.5), ("P1W", 604800), ("2026-01-01/P2D", 172800),
     ("PT5M/2026-01-01T00:00:00+02:00", 300), ("2026-01-01T00:00:00.0000000Z/2026-01-01T01:00:00Z", 3600)],
)  # fmt: skip
def test_time_spans_are_read_in_every_form(text: str, seconds: float) -> None:
    span = read_timespan(text)
    assert (span.end - span.start).total_seconds() == seconds


def test_statistics_and_chart_come_when_they_are_asked_for(port: int) -> None:
    query = {"query": "print x='a', y=1 | render columnchart kind=stacked with (title='T', ytitle='Y')"}
    _, found = post(port, QUERY, query, Prefer="wait=30, include-statistics=true, include-render=true")
    assert found["render"]["visualization"] == "columnchart"
    assert (found["render"]["title"], found["render"]["yTitle"], found["render"]["kind"]) == ("T", "Y", "stacked")
    assert found["statistics"]["query"]["executionTime"] > 0
    assert found["statistics"]["query"]["datasetStatistics"][0]["tableRowCount"] == 1
    _, plain = post(port, QUERY, {"query": "print 1"}, Prefer="include-render=true")
    assert plain["render"]["visualization"] is None


def test_a_batch_answers_each_request_by_its_id(port: int) -> None:
    def part(name: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "workspace": "w", "path": "/query", "method": "POST", "headers": {}, **more}

    requests = [
        part("1", body={"query": "print a=1"}, headers={"prefer": "include-render=true"}),
        part("2", body={"query": "print a= |"}),
        part("3", path="/fakePath", body={"query": "print 1"}),
        {"id": "4", "path": "/query?query=print%204", "workspace": "w"},
        part("5", body="nothing"),
        part("6", path="http://[", body={"query": "print 1"}),
    ]
    answer, found = post(port, "/v1/$batch", {"requests": requests})
    by_id = {entry["id"]: entry for entry in found["responses"]}
    assert answer.status == 200
    assert [by_id[n]["status"] for n in "123456"] == [200, 400, 404, 200, 400, 404]
    assert by_id["1"]["body"]["tables"][0]["rows"] == [[1]]
    assert "render" in by_id["1"]["body"]
    assert by_id["2"]["body"]["error"]["innererror"]["code"] == "SyntaxError"


@pytest.mark.parametrize(
    "body", [{}, {"requests": []}, {"requests": [1]}, {"requests": [{"id": "1"}] * 2}, {"requests": [{"id": []}]}]
)
def test_a_batch_that_cannot_be_answered_is_refused_whole(port: int, body: Any) -> None:
    assert post(port, "/v1/$batch", body)[0].status == 400


def test_the_metadata_lists_tables_with_columns(port: int) -> None:
    found = json.loads(ask(port, "/v1/workspaces/w/metadata").body)
    pods = next(table for table in found["tables"] if table["name"] == "KubePodInventory")
    assert {"name": "TimeGenerated", "type": "datetime"} in pods["columns"]
    assert pods["id"] in found["workspaces"][0]["tables"]


# ---- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "kind", "code", "word"),
    [
        ("KubePodInventory | wher Name", "SyntaxError", "SYN0002", "wher"),
        ("KubePodInventory |\n where Nme == 1", "SemanticError", "SEM0100", "Nme"),
        ("NoSuchTable | count", "SemanticError", "SEM0100", "NoSuchTable"),
        ("print nosuch(1)", "SemanticError", "SEM0260", "nosuch"),
    ],
)
def test_a_wrong_query_is_told_with_its_place(port: int, query: str, kind: str, code: str, word: str) -> None:
    answer, found = post(port, QUERY, {"query": query})
    error = found["error"]
    assert (answer.status, error["code"], error["message"]) == (
        400,
        "BadArgumentError",
        "The request had some invalid properties",
    )
    inner = error["innererror"]["innererror"]
    assert (error["innererror"]["code"], inner["code"]) == (kind, code)
    assert word in inner["message"]
    assert query.split("\n")[inner["line"] - 1][inner["pos"] - 1 :].startswith(inner["token"])
    assert error["details"][0]["code"].startswith("KQ")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, {}, {"query": ""}, {"query": 5}, {"query": None}, b'{"query":"\\ud800"}',
     {"query": "print 1", "timespan": "yesterday"}, {"query": "print 1", "timespan": 5}, {"query": "print 1", "timespan": "P999999Y"},
     {"query": "print 1", "timespan": "2026-01-01/"}, {"query": "print 1", "timespan": "P"}],
    ids=repr,
)  # fmt: skip
def test_a_request_that_cannot_be_read_is_a_bad_argument(port: int, body: Any) -> None:
    answer, found = post(port, QUERY, body)
    assert (answer.status, found["error"]["code"]) == (400, "BadArgumentError")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404), ("GET", "/v1", 404), ("POST", "/v1/workspaces/x", 404), ("POST", "/v1/workspaces/x/y/query", 404),
        ("POST", "/v1/rest/ingest/db/table", 404), ("POST", "/v3/rest/query", 404), ("GET", "/v1/$batch", 405),
        ("PUT", QUERY, 405), ("OPTIONS", QUERY, 405), ("GET", "/v2/rest/query", 405), ("GET", "/../../etc/passwd", 404),
    ],
)  # fmt: skip
def test_other_addresses_and_methods_are_refused(port: int, method: str, path: str, status: int) -> None:
    answer = ask(port, path, method=method)
    assert answer.status == status
    assert json.loads(answer.body)["error"]["code"] in ("PathNotFoundError", "MethodNotAllowed")


def test_grafanas_data_explorer_plugin_is_answered(port: int) -> None:
    """As its client sends them: the test of the connection, the schema for its query builder, a query with its options."""
    headers = {"x_ms_app": "Grafana-ADX", "Accept": "application/json"}
    options = {
        "queryconsistency": "strongconsistency",
        "query_results_cache_max_age": "0s",
        "servertimeout": "00:00:30",
    }
    asked: dict[str, Any] = {
        "db": "",
        "csl": ".show databases schema",
        "querySource": "",
        "properties": {"options": options},
    }
    assert post(port, "/v1/rest/query", asked, **headers)[0].status == 200
    asked |= {"csl": ".show databases schema as json", "querySource": "schema"}
    _, told = post(port, "/v1/rest/mgmt", asked, **headers)
    (known,) = json.loads(told["Tables"][0]["Rows"][0][0])["Databases"].values()
    columns = {each["Name"]: each["CslType"] for each in known["Tables"]["KubePodInventory"]["OrderedColumns"]}
    assert columns["TimeGenerated"] == "datetime"
    text = (
        "KubePodInventory | where TimeGenerated >= datetime(2020-01-01T00:00:00Z) and TimeGenerated <= datetime(2090-01-01T00:00:00Z)\n"
        "| summarize n = count() by Namespace, bin(TimeGenerated, 1h) | order by TimeGenerated asc"
    )
    _, told = post(port, "/v1/rest/query", asked | {"db": "logs", "csl": text, "querySource": "raw"}, **headers)
    heads = [(each["ColumnName"], each["ColumnType"]) for each in told["Tables"][0]["Columns"]]
    assert heads == [("Namespace", "string"), ("TimeGenerated", "datetime"), ("n", "long")]
    assert len(told["Tables"][0]["Rows"]) > 10
    asked["properties"]["options"]["servertimeout"] = "no time"
    assert post(port, "/v1/rest/query", asked | {"csl": text}, **headers)[0].status == 400
    answer, told = post(port, "/v1/rest/query", {"db": "logs", "csl": "KubePodInventory | wher x"}, **headers)
    assert (answer.status, "wher" in told["error"]["@message"]) == (400, True)


def test_a_request_that_is_too_large_is_refused(port: int) -> None:
    assert ask(port, QUERY, method="POST", headers={"Content-Length": "99999999"}).status == 413


def test_rows_over_the_limit_are_a_partial_result(port: int) -> None:
    _, found = post(port, QUERY, {"query": "range x from 1 to 500001 step 1"})
    assert len(found["tables"][0]["rows"]) == 500_000
    assert found["error"]["code"] == "PartialError"
    assert "E_QUERY_RESULT_SET_TOO_LARGE" in found["error"]["details"][0]["innererror"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1", "DROP TABLE x", "'; SELECT 1 --", ".drop table KubePodInventory", "KubePodInventory; COPY x TO 'y'",
        "print 1 | where read_text('/etc/passwd') == 'x'", "externaldata(a:string)['file:///etc/passwd']",
        "read_parquet('/etc/passwd')", "print x = getenv('HOME')", "['/etc/passwd'] | take 1", "set x = 1; PRAGMA version",
    ],
)  # fmt: skip
def test_nothing_but_a_reading_kql_query_runs(port: int, query: str) -> None:
    answer, found = post(port, QUERY, {"query": query})
    assert answer.status == 400
    assert "root:" not in json.dumps(found)


def test_log_text_cannot_leave_its_json_string(port: int) -> None:
    _, found = post(port, QUERY, {"query": 'print a=\'"]}],"x":[\', b="</script>\\u2028", c=make_string(0)'})
    assert found["tables"][0]["rows"] == [['"]}],"x":[', "</script>\u2028", "\0"]]


def test_pages_of_other_sites_get_no_answer(port: int) -> None:
    assert (
        post(port, QUERY, {"query": "print 1"}, Origin="http://evil.example", Accept="application/json")[0].status
        == 403
    )
    assert post(port, QUERY, {"query": "print 1"}, Host="evil.example", Accept="application/json")[0].status == 421


# ---- token -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(estate: Path) -> Iterator[int]:
    with querying(LocalEngine(estate), token=TOKEN) as port:
        yield port


@pytest.mark.parametrize("path", [QUERY, "/v1/$batch", "/v1/workspaces/w/metadata", "/v1/rest/mgmt", "/v2/rest/query"])
def test_a_token_is_asked_for_everywhere(closed: int, path: str) -> None:
    body = {"query": "print 1", "csl": "print 1"}
    missing, found = post(closed, path, body)
    assert (missing.status, found["error"]["code"]) == (401, "AuthenticationFailed")
    wrong, found = post(closed, path, body, Authorization="Bearer wrong")
    assert wrong.status == (401 if "rest" in path else 403)
    assert found["error"]["code"] == "InvalidAuthenticationToken"
    assert post(closed, path, body, Authorization=f"Basic {TOKEN}")[0].status == 401


def test_the_right_token_opens_even_after_wrong_ones(closed: int) -> None:
    for _ in range(10):
        assert post(closed, QUERY, {"query": "print 1"}, Authorization="Bearer no")[0].status == 403
    assert post(closed, QUERY, {"query": "print 1"}, Authorization=f"Bearer {TOKEN}")[0].status == 200


def test_health_and_where_to_sign_in_need_no_token(closed: int) -> None:
    assert ask(closed, "/healthz").status == 200
    assert json.loads(ask(closed, "/v1/rest/auth/metadata").body)["AzureAD"]["LoginEndpoint"].startswith("https://")


def test_a_token_is_required_beyond_loopback_and_optional_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHBOOK_TOKEN", raising=False)
    assert token_for("127.0.0.1", None) == ("", False)
    assert token_for("127.0.0.1", "short") == ("short", False)
    made, is_new = token_for("0.0.0.0", None)
    assert is_new
    assert len(made) >= 24
    for host, given in [("0.0.0.0", "short"), ("127.0.0.1", "")]:
        with pytest.raises(WatchbookError, match="SV009"):
            token_for(host, given)


# ---- many at once ------------------------------------------------------------------------------------------------------


def test_many_clients_at_once_each_get_their_own_answer(port: int) -> None:
    def one(number: int) -> Any:
        return post(port, QUERY, {"query": f"KubePodInventory | take 3 | summarize n = count() | extend x = {number}"})[
            1
        ]["tables"][0]["rows"]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(64))) == [[[3, n]] for n in range(64)]


class Slow:
    """An engine whose queries end when they are told to, or are cancelled."""

    name = "slow"
    label = "Slow"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.stopped = threading.Event()
        self.running = threading.Semaphore(0)

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        assert cancel is not None
        self.running.release()
        while not self.go.wait(0.01):
            if cancel.cancelled:
                self.stopped.set()
                raise Cancelled
        return table_from_rows([("a", "long")], [(1,)])

    def tables(self) -> list[TableInfo]:
        return []

    def version(self) -> str:
        return ""


def test_a_client_that_goes_away_cancels_its_query() -> None:
    engine = Slow()
    with querying(engine) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("POST", QUERY, json.dumps({"query": "T"}))
        assert engine.running.acquire(timeout=30)
        connection.close()
        assert engine.stopped.wait(30)


def test_too_many_queries_at_once_are_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_API_QUERIES_AT_ONCE", "1")
    monkeypatch.setenv("WATCHBOOK_API_QUERIES_WAITING", "1")
    engine = Slow()
    with querying(engine) as port, concurrent.futures.ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(post, port, QUERY, {"query": "T"}) for _ in range(3)]
        done, held = concurrent.futures.wait(asked, timeout=30, return_when=concurrent.futures.FIRST_COMPLETED)
        engine.go.set()
        (refused,) = [future.result()[0] for future in done]
        assert (refused.status, refused.headers["retry-after"]) == (429, "1")
        assert [future.result()[0].status for future in held] == [200, 200]


def test_a_query_past_its_time_is_stopped(port: int) -> None:
    slow = "range x from 1 to 3000000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 3000000 step 1 | extend k = 1) on k | summarize sum(x * y)"
    answer, found = post(port, QUERY, {"query": slow}, Prefer="wait=1")
    assert (answer.status, found["error"]["code"]) == (504, "GatewayTimeout")


def test_a_long_result_comes_in_pieces_and_whole(port: int) -> None:
    query = "range x from 1 to 100000 step 1 | extend s = strcat('row ', x), d = datetime(2026-01-01) + x * 1s"
    answer, found = post(port, QUERY, {"query": query})
    rows = found["tables"][0]["rows"]
    assert "content-length" not in answer.headers
    assert [row[0] for row in rows] == list(range(1, 100_001))
    assert rows[-1] == [100_000, "row 100000", "2026-01-02T03:46:40Z"]


def test_a_kept_connection_answers_without_nagles_delay() -> None:
    with open_socket("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        taken, _ = listening.accept()
        with taken:
            assert taken.proto == socket.IPPROTO_TCP  # what asyncio looks at before it sets TCP_NODELAY


def test_the_command_prints_its_address_when_it_answers_and_stops_when_told(estate: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "api", "serve", "--data", str(estate), "--port", "0", "--token", "t"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        port = int(line.rsplit(":", 1)[1])
        assert post(port, QUERY, {"query": "print 1"})[0].status == 401
        answer, found = post(port, QUERY, {"query": "KubePodInventory | count"}, Authorization="Bearer t")
        assert answer.status == 200
        assert found["tables"][0]["rows"][0][0] > 0
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "options", [["--data", "/no/such/folder"], ["--host", "0.0.0.0", "--token", "short"], ["--token", ""]]
)
def test_the_command_refuses_what_cannot_be_served(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api", "serve", "--port", "0", *options]) != 0
    assert capsys.readouterr().err[:5] in ("CL008", "SV009")
