"""How long rows are kept: deleting by table and day, retention, and how much room the folder takes.

Days are UTC. A file goes as a whole where all its rows are too old; one that also holds younger rows is written anew without the old ones and
replaced in one step.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from dashboard import settings
from dashboard.engines.inventory import read_inventory, times_of
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.imports.run import alone

RETENTION = "retention.json"
EVERY_TABLE = "*"
MOST_DAYS = 36_500


@dataclass(frozen=True)
class Deleted:
    """What went: rows, and bytes of files."""

    rows: int = 0
    bytes: int = 0


def delete_rows(folder: Path, table: str, before: dt.date | None = None) -> Deleted:
    """Deletes the rows of `table` that are older than the day `before`, or all. What was imported may be imported again then.
    Raises WatchbookError: IN016 there is no such table with rows, IN014 the folder cannot be written."""
    place = folder / table
    if not re.fullmatch(r"[A-Za-z_]\w*", table) or next(place.glob("date=*/*.parquet"), None) is None:
        known = ", ".join(sorted(read_inventory(folder))[:8]) or "none"
        raise WatchbookError(
            Problem("IN016", f"There is no table '{table[:100]}' with rows.", hint=f"Tables with rows: {known} …")
        )
    with alone(folder):
        return _delete(place, before)


def _delete(place: Path, before: dt.date | None) -> Deleted:
    cut = dt.datetime.combine(before, dt.time()) if before else None
    rows = size = 0
    for file in sorted(place.glob("date=*/*.parquet")):
        count, first, last = times_of(file)
        if cut is not None and last is not None and last >= cut:
            if first is not None and first < cut:
                gone, saved = _without_old(file, cut)
                rows, size = rows + gone, size + saved
            continue
        if cut is not None and last is None:
            continue  # rows without a time are not older than anything
        rows, size = rows + count, size + file.stat().st_size
        file.unlink(missing_ok=True)
        file.with_suffix(".ids").unlink(missing_ok=True)
        with suppress(OSError):
            file.parent.rmdir()
    with suppress(OSError):
        place.rmdir()
    return Deleted(rows, size)


def _without_old(file: Path, cut: dt.datetime) -> tuple[int, int]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    kept = table.filter(pc.greater_equal(table.column("TimeGenerated"), pc.scalar(cut)))
    before = file.stat().st_size
    beside = file.with_suffix(".tmp")
    pq.write_table(kept, beside, compression="zstd", write_statistics=["TimeGenerated"], row_group_size=200_000)
    os.replace(beside, file)
    return table.num_rows - kept.num_rows, before - file.stat().st_size


def read_retention(folder: Path) -> dict[str, int]:
    """Days by table; `*` is for every other one. Empty where nothing is to be deleted."""
    try:
        found = orjson.loads((folder / RETENTION).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return {str(name): days for name, days in found.items() if isinstance(days, int)} if isinstance(found, dict) else {}


def set_retention(folder: Path, table: str, days: int | None) -> dict[str, int]:
    """Keeps rows of `table` (`*` for every table without its own) for `days`; None for ever. Raises WatchbookError (IN017)."""
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise WatchbookError(Problem("IN017", f"Days must be between 1 and {MOST_DAYS:,}; got {days}."))
    found = read_retention(folder)
    if days is None:
        found.pop(table, None)
    else:
        found[table] = days
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f"{RETENTION}.tmp"
        beside.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        os.replace(beside, folder / RETENTION)
    except OSError as error:
        raise WatchbookError(
            Problem("IN014", f"The rows cannot be written: {error.strerror or error}.", place=Place(file=str(folder)))
        ) from None
    return found


def apply_retention(folder: Path, today: dt.date | None = None) -> Mapping[str, Deleted]:
    """Deletes what is older than its table's retention; by table what went."""
    today = today or dt.datetime.now(dt.UTC).date()
    kept = read_retention(folder)
    found = {}
    for table in sorted(read_inventory(folder)) if kept else ():
        days = kept.get(table, kept.get(EVERY_TABLE))
        if days is not None:
            gone = delete_rows(folder, table, today - dt.timedelta(days=days))
            if gone.rows:
                found[table] = gone
    return found


def used_bytes(folder: Path) -> int:
    """What the files of all tables, the journal and the rejects take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def room_problem(folder: Path) -> Problem | None:
    """A warning where the folder is near or beyond the setting `disk_limit_gb`, or the disk nearly full."""
    import shutil

    limit = settings.integer("disk_limit_gb") << 30
    try:
        used, free = used_bytes(folder), shutil.disk_usage(folder).free
    except OSError:
        return None
    hint = "Delete old rows with `watchbook data delete`, or set a retention with `watchbook data retention`."
    if limit and used > limit * 0.9:
        what = f"Local data takes {used / 2**30:.1f} GB of the {limit / 2**30:.0f} GB that it may."
        return Problem("IN018", what, "warning", hint=hint)
    if free < 1 << 30:
        return Problem("IN018", f"The disk with local data has {free / 2**20:,.0f} MB left.", "warning", hint=hint)
    return None
