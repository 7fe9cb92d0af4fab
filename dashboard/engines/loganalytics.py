"""The live engine: Log Analytics through Microsoft's own async client (azure-monitor-query, azure-identity), and beside it the
other services of Azure that workbooks ask: Resource Graph, metrics, Data Explorer.

Which workspaces are asked: the resources a query names (ARM ids), else the workspaces that were set. Contacts Azure only
when a query is run, that is when a person chose live data.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.azure.calls import Caller
from dashboard.engines.azure.clouds import CLOUDS, Cloud, cloud
from dashboard.engines.azure.connections import chosen
from dashboard.engines.azure.endpoints import SOURCES, Endpoints
from dashboard.engines.azure.explorer import Explorer
from dashboard.engines.azure.faults import explain
from dashboard.engines.azure.identity import Credential, make_credential
from dashboard.engines.azure.loop import wait_for
from dashboard.engines.azure.management import Management
from dashboard.engines.azure.metrics import Metrics
from dashboard.engines.azure.tables import read_answer
from dashboard.engines.protocol import CancelToken, QueryRequest, TableInfo, TimeSpan
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Table

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.rest import HttpRequest

SERVICE = "Log Analytics"
LONGEST_SECONDS = 600
"""The longest time that the service lets one query run."""
BATCH = 100
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A resource id comes from a workbook: it must stay one path below the service's address.
_UNSAFE = re.compile(r"[?#%\\\s]|\.\.|//")
_WORKSPACE_TYPE = "/providers/microsoft.operationalinsights/workspaces/"


class LogAnalyticsEngine:
    """Answers KQL from Log Analytics workspaces. `workspaces` are workspace ids (GUIDs) or resource ids; `credential` is
    made on first use by the settings where none is given; `endpoint` names another address of the service, or a server on
    this machine. `user_token` is the reader's own, where a proxy passed it on."""

    name = "loganalytics"
    label = "Log Analytics"
    sources = frozenset(("logs", "resource_graph", "adx", "metrics")) | SOURCES
    """What it answers, by the name that a request's source has."""
    live = True
    """Its data changes without a sign: results have an age (see runtime/cache.py)."""

    def __init__(
        self,
        workspaces: Sequence[str] = (),
        credential: TokenCredential | None = None,
        endpoint: str = "",
        *,
        user_token: str = "",
    ) -> None:
        self.workspaces = tuple(workspaces)
        self._credential = credential
        self._user_token = user_token
        self._endpoint = endpoint.rstrip("/")
        self._lock = threading.Lock()
        self._caller: Caller | None = None
        self._management: Management | None = None
        self._explorer: Explorer | None = None
        self._metrics: Metrics | None = None
        self._endpoints = Endpoints(lambda: Management(self.credential(), self.cloud))
        self.concurrent = settings.integer("workspace_queries")
        self.identity = _identity(user_token)
        """Whose eyes the answers are for: kept results are never shown to another."""

    def version(self) -> str:
        """Live data gives no sign of a change."""
        return "live"

    @property
    def cloud(self) -> Cloud:
        """The cloud in force."""
        return cloud()

    @property
    def audience(self) -> str:
        """Whom the token is for: a gateway in front of the service passes on the service's own."""
        return CLOUDS[self.cloud.name].logs

    def credential(self) -> TokenCredential:
        """The credential, made on first use. Raises WatchbookError (EN011, EN035, EN036)."""
        with self._lock:
            if self._credential is None:
                self._credential = make_credential(self.cloud, user_token=self._user_token)
            return self._credential

    # ---- questions -----------------------------------------------------------------------------------------------------

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """Asks the service and waits. Raises WatchbookError EN010–EN018 and EN030–EN036, each with what to do; Cancelled."""
        if request.source in SOURCES:
            return self._endpoints.run(request, cancel)
        if request.source != "logs":
            return self._other(request, cancel)
        address, body = self._question(request)
        return wait_for(self._ask(address, body, request), cancel)

    def _other(self, request: QueryRequest, cancel: CancelToken | None) -> Table:
        """What another service of Azure answers."""
        match request.source:
            case "resource_graph":
                limit = request.row_limit or settings.integer("query_rows")
                return self.management().query_graph(request, limit, cancel)
            case "adx":
                return self.explorer().run(request, cancel)
            case "metrics":
                return self.metrics().run(request, cancel)
        raise WatchbookError(
            Problem(
                "EN006", f"{SERVICE} cannot answer a '{request.source}' query.", hint="This part needs another source."
            )
        )

    def management(self) -> Management:
        """Azure Resource Manager and Resource Graph with this sign-in."""
        credential = self.credential()
        with self._lock:
            if self._management is None:
                self._management = Management(credential, self.cloud)
            return self._management

    def explorer(self) -> Explorer:
        """Azure Data Explorer with this sign-in."""
        credential = self.credential()
        with self._lock:
            if self._explorer is None:
                self._explorer = Explorer(credential, self.cloud)
            return self._explorer

    def metrics(self) -> Metrics:
        """Azure Monitor metrics with this sign-in."""
        credential, management = self.credential(), self.management()
        with self._lock:
            if self._metrics is None:
                self._metrics = Metrics(credential, self.cloud, management)
            return self._metrics

    def run_batch(
        self, requests: Sequence[QueryRequest], cancel: CancelToken | None = None
    ) -> list[Table | WatchbookError]:
        """The answers to several queries of the set workspaces in one request; each failure is its own."""
        found: list[Table | WatchbookError] = []
        for start in range(0, len(requests), BATCH):
            found += wait_for(self._ask_batch(requests[start : start + BATCH]), cancel)
        return found

    def tables(self) -> list[TableInfo]:
        """The tables of the workspaces: columns as the service describes them, and the newest time of those that took in
        data in the last 30 days, where the identity may read that. Raises WatchbookError where neither is to be had."""
        described = self.described()
        usage = QueryRequest("Usage | where TimeGenerated > ago(30d) | summarize Last = max(TimeGenerated) by DataType")
        last: dict[str, Any] = {}
        try:
            address, body = self._question(usage)
            table = wait_for(self._ask(address, body, usage))
            last = {str(n): t for n, t in zip(table.column("DataType"), table.column("Last"), strict=True)}
        except WatchbookError:
            if not described:
                raise
        names = sorted({*last, *described})
        return [TableInfo(name, described.get(name, ()), last=last.get(name)) for name in names]

    def described(self) -> dict[str, tuple[tuple[str, Any], ...]]:
        """Tables and columns as the workspaces' metadata has them, the first workspace's where they differ; empty where it is not
        to be had."""
        from dashboard.engines.azure.tables import kql_type

        found: dict[str, tuple[tuple[str, Any], ...]] = {}
        for told in wait_for(self._all_metadata()):
            for table in (told.get("tables") if isinstance(told, dict) else None) or ():
                if isinstance(table, dict) and table.get("name"):
                    columns = tuple((str(c["name"]), kql_type(str(c["type"]))) for c in table.get("columns") or ())
                    found.setdefault(str(table["name"]), columns)
        return found

    def where(self, request: QueryRequest) -> str:
        """Where the request goes, as a person reads it."""
        if request.source == "resource_graph":
            return "Azure Resource Graph"
        if request.source == "metrics":
            return "Azure Monitor metrics"
        if request.source == "adx":
            return f"Azure Data Explorer, {', '.join(each.removeprefix('adx://') for each in request.resources)}"
        asked = self.asked(request)
        what = "workspace" if len(asked) == 1 else "workspaces"
        return f"{SERVICE}, {what} {', '.join(asked)}" if asked else SERVICE

    def asked(self, request: QueryRequest) -> list[str]:
        """The workspaces or resources that a request names, else those that were set."""
        if request.source != "logs":
            return list(request.resources)
        resources = [r for r in request.resources if r.lower().startswith("/subscriptions/")]
        guids = [r for r in request.resources if _GUID.fullmatch(r)]
        return resources or guids or list(self.workspaces)

    # ---- requests ------------------------------------------------------------------------------------------------------

    def _question(self, request: QueryRequest) -> tuple[str, dict[str, Any]]:
        """Path and body of a query. Raises WatchbookError (EN010)."""
        asked = self.asked(request)
        if not asked:
            raise WatchbookError(
                Problem(
                    "EN010", "No Log Analytics workspace is chosen.",
                    hint="Add one on the settings page or set WATCHBOOK_WORKSPACES, or choose local data.",
                )
            )  # fmt: skip
        body: dict[str, Any] = {"query": request.text}
        if request.timespan is not None:
            body["timespan"] = _interval(request.timespan)
        first = asked[0]
        if _UNSAFE.search(first):
            raise WatchbookError(
                Problem("EN013", f"'{first[:100]}' is no workspace or resource.", hint="Check the id.")
            )
        if first.startswith("/"):
            if len(asked) > 1:
                workspaces = all(_WORKSPACE_TYPE in each.lower() for each in asked)
                body["workspaces" if workspaces else "resources"] = asked
            return f"{first.rstrip('/')}/query", body
        if len(asked) > 1:
            body["workspaces"] = asked[1:]
        return f"/workspaces/{first}/query", body

    async def _ask(self, address: str, body: dict[str, Any], request: QueryRequest) -> Table:
        seconds = min(float(request.seconds or settings.integer("query_seconds")), LONGEST_SECONDS)
        limit = request.row_limit or settings.integer("query_rows")
        target = _target(address)
        for again in (True, False):
            reply = await self._calls().call(
                partial(_post, address, body, _prefer(seconds)), target=target, gate=address.lower(), seconds=seconds
            )
            try:
                table = await asyncio.to_thread(read_answer, reply.json, limit, reply.seconds, reply.size, SERVICE)
            except (ValueError, KeyError, TypeError):
                if again:
                    continue
                raise WatchbookError(_unreadable()) from None
            table.statistics["tries"] = reply.tries
            return table
        raise WatchbookError(_unreadable())

    async def _ask_batch(self, requests: Sequence[QueryRequest]) -> list[Table | WatchbookError]:
        seconds = min(max(float(r.seconds or settings.integer("query_seconds")) for r in requests), LONGEST_SECONDS)
        parts = []
        for number, request in enumerate(requests):
            asked = self.asked(request)
            self._question(request)
            body = {"query": request.text, **({"workspaces": asked[1:]} if len(asked) > 1 else {})}
            if request.timespan is not None:
                body["timespan"] = _interval(request.timespan)
            head = {"Content-Type": "application/json", "Prefer": _prefer(seconds)}
            parts.append(
                {"id": str(number), "headers": head, "body": body, "method": "POST", "path": "/query", "workspace": asked[0]}
            )  # fmt: skip
        reply = await self._calls().call(
            partial(_post, "/$batch", {"requests": parts}, ""), target="the workspaces", gate="batch", seconds=seconds
        )
        answers = {str(each.get("id")): each for each in (reply.json or {}).get("responses") or ()}
        return [
            self._batch_answer(answers.get(str(number)), request, reply.seconds)
            for number, request in enumerate(requests)
        ]

    def _batch_answer(self, told: Any, request: QueryRequest, seconds: float) -> Table | WatchbookError:
        if not isinstance(told, dict):
            return WatchbookError(_unreadable())
        status = told.get("status")
        if status != 200:
            target = ", ".join(self.asked(request))
            return WatchbookError(
                explain(status if isinstance(status, int) else 500, told.get("body"), SERVICE, target)
            )
        try:
            limit = request.row_limit or settings.integer("query_rows")
            return read_answer(told.get("body"), limit, seconds, 0, SERVICE)
        except (ValueError, KeyError, TypeError):
            return WatchbookError(_unreadable())

    async def _all_metadata(self) -> list[Any]:
        return await asyncio.gather(*(self._metadata(workspace) for workspace in self.workspaces))

    async def _metadata(self, workspace: str) -> Any:
        """A workspace's description of itself; None where it is not to be had."""
        from azure.core.rest import HttpRequest

        address = f"{workspace}/metadata" if workspace.startswith("/") else f"/workspaces/{workspace}/metadata"
        try:
            reply = await self._calls().call(partial(HttpRequest, "GET", address), target=_target(address), again=False)
        except WatchbookError:
            return None
        return reply.json

    def _calls(self) -> Caller:
        if self._caller is None:
            address = self._endpoint or self.cloud.logs

            def make() -> Any:
                from azure.monitor.query.aio import LogsQueryClient

                return LogsQueryClient(
                    Credential(self.credential()), endpoint=address, audience=self.audience,
                    retry_total=0, permit_redirects=False,
                )  # fmt: skip

            self._caller = Caller(SERVICE, address, make, self.concurrent)
        return self._caller


def _identity(user_token: str) -> str:
    """A reader is known by the whole token, not by what it says of itself: nobody has checked that here, and a kept result
    is shown without asking Azure again."""
    if user_token:
        return blake2b(user_token.encode(), digest_size=16).hexdigest()
    return " ".join(
        ("shared", chosen("azure_credential"), settings.text("azure_tenant"), settings.text("azure_client"))
    )


def _interval(span: TimeSpan) -> str:
    return f"{span.start.isoformat()}/{span.end.isoformat()}"


def _prefer(seconds: float) -> str:
    return f"wait={max(1, int(seconds))},include-statistics=true,include-render=true"


def _post(address: str, body: dict[str, Any], prefer: str) -> HttpRequest:
    from azure.core.rest import HttpRequest

    return HttpRequest("POST", address, json=body, headers={"Prefer": prefer} if prefer else {})


def _target(address: str) -> str:
    """What is asked, in a message: `workspace X` or the resource's name."""
    parts = address.strip("/").split("/")
    if parts[0] == "workspaces":
        return f"workspace {parts[1]}"
    return f"the resource {parts[-2]}"


def _unreadable() -> Problem:
    return Problem("EN033", f"{SERVICE} gave an answer that cannot be read.", hint="Refresh in a while.")
