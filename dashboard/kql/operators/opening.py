"""Relations whose columns depend on data that has no rows: any name asked for later is a column without values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql.bound import Bound, Column, Extend, Node, Relation
from dashboard.kql.functions.literals import literal

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder


def opened(binder: Binder, relation: Relation) -> Relation:
    """The relation with a column, null everywhere, for any name that is asked for and that nothing else has."""
    made: dict[str, Column] = {}
    assignments: list[tuple[Column, Bound]] = []

    def column_of(name: str) -> Column:
        if name not in made:
            made[name] = binder.column(name, "dynamic")
            assignments.append((made[name], binder.bound(literal(None, "dynamic"))))
        return made[name]

    # The list is read when all names are known: lowering comes after binding.
    node: Node = Extend(relation.node, assignments)  # type: ignore[arg-type]
    return replace(relation, node=node, opened=column_of)


def keep_open(binder: Binder, result: Relation, *sources: Relation) -> Relation:
    """What was made of several relations stays open where one of them is: that one has no rows, so its unknown columns are
    null in all rows of the result."""
    return opened(binder, result) if any(source.opened is not None for source in sources) else result
