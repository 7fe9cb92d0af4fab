"""Azure on loopback, as its public REST references describe it: a managed identity's tokens, Resource Manager, Resource Graph,
metrics, Sentinel, workbooks, Log Analytics with its metadata and batches."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.loopback import running

TENANT = "99999999-0000-0000-0000-000000000000"
SUBSCRIPTION = "aaaaaaaa-0000-0000-0000-000000000001"
WORKSPACE = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/soc"
RESOURCE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/law-soc"
SENTINEL = f"{RESOURCE}/providers/Microsoft.SecurityInsights"


def token(name: str = "ada@example.org") -> str:
    """A token in the form of Entra's, unsigned."""
    claims = {"upn": name, "oid": "0b0b0b0b-1111-2222-3333-444444444444", "tid": TENANT, "exp": int(time.time()) + 3600}
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".signature"


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class Azure:
    """What the cloud holds and what it was asked."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    tables: dict[str, list[tuple[str, str]]] = field(
        default_factory=lambda: {
            "Heartbeat": [("TimeGenerated", "datetime"), ("Computer", "string")],
            "SecretTable": [("TimeGenerated", "datetime")],
        }
    )
    forbidden: set[str] = field(default_factory=lambda: {"SecretTable"})
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    graph: list[dict[str, Any]] = field(
        default_factory=lambda: [{"customerId": WORKSPACE, "name": "law-soc", "id": RESOURCE}]
    )
    graph_page: int = 1000
    answer: Callable[[str], Any] | None = None
    respond: Callable[[Asked], tuple[int, Any] | None] | None = None

    def of(self, path: str) -> list[Asked]:
        """The requests whose path holds this."""
        return [each for each in self.asked if path.lower() in each.path.lower()]


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _logs(columns: list[tuple[str, str]], rows: list[list[Any]]) -> dict[str, Any]:
    heads = [{"name": name, "type": kind} for name, kind in columns]
    return {"tables": [{"name": "PrimaryResult", "columns": heads, "rows": rows}]}


def _query(azure: Azure, text: str) -> tuple[int, Any]:
    if azure.answer is not None:
        return 200, azure.answer(text)
    if text.startswith("Usage"):
        rows = [[name, "2026-11-01T00:00:00Z"] for name in azure.tables]
        return 200, _logs([("DataType", "string"), ("Last", "datetime")], rows)
    named = re.match(r"\['(\w+)'\]|(\w+)", text)
    name = (named[1] or named[2]) if named else ""
    if name in azure.forbidden:
        return 403, _error("InsufficientAccessError", "The provided credentials have insufficient access.")
    if name not in azure.tables:
        inner = {"code": "SEM0100", "message": f"Failed to resolve table or column expression named '{name}'"}
        return 400, {"error": {"code": "BadArgumentError", "message": "Bad", "innererror": inner}}
    return 200, _logs(azure.tables[name], [])


def _graph(azure: Azure, body: Any) -> Any:
    names = list(azure.graph[0]) if azure.graph else ["id"]
    start = int(body["options"].get("$skipToken", 0))
    size = min(azure.graph_page, body["options"].get("$top", 1000))
    rows = [[row[name] for name in names] for row in azure.graph[start : start + size]]
    kinds = {str: "string", int: "integer", dict: "object", bool: "boolean"}
    columns = [{"name": name, "type": kinds[type(azure.graph[0][name])]} for name in names]
    told: dict[str, Any] = {"totalRecords": len(azure.graph), "count": len(rows), "resultTruncated": "false"}
    told["data"] = {"columns": columns, "rows": rows}
    if start + size < len(azure.graph):
        told["$skipToken"] = str(start + size)
    return told


_SERIES = [
    ("Success", "GetBlob", 50.0),
    ("Success", "PutBlob", 30.0),
    ("ClientError", "GetBlob", 8.0),
    ("Timeout", "PutBlob", 2.0),
]


def _metrics(asked: Asked) -> Any:
    """The values by hour; of a metric that is divided, by the dimensions ResponseType and ApiName, as the service's filter says:
    each dimension it names divides the answer unless it is rolled up, and the greatest `top` are told by `orderby`."""
    names = asked.query["metricnames"].split(",")
    values = []
    for resource in asked.body["resourceids"]:
        series = []
        for name in names:
            series.append(
                {"id": f"{resource}/metrics/{name}", "type": "Microsoft.Insights/metrics", "unit": "Percent",
                 "name": {"value": name, "localizedValue": name}, "errorCode": "Success", "timeseries": _divided(asked.query)}
            )  # fmt: skip
        values.append(
            {"starttime": "2026-11-01T00:00:00Z", "endtime": "2026-11-01T03:00:00Z", "interval": "PT1H",
             "namespace": asked.query["metricnamespace"], "resourceregion": "westeurope", "resourceid": resource,
             "value": series}
        )  # fmt: skip
    return {"values": values}


def _divided(query: dict[str, str]) -> list[dict[str, Any]]:
    def points(factor: float) -> list[dict[str, Any]]:
        return [
            {"timeStamp": f"2026-11-01T{hour:02d}:00:00Z", "average": (10.0 + hour) * factor, "total": 100.0 * factor, "maximum": 20.0}
            for hour in range(3)
        ]  # fmt: skip

    if "filter" not in query:
        return [{"metadatavalues": [], "data": points(1)}]
    terms = [re.fullmatch(r"(\w+) (eq|ne) '(.*)'", each) for each in re.split(" and | or ", query["filter"])]
    rolled = query.get("rollupby", "").split(",")
    sums: dict[tuple[str, ...], float] = {}
    named = list(dict.fromkeys(term[1] for term in terms if term and term[1] not in rolled))
    for response, api, share in _SERIES:
        row = {"ResponseType": response, "ApiName": api}
        wanted: dict[str, list[bool]] = {}
        for term in terms:
            assert term, query["filter"]
            wanted.setdefault(term[1], []).append((term[3] in ("*", row[term[1]])) == (term[2] == "eq"))
        negated = {term[1] for term in terms if term and term[2] == "ne"}
        if all(all(found) if name in negated else any(found) for name, found in wanted.items()):
            key = tuple(row[name] for name in named)
            sums[key] = sums.get(key, 0) + share
    order = sorted(sums.items(), key=lambda each: each[1], reverse=not query.get("orderby", "").endswith("asc"))
    return [
        {"metadatavalues": [{"name": {"value": name.lower()}, "value": value} for name, value in zip(named, key, strict=True)],
         "data": points(share)}
        for key, share in order[: int(query.get("top", 10))]
    ]  # fmt: skip


def _answer(azure: Azure, asked: Asked) -> tuple[int, Any]:
    path = asked.path.rstrip("/")
    low = path.lower()
    if low == "/msi/token":
        return 200, {
            "access_token": token(), "expires_on": str(int(time.time()) + 3600), "resource": asked.query["resource"],
            "token_type": "Bearer",
        }  # fmt: skip
    if not asked.headers.get("authorization", "").startswith("Bearer "):
        return 401, _error("AuthenticationFailed", "The token is missing.")
    if low == "/v1/$batch":
        parts = []
        for part in asked.body["requests"]:
            status, told = _query(azure, part["body"]["query"])
            parts.append({"id": part["id"], "status": status, "headers": {}, "body": told})
        return 200, {"responses": parts}
    if low.startswith("/v1/") and low.endswith("/query"):
        told = azure.respond(asked) if azure.respond is not None else None
        if told is not None:
            return told
        return _query(azure, asked.body["query"])
    if low.startswith("/v1/") and low.endswith("/metadata"):
        tables = [
            {"id": name, "name": name, "columns": [{"name": c, "type": k} for c, k in columns]}
            for name, columns in azure.tables.items()
        ]
        return 200, {"tables": tables, "workspaces": [{"id": WORKSPACE}]}
    if low == "/subscriptions":
        return 200, {"value": [{"subscriptionId": SUBSCRIPTION, "displayName": "Security"}]}
    if re.fullmatch(r"/subscriptions/[^/]+/resourcegroups", low):
        return 200, {"value": [{"id": f"{GROUP.rpartition('/')[0]}/{name}", "name": name} for name in ("soc", "apps")]}
    if low == "/providers/microsoft.resourcegraph/resources":
        return 200, _graph(azure, asked.body)
    if asked.method == "POST" and re.search(r"/incidents/[^/]+/alerts$", low):
        properties = {"alertDisplayName": "Shell in a pod", "severity": "High", "timeGenerated": "2026-11-01T02:30:00Z"}
        return 200, {"value": [{"name": "a1", "kind": "SecurityAlert", "properties": properties}]}
    if low.endswith("/metrics:getbatch"):
        return 200, _metrics(asked)
    return _resource(azure, asked, path)


def _resource(azure: Azure, asked: Asked, path: str) -> tuple[int, Any]:
    """Any resource of Resource Manager: get, list, put with an etag, as far as the reference says."""
    known = {key.lower(): key for key in azure.resources}
    found = known.get(path.lower())
    if asked.method == "GET" and re.fullmatch(r"/subscriptions/[^/]+/resourceGroups/[^/]+", path, re.I):
        return 200, {"id": path, "name": path.rpartition("/")[2], "location": "westeurope"}
    if asked.method == "GET" and found is None:
        entries = [value for key, value in azure.resources.items() if _lists(path, key)]
        category = asked.query.get("category")
        if category:
            entries = [each for each in entries if each["properties"].get("category", "workbook") == category]
        for field, wanted in _filters(asked.query.get("$filter", "")).items():
            entries = [each for each in entries if str(each["properties"].get(field)) in wanted]
        if path.lower().endswith("/workbooks") and asked.query.get("canFetchContent") != "true":
            entries = [
                {**each, "properties": {k: v for k, v in each["properties"].items() if k != "serializedData"}}
                for each in entries
            ]
        skip = int(asked.query.get("$skipToken", 0))
        if not entries and not re.search(r"/(workbooks|incidents|alertrules|comments)$", path, re.I):
            return 404, _error("ResourceNotFound", "The resource was not found.")
        told: dict[str, Any] = {"value": entries[skip : skip + 2]}
        if skip + 2 < len(entries):
            told["nextLink"] = f"{azure.address}{path}?{urlencode({**asked.query, '$skipToken': skip + 2})}"
        return 200, told
    if asked.method == "GET" and found is not None:
        return 200, azure.resources[found]
    if asked.method == "PUT":
        old = azure.resources.get(found or "")
        match = asked.headers.get("if-match") or (asked.body or {}).get("etag")
        if old and match and match != old.get("etag"):
            return 412, _error("PreconditionFailed", "The etag does not match.")
        number = int(str((old or {}).get("etag", '"0"')).strip('"')) + 1
        made = {**asked.body, "id": path, "name": path.rpartition("/")[2], "etag": f'"{number}"'}
        azure.resources[found or path] = made
        return (200 if old else 201), made
    return 405, _error("MethodNotAllowed", "No.")


def _filters(text: str) -> dict[str, set[str]]:
    """What an OData filter of equalities asks for, by property."""
    found: dict[str, set[str]] = {}
    for name, value in re.findall(r"properties/(\w+) eq '?([^')]*)'?", text):
        found.setdefault(name, set()).add(value)
    return found


def _lists(path: str, key: str) -> bool:
    """Whether a list at `path` holds the resource `key`: in the same folder, or of a whole subscription."""
    low, folder = path.lower(), key.lower().rpartition("/")[0]
    if low == folder:
        return True
    whole = re.fullmatch(r"(/subscriptions/[^/]+)(/providers/microsoft\.insights/workbooks)", low)
    return bool(whole) and folder.startswith(whole[1]) and folder.endswith(whole[2])


@contextlib.contextmanager
def azure_server() -> Iterator[Azure]:
    """The cloud, until the block ends."""
    azure = Azure()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _one(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, query, body, headers)
            azure.asked.append(asked)
            status, told = _answer(azure, asked)
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(OSError):  # the client may be gone
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _one

        def log_message(self, *_: Any) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        azure.address = f"http://127.0.0.1:{server.server_port}"
        yield azure


def environment(azure: Azure) -> dict[str, str]:
    """The environment of a Watchbook whose cloud this is; it signs in as a managed identity does."""
    return {
        "WATCHBOOK_AZURE_ENDPOINT": azure.address,
        "WATCHBOOK_AZURE_CREDENTIAL": "managed_identity",
        "IDENTITY_ENDPOINT": f"{azure.address}/msi/token",
        "IDENTITY_HEADER": "x",
    }
