"""Rows of one table into `TABLE/date=…/import-….parquet`: typed, without those that are there already, by day.

A file is written beside its place and renamed into it; its identities (`.ids`) are in place before it and count only with it.
So a kill at any moment leaves whole files, and importing again adds exactly what is missing.
"""

from __future__ import annotations

import datetime as dt
import os
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import orjson

from dashboard.engines.arrow import TYPES_KEY
from dashboard.ingest.imports.columns import TIME, Layout
from dashboard.ingest.imports.identity import Known, packed
from dashboard.ingest.imports.records import Record
from dashboard.ingest.imports.rejects import Rejects
from dashboard.table import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_ROWS = 10_000
CHUNK_BYTES = 16 << 20
FILE_BYTES = 24 << 20
PENDING_BYTES = 64 << 20
_DAY = 86_400_000_000


class TableLanding:
    """Takes the rows of one table. `rows` and `doubles` count what is new and what was there; `first` and `last` are
    times."""

    def __init__(self, folder: Path, table: str, pool: ThreadPoolExecutor, now: dt.datetime) -> None:
        self.table = table
        self.rows = 0
        self.doubles = 0
        self.untimed = 0
        self.first: dt.datetime | None = None
        self.last: dt.datetime | None = None
        self.layout = Layout(table, folder / table)
        self._folder = folder / table
        self._pool = pool
        self._now = now
        self._chunk: list[tuple[int, Record, bytes]] = []
        self._chunk_bytes = 0
        self._known: dict[str, Known] = {}
        self._pending: dict[str, list[tuple[pa.Table, np.ndarray]]] = {}
        self._sizes: dict[str, int] = {}
        self._writes: list[Future[None]] = []

    def add(self, place: int, row: Record, identity: bytes, size: int, rejects: Rejects) -> None:
        """Takes one row. `size` is about how many bytes it has."""
        self._chunk.append((place, row, identity))
        self._chunk_bytes += size
        if len(self._chunk) >= CHUNK_ROWS or self._chunk_bytes >= CHUNK_BYTES:
            self.settle(rejects)

    def add_columns(self, arrow: pa.Table, identities: np.ndarray) -> None:
        """Takes rows that are columns of the table's types already."""
        for name in arrow.column_names:
            if name not in self.layout.known and name != TIME:
                self.layout.extra.setdefault(name, "dynamic")
        self._put(arrow, identities, np.ones(arrow.num_rows, dtype=bool))

    def settle(self, rejects: Rejects) -> None:
        """Converts what was taken, puts aside what is new, and writes days that have grown large."""
        chunk, self._chunk, self._chunk_bytes = self._chunk, [], 0
        if not chunk:
            return
        rows = [row for _, row, _ in chunk]
        arrow, misfits = self.layout.convert(rows)
        for position, (column, value, kind) in misfits.items():
            place, row, _ = chunk[position]
            shown = str(value)[:100]
            rejects.add(place, f"{self.table}.{column} is {kind}, not '{shown}'", row, f"{column} is not {kind}")
        keep = np.ones(len(chunk), dtype=bool)
        keep[list(misfits)] = False
        identities = packed([identity for _, _, identity in chunk])
        self._put(arrow, identities, keep)

    def finish(self) -> None:
        """Writes the rest and waits for it."""
        for day in list(self._pending):
            self._write(day)
        for write in self._writes:
            write.result()
        self._writes.clear()

    def _put(self, arrow: pa.Table, identities: np.ndarray, keep: np.ndarray) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        n = arrow.num_rows
        now = int((self._now - dt.datetime(1970, 1, 1)) / dt.timedelta(microseconds=1))
        if TIME in arrow.column_names:
            position = arrow.column_names.index(TIME)
            held = arrow.column(position).cast(pa.int64())
            timed = np.asarray(pc.is_valid(held))
            times = np.asarray(pc.fill_null(held, now))
            if not timed.all():
                filled = pa.array(times).cast(arrow_type("datetime"))
                arrow = arrow.set_column(position, TIME, filled)
        else:
            timed, times = np.zeros(n, dtype=bool), np.full(n, now, dtype=np.int64)
        days = times // _DAY
        order = np.lexsort((times, days))
        order = order[keep[order]]
        if not len(order):
            return
        edges = np.flatnonzero(np.diff(days[order])) + 1
        for part in np.split(order, edges):
            day = str(np.datetime64(int(days[part[0]]), "D"))
            known = self._identities(day if timed[part].all() else "")
            fresh = known.fresh(identities[part])
            self.doubles += int(len(part) - fresh.sum())
            part = part[fresh]
            if not len(part):
                continue
            known.add(identities[part])
            if "" in self._known and known is not self._known[""]:
                self._known[""].add(identities[part])
            self._count(times[part], int((~timed[part]).sum()))
            # Most logs are in the order of time: what stands together already is not copied.
            together = int(part[-1]) - int(part[0]) == len(part) - 1 and bool((np.diff(part) == 1).all())
            taken = arrow.slice(int(part[0]), len(part)) if together else arrow.take(pa.array(part))
            self._pending.setdefault(day, []).append((taken, identities[part]))
            self._sizes[day] = self._sizes.get(day, 0) + taken.nbytes
            if self._sizes[day] > FILE_BYTES:
                self._write(day)
        while sum(self._sizes.values()) > PENDING_BYTES:
            self._write(max(self._sizes, key=lambda d: self._sizes[d]))

    def _count(self, times: np.ndarray, untimed: int) -> None:
        self.rows += len(times)
        self.untimed += untimed
        low, high = (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=int(t)) for t in (times.min(), times.max()))
        self.first = min(self.first or low, low)
        self.last = max(self.last or high, high)

    def _identities(self, day: str) -> Known:
        """Those of a day; with '' of all days, for rows that have no time of their own."""
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = Known()
            for file in sorted(self._folder.glob(f"date={day or '*'}/import-*.ids")):
                known.load(file)
            for held, parts in self._pending.items():
                if day in ("", held):
                    for _, identities in parts:
                        known.add(identities)
        return known

    def _write(self, day: str) -> None:
        parts = self._pending.pop(day)
        self._sizes.pop(day)
        for write in [w for w in self._writes if w.done()]:
            write.result()
            self._writes.remove(write)
        # One at a time a table: what waits to be written is memory.
        while self._writes:
            self._writes.pop(0).result()
        self._writes.append(self._pool.submit(self._store, day, parts))

    def _store(self, day: str, parts: list[tuple[pa.Table, np.ndarray]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrow = pa.concat_tables([table for table, _ in parts], promote_options="default")
        if TIME in arrow.column_names and len(parts) > 1:
            times = np.asarray(arrow.column(TIME).cast(pa.int64()))
            if (np.diff(times) < 0).any():
                arrow = arrow.combine_chunks().take(pa.array(np.argsort(times, kind="stable")))
        arrow = self.layout.complete(arrow)
        identities = np.concatenate([ids for _, ids in parts])
        name = f"import-{blake2b(np.sort(identities).tobytes(), digest_size=8).hexdigest()}"
        place = self._folder / f"date={day}"
        place.mkdir(parents=True, exist_ok=True)
        types = orjson.dumps({name: kind for name, kind in self.layout.types().items() if name in arrow.column_names})
        beside = place / f"{name}.tmp"
        beside.write_bytes(identities.tobytes())
        os.replace(beside, place / f"{name}.ids")
        pq.write_table(
            arrow.replace_schema_metadata({TYPES_KEY: types}), beside, compression="zstd",
            write_statistics=[TIME] if TIME in arrow.column_names else False, row_group_size=100_000, use_dictionary=_repeating(arrow),
        )  # fmt: skip
        os.replace(beside, place / f"{name}.parquet")


def _repeating(arrow: pa.Table) -> list[str] | bool:
    """The columns whose values come again, by a look at some: a dictionary of texts that are all different costs time and room."""
    import pyarrow as pa

    some = arrow.slice(0, 2_000)

    def again(column: pa.ChunkedArray) -> bool:
        return bool(pa.types.is_dictionary(column.type) or 2 * len(column.unique()) <= some.num_rows)

    return [name for name in some.column_names if again(some.column(name))] or False
