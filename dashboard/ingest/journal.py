"""Rows that arrive over the network: written to disk and synced before they are acknowledged, then brought into their tables.

`DATA/journal/TABLE~….jsonl` are segments, one JSON record a line. A segment is written by one process, closed after some seconds, imported like
any file, and deleted. After a kill, whatever segments are there are imported at the next start. A row's identity is its segment and line there, so
that importing a segment twice adds nothing, and two equal rows that both arrived are both kept. Audit events keep the identity of their
content: an API server sends a batch again when it is not sure.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest import locks
from dashboard.ingest.imports.detect import Format
from dashboard.ingest.imports.kubernetes import AUDIT_TABLES
from dashboard.ingest.imports.records import Record
from dashboard.ingest.imports.run import Proposal, import_file

_LOG = logging.getLogger("watchbook.journal")
FOLDER = "journal"
AUDIT = "KubernetesAuditEvents"
"""Stands for the three tables of audit events in a segment's name."""
_SYNC_BYTES = 8 << 20


class Full(Exception):
    """There is no room for more now; the sender is to come again later."""


@dataclass
class Counts:
    """What a journal has taken and landed since it was opened."""

    taken: int = 0
    landed: int = 0
    rejected: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass
class _Order:
    table: str
    lines: bytes
    rows: int
    done: Future[None]


class Journal:
    """Takes records for tables of `folder`. `most_bytes` bounds what waits on disk and in memory. Safe for many threads."""

    def __init__(self, folder: Path, *, most_bytes: int, every: float = 2.0) -> None:
        self.folder = folder
        self.counts = Counts()
        self._journal = folder / FOLDER
        self._most = most_bytes
        self._every = every
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held = 0
        self._open: dict[str, tuple[Path, IO[bytes]]] = {}
        self._stop = threading.Event()
        try:
            self._journal.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WatchbookError(
                Problem(
                    "IN014", f"The rows cannot be written: {error.strerror or error}.", place=Place(file=str(folder))
                )
            ) from None
        self._lock_file = _own(self._journal)
        left = sorted(self._journal.glob("*.jsonl"))
        self._held = sum(path.stat().st_size for path in left)
        self._closed: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        for path in left:
            self._closed.put(path)
        self._threads = [
            threading.Thread(target=self._write, name="journal", daemon=True),
            threading.Thread(target=self._land, name="landing", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def put(self, table: str, records: Sequence[Record]) -> Future[None]:
        """Takes the records; the future is done when they are safe on disk. Raises Full where too much waits already."""
        lines = b"".join(
            orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE)
            for record in records
        )
        done: Future[None] = Future()
        with self._lock:
            if self._stop.is_set() or (self._held and self._held + len(lines) > self._most):
                raise Full
            self._held += len(lines)
        self._orders.put(_Order(table, lines, len(records), done))
        return done

    def close(self) -> None:
        """Writes and lands what was taken, then ends."""
        self._stop.set()
        self._orders.put(None)
        for thread in self._threads:
            thread.join()
        self._lock_file.close()

    # ---- writing -------------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        rotated = time.monotonic()
        ended = False
        while not ended:
            batch: list[_Order] = []
            size = 0
            wait = max(0.0, rotated + self._every - time.monotonic()) if self._open else None
            with suppress(queue.Empty):
                while size < _SYNC_BYTES:
                    order = self._orders.get(timeout=wait) if not batch else self._orders.get_nowait()
                    if order is None:
                        ended = True
                        break
                    batch.append(order)
                    size += len(order.lines)
            self._write_batch(batch)
            if ended or (self._open and time.monotonic() - rotated >= self._every):
                self._rotate()
                rotated = time.monotonic()
        self._closed.put(None)

    def _write_batch(self, batch: list[_Order]) -> None:
        """One write and one sync a table: many senders at once cost little more than one."""
        by_table: dict[str, list[_Order]] = {}
        for order in batch:
            by_table.setdefault(order.table, []).append(order)
        for table, orders in by_table.items():
            try:
                file = self._segment(table)
                file.write(b"".join(order.lines for order in orders))
                file.flush()
                os.fsync(file.fileno())
            except OSError as error:
                # What was half written is not acknowledged; a new segment begins behind it.
                with self._lock:
                    self._held -= sum(len(order.lines) for order in orders)
                if kept := self._open.pop(table, None):
                    with suppress(OSError):
                        kept[1].close()
                    self._closed.put(kept[0])
                for order in orders:
                    order.done.set_exception(error)
                continue
            self.counts.taken += sum(order.rows for order in orders)
            for order in orders:
                order.done.set_result(None)

    def _segment(self, table: str) -> IO[bytes]:
        if table not in self._open:
            now = dt.datetime.now(dt.UTC)
            path = self._journal / f"{table}~{now:%Y%m%dT%H%M%S}-{secrets.token_hex(6)}.jsonl"
            self._open[table] = (path, path.open("ab"))
            _sync_folder(self._journal)
        return self._open[table][1]

    def _rotate(self) -> None:
        for path, file in self._open.values():
            file.close()
            self._closed.put(path)
        self._open.clear()

    # ---- landing -------------------------------------------------------------------------------------------------------

    def _land(self) -> None:
        while (path := self._closed.get()) is not None:
            try:
                self._land_segment(path)
            except Exception as error:  # noqa: BLE001 whatever it is, the rows are kept
                # The segment stays and is tried again at the next start: it holds rows that were acknowledged.
                message = (
                    error.problem.describe()
                    if isinstance(error, WatchbookError)
                    else f"{type(error).__name__}: {error}"
                )
                self.counts.failures.append(f"{path.name}: {message}")
                _LOG.exception("the segment %s could not be landed and is kept", path.name)

    def _land_segment(self, path: Path) -> None:
        size = path.stat().st_size
        table = path.name.partition("~")[0]
        if size:
            done = import_file(
                segment_proposal(path, table), self.folder, salt=b"" if table == AUDIT else path.name.encode()
            )
            self.counts.landed += sum(landed.rows for landed in done.tables.values()) // (3 if table == AUDIT else 1)
            self.counts.rejected += sum(done.rejected.values())
        path.unlink(missing_ok=True)
        with self._lock:
            self._held -= size


def segment_proposal(path: Path, table: str) -> Proposal:
    """What a segment becomes: rows of its table, or audit events in their three."""
    if table == AUDIT:
        return Proposal(path, Format("json"), AUDIT_TABLES[0], "", tables=dict.fromkeys(AUDIT_TABLES, ()))
    return Proposal(path, Format("json"), table, "", table)


def waiting_segments(folder: Path) -> Iterable[Path]:
    """Segments that no table holds yet."""
    return sorted((folder / FOLDER).glob("*.jsonl"))


def _own(folder: Path) -> IO[bytes]:
    """One process at a time writes a journal; the lock ends with it. Raises WatchbookError (IN015)."""
    lock = (folder / ".lock").open("ab")
    try:
        locks.lock(lock, wait=False)
    except OSError:
        lock.close()
        raise WatchbookError(
            Problem(
                "IN015",
                "Another process listens for this data folder already.",
                hint="Stop it, or choose another --data.",
            )
        ) from None
    return lock


def _sync_folder(folder: Path) -> None:
    """Makes a new name in the folder last; systems that cannot sync a folder do it with the file."""
    with suppress(OSError, AttributeError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
