"""Makes the sample estate in a folder: windows of time, families of tables, files by date.

`TABLE/date=D/` holds rows of day D, or of some days from D on where there are few. A window is as long as memory allows: all days at once for the small estate, minutes of them for ten million rows. Each
file is written beside its place and renamed into it, so that a reader sees the old file or the new one.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest import locks

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboard.ingest.estate.window import Family

Progress = Callable[[float, str], None]

VERSION = 3
MANIFEST = "estate.json"
STALE_HOURS = 3
"""A small estate older than this is made anew when it is opened."""
WINDOW_ROWS = 300_000
"""Rows of one family that are made at a time; what bounds the memory."""
FILE_ROWS = 2_500
"""Rows that are worth a file of their own."""
MOST_ROWS = 200_000_000


@dataclass(frozen=True)
class Report:
    """What was made: rows by table, the time that "now" meant (naive UTC), seconds and bytes."""

    folder: Path
    seed: int
    now: dt.datetime
    tables: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    bytes: int = 0

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.tables.values())


def generate(
    folder: Path,
    *,
    seed: int = 7,
    rows: int | None = None,
    days: int = 30,
    now: dt.datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Makes the estate of the `days` before `now` (the clock where None) in `folder`, in place of an older estate there;
    other files stay. `rows` None is the small estate; a number scales everything but the stories. The same seed, rows,
    days and now give the same rows. Raises WatchbookError: IN001 the folder cannot be written, IN002 an absurd size."""
    if rows is not None and not 0 < rows <= MOST_ROWS:
        raise WatchbookError(Problem("IN002", f"rows must be between 1 and {MOST_ROWS:,}; got {rows:,}."))
    if not 1 <= days <= 400:
        raise WatchbookError(Problem("IN002", f"days must be between 1 and 400; got {days}."))
    moment = (now or dt.datetime.now(dt.UTC)).replace(microsecond=0)
    moment = moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            return _generate(folder, seed, rows, days, moment, progress or (lambda fraction, text: None))
    except OSError as error:
        raise WatchbookError(
            Problem(
                "IN001",
                f"The sample estate cannot be written: {error.strerror or error}.",
                place=Place(file=str(folder)),
                hint="Choose a folder that can be written.",
            )
        ) from None


def ensure_estate(folder: Path, *, progress: Progress | None = None) -> Report | None:
    """Has a small estate in `folder` that ends now: makes it on first use, makes it anew when it is some hours old. None
    where nothing was to be done: it is fresh, it is a larger one, or the folder holds the user's own tables only."""
    if not _wanted(folder):
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if not _wanted(folder):
                return None  # Another process has just made it.
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
            return _generate(folder, 7, None, 30, now, progress or (lambda fraction, text: None))
    except OSError as error:
        raise WatchbookError(
            Problem(
                "IN001",
                f"The sample estate cannot be written: {error.strerror or error}.",
                place=Place(file=str(folder)),
                hint="Choose a folder that can be written.",
            )
        ) from None


def _wanted(folder: Path) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["size"] != "small":
            return False
        age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(manifest["now"])
        return manifest["version"] != VERSION or abs(age) > dt.timedelta(hours=STALE_HOURS)
    except (OSError, ValueError, KeyError, TypeError):
        return not any(folder.glob("*/*/*.parquet"))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One maker at a time; the others wait. The lock ends with its process, however that ends."""
    with (folder / ".estate.lock").open("w") as lock:
        locks.lock(lock, wait=True)
        yield


def _generate(folder: Path, seed: int, rows: int | None, days: int, now: dt.datetime, progress: Progress) -> Report:
    import time

    from dashboard.ingest.estate.families import families
    from dashboard.ingest.estate.frame import DAY, micros
    from dashboard.ingest.estate.lists import write_stand_ins
    from dashboard.ingest.estate.window import Window
    from dashboard.ingest.estate.world import build_world

    started = time.perf_counter()
    progress(0.0, "Planning the estate")
    world = build_world(seed, micros(now), days)
    made = families(world.data)
    scale = 1.0 if rows is None else rows / (sum(family.rows for family in made) * days / 30)
    plan: list[tuple[Family, Window]] = []
    for family in made:
        expected = family.rows * max(scale, 0.01) * days / 30
        parts = max(1, math.ceil(expected / WINDOW_ROWS)) if family.rows else 1
        edges = [world.start + (world.now - world.start) * i // parts for i in range(parts + 1)]
        plan += [
            (family, Window(world, start, end, i, scale)) for i, (start, end) in enumerate(itertools.pairwise(edges))
        ]
    writer = _Writer(folder, now)
    weights = [max(family.rows, 500) * (window.end - window.start) / DAY for family, window in plan]
    done = 0.0
    with ThreadPoolExecutor(2) as pool:
        for (family, window), weight in zip(plan, weights, strict=True):
            progress(done / sum(weights), f"Making {family.name}")
            for table, arrow in family.make(window):
                # `TABLE:part` keeps two parts of one table in files of their own.
                table, _, part = table.partition(":")
                writer.add(pool, table, arrow, f"estate-{family.name}{part}-{window.index:04d}")
            done += weight
        writer.finish()
    _remove_older(folder, writer.written)
    write_stand_ins(folder, world.data["lists"])
    report = Report(folder, seed, now, dict(sorted(writer.rows.items())), time.perf_counter() - started, writer.bytes)
    manifest = {
        "version": VERSION, "size": "small" if rows is None and days == 30 else str(rows), "seed": seed, "now": f"{now.isoformat()}+00:00",
        "days": days, "rows": report.tables,
    }  # fmt: skip
    _write_text(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    progress(1.0, f"{report.rows:,} rows in {len(report.tables)} tables")
    return report


class _Writer:
    """Writes tables as files by day, a few at a time behind the making."""

    def __init__(self, folder: Path, now: dt.datetime) -> None:
        self.folder = folder
        self.now = now
        self.rows: dict[str, int] = {}
        self.bytes = 0
        self.written: set[Path] = set()
        self._pending: deque[Future[int]] = deque()

    def add(self, pool: ThreadPoolExecutor, table: str, arrow: pa.Table, name: str) -> None:
        """Has the rows written, sorted by time as they are."""
        import numpy as np

        if not arrow.num_rows:
            return
        self.rows[table] = self.rows.get(table, 0) + arrow.num_rows
        times = arrow.column("TimeGenerated").to_numpy() if "TimeGenerated" in arrow.column_names else None
        if times is None:
            days, edges = [np.datetime64(self.now.date())], [0, len(arrow)]
        else:
            dates = times.astype("datetime64[D]")
            span = int((dates[-1] - dates[0]).astype(int)) + 1
            step = _days_a_file(arrow.num_rows / span)
            numbers = dates.astype(np.int64) // step * step
            starts = np.unique(numbers)
            days, edges = list(starts.astype("datetime64[D]")), [*np.searchsorted(numbers, starts), len(arrow)]
        for day, first, last in zip(days, edges, edges[1:], strict=False):
            path = self.folder / table / f"date={day}" / f"{name}.parquet"
            self.written.add(path)
            self._pending.append(pool.submit(_write, arrow.slice(first, last - first), path))
        while len(self._pending) > 64:
            self.bytes += self._pending.popleft().result()

    def finish(self) -> None:
        """Waits for the last file."""
        while self._pending:
            self.bytes += self._pending.popleft().result()


def _days_a_file(rows_a_day: float) -> int:
    """How many days lie in one file. A day each where there are thousands of rows; a table of some hundred rows in thirty
    files would cost more to open than to read. The folder is named after the first of its days."""
    return next((step for step in (1, 2, 4, 8, 16) if rows_a_day * step >= FILE_ROWS), 32)


def _write(arrow: pa.Table, path: Path) -> int:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    # Readers find rows by time; statistics of the other columns would double the size of a small file.
    statistics = [name for name in ("TimeGenerated",) if name in arrow.column_names]
    pq.write_table(
        arrow,
        beside,
        compression="zstd",
        store_schema=False,
        write_statistics=statistics or False,
        row_group_size=200_000,
    )
    size = beside.stat().st_size
    os.replace(beside, path)
    return size


def _remove_older(folder: Path, written: set[Path]) -> None:
    for path in folder.glob("*/date=*/estate-*"):
        if path not in written:
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()
                path.parent.parent.rmdir()


def _write_text(path: Path, text: str) -> None:
    beside = path.with_suffix(".tmp")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """What is known of the estate in `folder`: version, size, seed, now, days, rows by table; None where there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found
