"""The sample estate that goes on."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.estate import generate
from dashboard.ingest.estate.live import LiveEstate
from dashboard.ingest.schemas import known_tables


def count(folder: Path, query: str) -> int:
    return int(str(LocalEngine(folder, known_tables()).run(QueryRequest(query)).json_rows()[0][0]))


def test_live_rows_follow_the_estate_with_no_row_twice_and_end_with_a_new_estate(tmp_path: Path) -> None:
    began = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=20)
    made = generate(tmp_path, now=began, days=3)
    live = LiveEstate(tmp_path, every=0.1)
    live.start()
    try:
        deadline = time.monotonic() + 60
        while live.rows < 300 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert live.running
        other = LiveEstate(tmp_path, every=0.1)
        other.start()  # of several only one adds
        time.sleep(0.5)
        other.stop()
        assert other.rows == 0
    finally:
        live.stop()
    assert not live.running
    since = f"todatetime('{made.now.isoformat()}Z')"
    assert count(tmp_path, f"union * | where TimeGenerated >= {since} | count") == live.rows > 0
    assert count(tmp_path, f"union * | where TimeGenerated < {since} | count") <= made.rows
    assert count(tmp_path, "AKSAudit | summarize count() - dcount(AuditId, 4)") == 0
    assert count(tmp_path, "union * | where TimeGenerated > now() | count") == 0
    generate(tmp_path, days=3)
    assert not list(tmp_path.glob("*/*/estate-live-*"))
