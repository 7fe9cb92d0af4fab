"""One workbook as one person has it open: its session, what was set, what runs, what was drawn.

A board lives in Streamlit's session state. Fragments of several threads use it at once; what they share is guarded.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.document import Workbook
from dashboard.document.workbook import named_parameter
from dashboard.engines.protocol import CancelToken, Engine
from dashboard.errors import Cancelled, Problem
from dashboard.pages import bar, drawings, layout, library, links, sources, style, waiting
from dashboard.pages.templates import find_template
from dashboard.runtime.evaluate import Session
from dashboard.runtime.explain import Explanation
from dashboard.runtime.plan import Plan, PlannedItem
from dashboard.runtime.results import ItemResult
from dashboard.runtime.titles import names_result, titled
from dashboard.table import Table, json_cell
from dashboard.visual import build as visual
from dashboard.visual.view import Grid, Message, Tiles, View

_LONGEST_VALUE = 400
_AT_ONCE = 64
# A result that was larger than the service gives, or took longer.
_TOO_MUCH = frozenset(("EN002", "EN018", "EN032"))
_SHORTEST_RANGE = 60_000


@cache
def _pool() -> ThreadPoolExecutor:
    # These threads only wait; how many queries run at once is the executor's affair.
    return ThreadPoolExecutor(_AT_ONCE, "board")


class Board:
    """State and acts of one open workbook. `chosen` are the values a person set, by name: what the address carries."""

    def __init__(self, name: str, workbook: Workbook, title: str, engine: Engine, values: Mapping[str, Any]) -> None:
        self.name = name
        self.workbook = workbook
        self.title = title
        self.engine = engine
        self.chosen: dict[str, Any] = dict(values)
        self.zone = bar.zone()
        self.session = Session(workbook, engine, values=values, time_zone=self.zone, templates=find_template)
        self.refreshed = dt.datetime.now(dt.UTC)
        self._file = library.files().get(name, (None, False))[0]
        self._stamp = library.stamp(self._file)
        self.written: list[dict[str, Any]] = []
        self._declared = Counter(p.name for item in workbook.walk() for p in item.parameters)
        self._lock = threading.Lock()
        self._token = CancelToken()
        self._plan: Plan | None = None
        self._by_path: dict[str, PlannedItem] = {}
        self._results: dict[str, Future[ItemResult]] = {}
        self._views: dict[tuple[str, str], tuple[ItemResult, View]] = {}
        self._stopped: set[str] = set()
        self._until = 0.0
        self._actions: dict[str, str] = {}
        self._selected: dict[str, tuple[int, ...]] = {}
        self._picked: dict[str, drawings.Marks] = {}
        self._links: dict[str, Mapping[str, Any]] = {}

    def rewrite(self, workbook: Workbook) -> None:
        """Goes on with an edited workbook; items that only moved keep what was done to them."""
        now = {id(item.raw): item.path for item in workbook.walk()}
        paths = {item.path for item in workbook.walk()}
        moved = {item.path: now.get(id(item.raw), item.path) for item in self.workbook.walk()}
        moved = {old: new for old, new in moved.items() if new in paths}
        with self._lock:
            self.workbook = workbook
            self.session.rewrite(workbook, moved)
            self._declared = Counter(p.name for item in workbook.walk() for p in item.parameters)
            self._selected = {moved[path]: rows for path, rows in self._selected.items() if path in moved}
            self._picked = {moved[path]: marks for path, marks in self._picked.items() if path in moved}

    def changed_outside(self) -> bool:
        """Whether the workbook's file is another one than the last time this was asked."""
        before, self._stamp = self._stamp, library.stamp(self._file)
        return before != self._stamp

    def fits(self, engine: Engine, zone: str) -> bool:
        """Whether the board was made for this source and time zone."""
        return self.engine is engine and self.zone == zone

    # ---- evaluation ----------------------------------------------------------------------------------------------------

    def plan(self) -> Future[Plan]:
        """Starts, or joins, the evaluation of the workbook as it stands."""
        return _pool().submit(self._make_plan, self._token)

    def _make_plan(self, token: CancelToken) -> Plan:
        try:
            plan = self.session.plan(token)
        except Cancelled:
            plan = self._plan or Plan((), {}, ())
        with self._lock:
            self._plan = plan
            self._by_path = {item.path: item for item in plan.walk()}
            keys = {item.key for item in self._by_path.values()}
            self._results = {key: future for key, future in self._results.items() if key in keys}
            self._views = {key: view for key, view in self._views.items() if key[0] in keys}
        return plan

    def current(self, path: str) -> PlannedItem | None:
        """The item at a path as the latest plan has it."""
        return self._by_path.get(path)

    def values(self) -> Mapping[str, Any]:
        """The values of all parameters by name, as the latest plan has them."""
        return self._plan.values if self._plan is not None else {}

    def submit(self, planned: PlannedItem) -> Future[ItemResult]:
        """Starts an item's query, or joins it, or gives its kept result."""
        with self._lock:
            if planned.key in self._stopped:
                stopped: Future[ItemResult] = Future()
                stopped.set_result(ItemResult("unset", message="Cancelled. Refresh to run it again."))
                return stopped
            future = self._results.get(planned.key)
            if future is None or future.cancelled():
                future = self._results[planned.key] = _pool().submit(self._result, planned, self._token)
            return future

    def _result(self, planned: PlannedItem, token: CancelToken) -> ItemResult:
        try:
            return self.session.result(planned, token)
        except Cancelled:
            return ItemResult("unset", message="Cancelled. Refresh to run it again.")

    def tried(self, workbook: Workbook) -> Future[Plan]:
        """What another state of the workbook would come to; nothing of it is kept."""
        return _pool().submit(self.session.tried, workbook, self._token)

    def start(self, plan: Plan) -> None:
        """Starts every query of the plan that is shown, so that none waits for another to be drawn."""
        self._until = time.monotonic() + waiting.PATIENCE
        for planned in plan.walk():
            if planned.status == "ready" and planned.query is not None:
                self.submit(planned)

    def view(self, planned: PlannedItem, result: ItemResult) -> View:
        """What is drawn of a result; kept while neither changes."""
        key = (planned.key, bar.zone())
        kept = self._views.get(key)
        if kept is not None and kept[0] is result:
            return kept[1]
        if result.table is not None and result.status in ("ok", "empty"):
            view = visual.build_view(planned, result.table, zone=bar.zone())
            if result.status == "empty" and isinstance(view, Message) and not view.detail:
                view = replace(view, detail=self._why_empty(planned))
        else:
            view = self.message(result.status, result.message, result.problem)
        self._views[key] = (result, view)
        return view

    def _why_empty(self, planned: PlannedItem) -> str:
        """Why there may be no rows: empty tables, or the range of time; nothing where that cannot be told."""
        request = planned.query
        if request is None or request.source != "logs":
            return ""
        named = library.tables_in(request.text)
        empty = [table for table in named if table in sources.empty_tables(self.engine)]
        if empty and len(empty) == len(named):
            return f"{', '.join(empty[:4])} {'has' if len(empty) == 1 else 'have'} no rows in the local data."
        if request.timespan is not None and named:
            start, end = (
                moment.astimezone(layout.zone(self.zone)) for moment in (request.timespan.start, request.timespan.end)
            )
            return f"Looked at {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {self.zone}."
        return ""

    def message(self, status: str, message: str, problem: Problem | None) -> Message:
        """What stands in an item's frame where there is nothing to draw."""
        view = visual.message_view(status, message, problem)
        return view if problem is None else replace(view, detail=style.detail(problem))

    def labels_of(self, message: str) -> str:
        """What the parameters that a message asks for are called on the page, where that is not their name."""
        named = message.partition("Please set: ")[2].partition(" (")[0].split(", ")
        labels = {each.name: each.label for item in self.workbook.walk() for each in item.parameters}
        told = [f"{name} is “{labels[name]}”" for name in named if labels.get(name, name) != name]
        return f"{', '.join(told)}." if told else ""

    def is_there(self, planned: PlannedItem) -> bool:
        """Whether the item's result is there; waits for it a while. One that comes later has the page drawn anew."""
        return waiting.is_there(self.submit(planned), self._until)

    def outcome(self, planned: PlannedItem) -> tuple[Table | None, View]:
        """The item's table, where there is one, and what is drawn; waits for it."""
        result = waiting.wait(self.submit(planned))
        return result.table, self.view(planned, result)

    def facts(self, planned: PlannedItem) -> dict[str, str]:
        """What must travel with the item's data: the parameters as the page shows them, the range of time, where and when it
        came from, and how many rows a query gives at most."""
        from dashboard.export.run import parameter_facts

        facts = {
            "Workbook": self.title,
            "Data source": sources.labels().get(self.engine.name, self.engine.label),
            "Run": self.refreshed.strftime("%Y-%m-%d %H:%M:%S UTC"),
            "Time zone": self.zone,
            "Row cap": f"{settings.integer('query_rows'):,} rows a query",
        }
        span = planned.query.timespan if planned.query else None
        if span is not None:
            facts["Queried range"] = f"{span.start:%Y-%m-%d %H:%M} – {span.end:%Y-%m-%d %H:%M} UTC"
        shown = parameter_facts(self._plan.walk() if self._plan is not None else ())
        return {**facts, **{name: value for name, value in shown.items() if name not in facts}}

    def renewed(self, planned: PlannedItem, table: Table) -> bool | None:
        """Whether a newer answer than the table came; None while it is on its way."""
        found = self.session.renewed(planned, float(table.statistics.get("fetched", 0.0)))
        if found:
            with self._lock:
                self._results.pop(planned.key, None)
        return found

    def narrower(self, planned: PlannedItem) -> tuple[str, int] | None:
        """The time parameter and the shorter length (milliseconds) that may make a result fit which was too large or too slow;
        None where that is not what is wrong, or no parameter sets the range."""
        result = self._done(planned.path)
        name = named_parameter(planned.item.content.get("timeContextFromParameter"))
        span = planned.query.timespan if planned.query else None
        if result is None or span is None or not name:
            return None
        codes = {result.problem.code} if result.problem else set()
        codes |= {notice.code for notice in result.table.notices} if result.table is not None else set()
        length = int((span.end - span.start).total_seconds() * 1000) // 4
        return (name, length) if codes & _TOO_MUCH and length >= _SHORTEST_RANGE else None

    def narrow(self, name: str, length: int) -> None:
        """Sets a time parameter to a shorter range up to now."""
        self.session.set_value(name, {"durationMs": length})
        self.chosen[name] = {"durationMs": length}

    def explain(self, planned: PlannedItem) -> Future[Explanation]:
        """How the item was answered, and why it is blank if it is."""
        return _pool().submit(self._explain, planned, self._token)

    def _explain(self, planned: PlannedItem, token: CancelToken) -> Explanation:
        try:
            return self.session.explain(planned, self.submit(planned).result(), cancel=token)
        except Cancelled:
            return Explanation(reasons=("Cancelled.",))

    def ask_anew(self, planned: PlannedItem) -> None:
        """Runs the item's query anew, whatever is kept of it."""
        self.session.forget(planned)
        with self._lock:
            self._results.pop(planned.key, None)
            self._stopped.discard(planned.key)

    # ---- what a person does --------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Runs everything anew, with now as the end of relative time ranges."""
        with self._lock:
            self._results.clear()
            self._stopped.clear()
        self.session.refresh()
        self.refreshed = dt.datetime.now(dt.UTC)

    def cancel(self) -> None:
        """Stops what runs; what had not answered says so until the next refresh or change."""
        with self._lock:
            self._stopped |= {key for key, future in self._results.items() if not future.done()}
            token, self._token = self._token, CancelToken()
        token.cancel()

    def set_value(self, planned: PlannedItem, name: str, value: Any) -> None:
        """Sets a parameter of a parameters item; None gives the choice back to the workbook's own value."""
        # A name declared in several groups is set where it was set; any other everywhere, as an address does.
        scope = planned.path if self._declared[name] > 1 else ""
        self.session.set_value(name, value, scope_path=scope)
        if value is None:
            self.chosen.pop(name, None)
            self.session.set_value(name, None)
        else:
            self.chosen[name] = value

    def set_tab(self, planned: PlannedItem, index: int) -> None:
        """Presses a tab or a link."""
        self.session.set_tab(planned.path, index)
        tab = planned.tabs[index]
        if tab.parameter:
            self.chosen[tab.parameter] = tab.value

    def fold(self, planned: PlannedItem, is_open: bool) -> None:
        """Expands, loads or collapses a group."""
        if is_open:
            self.session.open_group(planned.path)
        else:
            self.session.close_group(planned.path)

    def select(self, path: str, rows: tuple[int, ...]) -> None:
        """Selects rows of the item's result; what it exports follows."""
        planned = self._by_path.get(path)
        result = self._done(path)
        if planned is None or result is None or result.table is None:
            return
        self._selected[path] = rows
        table = result.table
        found = []
        for row in rows:
            if 0 <= row < len(table):
                cells = table.arrow.slice(row, 1).to_pylist()[0]
                found.append({column.name: json_cell(cells[column.name], column.type) for column in table.columns})
        self._export(planned, found)

    def select_points(self, path: str, points: list[Mapping[str, Any]]) -> None:
        """Selects marks of a chart."""
        planned = self._by_path.get(path)
        if planned is not None:
            self._picked[path] = frozenset(drawings.mark_of(point) for point in points)
            self._export(planned, points)

    def _export(self, planned: PlannedItem, points: Sequence[Mapping[str, Any]]) -> None:
        rows = [row for point in points for row in point.get("_parts") or (point,)]
        self.session.select(planned.path, rows)
        for name in planned.exports:
            self.chosen.pop(name, None)
        if not rows:
            return
        last = {key.lower(): value for key, value in rows[-1].items()}
        for entry in planned.item.exports:
            value = last.get(str(entry.get("fieldName") or "").lower())
            if isinstance(value, (str, int, float)) and len(str(value)) <= _LONGEST_VALUE:
                self.chosen[str(entry["parameterName"])] = str(value)

    def brush(self, path: str, start: str, end: str) -> None:
        """Brushes a range of time, both ends as a chart's axis writes them in the reader's zone."""
        zone = layout.zone(bar.zone())
        try:
            first, last = (dt.datetime.fromisoformat(text.strip()).replace(tzinfo=zone) for text in (start, end))
        except ValueError:
            return
        self.session.brush(path, first, last)

    # ---- what fragments ask --------------------------------------------------------------------------------------------

    def _done(self, path: str) -> ItemResult | None:
        planned = self._by_path.get(path)
        future = self._results.get(planned.key) if planned else None
        return future.result() if future is not None and future.done() else None

    def table(self, path: str) -> Table | None:
        """The item's result, where it is there already."""
        result = self._done(path)
        return result.table if result is not None else None

    def problems(self, planned: PlannedItem) -> list[Problem]:
        """What is wrong with the item's query, as far as its result says so already."""
        future = self._results.get(planned.key)
        result = future.result() if future is not None and future.done() else None
        return [result.problem] if result is not None and result.problem is not None else []

    def selected(self, path: str) -> tuple[int, ...]:
        """The rows selected in an item."""
        return self._selected.get(path, ())

    def picked(self, path: str) -> drawings.Marks:
        """The marks selected in the chart of an item."""
        return self._picked.get(path, frozenset())

    def ask_action(self, path: str, action: Any) -> None:
        """Remembers what a menu asked, for the run that follows."""
        if isinstance(action, str):
            self._actions[path] = action

    def take_action(self, path: str) -> str:
        """What a menu asked, once."""
        return self._actions.pop(path, "")

    def ask_link(self, path: str, event: Mapping[str, Any]) -> None:
        """Remembers a cell's link that was followed."""
        self._links[path] = event

    def take_link(self, path: str) -> Mapping[str, Any] | None:
        """The link followed, once."""
        return self._links.pop(path, None)

    def reactions(self, planned: PlannedItem, view: View) -> drawings.Reactions:
        """What the item's drawing does when a person acts on it."""
        path = planned.path

        def rows(chosen: tuple[int, ...]) -> None:
            self.select(path, chosen)
            st.rerun()

        def points(chosen: list[Mapping[str, Any]]) -> None:
            self.select_points(path, chosen)
            st.rerun()

        def brush(start: str, end: str) -> None:
            self.brush(path, start, end)
            st.rerun()

        exports = bool(planned.item.exports)
        return drawings.Reactions(
            rows=rows if exports and isinstance(view, (Grid, Tiles)) else None,
            points=points if exports and not isinstance(view, (Grid, Tiles, Message)) else None,
            brush=brush if planned.item.brush_parameter else None,
            link=lambda event: self.ask_link(path, event),
        )

    def title_of(self, planned: PlannedItem) -> str:
        """An item's title as it is shown; one that tells of the item's result does so once that is there."""
        if names_result(planned):
            result = self._done(planned.path)
            planned = titled(planned, {planned.path: result} if result is not None else {})
        return str(planned.texts.get("title", "") or "").strip()

    def steps(self) -> dict[str, str]:
        """The containers of items by the name that links use."""
        return {item.item.name: layout.item_key(item) for item in self._by_path.values() if item.item.name}

    # ---- the address ---------------------------------------------------------------------------------------------------

    def address(self) -> dict[str, str | list[str]]:
        """What the address says of this board."""
        return {"w": self.name, **links.write_values(self.chosen)}

    def fixed_address(self) -> dict[str, str | list[str]]:
        """The same with every range of time as the moments it means now: whoever opens it sees these hours."""
        plan, values = self._plan, dict(self.chosen)
        for item in self.workbook.walk():
            for parameter in item.parameters:
                value = values.get(
                    parameter.name, plan.values.get(parameter.name) if plan is not None else parameter.value
                )
                if parameter.kind == "time" and isinstance(value, Mapping) and not value.get("endTime"):
                    values[parameter.name] = {**value, "endTime": self.session.now.isoformat()}
        return {"w": self.name, **links.write_values(values)}
