"""Runs queries: a bounded number at once, the same one only once, results kept by what they depend on.

An `Executor` belongs to one engine and is shared by all who use that engine. A result is kept under the engine's
version and everything the answer depends on, so it needs no other invalidation.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.table import Table

if TYPE_CHECKING:
    from dashboard.runtime.evaluate import Session
    from dashboard.runtime.plan import PlannedItem
    from dashboard.runtime.results import ItemResult

Key = tuple[Hashable, ...]
Progress = Callable[[int, int], None]
"""Called with how many items are done, and of how many."""


@dataclass
class Statistics:
    """What a session's queries came to: `queries` were run by an engine, `shared` joined one that was already running,
    `cached` were answered from kept results (each counted once a plan or result that asked), `failed` of those run."""

    queries: int = 0
    shared: int = 0
    cached: int = 0
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, name: str) -> None:
        """Adds one."""
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)


class _Flight:
    """One running query and how many wait for it; it is cancelled when the last one no longer does."""

    def __init__(self) -> None:
        self.future: Future[Table] = Future()
        self.token = CancelToken()
        self.waiting = 0


class Executor:
    """Runs the queries of one engine. Safe to use from any thread."""

    def __init__(self, engine: Engine, concurrent: int | None = None) -> None:
        self.engine = engine
        self._pool = ThreadPoolExecutor(concurrent or max(1, settings.integer("concurrent_queries")), "query")
        self._lock = threading.Lock()
        self._flights: dict[Key, _Flight] = {}
        self._kept: OrderedDict[Key, Table | WatchbookError] = OrderedDict()
        self._bytes = 0

    def key(self, request: QueryRequest, version: str | None = None) -> Key:
        """Equal for two requests if and only if they have the same answer. `version` is the engine's, where it was asked
        already: asking may be work."""
        version = self.engine.version() if version is None else version
        return (version, *request_key(request, self.engine.name == "local"))

    def submit(
        self,
        request: QueryRequest,
        cancel: CancelToken | None = None,
        statistics: Statistics | None = None,
        version: str | None = None,
    ) -> Future[Table]:
        """Starts the query, or joins the one that is running, or gives the kept answer; does not wait."""
        key = self.key(request, version)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                _count(statistics, "cached")
                return _done(kept)
            flight = self._flights.get(key)
            starts = flight is None or flight.token.cancelled
            if flight is None or starts:
                flight = self._flights[key] = _Flight()
            flight.waiting += 1
        _count(statistics, "queries" if starts else "shared")
        if starts:
            self._pool.submit(self._run, key, flight, request, statistics)
        if cancel is not None:
            # A token outlives many queries: it must not keep their results alive.
            cancel.on_cancel(partial(self._leave, weakref.ref(flight)))
        return flight.future

    def run(
        self, request: QueryRequest, cancel: CancelToken | None = None, statistics: Statistics | None = None
    ) -> Table:
        """The answer; waits for it. Raises WatchbookError, Cancelled included."""
        future = self.submit(request, cancel, statistics)
        return wait(future, cancel)

    def forget_failures(self) -> None:
        """Lets queries that failed run again."""
        with self._lock:
            for key in [key for key, kept in self._kept.items() if isinstance(kept, WatchbookError)]:
                self._bytes -= _size(self._kept.pop(key))

    def _leave(self, left: weakref.ref[_Flight]) -> None:
        flight = left()
        if flight is None:
            return
        with self._lock:
            flight.waiting -= 1
            last = flight.waiting <= 0
        if last:
            flight.token.cancel()

    def _run(self, key: Key, flight: _Flight, request: QueryRequest, statistics: Statistics | None) -> None:
        result: Table | WatchbookError
        try:
            flight.token.check()
            result = self.engine.run(request, flight.token)
        except WatchbookError as error:
            result = error
        except Exception as error:  # noqa: BLE001 - an engine's fault must become a sentence in the item's frame
            result = WatchbookError(engine_fault(error))
        if isinstance(result, WatchbookError):
            _count(statistics, "failed")
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
            if not isinstance(result, Cancelled):
                self._keep(key, result)
        if isinstance(result, WatchbookError):
            flight.future.set_exception(result)
        else:
            flight.future.set_result(result)

    def _keep(self, key: Key, result: Table | WatchbookError) -> None:
        limit = settings.integer("result_cache_mb") * 1_000_000
        size = _size(result)
        if size > limit // 2:
            return
        self._kept[key] = result
        self._bytes += size
        while self._bytes > limit or len(self._kept) > 5_000:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= _size(dropped)


def run_all(
    session: Session, *, cancel: CancelToken | None = None, progress: Progress | None = None
) -> list[tuple[PlannedItem, ItemResult]]:
    """Every item of the plan with its result, in document order; queries run at the same time, as many as the settings
    allow. Raises Cancelled."""
    items = session.plan(cancel).walk()
    results: dict[int, ItemResult] = {}
    asking = [at for at, item in enumerate(items) if item.status == "ready" and item.query is not None]
    for at, item in enumerate(items):
        if item.status != "ready" or item.query is None:
            results[at] = session.result(item, cancel)
    if asking:
        workers = max(1, min(len(asking), settings.integer("concurrent_queries") + 1))
        with ThreadPoolExecutor(workers, "item") as pool:
            futures = {pool.submit(session.result, items[at], cancel): at for at in asking}
            try:
                for future in as_completed(futures):
                    results[futures[future]] = future.result()
                    if progress is not None:
                        progress(len(results), len(items))
            except Cancelled:
                for future in futures:
                    future.cancel()
                raise
    elif progress is not None:
        progress(len(items), len(items))
    return [(item, results[at]) for at, item in enumerate(items)]


def wait(future: Future[Table], cancel: CancelToken | None) -> Table:
    """The future's table, or Cancelled as soon as `cancel` is told."""
    if cancel is None:
        return future.result()
    told = threading.Event()
    future.add_done_callback(lambda _: told.set())
    cancel.on_cancel(told.set)
    told.wait()
    if not future.done():
        raise Cancelled
    return future.result()


def request_key(request: QueryRequest, ignores_resources: bool) -> Key:
    """What the answer of a request depends on, without the data itself."""
    span = (request.timespan.start, request.timespan.end) if request.timespan else None
    resources = () if ignores_resources else request.resources
    lowered = request.text.lower()
    moment = request.now if "ago(" in lowered or "now(" in lowered else None
    return (request.source, request.text, span, resources, request.row_limit, moment)


def engine_fault(error: Exception) -> Problem:
    """An engine's unexpected failure as a problem: its kind and first line, no trace."""
    detail = (str(error).splitlines() or [""])[0][:200]
    return Problem("RT003", f"The query failed: {type(error).__name__}{': ' + detail if detail else ''}.")


def _size(result: Table | WatchbookError) -> int:
    return 500 if isinstance(result, WatchbookError) else int(result.arrow.nbytes) + 500


def _done(kept: Table | WatchbookError) -> Future[Table]:
    future: Future[Table] = Future()
    if isinstance(kept, WatchbookError):
        future.set_exception(kept)
    else:
        future.set_result(kept)
    return future


def _count(statistics: Statistics | None, name: str) -> None:
    if statistics is not None:
        statistics.count(name)


_shared: dict[int, tuple[Callable[[], Any], Executor]] = {}
_shared_lock = threading.Lock()
# At the end of the process engines must be let go before their libraries are: DuckDB complains on stderr otherwise.
atexit.register(_shared.clear)


def shared_executor(engine: Engine) -> Executor:
    """The one executor of an engine: sessions of several readers share results and the bound on queries at once."""
    with _shared_lock:
        found = _shared.get(id(engine))
        if found is not None and found[0]() is engine:
            return found[1]
        for gone in [key for key, (alive, _) in _shared.items() if alive() is None]:
            del _shared[gone]
        executor = Executor(engine)
        try:
            alive: Callable[[], Any] = weakref.ref(engine)
        except TypeError:
            alive = lambda: engine  # noqa: E731 - an engine with slots lives as long as its executor
        _shared[id(engine)] = (alive, executor)
        return executor
