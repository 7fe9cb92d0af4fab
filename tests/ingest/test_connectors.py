"""How healthy each connector is, told by rows."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from dashboard.engines.local import LocalEngine
from dashboard.ingest.connectors import check, connectors
from dashboard.ingest.imports.run import import_file, propose
from dashboard.ingest.schemas import known_tables

NOW = dt.datetime(2026, 11, 20, 12)


def test_every_connector_names_known_tables_and_says_how_to_connect_it() -> None:
    known = known_tables()
    for each in connectors():
        assert all(name.startswith("*") or name in known for name in each.tables), each.name
        assert each.azure
        assert each.here


def test_rows_a_day_delay_gaps_and_drift_are_those_of_the_tables(tmp_path: Path) -> None:
    hours = [0, 1, 2, 9, 10]
    rows = [
        {"TimeGenerated": f"2026-11-20T{hour:02d}:30:00Z", "SyslogMessage": "x", "Colour": "blue"} for hour in hours
    ]
    file = tmp_path / "Syslog.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_file(propose(file, tmp_path / "data"), tmp_path / "data")
    engine = LocalEngine(tmp_path / "data", known_tables())
    healths = {health.connector.key: health for health in check(engine, NOW)}
    syslog = healths["syslog"]
    assert syslog.state == "late"  # the last row is one hour and a half old
    (table,) = syslog.tables
    assert (round(table.rows_a_day * 7), table.last, table.gap, table.drift) == (
        5,
        dt.datetime(2026, 11, 20, 10, 30),
        6,
        ("Colour",),
    )
    assert healths["activity"].state == "none"
    assert healths["activity"].empty == ("AzureActivity",)
    assert {health.connector.key: health.state for health in check(engine, dt.datetime(2026, 11, 20, 11))}[
        "syslog"
    ] == "healthy"
    assert {health.connector.key: health.state for health in check(engine, dt.datetime(2027, 1, 1))}[
        "syslog"
    ] == "silent"
