"""Pulls tables: counts by the hour, cuts the range into slices, writes each whole, goes on where an earlier run ended.

A slice's file has the slice's name, so that writing it again replaces it: no row is lost or doubled by a kill at any
moment. A slice that the service calls too large is cut for good before its parts are asked; what an earlier run wrote of
it goes before that is noted, so that a kill in between leaves a slice that is asked again, never rows beside those of its parts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import settings
from dashboard.engines.arrow import TYPES_KEY
from dashboard.engines.azure.faults import MOST_BYTES, MOST_ROWS
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.ingest.imports.run import alone
from dashboard.ingest.pull import state as states
from dashboard.ingest.pull.mask import Rule, mask
from dashboard.ingest.pull.slices import Slice, plan
from dashboard.ingest.pull.state import State
from dashboard.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

TIME = "TimeGenerated"
SECONDS = 600.0
# What the service counts of a row is less than its JSON; half its limit leaves room.
_BYTES = MOST_BYTES / 2
# Slices whose rows one query counts.
_COUNTED = 20
_NAME = re.compile(r"[A-Za-z_]\w{0,119}")
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Pulled:
    """What came of one table: rows in all (of earlier runs, too), how many slices were fetched now, and how many rows the
    workspace counted at the end (None where it could not be asked)."""

    table: str
    rows: int
    slices: int
    counted: int | None


@dataclass(frozen=True)
class Pull:
    """What to pull: `since` and `until` are naive UTC, `workspace` names the state's folder, `key` is that of the hashes.

    Slices of the last `late` before the end of an earlier pull are counted again, and fetched again where rows were added. Log Analytics
    takes no TimeGenerated that is more than two days older than the arrival
    (learn.microsoft.com/azure/azure-monitor/logs/log-standard-columns).
    """

    engine: Engine
    workspace: str
    folder: Path
    since: dt.datetime
    until: dt.datetime
    rules: tuple[Rule, ...] = ()
    key: bytes = b""
    late: dt.timedelta = dt.timedelta(days=2)

    def run(self, tables: Sequence[str], tell: Tell, cancel: CancelToken | None = None) -> list[Pulled]:
        """Pulls the tables one after the other. Raises WatchbookError; what was written stays and counts."""
        for name in tables:
            if not _NAME.fullmatch(name):
                raise WatchbookError(Problem("IN013", f"'{name[:80]}' is no name of a table."))
        self.folder.mkdir(parents=True, exist_ok=True)
        with alone(self.folder):
            return [self._table(name, tell, cancel or CancelToken()) for name in tables]

    # ---- one table -----------------------------------------------------------------------------------------------------

    def _table(self, name: str, tell: Tell, cancel: CancelToken) -> Pulled:
        tell(0.0, f"{name}: counting")
        state = self._state(name, cancel)
        total = len(state.open) + len(state.done)
        fetched = 0
        with ThreadPoolExecutor(settings.integer("pull_slices"), "pull") as pool:
            running: dict[Future[int | None], Slice] = {}
            try:
                while state.open:
                    waiting = [part for part in state.open if part not in running.values()]
                    for part in waiting[: settings.integer("pull_slices") - len(running)]:
                        running[pool.submit(self._slice, name, part, state, cancel)] = part
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        part = running.pop(future)
                        rows = future.result()
                        if rows is None:
                            self._remove(name, part, set())
                            state.split(part)
                            total += len(part.halves()) - 1
                            continue
                        state.finish(part, rows)
                        fetched += 1
                        tell(len(state.done) / max(total, 1), f"{name}: {state.rows:,} rows")
            except BaseException:
                cancel.cancel()
                raise
        return Pulled(name, state.rows, fetched, self._count(name, state, cancel))

    def _state(self, name: str, cancel: CancelToken) -> State:
        """The state of an earlier run, extended where this one goes further, or a new one with its plan."""
        masks = hashlib.sha256(repr(self.rules).encode()).hexdigest()[:16] if self.rules else ""
        path = self.folder / ".pull" / re.sub(r"\W", "_", self.workspace)[-60:] / f"{name}.json"
        known = states.load(path)
        if known is None:
            state = State(path, self.since, self.until, masks)
            state.open = self._plan(name, self.since, self.until, cancel)
            state.save()
            return state
        if known.masks != masks:
            raise WatchbookError(
                Problem(
                    "IN023",
                    f"{name} was pulled into this folder with other rules for masking.",
                    hint="Use the same rules, or pull into another folder.",
                )
            )
        known.reopen(self._changed(name, known, cancel))
        if self.since < known.since:
            earlier = self._plan(name, self.since, known.since, cancel)
            known.since = self.since
            known.extend(known.until, earlier)
        if self.until > known.until:
            known.extend(self.until, self._plan(name, known.until, self.until, cancel))
        return known

    def _changed(self, name: str, known: State, cancel: CancelToken) -> list[Slice]:
        """The written slices near the end of the earlier pull that have another number of rows now."""
        near = [part for part in map(Slice.named, known.done) if part.end > known.until - self.late]
        changed = []
        for at in range(0, len(near), _COUNTED):
            some = near[at : at + _COUNTED]
            counts = [
                f"(['{name}']\n{part.where()}\n| summarize n = count() | extend at = {i})"
                for i, part in enumerate(some)
            ]
            table = self._ask(f"union {', '.join(counts)}", cancel)
            now = dict(zip(table.column("at"), table.column("n"), strict=True))
            changed += [part for i, part in enumerate(some) if now.get(i, 0) != known.done[part.name]]
        return changed

    def _plan(self, name: str, since: dt.datetime, until: dt.datetime, cancel: CancelToken) -> list[Slice]:
        where = Slice(since, until).where()
        text = (
            f"['{name}']\n{where}\n| summarize n = count(), size = sum(todouble(column_ifexists('_BilledSize', 0.0))) "
            f"by hour = bin({TIME}, 1h)"
        )
        table = self._ask(text, cancel)
        hours = [(hour, int(count), float(size or 0)) for hour, count, size in _in_order(table)]
        return plan(since, until, hours, settings.integer("pull_rows"), _BYTES)

    def _count(self, name: str, state: State, cancel: CancelToken) -> int | None:
        """What the workspace counts in the range at the end: more than was pulled where rows arrived late and long ago."""
        try:
            table = self._ask(f"['{name}']\n{Slice(state.since, state.until).where()}\n| count", cancel)
        except Cancelled:
            raise
        except WatchbookError:
            return None
        return int(table.rows()[0][0])

    def _slice(self, name: str, part: Slice, state: State, cancel: CancelToken) -> int | None:
        """Fetches and writes one slice; None where it is more than one answer holds."""
        try:
            table = self._ask(f"['{name}']\n{part.where()}", cancel)
        except WatchbookError as error:
            if error.problem.code in ("EN032", "EN018"):
                return None
            raise
        if table.status != "ok":
            return None
        self._write(name, part, mask(table, name, self.rules, self.key) if self.rules else table)
        return len(table)

    def _ask(self, text: str, cancel: CancelToken) -> Table:
        return self.engine.run(QueryRequest(text, row_limit=MOST_ROWS, seconds=SECONDS), cancel)

    # ---- files ---------------------------------------------------------------------------------------------------------

    def _write(self, name: str, part: Slice, table: Table) -> None:
        """One file a day, each replaced whole; files of this slice that have no day any more are removed."""
        import pyarrow as pa
        import pyarrow.compute as pc

        file = self._file(part)
        written = set()
        try:
            if len(table):
                arrow = table.arrow.sort_by(TIME)
                days = pc.floor_temporal(arrow.column(TIME), unit="day")
                for day in pc.unique(days).to_pylist():
                    if day is None:
                        continue
                    place = self.folder / name / f"date={day:%Y-%m-%d}"
                    place.mkdir(parents=True, exist_ok=True)
                    chosen = arrow.filter(pc.equal(days, pa.scalar(day, days.type)))
                    _store(place / file, chosen, table)
                    written.add(place / file)
        except OSError as error:
            raise self._unwritable(name, error) from None
        self._remove(name, part, written)

    def _remove(self, name: str, part: Slice, written: set[Path]) -> None:
        """Removes the files of a slice but for those that were just written."""
        try:
            for stale in set((self.folder / name).glob(f"date=*/{self._file(part)}")) - written:
                stale.unlink()
        except OSError as error:
            raise self._unwritable(name, error) from None

    def _file(self, part: Slice) -> str:
        return f"pull-{re.sub(r'[^0-9A-Za-z]', '', self.workspace)[-12:].lower()}-{part.name}.parquet"

    def _unwritable(self, name: str, error: OSError) -> WatchbookError:
        reason = error.strerror or str(error)
        told = f"Pulled rows cannot be written to {self.folder / name}: {reason}."
        return WatchbookError(Problem("IN014", told, hint="Free some room."))


def _store(path: Path, arrow: pa.Table, table: Table) -> None:
    import pyarrow.parquet as pq

    types = json.dumps({column.name: column.type for column in table.columns}).encode()
    beside = path.with_suffix(".tmp")
    pq.write_table(
        arrow.replace_schema_metadata({TYPES_KEY: types}), beside, compression="zstd", write_statistics=[TIME],
        row_group_size=100_000,
    )  # fmt: skip
    os.replace(beside, path)


def _in_order(table: Table) -> list[tuple[dt.datetime, int, float]]:
    hours, counts, sizes = (table.column(name) for name in ("hour", "n", "size"))
    return [row for row in zip(hours, counts, sizes, strict=True) if row[0] is not None]
