"""where, take, sort, top, count, sample, distinct, consume, as, render, getschema: which rows there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Aggregate, Bound, Column, OrderKey, Relation, Values, column_operand
from dashboard.kql.operators.columns import piped
from dashboard.kql.projection import Projection
from dashboard.kql.scopes import TableValue

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def where(binder: Binder, scope: Scope, source: Relation | None, node: s.Where) -> Relation:
    """`where`: the rows for which the condition is true."""
    row = binder.row(piped(binder, source, node, "where"), scope)
    predicate = row.predicate(node.predicate)
    assert row.relation is not None  # noqa: S101
    return row.relation.where(predicate)


def whole_number(binder: Binder, scope: Scope, node: s.Expression) -> Bound:
    """A number of rows: a constant, or a scalar such as toscalar()."""
    value = binder.scalar_row(scope).bind(node)
    if value.type not in ("int", "long", "dynamic", "real", "decimal"):
        raise binder.failure(node, "KQ104", f"A number of rows was expected; this is a {value.type}.")
    if value.is_constant:
        return Bound(str(max(0, int(value.constant or 0))), "long")
    return Bound(f"greatest(0, CAST({value.sql} AS BIGINT))", "long", refs=value.refs, guardable=False)


def take(binder: Binder, scope: Scope, source: Relation | None, node: s.Take) -> Relation:
    """`take`, `limit`."""
    return piped(binder, source, node, "take").limited(whole_number(binder, scope, node.count))


def order_keys(binder: Binder, scope: Scope, source: Relation, nodes: tuple[s.Expression, ...]) -> Relation:
    """The relation ordered by expressions; each key is a column, hidden where it is computed."""
    row = binder.row(source, scope)
    keys: list[OrderKey] = []
    for node in nodes:
        ordered = node if isinstance(node, s.Ordered) else s.Ordered(span=node.span, value=node)
        value = row.value(ordered.value)
        if value.is_constant:
            continue
        ascending = bool(ordered.ascending)
        nulls_first = ascending if ordered.nulls_first is None else ordered.nulls_first
        ids = tuple(value.refs)
        if len(ids) == 1 and value.sql == f"c{ids[0]}":
            column = Column(ids[0], value.name or "", value.type)
        else:
            hoisted = row.hoist(value)
            column = Column(next(iter(hoisted.refs)), "", value.type)
        if column.type == "dynamic":
            column = _sortable(row_hoist=row.hoist, column=column)
        keys.append(OrderKey(column, ascending, nulls_first))
    assert row.relation is not None  # noqa: S101
    return row.relation.ordered(*keys) if keys else row.relation


def _sortable(row_hoist: object, column: Column) -> Column:
    """A dynamic value sorts by its text."""
    value = f.convert(column_operand(column), "string")
    hoisted = row_hoist(Bound(value.sql, "string", refs=frozenset((column.id,))))  # type: ignore[operator]
    return Column(next(iter(hoisted.refs)), "", "string")


def sort(binder: Binder, scope: Scope, source: Relation | None, node: s.Sort) -> Relation:
    """`sort by`, `order by`: descending where the text does not say."""
    return order_keys(binder, scope, piped(binder, source, node, "sort"), node.by)


def top(binder: Binder, scope: Scope, source: Relation | None, node: s.Top) -> Relation:
    """`top N by`."""
    count = whole_number(binder, scope, node.count)
    return order_keys(binder, scope, piped(binder, source, node, "top"), (node.by,)).limited(count)


def count(binder: Binder, scope: Scope, source: Relation | None, node: s.Count) -> Relation:
    """`count`: one row with the number of rows."""
    relation = piped(binder, source, node, "count")
    column = binder.column(node.name or "Count", "long")
    aggregate = Aggregate(relation.node, (), ((column, Bound("count(*)", "long", guardable=False)),))
    return Relation(aggregate, (column,))


def sample(binder: Binder, scope: Scope, source: Relation | None, node: s.Sample) -> Relation:
    """`sample` gives any rows; `sample-distinct` any distinct values."""
    relation = piped(binder, source, node, "sample")
    amount = whole_number(binder, scope, node.count)
    if node.of is None:
        row = binder.row(relation, scope)
        chance = row.hoist(Bound("random()", "real", guardable=False))
        assert row.relation is not None  # noqa: S101
        key = OrderKey(Column(next(iter(chance.refs)), "", "real"), True, True)
        return Relation(row.relation.ordered(key).limited(amount).node, relation.columns)
    found = distinct(binder, scope, relation, s.Distinct(span=node.span, columns=(node.of,)))
    return found.limited(amount)


def distinct(binder: Binder, scope: Scope, source: Relation | None, node: s.Distinct) -> Relation:
    """`distinct`: the different combinations."""
    relation = piped(binder, source, node, "distinct")
    projection = Projection(binder.row(relation, scope))
    projection.take(node.columns)
    shown = projection.relation()
    return distinct_rows(binder, shown)


def distinct_rows(binder: Binder, relation: Relation) -> Relation:
    """The different rows of a relation's visible columns."""
    pairs = [(binder.column(c.name, c.type), column_operand(c)) for c in relation.columns]
    return Relation(Aggregate(relation.node, tuple(pairs), ()), tuple(column for column, _ in pairs))


def as_name(binder: Binder, scope: Scope, source: Relation | None, node: s.As) -> Relation:
    """`as`: a name for the table so far, in reach further down."""
    relation = piped(binder, source, node, "as")
    shared = binder.shared(relation)
    scope.define(node.name, TableValue(shared))
    found = binder.reference(shared)
    return Relation(found.node, found.columns, found.order, node.name, found.serialized)


def consume(binder: Binder, scope: Scope, source: Relation | None, node: s.Consume) -> Relation:
    """`consume`: reads all and gives nothing."""
    relation = piped(binder, source, node, "consume")
    return Relation(relation.where(binder.bound(f.literal(False, "bool"))).node, ())


def render(binder: Binder, scope: Scope, source: Relation | None, node: s.Render) -> Relation:
    """`render` changes no rows; the translation carries it."""
    binder.render = (node.kind, dict(node.properties))
    return piped(binder, source, node, "render")


_NET_TYPES = {
    "string": "System.String", "datetime": "System.DateTime", "int": "System.Int32", "long": "System.Int64",
    "real": "System.Double", "bool": "System.SByte", "dynamic": "System.Object", "guid": "System.Guid",
    "timespan": "System.TimeSpan", "decimal": "System.Data.SqlTypes.SqlDecimal",
}  # fmt: skip


def getschema(binder: Binder, scope: Scope, source: Relation | None, node: s.GetSchema) -> Relation:
    """`getschema`: one row a column."""
    relation = piped(binder, source, node, "getschema")
    heads = (("ColumnName", "string"), ("ColumnOrdinal", "int"), ("DataType", "string"), ("ColumnType", "string"))
    columns = tuple(binder.column(name, kind) for name, kind in heads)  # type: ignore[arg-type]
    rows = tuple(
        (
            f.literal(column.name, "string").sql,
            f.literal(i, "int").sql,
            f.literal(_NET_TYPES[column.type], "string").sql,
            f.literal(column.type, "string").sql,
        )
        for i, column in enumerate(relation.columns)
    )
    return Relation(Values(columns, rows), columns)


OPERATORS: dict[type, Handler] = {
    s.Where: where, s.Take: take, s.Sort: sort, s.Top: top, s.Count: count, s.Sample: sample, s.Distinct: distinct,
    s.As: as_name, s.Consume: consume, s.Render: render, s.GetSchema: getschema,
}  # fmt: skip
