"""Plugins that find patterns in rows: basket.

A pattern fixes the values of some columns and leaves the others open (null, an empty text). basket counts every pattern by grouping
sets, so it takes few columns; Kusto takes samples of large tables, this counts all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from dashboard.kql import syntax as s
from dashboard.kql.bound import Raw, Relation
from dashboard.kql.functions.literals import real
from dashboard.kql.operators.plugins_shape import split_arguments
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators.evaluate import Plugin
    from dashboard.kql.scopes import Scope

_MAX_SETS = 1_000


def basket(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`basket([threshold[, weight[, dimensions]]])`: all patterns that hold for a share of the rows above the threshold (0.05),
    of at most five columns."""
    placed, _ = split_arguments(node)
    reader = binder.scalar_row(scope)

    def option(place: int, kind: KqlType, default: Any) -> Any:
        if len(placed) <= place:
            return default
        value = placed[place]
        if isinstance(value, s.Literal) and value.value == "~":  # Kusto's sign for the default
            return default
        return reader.constant(value, kind)

    threshold = float(option(0, "real", 0.05))
    if len(placed) > 3 or option(1, "string", None) is not None:
        raise binder.failure(node, "KQ203", "Weights and wildcards of basket() are not supported.")
    most = min(int(option(2, "long", 5)), len(source.columns))
    if not 0 < threshold < 1:
        raise binder.failure(node, "KQ104", "The threshold of basket() lies between 0 and 1.")
    names = [column.sql for column in source.columns]
    sets = [chosen for size in range(1, most + 1) for chosen in combinations(names, size)]
    if len(sets) > _MAX_SETS:
        message = f"basket() over {len(names)} columns is not supported."
        raise binder.failure(node, "KQ203", message, "Project to at most ten columns before.")
    segment, count = binder.column("SegmentId", "long"), binder.column("Count", "long")
    percent = binder.column("Percent", "real")
    shown = [binder.column(column.name, column.type) for column in source.columns]

    def build(texts: Sequence[str]) -> str:
        grouped = ", ".join(f"({', '.join(chosen)})" for chosen in sets)
        values = [
            f"coalesce({old.sql}, '') AS {new.sql}" if old.type == "string" else f"{old.sql} AS {new.sql}"
            for old, new in zip(source.columns, shown, strict=True)
        ]
        return (
            f"WITH basket_rows AS {texts[0]}, basket_total AS (SELECT count(*) AS total FROM basket_rows) "
            f"SELECT row_number() OVER (ORDER BY found DESC) - 1 AS {segment.sql}, found AS {count.sql}, "
            f"100.0 * found / total AS {percent.sql}, {', '.join(values)} FROM ("
            f"SELECT count(*) AS found, {', '.join(names)} FROM basket_rows GROUP BY GROUPING SETS ({grouped})"
            f") CROSS JOIN basket_total WHERE found >= {real(threshold)} * total"
        )

    needs = frozenset(column.id for column in source.columns)
    columns = (segment, count, percent, *shown)
    return Relation(Raw((source.node,), columns, needs, build), columns)


PLUGINS: dict[str, Plugin] = {"basket": basket}
