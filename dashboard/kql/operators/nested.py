"""top-nested, top-hitters and partition: the foremost rows within groups; fork and facet, which give several tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Column, Join, Lateral, OrderKey, Relation, Shared, column_operand
from dashboard.kql.names import NameTable, result_name
from dashboard.kql.operators.columns import piped
from dashboard.kql.operators.rows import whole_number
from dashboard.kql.operators.unions import united
from dashboard.kql.scopes import ScalarValue

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def same(pairs: list[tuple[Column, Column]]) -> Bound:
    """Whether all columns are equal, null being equal to null."""
    tests = [f"{a.sql} IS NOT DISTINCT FROM {b.sql}" for a, b in pairs]
    ids = frozenset(column.id for pair in pairs for column in pair)
    return Bound(f"({' AND '.join(tests)})", "bool", refs=ids)


def top_nested(binder: Binder, scope: Scope, source: Relation | None, node: s.TopNested) -> Relation:
    """`top-nested`: each level aggregates by the keys so far and keeps the foremost within those of the level above."""
    shared = binder.shared(piped(binder, source, node, "top-nested"))
    names = NameTable()
    keys: list[s.Named] = []
    result: Relation | None = None
    shown: list[Column] = []
    order: list[OrderKey] = []
    for clause in node.clauses:
        if clause.others is not None and len(node.clauses) > 1:
            raise binder.failure(clause, "KQ203", "top-nested … with others is supported for one level only.")
        of = clause.of.value if isinstance(clause.of, s.Named) else clause.of
        of_name = names.add(result_name(clause.of) or "Column1")
        ordered = clause.by if isinstance(clause.by, s.Ordered) else None
        by = ordered.value if ordered is not None else clause.by
        declared = by.names[0] if isinstance(by, s.Named) else None
        by_name = names.add(declared or f"aggregated_{of_name}")
        keys.append(s.Named(span=clause.span, names=(of_name,), value=of))
        aggregate = s.Named(span=clause.span, names=(by_name,), value=by.value if isinstance(by, s.Named) else by)
        summarize = s.Summarize(span=clause.span, aggregates=(aggregate,), by=tuple(keys))
        level = binder.operators(binder.reference(shared), (summarize,), scope.child())
        *parents, key, value = level.columns
        ascending = ordered is not None and bool(ordered.ascending)
        if clause.count is not None:
            level = _foremost(binder, level, parents, value, ascending, whole_number(binder, scope, clause.count))
        if clause.others is not None and clause.count is not None:
            # Both sides must see the same rows, which of equals are the foremost ones is left to chance.
            kept = binder.shared(level, materialized=True)
            others = _others(binder, scope, clause, shared, kept, aggregate)
            level = united(binder, [binder.reference(kept), others])
            key, value = level.columns
        order.append(OrderKey(value, ascending, ascending))
        if result is None:
            result = level
        else:
            upper = shown[::2]
            result = result.unordered(
                Join("inner", result.node, level.node, same(list(zip(upper, parents, strict=True)))), ()
            )
        shown += (key, value)
    assert result is not None  # noqa: S101
    return replace(result.showing(shown), order=tuple(order))


def _others(
    binder: Binder, scope: Scope, clause: s.TopNestedClause, shared: Shared, kept: Shared, aggregate: s.Named
) -> Relation:
    """The one row for all values that are not among those kept: the name they are given, and their aggregate."""
    assert clause.others is not None  # noqa: S101
    rows = binder.reference(shared)
    row = binder.row(rows, scope)
    of = row.hoist(row.settled(row.bind(clause.of.value if isinstance(clause.of, s.Named) else clause.of)))
    assert row.relation is not None  # noqa: S101
    own = Column(next(iter(of.refs)), "", of.type)
    known = binder.reference(kept)
    test = same([(own, known.columns[0])])
    rest = row.relation.unordered(Join("anti", row.relation.node, known.node, test), rows.columns)
    name = s.Named(span=clause.span, names=(known.columns[0].name,), value=clause.others)
    found = binder.operators(rest, (s.Summarize(span=clause.span, aggregates=(aggregate,), by=(name,)),), scope.child())
    if found.columns[0].type != known.columns[0].type:
        kind = known.columns[0].type
        raise binder.failure(clause.others, "KQ104", f"The others' name must be a {kind}, as the values are.")
    return found


def _foremost(
    binder: Binder, relation: Relation, within: list[Column], value: Column, ascending: bool, count: Bound
) -> Relation:
    """The first rows by a value within equal columns."""
    rank = binder.column("", "long")
    partition = f"PARTITION BY {', '.join(column.sql for column in within)} " if within else ""
    over = f"row_number() OVER ({partition}ORDER BY {OrderKey(value, ascending, ascending).sql})"
    refs = frozenset((value.id, *(column.id for column in within)))
    ranked = relation.computed([(rank, Bound(over, "long", refs=refs, windowed=True, guardable=False))])
    return ranked.where(Bound(f"({rank.sql} <= {count.sql})", "bool", refs=count.refs | {rank.id}))


def top_hitters(binder: Binder, scope: Scope, source: Relation | None, node: s.TopHitters) -> Relation:
    """`top-hitters`: the most frequent values, or those of the greatest sum. Kusto's answer is approximate, this one exact."""
    name = result_name(node.of) or "Column1"
    if node.by is None:
        shown, value = f"approximate_count_{name}", s.Call(span=node.span, name="count", arguments=())
    else:
        shown = f"approximate_sum_{result_name(node.by) or ''}"
        value = s.Call(span=node.span, name="sum", arguments=(node.by,))
    aggregate = s.Named(span=node.span, names=(shown,), value=value)
    steps = (
        s.Summarize(span=node.span, aggregates=(aggregate,), by=(node.of,)),
        s.Top(span=node.span, count=node.count, by=s.Ordered(span=node.span, value=s.Name(span=node.span, name=shown))),
    )
    return binder.operators(piped(binder, source, node, "top-hitters"), steps, scope)


def partition(binder: Binder, scope: Scope, source: Relation | None, node: s.Partition) -> Relation:
    """`partition by column (operators)`: the operators for the rows of each value by themselves, all results together."""
    relation = piped(binder, source, node, "partition")
    row = binder.row(relation, scope)
    value = row.bind(node.by)
    if value.name is None or value.sql[0] != "c":
        value = row.hoist(value)
    assert row.relation is not None  # noqa: S101
    key = Column(next(iter(value.refs)), "", value.type)
    keyed = replace(row.relation, columns=(*relation.columns, replace(key, name="$partition")))
    shared = binder.shared(keyed)
    values = binder.operators(
        binder.reference(shared),
        (s.Distinct(span=node.span, columns=(s.Name(span=node.span, name="$partition"),)),),
        scope,
    )
    if isinstance(node.body, s.Pipe):
        # The query in braces is about other tables; the column's name stands for the value.
        inner = scope.child()
        name = value_name(node.by)
        inner.define(name, ScalarValue(replace(column_operand(values.columns[0]), name=name)))
        result = binder.pipe(node.body, inner)
        return Relation(Lateral(values.node, result.node), result.columns, name=relation.name)
    inside = binder.reference(shared)
    *columns, own = inside.columns
    rows = replace(inside, columns=tuple(columns)).where(same([(own, values.columns[0])]))
    result = binder.operators(rows, node.body, scope.child())
    return Relation(Lateral(values.node, result.node), result.columns, name=relation.name)


def value_name(node: s.Expression) -> str:
    """What a column or a path into one is called."""
    return node.name if isinstance(node, s.Name | s.Member) else ""


def fork(binder: Binder, scope: Scope, source: Relation | None, node: s.Fork) -> Relation:
    """`fork`: several tables of one. A result here is one table: the first of them, and a warning that says so."""
    relation = piped(binder, source, node, "fork")
    names = [name or f"fork_{i}" for i, (name, _) in enumerate(node.branches, start=1)]
    if len(names) > 1:
        message = f"fork gives {len(names)} tables; this is the first one, '{names[0]}'."
        binder.warn(node, "KQ208", message, "Ask for the others in queries of their own.")
    return binder.operators(relation, node.branches[0][1], scope.child())


def facet(binder: Binder, scope: Scope, source: Relation | None, node: s.Facet) -> Relation:
    """`facet by`: a table of counts for each column. A result here is one table: that of the first column, and a warning."""
    relation = piped(binder, source, node, "facet")
    first = node.by[0]
    name = result_name(first) or "Column1"
    if len(node.by) > 1 or node.operators:
        message = f"facet gives {len(node.by) + bool(node.operators)} tables; this is the one by '{name}'."
        binder.warn(node, "KQ208", message, "Ask for the others in queries of their own.")
    count = s.Call(span=node.span, name="count", arguments=())
    aggregate = s.Named(span=node.span, names=(f"count_{name}",), value=count)
    return binder.operators(relation, (s.Summarize(span=node.span, aggregates=(aggregate,), by=(first,)),), scope)


OPERATORS: dict[type, Handler] = {
    s.TopNested: top_nested, s.TopHitters: top_hitters, s.Partition: partition, s.Fork: fork, s.Facet: facet,
}  # fmt: skip
