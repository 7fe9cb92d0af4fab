"""The sample estate goes on: new rows every few seconds, as the services would send them.

Rows come from the same families as the estate itself, for the time since the last look; the stories stay where they are. They are kept in one
file a table and day (`estate-live-….parquet`), which is replaced as it grows, so that a day of live rows is not a thousand files. A new
estate in the folder takes them away with the old one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import os
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dashboard.ingest import locks
from dashboard.ingest.estate.generate import read_manifest
from dashboard.ingest.schemas import known_tables

if TYPE_CHECKING:
    import pyarrow as pa

    from dashboard.ingest.estate.window import Family
    from dashboard.ingest.estate.world import World

_LOG = logging.getLogger("watchbook.live")
EVERY_SECONDS = 5.0
SCALE = 20.0
"""How busy the live estate is: about so many times as the small estate's month, so that a person sees it move."""
_PERIODS = {
    "inventory": 300, "counters": 300, "metrics": 300, "heartbeat": 60, "usage": 3_600, "alerts": 600, "intelligence": 3_600, "health": 120,
    "people": 21_600, "graph": 0,
}  # fmt: skip
"""Seconds between two looks at what is not a stream of events; 0 is never."""
_FAMILIES_A_LOOK = 8
_PART_ROWS = 20_000
_FARTHEST = dt.timedelta(hours=3)


class LiveEstate:
    """Adds rows to the estate in `folder` in a thread of its own. Safe to start and stop from any thread; of several processes one adds."""

    def __init__(self, folder: Path, every: float = EVERY_SECONDS) -> None:
        self.folder = folder
        self.rows = 0
        self._every = every
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it is switched on."""
        with self._lock:
            return self._thread is not None and self._thread.is_alive() and not self._stop.is_set()

    def start(self) -> None:
        """Switches it on; it waits for an estate where there is none yet."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive() and not self._stop.is_set():
                return
            self._stop = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(self._stop,), name="live-estate", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Switches it off."""
        with self._lock:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=30)

    def _run(self, stop: threading.Event) -> None:
        lock = None
        while not stop.is_set() and (lock := _only_one(self.folder)) is None:
            stop.wait(self._every)
        run: _Run | None = None
        try:
            while not stop.wait(self._every):
                manifest = read_manifest(self.folder)
                if manifest is None:
                    continue
                try:
                    if run is None or run.made != manifest["now"]:
                        run = _Run(self.folder, int(manifest["seed"]), int(manifest["days"]), str(manifest["now"]))
                    self.rows += run.look()
                except Exception:  # noqa: BLE001 one look that fails must not end the rest
                    # A full disk, or an estate that is being replaced: the next look tries again.
                    _LOG.exception("live rows could not be added")
                    run = None
        finally:
            if lock is not None:
                lock.close()


class _Run:
    """The live rows of one estate."""

    def __init__(self, folder: Path, seed: int, days: int, made: str) -> None:
        from dashboard.ingest.estate.families import families
        from dashboard.ingest.estate.frame import micros
        from dashboard.ingest.estate.world import build_world

        self.folder = folder
        self.made = made
        began = dt.datetime.fromisoformat(made)
        self.world = build_world(seed, micros(began), days)
        _let_live_on(self.world)
        now = dt.datetime.now(dt.UTC)
        first = micros(began if now - began < _FARTHEST else now)
        self.families = [family for family in families(self.world.data) if _period(family)]
        self.last = {family.name: first for family in self.families}
        self.session = f"{int(time.time()):x}"
        self.held: dict[tuple[str, str], tuple[int, pa.Table]] = {}

    def look(self) -> int:
        """Adds what happened since the last look; how many rows."""
        from dashboard.ingest.estate.frame import SECOND, micros

        now = micros(dt.datetime.now(dt.UTC))
        due = [family for family in self.families if now - self.last[family.name] >= _period(family) * SECOND]
        due.sort(key=lambda family: (self.last[family.name] - now) / _period(family))
        added: dict[tuple[str, str], list[pa.Table]] = {}
        for family in due[:_FAMILIES_A_LOOK]:
            self._make(family, self.last[family.name], now, added)
            self.last[family.name] = now
        for key, tables in added.items():
            self._store(key, tables)
        return sum(table.num_rows for tables in added.values() for table in tables)

    def _make(self, family: Family, start: int, end: int, added: dict[tuple[str, str], list[pa.Table]]) -> None:
        import numpy as np
        import pyarrow as pa

        from dashboard.ingest.estate.window import Window

        window = Window(dataclasses.replace(self.world, now=end), start, end, start // 1_000_000, SCALE)
        for name, table in family.make(window):
            name = name.partition(":")[0]
            if "TimeGenerated" not in table.column_names:
                continue
            times = table.column("TimeGenerated").to_numpy().astype(np.int64)
            mask = (times >= start) & (times < end)
            if not mask.any():
                continue
            plain = _plain(name, table.filter(pa.array(mask)))
            days = times[mask] // 86_400_000_000
            for day in np.unique(days):
                key = (name, str(np.datetime64(int(day), "D")))
                added.setdefault(key, []).append(plain.filter(pa.array(days == day)))

    def _store(self, key: tuple[str, str], tables: list[pa.Table]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table, day = key
        part, held = self.held.get(key, (0, None))
        if held is not None and held.num_rows > _PART_ROWS:
            part, held = part + 1, None
        whole = (
            pa.concat_tables([*([held] if held is not None else []), *tables]).combine_chunks().sort_by("TimeGenerated")
        )
        self.held[key] = (part, whole)
        path = self.folder / table / f"date={day}" / f"estate-live-{self.session}-{part:03d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".tmp")
        pq.write_table(whole, beside, compression="zstd", store_schema=False, write_statistics=["TimeGenerated"])
        os.replace(beside, path)


def _period(family: Family) -> float:
    """Seconds between two looks: so long that a few rows are to be expected."""
    known = _PERIODS.get(family.name)
    if known is not None:
        return known
    return min(max(30 * 86_400 * 3 / (max(family.rows, 1) * SCALE), 5.0), 60.0)


def _let_live_on(world: World) -> None:
    """Pods and nodes that live at the estate's end have no end of their own."""
    always = world.now + 3_650 * 86_400_000_000
    world.pods = [dataclasses.replace(pod, died=always) if pod.died > world.now else pod for pod in world.pods]
    world.nodes = [dataclasses.replace(node, died=always) if node.died > world.now else node for node in world.nodes]


def _plain(name: str, table: pa.Table) -> pa.Table:
    """The same in the plain types of the table's columns, so that parts can be put together."""
    import pyarrow as pa

    from dashboard.table import arrow_type

    types = dict(known_tables()[name])
    return pa.table({column: table.column(column).cast(arrow_type(types[column])) for column in table.column_names})


def _only_one(folder: Path) -> IO[bytes] | None:
    """The lock of the process that adds rows to the folder; None where another one has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".live.lock").open("ab")
    except OSError:
        return None
    try:
        locks.lock(lock, wait=False)
    except OSError:
        lock.close()
        return None
    return lock


_made: dict[Path, LiveEstate] = {}
_making = threading.Lock()


def live_estate(folder: Path) -> LiveEstate:
    """The one of this process for a folder, switched off at first."""
    with _making:
        return _made.setdefault(folder.resolve(), LiveEstate(folder))
