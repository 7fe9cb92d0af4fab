"""`Session`: one reader's view of one workbook over one engine. It holds what the reader did and makes plans of it."""

from __future__ import annotations

import datetime as dt
import threading
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.document.workbook import Item, Workbook
from dashboard.engines.protocol import CancelToken, Engine
from dashboard.errors import Problem
from dashboard.parameters.substitute import Context
from dashboard.parameters.times import TimeRange
from dashboard.runtime.answers import Answers
from dashboard.runtime.controls import Evaluator
from dashboard.runtime.estate import Estate
from dashboard.runtime.evaluation import Evaluation, Templates
from dashboard.runtime.execute import Executor, Statistics, shared_executor
from dashboard.runtime.explain import Explanation, explain
from dashboard.runtime.plan import Plan, PlannedItem, requests_of
from dashboard.runtime.results import ItemResult, item_result
from dashboard.runtime.state import State


class Session:
    """Evaluates a workbook for one reader. Safe to use from several threads.

    `values` are initial values by parameter name, from an address or a command line: texts are read by the parameter's kind
    (`24h` for a time range, `a,b` or a JSON list for a multi-select, an option's value or label). `now` fixes the time
    that relative ranges end at; without it that is the clock, at the next full minute, until `refresh`. `time_zone` is
    the reader's, for times in prose. `all_items` evaluates hidden items too. `time_range_ms` sets every time range
    parameter. `templates` finds what template groups load. `statistics` counts the queries run.
    """

    def __init__(
        self,
        workbook: Workbook,
        engine: Engine,
        *,
        values: Mapping[str, Any] | None = None,
        now: dt.datetime | None = None,
        time_zone: str = "UTC",
        all_items: bool = False,
        time_range_ms: int | None = None,
        templates: Templates | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.workbook = workbook
        self.engine = engine
        self.statistics = Statistics()
        self._executor = executor or shared_executor(engine)
        self._initial = {name: value for name, value in (values or {}).items() if value is not None}
        self._fixed_now = _utc(now) if now is not None else None
        self._now = self._fixed_now or _next_minute()
        self._zone = _zone(time_zone)
        self._all_items = all_items
        self._time_range = TimeRange(time_range_ms) if time_range_ms and time_range_ms > 0 else None
        self._templates = templates
        self._loaded: dict[str, tuple[Item, ...] | None] = {}
        self._state = State()
        self._lock = threading.RLock()
        self._version: str | None = None
        self._last: tuple[tuple[Any, ...], Plan] | None = None

    # ---- what a reader does --------------------------------------------------------------------------------------

    def set_value(self, name: str, value: Any, *, scope_path: str = "") -> None:
        """Sets a parameter: in the parameters item or group at `scope_path`, else wherever it is declared. None takes the
        reader's choice back, so that defaults hold again."""
        with self._lock:
            if value is None and not scope_path:
                self._initial.pop(name, None)
            self._state = self._state.with_value(scope_path, name, value)

    def select(self, item_path: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Selects rows, tiles or marks of an item; what it exports follows. No rows take the selection back."""
        with self._lock:
            self._state = self._state.with_selection(item_path, tuple(dict(row) for row in rows))

    def set_tab(self, item_path: str, index: int) -> None:
        """Selects a tab, or presses a link or button that sets a parameter, of a links item; `index` counts from 0."""
        with self._lock:
            self._state = self._state.with_tab(item_path, index)

    def brush(self, item_path: str, start: dt.datetime | None, end: dt.datetime | None) -> None:
        """Brushes a range of time in a chart; without both ends takes it back."""
        bounds = (_utc(start), _utc(end)) if start is not None and end is not None and start < end else None
        with self._lock:
            self._state = self._state.with_brush(item_path, bounds)

    def open_group(self, path: str) -> None:
        """Loads a group that loads on demand, or expands a collapsed one."""
        with self._lock:
            self._state = self._state.with_group(path, True)

    def close_group(self, path: str) -> None:
        """Collapses a group."""
        with self._lock:
            self._state = self._state.with_group(path, False)

    def rewrite(self, workbook: Workbook, moved: Mapping[str, str]) -> None:
        """Goes on with an edited workbook: what the reader did stays with the items it was done to. `moved` leads from the old path
        of each item that is still there to its new one."""
        with self._lock:
            self.workbook = workbook
            self._state = self._state.moved(moved)
            self._loaded = {}
            self._last = None

    def refresh(self) -> None:
        """Moves now to the clock and lets failed queries run again; results of unchanged queries are kept."""
        with self._lock:
            self._now = self._fixed_now or _next_minute()
            self._last = None
        self.statistics.refreshed()
        self._executor.forget_failures()

    @property
    def live(self) -> bool:
        """Whether its data changes without a sign, so that results have an age and a cost."""
        return self._executor.live

    @property
    def concurrent(self) -> int:
        """How many queries run at once."""
        return self._executor.concurrent

    def forget(self, item: PlannedItem) -> None:
        """Has the item's query, and those of the steps that it merges, asked anew."""
        for request in requests_of(item):
            self._executor.forget(request)

    def renewed(self, item: PlannedItem, fetched: float) -> bool | None:
        """Whether there is a newer answer than the one fetched then; None while it is on its way."""
        requests = requests_of(item)
        if any(self._executor.renewing(request) for request in requests):
            return None
        return any(self._executor.fetched(request) > fetched for request in requests)

    @property
    def now(self) -> dt.datetime:
        """The moment that relative time ranges end at."""
        return self._now

    # ---- what comes of it ----------------------------------------------------------------------------------------

    def plan(self, cancel: CancelToken | None = None) -> Plan:
        """The workbook as it stands: runs the queries that parameters need, and decides everything else. Raises Cancelled."""
        with self._lock:
            state, now, initial = self._state, self._now, dict(self._initial)
            version = self.engine.version()
            made_for = (state.acts, now, version, tuple(sorted(map(str, initial))))
            if self._last is not None and self._last[0] == made_for:
                return self._last[1]
        plan = self._evaluated(self.workbook, state, now, initial, version, self._loaded, cancel)
        with self._lock:
            self._last = (made_for, plan)
            self._version = version
        return plan

    def tried(self, workbook: Workbook, cancel: CancelToken | None = None) -> Plan:
        """What another state of the workbook would come to with what the reader did here; this session stays as it is. Raises
        Cancelled."""
        with self._lock:
            state, now, initial = self._state, self._now, dict(self._initial)
        return self._evaluated(workbook, state, now, initial, self.engine.version(), {}, cancel)

    def _evaluated(
        self,
        workbook: Workbook,
        state: State,
        now: dt.datetime,
        initial: Mapping[str, Any],
        version: str,
        loaded: dict[str, tuple[Item, ...] | None],
        cancel: CancelToken | None,
    ) -> Plan:
        context = Context("prose", now, self._zone)
        answers = Answers(self._executor, self.statistics, cancel, version)
        estate = Estate(answers.get, now) if self.engine.name == "local" else None
        evaluation = Evaluation(
            workbook,
            self.engine,
            answers,
            state,
            initial,
            context,
            all_items=self._all_items,
            evaluator=Evaluator(self.engine, answers, context, estate, self._time_range),
            templates=self._templates,
            loaded=loaded,
        )
        items = evaluation.run()
        return Plan(items, evaluation.values, tuple(self._problems(workbook, evaluation.problems)))

    def result(self, item: PlannedItem, cancel: CancelToken | None = None) -> ItemResult:
        """What an item of the plan comes to; runs its query and waits. Raises Cancelled."""
        version = self._version if self._version is not None else self.engine.version()
        return item_result(item, self._executor, self.statistics, version, cancel)

    def explain(
        self, item: PlannedItem, result: ItemResult, *, deep: bool = True, cancel: CancelToken | None = None
    ) -> Explanation:
        """How an item was answered, and why it is blank if it is. Raises Cancelled."""
        return explain(item, result, self._executor, deep=deep, cancel=cancel)

    @staticmethod
    def _problems(workbook: Workbook, found: Sequence[Problem]) -> list[Problem]:
        problems = list(workbook.problems)
        for item in workbook.walk():
            problems += item.problems
        return problems + list(found)


def _next_minute() -> dt.datetime:
    """The clock, up to the next full minute: readers who open a workbook within one minute share their results."""
    now = dt.datetime.now(dt.UTC)
    return (now + dt.timedelta(minutes=1)).replace(second=0, microsecond=0)


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _zone(name: str) -> dt.tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC
