"""The query API over local data, as an ASGI application: Log Analytics' own under /v1, Kusto's under /v1/rest and
/v2/rest. Any workspace, resource and database that a client names is the local data.

An answer is sent in pieces. A client that goes away cancels its query; one that stops reading is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

from dashboard import settings
from dashboard.engines.protocol import CancelToken, Engine
from dashboard.errors import Cancelled, WatchbookError
from dashboard.kql.query_parameters import parameter_values
from dashboard.server import api_requests as requests
from dashboard.server.api_commands import run_command
from dashboard.server.api_errors import ApiError, not_found, of_query
from dashboard.server.api_metadata import cloud_metadata, metadata
from dashboard.server.api_tables import kusto_command_body, kusto_v1_body, kusto_v2_body, logs_body, to_json
from dashboard.server.api_work import Work, cancelled_when_gone, gather
from dashboard.server.asgi import Header, Receive, Scope, Send, header
from dashboard.table import Table

_LOG = logging.getLogger("watchbook.server")
_JSON = (b"content-type", b"application/json; charset=utf-8")
_STALLED_SECONDS = 60.0
Texts = Iterator[str]
Handler = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One request on its way: what it asks and how it is answered."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.path = "/" + "/".join(part for part in scope["path"].split("/") if part)
        self.request_id = (header(scope, b"x-ms-client-request-id") or "")[:200]
        self.activity = str(uuid.uuid4())
        self.started = False
        self._receive = receive
        self._send = send

    @property
    def is_kusto(self) -> bool:
        """Whether the client speaks Kusto's dialect."""
        return self.path.startswith(("/v1/rest/", "/v2/rest/"))

    async def body(self) -> bytes:
        """The request's body. Raises Cancelled where the client goes away before its end."""
        parts = []
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Cancelled
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)

    def watched(self) -> contextlib.AbstractAsyncContextManager[CancelToken]:
        """A token that is cancelled when the client goes away."""
        return cancelled_when_gone(self._receive)

    async def start(self, status: int = 200, headers: Sequence[Header] = (), length: int | None = None) -> None:
        """Sends the head of the answer."""
        fields = [_JSON, (b"cache-control", b"no-store"), (b"x-ms-activity-id", self.activity.encode()), *headers]
        if self.request_id and self.request_id.isprintable() and self.request_id.isascii():
            fields.append((b"x-ms-client-request-id", self.request_id.encode()))
        if length is not None:
            fields.append((b"content-length", str(length).encode()))
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": fields})

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Sends a piece of the body. Raises Cancelled where nobody reads."""
        message = {"type": "http.response.body", "body": data, "more_body": not last}
        try:
            await asyncio.wait_for(self._send(message), _STALLED_SECONDS)
        except TimeoutError:
            raise Cancelled from None

    async def answer(self, value: Any, status: int = 200, headers: Sequence[Header] = ()) -> None:
        """Sends a short answer as JSON."""
        data = to_json(value).encode()
        await self.start(status, headers, len(data))
        await self.write(b"" if self.scope["method"] == "HEAD" else data, last=True)


class Api:
    """Answers queries from `engine`. An empty `token` asks for none; else every request but Kusto's sign-in metadata must
    show it as `Authorization: Bearer …`."""

    def __init__(self, engine: Engine, *, token: str = "") -> None:
        self._engine = engine
        self._token = token.encode()
        self._work = Work(settings.integer("api_queries_at_once"), settings.integer("api_queries_waiting"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._visit(Visit(scope, receive, send))
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                self._work.close()
                return

    async def _visit(self, visit: Visit) -> None:
        try:
            handler = self._handler(visit)
            if handler is not _sign_in:
                self._check_token(visit)
            await handler(visit)
        except Cancelled:
            return
        except ApiError as error:
            if not visit.started:
                body = error.for_kusto(visit.request_id) if visit.is_kusto else error.for_logs()
                await visit.answer(body, error.status, error.headers)

    def _check_token(self, visit: Visit) -> None:
        if not self._token:
            return
        shown = header(visit.scope, b"authorization")
        scheme, _, token = (shown or "").partition(" ")
        if not shown or not token.strip() or scheme.lower() != "bearer":
            raise ApiError(
                401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.",
                headers=[(b"www-authenticate", b"Bearer")],
            )  # fmt: skip
        if not hmac.compare_digest(token.strip().encode("latin-1"), self._token):
            # Kusto's clients know 401 alone as a refused sign-in.
            status = 401 if visit.is_kusto else 403
            raise ApiError(status, "InvalidAuthenticationToken", "The access token is invalid.")

    def _handler(self, visit: Visit) -> Handler:
        parts = visit.path.strip("/").split("/")
        method = visit.scope["method"]
        handler, methods = self._route(parts)
        if handler is None:
            raise not_found(visit.path)
        if method not in methods:
            allowed = ", ".join(methods)
            said = f"The method {method[:20]} is not allowed here; allowed are {allowed}."
            raise ApiError(405, "MethodNotAllowed", said, headers=[(b"allow", allowed.encode())])
        return handler

    def _route(self, parts: list[str]) -> tuple[Handler | None, tuple[str, ...]]:
        both = ("GET", "POST")
        if parts[:2] in (["v1", "rest"], ["v2", "rest"]):
            rest = "/".join(parts[2:])
            if rest == "auth/metadata":
                return _sign_in, ("GET",)
            if rest == "query":
                return self._kusto_query, ("POST",)
            return (self._kusto_command, ("POST",)) if rest == "mgmt" else (None, ())
        if len(parts) < 2 or parts[0] != "v1":
            return None, ()
        if parts[1:] == ["$batch"]:
            return self._batch, ("POST",)
        known = (parts[1] in ("workspaces", "apps") and len(parts) == 4) or (
            parts[1] == "subscriptions" and len(parts) > 4
        )
        if known and parts[-1] == "query":
            return self._logs_query, both
        if known and parts[-1] == "metadata":
            return self._metadata, both
        return None, ()

    # ---- Log Analytics -------------------------------------------------------------------------------------------------

    async def _logs_query(self, visit: Visit) -> None:
        if visit.scope["method"] == "GET":
            given: dict[str, Any] = dict(requests.query_string(visit.scope["query_string"]))
        else:
            given = requests.read_json(await visit.body())
        prefer = ",".join(v.decode("latin-1") for k, v in visit.scope["headers"] if k == b"prefer")
        question = requests.logs_question(given, prefer)
        await self._stream(visit, lambda cancel: _logs_texts(question, self._ask(question, cancel)))

    async def _metadata(self, visit: Visit) -> None:
        with self._work.held():
            workspace = visit.path.split("/")[-2]
            await visit.answer(await self._work.query(lambda: metadata(self._engine, workspace)))

    async def _batch(self, visit: Visit) -> None:
        parts = requests.batch_requests(requests.read_json(await visit.body()))
        with self._work.held(len(parts)):
            async with visit.watched() as cancel:
                tasks = [asyncio.ensure_future(self._part(part, cancel)) for part in parts]
                try:
                    await visit.start()
                    await visit.write(b'{"responses":[')
                    for i, task in enumerate(tasks):
                        texts = await task
                        await visit.write(b"," if i else b"")
                        async for piece in self._work.pieces(texts):
                            cancel.check()
                            await visit.write(piece)
                    await visit.write(b"]}", last=True)
                finally:
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

    async def _part(self, part: dict[str, Any], cancel: CancelToken) -> Texts:
        """The answer of one request of a batch; its failure is its own."""
        head = {"id": part["id"], "status": 200, "headers": {"content-type": "application/json; charset=utf-8"}}
        try:
            question = requests.batch_question(part)
            table = await self._work.query(partial(self._ask, question, cancel))
        except ApiError as error:
            return iter([to_json({**head, "status": error.status, "body": error.for_logs()})])
        return _wrapped(to_json(head)[:-1] + ',"body":', _logs_texts(question, table), "}")

    # ---- Kusto ---------------------------------------------------------------------------------------------------------

    async def _kusto_query(self, visit: Visit) -> None:
        question, database = requests.kusto_question(requests.read_json(await visit.body()))
        if question.text.lstrip().startswith("."):
            await self._command(visit, question, database)
            return
        write = kusto_v2_body if visit.path.startswith("/v2/") else kusto_v1_body

        def run(cancel: CancelToken) -> Texts:
            return write(self._ask(question, cancel), visit.request_id, visit.activity)

        await self._stream(visit, run)

    async def _kusto_command(self, visit: Visit) -> None:
        question, database = requests.kusto_question(requests.read_json(await visit.body()))
        await self._command(visit, question, database)

    async def _command(self, visit: Visit, question: requests.Question, database: str) -> None:
        def run(_: CancelToken) -> Texts:
            return kusto_command_body(run_command(question.text, database, self._engine))

        await self._stream(visit, run)

    # ---- both ----------------------------------------------------------------------------------------------------------

    def _ask(self, question: requests.Question, cancel: CancelToken) -> Table:
        """The engine's answer, in a thread of its own. Raises ApiError, Cancelled."""
        cancel.check()
        try:
            values = parameter_values(question.text, question.parameters)
            return self._engine.run(question.request(values), cancel)
        except Cancelled:
            raise
        except WatchbookError as error:
            raise of_query(error, question.text) from None
        except Exception:  # noqa: BLE001 (a fault of ours must be told in the form that the client reads)
            _LOG.exception("SV008: a query of the API failed")
            raise ApiError(500, "InternalServerError", "The query failed here; the reason is in the log.") from None

    async def _stream(self, visit: Visit, run: Callable[[CancelToken], Texts]) -> None:
        """Sends the texts that `run` makes in a thread: at once where they are short, else piece by piece."""
        with self._work.held():
            async with visit.watched() as cancel:

                def begin() -> tuple[Texts, bytes, bool]:
                    texts = run(cancel)
                    return texts, *gather(texts)

                texts, first, whole = await self._work.query(begin)
                if whole:
                    await visit.start(length=len(first))
                    await visit.write(first, last=True)
                    return
                await visit.start()
                await visit.write(first)
                async for piece in self._work.pieces(texts):
                    cancel.check()
                    await visit.write(piece)
                await visit.write(b"", last=True)


def _logs_texts(question: requests.Question, table: Table) -> Texts:
    return logs_body(table, statistics=question.statistics, render=question.render)


def _wrapped(before: str, texts: Texts, after: str) -> Texts:
    yield before
    yield from texts
    yield after


async def _sign_in(visit: Visit) -> None:
    await visit.answer(cloud_metadata())
