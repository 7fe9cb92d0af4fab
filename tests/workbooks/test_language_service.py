"""Every query that ships is valid for Microsoft's own language service, against the schemas of Log Analytics.

Needs Node.js; the language service (MIT, npm) is installed beside this file on first use. Without either, the test is skipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboard.document import load_workbook
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, run_all
from dashboard.table import Table
from tests.workbooks.test_shipped_workbooks import FOLDER, NAMES

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


class Asking(LocalEngine):
    """The local engine, noting what it is asked."""

    asked: list[str]

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        if request.source == "logs":
            self.asked.append(request.text)
        return super().run(request, cancel)


def queries(name: str, folder: Path) -> list[str]:
    """All queries of a workbook as they are sent, those of parameters and of hidden parts included."""
    engine = Asking(folder, known_tables())
    engine.asked = []
    names = ("PodUid", "PodName", "PickedUser", "PickedKind", "PickedComponent", "Incident", "IncidentTitle", "AlertId",
             "AlertTitle", "Entity", "PickedImage")  # fmt: skip
    audits = (f"Audit_{kind}" for kind in ("exec", "kind", "secrets", "role", "privileged", "anonymous"))
    values: Mapping[str, Any] = dict.fromkeys((*names, *audits), "7")
    run_all(Session(load_workbook(FOLDER / f"{name}.json"), engine, values=values, all_items=True))
    return engine.asked


def test_every_shipped_query_is_valid_for_microsofts_language_service(node: str, estate: Path) -> None:
    tables = {table: dict(columns) for table, columns in known_tables().items()}
    asked = [(f"{name}: {text}", text) for name in NAMES for text in queries(name, estate)]
    judged = subprocess.run(
        [node, str(SERVICE / "judge.cjs")],
        input=json.dumps({"tables": tables, "queries": asked}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(asked) > 10 * len(NAMES)
    assert [f"{message} at {offset} in {query}" for query, message, offset in json.loads(judged.stdout)] == []
