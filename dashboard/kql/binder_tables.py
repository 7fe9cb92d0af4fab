"""Binding of what gives tables: names of tables and lets, materialize(), table(), workspace() and its kin."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.binder_calls import TABULAR, call_user, stored_function
from dashboard.kql.bound import Bound, Column, Reference, Relation, Scan, Shared, column_operand
from dashboard.kql.catalog import TableSchema
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.scopes import FunctionValue, ScalarValue, Scope, TableValue

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder

# Calls after which a dot names a table of somewhere else.
_PLACES = frozenset(("workspace", "app", "database", "cluster", "resource", "adx", "arg"))


def evaluate(binder: Binder, node: s.Expression, scope: Scope) -> Relation | Bound:
    """A table where the expression names or makes one, else a scalar without columns in reach."""
    if isinstance(node, s.Subquery):
        return binder.evaluate_pipe(node.pipe, scope)
    if isinstance(node, s.Name):
        return _named(binder, node, scope)
    if isinstance(node, s.Call):
        entry = scope.find(node.name)
        if entry is not None:
            entry = binder.resolved(entry)
        if isinstance(entry, FunctionValue):
            return call_user(binder, entry, node, scope, binder.host)
        if node.name in TABULAR:
            return _tabular_call(binder, node, scope)
        if node.name not in f.REGISTRY.scalars:
            stored = stored_function(binder, node, node.name)
            if stored is not None:
                return _in_stored(binder, stored, node, scope)
        if isinstance(entry, TableValue) and not node.arguments:
            return binder.reference(entry.shared)
    if isinstance(node, s.Member) and _is_place(node.target):
        return _elsewhere(binder, node, scope)
    return binder.scalar_row(scope).bind(node)


def _in_stored(binder: Binder, stored: FunctionValue, node: s.Call, scope: Scope) -> Relation | Bound:
    timespan = binder.timespan
    known = binder.catalog.functions.get(stored.name)
    if known is not None and known.any_time:
        binder.timespan = None
    try:
        result = call_user(binder, stored, node, scope, binder.host)
    finally:
        binder.timespan = timespan
    if isinstance(result, Relation):
        return replace(result, name=stored.name)
    return result


def _named(binder: Binder, node: s.Name, scope: Scope) -> Relation | Bound:
    entry = scope.find(node.name)
    if entry is not None:
        entry = binder.resolved(entry)
        if isinstance(entry, TableValue):
            relation = binder.reference(entry.shared)
            return Relation(relation.node, relation.columns, relation.order, node.name, relation.serialized)
        if isinstance(entry, ScalarValue):
            return entry.value
        if isinstance(entry, FunctionValue):
            return call_user(binder, entry, s.Call(span=node.span, name=node.name, arguments=()), scope, binder.host)
    table = binder.catalog.tables.get(node.name)
    # A stored function hides the table of its name (learn.microsoft.com, "Tables"), but not from itself.
    stored = None if table is not None and node.name in binder.calling else stored_function(binder, node, node.name)
    if stored is not None:
        return _in_stored(binder, stored, s.Call(span=node.span, name=node.name, arguments=()), scope)
    if table is not None:
        return scan(binder, table)
    if node.name in f.REGISTRY.scalars:
        raise binder.failure(node, "KQ105", f"'{node.name}' is a function; call it with parentheses.")
    known = [*scope.names(), *binder.catalog.tables, *binder.catalog.functions]
    raise binder.failure(
        node, "KQ101", f"There is no table, variable or function '{node.name}'.", did_you_mean(node.name, known)
    )


def scan(binder: Binder, table: TableSchema) -> Relation:
    """A table of the catalog, limited to the time of the context where there is one."""
    binder.tables_used[table.name] = None
    whole = _whole(table, binder.columns(len(table.columns)))
    time = whole.column(table.time_column)
    if binder.timespan is None or time is None or time.type != "datetime":
        return whole
    low, high = (f.literal(end, "datetime") for end in binder.timespan)
    operand = column_operand(time)
    return whole.over(Scan(table, whole.columns, binder.bound(f.between(operand, low, high), operand.refs)))


@lru_cache(maxsize=512)
def _whole(table: TableSchema, first: int) -> Relation:
    """All rows of a table, its columns numbered from `first`. Kept, since a wide table has hundreds of columns, and a query's
    first table always begins at the same number."""
    columns = tuple(Column(first + i, name, kind) for i, (name, kind) in enumerate(table.columns))
    return Relation(Scan(table, columns), columns, name=table.name)


def matching(binder: Binder, pattern: s.Name, scope: Scope) -> list[Relation]:
    """The tables and views whose names match a wildcard, in order of name."""
    from fnmatch import fnmatchcase

    glob = pattern.name.replace("[", "[[]").replace("?", "[?]")
    names = [name for name in binder.catalog.tables if fnmatchcase(name, glob)]
    lets = {name for name in scope.names() if fnmatchcase(name, glob)}
    found: list[Relation] = []
    for name in sorted({*names, *lets}):
        entry = scope.find(name)
        is_view = isinstance(entry, FunctionValue) and entry.function.is_view
        if is_view:
            found.append(replace(binder.table(s.Name(span=pattern.span, name=name), scope), name=name))
        elif entry is None and name in binder.catalog.tables:
            found.append(scan(binder, binder.catalog.tables[name]))
    return found


# ---- calls that give tables ----------------------------------------------------------------------------------------


def _tabular_call(binder: Binder, node: s.Call, scope: Scope) -> Relation | Bound:
    if node.name in ("materialize", "totable"):
        if len(node.arguments) != 1:
            raise binder.failure(node, "KQ104", f"{node.name}() takes one table.")
        relation = binder.evaluate_in(node.arguments[0], scope)
        if isinstance(relation, Bound):
            raise binder.failure(node, "KQ105", f"{node.name}() takes a table; this is a single value.")
        if node.name == "totable":
            return relation
        return binder.reference(binder.shared(relation, materialized=True))
    if node.name == "table":
        if not node.arguments:
            raise binder.failure(node, "KQ104", "table() takes the name of a table.")
        name = binder.scalar_row(scope).constant(node.arguments[0], "string", "The table's name")
        return _local(binder, node, name)
    raise binder.failure(node, "KQ105", f"{node.name}() needs a table behind it, as in {node.name}('…').TableName.")


def _local(binder: Binder, node: s.Node, name: str) -> Relation:
    table = binder.catalog.tables.get(name)
    if table is not None:
        return scan(binder, table)
    stored = stored_function(binder, node, name)
    if stored is not None:
        result = call_user(binder, stored, s.Call(span=node.span, name=name, arguments=()), Scope(), None)
        if isinstance(result, Relation):
            return result
    raise binder.failure(node, "KQ101", f"There is no table '{name}'.", did_you_mean(name, binder.catalog.tables))


def _is_place(node: s.Expression) -> bool:
    if isinstance(node, s.Member):
        return _is_place(node.target)
    return isinstance(node, s.Call) and node.name in _PLACES


def _elsewhere(binder: Binder, node: s.Member, scope: Scope) -> Relation | Bound:
    """`workspace('w').Table`, `cluster('c').database('d').Table`: the local table where the catalog stands for the place.
    `arg('').Resources` is a local table of Resource Graph, which does not regard the case of their names."""
    target: s.Expression = node.target
    places: list[str] = []
    while isinstance(target, s.Member):
        places.append(target.name)
        target = target.target
    assert isinstance(target, s.Call)  # noqa: S101
    for argument in target.arguments:
        places.append(str(binder.scalar_row(scope).constant(argument, "string", "The place's name")))
    if target.name == "arg":
        return _local(binder, node, node.name if node.name in binder.catalog.tables else node.name.lower())
    if not binder.catalog.places.isdisjoint(("*", *(place.lower() for place in places))):
        return _local(binder, node, node.name)
    named = ", ".join(f"'{place}'" for place in places)
    raise binder.failure(
        node,
        "KQ205",
        f"{target.name}({named}) is not known here.",
        "Name it in WATCHBOOK_LOCAL_PLACES where the local data stands for it, or leave it out.",
    )


def same_shared(relation: Relation) -> Shared | None:
    """The shared relation that this relation is nothing but a use of."""
    node = relation.node
    if not isinstance(node, Reference) or relation.order:
        return None
    inner = node.shared.relation
    if len(inner.columns) != len(relation.columns) or node.shared.relation.order:
        return None
    own = {own.id: source for own, source in node.columns}
    for mine, theirs in zip(relation.columns, inner.columns, strict=True):
        source = own.get(mine.id)
        if source is None or source.id != theirs.id or mine.name != theirs.name:
            return None
    return node.shared
