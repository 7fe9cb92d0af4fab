"""make-series: for each key an array of an aggregate over equal steps of an axis.

Rows are aggregated by key and step first; then each group's steps become one array. A step that has no row takes the default:
each aggregate is followed by as many defaults as there are steps up to the next one (`list_resize`), so that the work
grows with the rows of the result and no grid of all steps is ever joined.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Aggregate, Bound, Column, Extend, Relation
from dashboard.kql.functions.convert import to_dynamic
from dashboard.kql.functions.dynamics import element
from dashboard.kql.names import result_name
from dashboard.kql.operators.columns import piped
from dashboard.kql.operators.summarize import grouping
from dashboard.kql.projection import Projection
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.binder_expressions import Row
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

MAX_STEPS = 1_048_576
# Microseconds from 0001-01-01, where bin() counts from, to 1970-01-01.
_EPOCH = 62_135_596_800_000_000
_WHOLE = frozenset(("int", "long", "timespan", "datetime"))
_START = dt.datetime(1970, 1, 1)
Number = str | int
"""A number known now, else its SQL: what is computed now need not be folded by DuckDB, whose planning takes as long as many
a query."""


class Axis(Struct, frozen=True):
    """The axis as whole steps from an origin. All SQL is in the axis' own unit: microseconds for datetime, ticks for
    timespan, numbers as they are. `first` and `steps` are the number of the first step and of all steps where the query says
    where the series begins and ends; None where that is up to each series."""

    type: KqlType
    number: str
    origin: str
    step: str
    first: str | None
    steps: str | None

    def value(self, number: str) -> str:
        """The JSON text of the axis at a step."""
        at = f"({self.origin} + {number} * {self.step})"
        sql = {"datetime": f"make_timestamp({at})", "real": at, "decimal": at}.get(self.type, f"CAST({at} AS BIGINT)")
        return to_dynamic(f.Operand(sql, "real" if self.type == "decimal" else self.type))


def make_series(binder: Binder, scope: Scope, source: Relation | None, node: s.MakeSeries) -> Relation:
    """`make-series`."""
    row = binder.row(piped(binder, source, node, "make-series"), scope)
    by = Projection(row)
    by.take(node.by)
    keys, shown, grouped = grouping(binder, by)
    inner = node.axis.value if isinstance(node.axis, s.Named) else node.axis
    value = row.settled(row.bind(inner))
    axis, refs = _axis(binder, scope, node, value)
    _limit_rows(binder, scope, row, node, value)
    result = Projection(row, "summarize")
    for column in shown:
        result.add(column)
    result.skipped = grouped
    row.aggregating = True
    defaults: list[tuple[Column, s.SeriesColumn]] = []
    for item in node.columns:
        before = len(result.columns)
        result.take((item.aggregate,))
        defaults += [(column, item) for column in result.columns[before:]]
    row.aggregating = False
    assert row.relation is not None  # noqa: S101
    number = binder.column("", "long")
    position = Bound(axis.number, "long", refs=value.refs | refs)
    stepped = Aggregate(row.relation.node, (*keys, (number, position)), tuple(row.aggregates))
    steps = Relation(stepped, (*shown, number)).computed(result.assignments)
    runs, arrays = _arrays(binder, scope, steps, axis, refs, shown, number, defaults)
    name = result_name(node.axis) or binder.default_name([])
    axis_column = binder.column(name, "dynamic")
    result.add(axis_column)
    arrays.append((axis_column, _axis_array(axis, refs, number)))
    outer = [
        (binder.column(column.name, column.type), Bound(column.sql, column.type, refs=frozenset((column.id,))))
        for column in shown
    ]
    nonempty = dict(node.options).get("kind") == "nonempty"
    count = binder.column("", "long")
    counted = [] if outer or nonempty else [(count, Bound("count(*)", "long", guardable=False))]
    final = Relation(Aggregate(runs.node, tuple(outer), (*arrays, *counted)), ())
    if counted:
        final = final.where(Bound(f"({count.sql} > 0)", "bool", refs=frozenset((count.id,))))
    return final.showing((*(column for column, _ in outer), *(column for column, _ in arrays)))


# ---- the axis ------------------------------------------------------------------------------------------------------


def _axis(binder: Binder, scope: Scope, node: s.MakeSeries, value: Bound) -> tuple[Axis, frozenset[int]]:
    """The axis, and what its limits read (results of toscalar())."""
    kind = value.type
    if kind not in (*_WHOLE, "real", "decimal"):
        binder.fail(node.axis, "KQ104", f"A series runs over a time or a number; this is a {kind}.")
    step = _limit(binder, scope, node.step, "timespan" if kind == "datetime" else kind)
    if step.is_constant and step.constant is not None and step.constant <= 0:
        binder.fail(node.step, "KQ104", "The step of a series must be greater than zero.")
    start = _limit(binder, scope, node.start, kind) if node.start is not None else None
    stop = _limit(binder, scope, node.stop, kind) if node.stop is not None else None
    refs = (
        step.refs
        | (start.refs if start is not None else frozenset())
        | (stop.refs if stop is not None else frozenset())
    )
    size = _known(step) if kind != "datetime" else _microseconds(binder, node, step)
    low = _known(start) if start is not None else None
    high = _known(stop) if stop is not None else None
    at_start = low is not None and not node.inclusive
    origin = low if low is not None and at_start else -_EPOCH if kind == "datetime" else 0
    first = 0 if at_start else _quotient(_minus(low, origin), size, kind) if low is not None else None
    steps: Number | None = None
    if high is not None:
        if node.inclusive:
            end = _quotient(_minus(high, origin), size, kind)
            steps = end + 1 if isinstance(end, int) else f"({end} + 1)"
        else:
            end = _quotient(_minus(origin, high), size, kind)
            steps = max(0, -end) if isinstance(end, int) else f"(-({end}))"
        if start is not None and stop is not None and start.is_constant and stop.is_constant and step.is_constant:
            _check_steps(binder, node, start, stop, step)
    distance = _minus(_in_units(value), origin)
    # No row stands before the start, and there the whole part of a quotient is what it is rounded down.
    above = at_start and kind in _WHOLE and isinstance(size, int)
    number = f"({distance} // {size})" if above else _quotient(distance, size, kind)
    first_sql, steps_sql = (_sql(each) if each is not None else None for each in (first, steps))
    return Axis(kind, _sql(number), _sql(origin), _sql(size), first_sql, steps_sql), refs


def _limit(binder: Binder, scope: Scope, node: s.Expression, kind: KqlType) -> Bound:
    """A limit or the step of the axis, in the axis' type."""
    reader = binder.scalar_row(scope)
    value = reader.bind(node)
    if value.type == kind:
        return value
    if value.type not in ("dynamic", "int", "long", "real", "decimal", "string"):
        binder.fail(node, "KQ104", f"A {kind} is needed here; this is a {value.type}.")
    return reader.converted(value, kind)


def _in_units(value: Bound) -> str:
    """A value of the axis as a number."""
    if value.type == "datetime":
        return f"epoch_us({value.sql})"
    return f"CAST({value.sql} AS DOUBLE)" if value.type == "decimal" else value.sql


def _known(value: Bound) -> Number:
    """A limit or the step as the whole number it is, where that is known now; else its SQL."""
    if value.type not in _WHOLE or not value.is_constant or value.is_null:
        return _in_units(value)
    if isinstance(value.constant, dt.datetime):
        return (value.constant - _START) // dt.timedelta(microseconds=1)
    return int(value.constant)


def _sql(value: Number) -> str:
    return f"({value})" if isinstance(value, int) and value < 0 else f"{value}"


def _minus(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int):
        return left - right
    return f"({_sql(left)} - {_sql(right)})"


def _microseconds(binder: Binder, node: s.MakeSeries, step: Bound) -> Number:
    if step.is_constant:
        if step.constant is None:
            return "NULL"
        if step.constant % 10:
            binder.fail(node.step, "KQ203", "Steps finer than a microsecond are not supported.")
        return int(step.constant // 10)
    return f"({step.sql} // 10)"


def _quotient(value: Number, size: Number, kind: KqlType) -> Number:
    """How many whole steps a value is, rounded down."""
    if isinstance(value, int) and isinstance(size, int):
        return value // size
    value, size = _sql(value), _sql(size)
    if kind in _WHOLE:
        return f"(({value} - (({value} % {size}) + {size}) % {size}) // {size})"
    return f"CAST(floor({value} / {size}) AS BIGINT)"


def _check_steps(binder: Binder, node: s.MakeSeries, start: Bound, stop: Bound, step: Bound) -> None:
    if start.constant is None or stop.constant is None or step.constant is None:
        return
    length = stop.constant - start.constant
    ticks = length.total_seconds() * 10_000_000 if start.type == "datetime" else float(length)
    if ticks / float(step.constant) > MAX_STEPS:
        message = f"The series would have more than {MAX_STEPS:,} steps."
        binder.fail(node, "KQ003", message, "Make the step longer or the range shorter.")


def _limit_rows(binder: Binder, scope: Scope, row: Row, node: s.MakeSeries, value: Bound) -> None:
    """Leaves only rows between the limits, by plain comparisons, so that scans read no more than needed."""
    assert row.relation is not None  # noqa: S101
    tests = []
    if node.start is not None and not node.inclusive:
        low = _limit(binder, scope, node.start, value.type)
        tests.append(binder.bound(f.binary(">=", value, low), value.refs | low.refs))
    if node.stop is not None and not node.inclusive:
        high = _limit(binder, scope, node.stop, value.type)
        tests.append(binder.bound(f.binary("<", value, high), value.refs | high.refs))
    # A comparison leaves no row without a value.
    for test in tests or [binder.bound(f.Operand(f"({value.sql} IS NOT NULL)", "bool"), value.refs)]:
        row.relation = row.relation.where(test)


# ---- the arrays ----------------------------------------------------------------------------------------------------


def _arrays(
    binder: Binder,
    scope: Scope,
    steps: Relation,
    axis: Axis,
    refs: frozenset[int],
    keys: list[Column],
    number: Column,
    columns: list[tuple[Column, s.SeriesColumn]],
) -> tuple[Relation, list[tuple[Column, Bound]]]:
    """The steps with a run for each aggregate (its JSON text and the defaults behind it), and the aggregates that make
    arrays of the runs."""
    if axis.first not in (None, "0") or (axis.first is None and axis.steps is not None):
        inside = f"{number.sql} >= {axis.first or number.sql}" + (
            f" AND {number.sql} < {axis.steps}" if axis.steps else ""
        )
        steps = steps.where(Bound(f"({inside})", "bool", refs=frozenset((number.id,)) | refs))
    following = binder.column("", "long")
    partition = f"PARTITION BY {', '.join(key.sql for key in keys)} " if keys else ""
    end = axis.steps or f"{number.sql} + 1"
    lead = f"(coalesce(lead({number.sql}) OVER ({partition}ORDER BY {number.sql}), {end}) - {number.sql})"
    window = Bound(
        lead, "long", refs=frozenset((number.id, *(key.id for key in keys))) | refs, windowed=True, guardable=False
    )
    node = Extend(steps.node, ((following, window),))
    assignments: list[tuple[Column, Bound]] = []
    arrays: list[tuple[Column, Bound]] = []
    for column, item in columns:
        missing = _default(binder, scope, item, column.type)
        run = binder.column("", "dynamic")
        text = element(f.Operand(column.sql, column.type))
        sql = f"list_resize([{text}], {following.sql}, {missing})"
        assignments.append((run, Bound(sql, "dynamic", refs=frozenset((column.id, following.id)))))
        joined = f"flatten(list({run.sql} ORDER BY {number.sql}))"
        if axis.first is not None:
            before = f"min({number.sql})" if axis.first == "0" else f"min({number.sql}) - {axis.first}"
            # Without keys there is a series of no rows, too.
            before = before if keys else f"coalesce({before}, {_count(axis)})"
            empty = f"list_resize(CAST([] AS VARCHAR[]), {before}, {missing})"
            joined = f"list_concat({empty}, {joined})"
        sql = f"('[' || array_to_string({joined}, ',') || ']')"
        array = Bound(sql, "dynamic", guardable=False, refs=frozenset((run.id, number.id)) | refs)
        arrays.append((binder.column(column.name, "dynamic"), array))
    return Relation(Extend(node, tuple(assignments)), ()), arrays


def _count(axis: Axis) -> str:
    """How many steps the series has where the query says so."""
    if axis.steps is None or axis.first is None:
        return "0"
    count = axis.steps if axis.first == "0" else f"{axis.steps} - {axis.first}"
    return count if count.isdigit() else f"greatest({count}, 0)"  # the end may stand before the start


def _default(binder: Binder, scope: Scope, item: s.SeriesColumn, kind: KqlType) -> str:
    """The JSON text of what stands where no row is: 0 unless the query says otherwise."""
    if item.default is None:
        return "'0.0'" if kind in ("real", "decimal") else "'0'"
    value = binder.scalar_row(scope).bind(item.default)
    if value.type == "long" and kind in ("int", "long") and not value.is_null and value.is_constant:
        return f"'{value.constant}'"
    if value.type != kind and kind in ("int", "long") and value.type in ("real", "decimal"):
        return element(value)
    return element(f.convert(value, kind)) if value.type != kind else element(value)


def _axis_array(axis: Axis, refs: frozenset[int], number: Column) -> Bound:
    """The array of the axis."""
    first = axis.first if axis.first is not None else f"min({number.sql})"
    end = axis.steps if axis.steps is not None else f"(max({number.sql}) + 1)"
    if refs:  # DuckDB takes no subquery inside of a lambda, so its value goes in as an element of a list
        limits = f"[{{'origin': {axis.origin}, 'step': {axis.step}, 'first': {first}, 'stop': {end}}}]"
        inside = replace(axis, origin="kql_a.origin", step="kql_a.step")
        numbers = f"list_transform(range(kql_a.first, kql_a.stop), lambda kql_i: {inside.value('kql_i')})"
        listed = f"list_extract(list_transform({limits}, lambda kql_a: {numbers}), 1)"
    else:
        listed = f"list_transform(range({first}, {end}), lambda kql_i: {axis.value('kql_i')})"
    own = frozenset((number.id,)) | refs
    return Bound(f"('[' || array_to_string({listed}, ',') || ']')", "dynamic", guardable=False, refs=own)


OPERATORS: dict[type, Handler] = {s.MakeSeries: make_series}
