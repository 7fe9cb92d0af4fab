"""No address outside the list is ever contacted, however it is written and whatever its name resolves to."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dashboard.detection.response.addresses import check_address
from dashboard.errors import WatchbookError

ALLOWED = (
    "hooks.example.com",
    "*.logic.azure.com",
    "alt.example.com:8443",
    "rebind.example.com",
    "10.20.30.40",
    "[2001:db8::5]",
    "http://plain.example.com",
)
NAMES: dict[str, list[str]] = {
    "hooks.example.com": ["93.184.216.34"], "prod-1.westeurope.logic.azure.com": ["20.50.1.2", "2603:1020:200::5"],
    "alt.example.com": ["93.184.216.35"], "plain.example.com": ["93.184.216.36"],
}  # fmt: skip


def lookup(host: str, port: int) -> Sequence[str]:
    """The names of the tests; others have no address."""
    if host not in NAMES:
        raise OSError("no such name")
    return NAMES[host]


def _resolving(*addresses: str) -> list[tuple[str, list[str]]]:
    return [("https://rebind.example.com/hook", [address]) for address in addresses]


WRITTEN = [
    # Private places in every spelling.
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0.0.0.0/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://127.000.000.001/", "https://localhost/",
    "https://LOCALHOST/", "https://localhost./", "https://localhost.localdomain/", "https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/", "https://10.0.0.1/",
    "https://10.20.30.41/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://2852039166/",
    "https://0xa9fea9fe/", "https://0251.0376.0251.0376/", "https://100.64.0.1/", "https://198.18.0.1/", "https://224.0.0.1/", "https://255.255.255.255/",
    "https://metadata.google.internal/", "https://instance-data/", "https://192.0.0.192/", "https://[2001:db8::6]/",
    # Digits and dots that are none.
    "https://１２７.０.０.１/", "https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://hooks。example.com/", "https://ｈooks.example.com/",
    # What looks like an allowed name.
    "https://hooks.example.com@127.0.0.1/", "https://hooks.example.com:443@127.0.0.1/", "https://hooks.example.com#@127.0.0.1/", "https://user@hooks.example.com/",
    "https://hooks.example.com%2f@127.0.0.1/", "https://hooks.example.com\\@127.0.0.1/", "https://127.0.0.1\\@hooks.example.com/", "https://127.0.0.1;hooks.example.com/",
    "https://hooks.example.com.evil.test/", "https://evilhooks.example.com/", "https://hooks.example.com.127.0.0.1.nip.io/", "https://hooks-example.com/",
    "https://logic.azure.com/", "https://evil-logic.azure.com/", "https://logic.azure.com.evil.test/", "https://x.logic.azure.com.evil.test/",
    "https://hooks.example.com:8443/", "https://hooks.example.com:80/", "https://hooks.example.com:0/", "https://hooks.example.com:99999/", "https://hooks.example.com:x/",
    "https://alt.example.com/", "https://hooks%2eexample%2ecom/", "https://hooks.example.com%00.evil.test/", "https://hooks.example.com/#@evil.test",
    # Other ways to say it, and other schemes.
    "http://hooks.example.com/", "http://127.0.0.1/", "https://plain.example.com/", "file:///etc/passwd", "ftp://hooks.example.com/", "gopher://127.0.0.1:25/_HELO",
    "ldap://127.0.0.1/", "dict://127.0.0.1:11211/stat", "javascript:alert(1)", "data:text/plain,x", "//hooks.example.com/", "hooks.example.com", "https:hooks.example.com",
    "https:///hooks.example.com", "https://", "https:// hooks.example.com/", "https://hooks.example.com /", "https://hooks.example.com\r\nHost: evil.test/",
    "https://hooks.exam\tple.com/", "https://[127.0.0.1]/", "https://[hooks.example.com]/", "https://::1/", "https://hooks..example.com/", "https://.hooks.example.com/",
    "https://-hooks.example.com/", "", "https://hooks.example.com/" + "a" * 5000,
]  # fmt: skip
RESOLVED = _resolving(
    "127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.0.10", "169.254.169.254", "0.0.0.0", "100.64.1.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",
    "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.251", "198.51.100.1", "::", "fec0::1", "2001:0:7f00:1::80ff:fffe",
)  # fmt: skip


def test_there_are_a_hundred_and_more() -> None:
    assert len(set(WRITTEN)) + len(RESOLVED) + 2 >= 100


@pytest.mark.parametrize("url", WRITTEN)
def test_an_address_that_is_not_listed_is_refused(url: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        check_address(url, ALLOWED, lookup)
    assert caught.value.problem.code == "RS001"


@pytest.mark.parametrize(("url", "addresses"), [*RESOLVED, *[("https://rebind.example.com/", ["93.184.216.34", "127.0.0.1"]), ("https://rebind.example.com/", ["93.184.216.34", "::1"])]])  # fmt: skip
def test_a_listed_name_that_resolves_to_a_private_place_is_refused(url: str, addresses: list[str]) -> None:
    with pytest.raises(WatchbookError) as caught:
        check_address(url, ALLOWED, lambda host, port: addresses)
    assert caught.value.problem.code == "RS001"


def test_nothing_is_allowed_where_nothing_is_listed() -> None:
    with pytest.raises(WatchbookError):
        check_address("https://hooks.example.com/", (), lookup)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://hooks.example.com/a?b=c", "93.184.216.34"),
        ("https://HOOKS.example.com/", "93.184.216.34"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke?sig=y", "20.50.1.2"),
        ("https://alt.example.com:8443/", "93.184.216.35"),
        ("http://plain.example.com/", "93.184.216.36"),
        ("https://10.20.30.40/hook", "10.20.30.40"),
        ("https://[2001:db8:0:0::5]/", "2001:db8::5"),
    ],
)
def test_what_is_listed_passes_and_is_pinned_to_the_address_that_was_checked(url: str, address: str) -> None:
    target = check_address(url, ALLOWED, lookup)
    assert target.address == address
    assert "sig" not in target.shown


def test_a_private_address_behind_a_name_passes_where_both_are_listed() -> None:
    entries = ("rebind.example.com", "10.20.30.40")
    assert check_address("https://rebind.example.com/", entries, lambda *_: ["10.20.30.40"]).address == "10.20.30.40"
