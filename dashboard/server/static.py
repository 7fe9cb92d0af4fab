"""Static files, compressed once and cached by the browser for good.

Streamlit serves its own JavaScript uncompressed: 9.7 MB for a page of charts and grids. Here every file is compressed on
its first request, which takes a worker thread some milliseconds, and kept in memory with its ETag. Files whose name holds
a hash of their content never change and are marked immutable.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.server.asgi import App, Receive, Scope, Send, header, refuse

_TEXT = (".js", ".mjs", ".css", ".html", ".json", ".svg", ".txt", ".map", ".wasm", ".ttf", ".xml")
_HASHED = re.compile(r"[.-][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_KINDS = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}
_SMALLEST = 1_000
# 3 % more bytes than quality 9 for a quarter of the time, which the first reader waits for.
BROTLI_QUALITY = 6
GZIP_LEVEL = 6


Served = tuple[bytes, str, str]
"""A body, its content encoding (`` for none) and its ETag."""


@dataclass
class StaticFile:
    """One file: where it is, or its bytes where the server made them itself, and every form asked for so far."""

    path: Path
    body: bytes | None = None
    served: dict[str, Served] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its content type."""
        guessed = _KINDS.get(self.path.suffix) or mimetypes.guess_type(self.path.name)[0] or "application/octet-stream"
        is_text = guessed.startswith("text/") or guessed in ("application/json", "image/svg+xml")
        return f"{guessed}; charset=utf-8" if is_text else guessed

    def load(self, accepted: str) -> Served:
        """The file as a client that accepts the encoding `accepted` gets it. Blocks on disk and compression."""
        plain = self.body if self.body is not None else self.path.read_bytes()
        used = accepted if self.path.suffix in _TEXT and len(plain) >= _SMALLEST else ""
        etag = hashlib.sha256(plain).hexdigest()[:20] + (f"-{used}" if used else "")
        self.served[accepted] = _compress(plain, used), used, f'"{etag}"'
        return self.served[accepted]


def _compress(data: bytes, encoding: str) -> bytes:
    if encoding == "br":
        import brotli

        return bytes(brotli.compress(data, quality=BROTLI_QUALITY))
    return gzip.compress(data, GZIP_LEVEL, mtime=0) if encoding == "gzip" else data


def best_encoding(accepted: str) -> str:
    """`br`, `gzip` or `` from an Accept-Encoding header; an encoding with q=0 is not taken."""
    weights: dict[str, str] = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.strip().partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    for name in ("br", "gzip"):
        if name in weights and not re.fullmatch(r"q=0(\.0*)?", weights[name]):
            return name
    return ""


class StaticFiles:
    """Serves files of folders, and the start page for every other path that looks like a page.

    `folders` maps a URL prefix (`/static/`) to a folder; what lies in it when the server starts is what is served.
    `pages` maps a path (`/`) to bytes made at start. `start_page` answers page paths that nobody else knows, since the
    browser does the routing; a path below `passed_on` goes to the application, any other with a file ending is 404.
    """

    def __init__(
        self,
        app: App,
        *,
        folders: Mapping[str, Path],
        start_page: bytes,
        files: Mapping[str, Path] | None = None,
        passed_on: tuple[str, ...] = (),
    ) -> None:
        self.app = app
        self._passed_on = passed_on
        self._start = StaticFile(Path("index.html"), body=start_page)
        self._files: dict[str, StaticFile] = {}
        for prefix, folder in folders.items():
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    self._files[prefix + path.relative_to(folder).as_posix()] = StaticFile(path)
        self._files |= {address: StaticFile(path) for address, path in (files or {}).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        found = self._files.get(path)
        if found is None and path.startswith(self._passed_on):
            await self.app(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            await refuse(scope, receive, send, 405, "SV007", "Only GET and HEAD are known here.")
            return
        if found is None:
            # A page asks for Streamlit's own addresses below its own first, and takes any answer but 404 as the base of all.
            inner = path.startswith(("/static/", "//")) or "/_stcore/" in path
            if inner or "." in path.rsplit("/", 1)[-1] or "\\" in path or "\0" in path:
                await refuse(scope, receive, send, 404, "SV007", "There is nothing at this address.")
                return
            found = self._start
        await self._send(found, path, scope, send)

    async def _send(self, found: StaticFile, path: str, scope: Scope, send: Send) -> None:
        encoding = best_encoding(header(scope, b"accept-encoding") or "")
        ready = found.served.get(encoding)
        body, used, etag = ready if ready is not None else await asyncio.to_thread(found.load, encoding)
        hashed = found is not self._start and _HASHED.search(path)
        fields = [
            (b"content-type", found.kind.encode()),
            (b"cache-control", b"public, max-age=31536000, immutable" if hashed else b"no-cache"),
            (b"etag", etag.encode()),
            (b"vary", b"accept-encoding"),
        ]
        if etag in (header(scope, b"if-none-match") or ""):
            await send({"type": "http.response.start", "status": 304, "headers": fields})
            await send({"type": "http.response.body"})
            return
        if used:
            fields.append((b"content-encoding", used.encode()))
        fields.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
