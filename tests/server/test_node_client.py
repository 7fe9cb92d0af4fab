"""Microsoft's Kusto client for Node.js (azure-kusto-data on npm) against the query API.

Needs Node.js 20; the client is installed beside this file on first use. Without either, the test is skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables
from tests.server.querying import querying

CLIENTS = Path(__file__).parent / "node_clients"
TOKEN = "a-token-of-one-run"
TYPES = "print a = 1, s = 'ä \"x\"', t = 1d, d = datetime(2026-11-01), j = dynamic({'a': 1}), b = true, n = long(null), r = 1.5, g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js with the client installed."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("Node.js is not installed: Microsoft's client for it cannot be asked")
    if not (CLIENTS / "node_modules/azure-kusto-data").is_dir():
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=CLIENTS, capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"npm cannot install Microsoft's Kusto client: {done.stderr.strip().splitlines()[-1:]}")
    return found


def test_the_client_reads_queries_in_both_forms_parameters_and_refusals(node: str, estate: Path) -> None:
    queries = [
        TYPES,
        "KubePodInventory | summarize n = count() by Namespace | sort by Namespace asc",
        "AKSAudit | take 0",
    ]
    engine = LocalEngine(estate, known_tables())
    with querying(engine, token=TOKEN) as port:
        address = f"http://127.0.0.1:{port}"
        done = subprocess.run(
            [node, str(CLIENTS / "ask.mjs"), address, TOKEN], input=json.dumps(queries), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    for form in ("second", "first"):
        types, pods, none = told[form]
        assert [kind for _, kind in types["columns"]] == [
            "long", "string", "timespan", "datetime", "dynamic", "bool", "long", "real", "guid",
        ]  # fmt: skip
        values = types["rows"][0]
        assert values[:4] == [1, 'ä "x"', "1.00:00:00", "2026-11-01T00:00:00Z"]
        assert (json.loads(values[4]) if form == "first" else values[4]) == {"a": 1}
        assert (bool(values[5]), *values[6:]) == (True, None, 1.5, "74be27de-1e4e-49d9-b579-fe0b331d3642")
        ours = engine.run(QueryRequest(queries[1]))
        assert pods["rows"] == [list(row) for row in ours.rows()]
        assert (len(none["columns"]), none["rows"]) == (len(known_tables()["AKSAudit"]), [])
    assert told["parameter"]["rows"] == [[1], [2], [3]]
    assert told["databases"]["rows"][0][0] == "logs"
    assert "400" in told["refused"]
