"""Evaluates one parameter: where its value and options come from, what is chosen, what the control shows (section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard.document.workbook import Parameter, text_of
from dashboard.engines.protocol import Engine, QueryRequest
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.parameters import criteria
from dashboard.parameters.formats import default_text
from dashboard.parameters.options import Option, cell_text, options_from_json, options_from_rows
from dashboard.parameters.selection import ALL, Choice, choose_option, choose_text, choose_time
from dashboard.parameters.substitute import Context, references, substitute
from dashboard.parameters.times import TimeRange
from dashboard.parameters.values import ALL_LABEL, Value
from dashboard.runtime.answers import Answer, Answers
from dashboard.runtime.estate import Estate
from dashboard.runtime.plan import Control
from dashboard.runtime.scope import Scope
from dashboard.runtime.sources import SOURCES, ask, source_of
from dashboard.table import Table, json_cell

_NUMBERS = {1: "one", 3: "three", 5: "five"}
RESOURCE_KINDS = ("resource", "subscription", "resource_type", "location")


@dataclass(frozen=True, slots=True)
class Found:
    """What a parameter's data source gave: `text` for a text parameter, `options` for others (None: not to be had)."""

    text: str | None = None
    options: tuple[Option, ...] | None = None
    trusted: bool = False
    problem: Problem | None = None
    unset: tuple[str, ...] = ()
    waits: bool = False
    request: QueryRequest | None = None


@dataclass(frozen=True)
class Evaluator:
    """Evaluates parameters of one evaluation. `answers` runs queries, `estate` knows the data's own resources (None where
    the engine is not local)."""

    engine: Engine
    answers: Answers
    context: Context
    estate: Estate | None
    time_range: TimeRange | None

    def evaluate(
        self, parameter: Parameter, scope: Scope, given: Any, derived: Any, visible: bool
    ) -> tuple[Control, Value] | None:
        """The control and the value; None while a query that is needed still runs. `given` is what the reader chose,
        `derived` what a later item says where nothing else does (global parameters)."""
        if parameter.kind == "time":
            if given is None and self.time_range is not None:
                given = self.time_range.json()
            choice = choose_time(parameter, given)
            if not choice.value.is_set and derived is not None:
                choice = choose_time(parameter, derived)
            return self._control(parameter, choice, visible, ()), choice.value
        found = self._find(parameter, scope)
        if found.waits:
            return None
        if parameter.kind in ("text", "unknown"):
            choice = choose_text(parameter, given, found.text, found.trusted)
            if not choice.value.is_set and derived is not None:
                choice = choose_text(parameter, derived, None, False)
        else:
            options = found.options
            choice = self._choose(parameter, options, given, found)
            if not choice.value.is_set and derived is not None:
                choice = self._choose(parameter, options, derived, found)
        value = _blocked(choice.value, found, given is not None)
        problem = choice.problem or found.problem
        control = self._control(parameter, replace(choice, value=value, problem=problem), visible, found.options or ())
        return replace(control, query=found.request), value

    def _choose(self, parameter: Parameter, options: tuple[Option, ...] | None, given: Any, found: Found) -> Choice:
        own = self.estate is not None and parameter.kind in ("resource", "subscription")
        return choose_option(parameter, options, given, found.trusted, estate_default=own)

    def _find(self, parameter: Parameter, scope: Scope) -> Found:
        """Value or options from criteria, JSON, a query, or the estate."""
        if parameter.kind == "text" and parameter.raw.get("criteriaData"):
            return self._criteria(parameter, scope)
        if parameter.query.strip():
            found = self._query(parameter, scope)
        elif parameter.json_data.strip():
            found = self._json(parameter, parameter.json_data, scope)
        elif parameter.kind in RESOURCE_KINDS:
            found = Found(options=None)
        else:
            return Found()
        if self.estate is not None and parameter.kind == "subscription" and found.options and not found.waits:
            named = self.estate.named(found.options)
            return replace(found, options=named) if named is not None else Found(waits=True)
        if self.estate is None or parameter.kind not in RESOURCE_KINDS or found.waits or found.unset or found.options:
            return found
        own = self.estate.options(parameter, parameter.query)
        if own is None:
            return Found(waits=True)
        # A query that only local data fails at is no fault of the workbook once the estate gives the choices.
        return Found(options=own) if own else found

    def _criteria(self, parameter: Parameter, scope: Scope) -> Found:
        texts = Context("query", self.context.now, self.context.zone)
        used = references(parameter.raw.get("criteriaData")) | {
            text_of(context.get(key))
            for context in parameter.criteria
            for key in ("leftOperand", "rightVal", "resultVal")
        }

        def named(name: str) -> str:
            value = scope.values.get(name)
            return default_text(value, texts.now, texts.zone, in_query=True) if value is not None else ""

        def numeric(text: str) -> str:
            numbers = {name: _as_number(value, texts) for name, value in scope.values.items() if name in used}
            return substitute(text, {**scope.values, **numbers}, Context("prose", texts.now, texts.zone))

        text = criteria.evaluate(parameter.criteria, named, lambda text: substitute(text, scope.values, texts), numeric)
        trusted = all(scope.values[name].trusted for name in used if name in scope.values)
        blocking = tuple(sorted(name for name in self._criteria_needs(parameter) if _blocks(scope.values, name)))
        if blocking and not text:
            return Found(unset=blocking)
        return Found(text=text, trusted=trusted)

    @staticmethod
    def _criteria_needs(parameter: Parameter) -> frozenset[str]:
        return references([context.get("resultVal") for context in parameter.criteria])

    def _json(self, parameter: Parameter, written: str, scope: Scope) -> Found:
        names = references(written)
        unset = tuple(sorted(name for name in names if _blocks(scope.values, name)))
        if unset:
            return Found(unset=unset)
        text = substitute(written, scope.values, Context("json", self.context.now, self.context.zone))
        options, problem = options_from_json(text, Place(path=parameter.place))
        trusted = all(scope.values[name].trusted for name in names if name in scope.values)
        if parameter.kind == "text":
            return Found(text=options[0].value if options else None, trusted=trusted, problem=problem)
        return Found(options=options, trusted=trusted, problem=problem)

    def _query(self, parameter: Parameter, scope: Scope) -> Found:
        source = source_of(parameter.raw)
        kind = SOURCES.get(source.query_type, "")
        asked = ask(source, scope.values, self.context, self.engine)
        if asked.unset:
            return Found(unset=asked.unset)
        if asked.message or asked.problem:
            problem = asked.problem or Problem("RT002", asked.message, "warning", Place(path=parameter.place))
            return Found(problem=problem)
        if asked.request is None:
            return Found()
        if kind == "json":
            return self._json_query(parameter, asked.request.text, scope, self.answers.get(asked.request))
        if kind == "merge":
            answer: Answer = self.answers.merge(asked.request.text, scope.steps)
            if any(name.startswith("step ") for name in scope.waits) and isinstance(answer, WatchbookError):
                return Found(waits=True)
        else:
            answer = self.answers.get(asked.request)
        return replace(self._rows(parameter, answer), request=asked.request)

    def _json_query(self, parameter: Parameter, text: str, scope: Scope, answer: Answer) -> Found:
        """Options from a JSON source are read by key name, as those of jsonData, unless transformers made columns."""
        import json

        payload = json.loads(text)
        if payload.get("transformers") or parameter.kind == "text":
            return self._rows(parameter, answer)
        names = references(parameter.query)
        trusted = all(scope.values[name].trusted for name in names if name in scope.values)
        options, problem = options_from_json(text_of(payload.get("content")), Place(path=parameter.place))
        return Found(options=options, trusted=trusted, problem=problem)

    def _rows(self, parameter: Parameter, answer: Answer) -> Found:
        if isinstance(answer, WatchbookError):
            message = f"The query of {parameter.label} failed: {answer.problem.message}"
            return Found(problem=Problem("RT012", message, place=Place(path=parameter.place), hint=answer.problem.hint))
        if not isinstance(answer, Table):
            return Found(waits=True)
        types = [column.type for column in answer.columns]
        if parameter.kind == "text":
            rows = answer.arrow.slice(0, 1).to_pylist() if answer.columns and len(answer) else []
            first = answer.columns[0].name if answer.columns else ""
            text = cell_text(json_cell(rows[0][first], types[0])) if rows else ""
            if text and parameter.settings.get("preFormatJsonData") is True:
                text = _pretty(text)
            return Found(text=text)
        if parameter.kind in RESOURCE_KINDS or parameter.kind in ("dropdown", "options", "tabs", "multi"):
            shown = [
                [json_cell(cell, kind) for cell, kind in zip(row, types, strict=True)] for row in answer.rows()[:5_000]
            ]
            return Found(options=options_from_rows(answer.names, shown))
        return Found()

    def _control(self, parameter: Parameter, choice: Choice, visible: bool, options: tuple[Option, ...]) -> Control:
        text = default_text(choice.value, self.context.now, self.context.zone, in_query=False)
        return Control(
            parameter=parameter,
            visible=visible and not parameter.is_hidden_when_locked,
            value=choice.control,
            options=options,
            specials=_specials(parameter),
            text=text,
            problem=choice.problem,
        )


def _blocked(value: Value, found: Found, given: bool) -> Value:
    """The value, blocking what uses it where its own query could not give it."""
    if found.unset:
        if given and value.is_set:
            return value
        waits = ", ".join(found.unset)
        return replace(value, values=(), labels=(), instead=None, blocks=True, reason=f"it waits for {waits}")
    if found.problem is not None and not value.is_set:
        return replace(value, blocks=True, reason=found.problem.message.rstrip("."))
    return value


def _blocks(values: Mapping[str, Value], name: str) -> bool:
    value = values.get(name)
    return value is not None and value.blocks


def _as_number(value: Value, context: Context) -> Value:
    text = default_text(value, context.now, context.zone, in_query=False)
    try:
        float(text)
    except ValueError:
        return replace(value, values=("0",), time=None, instead=None, many=False)
    return value


def _specials(parameter: Parameter) -> tuple[Option, ...]:
    offered = list(parameter.specials)
    if parameter.include_all and parameter.is_multi and ALL not in offered and parameter.kind in RESOURCE_KINDS:
        offered.insert(0, ALL)
    return tuple(Option(each, special_label(each)) for each in offered)


def special_label(special: str) -> str:
    """What a person reads for `value::all`, `value::1` …"""
    which = special.removeprefix("value::")
    if which.lower() == "all":
        return ALL_LABEL
    return f"Any {_NUMBERS.get(int(which[:6]), which)}" if which.isascii() and which.isdigit() else which


def _pretty(text: str) -> str:
    import json

    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text
