"""Every query that ships is valid for Microsoft's own language service, against the schemas of Log Analytics.

Needs Node.js; the language service (MIT, npm) is installed beside this file on first use. Without either, the test is skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from dashboard.ingest.schemas import known_tables
from tests.workbooks.asking import requests
from tests.workbooks.test_shipped_workbooks import NAMES

SERVICE = Path(__file__).parent / "language_service"


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js with the language service installed."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("Node.js is not installed: Microsoft's language service cannot judge the queries")
    if not (SERVICE / "node_modules/@kusto/language-service-next").is_dir():
        done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=SERVICE, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm cannot install Microsoft's language service: {done.stderr.strip().splitlines()[-1:]}")
    return found


def test_every_shipped_query_is_valid_for_microsofts_language_service(node: str, estate: Path) -> None:
    tables = {table: dict(columns) for table, columns in known_tables().items()}
    asked = [(f"{name}: {request.text}", request.text) for name in NAMES for request in requests(name, estate)]
    judged = subprocess.run(
        [node, str(SERVICE / "judge.cjs")],
        input=json.dumps({"tables": tables, "queries": asked}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(asked) > 10 * len(NAMES)
    assert [f"{message} at {offset} in {query}" for query, message, offset in json.loads(judged.stdout)] == []
