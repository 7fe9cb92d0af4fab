"""Feeds of every format become rows of both indicator tables, once each in their newest version, or not at all."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard.detection.intelligence import editing
from dashboard.detection.intelligence.importing import import_file
from dashboard.detection.intelligence.matching import match_tables
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from tests.shared import ROOT, SHARED, write_rows

NOW = dt.datetime(2026, 11, 28, 8, tzinfo=dt.UTC)


def indicator(number: int, pattern: str, **more: Any) -> dict[str, Any]:
    """A STIX indicator."""
    return {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--00000000-0000-4000-8000-{number:012}", "created": "2026-11-01T00:00:00.000Z",
        "modified": "2026-11-02T00:00:00.000Z", "pattern": pattern, "pattern_type": "stix", "valid_from": "2026-11-01T00:00:00Z", **more,
    }  # fmt: skip


def bundle(folder: Path, *objects: dict[str, Any], name: str = "bundle.json") -> Path:
    """A file with a bundle."""
    file = folder / name
    file.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}), encoding="utf-8")
    return file


def ask(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query over a data folder."""
    return [tuple(row) for row in LocalEngine(folder, known_tables()).run(QueryRequest(query, now=NOW)).rows()]


def test_a_bundle_fills_both_tables_and_other_objects_their_own(tmp_path: Path) -> None:
    file = bundle(
        tmp_path,
        indicator(
            1, "[ipv4-addr:value = '192.0.2.1']", confidence=80, labels=["botnet"], name="C2", description="A server"
        ),
        indicator(
            2,
            "[url:value = 'http://b.example/x' OR domain-name:value = 'b.example']",
            indicator_types=["malicious-activity"],
        ),
        indicator(3, f"[file:hashes.'SHA-256' = '{'c' * 64}']", revoked=True),
        indicator(4, "[domain-name:value = 'old.example']", valid_until="2026-11-20T00:00:00Z"),
        indicator(5, "[process:command_line MATCHES 'x']"),
        indicator(6, "broken"),
        indicator(7, "rule x {}", pattern_type="yara"),
        {"type": "threat-actor", "id": "threat-actor--1", "name": "Someone", "modified": "2026-11-02T00:00:00Z"},
        {"type": "marking-definition", "id": "marking-definition--1"},
        {"no": "type"},
    )
    data = tmp_path / "data"
    report = import_file(file, data, source="Feed", now=NOW)
    assert (report.indicators, report.rows, report.active, report.unmatchable, report.objects, report.rejected) == (
        5,
        6,
        4,
        1,
        1,
        3,
    )
    rows = ask(
        data,
        "ThreatIntelIndicators | sort by Id asc | project ObservableKey, ObservableValue, Confidence, IsActive, Revoked, Tags, Name = tostring(Data.name)",
    )
    assert rows[0] == ("ipv4-addr:value", "192.0.2.1", 80, True, False, '["botnet"]', "C2")
    assert [row[1] for row in rows[1:3]] == ["http://b.example/x", "b.example"]
    legacy = ask(
        data,
        "ThreatIntelligenceIndicator | where Active | sort by ExternalIndicatorId asc, Url asc | project NetworkIP, Url, DomainName, ConfidenceScore, Description",
    )
    assert legacy[0] == ("192.0.2.1", "", "", 80.0, "A server")
    assert ("", "http://b.example/x", "", None, "") in legacy
    assert ask(
        data, "ThreatIntelligenceIndicator | where isnotempty(FileHashValue) | project FileHashType, Active"
    ) == [("SHA256", False)]
    assert ask(data, "ThreatIntelObjects | project StixType, tostring(Data.name)") == [("threat-actor", "Someone")]


def test_the_newest_version_of_an_indicator_is_there_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    old = indicator(1, "[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2']", confidence=10)
    new = {**old, "modified": "2026-11-10T00:00:00Z", "pattern": "[ipv4-addr:value = '192.0.2.3']", "confidence": 90}
    for each in ([old], [new], [old], [new, old]):
        import_file(bundle(tmp_path, *each), data, source="Feed", now=NOW)
        rows = ask(data, "ThreatIntelIndicators | project ObservableValue, Confidence")
    assert rows == [("192.0.2.3", 90)]
    import_file(bundle(tmp_path, old), data, source="Other", now=NOW)
    assert len(ask(data, "ThreatIntelIndicators")) == 3


def test_misp_events_and_feeds(tmp_path: Path) -> None:
    event = {
        "uuid": "e1", "info": "Campaign", "threat_level_id": "1", "timestamp": "1700000000", "Tag": [{"name": "tlp:green"}],
        "Attribute": [
            {"type": "ip-dst", "value": "192.0.2.5", "to_ids": True, "uuid": "a1", "timestamp": "1700000000", "category": "Network activity"},
            {"type": "domain|ip", "value": "m.example|192.0.2.6", "to_ids": True, "uuid": "a2"},
            {"type": "filename|sha256", "value": f"x.exe|{'D' * 64}", "to_ids": True, "uuid": "a3"},
            {"type": "comment", "value": "hello", "to_ids": False},
            {"type": "yara", "value": "rule", "to_ids": True},
        ],
        "Object": [{"name": "file", "Attribute": [{"type": "md5", "value": "e" * 32, "to_ids": True, "uuid": "a4"}]}],
    }  # fmt: skip
    for number, wrapped in enumerate(({"Event": event}, {"response": [{"Event": event}]}, [{"Event": event}])):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(wrapped), encoding="utf-8")
        report = import_file(file, tmp_path / "data", source="MISP", now=NOW)
        assert (report.indicators, report.rows, report.rejected) == (4, 5, 1)
    rows = ask(
        tmp_path / "data",
        "ThreatIntelIndicators | sort by ObservableValue asc | project ObservableValue, Confidence, Tags",
    )
    assert [row[0] for row in rows] == ["192.0.2.5", "192.0.2.6", "d" * 64, "e" * 32, "m.example"]
    assert rows[0][1:] == (90, '["tlp:green"]')


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("indicator,type,confidence,valid_until\n192.0.2.1,ip,70,2027-01-01\nhxxp://e[.]example/a,url,10,\n", ["192.0.2.1", "http://e.example/a"]),
        ("192.0.2.1\nevil.example\n# comment\nnot one\n", ["192.0.2.1", "evil.example"]),
        ('# "first_seen","ioc_value","ioc_type"\n"2026-11-01","192.0.2.9:443","ip:port"\n"2026-11-01","bad.example","domain"\n', ["bad.example"]),
        (f"9/29/2020 8:01:39 AM,{'a' * 64},sha256,white\n", ["a" * 64]),
        ("Value;Confidence\nevil.example;200\nworse.example;high\n", ["worse.example"]),
    ],
)  # fmt: skip
def test_csv_in_anybodys_words(tmp_path: Path, text: str, values: list[str]) -> None:
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    import_file(tmp_path / "f.csv", tmp_path / "data", now=NOW)
    found = [
        row[0]
        for row in ask(
            tmp_path / "data",
            "ThreatIntelIndicators | where ObservableKey !has 'port' | sort by ObservableValue asc | project ObservableValue",
        )
    ]
    assert [value for value in found if not value.endswith(":443")] == sorted(values)


@pytest.mark.shared
def test_public_sample_feeds_import(tmp_path: Path) -> None:
    file = SHARED / "samples/azure-sentinel/Sample Data/Feeds/Microsoft.Covid19.Indicators.csv"
    if not file.is_file():
        pytest.skip("the samples are not there")
    report = import_file(file, tmp_path / "data", now=NOW)
    assert report.indicators == 36
    assert report.rejected == 0


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.json", b'{"type":"bundle","objects":[{"type":"indicator","id":"indicator--1","pattern":"[ipv4-addr:value = \'192.0.2.1\']"}, {"type":', "TI003"),
        ("b.json", b'{"type":"bundle","objects":[]}', "TI004"),
        ("c.json", b'{"hello": 1}', "TI002"),
        ("d.bin", b"\x00\x01\x02\x03" * 50, "TI002"),
        ("e.csv", b"", "TI002"),
        ("f.csv", b"colour,shape\nred,round\n", "TI003"),
        ("g.json", b'{"Event": {"Attribute": [', "TI003"),
        ("h.json", b'{"type":"bundle","objects":' + b"[" * 100_000, "TI003"),
    ],
)  # fmt: skip
def test_a_broken_feed_is_refused_whole_and_changes_nothing(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    data = tmp_path / "data"
    import_file(bundle(tmp_path, indicator(1, "[ipv4-addr:value = '192.0.2.77']")), data, source="Feed", now=NOW)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WatchbookError) as caught:
        import_file(tmp_path / name, data, source="Bad", now=NOW)
    assert caught.value.problem.code == code
    assert ask(data, "ThreatIntelIndicators | project ObservableValue") == [("192.0.2.77",)]
    assert not list(data.glob(".ti-*"))


def test_packed_feeds_are_unpacked_and_a_cut_one_says_so(tmp_path: Path) -> None:
    plain = bundle(tmp_path, indicator(1, "[ipv4-addr:value = '192.0.2.1']")).read_bytes()
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(plain))
    assert import_file(tmp_path / "a.json.gz", tmp_path / "data", now=NOW).indicators == 1
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(plain)[:-20])
    with pytest.raises(WatchbookError):
        import_file(tmp_path / "b.json.gz", tmp_path / "data", now=NOW)


_KILLED = """
import sys, os, signal, threading
from pathlib import Path
from dashboard.detection.intelligence import tables
from dashboard.detection.intelligence.importing import import_file
count = 0
real = os.replace
def replace(a, b):
    global count
    count += 1
    if count == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(a, b)
os.replace = replace
import_file(Path(sys.argv[1]), Path(sys.argv[2]), source="Feed")
"""


@pytest.mark.parametrize("at", [1, 2, 5])
def test_an_import_killed_at_any_replacement_is_whole_or_absent_afterwards(tmp_path: Path, at: int) -> None:
    file = bundle(tmp_path, *(indicator(n, f"[ipv4-addr:value = '192.0.2.{n}']") for n in range(100)))
    data = tmp_path / "data"
    command = [sys.executable, "-c", _KILLED, str(file), str(data), str(at)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL
    editing.summaries(data)
    held = {
        table: ask(data, f"{table} | count")[0][0] for table in ("ThreatIntelIndicators", "ThreatIntelligenceIndicator")
    }
    assert set(held.values()) == {0 if at == 1 else 100}
    import_file(file, data, source="Feed")
    assert ask(data, "ThreatIntelIndicators | count") == [(100,)]
    assert not list(data.glob(".ti-*"))


def _rows(data: Path, **columns: list[str]) -> None:
    import pyarrow as pa

    times = [dt.datetime(2026, 11, 28, 7)] * len(next(iter(columns.values())))
    rows = pa.table({"TimeGenerated": pa.array(times, pa.timestamp("us")), **columns})
    write_rows(data, "CommonSecurityLog", "2026-11-28", rows)


def _logs(data: Path) -> None:
    addresses = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.77", "10.0.0.1"]
    names = ["a.example", "EVIL.example", "", "", ""]
    _rows(data, DestinationIP=addresses, DestinationHostName=names, DeviceAction=["allow"] * len(addresses))


class At(LocalEngine):
    """The local engine at a fixed time."""

    def run(self, request: QueryRequest, cancel: Any = None) -> Any:
        return super().run(QueryRequest(request.text, row_limit=request.row_limit, now=NOW), cancel)


def test_only_what_is_valid_now_matches(tmp_path: Path) -> None:
    data = tmp_path / "data"
    _logs(data)
    import_file(
        bundle(
            tmp_path,
            indicator(1, "[ipv4-addr:value = '192.0.2.1']", confidence=90),
            indicator(2, "[ipv4-addr:value = '192.0.2.2']", revoked=True),
            indicator(3, "[ipv4-addr:value = '192.0.2.3']", valid_until="2026-11-28T07:59:00Z"),
            indicator(4, "[ipv4-addr:value = '10.0.0.1']", valid_from="2027-01-01T00:00:00Z"),
            indicator(5, "[ipv4-addr:value ISSUBSET '198.51.100.0/24']", confidence=20),
            indicator(6, "[domain-name:value = 'evil.example']", confidence=90),
        ),
        data, source="Feed", now=NOW,
    )  # fmt: skip

    def matched(confidence: int = 0) -> set[str]:
        found = list(match_tables(At(data, known_tables()), ["CommonSecurityLog"], confidence=confidence))
        assert found[0].problem is None
        assert found[0].matches is not None
        return {row[2] for row in found[0].matches.rows()}

    assert matched() == {"192.0.2.1", "198.51.100.77", "evil.example"}
    assert matched(confidence=50) == {"192.0.2.1", "evil.example"}
    chosen = [str(row[-1]) for row in editing.find(data, text="192.0.2.1", state="all", now=NOW).rows()]
    assert editing.set_revoked(data, chosen, True, NOW) == 1
    assert matched() == {"198.51.100.77", "evil.example"}
    editing.set_revoked(data, chosen, False, NOW)
    assert "192.0.2.1" in matched()
    editing.set_valid_until(data, chosen, NOW - dt.timedelta(hours=1), NOW)
    assert "192.0.2.1" not in matched()


@pytest.mark.parametrize(
    ("ranges", "met"),
    [
        (["198.51.100.64/28"], {"198.51.100.77"}),
        (["198.51.0.0/16"], {"198.51.100.77", "198.51.7.7"}),
        (["198.48.0.0/12", "192.0.2.1/32"], {"198.51.100.77", "198.51.7.7", "192.0.2.1"}),
        (["192.0.0.0/5", "203.0.113.0/24"], {"198.51.100.77", "198.51.7.7", "192.0.2.1", "198.7.7.7"}),
        (["128.0.0.0/1"], {"198.51.100.77", "198.51.7.7", "192.0.2.1", "198.7.7.7"}),
        (["198.51.100.0/99", "198.51.100.0/24/7", "x/8"], set()),
    ],
)
def test_addresses_inside_ranges_of_any_length_match(tmp_path: Path, ranges: list[str], met: set[str]) -> None:
    data = tmp_path / "data"
    objects = [indicator(at, f"[ipv4-addr:value ISSUBSET '{network}']") for at, network in enumerate(ranges)]
    import_file(bundle(tmp_path, *objects), data, source="Feed", now=NOW)
    _rows(
        data,
        DestinationIP=[
            "198.51.100.77",
            "198.51.7.7",
            "198.7.7.7",
            "192.0.2.1",
            "10.1.2.3",
            "no address",
            "300.1.1.1",
            "",
        ],
    )
    found = list(match_tables(At(data, known_tables()), ["CommonSecurityLog"]))
    assert found[0].problem is None
    assert found[0].matches is not None
    assert {row[2] for row in found[0].matches.rows()} == met


def test_indicators_are_found_added_changed_and_deleted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert editing.find(data).rows() == []
    editing.add(data, "evil[.]example", name="Ours", confidence=75, now=NOW)
    editing.add(data, "EVIL.example", name="Ours again", confidence=60, now=NOW + dt.timedelta(seconds=1))
    rows = editing.find(data, text="ours", now=NOW + dt.timedelta(minutes=1)).rows()
    assert [(row[1], row[2], row[3], row[6]) for row in rows] == [("evil.example", 60, "active", "Ours again")]
    assert editing.set_confidence(data, [str(rows[0][-1])], 5, NOW) == 1
    assert editing.delete(data, source=editing.BY_HAND) == 1
    for wrong in ("nonsense", ""):
        with pytest.raises(WatchbookError):
            editing.add(data, wrong)


def test_expired_ones_stop_matching_by_the_clock_and_living_ones_are_written_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    import_file(
        bundle(
            tmp_path, indicator(1, "[ipv4-addr:value = '192.0.2.1']", valid_until="2026-12-01T00:00:00Z"), indicator(2, "[ipv4-addr:value = '192.0.2.2']")
        ),
        data, source="Feed", now=NOW,
    )  # fmt: skip
    assert editing.refresh(data, NOW + dt.timedelta(days=1)) == 0
    assert editing.refresh(data, NOW + dt.timedelta(days=8)) == 2
    rows = ask(data, "ThreatIntelIndicators | sort by ObservableValue asc | project IsActive, TimeGenerated")
    assert [row[0] for row in rows] == [False, True]
    assert rows[1][1] == dt.datetime(2026, 12, 6, 8)


@pytest.mark.soak
def test_a_bundle_of_100_megabytes_is_read_in_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.json"
    with file.open("w", encoding="utf-8") as out:
        out.write('{"type":"bundle","id":"bundle--1","objects":[')
        for n in range(220_000):
            text = json.dumps(indicator(n, f"[domain-name:value = 'h{n}.example']", description="x" * 120))
            out.write(("," if n else "") + text)
        out.write("]}")
    assert file.stat().st_size > 90_000_000
    program = (
        "import sys, resource; from pathlib import Path; from dashboard.detection.intelligence.importing import import_file;"
        "r = import_file(Path(sys.argv[1]), Path(sys.argv[2])); print(r.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    command = [sys.executable, "-c", program, str(file), str(tmp_path / "data")]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True
    )
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 220_000
    assert megabytes < 1500
