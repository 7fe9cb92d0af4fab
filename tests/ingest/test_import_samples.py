"""Real files of many sources: everything in them arrives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.imports.run import Imported, import_file, propose
from dashboard.ingest.schemas import known_tables
from tests.shared import SHARED

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (SHARED / "samples").is_dir(), reason="the samples beside the project are absent"),
]
SAMPLES = SHARED / "samples"


def bring(path: Path, folder: Path) -> Imported:
    return import_file(propose(path, folder), folder)


def of(part: str, *endings: str) -> list[Path]:
    return sorted(path for path in (SAMPLES / part).rglob("*") if path.suffix in endings and "Readme" not in path.name)


def test_every_real_audit_event_arrives_whole(tmp_path: Path) -> None:
    sent = set()
    for path in of("k8s_audit", ".json"):
        done = bring(path, tmp_path)
        assert not done.rejected
        assert {name: landed.rows for name, landed in done.tables.items()}.keys() == {
            "AKSAudit",
            "AzureDiagnostics",
            "KubernetesAudit",
        }
        sent |= {json.dumps(json.loads(line), sort_keys=True) for line in path.read_text().splitlines() if line.strip()}
    rows = LocalEngine(tmp_path, known_tables()).run(QueryRequest("AzureDiagnostics | project log_s")).column("log_s")
    assert {json.dumps(json.loads(row), sort_keys=True) for row in rows} == sent


@pytest.mark.parametrize("part", ["azure-sentinel", "msticpy", "kubernetes-auditor"])
def test_every_record_of_real_files_becomes_a_row_and_only_once(part: str, tmp_path: Path) -> None:
    for path in of(part, ".json", ".csv", ".txt"):
        done = bring(path, tmp_path)
        assert (done.rejected, done.damage) == ({}, ""), path.name
        assert max(landed.rows + landed.doubles for landed in done.tables.values()) >= done.records, path.name
        again = bring(path, tmp_path)
        assert sum(landed.rows for landed in again.tables.values()) == 0, path.name


def test_log_events_of_mixed_clouds_in_one_file_all_arrive(tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    for path in of("panther", ".yml"):
        events += [
            test["Log"]
            for test in yaml.safe_load(path.read_text()).get("Tests", [])
            if isinstance(test.get("Log"), dict)
        ]
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text("".join(json.dumps(event, default=str) + "\n" for event in events))
    done = bring(mixed, tmp_path / "data")
    assert done.records == len(events) > 100
    assert sum(done.rejected.values()) == 0
