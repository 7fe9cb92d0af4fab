"""Indicators at size: `python -m tests.benchmarks.indicators [INDICATORS] [ROWS]` (a million, ten million).

Makes a STIX bundle (addresses, ranges, domains, URLs, hashes, e-mail addresses; every tenth expired, every twentieth revoked)
and rows of a firewall and of e-mail, a few of which meet indicators of each kind; imports the one and matches the other, each in
a process of its own, and prints seconds by the clock and of the processor, and the most memory. Fails where a match is missed,
or one is told of an indicator that is expired or revoked.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from dashboard.detection.intelligence.importing import import_file
from dashboard.detection.intelligence.matching import match_tables
from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from tests.shared import ROOT

KINDS = ("address", "range", "domain", "url", "hash", "email")
SHARES = (50, 2, 20, 12, 12, 4)
MET_OF_EACH = 20
DAY = 86_400


def value(kind: str, number: int) -> tuple[str, str]:
    """The pattern of an indicator, and a text of a log that meets it. No two numbers meet the same text."""
    high, middle, low = number >> 16 & 0x7F, number >> 8 & 0xFF, number & 0xFF
    match kind:
        case "address":
            return f"[ipv4-addr:value = '11.{high}.{middle}.{low}']", f"11.{high}.{middle}.{low}"
        case "range":
            return f"[ipv4-addr:value = '12.{number >> 8 & 0xFF}.{low}.0/24']", f"12.{number >> 8 & 0xFF}.{low}.77"
        case "domain":
            return f"[domain-name:value = 'bad-{number}.example.net']", f"BAD-{number}.example.net"
        case "url":
            return f"[url:value = 'http://bad.example.org/p/{number}']", f"http://bad.example.org/p/{number}"
        case "hash":
            digest = f"{number:064x}"
            return f"[file:hashes.'SHA-256' = '{digest}']", digest.upper()
    return f"[email-addr:value = 'bad{number}@example.net']", f"bad{number}@example.net"


def write_bundle(path: Path, count: int) -> dict[str, list[str]]:
    """Writes the bundle; gives texts that meet indicators by kind, those of ended indicators under `ended`."""
    kinds = random.Random(7).choices(KINDS, SHARES, k=count)
    met: dict[str, list[str]] = {kind: [] for kind in (*KINDS, "ended")}
    now = dt.datetime.now(dt.UTC)
    stamps = {days: (now + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for days in (-60, -30, -1, 60)}
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "bundle", "id": "bundle--1", "objects": [')
        for number, kind in enumerate(kinds):
            expired, revoked = number % 10 == 3, number % 20 == 7
            pattern, text = value(kind, number)
            entry = {
                "type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.UUID(int=number + 1)}", "created": stamps[-60],
                "modified": stamps[-30], "name": f"Known bad {number}", "pattern": pattern, "pattern_type": "stix",
                "valid_from": stamps[-60], "valid_until": stamps[-1 if expired else 60], "revoked": revoked, "confidence": number % 101,
                "labels": ["malicious-activity"], "indicator_types": ["malicious-activity"],
            }  # fmt: skip
            file.write(("," if number else "") + json.dumps(entry))
            # A range holds 256 addresses, and numbers of a large bundle come round: what is met must be met once.
            place = "ended" if expired or revoked else kind
            if len(met[place]) < MET_OF_EACH and not (place == "ended" and kind == "range"):
                met[place].append(text)
        file.write("]}")
    return met


def batches(rows: int, met: dict[str, list[str]]) -> Iterator[tuple[str, pa.Table]]:
    """Rows of the last day: a million at a time; the first of each table hold what meets indicators."""
    start = time.time() - DAY
    source = np.random.default_rng(7)
    for table, count in (("CommonSecurityLog", rows * 4 // 5), ("EmailEvents", rows // 5)):
        for first in range(0, count, 1_000_000):
            size = min(1_000_000, count - first)
            times = pa.array(((start + source.random(size) * (DAY - 60)) * 1e6).astype("int64"), pa.timestamp("us"))
            columns = {"TimeGenerated": times}

            def drawn(below: int, size: int = size) -> pa.Array:
                return pa.array(source.integers(0, below, size)).cast(pa.string())

            def joined(*parts: pa.Array | str, between: str = "", size: int = size) -> pa.Array:
                columns = [pa.repeat(part, size) if isinstance(part, str) else part for part in parts]
                return pa.compute.binary_join_element_wise(*columns, between)

            given = met if not first else {key: [] for key in met}
            if table == "EmailEvents":
                senders = joined("user", drawn(50_000), "@contoso.com")
                columns["SenderFromAddress"] = _with(senders, given["email"])
            else:
                addresses = joined("10", drawn(256), drawn(256), drawn(256), between=".")
                hosts = joined("host-", drawn(20_000), ".contoso.com")
                columns["SourceIP"] = _with(addresses, [*given["address"], *given["range"], *given["ended"]])
                columns["DestinationIP"] = addresses
                columns["DestinationHostName"] = _with(hosts, given["domain"])
                columns["RequestURL"] = _with(joined("https://", hosts, "/index.html"), given["url"])
                columns["FileHash"] = _with(joined("", size=size), given["hash"])
            yield table, pa.table(columns)


def _with(values: pa.Array, first: list[str]) -> pa.Array:
    return pa.concat_arrays([pa.array(first, pa.string()), values[len(first) :]]) if first else values


def write_rows(folder: Path, rows: int, met: dict[str, list[str]]) -> None:
    for number, (name, table) in enumerate(batches(rows, met)):
        day = folder / name / f"date={dt.datetime.now(dt.UTC):%Y-%m-%d}"
        day.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, day / f"part-{number}.parquet", compression="zstd")


def step(name: str, folder: Path) -> None:
    """One measured step, in this process."""
    began, processor = time.perf_counter(), time.process_time()
    if name == "import":
        report = import_file(folder / "bundle.json", folder / "data", source="Benchmark")
        told = f"{report.indicators:,} indicators, {report.active:,} active"
    else:
        found = list(match_tables(LocalEngine(folder / "data", known_tables()), ago="2d", most=10_000))
        problems = [each.problem.describe() for each in found if each.problem is not None]
        assert not problems, problems
        texts = {str(row[2]) for each in found if each.matches is not None for row in each.matches.rows()}
        met = json.loads((folder / "met.json").read_text())
        wanted = {text.lower() for kind in KINDS for text in met[kind]}
        assert texts == wanted, (sorted(texts - wanted)[:5], sorted(wanted - texts)[:5])
        told = f"{len(texts):,} values met, none of an indicator that is over"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: {time.perf_counter() - began:.1f} s, {time.process_time() - processor:.1f} s of processor, {peak:,.0f} MB at most; {told}",
        flush=True,
    )


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["--step"]:
        step(arguments[1], Path(arguments[2]))
        return
    given = [int(text) for text in arguments[:2]]
    indicators, rows = (*given, *(1_000_000, 10_000_000)[len(given) :])
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base)
        met = write_bundle(folder / "bundle.json", indicators)
        (folder / "met.json").write_text(json.dumps(met))
        write_rows(folder / "data", rows, met)
        print(f"{indicators:,} indicators ({(folder / 'bundle.json').stat().st_size / 1e6:,.0f} MB), {rows:,} rows")
        for name in ("import", "match"):
            subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.indicators", "--step", name, base], cwd=ROOT, check=True
            )


if __name__ == "__main__":
    main(sys.argv[1:])
