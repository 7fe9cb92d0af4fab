"""A receiver of webhooks on loopback that behaves badly in every way that receivers do."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

FAULTS = (
    "hang",
    "drip",
    "429",
    "500",
    "503",
    "reset",
    "redirect",
    "untrusted",
    "truncated",
    "garbage",
    "404",
    "refused",
)
OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Receiver:
    """`behave(number)` tells what happens with the number-th request (from 1). `received` holds whole requests as heads and
    bodies; `touched` counts connections; `elsewhere` those to the port a redirect leads to."""

    port: int
    faults: list[str]
    received: list[tuple[bytes, bytes]] = field(default_factory=list)
    accepted: list[bytes] = field(default_factory=list)
    touched: int = 0

    def keys(self) -> list[str]:
        """The idempotency keys of what was received, in order."""
        return [_field(head, b"idempotency-key") for head, _ in self.received]


def _field(head: bytes, name: bytes) -> str:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip().decode()
    return ""


def _read(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data, b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(_field(head, b"content-length") or 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


@contextlib.contextmanager
def receiving(
    faults: list[str], context: ssl.SSLContext | None = None, untrusted: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """A receiver whose n-th connection meets the n-th fault, and is accepted after the last one."""
    listening = socket.create_server(("127.0.0.1", 0))
    receiver = Receiver(listening.getsockname()[1], faults)
    stop = threading.Event()

    def serve(connection: socket.socket, fault: str) -> None:
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            if context is not None:
                chosen = untrusted if fault == "untrusted" and untrusted is not None else context
                connection.settimeout(30)
                connection = chosen.wrap_socket(connection, server_side=True)
            head, body = _read(connection)
            if not body:
                return
            receiver.received.append((head, body))
            if fault in ("ok", "truncated"):
                receiver.accepted.append(body)
            _answer(connection, fault, stop)
        with contextlib.suppress(OSError):
            connection.close()

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            fault = faults[receiver.touched] if receiver.touched < len(faults) else "ok"
            receiver.touched += 1
            threading.Thread(target=serve, args=(connection, fault), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        stop.set()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _answer(connection: socket.socket, fault: str, stop: threading.Event) -> None:
    match fault:
        case "hang":
            stop.wait(30)
        case "drip":
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200:
                if stop.wait(0.05):
                    return
                connection.sendall(bytes([byte]))
        case "429":
            connection.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
        case "500" | "503" | "404":
            connection.sendall(f"HTTP/1.1 {fault} X\r\nContent-Length: 0\r\n\r\n".encode())
        case "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        case "redirect":
            connection.sendall(b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 0\r\n\r\n")
        case "truncated":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
        case "garbage":
            connection.sendall(b"\x16\x03\x01 what\r\n\r\n")
            time.sleep(0.01)
        case _:
            connection.sendall(OK)
