"""The process that listens for the query API: the same guards as the dashboard's, in front of `Api`."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable

from dashboard import settings
from dashboard.engines.protocol import Engine
from dashboard.errors import Problem, WatchbookError
from dashboard.server.api import Api
from dashboard.server.asgi import App
from dashboard.server.headers import SecurityHeaders
from dashboard.server.hosts import AllowedHosts, is_loopback
from dashboard.server.limits import BodyLimit
from dashboard.server.log import AccessLog, LastDefence
from dashboard.server.serve import Health, address, make_server, open_socket
from dashboard.server.token import SHORTEST_TOKEN, choose_token

BODY_BYTES = 10 * 1_048_576


def guarded_api(engine: Engine, *, host: str, token: str = "", names: frozenset[str] = frozenset()) -> App:
    """The query API over `engine` behind every guard; `names` are host names to answer for beside loopback."""
    inner: App = Health(Api(engine, token=token))
    inner = BodyLimit(inner, limit=BODY_BYTES)
    inner = AllowedHosts(inner, listen=host, names=names)
    return AccessLog(SecurityHeaders(LastDefence(inner)))


def token_for(host: str, given: str | None) -> tuple[str, bool]:
    """The token in force and whether it was made just now: the given one, beyond loopback the setting or a new one, else
    none. Raises WatchbookError (SV009) for an empty token, or beyond loopback for a short one."""
    if given is not None and not given.strip():
        raise WatchbookError(
            Problem("SV009", "--token is empty.", hint="Leave it out on loopback, where none is needed.")
        )
    if is_loopback(host):
        return given or "", False
    if given is not None and len(given) < SHORTEST_TOKEN:
        raise WatchbookError(
            Problem("SV009", f"--token has {len(given)} characters; {SHORTEST_TOKEN} are the least beyond loopback.")
        )
    return choose_token(given or settings.text("token"))


def listen_api(
    make_engine: Callable[[], Engine],
    *,
    host: str,
    port: int,
    token: str | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serves the query API until it is told to stop. `make_engine` is called once the port is open, so that a taken port is
    reported at once; the address is printed when the engine is ready. Raises WatchbookError (SV001, SV009)."""
    token, made = token_for(host, token)
    listening = open_socket(host, port)
    try:
        port = listening.getsockname()[1]
        names = settings.names("allowed_hosts")
        app = guarded_api(make_engine(), host=host, token=token, names=names)
        server = make_server(app, compress=False)
        # What is there by now stays: walking it for garbage would hold up a request every so often.
        gc.collect()
        gc.freeze()
        say(f"The query API is at {address(host, port)}")
        if made:
            say(f"Token made for this run: {token}")
        if not is_loopback(host):
            say("Traffic is not encrypted here: put a TLS proxy in front before it leaves a network you trust.")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends the command, it is no failure
            server.run(sockets=[listening])
    finally:
        listening.close()
