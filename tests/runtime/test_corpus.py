"""Real workbooks are evaluated without an exception, every item of the document in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard import settings
from dashboard.document import load_workbook
from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, report, run_all
from tests.runtime.standin import StandIn
from tests.shared import needs_shared, workbooks


@needs_shared
@pytest.mark.shared
@pytest.mark.parametrize("all_items", [False, True])
def test_every_item_of_every_real_workbook_is_in_its_report(all_items: bool) -> None:
    engine = StandIn(name="local")
    for file in workbooks():
        workbook = load_workbook(file)
        view = Session(workbook, engine, all_items=all_items, time_range_ms=86_400_000)
        written = report(workbook, view, run_all(view))
        json.dumps(written).encode()
        assert [item["path"] for item in written["items"]] == [item.path for item in workbook.walk()], file
        for item in written["items"]:
            assert item["status"] in ("ok", "empty", "hidden", "unset", "unsupported", "error"), file
            assert item["message"] or item["status"] in ("ok", "hidden"), (file, item)
            if item["status"] == "unset":
                assert "Please set: " in item["message"]


@pytest.mark.parametrize("file", sorted(settings.shipped("workbooks").glob("*.json")), ids=lambda file: file.stem)
def test_shipped_workbooks_draw_everything_on_the_sample_estate(file: Path, estate: Path) -> None:
    workbook = load_workbook(file)
    view = Session(workbook, LocalEngine(estate, known_tables()))
    wrong = [
        (item.path, result.status, result.message)
        for item, result in run_all(view)
        if result.status not in ("ok", "hidden")
    ]
    assert wrong == []
