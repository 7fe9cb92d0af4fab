"""Answers that an evaluation needs on its way: kept ones at once, others are started and waited for between passes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for
from dataclasses import replace
from typing import Final

from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.runtime.cache import Key
from dashboard.runtime.execute import Executor, Statistics
from dashboard.runtime.json_source import JSON_SOURCES, rows_of, run_json
from dashboard.runtime.merge import run_merge, table_names
from dashboard.runtime.plan import MergeInput
from dashboard.table import Table


class _Pending:
    def __repr__(self) -> str:
        return "PENDING"


PENDING: Final = _Pending()
Answer = Table | WatchbookError | _Pending


class Answers:
    """Tables by request for one evaluation. What was answered once stays answered until the evaluation is over, even if
    the shared cache drops it meanwhile. `version` is the engine's: one evaluation sees one state of the data."""

    def __init__(self, executor: Executor, statistics: Statistics, cancel: CancelToken | None, version: str) -> None:
        self._executor = executor
        self._statistics = statistics
        self._cancel = cancel
        self.version = version
        self._known: dict[Key, Table | WatchbookError] = {}
        self._running: dict[Key, Future[Table]] = {}

    def get(self, request: QueryRequest) -> Answer:
        """The answer, or PENDING after starting the query."""
        if request.source == "json":
            return self._computed(request)
        key = self._executor.key(request, self.version)
        if key in self._known:
            return self._known[key]
        future = self._running.get(key)
        if future is None:
            future = self._running[key] = self._executor.submit(request, self._cancel, self._statistics, self.version)
        if not future.done():
            return PENDING
        del self._running[key]
        try:
            table = future.result()
            answer: Table | WatchbookError = table
            if request.source in JSON_SOURCES:
                answer = rows_of(request.text, table)
        except Cancelled:
            if self._cancel is not None:
                self._cancel.check()
            answer = WatchbookError(Problem("EN001", "The query was cancelled.", "info"))
        except WatchbookError as error:
            answer = error
        self._known[key] = answer
        return answer

    def merge(self, payload: str, inputs: Mapping[str, MergeInput]) -> Answer:
        """A merge's table; PENDING while one of its steps is."""
        tables: dict[str, Table] = {}
        pending = False
        for name in table_names(payload):
            step = inputs.get(name)
            if step is None:
                continue
            if step.request is None:
                return WatchbookError(Problem("RT004", f"The merge reads the step '{name}': {step.message}"))
            answer = (
                self.merge(step.request.text, step.inputs) if step.request.source == "merge" else self.get(step.request)
            )
            if isinstance(answer, WatchbookError):
                return WatchbookError(
                    Problem("RT004", f"The merge reads the step '{name}', which failed: {answer.problem.message}")
                )
            if isinstance(answer, _Pending):
                pending = True
            else:
                tables[name] = answer
        if pending:
            return PENDING
        try:
            return _with_age(run_merge(payload, tables), tables.values())
        except WatchbookError as error:
            return error

    def settle(self) -> bool:
        """Waits until at least one of the running queries is done; False where none runs."""
        if not self._running:
            return False
        if self._cancel is not None:
            self._cancel.check()
        while not any(future.done() for future in self._running.values()):
            wait_for(self._running.values(), timeout=0.5, return_when=FIRST_COMPLETED)
            if self._cancel is not None:
                self._cancel.check()
        # Queries that were started together often end together: one more moment saves a pass.
        with contextlib.suppress(TimeoutError):
            wait_for(self._running.values(), timeout=0.01)
        return True

    def _computed(self, request: QueryRequest) -> Table | WatchbookError:
        key: Key = ("json", request.text)
        if key not in self._known:
            try:
                self._known[key] = run_json(request.text)
            except WatchbookError as error:
                self._known[key] = error
        return self._known[key]


def _with_age(merged: Table, steps: Iterable[Table]) -> Table:
    """A merge is as old as the oldest of its steps."""
    told = [step.statistics for step in steps if "fetched" in step.statistics]
    if not told:
        return merged
    age = {"fetched": min(each["fetched"] for each in told), "stale": any(each.get("stale") for each in told)}
    return replace(merged, statistics={**merged.statistics, **age})
