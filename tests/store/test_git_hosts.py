"""Addresses of workbooks in Git hosts: which file is meant, and what is never asked."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.errors import WatchbookError
from dashboard.store import git_hosts
from tests.store.git_host import Answer, Hosts
from tests.store.git_host import git_hosts as serving_hosts


@pytest.mark.parametrize(
    ("address", "raw"),
    [
        (
            "https://github.com/Azure/repo/blob/main/Workbooks/My%20Book.json",
            "https://raw.githubusercontent.com/Azure/repo/main/Workbooks/My%20Book.json",
        ),
        (
            "https://raw.githubusercontent.com/o/r/0a1b2c/a.workbook",
            "https://raw.githubusercontent.com/o/r/0a1b2c/a.workbook",
        ),
        ("https://gitlab.com/group/sub/p/-/blob/main/a.json?ref=x", "https://gitlab.com/group/sub/p/-/raw/main/a.json"),
        ("https://bitbucket.org/team/r/src/main/a.json", "https://bitbucket.org/team/r/raw/main/a.json"),
        ("https://codeberg.org/o/r/src/branch/main/a.json", "https://codeberg.org/o/r/raw/branch/main/a.json"),
        (
            "https://dev.azure.com/contoso/Soc%20Team/_git/books?path=/workbooks/a%20b.json&version=GBmain&_a=contents",
            "https://dev.azure.com/contoso/Soc%20Team/_apis/git/repositories/books/items?path=%2Fworkbooks%2Fa+b.json&%24format=octetStream"
            "&api-version=7.1&versionDescriptor.version=main&versionDescriptor.versionType=branch",
        ),
        (
            "https://dev.azure.com/contoso/soc/_git/books?path=/a.json",
            "https://dev.azure.com/contoso/soc/_apis/git/repositories/books/items?path=%2Fa.json&%24format=octetStream&api-version=7.1",
        ),
    ],
)
def test_the_page_of_a_file_becomes_the_address_of_its_bytes(address: str, raw: str) -> None:
    assert git_hosts.raw_address(address) == raw


@pytest.mark.parametrize(
    "address",
    [
        "http://github.com/o/r/blob/main/a.json",
        "file:///etc/passwd",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a.json",
        "https://github.com.evil.example/o/r/blob/main/a.json",
        "https://github.com@evil.example/o/r/blob/main/a.json",
        "https://user:secret@github.com/o/r/blob/main/a.json",
        "https://github.com:8443/o/r/blob/main/a.json",
        "https://raw.githubusercontent.com/o/r/../../x",
        "https://raw.githubusercontent.com/o/r/%2e%2e/x",
        "https://github.com/o/r",
        "https://dev.azure.com/contoso/soc/_git/books",
        "https://dev.azure.com/contoso/soc/_git/books?path=/../secrets.json",
        "https://github.com/o/r/blob/main/a.json\n.evil.example",
        "github.com/o/r/blob/main/a.json",
        "https://[::1",
        "",
    ],
)
def test_other_addresses_are_refused_before_anybody_is_asked(address: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        git_hosts.raw_address(address)
    assert caught.value.problem.code == "SO111"


def test_the_hosts_are_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_GIT_HOSTS", "git.contoso.example")
    assert git_hosts.raw_address("https://git.contoso.example/raw/a.json") == "https://git.contoso.example/raw/a.json"
    page = "https://git.contoso.example/o/r/blob/main/a.json"
    assert git_hosts.raw_address(page) == "https://git.contoso.example/o/r/raw/main/a.json"
    with pytest.raises(WatchbookError):
        git_hosts.raw_address("https://github.com/o/r/blob/main/a.json")


BOOK = json.dumps({"version": "Notebook/1.0", "items": []}).encode()
PAGE = "https://github.com/o/r/blob/main/a.json"


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    """Hosts that have the file everywhere, until a test says otherwise."""
    with serving_hosts(tmp_path, lambda *_: (200, {}, BOOK)) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def fetched(address: str) -> bytes:
    return git_hosts.fetch(address, context=ssl.create_default_context())


@pytest.mark.parametrize(
    ("address", "host", "path"),
    [
        (PAGE, "raw.githubusercontent.com", "/o/r/main/a.json"),
        ("https://raw.githubusercontent.com/o/r/main/a.json", "raw.githubusercontent.com", "/o/r/main/a.json"),
        ("https://gitlab.com/g/s/p/-/blob/v1/a.json", "gitlab.com", "/g/s/p/-/raw/v1/a.json"),
        (
            "https://dev.azure.com/c/p/_git/r?path=/a.json", "dev.azure.com",
            "/c/p/_apis/git/repositories/r/items?path=%2Fa.json&%24format=octetStream&api-version=7.1",
        ),
    ],
)  # fmt: skip
def test_the_file_behind_a_page_is_asked_once_of_its_host_without_credentials(
    hosts: Hosts, address: str, host: str, path: str
) -> None:
    assert fetched(address) == BOOK
    assert hosts.asked == [(host, path)]
    assert git_hosts.file_name(git_hosts.raw_address(address)) == "a.json"


def test_a_redirect_between_allowed_hosts_is_followed(hosts: Hosts) -> None:
    def answer(host: str, path: str) -> Answer:
        moved = {"Location": "https://gitlab.com/moved/-/raw/main/a.json"}
        return (302, moved, b"") if host != "gitlab.com" else (200, {}, BOOK)

    hosts.answer = answer
    assert fetched(PAGE) == BOOK


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:9/", "https://127.0.0.1/a", "https://[::1]/a", "https://2130706433/a", "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.5/a.json", "https://localhost/a", "file:///etc/passwd", "ftp://github.com/a", "https://github.com@10.0.0.5/a",
        "https://login.microsoftonline.com/sign-in", "https://github.com:8443/o/r/raw/main/a", "//evil.example/a",
        "https://github.com.evil.example/a",
    ],
)  # fmt: skip
def test_a_redirect_to_any_other_address_is_not_followed(hosts: Hosts, target: str) -> None:
    hosts.answer = lambda *_: (302, {"Location": target}, b"")
    with pytest.raises(WatchbookError) as caught:
        fetched(PAGE)
    assert caught.value.problem.code in ("SO111", "SO112")
    assert len(hosts.asked) == 1
    assert {tunnel.rsplit(":", 1)[0] for tunnel in hosts.tunnels} == {"raw.githubusercontent.com"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, b"Not Found"), "answers 404"),
        ((500, {}, b""), "answers 500"),
        ((401, {"WWW-Authenticate": "Basic"}, b""), "answers 401"),
        ((200, {}, b"<!DOCTYPE html><title>Sign in</title>"), "gives a web page"),
        ((200, {}, b"x" * (21 * 1_048_576)), "more than 20 MB"),
        ((302, {"Location": "https://raw.githubusercontent.com/o/r/main/a.json"}, b""), "answers 302"),
    ],
)
def test_what_a_host_gives_instead_of_a_file_is_said_in_a_sentence(hosts: Hosts, answer: Answer, said: str) -> None:
    hosts.answer = lambda *_: answer
    with pytest.raises(WatchbookError) as caught:
        fetched(PAGE)
    assert (caught.value.problem.code, said in caught.value.problem.message) == ("SO112", True), caught.value.problem


def test_a_host_whose_certificate_nobody_trusts_gets_no_request(hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(WatchbookError) as caught:
        fetched(PAGE)
    assert "certificate" in caught.value.problem.message
    assert hosts.asked == []
