"""How long rows are kept, how many files hold them, and folders that are watched."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import fastavro
import pytest

from dashboard.cli import main
from dashboard.ingest.compact import MANY
from dashboard.ingest.imports.run import Imported
from dashboard.ingest.imports.watch import watch_folder
from dashboard.ingest.keep import apply_retention, read_retention, room_problem
from dashboard.server.data_jobs import next_night
from tests.ingest.test_import import AUDIT, ask, imported, lines, written


def days_of(tmp_path: Path) -> list[list[object]]:
    return ask(tmp_path, "App_CL | order by TimeGenerated asc | project tostring(TimeGenerated)")


def some_days(tmp_path: Path) -> Path:
    text = lines([{"TimeGenerated": f"2026-11-{day:02d}T12:00:00Z", "a": day} for day in (1, 2, 3)])
    return written(tmp_path, "App_CL.jsonl", text)


def test_rows_before_a_day_or_all_rows_are_deleted_and_may_come_again(tmp_path: Path) -> None:
    file = some_days(tmp_path)
    data = str(tmp_path / "data")
    imported(tmp_path, file)
    assert main(["data", "delete", "App_CL", "--before", "2026-11-02", "--yes", "--data", data]) == 0
    assert len(days_of(tmp_path)) == 2
    imported(tmp_path, file)
    assert len(days_of(tmp_path)) == 3
    assert main(["data", "delete", "App_CL", "--yes", "--data", data]) == 0
    assert not (tmp_path / "data" / "App_CL").exists()
    assert main(["data", "delete", "App_CL", "--yes", "--data", data]) == 1
    assert main(["data", "delete", "../outside", "--yes", "--data", data]) == 1


def test_retention_deletes_by_table_what_is_too_old_and_nothing_else(tmp_path: Path) -> None:
    import datetime as dt

    imported(tmp_path, some_days(tmp_path))
    folder = tmp_path / "data"
    assert main(["data", "retention", "Other_CL", "1", "--data", str(folder)]) == 0
    assert len(days_of(tmp_path)) == 3
    assert main(["data", "retention", "*", "36500", "--data", str(folder)]) == 0
    assert read_retention(folder) == {"*": 36500, "Other_CL": 1}
    main(["data", "retention", "App_CL", "20000", "--data", str(folder)])
    gone = apply_retention(folder, dt.date(2026, 11, 3) + dt.timedelta(days=20_000))
    assert {name: deleted.rows for name, deleted in gone.items()} == {"App_CL": 2}
    assert next_night(dt.datetime(2026, 11, 3, 4, tzinfo=dt.UTC)) == dt.datetime(2026, 11, 4, 3, tzinfo=dt.UTC)


def test_a_folder_beyond_its_limit_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert room_problem(tmp_path) is None
    (tmp_path / "big").write_bytes(b"")
    with (tmp_path / "big").open("r+b") as file:
        file.truncate(2 << 30)
    monkeypatch.setenv("WATCHBOOK_DISK_LIMIT_GB", "2")
    problem = room_problem(tmp_path)
    assert problem is not None
    assert problem.code == "IN018"


def test_many_small_imports_become_few_files_with_the_same_rows(tmp_path: Path) -> None:
    for number in range(MANY + 1):
        record = {
            "TimeGenerated": f"2026-11-01T12:00:{number:02d}Z",
            "n": number,
            **({"late": True} if number % 5 == 4 else {}),
        }
        imported(tmp_path, written(tmp_path, "App_CL.jsonl", lines([record])))
    files = list((tmp_path / "data" / "App_CL").glob("*/import-*.parquet"))
    assert len(files) < MANY
    assert ask(tmp_path, "App_CL | summarize count(), dcount(n), countif(late)") == [[MANY + 1, MANY + 1, 2]]
    imported(tmp_path, written(tmp_path, "App_CL.jsonl", lines([{"TimeGenerated": "2026-11-01T12:00:03Z", "n": 3}])))
    assert ask(tmp_path, "App_CL | count") == [[MANY + 1]]


def test_a_watched_folder_is_imported_as_files_come_and_grow(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    stop = threading.Event()
    told: list[object] = []
    thread = threading.Thread(
        target=watch_folder,
        args=(inbox, tmp_path / "data", lambda path, done: told.append(done), stop),
        kwargs={"every": 0.05},
    )
    thread.start()
    try:
        (inbox / "more.tmp").write_text("unfinished")
        record = lines([{"TimeGenerated": "2026-11-01T12:00:00Z", "n": 1}])
        for name, content in (("App_CL.jsonl", record.encode()), ("odd.bin", b"\0\1\2")):
            # They come whole: a file that is still empty at two looks would be taken as it is.
            (tmp_path / name).write_bytes(content)
            (tmp_path / name).rename(inbox / name)
        _until(lambda: len(told) == 2)
        with (inbox / "App_CL.jsonl").open("a") as file:
            file.write(lines([{"TimeGenerated": "2026-11-01T12:00:00Z", "n": 2}]))
        _until(lambda: len(told) == 3)
    finally:
        stop.set()
        thread.join()
    assert ask(tmp_path, "App_CL | summarize count(), sum(n)") == [[2, 3]]
    assert sum(isinstance(done, Imported) for done in told) == 2


def _until(condition: object) -> None:
    for _ in range(1_200):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_an_event_hubs_capture_gives_the_records_that_were_sent(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "EventData", "fields": [
        {"name": "SequenceNumber", "type": "long"}, {"name": "EnqueuedTimeUtc", "type": "string"}, {"name": "Body", "type": ["null", "bytes"]},
    ]}  # fmt: skip
    record = {
        "time": "2026-11-20T10:00:00Z", "category": "kube-audit", "operationName": "x", "resourceId": "/SUBSCRIPTIONS/S/X/Y",
        "properties": {"log": json.dumps(AUDIT), "pod": "kube-apiserver-1"},
    }  # fmt: skip
    bodies = [json.dumps({"records": [record]}).encode(), b"not json"]
    with (tmp_path / "capture.avro").open("wb") as out:
        fastavro.writer(
            out, schema, [{"SequenceNumber": i, "EnqueuedTimeUtc": "x", "Body": body} for i, body in enumerate(bodies)]
        )
    assert imported(tmp_path, tmp_path / "capture.avro") == 0
    assert ask(tmp_path, "AKSAudit | project AuditId, PodName") == [["a1", "kube-apiserver-1"]]
    assert ask(tmp_path, "AzureDiagnostics | count") == [[1]]
    assert len(list((tmp_path / "data" / "rejects").glob("*.jsonl"))) == 1
