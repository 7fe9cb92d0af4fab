"""Files that were made for one person, such as an exported page, at an address that nobody can guess.

Streamlit's own download button gives a file to the browser each time the button is mounted, also while a closed dialog is
taken away, and drops the file with the run of the page that drew it. Here a file is kept as long as its maker keeps it, and
is sent when it is asked for.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from urllib.parse import quote
from weakref import WeakValueDictionary

from dashboard.server.asgi import App, Receive, Scope, Send, refuse

PREFIX = "/download/"


@dataclass(eq=False)
class Download:
    """A file to save: its name, its content type and its bytes. Let go of it, and its address is gone."""

    name: str
    mime: str
    content: bytes
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        _KEPT[self.token] = self

    @property
    def address(self) -> str:
        """Its path on this server."""
        return f"{PREFIX}{self.token}/{quote(self.name, safe='')}"


_KEPT: WeakValueDictionary[str, Download] = WeakValueDictionary()


class Downloads:
    """Answers the addresses of what is kept, always as a file to save."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        found = _KEPT.get(scope["path"].removeprefix(PREFIX).partition("/")[0])
        if found is None or scope["method"] not in ("GET", "HEAD"):
            await refuse(scope, receive, send, 404, "SV007", "This file is no longer here; make it again.")
            return
        fields = [
            (b"content-type", found.mime.encode()),
            (b"content-length", str(len(found.content)).encode()),
            (b"content-disposition", f"attachment; filename*=UTF-8''{quote(found.name, safe='')}".encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.content})
