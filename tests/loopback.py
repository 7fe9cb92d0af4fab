"""Servers of tests on loopback: started in a thread of their own, ended with the block."""

from __future__ import annotations

import contextlib
import socketserver
import ssl
import threading
from collections.abc import Iterator
from typing import TypeVar

Server = TypeVar("Server", bound=socketserver.TCPServer)


@contextlib.contextmanager
def running(server: Server, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Lets a server answer until the block ends, over TLS where a context is given."""
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
