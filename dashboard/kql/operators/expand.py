"""mv-expand and mv-apply: one row for each entry of an array or bag.

Several columns are expanded side by side: the longest says how many rows there are, the others are null beyond their end. A
null gives one row, an empty array or bag none. mv-apply runs operators over the entries of each row by itself, as
a lateral join.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Column, Elements, Extend, Lateral, OrderKey, Relation, Unnest, column_operand
from dashboard.kql.functions.dynamics import json_list
from dashboard.kql.functions.literals import once
from dashboard.kql.names import result_name
from dashboard.kql.operators.columns import piped
from dashboard.kql.operators.opening import keep_open
from dashboard.kql.operators.rows import whole_number
from dashboard.kql.projection import Projection
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.binder_expressions import Row
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

_NUMBERS = frozenset(("int", "long", "real", "decimal"))


class Entries(Struct, frozen=True):
    """What one item is expanded to: a DuckDB list, whose elements are JSON texts, or plain texts where `plain`; the type of
    the result; the column that the item is nothing but a mention of."""

    item: s.MvItem
    values: Bound
    type: KqlType
    plain: bool
    column: Column | None


def mv_expand(binder: Binder, scope: Scope, source: Relation | None, node: s.MvExpand) -> Relation:
    """`mv-expand`."""
    before = piped(binder, source, node, "mv-expand")
    row = binder.row(before, scope)
    entries = [_entries(binder, row, item, node.kind) for item in node.items]
    numbered = len(entries) > 1 or node.item_index is not None or bool(before.order)
    together = _together(binder, scope, row, node.limit, entries, numbered)
    relation = row.relation
    assert relation is not None  # noqa: S101
    unnested = binder.column("", "dynamic")
    expanded = replace(relation, node=Unnest(relation.node, unnested, together))
    shown, number = _shown(binder, scope, expanded, entries, unnested, numbered, node.item_index)
    if number is not None and shown.order:
        return replace(shown, order=(*shown.order, OrderKey(number, True, False)))
    return shown


def mv_apply(binder: Binder, scope: Scope, source: Relation | None, node: s.MvApply) -> Relation:
    """`mv-apply`. Rows whose arrays are empty give none, whatever the operators make of no rows."""
    before = piped(binder, source, node, "mv-apply")
    row = binder.row(before, scope)
    entries = [_entries(binder, row, item, None) for item in node.items]
    together = row.hoist(_together(binder, scope, row, node.limit, entries, True))
    assert row.relation is not None  # noqa: S101
    left = row.relation.where(Bound(f"(len({together.sql}) > 0)", "bool", refs=together.refs))
    unnested = binder.column("", "dynamic")
    inner = Relation(Elements(unnested, together), ())
    # Columns of the row around are copied in: an aggregate inside must not reach out for them.
    copies = [(binder.column(column.name, column.type), column_operand(column)) for column in before.columns]
    inner = replace(inner, node=Extend(inner.node, tuple(copies)))
    columns = tuple(replace(copy, name=column.name) for (copy, _), column in zip(copies, before.columns, strict=True))
    inner, number = _shown(binder, scope, replace(inner, columns=columns), entries, unnested, True, node.item_index)
    if number is not None:  # lists made inside keep the order of the entries
        inner = replace(inner, order=(OrderKey(number, True, False),))
    applied = binder.operators(inner, node.operators, scope.child())
    originals = {copy.id: column for (copy, _), column in zip(copies, before.columns, strict=True)}
    spent = {
        entry.column.name for entry in entries if entry.column is not None and isinstance(entry.item.value, s.Name)
    }
    result: dict[str, Column] = {column.name: column for column in before.columns if column.name not in spent}
    for column in applied.columns:
        original = originals.get(column.id)
        result[column.name] = replace(original, name=column.name) if original is not None else column
    lateral = Lateral(left.node, applied.node)
    order = (*left.order, *applied.order) if left.order else ()
    return keep_open(binder, Relation(lateral, tuple(result.values()), order, left.name), before)


def _together(
    binder: Binder, scope: Scope, row: Row, limit: s.Expression | None, entries: list[Entries], numbered: bool
) -> Bound:
    """The one list to unnest: the entries themselves, or structs of the entries of all items and their position."""
    most = whole_number(binder, scope, limit) if limit is not None else None
    cut, asked = (f"[1:{most.sql}]", most.refs) if most is not None else ("", frozenset())
    if not numbered:
        values = entries[0].values
        return Bound(
            f"({values.sql}){cut}" if cut else values.sql, "dynamic", refs=values.refs | asked, guardable=False
        )
    held = [row.hoist(entry.values) for entry in entries]
    lengths = ", ".join(f"len({one.sql})" for one in held)
    sql = f"list_zip({', '.join(one.sql for one in held)}, range(greatest({lengths})))"
    refs = asked.union(*(one.refs for one in held))
    return Bound(f"({sql}){cut}" if cut else sql, "dynamic", refs=refs, guardable=False)


def _entries(binder: Binder, row: Row, item: s.MvItem, kind: str | None) -> Entries:
    inner = item.value.value if isinstance(item.value, s.Named) else item.value
    value = row.bind(inner)
    column = row.relation.column(inner.name) if isinstance(inner, s.Name) and row.relation is not None else None
    if value.type != "dynamic":
        hint = "Make it one with split(), todynamic() or pack_array()."
        binder.fail(inner, "KQ104", f"An array or a bag is expanded; this is a {value.type}.", hint)
    target: KqlType = item.to_type or "dynamic"
    if value.entries is not None and target == "string":
        sql = f"coalesce({value.entries}, [NULL::VARCHAR])"
        return Entries(item, Bound(sql, "dynamic", refs=value.refs), target, True, column)
    sql = once(value.sql, lambda it: _list_of(it, kind))
    return Entries(item, Bound(sql, "dynamic", refs=value.refs), target, False, column)


def _list_of(it: str, kind: str | None) -> str:
    pair = "'[' || CAST(to_json(kql_p[1]) AS VARCHAR) || ',' || kql_p[2] || ']'"
    bag = "'{' || CAST(to_json(kql_p[1]) AS VARCHAR) || ':' || kql_p[2] || '}'"
    return (
        f"CASE WHEN {it} IS NULL THEN [NULL::VARCHAR] WHEN starts_with({it}, '[') THEN {json_list(f.Operand(it, 'dynamic'))} "
        f"WHEN starts_with({it}, '{{') THEN list_transform(list_zip(json_keys({it}), "
        f"CAST(json_extract({it}, '$.*') AS VARCHAR[])), lambda kql_p: {pair if kind == 'array' else bag}) "
        f"ELSE [{it}] END"
    )


def _shown(
    binder: Binder,
    scope: Scope,
    relation: Relation,
    entries: list[Entries],
    unnested: Column,
    numbered: bool,
    index_name: str | None,
) -> tuple[Relation, Column | None]:
    """The expanded columns in the places of those they replace, or behind the others; and the column of the position, where
    the entries are numbered."""
    projection = Projection(binder.row(relation, scope), "extend")
    projection.begin_with(relation)
    refs = frozenset((unnested.id,))
    for position, entry in enumerate(entries, start=1):
        sql = f"struct_extract_at({unnested.sql}, {position})" if numbered else unnested.sql
        name = result_name(entry.item.value)
        if name is None:
            name = binder.default_name([*scope.names(), *relation.by_name])
        column = binder.column(name, entry.type)
        projection.assignments.append((column, _element(entry, sql, refs)))
        if isinstance(entry.item.value, s.Named):
            projection.declare(entry.item.value, column, replacing=True)
        else:
            projection.add(column, replacing=True)
    if not numbered:
        return projection.relation(), None
    number = binder.column(index_name or "", "long")
    sql = f"struct_extract_at({unnested.sql}, {len(entries) + 1})"
    projection.assignments.append((number, Bound(sql, "long", refs=refs)))
    if index_name is not None:
        projection.add(number)
    return projection.relation(), replace(number, name="")


def _element(entry: Entries, sql: str, refs: frozenset[int]) -> Bound:
    """An entry in its column's type. A number is not read out of a text."""
    if entry.plain:
        return Bound(f"coalesce({sql}, '')", "string", refs=refs)
    held = Bound(f"nullif({sql}, 'null')", "dynamic", refs=refs)
    if entry.type == "dynamic":
        return held
    converted = f.convert(held, entry.type).sql
    if entry.type in _NUMBERS:
        converted = f"CASE WHEN NOT starts_with({sql}, '\"') THEN {converted} END"
    return Bound(converted, entry.type, refs=refs)


OPERATORS: dict[type, Handler] = {s.MvExpand: mv_expand, s.MvApply: mv_apply}
