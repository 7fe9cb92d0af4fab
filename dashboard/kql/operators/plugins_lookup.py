"""Plugins that look addresses up in a table of networks: ipv4_lookup.

A network is a range of numbers, so the lookup is a join on two inequalities, which DuckDB runs by sorting and not row by row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Column, Join, Relation, column_operand
from dashboard.kql.functions.network import masked, parsed
from dashboard.kql.names import unique_names
from dashboard.kql.operators.joins import filled
from dashboard.kql.operators.plugins_shape import column_argument, split_arguments

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators.evaluate import Plugin
    from dashboard.kql.scopes import Scope


def ipv4_lookup(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`ipv4_lookup(table, address, network[, key …][, return_unmatched])`."""
    placed, named = split_arguments(node)
    unmatched_node = named.get("return_unmatched")
    if placed and isinstance(placed[-1], s.Literal) and placed[-1].type == "bool":
        unmatched_node = placed.pop()
    if len(placed) < 3:
        raise binder.failure(
            node, "KQ104", "ipv4_lookup() takes a table, an address and the table's column of networks."
        )
    unmatched = unmatched_node is not None and bool(binder.scalar_row(scope).constant(unmatched_node, "bool"))
    table = binder.table(placed[0], scope)
    address = column_argument(binder, source, placed[1])
    network = column_argument(binder, table, placed[2])
    keys = [(column_argument(binder, source, n), column_argument(binder, table, n)) for n in placed[3:]]
    left, (number,) = _computed(binder, source, address, ("CASE WHEN {0} IS NOT NULL THEN {1} END",))
    shift = "(1::BIGINT << CAST(32 - {0}.p AS INTEGER))"
    right, (low, high) = _computed(binder, table, network, ("{1}", f"{{1}} + {shift} - 1"))
    tests = [f"{number.sql} >= {low.sql}", f"{number.sql} <= {high.sql}"]
    refs = {number.id, low.id, high.id}
    for mine, theirs in keys:
        equal = f.binary("==", column_operand(mine), column_operand(theirs))
        tests.append(equal.condition)
        refs |= {mine.id, theirs.id}
    condition = Bound(" AND ".join(tests), "bool", refs=frozenset(refs))
    dropped = {theirs.name for _, theirs in keys}
    kept = [column for column in table.columns if column.name not in dropped]
    names = unique_names([column.name for column in (*source.columns, *kept)])
    visible = [Column(c.id, name, c.type) for c, name in zip((*source.columns, *kept), names, strict=True)]
    joined = Join("left" if unmatched else "inner", left.node, right.node, condition)
    relation = source.unordered(joined, visible)
    return filled(binder, relation, visible[len(source.columns) :]) if unmatched else relation


def _computed(
    binder: Binder, relation: Relation, column: Column, templates: tuple[str, ...]
) -> tuple[Relation, list[Column]]:
    """The relation with numbers made of a column of addresses: {0} is the parsed address, {1} its network's number."""
    parts = binder.column("", "dynamic")
    text = f.convert(column_operand(column), "string").sql
    held = relation.computed([(parts, Bound(parsed(text), "dynamic", refs=frozenset((column.id,))))])
    start = masked(f"{parts.sql}.n", f"{parts.sql}.p")
    made = [binder.column("", "long") for _ in templates]
    refs = frozenset((parts.id,))
    values = [Bound(f"CAST({t.format(parts.sql, start)} AS BIGINT)", "long", refs=refs) for t in templates]
    return held.computed(zip(made, values, strict=True)), made


PLUGINS: dict[str, Plugin] = {"ipv4_lookup": ipv4_lookup}
