"""Azure Resource Manager and Resource Graph by their REST reference, with the sign-in of azure-identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from dashboard.engines.azure.calls import Caller, Reply, rest_client
from dashboard.engines.azure.clouds import Cloud
from dashboard.engines.azure.identity import Credential
from dashboard.engines.azure.loop import wait_for
from dashboard.engines.azure.tables import table_of
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Problem, WatchbookError
from dashboard.table import KqlType, Notice, Table

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.rest import HttpRequest

SERVICE = "Azure"
GRAPH = "Azure Resource Graph"
_PAGE = 1_000
_MOST_PAGES = 100
_GRAPH_TYPES: Mapping[str, KqlType] = {
    "string": "string", "integer": "long", "number": "real", "boolean": "bool", "object": "dynamic", "datetime": "datetime",
    "long": "long", "int": "int", "real": "real", "dynamic": "dynamic", "bool": "bool", "guid": "guid",
}  # fmt: skip


class Management:
    """Requests to one cloud's Resource Manager. Every method waits; each raises WatchbookError with what to do."""

    def __init__(self, credential: TokenCredential, cloud: Cloud) -> None:
        base = cloud.management
        # With a gateway in its place, the token is still for the service itself.
        from dashboard.engines.azure.clouds import CLOUDS

        scope = f"{CLOUDS[cloud.name].management}/.default"
        self.base = base
        self._calls = Caller(SERVICE, base, lambda: rest_client(base, Credential(credential), scope))
        self._graph = Caller(GRAPH, base, lambda: rest_client(base, Credential(credential), scope))

    def get(self, path: str, version: str, *, target: str, cancel: CancelToken | None = None, **query: str) -> Any:
        """The JSON of a resource. Raises EN013 where there is none."""
        return wait_for(self._send("GET", path, {"api-version": version, **query}, None, target), cancel).json

    def pages(
        self, path: str, version: str, *, target: str, cancel: CancelToken | None = None, **query: str
    ) -> list[Any]:
        """All entries of a list, page by page."""
        found: list[Any] = []
        told = self.get(path, version, target=target, cancel=cancel, **query)
        for _ in range(_MOST_PAGES):
            entries = told.get("value") if isinstance(told, dict) else None
            found += entries if isinstance(entries, list) else []
            link = str(told.get("nextLink") or "") if isinstance(told, dict) else ""
            if not link:
                break
            following = self._own(link)
            told = wait_for(self._send("GET", following, {}, None, target), cancel).json
        return found

    def ask(
        self, path: str, version: str, body: Any, *, target: str, cancel: CancelToken | None = None, **query: str
    ) -> Any:
        """The JSON answer to a POST that changes nothing."""
        return wait_for(self._send("POST", path, {"api-version": version, **query}, body, target), cancel).json

    def put(self, path: str, version: str, body: Any, *, target: str, etag: str = "", **query: str) -> Any:
        """Creates or changes a resource, never twice. With `etag`, only where nobody changed it meanwhile (EN039)."""
        headers = {"If-Match": etag} if etag else {}
        asked = {"api-version": version, **query}
        return wait_for(self._send("PUT", path, asked, body, target, headers, again=False)).json

    def query_graph(self, request: QueryRequest, limit: int, cancel: CancelToken | None = None) -> Table:
        """The answer of a Resource Graph query, page by page up to `limit` rows."""
        return wait_for(self._graph_table(request, limit), cancel)

    def subscriptions(self) -> list[tuple[str, str]]:
        """Id and name of the subscriptions that the identity sees."""
        found = self.pages("/subscriptions", "2022-12-01", target="the list of subscriptions")
        return [(str(each.get("subscriptionId", "")), str(each.get("displayName", ""))) for each in found]

    def resource_groups(self, subscription: str) -> list[tuple[str, str]]:
        """Resource id and name of the resource groups of a subscription, by name."""
        path = f"/subscriptions/{quote(subscription, safe='-')}/resourcegroups"
        found = self.pages(path, "2022-09-01", target="the resource groups of the subscription")
        groups = [(str(each.get("id", "")), str(each.get("name", ""))) for each in found]
        return sorted(groups, key=lambda each: each[1].lower())

    def workspaces(self) -> list[tuple[str, str, str]]:
        """Id (GUID), name and resource id of the workspaces that the identity sees."""
        table = self.query_graph(
            QueryRequest(
                "resources | where type =~ 'microsoft.operationalinsights/workspaces' "
                "| project customerId = tostring(properties.customerId), name, id | order by name asc",
                source="resource_graph",
            ),
            1_000,
        )
        return [(str(a), str(b), str(c)) for a, b, c in table.rows()]

    # ---- requests ------------------------------------------------------------------------------------------------------

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any,
        target: str,
        headers: Mapping[str, str] | None = None,
        *,
        again: bool = True,
    ) -> Reply:
        address = f"{self.base}{path}" + (f"{'&' if '?' in path else '?'}{urlencode(query)}" if query else "")
        accepted = (200,) if method == "GET" else (200, 201, 202)
        return await self._calls.call(
            partial(request_of, method, address, body, dict(headers or {})),
            target=target, gate="management", accepted=accepted, again=again,
        )  # fmt: skip

    def _own(self, link: str) -> str:
        """The path of a next page; one on another host gets no token of ours."""
        told, own = urlsplit(link), urlsplit(self.base)
        if told.netloc and told.netloc.lower() != own.netloc.lower():
            raise WatchbookError(Problem("EN033", f"{SERVICE} named a next page on another host.", hint="Refresh."))
        return told.path + (f"?{told.query}" if told.query else "")

    async def _graph_table(self, request: QueryRequest, limit: int) -> Table:
        heads: list[tuple[str, KqlType]] = []
        rows: list[list[Any]] = []
        token, truncated, seconds, size = "", False, 0.0, 0
        scope = _graph_scope(request.resources)
        address = f"{self.base}/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01"
        for _ in range(_MOST_PAGES):
            options = {"resultFormat": "table", "$top": min(_PAGE, limit + 1 - len(rows))}
            body = {"query": request.text, "options": {**options, **({"$skipToken": token} if token else {})}, **scope}
            reply = await self._graph.call(
                partial(request_of, "POST", address, body, {}), target="these resources", gate="graph"
            )
            data = reply.json.get("data") if isinstance(reply.json, dict) else None
            if not isinstance(data, dict):
                raise WatchbookError(Problem("EN033", f"{GRAPH} gave an answer that cannot be read."))
            heads = [(str(c["name"]), _GRAPH_TYPES.get(str(c["type"]).lower(), "dynamic")) for c in data["columns"]]
            rows += data["rows"]
            seconds, size = seconds + reply.seconds, size + reply.size
            token = str(reply.json.get("$skipToken") or "")
            truncated = str(reply.json.get("resultTruncated", "false")).lower() == "true"
            if not token or len(rows) > limit:
                break
        cut = len(rows) > limit or bool(token) or truncated
        table = table_of(heads, rows[:limit])
        notices = (Notice("EN005", f"Only the first {min(limit, len(rows)):,} rows are shown."),) if cut else ()
        told = {"seconds": seconds, "bytes": size, "rows": len(rows)}
        return Table(table.columns, table.arrow, "partial" if cut else "ok", notices, None, told)


def _graph_scope(resources: Sequence[str]) -> dict[str, list[str]]:
    """The subscriptions or management groups that a query is limited to; all that the identity sees where none is named."""
    subscriptions, groups = [], []
    for each in resources:
        parts = [part for part in each.split("/") if part]
        lowered = [part.lower() for part in parts]
        if "managementgroups" in lowered[:-1]:
            groups.append(parts[lowered.index("managementgroups") + 1])
        elif lowered[:1] == ["subscriptions"] and len(parts) > 1:
            subscriptions.append(parts[1])
    if subscriptions:
        return {"subscriptions": list(dict.fromkeys(subscriptions))}
    return {"managementGroups": list(dict.fromkeys(groups))} if groups else {}


def request_of(method: str, address: str, body: Any, headers: dict[str, str]) -> HttpRequest:
    """A request with a JSON body, where there is one."""
    from azure.core.rest import HttpRequest

    return HttpRequest(method, address, json=body, headers=headers) if body is not None else HttpRequest(
        method, address, headers=headers
    )  # fmt: skip
