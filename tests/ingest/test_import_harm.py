"""What goes wrong with files and machines: nothing is lost or doubled, and the report says what happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.ingest.test_import import AUDIT, ask, imported, lines, rejects, written
from tests.shared import ROOT


@pytest.mark.parametrize("kind", ["audit", "table"])
def test_a_line_of_a_hundred_megabytes_is_rejected_and_the_others_arrive(tmp_path: Path, kind: str) -> None:
    record = AUDIT if kind == "audit" else {"TimeGenerated": "2026-11-20T10:00:00Z", "a": 1}
    path = tmp_path / "Big_CL.jsonl"
    with path.open("w") as out:
        out.write(json.dumps({**record, "auditID": "first"}) + "\n" + '{"text": "')
        for _ in range(100):
            out.write("x" * 1_000_000)
        out.write('"}\n' + json.dumps({**record, "auditID": "last"}) + "\n")
    assert imported(tmp_path, path) == 0
    assert ask(tmp_path, "AKSAudit | count" if kind == "audit" else "Big_CL | count") == [[2]]
    assert [(entry["place"], entry["reason"]) for entry in rejects(tmp_path)] == [(2, "a line longer than 64 MB")]


def test_a_time_that_is_none_rejects_its_event_alone(tmp_path: Path) -> None:
    records = [{**AUDIT, "auditID": f"a{i}"} for i in range(5)]
    records[2]["stageTimestamp"] = "2026-13-20T10:00:00.5Z"
    assert imported(tmp_path, written(tmp_path, "audit.jsonl", lines(records))) == 0
    assert ask(tmp_path, "AKSAudit | count") == [[4]]
    assert {entry["place"] for entry in rejects(tmp_path)} == {3}


def test_a_single_line_of_two_hundred_megabytes_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(b'{"a": "' + b"x" * 200_000_000 + b'"}')
    assert imported(tmp_path, path) == 1
    assert len(rejects(tmp_path)) == 1
    assert "64 MB" in capsys.readouterr().err


def test_mixed_schemas_in_one_file_keep_every_value(tmp_path: Path) -> None:
    records = [
        {"TimeGenerated": "2026-11-20T10:00:00Z", "a": 1},
        {"TimeGenerated": "2026-11-20T10:00:01Z", "a": "one", "b": {"deep": [1]}},
        {"TimeGenerated": "2026-11-20T10:00:02Z", "b": 7, "c": None},
        AUDIT,
    ]
    assert imported(tmp_path, written(tmp_path, "Mixed_CL.jsonl", lines(records))) == 0
    rows = ask(tmp_path, "Mixed_CL | order by TimeGenerated asc | project row = tostring(pack_all())")
    text = " ".join(str(row[0]) for row in rows)
    assert len(rows) == 3
    assert all(part in text for part in ("one", "deep", "7"))
    assert ask(tmp_path, "AKSAudit | count") == [[1]]


def test_a_kill_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "audit.jsonl", lines([{**AUDIT, "auditID": f"a{i}"} for i in range(60_000)]))
    table = written(
        tmp_path,
        "App_CL.csv",
        "TimeGenerated,n\n" + "".join(f"2026-11-20T10:00:00Z,{i % 100}\n" for i in range(60_000)),
    )
    command = [
        sys.executable,
        "-m",
        "dashboard.cli",
        "data",
        "import",
        str(table),
        str(path),
        "--data",
        str(tmp_path / "data"),
        "--yes",
    ]
    for seconds in (1.0, 2.5):
        running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert subprocess.run(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=dict(os.environ)).returncode == 0
    assert ask(tmp_path, "AKSAudit | summarize count(), dcount(AuditId, 4)")[0][0] == 60_000
    assert ask(tmp_path, "KubernetesAudit | count") == ask(tmp_path, "AzureDiagnostics | count") == [[60_000]]
    assert ask(tmp_path, "App_CL | count") == [[60_000]]
    assert not list((tmp_path / "data").glob("*/*/*.plan"))
