"""The token that a browser must show where the dashboard listens beyond this machine.

A browser shows it once, in the form at /login or as `?token=` of any page, and gets a signed cookie in its place; a
script may send it as `Authorization: Bearer …`. The token itself is never stored in the browser, and it has no default:
where none is set, one is made at start and printed.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlencode

from dashboard.errors import Problem, WatchbookError
from dashboard.server.asgi import App, Receive, Scope, Send, answer, client, cookies, header, refuse

COOKIE_SECONDS = 30 * 24 * 3600
SHORTEST_TOKEN = 16
_TRIES = 5
_TRIES_SECONDS = 60.0
_CLIENTS_REMEMBERED = 10_000
_OPEN_PATHS = frozenset({"/healthz", "/login"})
_LONGEST_FORM = 4096

_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Watchbook: token</title>
<style>
:root {{ color-scheme: light dark; --edge: #c3c8d0; --hint: #5a6270; --warn: #b3261e; --main: #0f6cbd; --on: #fff }}
@media (prefers-color-scheme: dark) {{ :root {{ --edge: #444b57; --hint: #a5adba; --warn: #ff8a80; --main: #4aa3f0; --on: #10141a }} }}
body {{ font: 15px/1.5 "Segoe UI", system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center }}
main {{ width: min(22rem, 100vw - 3rem) }}
h1 {{ font-size: 1.375rem; margin: 0 0 .25rem }}
p {{ margin: 0 0 1rem; color: var(--hint) }}
p[role=alert] {{ color: var(--warn) }}
label {{ display: block; font-weight: 600; margin-bottom: .25rem }}
input, button {{ font: inherit; box-sizing: border-box; width: 100%; padding: .5rem .75rem; border-radius: 4px; border: 1px solid var(--edge) }}
button {{ margin-top: .75rem; background: var(--main); color: var(--on); border-color: transparent; font-weight: 600; cursor: pointer }}
input:focus-visible, button:focus-visible {{ outline: 2px solid var(--main); outline-offset: 2px }}
</style></head>
<body><main><h1>Watchbook</h1>
<p>This dashboard listens beyond its own machine and asks for a token. It was printed where the dashboard was started, or set there as WATCHBOOK_TOKEN.</p>
{message}<form method="post" action="/login"><input type="hidden" name="next" value="{next}">
<label for="token">Token</label><input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Open the dashboard</button></form></main></body></html>
"""


def choose_token(given: str) -> tuple[str, bool]:
    """The token in force and whether it was made just now. Raises WatchbookError (SV009) for a guessable one."""
    if not given:
        return secrets.token_urlsafe(24), True
    if len(given) < SHORTEST_TOKEN:
        raise WatchbookError(
            Problem(
                "SV009",
                f"WATCHBOOK_TOKEN has {len(given)} characters; {SHORTEST_TOKEN} are the least.",
                hint="Unset it to have one made and printed at start.",
            )
        )
    return given, False


class Tries:
    """Counts wrong tokens by client address. State of one process; the oldest addresses are forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Seconds that `address` has to wait before its next try; 0 where it may try now."""
        now = self._clock()
        recent = [when for when in self._wrong.get(address, []) if now - when < _TRIES_SECONDS]
        return 0 if len(recent) < _TRIES else int(_TRIES_SECONDS - (now - recent[0])) + 1

    def note(self, address: str) -> None:
        """Remembers a wrong token from `address`."""
        now = self._clock()
        recent = [when for when in self._wrong.pop(address, []) if now - when < _TRIES_SECONDS]
        self._wrong[address] = [*recent[-_TRIES + 1 :], now]
        while len(self._wrong) > _CLIENTS_REMEMBERED:
            self._wrong.popitem(last=False)


class TokenGate:
    """Lets in who shows the token (SV004 otherwise, SV005 after too many wrong ones).

    `port` makes the cookie's name, since cookies of one host are shared by all its ports. Pages are sent to /login;
    everything else, WebSockets included, is refused with 401.
    """

    def __init__(self, app: App, *, token: str, port: int, clock: Callable[[], float] = time.time) -> None:
        self.app = app
        self._token = token.encode()
        self._cookie = f"watchbook_{port}"
        self._clock = clock
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path == "/login" and scope["type"] == "http":
            await self._login(scope, receive, send)
        elif path in _OPEN_PATHS or self._has_cookie(scope):
            if scope["type"] == "http" and scope["method"] == "GET" and b"token=" in scope["query_string"]:
                await self._without_token(scope, receive, send)
                return
            await self.app(scope, receive, send)
        else:
            await self._stranger(scope, receive, send)

    async def _stranger(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request without a cookie: a token in the address or header, else the way to the form."""
        bearer = (header(scope, b"authorization") or "").removeprefix("Bearer ")
        shown = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("token", "")
        if bearer or shown:
            wait = self._tries.wait(client(scope))
            if wait:
                await self._too_many(scope, receive, send, wait)
                return
            if bearer and self._is_token(bearer):
                await self.app(scope, receive, send)
                return
            if shown and self._is_token(shown) and scope["type"] == "http":
                await self._without_token(scope, receive, send, set_cookie=True)
                return
            self._tries.note(client(scope))
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and self._wants_page(scope):
            target = "/login?" + urlencode({"next": _address(scope)})
            await answer(scope, receive, send, 303, headers=[(b"location", target.encode())])
            return
        await refuse(scope, receive, send, 401, "SV004", "This dashboard asks for a token; open /login to give it.")

    async def _without_token(self, scope: Scope, receive: Receive, send: Send, *, set_cookie: bool = False) -> None:
        """Sends the browser to the same address without `token=`, so that it stays in no history and no bookmark."""
        fields = [(b"location", _address(scope).encode())]
        if set_cookie:
            fields.append((b"set-cookie", self._new_cookie(scope)))
        await answer(scope, receive, send, 303, headers=fields)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD"):
            query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            await self._form(scope, receive, send, 200, _own_path(query.get("next", "/")))
            return
        if scope["method"] != "POST":
            await refuse(scope, receive, send, 405, "SV007", "Only GET and POST are known here.")
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > _LONGEST_FORM or message["type"] == "http.disconnect":
                await refuse(scope, receive, send, 413, "SV006", "The form is too large.")
                return
            if not message.get("more_body"):
                break
        fields = dict(parse_qsl(body.decode("latin-1")))
        target = _own_path(fields.get("next", "/"))
        wait = self._tries.wait(client(scope))
        if wait:
            await self._form(scope, receive, send, 429, target, f"Too many wrong tokens. Wait {wait} seconds.", wait)
        elif self._is_token(fields.get("token", "")):
            done = [(b"location", target.encode()), (b"set-cookie", self._new_cookie(scope))]
            await answer(scope, receive, send, 303, headers=done)
        else:
            self._tries.note(client(scope))
            await self._form(scope, receive, send, 403, target, "That is not the token.")

    @staticmethod
    async def _form(
        scope: Scope, receive: Receive, send: Send, status: int, target: str, message: str = "", wait: int = 0
    ) -> None:
        alert = f'<p role="alert">{html.escape(message)}</p>' if message else ""
        page = _FORM.format(message=alert, next=html.escape(target, quote=True))
        fields = [(b"retry-after", str(wait).encode())] if wait else []
        await answer(scope, receive, send, status, page, kind="text/html; charset=utf-8", headers=fields)

    @staticmethod
    async def _too_many(scope: Scope, receive: Receive, send: Send, wait: int) -> None:
        await refuse(scope, receive, send, 429, "SV005", f"Too many wrong tokens. Wait {wait} seconds.")

    @staticmethod
    def _wants_page(scope: Scope) -> bool:
        return "text/html" in (header(scope, b"accept") or "")

    def _is_token(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self._token)

    def _sign(self, until: str) -> str:
        return hmac.new(self._token, f"watchbook cookie {until}".encode(), hashlib.sha256).hexdigest()

    def _new_cookie(self, scope: Scope) -> bytes:
        until = str(int(self._clock()) + COOKIE_SECONDS)
        encrypted = scope.get("scheme") == "https" or header(scope, b"x-forwarded-proto") == "https"
        secure = "; Secure" if encrypted else ""
        return (
            f"{self._cookie}={until}.{self._sign(until)}; Path=/; Max-Age={COOKIE_SECONDS}; "
            f"HttpOnly; SameSite=Strict{secure}"
        ).encode()

    def _has_cookie(self, scope: Scope) -> bool:
        until, _, signature = cookies(scope).get(self._cookie, "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(until).encode()):
            return False
        return until.isdecimal() and int(until) > self._clock()


def _address(scope: Scope) -> str:
    """The path and query of a request, without a token in it."""
    rest = [pair for pair in parse_qsl(scope["query_string"].decode("latin-1")) if pair[0] != "token"]
    return "/" + quote(scope["path"]).lstrip("/") + (f"?{urlencode(rest)}" if rest else "")


def _own_path(target: str) -> str:
    """`target` if it is a path of this server, else `/`: a login form must not send people to another site."""
    return target if re.fullmatch(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*", target) else "/"
