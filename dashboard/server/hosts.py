"""Which machine names and which sites may talk to the dashboard.

A page of another site can make a browser send requests to 127.0.0.1, either directly (then `Origin` names that site)
or by DNS rebinding (then `Host` names that site). Both are refused before anything else reads the request.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from dashboard.server.asgi import App, Receive, Scope, Send, header, refuse

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(host: str) -> bool:
    """True where `host` (a name or an address) is this machine alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(authority: str) -> str | None:
    """The name or address in a Host header or an origin's authority, without port, lower case; None if malformed."""
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port  # raises where the port is no number
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment or not parts.hostname:
        return None
    return parts.hostname.rstrip(".")


class AllowedHosts:
    """Refuses a request whose Host is not one of ours (SV002), or whose Origin is another site (SV003).

    `listen` is the address listened on. On loopback only loopback names are ours; beyond it, any bare IP address is
    too, since rebinding needs a name. `names` are further names, as a reverse proxy passes them on. Ports are not
    compared between Host and our own, so that forwarded ports work; Origin must equal Host in full.
    """

    def __init__(self, app: App, *, listen: str, names: frozenset[str] = frozenset()) -> None:
        self.app = app
        self._any_address = not is_loopback(listen)
        self._names = _LOOPBACK_NAMES | {listen.lower()} | {name.strip().lower() for name in names if name.strip()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            host = header(scope, b"host")
            if host is None or not self._is_ours(host):
                await refuse(
                    scope, receive, send, 421, "SV002",
                    "This dashboard does not answer for the host name of the request. "
                    "Open it by its address, or add the name to WATCHBOOK_ALLOWED_HOSTS.",
                )  # fmt: skip
                return
            if not self._is_own_site(scope, host):
                await refuse(scope, receive, send, 403, "SV003", "Requests from pages of other sites are refused.")
                return
        await self.app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        if name is None:
            return False
        if name in self._names or is_loopback(name):
            return True
        if not self._any_address:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _is_own_site(self, scope: Scope, host: str) -> bool:
        origins = [value for key, value in scope["headers"] if key == b"origin"]
        if not origins:
            # A browser sends Origin with every WebSocket and every POST; where it is missing from another request,
            # Sec-Fetch-Site tells, and a navigation by a link on another site stays allowed.
            site = header(scope, b"sec-fetch-site")
            mode = header(scope, b"sec-fetch-mode")
            return site in (None, "same-origin", "none") or mode == "navigate"
        if len(origins) > 1:
            return False
        origin = urlsplit(origins[0].decode("latin-1"))
        return origin.scheme in ("http", "https") and origin.netloc.lower() == host.lower()
