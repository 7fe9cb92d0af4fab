"""Watchlists come from CSV whole or not at all, and queries see them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.detection.watchlists import watchlist as watchlists
from dashboard.detection.workspace import open_local
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.store.database import Store
from tests.shared import write_rows

CSV = b'User,Role,Note\nann@contoso.example,CEO,=HYPERLINK("x")\nbob@contoso.example,CFO,-5\n'


def _store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder / 'store.db'}")


def _ask(folder: Path, store: Store, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in open_local(folder / "data", store).run(QueryRequest(query)).rows()]


def test_a_watchlist_is_seen_by_queries_and_follows_edits(tmp_path: Path) -> None:
    store = _store(tmp_path)
    done = watchlists.import_csv(store, CSV, alias="VIPs", key="User", name="Important people")
    assert (done.watchlist.items, done.formulas, done.left_out) == (2, 1, 0)
    engine = open_local(tmp_path / "data", store)

    def ask(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in engine.run(QueryRequest(query)).rows()]

    assert ask("_GetWatchlist('VIPs') | sort by User asc | project SearchKey, User, Role") == [
        ("ann@contoso.example", "ann@contoso.example", "CEO"), ("bob@contoso.example", "bob@contoso.example", "CFO"),
    ]  # fmt: skip
    added = watchlists.put_item(store, "VIPs", {"User": "eve@contoso.example", "Role": "CTO"})
    assert len(ask("_GetWatchlist('VIPs')")) == 3
    watchlists.put_item(store, "VIPs", {"User": "eve@contoso.example", "Role": "CISO"}, added)
    assert ask("_GetWatchlist('VIPs') | where User startswith 'eve' | project Role") == [("CISO",)]
    watchlists.delete_items(store, "VIPs", [added])
    watchlists.import_csv(store, b"User,Role\nzoe@contoso.example,CEO\n", alias="VIPs", key="User")
    assert ask("_GetWatchlist('VIPs') | project User") == [("zoe@contoso.example",)]
    watchlists.delete_watchlist(store, "VIPs")
    assert ask("_GetWatchlistAlias") == []


def test_a_watchlist_stands_in_place_of_imported_rows_of_its_alias(tmp_path: Path) -> None:
    import pyarrow as pa

    store = _store(tmp_path)
    rows = {
        "WatchlistAlias": ["VIPs"],
        "_DTItemType": ["watchlist-item"],
        "_DTItemId": ["old"],
        "_DTItemStatus": ["Create"],
        "SearchKey": ["old"],
        "WatchlistItem": ['{"User": "old"}'],
    }
    times = pa.array([1_700_000_000_000_000], pa.timestamp("us"))
    held = pa.table({**rows, "_DTTimestamp": times, "TimeGenerated": times})
    write_rows(tmp_path / "data", "Watchlist", "2026-01-01", held)
    query = "_GetWatchlist('VIPs') | project SearchKey"
    assert _ask(tmp_path, store, query) == [("old",)]
    done = watchlists.import_csv(store, CSV, alias="VIPs", key="User", folder=tmp_path / "data")
    assert done.replaced == 1
    assert sorted(_ask(tmp_path, store, query)) == [("ann@contoso.example",), ("bob@contoso.example",)]


def test_keys_that_come_twice_are_refused_with_their_lines_or_treated_as_told(tmp_path: Path) -> None:
    store, text = _store(tmp_path), b"User,Role\na,1\nb,2\na,3\n"
    with pytest.raises(WatchbookError) as caught:
        watchlists.import_csv(store, text, alias="VIPs", key="User")
    assert caught.value.problem.code == "WL004"
    assert "'a' in lines 2, 4" in caught.value.problem.message
    assert watchlists.list_watchlists(store) == []
    assert watchlists.import_csv(store, text, alias="VIPs", key="User", duplicates="keep").watchlist.items == 3
    assert watchlists.import_csv(store, text, alias="VIPs", key="User", duplicates="last").left_out == 1
    assert [item["Role"] for _, item in watchlists.items_of(store, "VIPs")] == ["3", "2"]


@pytest.mark.parametrize(
    ("text", "alias", "key", "code"),
    [
        (b"", "VIPs", "User", "WL002"),
        (b"User,Role\n", "VIPs", "User", "WL002"),
        (b"User,Role\na\n", "VIPs", "User", "WL002"),
        (b"User,User\na,b\n", "VIPs", "User", "WL002"),
        (b"\x00\x01", "VIPs", "User", "WL002"),
        (CSV, "VIPs", "Nobody", "WL003"),
        (CSV, "V", "User", "WL003"),
        (CSV, "a'); drop", "User", "WL003"),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_leaves_the_old_list(
    tmp_path: Path, text: bytes, alias: str, key: str, code: str
) -> None:
    store = _store(tmp_path)
    watchlists.import_csv(store, CSV, alias="VIPs", key="User")
    with pytest.raises(WatchbookError) as caught:
        watchlists.import_csv(store, text, alias=alias, key=key)
    assert caught.value.problem.code == code
    assert [each.items for each in watchlists.list_watchlists(store)] == [2]


def test_items_of_hostile_texts_are_kept_as_they_are(tmp_path: Path) -> None:
    store = _store(tmp_path)
    hostile = ["<script>alert(1)</script>", "'; DROP TABLE x;--", '{"a": 1}', "a\u202eb", "=1+1", "é\U0001f600"]
    text = "Key,Value\n" + "".join(f'k{n},"{value.replace(chr(34), chr(34) * 2)}"\n' for n, value in enumerate(hostile))
    watchlists.import_csv(store, text.encode(), alias="Hostile", key="Key")
    found = _ask(
        tmp_path, store, "_GetWatchlist('Hostile') | sort by Key asc | project Value = tostring(WatchlistItem.Value)"
    )
    assert [row[0] for row in found] == hostile
