"""Reading, importing and changing watchlists."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import sqlalchemy as sa

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.imports.delimited import separator, unique_names
from dashboard.store.database import Store
from dashboard.store.watchlists import ITEMS, WATCHLISTS, count_change

Duplicates = Literal["refuse", "keep", "last"]
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,98}[A-Za-z0-9]\Z")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?%?\Z")
_LARGEST: Final = 50 << 20
_MOST_ITEMS: Final = 200_000
_MOST_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class Watchlist:
    """The head of a watchlist. `key` names the column that SearchKey is filled from."""

    alias: str
    name: str
    key: str
    columns: tuple[str, ...]
    source: str
    items: int
    modified: dt.datetime


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: how many items, how many were left out as doubles, how many cells begin like formulas, and how
    many items of imported data under the same alias are hidden from now on."""

    watchlist: Watchlist
    left_out: int
    formulas: int
    replaced: int


def now_utc() -> dt.datetime:
    """The clock."""
    return dt.datetime.now(dt.UTC)


def list_watchlists(store: Store) -> list[Watchlist]:
    """All watchlists of the store, by alias."""
    counted = sa.select(ITEMS.c.alias, sa.func.count().label("held")).group_by(ITEMS.c.alias).subquery()
    query = sa.select(WATCHLISTS, counted.c.held).outerjoin(counted, counted.c.alias == WATCHLISTS.c.alias)
    with store.reading() as connection:
        rows = connection.execute(query.order_by(WATCHLISTS.c.alias)).all()
    return [
        Watchlist(row.alias, row.name, row.key, tuple(json.loads(row.columns)), row.source, row.held or 0, row.modified)
        for row in rows
    ]


def get_watchlist(store: Store, alias: str) -> Watchlist:
    """One watchlist. Raises WatchbookError (WL001) where there is none."""
    found = next((each for each in list_watchlists(store) if each.alias == alias), None)
    if found is None:
        raise WatchbookError(Problem("WL001", f"There is no watchlist '{alias[:100]}'."))
    return found


def items_of(store: Store, alias: str, most: int = _MOST_ITEMS) -> list[tuple[str, dict[str, str]]]:
    """The items of a watchlist in their order, each with its id."""
    query = sa.select(ITEMS.c.id, ITEMS.c.item).where(ITEMS.c.alias == alias).order_by(ITEMS.c.position).limit(most)
    with store.reading() as connection:
        return [(row.id, json.loads(row.item)) for row in connection.execute(query)]


def import_csv(
    store: Store, source: Path | bytes, *, alias: str, key: str, name: str = "", duplicates: Duplicates = "refuse",
    folder: Path | None = None, file: str = "",
) -> Imported:  # fmt: skip
    """Makes a watchlist from a CSV file with a header, or replaces the one of that alias, in one transaction.

    `key` names the column of search keys. Keys that come more than once are refused with their lines, unless `duplicates`
    says to keep them all or the last of each. `folder` is the data folder: items of the alias that its files hold are
    hidden. Raises WatchbookError: WL002 for the file, WL003 for alias or key, WL004 for keys that come more than once.
    """
    if not _ALIAS.match(alias):
        hint = "Use letters, digits, - and _, beginning and ending with a letter or digit, 3 to 100 in all."
        raise WatchbookError(Problem("WL003", f"'{alias[:100]}' can't be an alias.", hint=hint))
    file = file or (source.name if isinstance(source, Path) else "the file")
    heads, lines = _read(source, file)
    if key not in heads:
        raise WatchbookError(
            Problem("WL003", f"{file} has no column '{key}'.", hint=f"Its columns: {', '.join(heads[:20])}.")
        )
    counts = Counter(item[key] for _, item in lines)
    doubles = [value for value, count in counts.items() if count > 1]
    if doubles and duplicates == "refuse":
        shown = "; ".join(
            f"'{value[:40]}' in lines {', '.join(str(line) for line, item in lines if item[key] == value)[:60]}"
            for value in doubles[:5]
        )
        more = f" and {len(doubles) - 5} more" if len(doubles) > 5 else ""
        hint = "Correct the file, or import with duplicates kept (--duplicates keep) or the last of each (--duplicates last)."
        raise WatchbookError(
            Problem("WL004", f"{file} has keys that come more than once: {shown}{more}.", place=Place(file), hint=hint)
        )
    items = (
        list({item[key]: item for _, item in lines}.values()) if duplicates == "last" else [item for _, item in lines]
    )
    replaced = _held_elsewhere(folder, alias) if folder else []
    now = now_utc()
    head = {
        "name": name or alias, "key": key, "columns": json.dumps(heads), "source": file, "modified": now, "replaces": json.dumps(replaced),
    }  # fmt: skip
    with store.writing() as connection:
        if connection.execute(WATCHLISTS.update().where(WATCHLISTS.c.alias == alias).values(**head)).rowcount == 0:
            connection.execute(WATCHLISTS.insert().values(alias=alias, id=str(uuid.uuid4()), created=now, **head))
        connection.execute(ITEMS.delete().where(ITEMS.c.alias == alias))
        if items:
            connection.execute(ITEMS.insert(), [_row(alias, at, item, key, now) for at, item in enumerate(items)])
        count_change(connection)
    formulas = sum(is_formula(cell) for item in items for cell in item.values())
    return Imported(get_watchlist(store, alias), len(lines) - len(items), formulas, len(replaced))


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might take the text for a formula. Here it is a text like any other; exports guard it."""
    return cell.startswith(_FORMULA) and not _NUMBER.match(cell)


def put_item(store: Store, alias: str, values: Mapping[str, str], item_id: str = "") -> str:
    """Adds an item, or changes the one of an id; its id. Raises WatchbookError: WL001, WL003 for an unknown column."""
    watchlist = get_watchlist(store, alias)
    unknown = set(values) - set(watchlist.columns)
    if unknown:
        raise WatchbookError(Problem("WL003", f"The watchlist {alias} has no column '{sorted(unknown)[0][:80]}'."))
    item = {name: str(values.get(name, "")) for name in watchlist.columns}
    now = now_utc()
    with store.writing() as connection:
        if item_id:
            changed = {"item": json.dumps(item, ensure_ascii=False), "key": item[watchlist.key], "modified": now}
            where = (ITEMS.c.id == item_id) & (ITEMS.c.alias == alias)
            if connection.execute(ITEMS.update().where(where).values(**changed)).rowcount == 0:
                raise WatchbookError(Problem("WL001", "The item was deleted in the meantime."))
        else:
            last = connection.scalar(sa.select(sa.func.max(ITEMS.c.position)).where(ITEMS.c.alias == alias))
            row = _row(alias, (last if last is not None else -1) + 1, item, watchlist.key, now)
            connection.execute(ITEMS.insert().values(**row))
            item_id = row["id"]
        _touch(connection, alias, now)
    return item_id


def delete_items(store: Store, alias: str, ids: Sequence[str]) -> int:
    """Deletes items by id; how many."""
    with store.writing() as connection:
        count = connection.execute(ITEMS.delete().where(ITEMS.c.alias == alias, ITEMS.c.id.in_(list(ids)))).rowcount
        _touch(connection, alias, now_utc())
    return count


def delete_watchlist(store: Store, alias: str) -> None:
    """Deletes a watchlist with its items. Raises WatchbookError (WL001) where there is none."""
    with store.writing() as connection:
        if connection.execute(WATCHLISTS.delete().where(WATCHLISTS.c.alias == alias)).rowcount == 0:
            raise WatchbookError(Problem("WL001", f"There is no watchlist '{alias[:100]}'."))
        connection.execute(ITEMS.delete().where(ITEMS.c.alias == alias))
        count_change(connection)


def _touch(connection: sa.Connection, alias: str, now: dt.datetime) -> None:
    connection.execute(WATCHLISTS.update().where(WATCHLISTS.c.alias == alias).values(modified=now))
    count_change(connection)


def _row(alias: str, at: int, item: Mapping[str, str], key: str, now: dt.datetime) -> dict[str, Any]:
    text = json.dumps(dict(item), ensure_ascii=False)
    return {"id": str(uuid.uuid4()), "alias": alias, "position": at, "key": item[key], "item": text, "modified": now}


def _read(source: Path | bytes, file: str) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header and the items with the lines they begin on."""

    def wrong(sentence: str) -> WatchbookError:
        return WatchbookError(Problem("WL002", f"{file} {sentence}.", place=Place(file), hint="Nothing was imported."))

    try:
        raw = source if isinstance(source, bytes) else source.read_bytes() if source.stat().st_size <= _LARGEST else b""
    except OSError as error:
        raise wrong(f"cannot be read: {error.strerror or error}") from None
    if not raw or len(raw) > _LARGEST:
        raise wrong(
            "is empty" if not raw and isinstance(source, bytes) else f"is empty or larger than {_LARGEST >> 20} MB"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if "\0" in text:
        raise wrong("is no CSV text")
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator(raw[:65536]))
    heads: list[str] = []
    items: list[tuple[int, dict[str, str]]] = []
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not heads:
                if len(set(cells)) < len(cells):
                    raise wrong("has two columns of the same name")
                heads = unique_names(cells)
                if len(heads) > _MOST_COLUMNS:
                    raise wrong(f"has {len(heads)} columns; a watchlist has at most {_MOST_COLUMNS}")
                continue
            if len(cells) != len(heads):
                raise wrong(f"has {len(cells)} cells in line {at}, where the header has {len(heads)}")
            items.append((at, dict(zip(heads, cells, strict=True))))
            if len(items) > _MOST_ITEMS:
                raise wrong(f"has more than {_MOST_ITEMS:,} items")
    except csv.Error as error:
        raise wrong(f"is broken in line {line}: {error}") from None
    if not items:
        raise wrong("has a header but no items" if heads else "has no header")
    return heads, items


def _held_elsewhere(folder: Path, alias: str) -> list[str]:
    """The ids of items that the data folder's own files hold under the alias."""
    import duckdb

    files = [str(file) for file in (folder / "Watchlist").glob("*/*.parquet")]
    if not files:
        return []
    with duckdb.connect(":memory:") as connection:
        try:
            rows = connection.execute(
                "SELECT DISTINCT _DTItemId FROM read_parquet($1, union_by_name=true) WHERE WatchlistAlias = $2 AND _DTItemType != 'watchlist'",
                [files, alias],
            ).fetchall()
        except duckdb.Error:
            return []
    return [str(row[0]) for row in rows]
