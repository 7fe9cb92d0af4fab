"""The access log and the last line of defence: what no one else caught becomes one short answer."""

from __future__ import annotations

import logging
import time

from dashboard.server.asgi import App, Message, Receive, Scope, Send, client, refuse

ACCESS = logging.getLogger("watchbook.access")
ERRORS = logging.getLogger("watchbook.server")


class AccessLog:
    """Logs one line a request: client, method, path, status, milliseconds. Never the query string, a cookie or a
    header, since those can hold tokens and log data; control characters of the path are escaped."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or not ACCESS.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return
        begun = time.monotonic()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            method = scope.get("method", "WEBSOCKET")
            path = ascii(scope["path"])[1:-1]
            spent = round(1000 * (time.monotonic() - begun))
            ACCESS.info("%s %s %s %s %d ms", client(scope), method, path, status or 403, spent)


class LastDefence:
    """Answers 500 (SV008) in one sentence where the application raised; the reason goes to the log alone."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            ERRORS.exception("SV008: %s %s failed", scope["method"], ascii(scope["path"]))
            if started:
                raise
            await refuse(scope, receive, send, 500, "SV008", "The dashboard failed to answer; see its log.")
