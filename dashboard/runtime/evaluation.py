"""One evaluation of a workbook: a walk from top to bottom that decides visibility, values, queries and texts.

The walk is repeated until no query that feeds a parameter or a condition is still running: each pass starts every query
whose inputs are known, so that independent ones run at the same time. Only the last pass makes the plan's items.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from dashboard import settings
from dashboard.document.workbook import Condition, Item, Workbook, text_of
from dashboard.engines.protocol import Engine, QueryRequest
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.parameters.conditions import holds
from dashboard.parameters.formats import default_text
from dashboard.parameters.graph import dependencies, evaluation_order
from dashboard.parameters.options import cell_text
from dashboard.parameters.substitute import Context, references, substitute_deep
from dashboard.parameters.values import Value, text_value
from dashboard.runtime.answers import Answers
from dashboard.runtime.controls import Evaluator
from dashboard.runtime.execute import request_key
from dashboard.runtime.exports import brushed, exported, given_by
from dashboard.runtime.links import link_value, planned_links, selected_link
from dashboard.runtime.merge import table_names
from dashboard.runtime.metrics import ask_metrics, item_metrics, metric_visualization, no_rows_message
from dashboard.runtime.plan import Control, MergeInput, PlannedItem, Status, Tab
from dashboard.runtime.scope import (
    Scope,
    declared,
    merged_steps,
    setters,
    shows_subscriptions,
    with_prefix,
    without_parameters,
)
from dashboard.runtime.sources import SOURCES, Asked, ask, source_of
from dashboard.runtime.state import State

Templates = Callable[[str], Workbook | None]
_NOT_TEXTS = ("query", "items", "parameters", "links", "jsonData")


class Evaluation:
    """The parts that stay the same through all passes. `run` gives the plan's items."""

    def __init__(
        self,
        workbook: Workbook,
        engine: Engine,
        answers: Answers,
        state: State,
        initial: Mapping[str, Any],
        context: Context,
        *,
        all_items: bool,
        evaluator: Evaluator,
        templates: Templates | None,
        loaded: dict[str, tuple[Item, ...] | None],
    ) -> None:
        self.workbook, self.engine, self.answers, self.state = workbook, engine, answers, state
        self.initial, self.context, self.all_items = initial, context, all_items
        self.evaluator, self.templates, self.loaded = evaluator, templates, loaded
        self.values: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self.version = answers.version
        self._building = False
        self._globals: dict[str, str] = {}
        self._derived: dict[str, Any] = {}
        self._prose = Context("prose", context.now, context.zone)
        self._declared: set[str] = set()
        self._setters: dict[str, list[Item]] = {}
        self._merged: set[str] = set()
        self._names: Mapping[str, str] = {}
        self._names_ids = False
        self._know(workbook.items)
        for items in loaded.values():
            self._know(items or ())

    def _know(self, items: tuple[Item, ...]) -> None:
        """Notes what does not depend on values: who declares, who sets, which steps merges read."""
        for item in (each for top in items for each in top.walk()):
            self._declared.update(parameter.name for parameter in item.parameters)
            for name in setters(item):
                self._setters.setdefault(name, []).append(item)
            self._merged.update(merged_steps(item))
            self._names_ids = self._names_ids or shows_subscriptions(item)

    def run(self) -> tuple[PlannedItem, ...]:
        """Evaluates until nothing is pending. Raises Cancelled."""
        for _ in range(200):
            before = dict(self._derived)
            self._pass()
            if self.answers.settle():
                continue
            if self._derived == before:
                break
        self._building = True
        return self._pass()

    def _pass(self) -> tuple[PlannedItem, ...]:
        self._globals, self.values, self.problems = {}, {}, []
        if self._names_ids and self.evaluator.estate is not None:
            self._names = self.evaluator.estate.subscription_names() or {}
        scope = Scope()
        for name, value in self.initial.items():
            if name not in self._declared:
                scope.declare(name, text_value(cell_text(value)))
        return self._items(self.workbook.items, scope, False)

    def _items(self, items: tuple[Item, ...], scope: Scope, hidden: bool) -> tuple[PlannedItem, ...]:
        return tuple(self._item(item, scope, hidden) for item in items)

    def _item(self, item: Item, scope: Scope, hidden: bool) -> PlannedItem:
        if any(condition.parameter in scope.waits for condition in item.conditions):
            scope.wait(declared(item))
            scope.wait((f"step {item.name}",))
            return _hidden(item)
        unmet = next((each for each in item.conditions if not holds(each, scope.values, self._prose)), None)
        visible = not hidden and unmet is None
        why = _why_hidden(unmet) if unmet else "Hidden with the group it stands in."
        if item.kind == "group":
            return self._group(item, scope, visible or self.all_items, why)
        shown = visible or self.all_items
        match item.kind:
            case "parameters":
                return self._parameters(item, scope, shown, why)
            case "query" | "metric":
                return self._query(item, scope, shown, why)
            case "links":
                return self._links(item, scope, shown, why)
        if not shown:
            return _hidden(item, why)
        if item.problems:
            return self._broken(item)
        return self._planned(item, scope, "ready") if item.kind == "text" else self._broken(item)

    # ---- groups ------------------------------------------------------------------------------------------------

    def _group(self, item: Item, scope: Scope, shown: bool, why: str) -> PlannedItem:
        expandable = item.content.get("expandable") is True
        expanded = not expandable or (item.content.get("expanded") is True and item.path not in self.state.closed)
        expanded = expanded or item.path in self.state.opened
        loads = shown and (item.load_type != "explicit" or item.path in self.state.opened)
        loads = self.all_items or (loads and expanded) or item.load_type == "always"
        if not loads:
            self._leave_out(item, scope)
            message = why if not shown else "Shown after its group is opened."
            children = hidden_items(item.items, message) if self._building else ()
            if not shown:
                return replace(_hidden(item, why), items=children)
            return self._planned(item, scope, "ready", items=children, extra={"loaded": False, "expanded": expanded})
        inner = scope.inside()
        problem = item.problems[0] if item.problems else None
        items = item.items
        if item.template_id:
            template = self._template(item)
            if template is not None:
                items = without_parameters(template, scope.values)
            elif not items:
                problem = Problem(
                    "RT007",
                    f"The template '{item.template_id}' is not among the workbooks here.",
                    "warning",
                    Place(path=item.path),
                    "Save it in the workbooks folder under that name.",
                )
        children = self._items(items, inner, not shown)
        if item.exports_parameters:
            scope.take(inner, overwrite=shown)
            for name in declared(item):
                if name in inner.waits:
                    scope.wait((name,))
        if not shown:
            return replace(_hidden(item, why), items=children)
        if problem is not None and not items:
            status: Status = "unsupported" if problem.code == "RT007" else "error"
            return self._planned(item, scope, status, message=problem.message, problem=problem)
        return self._planned(
            item, scope, "ready", items=children, problem=problem, extra={"loaded": True, "expanded": expanded}
        )

    def _leave_out(self, item: Item, scope: Scope) -> None:
        """What a group that is not made would have brought out: unset, so that what uses it says so."""
        if not item.exports_parameters:
            return
        for child in item.items:
            for name, blocks in declared(child).items():
                if name not in scope.values:
                    scope.declare(name, Value(blocks=blocks))

    def _template(self, item: Item) -> tuple[Item, ...] | None:
        if item.path not in self.loaded:
            found = None
            if self.templates is not None and item.path.count("/items/") < settings.integer("workbook_groups"):
                workbook = self.templates(item.template_id)
                found = with_prefix(workbook.items, item.path) if workbook is not None else None
            self.loaded[item.path] = found
            self._know(found or ())
        return self.loaded[item.path]

    # ---- parameters --------------------------------------------------------------------------------------------

    def _parameters(self, item: Item, scope: Scope, shown: bool, why: str) -> PlannedItem:
        if not shown and item.content.get("doNotRunWhenHidden") is True:
            for parameter in item.parameters:
                if parameter.name not in scope.values:
                    scope.declare(parameter.name, Value(kind=parameter.kind, blocks=parameter.is_required))
            return _hidden(item, why)
        order, circles = evaluation_order(item.parameters, scope.values)
        in_circle = {name: circle for circle in circles for name in circle}
        controls: dict[int, Control] = {}
        for parameter in order:
            if dependencies(parameter) & scope.waits:
                scope.wait((parameter.name,))
                continue
            if parameter.name in in_circle:
                controls[id(parameter)] = self._circle(parameter, in_circle[parameter.name], scope, shown)
                continue
            declarer = self._globals.get(parameter.name)
            if declarer is not None and parameter.name in scope.values:
                value = scope.values[parameter.name]
                text = default_text(value, self._prose.now, self._prose.zone, in_query=False)
                controls[id(parameter)] = Control(parameter, shown, self.values.get(parameter.name), text=text)
                continue
            evaluated = self.evaluator.evaluate(
                parameter,
                scope,
                self._given(parameter.name, item, parameter.is_global),
                self._derived.get(parameter.name),
                shown,
            )
            if evaluated is None:
                scope.wait((parameter.name,))
                continue
            control, value = evaluated
            controls[id(parameter)] = control
            scope.declare(parameter.name, value)
            self.values[parameter.name] = control.value
            if parameter.is_global:
                self._globals[parameter.name] = item.path
        if not self._building:
            return _hidden(item)
        drawn = tuple(controls[id(each)] for each in item.parameters if id(each) in controls)
        if not shown:
            return replace(_hidden(item, why), controls=drawn)
        if item.problems and not item.parameters:
            return self._broken(item)
        problem = item.problems[0] if item.problems else None
        return self._planned(item, scope, "ready", controls=drawn, problem=problem)

    def _circle(self, parameter: Any, circle: tuple[str, ...], scope: Scope, shown: bool) -> Control:
        chain = " → ".join((*circle, circle[0]))
        problem = Problem(
            "RT008",
            f"The parameter {parameter.name} depends on itself: {chain}.",
            place=Place(path=parameter.place),
            hint="Take one of the references out.",
        )
        if problem not in self.problems:
            self.problems.append(problem)
        scope.declare(parameter.name, Value(kind=parameter.kind, blocks=True, reason="it depends on itself"))
        return Control(parameter, shown, problem=problem)

    def _given(self, name: str, item: Item, is_global: bool) -> Any:
        """What the reader chose: the latest act that sets the name, else the value the session began with."""
        best = self.state.given(name, item.path)
        if is_global:
            for setter in self._setters.get(name, ()):
                act = given_by(setter, name, self.state)
                if act is not None and (best is None or act[0] > best[0]):
                    best = act
        return best[1] if best is not None else self.initial.get(name)

    # ---- queries -----------------------------------------------------------------------------------------------

    def _query(self, item: Item, scope: Scope, shown: bool, why: str) -> PlannedItem:
        source = source_of(item.content)
        waits = references(item.content.get("query")) | {source.time_parameter}
        if (waits | references(source.resources)) & scope.waits:
            scope.wait(name for name in setters(item) if name not in self._globals)
            scope.wait((f"step {item.name}",))
            return _hidden(item)
        is_merge = item.kind == "query" and SOURCES.get(source.query_type) == "merge"
        if not (self._building or item.name in self._merged or item.brush_parameter):
            asked = Asked()
        elif item.kind == "metric":
            asked = ask_metrics(item, scope.values, self.context, self.engine)
        else:
            asked = ask(source, scope.values, self.context, self.engine)
        inputs: Mapping[str, MergeInput] = dict(scope.steps) if is_merge else {}
        if is_merge and asked.request is not None:
            asked, inputs = _merge_inputs(asked.request, scope)
        status, message = _asked_status(asked, scope)
        if item.name and (shown or not is_merge):
            scope.steps[item.name] = MergeInput(asked.request, inputs, status, message)
            scope.waits.discard(f"step {item.name}")
        self._set_by_selection(item, scope, shown, asked)
        if not self._building:
            return _hidden(item)
        if not shown:
            return _hidden(item, why)
        if item.problems and not item.content:
            return self._broken(item)
        extra: dict[str, Any] = {}
        if self._names and shows_subscriptions(item):
            extra["subscriptionNames"] = self._names
        if item.kind == "metric":
            extra["visualization"] = metric_visualization(item)
            if not text_of(item.content.get("noDataMessage")):
                extra["noDataMessage"] = no_rows_message(item_metrics(item, scope.values, self._prose), asked.request)
        return self._planned(
            item,
            scope,
            status,
            message=message,
            problem=asked.problem,
            asked=asked,
            inputs=inputs,
            exports=setters(item),
            extra=extra,
        )

    def _set_by_selection(self, item: Item, scope: Scope, shown: bool, asked: Asked) -> None:
        """Declares what a selection or a brush of the item sets. A hidden item sets nothing."""
        values: dict[str, Value] = {}
        for entry in item.exports:
            name = text_of(entry.get("parameterName"))
            values[name] = exported(
                item, entry, self.state, self._given_elsewhere(name, item), scope.values, self._prose
            )
        if item.brush_parameter:
            span = asked.request.timespan if asked.request else None
            values[item.brush_parameter] = brushed(
                item, self.state, self._given_elsewhere(item.brush_parameter, item), span
            )
        for name, value in values.items():
            if name in self._globals:
                continue
            if not shown:
                if name not in scope.values:
                    scope.declare(name, Value(blocks=True))
            elif name == item.brush_parameter and not value.is_set and name in scope.values:
                continue
            else:
                scope.declare(name, value)
                self._note(name, value)

    def _given_elsewhere(self, name: str, item: Item) -> Any:
        best = self.state.given(name, item.path)
        return best[1] if best is not None else self.initial.get(name)

    def _note(self, name: str, value: Value) -> None:
        """A value that no parameters item declares, for deep links and reports."""
        if value.is_set:
            self.values[name] = value.raw

    # ---- links -------------------------------------------------------------------------------------------------

    def _links(self, item: Item, scope: Scope, shown: bool, why: str) -> PlannedItem:
        is_tabs = item.text_style.lower() == "tabs"
        pressed = self.state.tabs.get(item.path)
        index = selected_link(item, pressed, self._wanted(item, pressed), is_tabs)
        for name in setters(item):
            if name not in scope.values and name not in self._globals:
                scope.declare(name, Value(blocks=True))
        if shown and index is not None:
            name, text, trusted = link_value(item.links[index], scope.values, self._prose)
            if name and name in self._globals:
                if is_tabs and pressed is None and not scope.values[name].is_set and text:
                    self._derived.setdefault(name, text)
            elif name:
                value = text_value(text, trusted)
                scope.declare(name, value)
                self._note(name, value)
        if not self._building:
            return _hidden(item)
        if not shown:
            return _hidden(item, why)
        tabs = planned_links(item, index if is_tabs else None, scope.values, self._prose)
        return self._planned(item, scope, "ready", tabs=tabs)

    def _wanted(self, item: Item, pressed: tuple[int, int] | None) -> Mapping[str, str]:
        """Values from elsewhere that decide the tab, by parameter name: a global parameter's, or what the reader set later
        than they pressed a tab here."""
        wanted: dict[str, str] = {}
        for name in setters(item):
            if name in self._globals:
                chosen = self.values.get(name)
                if chosen is not None:
                    wanted[name] = cell_text(chosen[0] if isinstance(chosen, list) and chosen else chosen)
                continue
            given = self.state.given(name, item.path)
            if given is not None and (pressed is None or given[0] > pressed[0]):
                wanted[name] = cell_text(given[1])
            elif given is None and pressed is None and name in self.initial:
                wanted[name] = cell_text(self.initial[name])
        return wanted

    # ---- making plan items -------------------------------------------------------------------------------------

    def _broken(self, item: Item) -> PlannedItem:
        problem = (
            item.problems[0]
            if item.problems
            else Problem("RT010", f"Items of type {item.type} cannot be drawn.", place=Place(path=item.path))
        )
        return self._keyed(PlannedItem(item, item.path, "error", "", message=problem.message, problem=problem))

    def _planned(
        self,
        item: Item,
        scope: Scope,
        status: Status,
        *,
        message: str = "",
        problem: Problem | None = None,
        asked: Asked | None = None,
        inputs: Mapping[str, MergeInput] | None = None,
        controls: tuple[Control, ...] = (),
        tabs: tuple[Tab, ...] = (),
        items: tuple[PlannedItem, ...] = (),
        exports: tuple[str, ...] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> PlannedItem:
        if not self._building:
            return _hidden(item)
        content = {key: value for key, value in item.content.items() if key not in _NOT_TEXTS}
        drawn: dict[str, Any] = substitute_deep(content, scope.values, self._prose)
        drawn = {**drawn, **(extra or {})}
        texts = {key: text for key, text in drawn.items() if isinstance(text, str)}
        if item.kind == "text" and "json" not in texts:
            texts["json"] = ""
        planned = PlannedItem(
            item=item,
            path=item.path,
            status=status,
            key="",
            message=message,
            problem=problem,
            query=asked.request if asked and status == "ready" else None,
            texts=texts,
            settings=drawn,
            controls=controls,
            tabs=tabs,
            items=items,
            exports=exports,
            inputs=inputs or {},
        )
        return self._keyed(planned)

    def _keyed(self, item: PlannedItem) -> PlannedItem:
        return replace(item, key=item_key(item, self.version if item.query else ""))


def _asked_status(asked: Asked, scope: Scope) -> tuple[Status, str]:
    if asked.message:
        return "unsupported", asked.message
    if asked.problem:
        return "error", asked.problem.message
    if asked.unset:
        return "unset", unset_message(asked.unset, scope.values)
    return "ready", ""


def unset_message(names: tuple[str, ...], values: Mapping[str, Value]) -> str:
    """The format's sentence, and after it why a parameter has no value where that is known."""
    text = f"This query could not run because some parameters are not set. Please set: {', '.join(names)}"
    reasons = [f"{name}: {values[name].reason}" for name in names if name in values and values[name].reason]
    return f"{text} ({'; '.join(reasons)})" if reasons else text


def _merge_inputs(request: QueryRequest, scope: Scope) -> tuple[Asked, Mapping[str, MergeInput]]:
    """The steps that a merge reads; unset or unsupported where one of them is."""
    try:
        names = table_names(request.text)
    except WatchbookError as error:
        return Asked(problem=error.problem), {}
    inputs = {name: scope.steps[name] for name in names if name in scope.steps}
    for name, step in inputs.items():
        if step.request is None:
            if step.status == "unset":
                missing = step.message.partition("Please set: ")[2]
                return Asked(unset=tuple(missing.partition(" (")[0].split(", ")) or (name,)), inputs
            if step.status == "unsupported":
                return Asked(message=f"This merge reads the step '{name}'. {step.message}"), inputs
            return Asked(problem=Problem("RT004", f"The merge reads the step '{name}': {step.message}")), inputs
    lost = next((name for name in names if name not in inputs), None)
    if lost is not None:
        return Asked(problem=Problem("RT004", f"The merge reads the step '{lost}', which is not there.")), inputs
    return Asked(request), inputs


def _why_hidden(condition: Condition) -> str:
    if not condition.value:
        return f"Hidden {'while' if condition.equal else 'until'} {condition.parameter} is set."
    if condition.equal:
        return f"Hidden until {condition.parameter} is equal to '{condition.value}'."
    return f"Hidden while {condition.parameter} is '{condition.value}'."


def _hidden(item: Item, why: str = "") -> PlannedItem:
    return PlannedItem(item, item.path, "hidden", f"hidden {item.path}", message=why)


def hidden_items(items: tuple[Item, ...], why: str) -> tuple[PlannedItem, ...]:
    """Items that are not made, as the plan lists them."""
    return tuple(replace(_hidden(item, why), items=hidden_items(item.items, why)) for item in items)


def item_key(item: PlannedItem, version: str) -> str:
    """A digest of everything that decides an item's result and drawing."""
    controls = [
        (each.parameter.name, each.visible, each.value, [(o.value, o.label, o.group) for o in each.options], each.text,
         each.problem.message if each.problem else "")
        for each in item.controls
    ]  # fmt: skip
    query = [str(part) for part in request_key(item.query, False)] if item.query else None
    inputs = {name: _input_key(step) for name, step in item.inputs.items()}
    parts = [item.path, item.status, item.message, item.settings, controls, query, inputs, version,
             [(tab.label, tab.selected, tab.value, tab.url, tab.enabled) for tab in item.tabs]]  # fmt: skip
    text = json.dumps(parts, ensure_ascii=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _input_key(step: MergeInput) -> list[Any]:
    query = [str(part) for part in request_key(step.request, False)] if step.request else []
    return [query, step.status, {name: _input_key(each) for name, each in step.inputs.items()}]
