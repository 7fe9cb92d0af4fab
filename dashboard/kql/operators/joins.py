"""join and lookup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Column, DistinctOn, Join, JoinKind, Relation, column_operand
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.functions.registry import FunctionRefused
from dashboard.kql.names import unique_names
from dashboard.kql.operators.columns import piped
from dashboard.kql.operators.opening import keep_open

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

_KINDS: dict[str, JoinKind] = {
    "innerunique": "inner", "inner": "inner", "leftouter": "left", "rightouter": "right", "fullouter": "full",
    "leftsemi": "semi", "rightsemi": "semi", "leftanti": "anti", "anti": "anti", "leftantisemi": "anti",
    "rightanti": "anti", "rightantisemi": "anti", "outer": "full",
}  # fmt: skip
_FROM_THE_RIGHT = frozenset(("rightsemi", "rightanti", "rightantisemi"))


def join(binder: Binder, scope: Scope, source: Relation | None, node: s.Join) -> Relation:
    """`join`: innerunique where no kind is given, which takes one left row, any, for each key."""
    left = piped(binder, source, node, "join")
    right = binder.table(node.right, scope)
    kind = (node.kind or dict(node.options).get("kind") or "innerunique").lower()
    if kind not in _KINDS:
        raise binder.failure(node, "KQ203", f"'{kind}' is not a kind of join.", did_you_mean(kind, _KINDS))
    left, right, pairs, condition = _conditions(binder, scope, left, right, node.on)
    if kind == "innerunique":
        left = replace(left, node=DistinctOn(left.node, tuple(a for a, _ in pairs)))
    if _KINDS[kind] in ("semi", "anti"):
        if kind in _FROM_THE_RIGHT:
            left, right = right, left
        return keep_open(
            binder, left.unordered(Join(_KINDS[kind], left.node, right.node, condition), left.columns), left
        )
    joined = Join(_KINDS[kind], left.node, right.node, condition)
    names = unique_names([c.name for c in (*left.columns, *right.columns)])
    visible = [Column(c.id, name, c.type) for c, name in zip((*left.columns, *right.columns), names, strict=True)]
    relation = left.unordered(joined, visible)
    padded: list[Column] = []
    if kind in ("rightouter", "fullouter", "outer"):
        padded += visible[: len(left.columns)]
    if kind in ("leftouter", "fullouter", "outer"):
        padded += visible[len(left.columns) :]
    return keep_open(binder, filled(binder, relation, padded), left, right)


def filled(binder: Binder, relation: Relation, padded: list[Column]) -> Relation:
    """The relation after an outer join, its strings empty where a side has no row."""
    fresh: dict[int, Column] = {}
    assignments: list[tuple[Column, Bound]] = []
    for column in padded:
        if column.type == "string" and column.id not in fresh:
            fresh[column.id] = binder.column(column.name, "string")
            sql = f"coalesce({column.sql}, {f.literal('', 'string').sql})"
            assignments.append((fresh[column.id], Bound(sql, "string", refs=frozenset((column.id,)))))
    changed = {column.id for column in padded}
    columns = [
        Column(fresh[c.id].id, c.name, c.type) if c.id in fresh and c.id in changed else c for c in relation.columns
    ]
    return relation.computed(assignments).showing(columns)


def lookup(binder: Binder, scope: Scope, source: Relation | None, node: s.Lookup) -> Relation:
    """`lookup`: the right side's columns without its keys; leftouter where no kind is given."""
    left = piped(binder, source, node, "lookup")
    right = binder.table(node.right, scope)
    kind = (node.kind or "leftouter").lower()
    if kind not in ("leftouter", "inner"):
        raise binder.failure(node, "KQ203", f"lookup knows the kinds leftouter and inner, not '{kind}'.")
    shown = right.columns
    left, right, pairs, condition = _conditions(binder, scope, left, right, node.on)
    keys = {b.id for _, b in pairs}
    kept = [column for column in shown if column.id not in keys]
    names = unique_names([c.name for c in (*left.columns, *kept)])
    visible = [Column(c.id, name, c.type) for c, name in zip((*left.columns, *kept), names, strict=True)]
    relation = left.unordered(Join(_KINDS[kind], left.node, right.node, condition), visible)
    padded = visible[len(left.columns) :] if kind == "leftouter" else []
    return keep_open(binder, filled(binder, relation, padded), left, right)


def _conditions(
    binder: Binder, scope: Scope, left: Relation, right: Relation, nodes: tuple[s.Expression, ...]
) -> tuple[Relation, Relation, list[tuple[Column, Column]], Bound | None]:
    """The two sides (with hidden key columns where a key is no plain column), the pairs of key columns, the condition."""
    pairs: list[tuple[Column, Column]] = []
    condition: Bound | None = None
    pending = list(nodes)
    while pending:
        node = pending.pop(0)
        if isinstance(node, s.Binary) and node.operator == "and":
            pending[:0] = [node.left, node.right]
            continue
        left, right, a, b = _pair(binder, scope, left, right, node)
        equal = _equal(binder, node, a, b)
        pairs.append((a, b))
        if condition is None:
            condition = equal
        else:
            both = f.binary("and", condition, equal)
            condition = binder.bound(replace(both, filter=None), condition.refs | equal.refs)
    return left, right, pairs, condition


def _pair(
    binder: Binder, scope: Scope, left: Relation, right: Relation, node: s.Expression
) -> tuple[Relation, Relation, Column, Column]:
    if isinstance(node, s.Name):
        a, b = left.column_or_opened(node.name), right.column_or_opened(node.name)
        if a is None or b is None:
            side = "left" if a is None else "right"
            hint = did_you_mean(node.name, (left if a is None else right).by_name)
            raise binder.failure(node, "KQ108", f"The {side} side of the join has no column '{node.name}'.", hint)
        return left, right, a, b
    if not (isinstance(node, s.Binary) and node.operator == "=="):
        raise binder.failure(node, "KQ108", "A join condition must be a column name, or $left.a == $right.b.")
    first, second = node.left, node.right
    if _mentions(first, "$right") or _mentions(second, "$left"):
        first, second = second, first
    left, a = _key(binder, scope, left, "$left", first)
    right, b = _key(binder, scope, right, "$right", second)
    return left, right, a, b


def _mentions(node: s.Expression, side: str) -> bool:
    if isinstance(node, s.Name):
        return node.name == side
    if isinstance(node, s.Member | s.Index):
        return _mentions(node.target, side)
    return isinstance(node, s.Call) and any(_mentions(argument, side) for argument in node.arguments)


def _key(binder: Binder, scope: Scope, relation: Relation, side: str, node: s.Expression) -> tuple[Relation, Column]:
    row = binder.row(relation, scope)
    row.sides = {side: relation}
    if (isinstance(node, s.Name) and relation.column(node.name) is not None) or _mentions(node, side):
        value = row.bind(node)
    else:
        raise binder.failure(node, "KQ108", f"This side of the condition must be a column of {side}.")
    column_id = next(iter(value.refs)) if len(value.refs) == 1 else 0
    if value.sql != f"c{column_id}":
        value = row.hoist(value)
        column_id = next(iter(value.refs))
    assert row.relation is not None  # noqa: S101
    return row.relation, Column(column_id, value.name or "", value.type)


def _equal(binder: Binder, node: s.Node, a: Column, b: Column) -> Bound:
    """Equality of two keys; keys without a value meet nothing."""
    left, right = column_operand(a), column_operand(b)
    try:
        made = f.binary("==", left, right)
    except FunctionRefused as refused:
        message = f"The columns of this condition cannot be compared: {refused.message}"
        raise binder.failure(node, "KQ108", message) from refused
    return binder.bound(replace(made, sql=made.condition, filter=None), left.refs | right.refs)


OPERATORS: dict[type, Handler] = {s.Join: join, s.Lookup: lookup}
