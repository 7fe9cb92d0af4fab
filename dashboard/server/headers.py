"""Security headers on every answer.

The content policy is as strict as Streamlit 1.67 and Plotly can live with, found by trying (docs/security.md):
styles need 'unsafe-inline' because both write style elements and style attributes at run time; scripts need nothing
beyond the server's own files.
"""

from __future__ import annotations

import re

from dashboard.server.asgi import App, Message, Receive, Scope, Send, header

CONTENT_POLICY: dict[str, str] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "frame-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

HEADERS: dict[str, str] = {
    "x-content-type-options": "nosniff",
    # Not no-referrer: with it, browsers send `Origin: null` with our own token form.
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), interest-cohort=()",
    "x-robots-tag": "noindex, nofollow",
}

_ENCODED = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_POLICY = b"content-security-policy"
_NAMES = {name for name, _ in _ENCODED} | {b"server", _POLICY}
_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")


def content_policy(host: str | None) -> str:
    """The content policy for a page asked for under the Host header `host`. Its WebSocket is named beside 'self', which
    stands for the page's own http address alone in some browsers."""
    named = host is not None and _AUTHORITY.fullmatch(host)
    sockets = f" ws://{host} wss://{host}" if named else ""
    policy = CONTENT_POLICY | {"connect-src": CONTENT_POLICY["connect-src"] + sockets}
    return "; ".join(f"{name} {value}" for name, value in policy.items())


class SecurityHeaders:
    """Sets `HEADERS` and the content policy on every HTTP answer, in place of whatever the application said for the same
    names."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        own = [*_ENCODED, (_POLICY, content_policy(header(scope, b"host")).encode())]

        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                kept = [field for field in message.get("headers", []) if field[0].lower() not in _NAMES]
                message["headers"] = [*kept, *own]
            await send(message)

        await self.app(scope, receive, with_headers)
