"""Hunting queries run all at once: a failing one stops nothing, a cancel keeps what was found, changes are told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dashboard.detection.hunting.bookmarks import add_bookmark, list_bookmarks
from dashboard.detection.hunting.queries import TACTICS, HuntingQuery, load_queries
from dashboard.detection.hunting.running import last_results, read_notes, run_all, write_note
from dashboard.detection.incidents.incident import read_incident
from dashboard.detection.workspace import open_local
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import WatchbookError
from dashboard.store.database import Store
from tests.detection.stored import incident
from tests.shared import SHARED, lines, needs_shared

NOW = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)


def _query(name: str, text: str) -> HuntingQuery:
    return HuntingQuery(name, name, "", (), (), text)


def _store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder / 'store.db'}")


def test_the_shipped_queries_run_over_the_estate_and_most_find_something(tmp_path: Path, estate: Path) -> None:
    store = _store(tmp_path)
    queries, problems = load_queries(tmp_path / "none")
    assert problems == []
    assert len(queries) >= 20
    assert all(query.description and set(query.tactics) <= set(TACTICS) and query.tactics for query in queries)
    results = list(run_all(open_local(estate, store), queries, "30d", store))
    assert [result.message for result in results if result.rows < 0] == []
    assert sum(result.rows > 0 for result in results) >= 15


def test_a_failing_query_stops_no_other_and_changes_are_told(tmp_path: Path) -> None:
    store = _store(tmp_path)
    engine = open_local(tmp_path / "data", store)
    queries = [
        _query("good", "range x from 1 to 5 step 1"),
        _query("broken", "T | frobnicate"),
        _query("also", "print 1 | render table"),
    ]
    assert {result.query: result.rows for result in run_all(engine, queries, "7d", store, now=NOW)} == {
        "good": 5,
        "broken": -1,
        "also": 1,
    }
    queries[0] = _query("good", "range x from 1 to 8 step 1")
    list(run_all(engine, queries, "24h", store, now=NOW))
    assert last_results(store)["good"][1] is None
    list(run_all(engine, queries, "7d", store, now=NOW))
    last = last_results(store, "7d")
    assert (last["good"][0].rows, last["good"][1], last["broken"][1]) == (8, 3, None)
    assert last["broken"][0].message.startswith("KQ")


def test_three_hundred_queries_run_in_one_go_with_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    store = _store(tmp_path)
    engine = open_local(tmp_path / "data", store)
    queries = [_query(f"q{n}", "T | nonsense" if n % 50 == 7 else f"print x = {n}") for n in range(300)]
    results = list(run_all(engine, queries, "24h", store))
    assert (len(results), sum(result.rows < 0 for result in results)) == (300, 6)
    cancel = CancelToken()
    some = []
    for result in run_all(engine, queries, "24h", store, cancel=cancel):
        some.append(result)
        if len(some) == 20:
            cancel.cancel()
    assert 20 <= len(some) < 40


@pytest.mark.soak
@needs_shared
def test_real_hunting_queries_run_in_one_go(tmp_path: Path, estate: Path) -> None:
    store = _store(tmp_path)
    real = [line for line in lines("corpus/queries/sentinel_hunting_queries.jsonl") if line.get("semantic_ok")][:300]
    assert len(real) == 300, SHARED
    queries = [_query(f"q{n}", line["query"]) for n, line in enumerate(real)]
    results = list(run_all(open_local(estate, store), queries, "30d", store))
    assert len(results) == 300
    assert sum(result.rows >= 0 for result in results) >= 270


def test_files_that_are_wrong_are_told_and_the_others_are_there(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("name: Mine\nquery: |\n  print 1\ntactics: [Impact]\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("name: [", encoding="utf-8")
    (tmp_path / "empty.yaml").write_text("name: x\n", encoding="utf-8")
    (tmp_path / "evil.yaml").write_text("!!python/object/apply:os.system ['touch x']\n", encoding="utf-8")
    queries, problems = load_queries(tmp_path)
    assert [query.name for query in queries if query.own] == ["Mine"]
    assert sorted(problem.place.file for problem in problems) == ["bad.yaml", "empty.yaml", "evil.yaml"]


def test_a_bookmark_goes_to_an_incident_and_is_seen_by_queries(tmp_path: Path) -> None:
    store = _store(tmp_path)
    made = incident(store)
    add_bookmark(
        store,
        name="Odd pod",
        query="q",
        text="T",
        row={"Pod": "<b>x</b>", "Count": 3},
        notes="look",
        incident=made.number,
    )
    with store.reading() as connection:
        now = read_incident(connection, made.number)
    assert len(now.state["BookmarkIds"]) == 1
    assert now.state["AdditionalData"]["bookmarksCount"] == 1
    assert [mark.name for mark in list_bookmarks(store, made.number)] == ["Odd pod"]
    engine = open_local(tmp_path / "data", store)
    rows = engine.run(
        QueryRequest("HuntingBookmark | project BookmarkName, tostring(parse_json(QueryResultRow).Pod)")
    ).rows()
    assert [tuple(row) for row in rows] == [("Odd pod", "<b>x</b>")]
    with pytest.raises(WatchbookError):
        add_bookmark(store, name="x", query="q", text="T", row={"a": 1}, incident=made.number + 1)
    with pytest.raises(WatchbookError):
        add_bookmark(store, name="", query="q", text="T", row={"a": 1})
    assert len(list_bookmarks(store)) == 1


def test_notes_are_kept_and_taken_away(tmp_path: Path) -> None:
    store = _store(tmp_path)
    write_note(store, "q", " look on Mondays ")
    assert read_notes(store) == {"q": "look on Mondays"}
    write_note(store, "q", "")
    assert read_notes(store) == {}
