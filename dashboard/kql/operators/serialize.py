"""serialize: rows in a fixed order, with columns that look at neighbouring rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import syntax as s
from dashboard.kql.bound import Relation
from dashboard.kql.operators.columns import extend, piped

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def serialize(binder: Binder, scope: Scope, source: Relation | None, node: s.Serialize) -> Relation:
    """`serialize`: marks the order of the rows as one that counts."""
    relation = piped(binder, source, node, "serialize")
    row = binder.row(relation, scope)
    row.row_order()
    assert row.relation is not None  # noqa: S101
    ordered = replace(row.relation, serialized=True)
    if not node.columns:
        return ordered
    return extend(binder, scope, ordered, s.Extend(span=node.span, columns=node.columns))


OPERATORS: dict[type, Handler] = {s.Serialize: serialize}
