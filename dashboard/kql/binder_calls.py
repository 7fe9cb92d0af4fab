"""Binding of function calls: the forms that need names or tables, aggregates, window functions, let and stored functions;
all others go to the registry of `functions/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Relation, column_operand
from dashboard.kql.catalog import StoredFunction
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.functions.dynamics import filled_bag
from dashboard.kql.functions.registry import Window
from dashboard.kql.literals import TYPE_NAMES
from dashboard.kql.names import result_name
from dashboard.kql.scopes import FunctionValue, ScalarValue, Scope, TableValue
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.binder_expressions import Row

# Names of functions that give tables; they are bound in `binder_tables`.
TABULAR = frozenset(
    ("materialize", "totable", "table", "workspace", "app", "database", "cluster", "resource", "adx", "arg")
)


def bind_call(row: Row, node: s.Call) -> Bound:
    """The value of a call. Raises BindFailure or FunctionRefused."""
    binder = row.binder
    entry = row.scope.find(node.name)
    if entry is not None:
        entry = binder.resolved(entry)
    if isinstance(entry, FunctionValue):
        result = call_user(binder, entry, node, row.scope, row)
        if isinstance(result, Relation):
            raise binder.failure(
                node, "KQ105", f"'{node.name}' gives a table; a single value was expected here.", "Use toscalar()."
            )
        return result
    special = _SPECIAL.get(node.name)
    if special is not None:
        return special(row, node)
    if node.name in f.REGISTRY.aggregates and row.aggregating:
        columns = aggregate_columns(row, node)
        return columns[0]
    if node.name in f.REGISTRY.windows:
        return _window(row, node)
    if node.name in f.REGISTRY.tuples:
        return tuple_columns(row, node)[0]
    scalar = f.REGISTRY.scalars.get(node.name)
    if scalar is not None:
        if scalar.notice is not None and (sentence := scalar.notice()):
            binder.warn_once(node, "KQ209", sentence)
        return row.made(arguments(row, node), lambda o: f.call_scalar(node.name, o, binder.context))
    stored = binder.catalog.functions.get(node.name)
    if stored is not None:
        result = call_user(binder, _stored(binder, node, stored), node, row.scope, row)
        if isinstance(result, Relation):
            raise binder.failure(
                node, "KQ105", f"'{node.name}' gives a table; a single value was expected here.", "Use toscalar()."
            )
        return result
    if node.name in f.REGISTRY.aggregates:
        raise binder.failure(node, "KQ106", f"The aggregate {node.name}() can only stand in summarize and its like.")
    if node.name in TABULAR:
        raise binder.failure(
            node, "KQ105", f"{node.name}() gives a table; a single value was expected here.", "Use toscalar()."
        )
    known = [*f.REGISTRY.scalars, *f.REGISTRY.aggregates, *row.scope.names(), *binder.catalog.functions]
    raise binder.failure(node, "KQ103", f"There is no function '{node.name}'.", did_you_mean(node.name, known))


def arguments(row: Row, node: s.Call) -> list[Bound]:
    """The bound arguments; a star stands for all columns."""
    found: list[Bound] = []
    for argument in node.arguments:
        if isinstance(argument, s.Star) and row.relation is not None:
            found.extend(column_operand(column) for column in row.relation.columns)
        else:
            found.append(row.bind(argument))
    return found


# ---- aggregates and windows ----------------------------------------------------------------------------------------


def aggregate_columns(row: Row, node: s.Call) -> list[Bound]:
    """The result columns of an aggregate call, as expressions over the aggregates noted in the row. `name` is the default
    name of each."""
    binder = row.binder
    row.aggregating = False
    try:
        operands = [row.settled(operand) for operand in arguments(row, node)]
    finally:
        row.aggregating = True
    named = [
        replace(operand, name=operand.name or result_name(argument)) if not isinstance(argument, s.Star) else operand
        for operand, argument in zip(operands, node.arguments, strict=False)
    ] + operands[len(node.arguments) :]
    call = f.call_aggregate(node.name, named, binder.context)
    refs = frozenset().union(*(operand.refs for operand in named))
    order = row.relation.order if row.relation is not None else ()
    shared: Bound | None = None
    if call.shared is not None:
        whole = _ordered(call.shared, order)
        ids = refs | {key.column.id for key in order} if whole is not call.shared else refs
        shared = row.aggregate(Bound(whole, "dynamic", guardable=False, refs=ids))
    columns = []
    for column in call.columns:
        if shared is not None:
            sql = column.sql.replace(f.SHARED, shared.sql)
            columns.append(Bound(sql, column.type, name=column.name, refs=shared.refs))
            continue
        sql = _ordered(column.sql, order)
        ids = refs | {key.column.id for key in order} if sql is not column.sql else refs
        columns.append(row.aggregate(Bound(sql, column.type, name=column.name, guardable=False, refs=ids)))
    return columns


def _ordered(sql: str, order: Sequence[object]) -> str:
    """An aggregate's SQL with the rows' order where it has a place for one."""
    if f.IN_ORDER not in sql:
        return sql
    keys = ", ".join(key.sql for key in order)  # type: ignore[attr-defined]
    return sql.replace(f.IN_ORDER, f" ORDER BY {keys}" if keys else "")


def _window(row: Row, node: s.Call) -> Bound:
    binder = row.binder
    if row.relation is None and row.host is None:
        raise binder.failure(node, "KQ104", f"{node.name}() needs the rows of a table.")
    operands = [row.settled(operand) for operand in arguments(row, node)]
    key = row.row_order()
    refs = frozenset((key.column.id,)).union(*(operand.refs for operand in operands))

    def settle(sql: str, kind: KqlType) -> str:
        nonlocal refs
        column = row.settled(Bound(sql, kind, guardable=False, refs=refs, windowed=True))
        refs |= column.refs
        return column.sql

    made = f.call_window(
        node.name, operands, binder.context, Window(key.sql, settle=settle if row.can_hoist() else None)
    )
    return binder.bound(replace(made, guardable=False), refs, windowed=True)


def tuple_columns(row: Row, node: s.Call) -> list[Bound]:
    """The columns of a function that gives several."""
    operands = [
        replace(operand, name=operand.name or result_name(argument))
        for operand, argument in zip(arguments(row, node), node.arguments, strict=False)
    ]
    refs = frozenset().union(*(operand.refs for operand in operands))
    return [row.binder.bound(made, refs) for made in f.call_tuple(node.name, operands, row.binder.context)]


# ---- functions of the query and of the workspace -------------------------------------------------------------------


def call_user(binder: Binder, entry: FunctionValue, node: s.Call, scope: Scope, row: Row | None) -> Relation | Bound:
    """What a let or stored function gives for these arguments: a table or a value."""
    function = entry.function
    if binder.calling.count(entry.name) > 0 and function in binder.bodies:
        raise binder.failure(node, "KQ111", f"The function '{entry.name}' calls itself.")
    if len(binder.calling) >= binder.limits.call_depth:
        raise binder.failure(node, "KQ002", "Functions call one another too deeply.")
    inner = _with_arguments(binder, entry, node, scope, row)
    binder.calling.append(entry.name)
    binder.bodies.append(function)
    host, binder.host = binder.host, row if row is not None else binder.host
    if entry.stored:
        binder.inside(entry.name, node)
    try:
        inner = binder.statements(function.statements, inner)
        return binder.evaluate_pipe(function.body, inner)
    finally:
        binder.host = host
        if entry.stored:
            binder.outside()
        binder.calling.pop()
        binder.bodies.pop()


def _with_arguments(binder: Binder, entry: FunctionValue, node: s.Call, scope: Scope, row: Row | None) -> Scope:
    inner = entry.scope.child()
    parameters = {parameter.name: parameter for parameter in entry.function.parameters}
    given: dict[str, s.Expression] = {}
    waiting = [p.name for p in entry.function.parameters]
    for argument in node.arguments:
        if isinstance(argument, s.Named) and argument.names[0] in parameters:
            given[argument.names[0]] = argument.value
            if argument.names[0] in waiting:
                waiting.remove(argument.names[0])
        elif waiting:
            given[waiting.pop(0)] = argument
        else:
            wanted = len(entry.function.parameters)
            raise binder.failure(node, "KQ104", f"{entry.name}() takes {wanted} arguments; got {len(node.arguments)}.")
    reader = row if row is not None else binder.scalar_row(scope)
    for name, parameter in parameters.items():
        if name in given:
            if parameter.columns is not None:
                relation = _restricted(binder, binder.table(given[name], scope), parameter, given[name])
                inner.define(name, TableValue(binder.shared(relation)))
                continue
            value = reader.bind(given[name])
        elif parameter.default is not None:
            value = binder.bound(f.literal(parameter.default.value, parameter.default.type))
        else:
            raise binder.failure(node, "KQ104", f"{entry.name}() needs a value for its parameter '{name}'.")
        if parameter.type is not None:
            value = reader.converted(value, parameter.type)
        inner.define(name, ScalarValue(replace(value, name=None)))
    return inner


def _restricted(binder: Binder, relation: Relation, parameter: s.Parameter, node: s.Expression) -> Relation:
    """The table with the columns that the parameter declares; all of it for `(*)`."""
    for name, kind in parameter.columns or ():
        column = relation.column(name)
        if column is None:
            raise binder.failure(node, "KQ102", f"The table for '{parameter.name}' has no column '{name}'.")
        if column.type != kind:
            raise binder.failure(
                node, "KQ104", f"The column '{name}' for '{parameter.name}' must be {kind}; it is {column.type}."
            )
    return relation


@lru_cache(maxsize=512)
def _parsed(stored: StoredFunction) -> s.Function | str:
    from dashboard.kql.parser import parse

    result = parse(f"let f = ({stored.parameters.strip().removeprefix('(').removesuffix(')')}) {{\n{stored.body}\n}};")
    if result.problems:
        return result.problems[0].describe()
    statements = result.tree.statements if result.tree is not None else ()
    value = statements[0].value if statements and isinstance(statements[0], s.Let) else None
    return value if isinstance(value, s.Function) else "it is not a function"


def _stored(binder: Binder, node: s.Node, stored: StoredFunction) -> FunctionValue:
    function = _parsed(stored)
    if isinstance(function, str):
        raise binder.failure(node, "KQ103", f"The stored function '{stored.name}' cannot be read: {function}")
    binder.functions_used[stored.name] = None
    return FunctionValue(stored.name, function, Scope(), stored=True)


def stored_function(binder: Binder, node: s.Node, name: str) -> FunctionValue | None:
    """A function of the workspace by name."""
    stored = binder.catalog.functions.get(name)
    return _stored(binder, node, stored) if stored is not None else None


# ---- forms that need names or tables -------------------------------------------------------------------------------


def _column_ifexists(row: Row, node: s.Call) -> Bound:
    if len(node.arguments) != 2:
        raise row.binder.failure(node, "KQ104", f"{node.name}() takes a column name and a default.")
    first = node.arguments[0]
    wanted = (
        first.name
        if isinstance(first, s.Name) and row.scope.find(first.name) is None
        else row.constant(first, "string")
    )
    column = row.relation.column(wanted) if row.relation is not None else None
    default = row.bind(node.arguments[1])
    if column is None:
        return replace(default, name=None)
    value = column_operand(column)
    if default.type != column.type and (default.type == "string" or column.type == "dynamic"):
        # Microsoft's service gives the call the type of its default, and what is written behind it relies on that.
        return replace(row.converted(value, default.type), name=column.name)
    return value


def _toscalar(row: Row, node: s.Call) -> Bound:
    if len(node.arguments) != 1:
        raise row.binder.failure(node, "KQ104", "toscalar() takes one table.")
    found = row.binder.evaluate_in(node.arguments[0], row.scope)
    if isinstance(found, Bound):
        if found.guardable or found.refs:
            return found
        # A volatile call, as new_guid(), gives one value for all rows.
        from dashboard.kql.operators.sources import one_row

        column = row.binder.column("", found.type)
        return row.binder.scalar_of(one_row().computed([(column, found)]), column)
    if not found.columns:
        raise row.binder.failure(node, "KQ105", "The table has no columns.")
    return row.binder.scalar_of(found, found.columns[0])


def _pack_all(row: Row, node: s.Call) -> Bound:
    if row.relation is None:
        raise row.binder.failure(node, "KQ104", "pack_all() needs the columns of a table.")
    operands: list[Bound] = []
    for column in row.relation.columns:
        operands += [row.binder.bound(f.literal(column.name, "string")), column_operand(column)]
    if node.arguments and row.constant(node.arguments[0], "bool"):
        return row.made(operands, filled_bag)
    return row.made(operands, lambda o: f.call_scalar("bag_pack", o, row.binder.context))


def _bag_pack_columns(row: Row, node: s.Call) -> Bound:
    operands: list[Bound] = []
    for argument in node.arguments:
        value = row.bind(argument)
        operands += [row.binder.bound(f.literal(result_name(argument) or "", "string")), value]
    return row.made(operands, lambda o: f.call_scalar("bag_pack", o, row.binder.context))


def _ingestion_time(row: Row, node: s.Call) -> Bound:
    relation = row.relation
    for name in ("_TimeReceived", "TimeGenerated"):
        column = relation.column(name) if relation is not None else None
        if column is not None and column.type == "datetime":
            return replace(column_operand(column), name="$IngestionTime")
    return row.binder.bound(f.literal(None, "datetime"))


def _iscolumnexists(row: Row, node: s.Call) -> Bound:
    wanted = row.constant(node.arguments[0], "string")
    exists = row.relation is not None and row.relation.column(wanted) is not None
    return row.binder.bound(f.literal(exists, "bool"))


def _not(row: Row, node: s.Call) -> Bound:
    if len(node.arguments) != 1:
        raise row.binder.failure(node, "KQ104", "not() takes one argument.")
    return row.made([row.bind(node.arguments[0])], lambda o: f.logical_not(o[0]))


def _typeof(row: Row, node: s.Call) -> Bound:
    """A type by name, as some functions take it: a constant string."""
    argument = node.arguments[0] if len(node.arguments) == 1 else None
    name = (
        argument.name if isinstance(argument, s.Name) else argument.value if isinstance(argument, s.Literal) else None
    )
    if name not in TYPE_NAMES:
        raise row.binder.failure(node, "KQ104", "typeof() takes the name of a type, such as typeof(long).")
    return row.binder.bound(f.literal(TYPE_NAMES[name], "string"))


def _column_names_of(row: Row, node: s.Call) -> Bound:
    if len(node.arguments) != 1:
        raise row.binder.failure(node, "KQ104", "column_names_of() takes one table.")
    table = row.binder.table(node.arguments[0], row.scope)
    return row.binder.bound(f.literal([column.name for column in table.columns], "dynamic"))


def _assert(row: Row, node: s.Call) -> Bound:
    """assert(): refused while binding where its condition is known to be false."""
    if len(node.arguments) != 2:
        raise row.binder.failure(node, "KQ104", "assert() takes a condition and a message.")
    if row.constant(node.arguments[0], "bool", "The condition of assert()"):
        return row.binder.bound(f.literal(True, "bool"))
    message = row.constant(node.arguments[1], "string", "The message of assert()")
    raise row.binder.failure(node, "KQ104", f"assert() failed: {message}")


_SPECIAL: dict[str, Callable[[Row, s.Call], Bound]] = {
    "column_ifexists": _column_ifexists,
    "columnifexists": _column_ifexists,
    "iscolumnexists": _iscolumnexists,
    "toscalar": _toscalar,
    "pack_all": _pack_all,
    "bag_pack_columns": _bag_pack_columns,
    "ingestion_time": _ingestion_time,
    "not": _not,
    "typeof": _typeof,
    "column_names_of": _column_names_of,
    "assert": _assert,
}
