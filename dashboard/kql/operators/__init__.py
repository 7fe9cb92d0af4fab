"""The tabular operators, one file a family.

An operator is a function `(binder, scope, source, node) -> Relation`: `source` is the relation piped into it (None where the
operator stands first), `node` its syntax. It asks `binder` for everything it needs:

- `binder.row(source, scope)` gives a `Row`, which binds expressions over the columns of a relation: `row.bind(node)` any value,
  `row.predicate(node)` a condition, `row.constant(node, "long")` a value known now. A row may put hidden columns under its
  relation (for window functions and long expressions), so go on with `row.relation`, not with `source`.
- `binder.column(name, type)` makes a new column; `relation.computed([(column, bound)])` puts columns beneath a relation,
  `relation.showing(columns)` says which are visible and in which order, `relation.where(bound)` filters.
- `binder.table(node, scope)` binds a table expression, `binder.operators(relation, nodes, scope)` a run of operators
  (mv-apply, partition, fork), `binder.shared(relation)` makes a relation that may be used several times by
  `binder.reference(shared)`.
- `binder.fail(node, code, message, hint)` raises a problem at the node's place.

A value's SQL is made by `functions/` alone; an operator writes SQL text only through nodes of `bound` and expressions
`Bound(sql, type, refs=…)` whose `refs` name every column the text reads. A family lists its operators in `OPERATORS`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from dashboard.kql.bound import Relation

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.scopes import Scope

Handler = Callable[["Binder", "Scope", "Relation | None", Any], Relation]


@cache
def registry() -> dict[type, Handler]:
    """All operators by the class of their syntax node."""
    from dashboard.kql.operators import (
        columns,
        evaluate,
        expand,
        find,
        joins,
        nested,
        parse,
        reduce,
        rows,
        scan,
        search,
        serialize,
        series,
        sources,
        summarize,
        unions,
    )

    families = (
        rows,
        columns,
        summarize,
        joins,
        unions,
        sources,
        serialize,
        parse,
        expand,
        series,
        evaluate,
        search,
        find,
        reduce,
        nested,
        scan,
    )
    return {node: handler for family in families for node, handler in family.OPERATORS.items()}
