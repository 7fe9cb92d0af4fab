"""A server on loopback that answers as Log Analytics does, well or with a fault, as the text of the query asks.

A query `fault NAME` gets the fault; `fault NAME once` gets it the first time and a right answer afterwards; `wait S` is
answered after S seconds; anything else is answered with one row. It counts what it was asked, and what runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import running

COLUMNS = [{"name": "n", "type": "long"}, {"name": "s", "type": "string"}]


@dataclass
class State:
    """What the server saw: tries by query, bearer tokens shown, how many queries run now and ran at most, and those that
    the client gave up before they were answered."""

    address: str = ""
    tries: Counter[str] = field(default_factory=Counter)
    tokens: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    given_up: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def answer(rows: list[list[Any]] | None = None, **more: Any) -> bytes:
    """An answer in the service's form."""
    table = {"name": "PrimaryResult", "columns": COLUMNS, "rows": [[1, "x"]] if rows is None else rows}
    return json.dumps({"tables": [table], **more}).encode()


def head(status: int, length: int | None, kind: str = "application/json; charset=utf-8", **more: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _error(status: int, code: str, message: str, **headers: str) -> bytes:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return head(status, len(body), **headers) + body


TOO_LARGE = {
    "code": "PartialError", "message": "There were some errors when processing your query.",
    "details": [{"code": "EngineError", "message": "Something went wrong.", "innererror": {
        "code": "-2133196797", "message": "The results of this query exceed the set limit of 64000000 bytes.",
    }}],
}  # fmt: skip
PARTIAL = {
    "code": "PartialError", "message": "There were some errors when processing your query.",
    "details": [{"code": "EngineError", "message": "Outer.", "innererror": {"code": "X", "message": "A shard was late."}}],
}  # fmt: skip


def _reset(connection: socket.socket, body: bytes) -> None:
    connection.sendall(head(200, len(body) + 1000) + body[:20])
    # Sent as a reset: the client has the start of a body and never its end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    os.close(connection.detach())


def _send(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)


def _slow(before: float, body: bytes, step: float) -> Callable[[socket.socket], None]:
    def send(connection: socket.socket) -> None:
        time.sleep(before)
        connection.sendall(head(200, len(body)))
        for at in range(len(body)):
            connection.sendall(body[at : at + 1])
            time.sleep(step)

    return send


def _large(connection: socket.socket) -> None:
    row = json.dumps([1, "x" * 1_000_000]).encode()
    count = 140
    start, end = answer([])[:-4], b"]}]}"
    connection.sendall(head(200, len(start) + count * len(row) + count - 1 + len(end)) + start)
    for at in range(count):
        connection.sendall((b"," if at else b"") + row)
    connection.sendall(end)


FAULTS: dict[str, Callable[[socket.socket], None]] = {
    "429": _send(_error(429, "ThrottledError", "Too many requests.")),
    "429-after": _send(_error(429, "ThrottledError", "Too many requests.", Retry_After="0.05")),
    "500": _send(_error(500, "InternalServerError", "It failed.")),
    "502": _send(head(502, 11, "text/html") + b"<p>no</p>\r\n"),
    "503": _send(_error(503, "ServiceUnavailable", "Later.")),
    "504": _send(_error(504, "GatewayTimeout", "It took too long.")),
    "slow-first-byte": _slow(4, answer(), 0),
    "slow-body": _slow(0, answer(), 0.05),
    "reset": lambda connection: _reset(connection, answer()),
    "invalid-json": _send(head(200, 9) + b"{tables:}"),
    "truncated-json": _send(head(200, len(answer()) - 5) + answer()[:-5]),
    "partial": _send(head(200, len(answer(error=PARTIAL))) + answer(error=PARTIAL)),
    "64mb-told": _send(head(200, len(answer(error=TOO_LARGE))) + answer(error=TOO_LARGE)),
    "403": _send(_error(403, "InsufficientAccessError", "No access.")),
    "401": _send(_error(401, "InvalidTokenError", "The token is no longer valid.")),
    "empty": _send(head(200, 0)),
    "no-rows": _send(head(200, len(answer([]))) + answer([])),
    "64mb": _large,
    "html": _send(head(200, 24, "text/html") + b"<title>Sign in</title>\r\n"),
    "no-table": _send(
        (
            lambda body: head(400, len(body)) + body
        )(json.dumps({"error": {"code": "BadArgumentError", "message": "The request had some invalid properties", "innererror": {
            "code": "SemanticError", "message": "A semantic error occurred.", "innererror": {
                "code": "SEM0100", "message": "'where' operator: Failed to resolve table or column expression named 'Gone'"}}}}).encode())
    ),
}  # fmt: skip


@contextlib.contextmanager
def fault_server() -> Iterator[State]:
    """The server, until the block ends."""
    state = State()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):
                while self._one():
                    pass

        def _one(self) -> bool:
            first = self.rfile.readline()
            if not first:
                return False
            headers = {}
            while (line := self.rfile.readline().strip()) != b"":
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = json.loads(self.rfile.read(int(headers.get("content-length", 0))) or b"{}")
            text = str(body.get("query", ""))
            with state.lock:
                state.tokens.append(headers.get("authorization", ""))
                state.bodies.append(body)
                state.tries[text] += 1
                first_time = state.tries[text] == 1
                state.running += 1
                state.most_running = max(state.most_running, state.running)
            try:
                self._answer(text, first_time)
            finally:
                with state.lock:
                    state.running -= 1
            return True

        def _answer(self, text: str, first_time: bool) -> None:
            words = text.split()
            good = answer(statistics={"query": {"executionTime": 0.01}})
            if words[:1] == ["wait"]:
                ends = time.monotonic() + float(words[1])
                self.connection.settimeout(0.01)
                while time.monotonic() < ends:
                    try:
                        if self.connection.recv(1, socket.MSG_PEEK) == b"":
                            raise ConnectionError
                    except TimeoutError:
                        continue
                    except OSError:
                        with state.lock:
                            state.given_up += 1
                        raise
                self.connection.settimeout(None)
            if words[:1] == ["fault"] and (first_time or "once" not in words):
                FAULTS[words[1]](self.connection)
                return
            self.connection.sendall(head(200, len(good)) + good)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            pass

    with running(Server(("127.0.0.1", 0), Handler)) as server:
        state.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield state
