"""How large a request may be, counted while it arrives."""

from __future__ import annotations

from dashboard.server.asgi import App, Message, Receive, Scope, Send, header, refuse


class BodyTooLarge(Exception):
    """The body passed its limit while it was read; caught by `BodyLimit` and nowhere else."""


class BodyLimit:
    """Refuses a request body above a limit (SV006): by its Content-Length before it is read, else while it is read.

    `limit` is in bytes; `longer` are path prefixes with a limit of their own, as uploads need.
    """

    def __init__(self, app: App, *, limit: int, longer: dict[str, int] | None = None) -> None:
        self.app = app
        self._limit = limit
        self._longer = longer or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        limit = next((size for prefix, size in self._longer.items() if path.startswith(prefix)), self._limit)
        announced = header(scope, b"content-length") or "0"
        if not announced.isdecimal() or int(announced) > limit:
            await self._refuse(scope, receive, send, limit)
            return
        read = 0
        started = False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise BodyTooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except BodyTooLarge:
            if not started:
                await self._refuse(scope, receive, send, limit)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        size = f"{limit / 1_048_576:.0f} MB" if limit >= 1_048_576 else f"{limit} bytes"
        await refuse(scope, receive, send, 413, "SV006", f"The request is larger than the {size} taken here.")
