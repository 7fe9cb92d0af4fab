"""Azure Data Explorer through Microsoft's own async client (azure-kusto-data). A request names its cluster and database in
`resources` as `adx://CLUSTER/DATABASE`; a token goes to hosts of the cloud's own Data Explorer alone."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dashboard import settings
from dashboard.engines.azure.clouds import CLOUDS, Cloud, is_plain_loopback
from dashboard.engines.azure.faults import explain
from dashboard.engines.azure.identity import Credential
from dashboard.engines.azure.loop import close_with, wait_for
from dashboard.engines.azure.tables import kql_type, table_of
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Notice, Table, render_of

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SERVICE = "Azure Data Explorer"
_CLUSTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,60}(?:\.[a-z0-9-]{2,40})?")
# Beside each cloud's own domain: clusters in Fabric, and workspaces asked through the Data Explorer proxy.
_OTHERS = (".kusto.fabric.microsoft.com", "ade.loganalytics.io", "adx.monitor.azure.com")


class Explorer:
    """Asks clusters of one cloud. `clusters` are kept open."""

    def __init__(self, credential: TokenCredential, cloud: Cloud) -> None:
        self._credential = Credential(credential)
        self._cloud = cloud
        self._clients: dict[str, Any] = {}

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """The primary result. Raises WatchbookError: EN006 where cluster or database is missing or not one of this cloud."""
        address, database = self.target(request)
        return wait_for(self._ask(address, database, request), cancel)

    def target(self, request: QueryRequest) -> tuple[str, str]:
        """Address of the cluster and name of the database. Raises WatchbookError (EN006)."""
        named = next((each for each in request.resources if each.startswith("adx://")), "")
        cluster, _, database = named.removeprefix("adx://").rpartition("/")
        if not cluster or not database:
            raise WatchbookError(Problem("EN006", "The query names no cluster and database of Azure Data Explorer."))
        return cluster_address(cluster, self._cloud), database

    async def _ask(self, address: str, database: str, request: QueryRequest) -> Table:
        from azure.core.exceptions import AzureError
        from azure.kusto.data import ClientRequestProperties
        from azure.kusto.data.exceptions import KustoError, KustoServiceError, KustoThrottlingError

        from dashboard.engines.azure.calls import sign_in_problem

        seconds = float(request.seconds or settings.integer("query_seconds"))
        properties = ClientRequestProperties()  # type: ignore[no-untyped-call]  # (the library's own types end here)
        properties.set_option("servertimeout", timedelta(seconds=min(seconds, 3600)))
        properties.set_option("request_readonly", True)
        target = f"database {database} of {urlsplit(address).hostname}"
        started, tries, most = time.monotonic(), 0, settings.integer("live_tries")
        while True:
            tries += 1
            try:
                client = await self._client(address)
                async with asyncio.timeout(max(started + seconds - time.monotonic(), 0.001)):
                    found = await client.execute_query(database, request.text, properties)
                return self._table(found, request, time.monotonic() - started, tries)
            except TimeoutError:
                words = f"{SERVICE} gave no whole answer within {seconds:g} seconds."
                raise WatchbookError(Problem("EN018", words, hint="Narrow the time range or the query.")) from None
            except AzureError as error:
                raise WatchbookError(sign_in_problem(error)) from None
            except KustoError as error:
                answer = getattr(error, "http_response", None)
                status = 429 if isinstance(error, KustoThrottlingError) else _status(answer)
                passing = status in (429, 500, 502, 503) or status is None
                wait = settings.integer("live_backoff_ms") / 1000 * 2 ** (tries - 1)
                if passing and tries < most and time.monotonic() + wait - started < seconds:
                    await asyncio.sleep(wait)
                    continue
                if status is None and not isinstance(error, KustoServiceError):
                    words = f"The cluster {urlsplit(address).hostname} could not be reached."
                    raise WatchbookError(Problem("EN017", words, hint="Check its name and the network.")) from None
                raise WatchbookError(_problem(error, status, target)) from None

    async def _client(self, address: str) -> Any:
        if address not in self._clients:
            from azure.kusto.data import KustoConnectionStringBuilder
            from azure.kusto.data.aio import KustoClient

            scope = f"{CLOUDS[self._cloud.name].explorer}/.default"

            async def token() -> str:
                return (await self._credential.get_token(scope)).token

            builder = KustoConnectionStringBuilder.with_async_token_provider(address, token)
            self._clients[address] = client = KustoClient(builder)
            close_with(self, client)
        return self._clients[address]

    def _table(self, found: Any, request: QueryRequest, seconds: float, tries: int) -> Table:
        limit = request.row_limit or settings.integer("query_rows")
        first = found.primary_results[0]
        heads = [(str(c.column_name), kql_type(str(c.column_type))) for c in first.columns]
        rows = first.raw_rows
        cut = len(rows) > limit
        table = table_of(heads, rows[:limit])
        notices = (Notice("EN005", f"Only the first {limit:,} of {len(rows):,} rows are shown."),) if cut else ()
        told = {"seconds": seconds, "rows": len(rows), "tries": tries}
        return Table(table.columns, table.arrow, "partial" if cut else "ok", notices, _render(found), told)


def cluster_address(written: str, cloud: Cloud) -> str:
    """The address of a cluster by its name (`help`, `mine.westeurope`) or address. Raises WatchbookError (EN006) for a host
    that is not one of Data Explorer: a workbook must not send a token elsewhere."""
    text = written.strip().rstrip("/")
    domain = urlsplit(CLOUDS[cloud.name].explorer).hostname or ""
    suffix = domain.partition(".")[2]
    if _CLUSTER.fullmatch(text):
        return f"https://{text}.{suffix}"
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = (parts.hostname or "").lower()
    trusted = any(host == each or host.endswith(each) for each in (f".{suffix}", *_OTHERS))
    if parts.scheme == "https" and trusted and not parts.username:
        return f"https://{parts.netloc}{parts.path}"
    if is_plain_loopback(text) and is_plain_loopback(settings.text("azure_endpoint")):
        return text
    raise WatchbookError(
        Problem(
            "EN006",
            f"'{text[:80]}' is no cluster of {SERVICE} in {cloud.label}.",
            hint="Name the cluster, such as help.",
        )
    )


def _status(answer: Any) -> int | None:
    status = getattr(answer, "status", None) or getattr(answer, "status_code", None)
    return int(status) if status else None


def _problem(error: Any, status: int | None, target: str) -> Problem:
    from azure.kusto.data.exceptions import KustoApiError, KustoMultiApiError

    if isinstance(error, KustoApiError):
        told = error.get_api_error()
        return explain(
            400, {"error": {"code": told.code, "message": told.description or told.message}}, SERVICE, target
        )
    if isinstance(error, KustoMultiApiError):
        told = error.get_api_errors()[0]
        return explain(
            400, {"error": {"code": told.code, "message": told.description or told.message}}, SERVICE, target
        )
    return explain(status or 500, None, SERVICE, target)


def _render(found: Any) -> dict[str, Any] | None:
    import json

    for table in found.tables:
        if getattr(table.table_kind, "value", table.table_kind) != "QueryProperties":
            continue
        for row in table.raw_rows:
            if "Visualization" not in row:
                continue
            told = json.loads(row[-1]) if isinstance(row[-1], str) else row[-1]
            if isinstance(told, dict) and told.get("Visualization"):
                given = {k.lower(): v for k, v in told.items() if v not in (None, False, "NaN", "")}
                kind = str(given.pop("visualization"))
                return render_of(kind, given)
    return None
