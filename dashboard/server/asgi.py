"""The few ASGI pieces that every guard needs: types, reading a header, sending a short answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]


def header(scope: Scope, name: bytes) -> str | None:
    """The request's header `name` (lower case), or None; a header given twice counts as absent, since two readers
    could each believe a different one."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


def cookies(scope: Scope) -> dict[str, str]:
    """The request's cookies; the first of a name wins, as browsers send the most specific one first."""
    found: dict[str, str] = {}
    for key, value in scope["headers"]:
        if key == b"cookie":
            for part in value.decode("latin-1").split(";"):
                name, _, content = part.strip().partition("=")
                found.setdefault(name, content)
    return found


def client(scope: Scope) -> str:
    """The address the request came from, `?` where the server does not know it."""
    peer = scope.get("client")
    return str(peer[0]) if peer else "?"


async def answer(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    body: str = "",
    *,
    kind: str = "text/plain; charset=utf-8",
    headers: Iterable[Header] = (),
) -> None:
    """Answers an HTTP request with a short body, and refuses a WebSocket handshake with the same status."""
    data = body.encode()
    fields = [(b"content-type", kind.encode()), (b"content-length", str(len(data)).encode())]
    fields += [(b"cache-control", b"no-store"), *headers]
    if scope["type"] == "websocket":
        await receive()  # websocket.connect, which a server sends before it takes an answer
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.http.response.start", "status": status, "headers": fields})
        await send({"type": "websocket.http.response.body", "body": data})
        return
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else data})


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, code: str, sentence: str) -> None:
    """Refuses a request in one line that starts with its stable code; as JSON where the caller asks for JSON."""
    if "application/json" in (header(scope, b"accept") or ""):
        body = json.dumps({"error": {"code": code, "message": sentence}})
        await answer(scope, receive, send, status, body, kind="application/json")
        return
    await answer(scope, receive, send, status, f"{code}: {sentence}\n")
