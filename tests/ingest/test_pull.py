"""`watchbook data pull` from the query API: complete after kills, incremental, within limits, masked."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.errors import WatchbookError
from dashboard.ingest.pull.mask import mask, read_rules
from dashboard.ingest.pull.run import Pull
from dashboard.ingest.pull.slices import Slice, plan
from dashboard.ingest.pull.state import State
from dashboard.table import table_from_rows
from tests.engines.azure_server import azure_server, environment
from tests.server.querying import WORKSPACE, Credential, querying
from tests.shared import write_rows

START = dt.datetime(2026, 11, 1)
END = dt.datetime(2026, 11, 8)


def source(folder: Path, rows: int) -> Path:
    """A table of `rows` rows over a week, a tenth of them in one minute."""
    database = duckdb.connect()
    database.execute(
        f"""CREATE TABLE t AS SELECT i AS Id,
        CASE WHEN i % 10 = 0 THEN TIMESTAMP '2026-11-03 10:00:00' + to_microseconds((i * 7919) % 60000000)
        ELSE TIMESTAMP '2026-11-01' + to_microseconds((i * 604800000000 // {rows})::BIGINT) END AS TimeGenerated,
        'user' || (i % 100) || '@example.org' AS Account, '10.0.' || (i % 250) || '.' || (i % 199) AS Ip FROM range({rows}) s(i)"""
    )
    for day in range(7):
        date = START + dt.timedelta(days=day)
        chosen = f"SELECT * FROM t WHERE date_trunc('day', TimeGenerated) = TIMESTAMP '{date}'"
        write_rows(folder, "Events_CL", f"{date:%Y-%m-%d}", database.sql(chosen).to_arrow_table())
    return folder


def checksum(folder: Path) -> tuple[int, int, int]:
    """Rows, distinct ids, and their sum, of every file of the table."""
    files = str(folder / "Events_CL" / "*" / "*.parquet")
    text = f"SELECT count(*), count(DISTINCT Id), sum(Id)::BIGINT FROM read_parquet('{files}')"
    (row,) = duckdb.connect().execute(text).fetchall()
    return row


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return source(tmp_path_factory.mktemp("source"), 20_000)


@pytest.fixture
def engine(small: Path) -> Iterator[LogAnalyticsEngine]:
    with querying(LocalEngine(small, {})) as port:
        yield LogAnalyticsEngine([WORKSPACE], Credential(), f"http://127.0.0.1:{port}")


def pull(engine: LogAnalyticsEngine, folder: Path, **options: object) -> Pull:
    given = {"since": START, "until": END, **options}
    return Pull(engine, WORKSPACE, folder, **given)  # type: ignore[arg-type]


def quiet(_: float, __: str) -> None:
    pass


def test_a_table_is_pulled_whole_and_a_second_pull_fetches_nothing(
    engine: LogAnalyticsEngine, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHBOOK_PULL_ROWS", "1500")
    (found,) = pull(engine, tmp_path).run(["Events_CL"], quiet)
    assert (found.rows, found.counted) == (20_000, 20_000)
    assert found.slices > 10
    assert checksum(tmp_path) == checksum(small)
    (again,) = pull(engine, tmp_path).run(["Events_CL"], quiet)
    assert (again.rows, again.slices) == (20_000, 0)
    types = LocalEngine(tmp_path, {}).catalog().tables["Events_CL"].columns
    assert dict(types)["TimeGenerated"] == "datetime"


def test_a_later_pull_adds_what_came_since(engine: LogAnalyticsEngine, small: Path, tmp_path: Path) -> None:
    pull(engine, tmp_path, until=dt.datetime(2026, 11, 4)).run(["Events_CL"], quiet)
    pull(engine, tmp_path, since=dt.datetime(2026, 11, 2)).run(["Events_CL"], quiet)
    assert checksum(tmp_path) == checksum(small)


def add(folder: Path, name: str, ids: range, time: dt.datetime) -> None:
    """Rows that arrive now and carry an earlier time."""
    times = pa.array([time] * len(ids), pa.timestamp("us"))
    rows = pa.table({"Id": list(ids), "TimeGenerated": times, "Account": ["late"] * len(ids), "Ip": ["::1"] * len(ids)})
    write_rows(folder, "Events_CL", f"{time:%Y-%m-%d}", rows, name)


def test_rows_that_came_after_their_slice_was_taken_are_fetched_by_the_next_pull_and_none_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHBOOK_PULL_ROWS", "100")
    data, target = source(tmp_path / "source", 2_000), tmp_path / "target"
    local = LocalEngine(data, {})
    with querying(local) as port:
        live = LogAnalyticsEngine([WORKSPACE], Credential(), f"http://127.0.0.1:{port}")
        (first,) = pull(live, target).run(["Events_CL"], quiet)
        assert (first.rows, first.counted) == (2_000, 2_000)

        add(data, "late", range(5_000, 5_007), dt.datetime(2026, 11, 7, 20, 30))
        add(data, "very-late", range(6_000, 6_003), dt.datetime(2026, 11, 2, 3))
        (second,) = pull(live, target).run(["Events_CL"], quiet)
        assert (second.rows, second.slices, second.counted) == (2_007, 1, 2_010)
        (third,) = pull(live, target, late=dt.timedelta(days=7)).run(["Events_CL"], quiet)
        assert (third.rows, third.slices, third.counted) == (2_010, 1, 2_010)
        assert checksum(target) == checksum(data)
        (last,) = pull(live, target, late=dt.timedelta(0)).run(["Events_CL"], quiet)
        assert last.slices == 0


def test_a_slice_that_is_too_much_is_cut_until_it_fits(small: Path, tmp_path: Path) -> None:
    with querying(_Cutting(small, 400)) as port:  # type: ignore[arg-type]
        live = LogAnalyticsEngine([WORKSPACE], Credential(), f"http://127.0.0.1:{port}")
        (found,) = pull(live, tmp_path).run(["Events_CL"], quiet)
    assert found.rows == 20_000
    assert checksum(tmp_path) == checksum(small)


def test_a_slice_that_outgrew_one_answer_since_it_was_written_is_cut_and_no_row_is_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, target = source(tmp_path / "source", 2_000), tmp_path / "target"
    with querying(_Cutting(data, 2_100)) as port:  # type: ignore[arg-type]
        live = LogAnalyticsEngine([WORKSPACE], Credential(), f"http://127.0.0.1:{port}")
        (first,) = pull(live, target).run(["Events_CL"], quiet)
        assert (first.rows, first.slices) == (2_000, 1)
        add(data, "late", range(5_000, 5_500), dt.datetime(2026, 11, 7, 20, 30))
        with monkeypatch.context() as killed:
            killed.setattr(State, "split", _kill)
            with pytest.raises(KeyboardInterrupt):
                pull(live, target).run(["Events_CL"], quiet)
        (second,) = pull(live, target).run(["Events_CL"], quiet)
        assert (second.rows, second.slices, second.counted) == (2_500, 2, 2_500)
        assert checksum(target) == checksum(data)


def _kill(state: State, part: Slice) -> None:
    raise KeyboardInterrupt


def test_a_pull_that_finds_nothing_changed_leaves_its_state_file_alone(
    engine: LogAnalyticsEngine, tmp_path: Path
) -> None:
    pull(engine, tmp_path).run(["Events_CL"], quiet)
    (state,) = tmp_path.glob(".pull/*/Events_CL.json")
    before = state.stat()
    pull(engine, tmp_path).run(["Events_CL"], quiet)
    assert (state.stat().st_mtime_ns, state.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


class _Cutting:
    """Local data of a service that gives few rows in one answer."""

    name = "local"

    def __init__(self, folder: Path, most: int) -> None:
        self._engine = LocalEngine(folder, {})
        self._most = most

    def run(self, request: object, cancel: object = None) -> object:
        from dataclasses import replace

        return self._engine.run(replace(request, row_limit=self._most), cancel)  # type: ignore[arg-type, type-var]


def kill_until_done(address: str, folder: Path, home: Path, kills: int, longest: float, rows: int) -> int:
    """Runs the command again and again, killing it `kills` times on the way; how often it was killed."""
    code = "import sys; from dashboard.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["data", "pull", "--workspace", WORKSPACE, "--tables", "Events_CL", "--since", START.isoformat()]
    arguments += ["--until", END.isoformat(), "--data", str(folder)]
    around = {**os.environ, "WATCHBOOK_HOME": str(home), "WATCHBOOK_PULL_ROWS": str(rows), **_endpoint(address, home)}
    killed, chance = 0, random.Random(7)
    while True:
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=around, stderr=subprocess.PIPE)
        if killed < kills:
            written = set(folder.glob("Events_CL/*/*.parquet"))
            # Let it get somewhere, then kill it at any moment.
            ends = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < ends:
                if set(folder.glob("Events_CL/*/*.parquet")) != written:
                    break
                time.sleep(0.005)
            time.sleep(chance.uniform(0, longest))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
        said = process.communicate()[1]
        if process.returncode == 0:
            return killed
        assert process.returncode == -signal.SIGKILL, said.decode()


def _endpoint(address: str, home: Path) -> dict[str, str]:
    """The environment of a command whose Log Analytics is the query API; it signs in with a token of the Azure on loopback."""
    told = json.loads((home / "azure.env").read_text())
    return {**told, "WATCHBOOK_AZURE_ENDPOINT": address}


@pytest.mark.parametrize(
    ("rows", "kills", "part"),
    [(20_000, 3, 700), pytest.param(1_000_000, 20, 8_000, marks=pytest.mark.soak)],
)
def test_a_pull_that_is_killed_on_the_way_loses_and_doubles_nothing(
    rows: int, kills: int, part: int, tmp_path: Path
) -> None:
    data = source(tmp_path / "source", rows)
    home, target = tmp_path / "home", tmp_path / "target"
    home.mkdir()
    with azure_server() as azure, querying(LocalEngine(data, {})) as port:
        (home / "azure.env").write_text(json.dumps(environment(azure)))
        killed = kill_until_done(f"http://127.0.0.1:{port}", target, home, kills, 0.15, part)
    assert killed == kills
    assert checksum(target) == checksum(data)
    assert not list(target.rglob("*.tmp")) or checksum(target)[0] == rows


def test_slices_cover_the_range_without_a_gap_and_none_holds_too_much() -> None:
    hours = [(START + dt.timedelta(hours=at), count, 0.0) for at, count in enumerate([10, 0, 500, 90, 20_000, 5])]
    found = plan(START, END, hours, 1_000, 1e9)
    assert [part.end for part in found[:-1]] == [part.start for part in found[1:]]
    assert (found[0].start, found[-1].end) == (START, END)
    assert len([part for part in found if part.start.hour == 4 and part.start.day == 1]) >= 20


def test_a_slice_of_a_second_is_cut_by_hash() -> None:
    second = Slice(START, START + dt.timedelta(seconds=1))
    parts = second.halves()
    assert len({part.name for part in parts}) == 8
    assert {each.part for part in parts for each in part.halves()} == set(range(64))


def test_columns_are_masked_by_rule_before_anything_is_written(engine: LogAnalyticsEngine, tmp_path: Path) -> None:
    rules = read_rules(["Account=email", "Events_CL.Ip=ip"])
    pull(engine, tmp_path, rules=rules, key=b"k").run(["Events_CL"], quiet)
    rows = pa.concat_tables([pq.read_table(file) for file in sorted(tmp_path.glob("Events_CL/*/*.parquet"))])
    accounts, addresses = rows.column("Account").to_pylist(), rows.column("Ip").to_pylist()
    assert all(text.endswith("@example.org") and "user" not in text for text in accounts)
    assert len(set(accounts)) == 100
    assert all(text.endswith(".0") for text in addresses)
    with pytest.raises(WatchbookError, match="other rules"):
        pull(engine, tmp_path).run(["Events_CL"], quiet)


@pytest.mark.parametrize(
    ("rule", "cell", "masked"),
    [
        ("S=keep:3", "abcdef", "abc…"), ("S=text:x", "abc", "x"), ("S=remove", "abc", ""), ("s*=ip", "from 10.1.2.3!", "from 10.1.2.0!"),
        ("S=ip", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("Other.S=remove", "abc", "abc"),
    ],
)  # fmt: skip
def test_each_way_of_masking(rule: str, cell: str, masked: str) -> None:
    table = table_from_rows([("S", "string")], [(cell,)])
    assert mask(table, "T", read_rules([rule]), b"k").rows() == [(masked,)]


def test_texts_inside_dynamic_values_are_masked_and_their_names_stay() -> None:
    table = table_from_rows([("D", "dynamic"), ("N", "long")], [({"user": "ada", "n": [1, "ada"]}, 5)])
    row = mask(table, "T", read_rules(["D=keep:1", "N=remove"]), b"k").json_rows()[0]
    assert row == [{"user": "a…", "n": [1, "a…"]}, None]


@pytest.mark.parametrize("text", ["Account", "A=shuffle", "=hash", "A=keep:x"])
def test_a_rule_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(WatchbookError, match="IN021"):
        read_rules([text])
