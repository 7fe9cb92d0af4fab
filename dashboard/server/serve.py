"""The process that listens: guards around an application, uvicorn under it.

The order of the guards is the order in which a request meets them; each one only sees what the ones before it let pass.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import settings
from dashboard.errors import Problem, WatchbookError
from dashboard.server.asgi import App, Receive, Scope, Send, answer
from dashboard.server.downloads import Downloads
from dashboard.server.headers import SecurityHeaders
from dashboard.server.hosts import AllowedHosts, is_loopback
from dashboard.server.limits import BodyLimit
from dashboard.server.log import ACCESS, AccessLog, LastDefence
from dashboard.server.static import StaticFiles
from dashboard.server.token import TokenGate, choose_token

if TYPE_CHECKING:
    import uvicorn

BODY_BYTES = 1_048_576
WEBSOCKET_BYTES = 20 * 1_048_576


@dataclass(frozen=True, slots=True)
class StaticContent:
    """What is served without the application: see `StaticFiles` for each field."""

    start_page: bytes
    folders: dict[str, Path] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    passed_on: tuple[str, ...] = ()


class Health:
    """Answers /healthz with 200 and `ok`, for load balancers and for tests that wait for the start."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            await answer(scope, receive, send, 200, "ok\n")
            return
        await self.app(scope, receive, send)


def guarded(
    app: App,
    content: StaticContent,
    *,
    host: str,
    port: int,
    token: str = "",
    uploads: dict[str, int] | None = None,
    names: frozenset[str] = frozenset(),
) -> App:
    """`app` behind every guard. `uploads` maps path prefixes to the bytes a body may have there; an empty `token`
    asks for none; `names` are host names to answer for beside loopback."""
    inner: App = StaticFiles(
        app, folders=content.folders, files=content.files, start_page=content.start_page, passed_on=content.passed_on
    )
    inner = Downloads(inner)
    if token:
        inner = TokenGate(inner, token=token, port=port)
    inner = Health(inner)
    inner = BodyLimit(inner, limit=BODY_BYTES, longer=uploads)
    inner = AllowedHosts(inner, listen=host, names=names)
    inner = LastDefence(inner)
    return AccessLog(SecurityHeaders(inner))


def open_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port` (0 for any free one). Raises WatchbookError (SV001)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        families = [entry[0] for entry in found]
        # A name such as localhost may stand for both; most people type the IPv4 address.
        family = socket.AF_INET if socket.AF_INET in families else families[0]
        # With its protocol named, asyncio switches Nagle's delay off: 40 ms for each answer on a kept connection.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if family == socket.AF_INET6 and hasattr(socket, "IPV6_V6ONLY"):
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if os.name != "nt":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except (OSError, OverflowError) as problem:
        number = getattr(problem, "errno", None)
        why = {
            errno.EADDRINUSE: "another program listens there",
            errno.EACCES: "this user may not open it",
            errno.EADDRNOTAVAIL: "this machine has no such address",
        }.get(number or 0, "it is no address of this machine or no port")
        raise WatchbookError(
            Problem(
                "SV001",
                f"Port {port} of {host} can't be opened: {why}.",
                hint="Choose another with --port or --host; --port 0 takes any free one.",
            )
        ) from None
    return listening


def address(host: str, port: int) -> str:
    """The address to open in a browser on this machine."""
    shown = "localhost" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 (a name for the wildcard, not a bind)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def listen(
    make_app: Callable[[], tuple[App, StaticContent, dict[str, int]]],
    *,
    host: str,
    port: int,
    open_browser: bool = False,
    say: Callable[[str], None] = print,
) -> None:
    """Serves until it is told to stop (Ctrl-C, SIGTERM).

    `make_app` is called once the port is open, so that a taken port is reported at once, and gives the application, its
    static content and its upload limits. `say` prints the address, and the token where one was made.
    Raises WatchbookError (SV001, SV009).
    """
    token, made = ("", False) if is_loopback(host) else choose_token(settings.text("token"))
    listening = open_socket(host, port)
    try:
        port = listening.getsockname()[1]
        app, content, uploads = make_app()
        names = settings.names("allowed_hosts")
        app = guarded(app, content, host=host, port=port, token=token, uploads=uploads, names=names)
        server = make_server(app, compress=not is_loopback(host))
        url = address(host, port)
        say(f"Watchbook is at {url}")
        if made:
            say(f"Token for browsers, made for this run: {token}\n  {url}/?token={token}")
        elif token:
            say("Browsers are asked for WATCHBOOK_TOKEN.")
        if token:
            say("Traffic is not encrypted here: put a TLS proxy in front before it leaves a network you trust.")
        sys.stdout.flush()
        if open_browser:
            _open_when_started(server, url + (f"/?token={token}" if token else ""))
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends the command, it is no failure
            server.run(sockets=[listening])
    finally:
        listening.close()


def make_server(app: App, *, compress: bool) -> uvicorn.Server:
    """uvicorn for a guarded application, with our limits and our access log instead of its own."""
    import uvicorn

    if settings.setting("access_log"):
        ACCESS.setLevel(logging.INFO)
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        ACCESS.addHandler(handler)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_level="warning",
            lifespan="on",
            server_header=False,
            date_header=True,
            proxy_headers=False,
            ws="websockets-sansio",
            ws_max_size=WEBSOCKET_BYTES,
            ws_ping_interval=30.0,
            ws_ping_timeout=30.0,
            ws_per_message_deflate=compress,
            timeout_graceful_shutdown=3,
            h11_max_incomplete_event_size=65_536,
        )
    )


def _open_when_started(server: uvicorn.Server, url: str) -> None:
    def wait_and_open() -> None:
        import time
        import webbrowser

        while not server.started and not server.should_exit:
            time.sleep(0.05)
        if server.started:
            webbrowser.open(url)

    threading.Thread(target=wait_and_open, name="open-browser", daemon=True).start()
