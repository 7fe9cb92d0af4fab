"""Titles that tell of their part's own result."""

from __future__ import annotations

import re
from pathlib import Path

from dashboard.engines.local import LocalEngine
from dashboard.runtime import Session, run_all
from tests.runtime.standin import book, group, parameters, query


def test_a_title_counts_its_rows_and_tells_how_long_they_took_also_in_a_group(tmp_path: Path) -> None:
    counted = query("range n from 1 to 1234 step 1", title="{$rowCount} rows, {P}, {$queryTime}")
    none = query("range n from 1 to 0 step 1", title="{$rowCount} rows")
    broken = query("nothing", title="{$rowCount} rows")
    waits = query("print '{Q}'", title="{$rowCount} rows of {$other}")
    settings = parameters({"name": "P", "value": "now"}, {"name": "Q", "isRequired": True})
    session = Session(book(settings, group(counted), none, broken, waits), LocalEngine(tmp_path))
    results = run_all(session)
    titles = [item.texts.get("title", "") for item, _ in results if item.item.kind == "query"]
    assert re.fullmatch(r"1,234 rows, now, [\d,]+(\.\d)? m?s", titles[0])
    assert titles[1:] == ["0 rows", "\u2013 rows", "\u2013 rows of {$other}"]
    (nested,) = next(item for item, _ in results if item.item.kind == "group").items
    assert nested.texts["title"] == titles[0]
    assert session.plan().walk()[2].texts["title"].startswith("{$rowCount}")
