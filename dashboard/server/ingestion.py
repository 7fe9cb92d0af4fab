"""Rows over the network in real time: HTTP in the shape of Azure's Logs Ingestion API, a Kubernetes audit webhook, Syslog and CEF.

| request | what it is |
|---|---|
| POST /dataCollectionRules/RULE/streams/STREAM | Logs Ingestion API: a JSON array, also gzip; 204 when it is on disk |
| POST /audit | audit.k8s.io EventList, as the API server's webhook backend sends it; 200 when it is on disk |

Nothing is acknowledged before it is synced to the journal. Where too much waits, HTTP answers 429 with Retry-After, and TCP is not read further.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import zlib
from pathlib import Path
from typing import Any

import orjson

from dashboard.errors import WatchbookError
from dashboard.ingest.imports.kubernetes import is_audit_event
from dashboard.ingest.imports.match import chosen_table
from dashboard.ingest.journal import AUDIT, Full, Journal
from dashboard.server.asgi import Receive, Scope, Send, answer, header

BODY_BYTES = 1 << 20
"""Largest body of the Logs Ingestion API, packed or not; Azure's own limit."""
AUDIT_BYTES = 32 << 20
_UNPACKED_BYTES = 32 << 20
_RETRY_SECONDS = 5
_STREAM = re.compile(r"/dataCollectionRules/([^/]{1,200})/streams/(?:Custom-|Microsoft-)?([A-Za-z0-9_]{1,100})")


class Refused(Exception):
    """A request that is not taken: status, code and sentence."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


class Ingestion:
    """The HTTP side of a journal. An empty `token` asks for none."""

    def __init__(self, journal: Journal, token: str = "") -> None:
        self._journal = journal
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"]:
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        if scope["type"] != "http":
            return
        try:
            status, body = await self._take(scope, receive)
            await answer(scope, receive, send, status, body, kind="application/json")
        except Refused as refused:
            text = orjson.dumps({"error": {"code": refused.code, "message": refused.sentence}}).decode()
            headers = [(b"retry-after", str(_RETRY_SECONDS).encode())] if refused.status == 429 else []
            if refused.status == 401:
                headers.append((b"www-authenticate", b"Bearer"))
            await answer(scope, receive, send, refused.status, text, kind="application/json", headers=headers)

    async def _take(self, scope: Scope, receive: Receive) -> tuple[int, str]:
        path = scope["path"].rstrip("/")
        stream = _STREAM.fullmatch(path)
        if stream is None and path not in ("/audit", "/k8s/audit"):
            raise Refused(
                404,
                "NotFound",
                "There is nothing at this address. Send to /dataCollectionRules/RULE/streams/STREAM or to /audit.",
            )
        self._check_token(scope)
        if scope["method"] != "POST":
            raise Refused(405, "MethodNotAllowed", "Send with POST.")
        body = await _body(scope, receive, BODY_BYTES if stream else AUDIT_BYTES)
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Refused(400, "InvalidPayload", f"The body is not JSON: {error}.") from None
        if stream is None:
            records, table = _events(found), AUDIT
        else:
            table = _table(stream[2], self._journal.folder)
            records = found if isinstance(found, list) else [found]
            if not all(isinstance(record, dict) for record in records):
                raise Refused(400, "InvalidPayload", "The body must be a JSON array of objects, one a row.")
        if records:
            try:
                done = self._journal.put(table, records)
            except Full:
                raise Refused(429, "TooManyRequests", "More rows wait than may; come again later.") from None
            try:
                await asyncio.wrap_future(done)
            except OSError as error:
                raise Refused(
                    503, "ServiceUnavailable", f"The rows could not be written: {error.strerror or 'the disk failed'}."
                ) from None
        return (204, "") if stream else (200, "{}")

    def _check_token(self, scope: Scope) -> None:
        if not self._token:
            return
        given = header(scope, b"authorization") or ""
        if not hmac.compare_digest(given.removeprefix("Bearer ").encode(), self._token.encode()):
            raise Refused(401, "AuthenticationFailed", "Show the token as 'Authorization: Bearer TOKEN'.")


def _events(found: Any) -> list[dict[str, Any]]:
    items: Any = found.get("items") if isinstance(found, dict) and "items" in found else found
    events: list[Any] = items if isinstance(items, list) else [items]
    if not all(isinstance(event, dict) for event in events):
        raise Refused(400, "InvalidPayload", "The body must be an EventList of audit.k8s.io, or its events.")
    version = found.get("apiVersion") if isinstance(found, dict) else None
    events = [{"kind": "Event", **({"apiVersion": version} if version else {}), **event} for event in events]
    if not all(is_audit_event(event) for event in events):
        raise Refused(400, "InvalidPayload", "The body holds something that is no audit event.")
    return events


def _table(stream: str, folder: Path) -> str:
    try:
        return chosen_table(stream, folder)
    except WatchbookError as error:
        raise Refused(404, "InvalidStream", error.problem.message) from None


async def _body(scope: Scope, receive: Receive, most: int) -> bytes:
    pieces, size = [], 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "InvalidPayload", "The body ended early.")
        piece = message.get("body", b"")
        size += len(piece)
        if size > most:
            raise Refused(413, "ContentLengthLimitExceeded", f"A body may have {most >> 20} MB.")
        pieces.append(piece)
        more = message.get("more_body", False)
    body = b"".join(pieces)
    coding = (header(scope, b"content-encoding") or "identity").strip().lower()
    if coding == "identity":
        return body
    if coding != "gzip":
        raise Refused(415, "UnsupportedMediaType", "Content-Encoding may be gzip.")
    unpacker = zlib.decompressobj(31)
    try:
        text = unpacker.decompress(body, _UNPACKED_BYTES)
    except zlib.error:
        raise Refused(400, "InvalidPayload", "The body is not gzip.") from None
    if unpacker.unconsumed_tail:
        raise Refused(413, "ContentLengthLimitExceeded", f"An unpacked body may have {_UNPACKED_BYTES >> 20} MB.")
    if not unpacker.eof:
        raise Refused(400, "InvalidPayload", "The gzip data ends in the middle.")
    return text
