"""The live engine through Microsoft's real client, against a server on loopback that answers as Log Analytics does."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from dashboard.engines.azure.tables import parse_timespan
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import CancelToken, QueryRequest, TimeSpan
from dashboard.errors import Cancelled, WatchbookError
from tests.loopback import running

WORKSPACE = "11111111-2222-3333-4444-555555555555"
SECRET = "a-very-secret-token"


class Credential:
    """A credential as azure-identity's are: gives a token, or refuses."""

    def __init__(self, refuses: bool = False) -> None:
        self.refuses = refuses

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        if self.refuses:
            raise ClientAuthenticationError(f"no credential worked, {SECRET}")
        return AccessToken(SECRET, int(dt.datetime.now().timestamp()) + 3600)


@dataclass
class Service:
    """What the server answers next, and what it was asked."""

    address: str = ""
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    wait: threading.Event | None = None

    def engine(self, **options: Any) -> LogAnalyticsEngine:
        options.setdefault("credential", Credential())
        return LogAnalyticsEngine([WORKSPACE], endpoint=self.address, **options)


@pytest.fixture
def service() -> Iterator[Service]:
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append({"path": self.path, "body": body, "headers": dict(self.headers)})
            if state.wait:
                state.wait.wait(10)
            data = json.dumps(state.body).encode()
            self.send_response(state.status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **state.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        state.address = f"http://127.0.0.1:{server.server_port}"
        yield state


def answer(columns: list[tuple[str, str]], rows: list[list[Any]], **more: Any) -> dict[str, Any]:
    heads = [{"name": name, "type": kind} for name, kind in columns]
    return {"tables": [{"name": "PrimaryResult", "columns": heads, "rows": rows}], **more}


def refusal(status: int, message: str) -> Callable[[Service], None]:
    def apply(service: Service) -> None:
        service.status = status
        service.body = {
            "error": {"code": "Refused", "message": "outer", "innererror": {"code": "Inner", "message": message}}
        }
        if status in (429, 500, 502, 503, 504):
            service.headers["Retry-After"] = "0"

    return apply


def test_every_kql_type_of_an_answer_arrives_as_its_kql_type(service: Service) -> None:
    kinds = ["datetime", "string", "int", "long", "real", "bool", "dynamic", "guid", "timespan", "decimal"]
    service.body = answer(
        [(kind, kind) for kind in kinds],
        [
            [
                "2026-11-01T10:00:00.123Z",
                "pod",
                1,
                2**40,
                1.5,
                True,
                '{"a":[1]}',
                WORKSPACE,
                "1.02:03:04.5000000",
                "1.25",
            ],
            [None, None, None, None, None, None, None, None, None, None],
        ],
        statistics={"query": {"executionTime": 0.25}},
    )
    table = service.engine().run(QueryRequest("T"))
    assert [(c.name, c.type) for c in table.columns] == [(kind, kind) for kind in kinds]
    assert table.json_rows() == [
        [
            "2026-11-01T10:00:00.1230000Z",
            "pod",
            1,
            2**40,
            1.5,
            True,
            {"a": [1]},
            WORKSPACE,
            "1.02:03:04.5000000",
            "1.25",
        ],
        [None, "", None, None, None, None, None, None, None, None],
    ]
    assert table.statistics["engine_seconds"] == 0.25


def test_the_query_goes_to_the_configured_workspace_with_its_time_span(service: Service) -> None:
    service.body = answer([("a", "long")], [[1]])
    span = TimeSpan(dt.datetime(2026, 11, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    service.engine().run(QueryRequest("T | count", timespan=span))
    asked = service.asked[0]
    assert asked["path"] == f"/v1/workspaces/{WORKSPACE}/query"
    assert asked["body"]["query"] == "T | count"
    assert asked["body"]["timespan"].startswith("2026-11-01T00:00:00")
    assert asked["headers"]["Authorization"] == f"Bearer {SECRET}"


def test_a_resource_that_the_query_names_is_asked_instead(service: Service) -> None:
    service.body = answer([("a", "long")], [])
    resource = "/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/w"
    service.engine().run(QueryRequest("T", resources=(resource,)))
    assert service.asked[0]["path"].startswith("/v1/subscriptions/s/resourceGroups/g/")


def test_a_partial_result_keeps_its_rows_and_says_so(service: Service) -> None:
    service.body = answer(
        [("a", "long")], [[1], [2]], error={"code": "PartialError", "message": "Query result set is too large."}
    )
    table = service.engine().run(QueryRequest("T"))
    assert (len(table), table.status) == (2, "partial")
    assert "Query result set is too large" in table.notices[0].message


def test_rows_over_the_limit_are_cut_with_a_notice(service: Service) -> None:
    service.body = answer([("a", "long")], [[n] for n in range(10)])
    table = service.engine().run(QueryRequest("T", row_limit=3))
    assert table.column("a") == [0, 1, 2]
    assert table.notices[0].code == "EN005"


def test_the_render_hint_of_a_query_reaches_the_reader(service: Service) -> None:
    service.body = answer([("a", "long")], [[1]], render={"visualization": "piechart", "title": "Pods"})
    table = service.engine().run(QueryRequest("T | render piechart"))
    assert table.render is not None
    assert (table.render["kind"], table.render["title"]) == ("piechart", "Pods")


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (refusal(400, "'wher' is not an operator"), "EN014", "'wher' is not an operator"),
        (refusal(401, "expired"), "EN011", "az login"),
        (refusal(403, "no"), "EN012", "Log Analytics Reader"),
        (refusal(404, "no"), "EN013", WORKSPACE),
        (refusal(429, "slow"), "EN016", "Wait"),
        (refusal(503, "down"), "EN017", "503"),
        (refusal(504, "late"), "EN018", "Narrow"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_refusal_of_the_service_says_what_to_do(
    service: Service, fault: Callable[[Service], None], code: str, words: str
) -> None:
    fault(service)
    with pytest.raises(WatchbookError) as caught:
        service.engine().run(QueryRequest("T"))
    text = caught.value.problem.describe()
    assert caught.value.problem.code == code
    assert words in text
    assert SECRET not in text


def test_a_refused_credential_is_told_without_its_secret(service: Service) -> None:
    with pytest.raises(WatchbookError) as caught:
        service.engine(credential=Credential(refuses=True)).run(QueryRequest("T"))
    assert caught.value.problem.code == "EN011"
    assert SECRET not in str(caught.value)
    assert service.asked == []


def test_no_workspace_is_told_before_anything_is_contacted(service: Service) -> None:
    engine = LogAnalyticsEngine([], credential=Credential(refuses=True), endpoint=service.address)
    with pytest.raises(WatchbookError, match="EN010"):
        engine.run(QueryRequest("T"))


def test_a_cancelled_query_returns_at_once(service: Service) -> None:
    service.wait = threading.Event()
    service.body = answer([("a", "long")], [[1]])
    cancel = CancelToken()
    threading.Timer(0.2, cancel.cancel).start()
    with pytest.raises(Cancelled):
        service.engine().run(QueryRequest("T"), cancel)
    service.wait.set()


def test_the_tables_page_lists_what_usage_knows(service: Service) -> None:
    service.body = answer([("DataType", "string"), ("Last", "datetime")], [["AKSAudit", "2026-11-01T00:00:00Z"]])
    tables = service.engine().tables()
    assert [(t.name, t.last) for t in tables] == [("AKSAudit", dt.datetime(2026, 11, 1))]


@pytest.mark.parametrize(
    ("text", "ticks"),
    [("00:00:01", 10_000_000), ("-1.00:00:00", -864_000_000_000), ("00:00:00.0000001", 1), ("x", None), ("1:2", None)],
)
def test_timespan_texts_become_ticks(text: str, ticks: int | None) -> None:
    assert parse_timespan(text) == ticks


class _Together(BaseHTTPRequestHandler):
    """Describes a workspace once another one is asked for too."""

    both: threading.Barrier

    def do_GET(self) -> None:
        """Columns that are the first workspace's alone where both have the table."""
        self.both.wait(20)
        first = WORKSPACE in self.path
        column = {"name": "First" if first else "Second", "type": "string"}
        names = ["Both", "Mine" if first else "Yours"]
        body = json.dumps({"tables": [{"name": name, "columns": [column]} for name in names]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: Any) -> None:
        """Stays quiet."""


def test_all_workspaces_are_asked_for_their_tables_at_once_and_the_first_goes_before() -> None:
    _Together.both = threading.Barrier(2)
    with running(ThreadingHTTPServer(("127.0.0.1", 0), _Together)) as server:
        other = WORKSPACE.replace(WORKSPACE[:8], "0" * 8)
        address = f"http://127.0.0.1:{server.server_port}"
        found = LogAnalyticsEngine([WORKSPACE, other], Credential(), address).described()
    assert {name: columns[0][0] for name, columns in found.items()} == {
        "Both": "First", "Mine": "First", "Yours": "Second",
    }  # fmt: skip
