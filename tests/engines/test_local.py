"""The local engine over Parquet files: answers, limits, the locked-down connection."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.engines.local import LocalEngine, open_connection
from dashboard.engines.protocol import CancelToken, QueryRequest, TimeSpan
from dashboard.errors import Cancelled, WatchbookError
from dashboard.table import KqlType
from tests.shared import write_rows

EVENTS: tuple[tuple[str, KqlType], ...] = (
    ("TimeGenerated", "datetime"),
    ("Name", "string"),
    ("name", "string"),
    ("Count", "long"),
    ("Detail", "dynamic"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start = dt.datetime(2026, 11, 1)
    for day in range(3):
        times = [start + dt.timedelta(days=day, hours=hour) for hour in range(24)]
        table = pa.table(
            {
                "TimeGenerated": pa.array(times, pa.timestamp("us")),
                "Name": [f"pod-{hour % 3}" for hour in range(24)],
                "name": ["lower"] * 24,
                "Count": pa.array(range(24), pa.int64()),
                "Detail": [f'{{"hour": {hour}}}' for hour in range(24)],
            }
        )
        write_rows(tmp_path, "Events", f"2026-11-0{day + 1}", table)
    return tmp_path


@pytest.fixture
def engine(folder: Path) -> LocalEngine:
    return LocalEngine(folder, {"Events": EVENTS, "Quiet": (("TimeGenerated", "datetime"), ("Text", "string"))})


def test_a_query_answers_with_kql_types(engine: LocalEngine) -> None:
    table = engine.run(
        QueryRequest("Events | summarize n = count(), last = max(TimeGenerated) by Name | order by Name asc")
    )
    assert [(c.name, c.type) for c in table.columns] == [("Name", "string"), ("n", "long"), ("last", "datetime")]
    assert table.json_rows()[0] == ["pod-0", 24, "2026-11-03T21:00:00Z"]


def test_columns_that_differ_only_in_case_stay_apart(engine: LocalEngine) -> None:
    table = engine.run(QueryRequest("Events | project Name, name | take 1"))
    assert table.names == ("Name", "name")
    assert table.rows()[0][1] == "lower"


def test_the_standard_columns_of_every_table_are_there_where_a_query_names_them(engine: LocalEngine) -> None:
    text = "Events | where _TimeReceived >= datetime(2026-11-03) and isempty(TenantId) | summarize n = count(), s = sum(_BilledSize) by Type"
    assert engine.run(QueryRequest(text)).rows() == [("Events", 24, 0.0)]
    assert "Type" not in engine.run(QueryRequest("Events | take 1")).names
    assert len(engine.run(QueryRequest("Quiet | project _ItemId, _ResourceId, _SubscriptionId, _IsBillable"))) == 0


def test_standard_columns_that_only_a_stored_function_names_are_there_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = tmp_path / "functions"
    functions.mkdir()
    (functions / "Owned.kql").write_text("Renamed | where isempty(_ResourceId)", encoding="utf-8")
    (functions / "Renamed.kql").write_text("Owned_Source() | project Name, _ResourceId", encoding="utf-8")
    (functions / "Owned_Source.kql").write_text("Events | project-away Count", encoding="utf-8")
    monkeypatch.setenv("WATCHBOOK_FUNCTIONS_FOLDER", str(functions))
    engine = LocalEngine(folder, {"Events": EVENTS})
    assert engine.run(QueryRequest("Owned | take 1")).names == ("Name", "_ResourceId")
    assert "_ResourceId" not in engine.run(QueryRequest("Owned_Source | take 1")).names


def test_a_query_that_gives_nothing_has_neither_columns_nor_rows(engine: LocalEngine) -> None:
    table = engine.run(QueryRequest("Events | consume"))
    assert (table.names, len(table)) == ((), 0)


def test_places_that_the_local_data_stands_for_are_read_and_others_refused(
    engine: LocalEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ("workspace('Contoso').Events | count", "cluster('c.kusto').database('Logs').Events | count")
    for text in texts:
        with pytest.raises(WatchbookError, match="WATCHBOOK_LOCAL_PLACES") as caught:
            engine.run(QueryRequest(text))
        assert caught.value.problem.code == "KQ205"
    monkeypatch.setenv("WATCHBOOK_LOCAL_PLACES", "contoso, logs")
    named = LocalEngine(folder, {"Events": EVENTS})
    assert [named.run(QueryRequest(text)).rows() for text in texts] == [[(72,)], [(72,)]]
    both = "union workspace('contoso').Events, workspace('fabrikam').Events | count"
    with pytest.raises(WatchbookError, match="fabrikam"):
        named.run(QueryRequest(both))
    monkeypatch.setenv("WATCHBOOK_LOCAL_PLACES", "*")
    assert LocalEngine(folder, {"Events": EVENTS}).run(QueryRequest(both)).rows() == [(144,)]


def test_a_log_query_reads_the_tables_of_resource_graph_in_any_case(folder: Path) -> None:
    engine = LocalEngine(folder, {"resources": (("id", "string"), ("type", "string"))})
    assert engine.run(QueryRequest("arg('').Resources | project type")).names == ("type",)
    with pytest.raises(WatchbookError, match="nowhere"):
        engine.run(QueryRequest("arg('').Nowhere"))


def test_a_time_span_limits_the_table_beside_the_text(engine: LocalEngine) -> None:
    span = TimeSpan(dt.datetime(2026, 11, 2, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, 11, 59, tzinfo=dt.UTC))
    assert engine.run(QueryRequest("Events | count", timespan=span)).rows() == [(12,)]


def test_a_known_table_without_files_is_empty_and_an_unknown_one_is_named(engine: LocalEngine) -> None:
    assert engine.run(QueryRequest("Quiet")).rows() == []
    with pytest.raises(WatchbookError) as caught:
        engine.run(QueryRequest("Evnts | count"))
    assert "Evnts" in str(caught.value)
    assert "Events" in caught.value.problem.describe()


def test_rows_over_the_limit_are_cut_with_a_notice(engine: LocalEngine) -> None:
    table = engine.run(QueryRequest("Events | order by TimeGenerated asc", row_limit=5))
    assert (len(table), table.status, table.notices[-1].code) == (5, "partial", "EN005")
    assert table.column("TimeGenerated")[0] == dt.datetime(2026, 11, 1)


def test_new_files_are_seen_within_a_second(engine: LocalEngine, folder: Path) -> None:
    before, version = engine.run(QueryRequest("Events | count")).rows()[0][0], engine.version()
    write_rows(folder, "Events", "2026-11-04", pq.read_table(folder / "Events" / "date=2026-11-01" / "part.parquet"))
    deadline = time.monotonic() + 1
    while engine.version() == version and time.monotonic() < deadline:
        time.sleep(0.05)
    assert engine.run(QueryRequest("Events | count")).rows()[0][0] == before + 24


def test_a_cancelled_query_stops(engine: LocalEngine) -> None:
    cancel = CancelToken()
    threading.Timer(0.3, cancel.cancel).start()
    with pytest.raises(Cancelled):
        engine.run(QueryRequest(SLOW), cancel)


def test_a_query_over_its_time_is_stopped_and_told(engine: LocalEngine) -> None:
    with pytest.raises(WatchbookError, match="EN002"):
        engine.run(QueryRequest(SLOW, seconds=0.3))


class Hasty(CancelToken):
    """Cancelled as soon as somebody listens: before the query begins to run."""

    def on_cancel(self, callback: Callable[[], None]) -> None:
        super().on_cancel(callback)
        self.cancel()


def test_a_query_that_is_cancelled_before_it_runs_stops(engine: LocalEngine) -> None:
    started = time.monotonic()
    with pytest.raises(Cancelled):
        engine.run(QueryRequest(SLOW, seconds=60), Hasty())
    assert time.monotonic() - started < 40


SLOW = """range a from 1 to 200000 step 1 | extend k = 1
| join kind=inner (range b from 1 to 200000 step 1 | extend k = 1) on k
| summarize sum(a * b)"""


def test_the_inventory_tells_rows_and_times(engine: LocalEngine) -> None:
    info = {table.name: table for table in engine.tables()}
    assert (info["Events"].rows, info["Events"].first) == (72, dt.datetime(2026, 11, 1))
    assert (info["Quiet"].rows, info["Quiet"].last) == (0, None)


def test_a_source_that_local_data_lacks_is_refused(engine: LocalEngine) -> None:
    with pytest.raises(WatchbookError, match="EN006"):
        engine.run(QueryRequest("{}", source="arm"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access=true",
        "SELECT * FROM 'https://127.0.0.1/x.parquet'",
    ],
)
def test_the_connection_itself_reaches_nothing_outside_the_folder(folder: Path, sql: str) -> None:
    connection = open_connection(folder)
    with pytest.raises(duckdb.Error):
        connection.execute(sql)


def test_columns_that_depend_on_the_data_are_looked_up_in_it(engine: LocalEngine) -> None:
    table = engine.run(QueryRequest("Events | project Detail | take 3 | evaluate bag_unpack(Detail)"))
    assert table.names == ("hour",)


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "copies"
    (folder / "feeds.example").mkdir(parents=True)
    (folder / "feeds.example" / "bad.csv").write_text(
        "ip,score,seen\n10.0.0.1,7,2026-11-01\n10.0.0.2,x,\n", encoding="utf-8"
    )
    (folder / "list.json").write_text('[{"name": "a", "tags": [1]}, {"name": "b"}]', encoding="utf-8")
    monkeypatch.setenv("WATCHBOOK_EXTERNALDATA_FOLDER", str(folder))
    return folder


def test_externaldata_reads_the_copy_of_a_web_address(copies: Path, engine: LocalEngine) -> None:
    query = "externaldata(ip:string, score:long, seen:datetime)['https://feeds.example/bad.csv'] with (format='csv', ignoreFirstRecord=true)"
    assert engine.run(QueryRequest(query)).rows() == [
        ("10.0.0.1", 7, dt.datetime(2026, 11, 1)),
        ("10.0.0.2", None, None),
    ]


def test_a_new_copy_changes_the_version_of_the_data_but_no_table(
    folder: Path, engine: LocalEngine, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path_factory.mktemp("copies")
    monkeypatch.setenv("WATCHBOOK_EXTERNALDATA_FOLDER", str(copies))
    (folder / "external").mkdir()
    before, catalog = engine.version(), engine.catalog()
    for place in (copies, folder / "external"):
        (place / "feeds.example").mkdir(parents=True, exist_ok=True)
        (place / "feeds.example" / "new.csv").write_text("one\n", encoding="utf-8")
        deadline = time.monotonic() + 2
        while engine.version() == before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert engine.version() != before
        before = engine.version()
    assert engine.catalog() is catalog


def test_externaldata_reads_json_by_column_names(copies: Path, engine: LocalEngine) -> None:
    query = "externaldata(name:string, tags:dynamic)['list.json'] with (format='multijson')"
    assert engine.run(QueryRequest(query)).json_rows() == [["a", [1]], ["b", None]]


@pytest.mark.parametrize(
    "address", ["../Events/date=2026-11-01/part.parquet", "/etc/hostname", "https://other.example/x.csv", "a\\x00b"]
)
def test_externaldata_reads_nothing_outside_its_folder(copies: Path, engine: LocalEngine, address: str) -> None:
    with pytest.raises(WatchbookError, match="EN021"):
        engine.run(QueryRequest(f"externaldata(x:string)['{address}']"))


def test_externaldata_without_a_copy_says_how_to_have_one(engine: LocalEngine) -> None:
    address = "https://feeds.example/a%20list.csv"
    with pytest.raises(WatchbookError, match="EN021") as caught:
        engine.run(QueryRequest(f"externaldata(x:string)['{address}']"))
    assert f'watchbook data external "{address}"' in caught.value.problem.hint
    assert "external/feeds.example/a list.csv" in caught.value.problem.hint


@pytest.fixture
def external(folder: Path) -> Path:
    place = folder / "external" / "feeds.example"
    place.mkdir(parents=True)
    return place


def _one(engine: LocalEngine, address: str, rest: str = "", columns: str = "x:string") -> list[list[object]]:
    return engine.run(QueryRequest(f"externaldata({columns})[h@'{address}'] {rest}")).json_rows()


def test_externaldata_reads_copies_beside_the_data(external: Path, engine: LocalEngine) -> None:
    (external / "a list.csv").write_text("one,1\ntwo,2\n", encoding="utf-8")
    assert _one(engine, "https://feeds.example/a%20list.csv?token=7") == [["one"], ["two"]]
    (external / "index").write_text("three\n", encoding="utf-8")
    assert _one(engine, "https://feeds.example/", "with (format='txt')") == [["three"]]


def test_externaldata_reads_rows_of_uneven_length_and_whole_texts(external: Path, engine: LocalEngine) -> None:
    (external / "uneven.csv").write_text('a,"b, c",d,e\nf\n', encoding="utf-8")
    address = "https://feeds.example/uneven.csv"
    assert _one(engine, address, columns="x:string, y:string, z:long") == [["a", "b, c", None], ["f", "", None]]
    assert _one(engine, address, "with (format='raw')") == [['a,"b, c",d,e\nf\n']]


def test_externaldata_reads_one_object_over_many_lines(external: Path, engine: LocalEngine) -> None:
    (external / "tags.json").write_text('{\n "n": 3,\n "values": [1]\n}', encoding="utf-8")
    address = "https://feeds.example/tags.json"
    assert _one(engine, address, "with (format='multijson')", "n:long, values:dynamic") == [[3, [1]]]


def test_externaldata_reads_an_archive_that_lies_unpacked(external: Path, engine: LocalEngine) -> None:
    (external / "top.csv.zip").mkdir()
    (external / "top.csv.zip" / "top.csv").write_text("a\n", encoding="utf-8")
    (external / "top.csv.zip" / "README").write_text("not this\n", encoding="utf-8")
    address = "https://feeds.example/top.csv.zip"
    assert _one(engine, address, "with (format='csv', zipPattern='*.csv')") == [["a"]]


def test_a_stand_in_is_told_and_gives_way_to_a_copy(external: Path, engine: LocalEngine) -> None:
    place = external.parent / "_stand-ins" / "feeds.example"
    place.mkdir(parents=True)
    (place / "bad.csv").write_text("made up\n", encoding="utf-8")
    query = QueryRequest("let l = externaldata(x:string)['https://feeds.example/bad.csv']; union l, l")
    table = engine.run(query)
    assert table.rows() == [("made up",), ("made up",)]
    assert [(notice.code, "feeds.example/bad.csv" in notice.message) for notice in table.notices] == [("EN024", True)]
    before = engine.version()
    (external / "bad.csv").write_text("real\n", encoding="utf-8")
    fresh = LocalEngine(engine.folder)
    assert fresh.version() != before
    table = fresh.run(query)
    assert (table.rows(), table.notices) == ([("real",), ("real",)], ())


def test_a_result_of_very_many_columns_has_fewer_rows(folder: Path) -> None:
    wide: tuple[tuple[str, KqlType], ...] = tuple((f"c{i}", "long") for i in range(10_000))
    table = LocalEngine(folder, {"Wide": wide}).run(QueryRequest("range x from 1 to 3000 step 1 | union Wide"))
    assert (len(table.columns), table.arrow.num_rows, table.status) == (10_001, 1_999, "partial")
    assert "Only the first 1,999 rows are shown" in table.notices[0].message


def test_a_cancel_told_late_does_not_stop_the_next_query(engine: LocalEngine) -> None:
    cancel = CancelToken()
    engine.run(QueryRequest("Events | count"), cancel)
    stopper = threading.Thread(target=lambda: (time.sleep(0.05), cancel.cancel()))
    stopper.start()
    table = engine.run(QueryRequest("range a from 1 to 3000000 step 1 | summarize n = dcount(a % 1000)"))
    stopper.join()
    assert table.rows() == [(1000,)]


def test_files_with_different_columns_are_read_together(engine: LocalEngine, folder: Path) -> None:
    extra = pa.table({"TimeGenerated": pa.array([dt.datetime(2026, 11, 5)], pa.timestamp("us")), "Extra_s": ["more"]})
    write_rows(folder, "Events", "2026-11-05", extra)
    fresh = LocalEngine(folder, {"Events": EVENTS})
    assert fresh.run(QueryRequest("Events | summarize count() by Extra_s, has = isnotempty(Name)")).json_rows() in (
        [["", True, 72], ["more", False, 1]],
        [["more", False, 1], ["", True, 72]],
    )


def test_every_cursor_reads_times_as_utc_wherever_the_machine_is() -> None:
    script = (
        "from dashboard.engines.local import open_connection\n"
        "print(open_connection(None).cursor().sql(\"SELECT current_setting('TimeZone')\").fetchall())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "TZ": "America/New_York"}, capture_output=True, text=True
    )
    assert "UTC" in run.stdout, run.stderr
