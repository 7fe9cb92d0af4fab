"""Git hosts on loopback: a proxy that leads every address to one TLS server, which says it is whom it is asked as.

What asks goes through the proxy (HTTPS_PROXY) and trusts our authority (SSL_CERT_FILE); names and paths are the real ones.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from tests.loopback import running

HOSTS = ("github.com", "raw.githubusercontent.com", "gitlab.com", "bitbucket.org", "codeberg.org", "dev.azure.com")
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hosts:
    """`answer` gets host and path with query and gives status, headers and body; `asked` are all that came, `tunnels` the
    hosts that a connection was asked for. `environment` is what a process needs to come here."""

    environment: dict[str, str]
    answer: Callable[[str, str], Answer]
    asked: list[tuple[str, str]] = field(default_factory=list)
    tunnels: list[str] = field(default_factory=list)


@contextlib.contextmanager
def git_hosts(folder: Path, answer: Callable[[str, str], Answer]) -> Iterator[Hosts]:
    """Serves until the block ends; the authority's certificate is written into `folder`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    hosts = Hosts({}, answer)

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.headers["Host"]
            hosts.asked.append((name, self.path))
            status, headers, body = hosts.answer(name, self.path)
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            hosts.tunnels.append(self.path)
            with socket.create_connection(server.server_address[:2]) as there:  # type: ignore[arg-type]
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pump, args=(there, self.connection), daemon=True)
                back.start()
                _pump(self.connection, there)
                back.join(5)

        def log_message(self, *_: Any) -> None:
            pass

    with (
        running(ThreadingHTTPServer(("127.0.0.1", 0), Host), context) as server,
        running(ThreadingHTTPServer(("127.0.0.1", 0), Proxy)) as proxy,
    ):
        hosts.environment |= {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.server_port}", "https_proxy": f"http://127.0.0.1:{proxy.server_port}",
            "NO_PROXY": "", "no_proxy": "", "SSL_CERT_FILE": str(folder / "authority.pem"),
        }  # fmt: skip
        yield hosts


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
