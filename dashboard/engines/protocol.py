"""The one protocol of everything that answers queries."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from dashboard.errors import Cancelled
from dashboard.table import KqlType, Table


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A closed range of time, both ends aware and in UTC."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True)
class QueryRequest:
    """One query as it is to be sent, after parameter substitution.

    `source` names the kind of data source by the workbook's queryType: logs, resource_graph, merge, json, adx, arm, metrics …
    `timespan` limits the tables' time column beside what the text says (None: the text alone). `resources` are the
    workspaces or resources asked (ARM ids); local data ignores them. `tables` holds results that a merge reads, by item
    name. `now` is the time `now()` means; None is the clock. `parameters` are the values of declared query parameters.
    """

    text: str
    source: str = "logs"
    timespan: TimeSpan | None = None
    resources: tuple[str, ...] = ()
    row_limit: int | None = None
    seconds: float | None = None
    now: dt.datetime | None = None
    tables: Mapping[str, Table] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


class CancelToken:
    """Told once that the work is no longer wanted. Safe to use from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Asks the work to stop: calls what `on_cancel` was given, once."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Has `callback` called on cancel; at once if that was before."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()

    def check(self) -> None:
        """Raises Cancelled after a cancel."""
        if self._event.is_set():
            raise Cancelled


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table an engine can name. `rows`, `first` and `last` (times of its time column, naive UTC) are None where not known."""

    name: str
    columns: tuple[tuple[str, KqlType], ...]
    rows: int | None = None
    first: dt.datetime | None = None
    last: dt.datetime | None = None


class Engine(Protocol):
    """Answers queries. Safe to call from several threads at once."""

    name: str
    """Short stable name: `local`, `loganalytics`."""
    label: str
    """What a person reads in the data source switch."""

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        """The answer. Raises WatchbookError: the query is wrong, refused by a limit, not permitted, cancelled."""
        ...

    def tables(self) -> list[TableInfo]:
        """What the data page lists."""
        ...

    def version(self) -> str:
        """Changes whenever the data may have: part of a cache key."""
        ...
