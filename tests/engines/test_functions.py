"""Stored functions of local data: watchlists, and files of a folder."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest

from dashboard.engines.functions import read_function, stored_functions
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest, TimeSpan
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from tests.shared import write_rows

CREATE = """
// Who runs what.
.create-or-alter function with (docstring = "x (y)", folder = 'a') Admins(least:long = 1, word:string = ")")
{
    datatable(Name:string, Rights:long)['ann', 3, 'bob', 1, ')', 9]
    | where Rights >= least and Name != word // }
}
"""
LET = """let Doubled = (t:(x:long), times:long = 2) {
    t | extend y = x * times
};
"""
PLAIN = """// parameters: low:long, high:long = 3
let top = high;
range n from low to top step 1
"""
ASIM = """
Parser:
  Title: DNS of Contoso
ParserName: vimDnsContoso
EquivalentBuiltInParser: _Im_Dns_ContosoV01
ParserParams:
  - Name: starttime
    Type: datetime
    Default: datetime(null)
  - Name: srcipaddr
    Type: string
    Default: '*'
  - Name: names
    Type: dynamic
    Default: dynamic([])
  - Name: disabled
    Type: bool
    Default: False
ParserQuery: |
  let rows = (disabled:bool=false) {
    datatable(Ip:string, Query:string)['10.0.0.1', 'a.example', '10.0.0.2', 'b.example']
    | where not(disabled) and (srcipaddr == '*' or Ip == srcipaddr)
    | where isnull(starttime) and (array_length(names) == 0 or Query has_any (names))
  };
  rows(disabled)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "functions"
    (made / "parsers").mkdir(parents=True)
    (made / "admins.kql").write_text(CREATE)
    (made / "doubled.kql").write_text(LET)
    (made / "Numbers.kql").write_text(PLAIN)
    (made / "parsers" / "dns.yaml").write_text(ASIM)
    return made


@pytest.fixture
def engine(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> LocalEngine:
    monkeypatch.setenv("WATCHBOOK_FUNCTIONS_FOLDER", str(folder))
    return LocalEngine(tmp_path / "data", known_tables())


def rows(engine: LocalEngine, query: str, span: TimeSpan | None = None) -> list[list[object]]:
    return engine.run(QueryRequest(query, timespan=span)).json_rows()


def test_functions_of_files_answer_with_their_parameters(engine: LocalEngine) -> None:
    assert rows(engine, "Admins | sort by Name asc") == [["ann", 3], ["bob", 1]]
    assert rows(engine, "Admins(2, 'ann')") == [[")", 9]]
    assert rows(engine, "range x from 1 to 2 step 1 | invoke Doubled(5) | sort by x asc") == [[1, 5], [2, 10]]
    assert rows(engine, "Numbers(2) | summarize sum(n)") == [[5]]


def test_parsers_answer_under_both_of_their_names(engine: LocalEngine) -> None:
    assert rows(engine, "vimDnsContoso | count") == [[2]]
    assert rows(engine, "_Im_Dns_ContosoV01(srcipaddr='10.0.0.2') | project Query") == [["b.example"]]
    assert rows(engine, "vimDnsContoso(names=dynamic(['a.example'])) | project Ip") == [["10.0.0.1"]]
    assert rows(engine, "vimDnsContoso(disabled=true) | count") == [[0]]


def test_a_function_hides_the_table_of_its_name_but_not_from_itself_nor_from_wildcards(
    engine: LocalEngine, folder: Path
) -> None:
    """As in Kusto (learn.microsoft.com, "Tables"); `table()` and wildcards mean the table."""
    (folder / "Heartbeat.kql").write_text("union Heartbeat, (print Computer = 'mine') | project Computer")
    (folder / "Heartbeat2.kql").write_text("Heartbeat | count")
    assert rows(engine, "Heartbeat") == [["mine"]]
    assert rows(engine, "Heartbeat2") == [[1]]
    assert rows(engine, "table('Heartbeat') | count") == [[0]]
    assert rows(engine, "union Heartbea* | count") == [[0]]


def test_a_changed_file_counts_at_once(engine: LocalEngine, folder: Path) -> None:
    before = engine.version()
    assert rows(engine, "Numbers(1) | count") == [[3]]
    (folder / "Other.kql").write_text("print a = 7")
    engine._seen = (-1.0, "")
    assert engine.version() != before
    assert rows(engine, "Other") == [[7]]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.kql", "  ", "it is empty"),
        ("a.kql", ".drop table T", "only '.create function'"),
        ("a.yaml", "a: [", "No stored function"),
        ("a.yaml", "Title: x", "no ParserQuery"),
        ("a.yaml", "ParserQuery: T\nParserParams: [x]", "a parameter has no Name"),
    ],
)
def test_a_file_without_a_function_is_told_and_the_others_are_read(
    folder: Path, name: str, text: str, words: str
) -> None:
    (folder / name).write_text(text)
    with pytest.raises(WatchbookError) as caught:
        read_function(folder / name)
    assert caught.value.problem.code == "EN023"
    assert words in caught.value.problem.message
    found, problems = stored_functions(folder)
    assert len(problems) == 1
    assert {"Admins", "Doubled", "Numbers", "vimDnsContoso", "_GetWatchlist"} <= found.keys()


def test_a_function_that_is_wrong_is_told_where_it_is_called(engine: LocalEngine, folder: Path) -> None:
    (folder / "Broken.kql").write_text("T | whre")
    with pytest.raises(WatchbookError) as caught:
        rows(engine, "Broken")
    assert "Broken" in caught.value.problem.message


def watchlist(folder: Path, at: dt.datetime) -> None:
    vip = [("1", "ann", "Create", 1), ("1", "ann", "Update", 2), ("2", "bob", "Create", 1), ("2", "bob", "Delete", 2)]
    items = [*((i, who, status, n, "vip") for i, who, status, n in vip), ("3", "zoe", "Create", 1, "other")]
    table = pa.table(
        {
            "TimeGenerated": pa.array([at] * len(items), pa.timestamp("us")),
            "_DTTimestamp": pa.array([at + dt.timedelta(hours=n) for _, _, _, n, _ in items], pa.timestamp("us")),
            "_DTItemId": [i for i, *_ in items],
            "_DTItemType": ["watchlist-item"] * len(items),
            "_DTItemStatus": [status for _, _, status, _, _ in items],
            "WatchlistAlias": [alias for *_, alias in items],
            "SearchKey": [who for _, who, *_ in items],
            "WatchlistItem": [json.dumps({"User": who, "Version": n}) for _, who, _, n, _ in items],
        }
    )
    write_rows(folder, "Watchlist", f"{at:%Y-%m-%d}", table)


def test_a_watchlist_gives_the_present_state_of_its_items_at_any_time(tmp_path: Path) -> None:
    watchlist(tmp_path, dt.datetime(2026, 1, 1))
    engine = LocalEngine(tmp_path, known_tables())
    span = TimeSpan(dt.datetime(2026, 11, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
    table = engine.run(QueryRequest("_GetWatchlist('vip')", timespan=span))
    assert [c.name for c in table.columns] == [
        "_DTItemId", "LastUpdatedTimeUTC", "SearchKey", "WatchlistItem", "User", "Version",
    ]  # fmt: skip
    assert [[row[0], row[2], row[4], row[5]] for row in table.json_rows()] == [["1", "ann", "ann", 2]]
    assert rows(engine, "print u = 'ann' | where u in ((_GetWatchlist('vip') | project User)) | count", span) == [[1]]
    assert rows(engine, "_GetWatchlistAlias | sort by WatchlistAlias asc", span) == [["other"], ["vip"]]
    assert rows(engine, "Watchlist | count", span) == [[0]]


def test_a_watchlist_that_does_not_exist_is_empty_and_takes_any_column(tmp_path: Path) -> None:
    engine = LocalEngine(tmp_path, known_tables())
    assert rows(engine, "_GetWatchlist('none') | where User == 'x' | project SearchKey, User") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("imRegistry | count", "imRegistry is an ASIM parser"),
        ("_Im_Dns(responsecodename='NXDOMAIN') | count", "_Im_Dns is an ASIM parser"),
        ("Network_MetaParser | count", "If it is a function of your workspace"),
        ("SecurityEven | count", "Did you mean 'SecurityEvent'?"),
    ],
)
def test_a_function_that_is_not_here_says_where_its_file_goes(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        rows(LocalEngine(tmp_path, known_tables()), text)
    hint = caught.value.problem.hint
    assert hint.startswith(told)
    assert ("WATCHBOOK_FUNCTIONS_FOLDER" in hint) == ("Did you mean" not in hint)


def test_a_custom_table_that_is_not_here_is_not_taken_for_a_function(tmp_path: Path) -> None:
    with pytest.raises(WatchbookError) as caught:
        rows(LocalEngine(tmp_path, known_tables()), "Mine_CL | count")
    assert caught.value.problem.hint == ""
