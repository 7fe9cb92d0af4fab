"""Runs queries: a bounded number at once, the same one only once, results kept by what they depend on.

An `Executor` belongs to one engine and is shared by all who use that engine. A result is kept under the engine's
version and everything the answer depends on, so it needs no other invalidation.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.runtime.absent import absent
from dashboard.runtime.cache import Kept, Key, ResultCache, aged, aligned_window, freshness, live_key
from dashboard.runtime.titles import titled
from dashboard.table import Table

if TYPE_CHECKING:
    from dashboard.runtime.evaluate import Session
    from dashboard.runtime.plan import PlannedItem
    from dashboard.runtime.results import ItemResult

Progress = Callable[[int, int], None]
"""Called with how many items are done, and of how many."""


@dataclass
class Statistics:
    """What a session's queries came to: `queries` were run by an engine, `shared` joined one that was already running,
    `cached` were answered from kept results (each counted once a plan or result that asked), `failed` of those run. What
    live queries cost: `rows` and `bytes` that came, `scanned` bytes where the service tells, `seconds` in all. `since`: the
    reader refreshed then (seconds since 1970), so what was fetched before is not good enough."""

    queries: int = 0
    shared: int = 0
    cached: int = 0
    failed: int = 0
    rows: int = 0
    bytes: int = 0
    scanned: int = 0
    seconds: float = 0.0
    since: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, name: str) -> None:
        """Adds one."""
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)

    def pay(self, table: Table) -> None:
        """Adds what a live answer cost."""
        told = table.statistics
        with self._lock:
            self.rows += int(told.get("rows", len(table)))
            self.bytes += int(told.get("bytes", 0))
            self.scanned += int(told.get("bytes_scanned", 0))
            self.seconds += float(told.get("seconds", 0.0))

    def refreshed(self) -> None:
        """From now on only what is fetched anew counts, and the page's budget begins again."""
        with self._lock:
            self.since = time.time()
            self.rows = self.bytes = self.scanned = 0
            self.seconds = 0.0


def asked_now() -> Statistics:
    """For a person who asks by hand: a live answer that is kept from before is not what they want."""
    return Statistics(since=time.time())


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
        self.live = bool(getattr(engine, "live", False))
        self.concurrent = (
            concurrent or getattr(engine, "concurrent", 0) or max(1, settings.integer("concurrent_queries"))
        )
        self._pool = ThreadPoolExecutor(self.concurrent, "query")
        self._lock = threading.Lock()
        self._flights: dict[Key, _Flight] = {}
        self.cache = ResultCache(settings.result_cache_folder() if self.live else None)

    def key(self, request: QueryRequest, version: str | None = None) -> Key:
        """Equal for two requests if and only if they have the same answer. `version` is the engine's, where it was asked
        already: asking may be work."""
        if self.live:
            asked = getattr(self.engine, "asked", lambda request: request.resources)
            return live_key(request, tuple(asked(request)), str(getattr(self.engine, "identity", "")))
        version = self.engine.version() if version is None else version
        return (version, *request_key(request, self.engine.name == "local"))

    def submit(
        self,
        request: QueryRequest,
        cancel: CancelToken | None = None,
        statistics: Statistics | None = None,
        version: str | None = None,
    ) -> Future[Table]:
        """Starts the query, or joins the one that is running, or gives the kept answer; does not wait. A live answer that has
        aged is given at once and fetched anew meanwhile."""
        key = self.key(request, version)
        kept = self.cache.get(key)
        state = "old" if kept is None else freshness(kept, request) if self.live else "fresh"
        if kept is not None and statistics is not None and kept.fetched < statistics.since and self.live:
            state = "old"
        if kept is not None and state != "old":
            _count(statistics, "cached")
            if state == "stale":
                self._start(key, request, cancel, statistics, kept.fetched)
            return _done(aged(kept, stale=state == "stale") if self.live else kept.result)
        over = self._over_budget(statistics)
        if over is not None:
            return _done(over)
        return self._start(key, request, cancel, statistics, kept.fetched if kept is not None else 0.0)

    def _start(
        self,
        key: Key,
        request: QueryRequest,
        cancel: CancelToken | None,
        statistics: Statistics | None,
        known: float,
    ) -> Future[Table]:
        """Starts or joins the query, unless an answer newer than the one `known` (when it was fetched) came meanwhile."""
        with self._lock:
            flight = self._flights.get(key)
            starts = flight is None or flight.token.cancelled
            newer = self.cache.get(key) if starts else None
            if newer is not None and newer.fetched > known:
                return _done(aged(newer) if self.live else newer.result)
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

    def _over_budget(self, statistics: Statistics | None) -> WatchbookError | None:
        """Why a page may send no more live queries, if so."""
        budget = settings.integer("page_budget_mb")
        if not self.live or statistics is None or not budget:
            return None
        spent = (statistics.bytes + statistics.scanned) / 1_000_000
        if spent < budget:
            return None
        return WatchbookError(
            Problem(
                "RT013",
                f"This page has used its budget: {spent:,.0f} of {budget:,} MB read for live queries.",
                "warning",
                hint="Narrow the time range and refresh to begin again; WATCHBOOK_PAGE_BUDGET_MB sets the budget.",
            )
        )

    def renewing(self, request: QueryRequest) -> bool:
        """Whether the request is being fetched now."""
        with self._lock:
            return self.key(request) in self._flights

    def fetched(self, request: QueryRequest) -> float:
        """When the kept answer was fetched, in seconds since 1970; 0 where there is none."""
        kept = self.cache.get(self.key(request))
        return kept.fetched if kept is not None else 0.0

    def run(
        self, request: QueryRequest, cancel: CancelToken | None = None, statistics: Statistics | None = None
    ) -> Table:
        """The answer; waits for it. Raises WatchbookError, Cancelled included."""
        future = self.submit(request, cancel, statistics)
        return wait(future, cancel)

    def forget(self, request: QueryRequest) -> None:
        """Has the request asked anew the next time."""
        self.cache.forget(self.key(request))

    def forget_failures(self) -> None:
        """Lets queries that failed run again."""
        self.cache.forget_failures()

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
            missing = absent(error.problem, request, self.engine) if self.engine.name == "local" else None
            result = missing if missing is not None else error
        except Exception as error:  # noqa: BLE001 - an engine's fault must become a sentence in the item's frame
            result = WatchbookError(engine_fault(error))
        now = time.time()
        if isinstance(result, WatchbookError):
            _count(statistics, "failed")
        elif self.live:
            result = replace(result, statistics={**result.statistics, "fetched": now})
            if statistics is not None:
                statistics.pay(result)
        # Kept first: who asks between the two finds the answer, not a reason to ask again.
        if not isinstance(result, Cancelled):
            self._keep(key, request, result, now)
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]
        if isinstance(result, WatchbookError):
            flight.future.set_exception(result)
        else:
            flight.future.set_result(result)

    def _keep(self, key: Key, request: QueryRequest, result: Table | WatchbookError, now: float) -> None:
        if self.live and isinstance(result, WatchbookError):
            older = self.cache.get(key)
            if older is not None and isinstance(older.result, Table):
                return  # an aged answer serves a reader better than the failure to renew it
        self.cache.put(key, Kept(result, now, aligned_window(request)[0] if self.live else 0))


def run_all(
    session: Session, *, cancel: CancelToken | None = None, progress: Progress | None = None
) -> list[tuple[PlannedItem, ItemResult]]:
    """Every item of the plan with its result, in document order, and titles that tell of it; queries run at the same time, as many as the settings
    allow. Raises Cancelled."""
    items = session.plan(cancel).walk()
    results: dict[int, ItemResult] = {}
    asking = [at for at, item in enumerate(items) if item.status == "ready" and item.query is not None]
    for at, item in enumerate(items):
        if item.status != "ready" or item.query is None:
            results[at] = session.result(item, cancel)
    if asking:
        workers = max(1, min(len(asking), session.concurrent + 1))
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
    by_path = {item.path: results[at] for at, item in enumerate(items)}
    return [(titled(item, by_path), results[at]) for at, item in enumerate(items)]


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
