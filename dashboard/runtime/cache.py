"""Results that are kept: by what the answer depends on, with the time they were fetched, in memory and, if chosen, on disk.

Local data changes with a sign (the engine's version, part of the key): its results never age. Live data changes without
one: its results are fresh for a while, then still shown with their age while they are fetched anew, then gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.table import Column, Notice, Table

Key = tuple[Hashable, ...]
_MOST_ENTRIES = 5_000
# A window's ends are taken as equal within a 288th of its length: 5 minutes of a day, as the portal's charts have it.
_PARTS = 288
# What was fetched a moment ago is drawn, not fetched again: a page would never come to rest.
_LEAST_FRESH = 5
_STEPS = (60, 300, 900, 1_800, 3_600, 10_800, 21_600, 86_400)


@dataclass(frozen=True)
class Kept:
    """A result, when it was fetched (seconds since 1970), and which aligned window it is of."""

    result: Table | WatchbookError
    fetched: float
    window: int = 0

    @property
    def age(self) -> float:
        """Seconds since it was fetched."""
        return max(0.0, time.time() - self.fetched)


class ResultCache:
    """Kept results under a limit of bytes, the longest unused dropped first. Safe to use from any thread."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._bytes = 0
        self._disk = _Disk(folder) if folder is not None else None

    def get(self, key: Key) -> Kept | None:
        """What is kept, from memory or else from disk."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        read = self._disk.read(key) if self._disk is not None else None
        if read is not None:
            self._keep(key, read)
        return read

    def put(self, key: Key, kept: Kept) -> None:
        """Keeps a result; one that is too large for half the limit is not kept in memory."""
        self._keep(key, kept)
        if self._disk is not None and isinstance(kept.result, Table):
            self._disk.write(key, kept.result, kept)

    def forget(self, key: Key) -> None:
        """Forgets one result, on disk too."""
        with self._lock:
            self._drop(key)
        if self._disk is not None:
            self._disk.remove(key)

    def forget_failures(self) -> None:
        """Lets queries that failed run again."""
        with self._lock:
            for key in [key for key, kept in self._kept.items() if isinstance(kept.result, WatchbookError)]:
                self._drop(key)

    def clear(self) -> None:
        """Forgets everything, on disk too."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
        if self._disk is not None:
            self._disk.clear()

    @property
    def size(self) -> tuple[int, int]:
        """How many results are in memory, and how many bytes they are."""
        with self._lock:
            return len(self._kept), self._bytes

    def _keep(self, key: Key, kept: Kept) -> None:
        limit = settings.integer("result_cache_mb") * 1_000_000
        size = _size(kept.result)
        with self._lock:
            self._drop(key)
            if size > limit // 2:
                return
            self._kept[key] = kept
            self._bytes += size
            while self._bytes > limit or len(self._kept) > _MOST_ENTRIES:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= _size(dropped.result)


def _size(result: Table | WatchbookError) -> int:
    return 500 if isinstance(result, WatchbookError) else int(result.arrow.nbytes) + 500


# ---- what a live answer depends on -------------------------------------------------------------------------------------


def live_key(request: QueryRequest, where: tuple[str, ...], who: str) -> Key:
    """What the answer of a live request depends on, but for the moment: source, text, length of a range up to now or the
    fixed range, what is asked, and whose eyes it is for."""
    span: Hashable = None
    if request.timespan is not None:
        start, end = request.timespan.start, request.timespan.end
        span = int((end - start).total_seconds()) if end == request.now else (start.isoformat(), end.isoformat())
    return ("live", who, request.source, request.text, span, where, request.row_limit)


def aligned_window(request: QueryRequest) -> tuple[int, int]:
    """The number of the aligned window that a range up to now ends in, and how many seconds such a window lasts; (0, 0) for
    a fixed range or none."""
    span = request.timespan
    if span is None or span.end != request.now:
        return 0, 0
    length = (span.end - span.start).total_seconds()
    step = next((step for step in _STEPS if step >= length / _PARTS), _STEPS[-1])
    return int(span.end.timestamp() // step), step


def freshness(kept: Kept, request: QueryRequest) -> str:
    """`fresh`, `stale` (shown with its age while it is fetched anew) or `old`."""
    window, step = aligned_window(request)
    fresh = max(settings.integer("live_fresh_seconds"), step, _LEAST_FRESH)
    if kept.window == window and kept.age <= fresh:
        return "fresh"
    if kept.age <= settings.integer("live_stale_seconds") and isinstance(kept.result, Table):
        return "stale"
    return "old"


def aged(kept: Kept, *, stale: bool = False) -> Table | WatchbookError:
    """The kept result, its table with when it was fetched."""
    if isinstance(kept.result, WatchbookError):
        return kept.result
    told = {**kept.result.statistics, "fetched": kept.fetched, "kept": True, "stale": stale}
    return replace(kept.result, statistics=told)


# ---- on disk -----------------------------------------------------------------------------------------------------------


class _Disk:
    """Results as Arrow files in a folder that only its owner may read. What cannot be read or written is left out: a cache
    is never needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def read(self, key: Key) -> Kept | None:
        import pyarrow as pa

        path = self._path(key)
        try:
            with pa.OSFile(str(path)) as file:
                arrow = pa.ipc.open_file(file).read_all()
            told = json.loads(arrow.schema.metadata[b"watchbook"])
            if told["key"] != repr(key):
                return None
            table = Table(
                tuple(Column(*each) for each in told["columns"]),
                arrow.replace_schema_metadata(None),
                told["status"],
                tuple(Notice(**each) for each in told["notices"]),
                told["render"],
                told["statistics"],
            )
            return Kept(table, told["fetched"], told["window"])
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowInvalid):
            return None

    def write(self, key: Key, table: Table, kept: Kept) -> None:
        import pyarrow as pa

        told: dict[str, Any] = {
            "key": repr(key), "columns": [[c.name, c.type] for c in table.columns], "status": table.status,
            "notices": [asdict(each) for each in table.notices], "render": table.render, "statistics": table.statistics,
            "fetched": kept.fetched, "window": kept.window,
        }  # fmt: skip
        with contextlib.suppress(OSError, TypeError, ValueError):
            arrow = table.arrow.replace_schema_metadata({b"watchbook": json.dumps(told).encode()})
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new")
            os.close(handle)
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.OSFile(name, "wb") as file, pa.ipc.new_file(file, arrow.schema, options=options) as writer:
                writer.write_table(arrow)
            Path(name).replace(self._path(key))
            self._written += 1
            if self._written % 20 == 1:
                self._tidy()

    def remove(self, key: Key) -> None:
        """Deletes one result."""
        with contextlib.suppress(OSError):
            self._path(key).unlink(missing_ok=True)

    def clear(self) -> None:
        """Deletes every result."""
        for path in self._folder.glob("*.arrow"):
            path.unlink(missing_ok=True)

    def _tidy(self) -> None:
        """Drops the oldest files over the limit of bytes, and all that are too old to be shown."""
        limit = settings.integer("result_cache_disk_mb") * 1_000_000
        longest = settings.integer("live_stale_seconds")
        files = sorted(((p.stat(), p) for p in self._folder.glob("*.arrow")), key=lambda each: -each[0].st_mtime)
        total = 0
        for stat, path in files:
            total += stat.st_size
            if total > limit or time.time() - stat.st_mtime > longest:
                path.unlink(missing_ok=True)

    def _path(self, key: Key) -> Path:
        return self._folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()}.arrow"
