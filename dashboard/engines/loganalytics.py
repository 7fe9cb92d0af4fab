"""The live engine: Log Analytics through Microsoft's own client (azure-monitor-query, azure-identity).

Which workspaces are asked: the resources a query names (ARM ids), else the workspace ids from settings. Contacts Azure
only when a query is run, that is when a person chose live data.
"""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast, get_args
from urllib.parse import urlsplit

from dashboard import settings
from dashboard.engines.protocol import CancelToken, QueryRequest, TableInfo
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.table import TICKS_PER_SECOND, KqlType, Notice, Table, render_of, table_from_rows

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.exceptions import AzureError, HttpResponseError

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


class LogAnalyticsEngine:
    """Answers KQL from Log Analytics workspaces. `workspaces` are workspace ids (GUIDs); `credential` is made on first use
    (DefaultAzureCredential) where none is given; `endpoint` names another cloud, or a server on this machine."""

    name = "loganalytics"
    label = "Log Analytics"

    def __init__(
        self,
        workspaces: Sequence[str] = (),
        credential: TokenCredential | None = None,
        endpoint: str = "https://api.loganalytics.io",
    ) -> None:
        self.workspaces = tuple(workspaces)
        self._credential = credential
        self._endpoint = endpoint
        self._client: Any = None
        self._pool = concurrent.futures.ThreadPoolExecutor(settings.integer("concurrent_queries"), "loganalytics")

    def version(self) -> str:
        """Live data is taken as unchanged for a minute."""
        return str(int(time.time() // 60))

    def tables(self) -> list[TableInfo]:
        """The tables that took in data in the last 30 days, with the newest time that usage tells."""
        table = self.run(
            QueryRequest("Usage | where TimeGenerated > ago(30d) | summarize Last = max(TimeGenerated) by DataType")
        )
        return [
            TableInfo(str(name), (), last=last)
            for name, last in zip(table.column("DataType"), table.column("Last"), strict=True)
        ]

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """Asks the service and waits. Raises WatchbookError EN010–EN018, each with what to do."""
        if request.source not in ("logs", "resource_graph"):
            raise WatchbookError(
                Problem(
                    "EN006",
                    f"Log Analytics cannot answer a '{request.source}' query.",
                    hint="This part needs another source.",
                )
            )
        if request.source == "resource_graph":
            raise WatchbookError(
                Problem(
                    "EN006",
                    "Azure Resource Graph queries are not sent live yet.",
                    hint="Switch to local data to see this part.",
                )
            )
        ask = self._question(request)
        if cancel is None:
            return ask()
        cancel.check()
        # The client cannot be interrupted: the answer of a cancelled query is left to itself.
        answer: concurrent.futures.Future[Any] = self._pool.submit(ask)
        stopped: concurrent.futures.Future[Any] = concurrent.futures.Future()
        cancel.on_cancel(lambda: None if stopped.done() else stopped.set_result(None))
        concurrent.futures.wait([answer, stopped], return_when=concurrent.futures.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            raise Cancelled
        return cast(Table, answer.result())

    def _question(self, request: QueryRequest) -> Callable[[], Table]:
        resources = [r for r in request.resources if r.lower().startswith("/subscriptions/") and r.count("/") >= 8]
        workspaces = [
            r for r in request.resources if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", r)
        ]
        asked = resources or workspaces or list(self.workspaces)
        if not asked:
            raise WatchbookError(
                Problem(
                    "EN010", "No Log Analytics workspace is chosen.",
                    hint="Set WATCHBOOK_WORKSPACES to one or more workspace ids, or choose local data.",
                )
            )  # fmt: skip

        def ask() -> Table:
            from azure.core.exceptions import AzureError

            client = self._open()
            query = client.query_resource if resources else client.query_workspace
            span = (request.timespan.start, request.timespan.end) if request.timespan else None
            seconds = int(request.seconds or settings.integer("query_seconds"))
            started = time.perf_counter()
            try:
                answer = query(
                    asked[0], request.text, timespan=span, server_timeout=min(seconds, 600),
                    additional_workspaces=asked[1:] or None, include_statistics=True, include_visualization=True,
                    **self._options(),
                )  # fmt: skip
            except AzureError as error:
                raise WatchbookError(explain(error, asked[0])) from None
            return _table_of(answer, request.row_limit or settings.integer("query_rows"), time.perf_counter() - started)

        return ask

    def _options(self) -> dict[str, Any]:
        # The SDK sends a token only over TLS; a server on this machine may be asked without.
        plain = urlsplit(self._endpoint).scheme == "http" and urlsplit(self._endpoint).hostname in LOCAL_NAMES
        return {"enforce_https": False} if plain else {}

    def _open(self) -> Any:
        if self._client is None:
            from azure.identity import DefaultAzureCredential
            from azure.monitor.query import LogsQueryClient

            # A person is waiting: fewer and quicker tries than the client's own ten.
            self._client = LogsQueryClient(
                self._credential or DefaultAzureCredential(),
                endpoint=self._endpoint,
                retry_total=3,
                retry_backoff_factor=0.3,
            )
        return self._client


def _table_of(answer: Any, limit: int, seconds: float) -> Table:
    from azure.monitor.query import LogsQueryPartialResult

    notices = []
    partial = isinstance(answer, LogsQueryPartialResult)
    tables = (answer.partial_data if partial else answer.tables) or []
    if partial:
        why = answer.partial_error.message if answer.partial_error else "the service gave no reason"
        notices.append(Notice("EN015", f"Log Analytics gave only a part of the result: {why}"))
    columns: list[tuple[str, KqlType]] = []
    rows: list[list[Any]] = []
    if tables:
        first = tables[0]
        columns = [(name, _kind(kind)) for name, kind in zip(first.columns, first.columns_types, strict=True)]
        if len(first.rows) > limit:
            notices.append(Notice("EN005", f"Only the first {limit:,} of {len(first.rows):,} rows are shown."))
            partial = True
        rows = [[_cell(cell, kind) for cell, (_, kind) in zip(row, columns, strict=True)] for row in first.rows[:limit]]
    table = table_from_rows(columns, rows)
    statistics = {"seconds": seconds, **_statistics(answer.statistics)}
    render = _render(answer.visualization)
    return Table(table.columns, table.arrow, "partial" if partial else "ok", tuple(notices), render, statistics)


def _kind(kind: str) -> KqlType:
    return cast(KqlType, kind) if kind in get_args(KqlType) else "string"


def _cell(cell: Any, kind: KqlType) -> Any:
    """A cell as the SDK gives it, in the form of dashboard.table. What cannot be read as its type is null."""
    # The SDK turns an absent timespan or guid into the text "None".
    if cell is None or (cell == "None" and kind in ("timespan", "guid")):
        return None
    if kind == "datetime":
        return cell.astimezone(dt.UTC).replace(tzinfo=None) if isinstance(cell, dt.datetime) else None
    if kind == "timespan":
        return parse_timespan(str(cell))
    if kind == "dynamic":
        return cell if isinstance(cell, str) and _is_json(cell) else json.dumps(cell, ensure_ascii=False)
    if kind == "decimal":
        try:
            return Decimal(str(cell))
        except InvalidOperation:
            return None
    if kind == "real":
        return float(cell)
    if kind == "bool":
        return bool(cell)
    return cell if kind in ("int", "long") else str(cell)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def parse_timespan(text: str) -> int | None:
    """Ticks of KQL's text of a timespan, `[-][d.]hh:mm:ss[.fffffff]`; None for anything else."""
    match = re.fullmatch(r"(-)?(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.(\d{1,7}))?", text)
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 4, 5))
    ticks = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * TICKS_PER_SECOND + int(
        (match[6] or "").ljust(7, "0")
    )
    return -ticks if match[1] else ticks


def _statistics(told: Mapping[str, Any] | None) -> dict[str, Any]:
    query = (told or {}).get("query") or {}
    found = {"engine_seconds": query.get("executionTime")}
    scanned = ((query.get("resourceUsage") or {}).get("cache") or {}).get("memory")
    if scanned:
        found["cache"] = scanned
    return {name: value for name, value in found.items() if value is not None}


def _render(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not told or not told.get("visualization"):
        return None
    # The service spells xTitle what KQL, and everything that draws, calls xtitle.
    properties = {key.lower(): value for key, value in told.items() if value is not None}
    return render_of(str(told["visualization"]), properties)


def explain(error: AzureError, workspace: str) -> Problem:
    """A fault of the Azure client as a sentence with what to do. Never holds a token or a header."""
    from azure.core.exceptions import (
        ClientAuthenticationError,
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    # The client wraps a credential's refusal in an answer without a status.
    if isinstance(error, ClientAuthenticationError) or isinstance(error.__context__, ClientAuthenticationError):
        return Problem(
            "EN011", "Signing in to Azure failed.", hint="Run 'az login', or set the AZURE_* variables of an identity."
        )
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        return _explain_status(error, workspace)
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return Problem("EN017", "Log Analytics could not be reached.", hint="Check the network, then refresh.")
    return Problem("EN017", "Log Analytics could not answer.", hint="Refresh in a while.")


def _explain_status(error: HttpResponseError, workspace: str) -> Problem:
    said = getattr(error.model, "message", None) or ""
    status = error.status_code or 0
    if status in (401, 407):
        return Problem("EN011", "Azure refused the sign-in.", hint="Sign in again with 'az login'.")
    if status == 403:
        return Problem(
            "EN012", f"You have no permission to query workspace {workspace}.",
            hint="Ask for the role 'Log Analytics Reader' on it.",
        )  # fmt: skip
    if status == 404:
        return Problem("EN013", f"Workspace {workspace} was not found.", hint="Check the workspace id.")
    if status == 400:
        return Problem("EN014", f"Log Analytics refused the query: {said or 'no reason was given'}")
    if status == 429:
        return Problem("EN016", "Log Analytics asks to slow down.", hint="Wait a minute, then refresh.")
    if status in (408, 504):
        return Problem(
            "EN018", "The query took too long for Log Analytics.", hint="Narrow the time range or the query."
        )
    return Problem("EN017", f"Log Analytics answered with status {status}.", hint="Refresh in a while.")
