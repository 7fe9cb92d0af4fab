"""summarize, and the columns that arg_max, arg_min and take_any give in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Aggregate, Bound, Column, OrderKey, Relation, column_operand
from dashboard.kql.names import result_name
from dashboard.kql.operators.columns import piped
from dashboard.kql.operators.opening import keep_open
from dashboard.kql.projection import Projection

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.binder_expressions import Row
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def summarize(binder: Binder, scope: Scope, source: Relation | None, node: s.Summarize) -> Relation:
    """`summarize`: the keys first, then the aggregates; without aggregates the distinct keys."""
    row = binder.row(piped(binder, source, node, "summarize"), scope)
    by = Projection(row)
    by.take(node.by)
    keys, shown, grouped = grouping(binder, by)
    result = Projection(row, "summarize")
    for column in shown:
        result.add(column)
    result.skipped = grouped
    row.aggregating = True
    result.take(node.aggregates)
    row.aggregating = False
    assert row.relation is not None  # noqa: S101
    aggregate = Aggregate(row.relation.node, tuple(keys), tuple(row.aggregates))
    if not node.by and not node.aggregates:
        raise binder.failure(node, "KQ104", "summarize needs an aggregate or a 'by'.")
    made = Relation(aggregate, tuple(result.columns), name=row.relation.name).computed(result.assignments)
    every = any(
        isinstance(x, s.Star) for a in node.aggregates for x in getattr(getattr(a, "value", a), "arguments", ())
    )
    return keep_open(binder, made, row.relation) if every else made


def grouping(binder: Binder, by: Projection) -> tuple[list[tuple[Column, Bound]], list[Column], set[tuple[int, str]]]:
    """The keys of an aggregate made of a projection: pairs of key column and value, the columns shown, and the source's
    columns that are keys as they are."""
    values = {column.id: value for column, value in by.assignments}
    keys: list[tuple[Column, Bound]] = []
    shown: list[Column] = []
    grouped: set[tuple[int, str]] = set()
    for column in by.columns:
        value = values.get(column.id)
        if value is None:
            value = column_operand(column)
            grouped.add((column.id, column.name))
        else:
            value = by.row.settled(value)
        key = binder.column(column.name, column.type)
        keys.append((key, value))
        shown.append(key)
    return keys, shown, grouped


def extreme_columns(row: Row, node: s.Call, grouped: set[tuple[int, str]]) -> list[Bound]:
    """The columns of arg_max(x, a, *), arg_min and take_any: each an aggregate of its own, so that nobody computes
    those that no one reads. All take their value from the same row: every aggregate of one operator sees the rows in one
    order and keeps the first of equals."""
    picked = _picked(row, node, grouped)
    if node.name in ("take_any", "any"):
        prefix = "any_" if node.name == "any" else ""
        return [_aggregate(row, "take_any", [value], prefix + name) for name, value in picked]
    if not picked:
        raise row.binder.failure(node, "KQ104", f"{node.name}() takes at least one argument.")
    old = node.name in ("argmax", "argmin")
    word = "max" if node.name in ("arg_max", "argmax") else "min"
    primary_name, primary = picked[0]
    columns = [_aggregate(row, word, [primary], f"{word}_{primary_name}" if old else primary_name)]
    for name, value in picked[1:]:
        shown = f"{word}_{primary_name}_{name}" if old else name
        columns.append(_aggregate(row, f"arg_{word}", [primary, value], shown))
    return columns


def _aggregate(row: Row, name: str, operands: Sequence[Bound], shown: str) -> Bound:
    call = f.call_aggregate(name, operands, row.binder.context)
    column = call.inline()[-1]
    refs = frozenset().union(*(operand.refs for operand in operands))
    order: Sequence[OrderKey] = row.relation.order if row.relation is not None else ()
    sql = column.sql
    if f.IN_ORDER in sql:
        sql = sql.replace(f.IN_ORDER, f" ORDER BY {', '.join(key.sql for key in order)}" if order else "")
        refs |= {key.column.id for key in order}
    value = row.aggregate(Bound(sql, column.type, name=shown, guardable=False, refs=refs))
    return replace(value, name=shown)


def _picked(row: Row, node: s.Call, grouped: set[tuple[int, str]]) -> list[tuple[str, Bound]]:
    """Names and values of the arguments, a star standing for all columns that are neither keys nor named already."""
    binder = row.binder
    relation = row.relation
    assert relation is not None  # noqa: S101
    any_star = any(isinstance(argument, s.Star) for argument in node.arguments)
    extreme = node.name not in ("take_any", "any")
    word = "max" if "max" in node.name else "min"
    taken: set[tuple[int, str]] = set()
    picked: list[tuple[str, Bound]] = []
    primary_name = ""
    row.aggregating = False
    try:
        for i, argument in enumerate(node.arguments):
            if isinstance(argument, s.Star):
                for column in relation.columns:
                    key = (column.id, column.name)
                    if key not in taken and key not in grouped:
                        taken.add(key)
                        picked.append((column.name, column_operand(column)))
                continue
            inner = argument.value if isinstance(argument, s.Named) else argument
            value = row.settled(row.bind(inner))
            name = result_name(argument)
            ids = tuple(value.refs)
            if len(ids) == 1 and value.name is not None and value.sql == f"c{ids[0]}":
                key = (ids[0], value.name)
                if any_star and i > 0 and (key in taken or key in grouped):
                    continue
                taken.add(key)
                name = name or value.name
            if name is None:
                if not extreme:
                    name = f"any_arg{i}" if node.name == "take_any" else f"arg{i}"
                else:
                    name = f"{word}_" if i == 0 else f"{word}_{primary_name}_arg{i}"
            if i == 0:
                primary_name = result_name(argument) or ""
            picked.append((name, value))
    finally:
        row.aggregating = True
    if not picked:
        raise binder.failure(node, "KQ104", f"{node.name}() needs an argument.")
    return picked


OPERATORS: dict[type, Handler] = {s.Summarize: summarize}
