"""What workbooks ask of Azure Resource Manager (ARMEndpoint/1.0) and of other web services (CustomEndpoint/1.0): live only,
reading only, and of other hosts only those that the operator allows.

A workbook is somebody else's text: it must not be able to change a resource, to send the reader's token to a host of its
choice, or to reach into the network that the dashboard runs in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from dashboard import settings
from dashboard.engines.azure.calls import Caller
from dashboard.engines.azure.clouds import is_plain_loopback
from dashboard.engines.azure.loop import wait_for
from dashboard.engines.azure.management import Management, request_of
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Problem, WatchbookError
from dashboard.table import Table, table_from_rows

SOURCES = frozenset(("arm", "endpoint"))
READING_POSTS = frozenset(
    ("query", "resources", "search", "entities", "entityinsights", "expand", "aggregate", "forecast")
)
"""Last parts of the paths that a POST may go to: these only answer. Actions (start, delete, listKeys …) are refused."""

_PATH = re.compile(r"/[\w./()$~'@:,;=+%& -]*\Z")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_NO_HEADERS = frozenset(("host", "content-length", "connection", "transfer-encoding", "cookie"))


class Endpoints:
    """Answers both sources. `management` is made when the first ARM query comes."""

    def __init__(self, management: Callable[[], Management]) -> None:
        self._make = management
        self._management: Management | None = None
        self._callers: dict[str, Caller] = {}

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """The JSON that is answered, as the one cell of a table: whoever asked makes rows of it. Raises WatchbookError: EN045
        for what a workbook may not ask, EN046 for a host that is not allowed, and what the service's own faults mean."""
        payload = _object(json.loads(request.text))
        answer = self._arm(payload, cancel) if request.source == "arm" else self._custom(payload, cancel)
        return table_from_rows([("json", "dynamic")], [(json.dumps(answer, ensure_ascii=False),)])

    def _arm(self, payload: Mapping[str, Any], cancel: CancelToken | None) -> Any:
        method = _text(payload.get("method")).upper() or "GET"
        path = _text(payload.get("path")).strip().split("#", 1)[0]
        path, _, written = path.partition("?")
        query = {**dict(_pairs_of_text(written)), **dict(_pairs(payload.get("urlParams")))}
        version = next((query.pop(name) for name in list(query) if name.lower() == "api-version"), "")
        if not _PATH.match(path) or ".." in path or "//" in path:
            raise WatchbookError(_refused("this is not a path of Resource Manager", path))
        if not version:
            raise WatchbookError(_refused("it names no api-version", path))
        if self._management is None:
            self._management = self._make()
        target = path.rstrip("/").rsplit("/", 1)[-1] or "Azure"
        if method == "GET":
            return self._management.get(path, version, target=target, cancel=cancel, **query)
        if method == "GETARRAY":
            return self._management.pages(path, version, target=target, cancel=cancel, **query)
        if method == "POST" and path.rstrip("/").rsplit("/", 1)[-1].lower() in READING_POSTS:
            return self._management.ask(path, version, _body(payload), target=target, cancel=cancel, **query)
        raise WatchbookError(_refused(f"{method} there may change something", path))

    def _custom(self, payload: Mapping[str, Any], cancel: CancelToken | None) -> Any:
        address = _text(payload.get("url")).strip()
        host = allowed_host(address)
        method = _text(payload.get("method")).upper() or "GET"
        if method not in ("GET", "POST"):
            raise WatchbookError(_refused(f"{method} may change something", address))
        query = urlencode(_pairs(payload.get("urlParams")))
        whole = address + (("&" if "?" in address else "?") + query if query else "")
        headers = {name: value for name, value in _pairs(payload.get("headers")) if _sendable(name, value)}
        body = _body(payload) if method == "POST" else None
        caller = self._callers.get(host)
        if caller is None:
            caller = self._callers[host] = Caller(host, "", partial(_plain_client, address))
        call = caller.call(partial(request_of, method, whole, body, headers), target=host, again=method == "GET")
        return wait_for(_json(call), cancel)


def allowed_host(address: str) -> str:
    """The host of an address that workbooks may ask. Raises WatchbookError (EN046)."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    allowed = settings.names("endpoint_hosts")
    known = host in allowed or (port is not None and f"{host}:{port}" in allowed)
    secure = parts.scheme == "https" or is_plain_loopback(address)
    if not host or not known or not secure or "@" in parts.netloc:
        raise WatchbookError(
            Problem(
                "EN046",
                f"Workbooks may not ask {host[:100] or 'this address'}.",
                hint="Add the host to WATCHBOOK_ENDPOINT_HOSTS if you trust it; only https is asked.",
            )
        )
    return host if port is None else f"{host}:{port}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, (dict, list)) else str(value)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


async def _json(call: Any) -> Any:
    return (await call).json


def _plain_client(address: str) -> Any:
    """A client without a token; it follows no redirects."""
    from azure.core import AsyncPipelineClient

    parts = urlsplit(address)
    return AsyncPipelineClient(f"{parts.scheme}://{parts.netloc}", policies=[])


def _pairs(entries: Any) -> list[tuple[str, str]]:
    return [
        (_text(_object(entry).get("key")), _text(_object(entry).get("value")))
        for entry in (entries if isinstance(entries, list) else [])
        if _text(_object(entry).get("key"))
    ]


def _pairs_of_text(query: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(query)


def _sendable(name: str, value: str) -> bool:
    return bool(_HEADER.match(name)) and name.lower() not in _NO_HEADERS and value.isprintable()


def _body(payload: Mapping[str, Any]) -> Any:
    data = payload.get("data")
    if not isinstance(data, str):
        return data if isinstance(data, (dict, list)) else {}
    try:
        return json.loads(data) if data.strip() else {}
    except ValueError:
        raise WatchbookError(Problem("EN045", "The body of this query is not JSON.")) from None


def _refused(why: str, what: str) -> Problem:
    return Problem(
        "EN045",
        f"A workbook may not ask '{what[:120]}': {why}.",
        hint="Workbooks read: GET, lists, and POST to paths that only answer.",
    )
