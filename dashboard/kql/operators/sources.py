"""print, range, datatable, externaldata, invoke: operators that make tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.binder_calls import call_user, stored_function
from dashboard.kql.bound import Bound, Column, Raw, Relation, Unnest, Values
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.functions.literals import DUCKDB_TYPES
from dashboard.kql.functions.registry import FunctionRefused
from dashboard.kql.projection import Projection
from dashboard.kql.scopes import FunctionValue, TableValue
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

_MOST_ROWS = 20_000_000


def one_row() -> Relation:
    """One row without columns."""
    return Relation(Values((), ((),)), ())


def print_row(binder: Binder, scope: Scope, source: Relation | None, node: s.Print) -> Relation:
    """`print`: one row of the expressions."""
    row = binder.row(one_row(), scope)
    projection = Projection(row, "print")
    projection.take(node.columns)
    return projection.relation()


def range_rows(binder: Binder, scope: Scope, source: Relation | None, node: s.Range) -> Relation:
    """`range x from a to b step s`: rows of numbers, times or spans."""
    row = binder.row(one_row(), scope)
    # A lambda may hold no subquery: what toscalar() gives gets a column of its own.
    bounds = [row.bind(part) for part in (node.start, node.stop, node.step)]
    start, stop, step = (bound if bound.guardable else row.hoist(bound) for bound in bounds)
    kind = _range_type(start, stop, step)
    if kind is None:
        raise binder.failure(
            node, "KQ104", f"range cannot go from {start.type} to {stop.type} in steps of {step.type}."
        )
    column = binder.column(node.name, kind)
    if kind == "datetime":
        first, last = (f"epoch_us({row.converted(end, 'datetime').sql})" for end in (start, stop))
        size = f"({row.converted(step, 'timespan').sql} // 10)"
        value = "make_timestamp({first} + kql_i * {size})"
    else:
        first, last, size = (row.converted(part, kind).sql for part in (start, stop, step))
        value = "{first} + kql_i * {size}"
    _check_size(binder, node, start, stop, step)
    steps = f"CAST(floor(({last} - {first}) / nullif({size}, 0)) AS BIGINT)"
    value = value.format(first=first, size=size)
    sql = f"list_transform(generate_series(0, {steps}), lambda kql_i: CAST({value} AS {DUCKDB_TYPES[kind]}))"
    assert row.relation is not None  # noqa: S101
    refs = start.refs | stop.refs | step.refs
    return Relation(Unnest(row.relation.node, column, Bound(sql, kind, refs=refs, guardable=False)), (column,))


def _range_type(start: Bound, stop: Bound, step: Bound) -> KqlType | None:
    kinds = {start.type, stop.type}
    if kinds <= {"datetime", "string", "dynamic"} and "datetime" in kinds:
        return "datetime" if step.type == "timespan" else None
    if kinds == {"timespan"}:
        return "timespan" if step.type == "timespan" else None
    numbers: list[KqlType] = ["int", "long", "real", "decimal"]
    if (kinds | {step.type}) - {*numbers, "dynamic"}:
        return None
    given = {*kinds, step.type}
    widest: KqlType = next((kind for kind in reversed(numbers) if kind in given), "long")
    return "long" if widest == "int" else widest


def _check_size(binder: Binder, node: s.Node, start: Bound, stop: Bound, step: Bound) -> None:
    ends = (start.constant, stop.constant, step.constant)
    if not all(isinstance(end, int | float) for end in ends):
        return
    if step.constant and (stop.constant - start.constant) / step.constant > _MOST_ROWS:
        raise binder.failure(node, "KQ003", f"This range has more than {_MOST_ROWS:,} rows.")


def datatable(binder: Binder, scope: Scope, source: Relation | None, node: s.Datatable) -> Relation:
    """`datatable(…)[…]`: literal rows."""
    columns = tuple(binder.column(name, kind) for name, kind in node.columns)
    width = len(columns)
    if width == 0 or len(node.values) % width:
        raise binder.failure(
            node, "KQ104", f"The values of datatable must fill rows of {width}; there are {len(node.values)}."
        )
    cells: list[str] = []
    reader = binder.scalar_row(scope)
    for i, item in enumerate(node.values):
        cells.append(_cell(binder, reader.bind(item), columns[i % width], item))
    rows = tuple(tuple(cells[i : i + width]) for i in range(0, len(cells), width))
    return Relation(Values(columns, rows), columns, serialized=True)


def _cell(binder: Binder, value: Bound, column: Column, node: s.Expression) -> str:
    """A cell in its column's type; a value that does not fit is null, as Kusto has it."""
    if value.type == column.type:
        return value.sql
    if value.is_constant and value.constant is None:
        return f.literal(None, column.type).sql
    try:
        if column.type == "dynamic" or (value.type == "dynamic" and column.type == "string"):
            return f.call_scalar("todynamic" if column.type == "dynamic" else "tostring", [value], binder.context).sql
        name = {"bool": "tobool", "datetime": "todatetime", "int": "toint", "long": "tolong", "real": "toreal",
                "string": "tostring", "guid": "toguid", "timespan": "totimespan", "decimal": "todecimal"}[column.type]  # fmt: skip
        return f.call_scalar(name, [value], binder.context).sql
    except FunctionRefused as refused:
        message = f"This value does not fit the column '{column.name}' ({column.type}): {refused.message}"
        raise binder.failure(node, "KQ104", message) from refused


def external_data(binder: Binder, scope: Scope, source: Relation | None, node: s.ExternalData) -> Relation:
    """`externaldata`: what the engine's reader allows; it gives the SELECT of the columns by position."""
    columns = tuple(binder.column(name, kind) for name, kind in node.columns)
    if binder.externaldata is None:
        raise binder.failure(
            node, "KQ206", "externaldata may not read anything here.", "Import the data as a table first."
        )
    select = binder.externaldata(node)
    if select == "":
        return Relation(Values(columns, ()), columns)
    heads = ", ".join(column.sql for column in columns)
    return Relation(
        Raw((), columns, frozenset(), lambda _: f"SELECT {heads} FROM ({select}) AS outside({heads})"), columns
    )


def invoke(binder: Binder, scope: Scope, source: Relation | None, node: s.Invoke) -> Relation:
    """`invoke f(…)`: the piped table is the function's first argument."""
    if source is None:
        raise binder.failure(node, "KQ105", "'invoke' needs a table before it.")
    entry = scope.find(node.function)
    resolved = binder.resolved(entry) if entry is not None else stored_function(binder, node, node.function)
    if not isinstance(resolved, FunctionValue):
        known = [*scope.names(), *binder.catalog.functions]
        raise binder.failure(
            node, "KQ103", f"There is no function '{node.function}' to invoke.", did_you_mean(node.function, known)
        )
    inner = scope.child()
    name = "$piped"
    inner.define(name, TableValue(binder.shared(source)))
    first = s.Name(span=node.span, name=name)
    call = s.Call(span=node.span, name=node.function, arguments=(first, *node.arguments))
    result = call_user(binder, resolved, call, inner, None)
    if isinstance(result, Bound):
        raise binder.failure(node, "KQ105", f"'{node.function}' gives a single value; invoke needs a table.")
    return replace(result, name="")


OPERATORS: dict[type, Handler] = {
    s.Print: print_row, s.Range: range_rows, s.Datatable: datatable, s.ExternalData: external_data, s.Invoke: invoke,
}  # fmt: skip
