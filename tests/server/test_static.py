"""Static files: compressed, cached, and nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import brotli
import pytest

from dashboard.server.serve import StaticContent
from dashboard.server.static import best_encoding
from tests.server.listening import PAGE, ask, folder_with, listening

SCRIPT = b"export const answer = 42; // a line that compresses well\n" * 400
FONT = bytes(range(256)) * 20


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = folder_with(
        tmp_path_factory.mktemp("static"),
        {"js/index.DormvYxC.js": SCRIPT, "js/plain.js": SCRIPT, "media/F.BsWL4Kly.woff2": FONT, "tiny.css": b"a{}"},
    )
    folder_with(folder.parent, {"secret.txt": b"secret"})
    with listening(StaticContent(start_page=PAGE, folders={"/static/": folder}, passed_on=("/_stcore/",))) as port:
        yield port


def test_a_browser_gets_brotli_and_everyone_the_same_file(port: int) -> None:
    path = "/static/js/index.DormvYxC.js"
    squeezed = ask(port, path, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    zipped = ask(port, path, headers={"Accept-Encoding": "gzip"})
    plain = ask(port, path)
    assert (squeezed.headers["content-encoding"], zipped.headers["content-encoding"]) == ("br", "gzip")
    assert "content-encoding" not in plain.headers
    assert brotli.decompress(squeezed.body) == gzip.decompress(zipped.body) == plain.body == SCRIPT
    assert len(squeezed.body) < len(SCRIPT) / 20
    assert {answer.headers["vary"] for answer in (squeezed, zipped, plain)} == {"accept-encoding"}


def test_fonts_and_tiny_files_are_sent_as_they_are(port: int) -> None:
    for path, data in (("/static/media/F.BsWL4Kly.woff2", FONT), ("/static/tiny.css", b"a{}")):
        answer = ask(port, path, headers={"Accept-Encoding": "br"})
        assert (answer.body, answer.headers.get("content-encoding")) == (data, None)


def test_only_files_named_by_their_content_are_kept_for_good(port: int) -> None:
    assert "immutable" in ask(port, "/static/js/index.DormvYxC.js").headers["cache-control"]
    assert ask(port, "/static/js/plain.js").headers["cache-control"] == "no-cache"
    assert ask(port, "/").headers["cache-control"] == "no-cache"


def test_an_unchanged_file_is_not_sent_again(port: int) -> None:
    first = ask(port, "/static/js/plain.js", headers={"Accept-Encoding": "br"})
    again = ask(port, "/static/js/plain.js", headers={"Accept-Encoding": "br", "If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    other = ask(port, "/static/js/plain.js", headers={"If-None-Match": first.headers["etag"]})
    assert other.status == 200, "another encoding is another thing"


def test_head_says_what_get_would_send(port: int) -> None:
    head, get = (ask(port, "/static/js/plain.js", method=method) for method in ("HEAD", "GET"))
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(SCRIPT))
    assert head.body == b""


@pytest.mark.parametrize("path", ["/", "/workbook", "/workbook/a", "/query?kql=T%20%7C%20take%205"])
def test_page_addresses_give_the_start_page(port: int, path: str) -> None:
    answer = ask(port, path)
    assert (answer.status, answer.body) == (200, PAGE)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.js", "/.env", "/static/nothing", "/static/", "/static/../secret.txt", "/static/js/../../secret.txt",
        "/static/..%2fsecret.txt", "/static/%2e%2e/secret.txt", "//evil.example/x.y", "//evil.example", "/wp-login.php",
        "/static/js%5c..%5csecret", "/a%00b",
    ],
)  # fmt: skip
def test_everything_else_is_404_in_one_line(port: int, path: str) -> None:
    answer = ask(port, path)
    assert (answer.status, answer.text) == (404, "SV007: There is nothing at this address.\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_static_files_are_only_read(port: int, method: str) -> None:
    assert ask(port, "/static/js/plain.js", method=method).status == 405


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("BR", "br"),
        ("identity", ""),
        ("br ; q=0.0", ""),
        ("zstd, *", ""),
    ],
)
def test_the_best_accepted_encoding_is_chosen(accepted: str, encoding: str) -> None:
    assert best_encoding(accepted) == encoding
