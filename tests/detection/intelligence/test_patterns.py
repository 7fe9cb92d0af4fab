"""Values are taken from STIX patterns where equality, a set or a range tells them, and from nothing else."""

from __future__ import annotations

import pytest

from dashboard.detection.intelligence.pattern import observables_of

SHA = "a" * 64


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ipv4-addr:value = '192.0.2.1']", [("ipv4-addr:value", "192.0.2.1")]),
        ("[domain-name:value='Evil.Example.']", [("domain-name:value", "evil.example")]),
        ("[url:value = 'http://x.example/it\\'s']", [("url:value", "http://x.example/it's")]),
        (f"[file:hashes.'SHA-256' = '{SHA.upper()}']", [("file:hashes.'SHA-256'", SHA)]),
        ("[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2']", [("ipv4-addr:value", "192.0.2.1"), ("ipv4-addr:value", "192.0.2.2")]),
        ("[ipv4-addr:value IN ('192.0.2.1', '192.0.2.2')]", [("ipv4-addr:value", "192.0.2.1"), ("ipv4-addr:value", "192.0.2.2")]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", [("ipv4-addr:value", "198.51.100.0/24")]),
        (f"[file:name = 'a.exe' AND file:hashes.MD5 = '{'b' * 32}']", [("file:hashes.MD5", "b" * 32)]),
        ("[ipv4-addr:value = '192.0.2.9' AND network-traffic:dst_port = 443]", [("ipv4-addr:value", "192.0.2.9")]),
        ("([domain-name:value = 'a.example'] AND [url:value = 'http://b.example']) WITHIN 600 SECONDS", [("domain-name:value", "a.example"), ("url:value", "http://b.example")]),
        ("[domain-name:value = 'a.example'] FOLLOWEDBY [ipv4-addr:value = '192.0.2.1'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", [("domain-name:value", "a.example"), ("ipv4-addr:value", "192.0.2.1")]),
        ("[process:command_line MATCHES '.*mimikatz.*']", []),
        ("[domain-name:value != 'good.example']", []),
        ("[NOT domain-name:value = 'good.example' OR url:value = 'http://b.example']", None),
        ("[domain-name:value NOT = 'good.example']", []),
        ("[EXISTS process:name]", []),
        ("[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.7']", [("network-traffic:dst_ref.type", "ipv4-addr")]),
        ("[windows-registry-key:values[*].name = 'Run']", [("windows-registry-key:values[*].name", "run".capitalize())]),
    ],
)  # fmt: skip
def test_values_of_a_pattern(pattern: str, expected: list[tuple[str, str]] | None) -> None:
    if expected is None:
        with pytest.raises(ValueError):
            observables_of(pattern)
    else:
        assert observables_of(pattern) == expected


@pytest.mark.parametrize(
    "pattern",
    ["", "x", "[", "[a:b = ]", "[ipv4-addr:value = '1'", "[a:b = 'x']]", "'", "[" + "(" * 500, "a:b = 'x'", "\x00"],
)
def test_what_is_no_pattern_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        observables_of(pattern)
