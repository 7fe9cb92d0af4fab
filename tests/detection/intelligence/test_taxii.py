"""TAXII collections are pulled page by page, imported whole, and only from servers that were allowed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.detection.intelligence.taxii import MEDIA, Feed, delete_feed, list_feeds, pull_and_note, save_feed
from dashboard.errors import WatchbookError
from dashboard.store.database import Store
from tests.detection.intelligence.test_feeds import ask, indicator
from tests.loopback import running


class Server(ThreadingHTTPServer):
    """A TAXII server of one collection: `pages` of objects; `fault` is what the last page does wrong."""

    pages: list[list[dict[str, Any]]]
    fault = ""
    asked: list[dict[str, list[str]]]


class Handler(BaseHTTPRequestHandler):
    """Answers as TAXII 2.1 says."""

    server: Server

    def do_GET(self) -> None:
        """One page of objects."""
        query = parse_qs(urlsplit(self.path).query)
        self.server.asked.append(query)
        wanted = "Basic " + base64.b64encode(b"user:secret").decode()
        if self.headers["Authorization"] != wanted or self.headers["Accept"] != MEDIA:
            self.send_error(401)
            return
        at = int(query.get("next", ["0"])[0])
        last = at >= len(self.server.pages) - 1
        fault = self.server.fault if last else ""
        if fault == "500":
            self.send_error(500)
            return
        pages = [] if "added_after" in query else self.server.pages
        body: dict[str, Any] = {"objects": pages[at]} if pages else {}
        if not last and pages:
            body |= {"more": True, "next": str(at + 1)}
        if fault == "loop":
            body |= {"more": True, "next": "1"}
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", MEDIA)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-TAXII-Date-Added-Last", "2026-11-20T00:00:00.000000Z")
        self.end_headers()
        self.wfile.write(text[: len(text) // 2] if fault == "cut" else text)

    def log_message(self, *given: Any) -> None:
        """Stays quiet."""


@contextmanager
def serving(pages: list[list[dict[str, Any]]]) -> Iterator[Server]:
    """The server on loopback."""
    server = Server(("127.0.0.1", 0), Handler)
    server.pages, server.asked = pages, []
    with running(server):
        yield server


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of its own."""
    monkeypatch.setenv("TAXII_SECRET", "user:secret")
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def _feed(store: Store, server: Server, monkeypatch: pytest.MonkeyPatch) -> Feed:
    monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", f"http://127.0.0.1:{server.server_port}")
    address = f"http://127.0.0.1:{server.server_port}/api1/collections/abc"
    return save_feed(store, Feed("Partner", address, secret="TAXII_SECRET"))


PAGES = [
    [indicator(page * 10 + n, f"[ipv4-addr:value = '192.0.2.{page * 10 + n}']") for n in range(10)] for page in range(3)
]


def test_all_pages_come_in_and_the_next_pull_asks_for_what_came_after(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(PAGES) as server:
        feed = _feed(store, server, monkeypatch)
        report = pull_and_note(store, feed, tmp_path / "data")
        assert (report.indicators, len(server.asked)) == (30, 3)
        again = list_feeds(store)[0]
        assert pull_and_note(store, again, tmp_path / "data").indicators == 0
        assert server.asked[-1]["added_after"] == ["2026-11-20T00:00:00.000000Z"]
    assert ask(tmp_path / "data", "ThreatIntelIndicators | where SourceSystem == 'Partner' | count") == [(30,)]
    delete_feed(store, "Partner")
    assert list_feeds(store) == []


@pytest.mark.parametrize("fault", ["500", "cut", "loop"])
def test_a_server_that_fails_in_the_middle_leaves_nothing_half_imported(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    with serving(PAGES) as server:
        server.fault = fault
        with pytest.raises(WatchbookError) as caught:
            pull_and_note(store, _feed(store, server, monkeypatch), tmp_path / "data")
        assert caught.value.problem.code == ("RS002" if fault == "500" else "TI003")
    assert ask(tmp_path / "data", "ThreatIntelIndicators | count") == [(0,)]
    assert list_feeds(store)[0].added_after == ""


def test_only_collections_of_allowed_servers_are_feeds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_RESPONSE_HOSTS", "feeds.example.com")
    for address, code in (
        ("https://feeds.example.com/taxii2/", "TI008"), ("https://other.example.com/api/collections/x", "RS001"), ("https://127.0.0.1/api/collections/x", "RS001"),
    ):  # fmt: skip
        with pytest.raises(WatchbookError) as caught:
            save_feed(store, Feed("x", address))
        assert caught.value.problem.code == code
    assert save_feed(store, Feed("ok", "https://feeds.example.com/api/collections/x")).hours == 6
