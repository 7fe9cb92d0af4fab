"""A small application behind the real guards, on a real socket, and plain requests to it."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from dashboard.server.asgi import App, Receive, Scope, Send, answer
from dashboard.server.serve import StaticContent, guarded, open_socket

PAGE = b"<!DOCTYPE html><html><head><title>Start</title></head><body>" + b"<p>start</p>" * 200 + b"</body></html>"


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    """What the guards protect: echoes a body's size, fails at /_stcore/broken, takes WebSockets."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        return
    if scope["path"] == "/_stcore/broken":
        raise RuntimeError("secret detail")
    size = 0
    more = True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(scope, receive, send, 200, str(size))


@contextlib.contextmanager
def listening(content: StaticContent | None = None, app: App = behind, **options: Any) -> Iterator[int]:
    """Serves `app` behind the guards; gives the port."""
    sock = open_socket("127.0.0.1", 0)
    port = sock.getsockname()[1]
    content = content or StaticContent(start_page=PAGE, passed_on=("/_stcore/",))
    given = {"host": "127.0.0.1", "port": port, **options}
    config = uvicorn.Config(
        guarded(app, content, **given), log_level="critical", ws="websockets-sansio", server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(5)
        sock.close()


@dataclass(frozen=True)
class Answer:
    """A response; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    port: int,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterator[bytes] | None = None,
) -> Answer:
    """One request to loopback, with exactly the headers given (and Host, unless it is among them)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    given = dict(headers or {})
    host = given.pop("Host", f"127.0.0.1:{port}")
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    if host:
        connection.putheader("Host", host)
    for name, value in given.items():
        connection.putheader(name, value)
    chunked = body is not None and not isinstance(body, bytes)
    if isinstance(body, bytes) and "Content-Length" not in given:
        connection.putheader("Content-Length", str(len(body)))
    if chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders(body, encode_chunked=chunked)
    response = connection.getresponse()
    found = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    connection.close()
    return found


def handshake(port: int, *, origin: str | None = None, cookie: str = "", path: str = "/_stcore/stream") -> int:
    """The status that a WebSocket handshake gets: 101 where it is taken."""
    headers = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    if origin is not None:
        headers["Origin"] = origin
    if cookie:
        headers["Cookie"] = cookie
    return ask(port, path, headers=headers).status


def folder_with(folder: Path, files: Mapping[str, bytes]) -> Path:
    """`folder` with these files in it."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
