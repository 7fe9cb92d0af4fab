"""Addresses of workbooks in Git hosts: which file is meant, and what is never asked."""

from __future__ import annotations

import pytest

from dashboard.errors import WatchbookError
from dashboard.store import git_hosts


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
    with pytest.raises(WatchbookError):
        git_hosts.raw_address("https://github.com/o/r/blob/main/a.json")
