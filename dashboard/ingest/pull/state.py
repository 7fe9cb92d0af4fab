"""What a pull of one table has done: its plan, the slices that were cut again, those that are written. Kept beside the tables
as `.pull/WORKSPACE/TABLE.json`, replaced whole, so that it never says more than is there."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.errors import Problem, WatchbookError
from dashboard.ingest.pull.slices import Slice


@dataclass
class State:
    """The state of one table. Safe to change from any thread: each change is written before it counts."""

    path: Path
    since: dt.datetime
    until: dt.datetime
    masks: str = ""
    open: list[Slice] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def rows(self) -> int:
        """Rows that are written."""
        return sum(self.done.values())

    def split(self, old: Slice) -> None:
        """Puts halves in the place of a slice that was too much, for good: the same cuts are found again after a kill."""
        with self._lock:
            at = self.open.index(old)
            self.open[at : at + 1] = old.halves()
            self.save()

    def finish(self, part: Slice, rows: int) -> None:
        """Notes that a slice is written."""
        with self._lock:
            self.open.remove(part)
            self.done[part.name] = rows
            self.save()

    def reopen(self, parts: list[Slice]) -> None:
        """Has written slices fetched again; their files are replaced then, and stay until then."""
        if not parts:
            return
        with self._lock:
            for part in parts:
                del self.done[part.name]
            self.open += parts
            self.save()

    def extend(self, until: dt.datetime, more: list[Slice]) -> None:
        """Goes on to a later end."""
        with self._lock:
            self.until = until
            self.open += more
            self.save()

    def save(self) -> None:
        """Writes the state whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "masks": self.masks,
            "open": [part.json() for part in self.open], "done": self.done,
        }  # fmt: skip
        beside = self.path.with_suffix(".tmp")
        beside.write_text(json.dumps(told), encoding="utf-8")
        os.replace(beside, self.path)


def load(path: Path) -> State | None:
    """The state of an earlier run; None where there is none. Raises WatchbookError (IN022) where it cannot be read."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        since, until = (dt.datetime.fromisoformat(told[name]) for name in ("since", "until"))
        return State(path, since, until, told["masks"], [Slice.read(part) for part in told["open"]], dict(told["done"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise WatchbookError(
            Problem("IN022", f"The state of an earlier pull, {path}, cannot be read.", hint="Pull into another folder.")
        ) from None
