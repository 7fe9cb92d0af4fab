"""Plugins that find patterns in rows: basket and autocluster.

A pattern fixes the values of some columns and leaves the others open, which shows as null, an empty text or the wildcard given for
the column's type. basket counts every pattern by grouping sets, so it takes few columns; Kusto takes samples of large tables, this
counts all rows. autocluster looks for its patterns in the rows that come most often and counts them in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from dashboard.kql import syntax as s
from dashboard.kql.bound import Column, Raw, Relation
from dashboard.kql.functions.literals import DUCKDB_TYPES, real
from dashboard.kql.operators.plugins_shape import column_argument, split_arguments
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators.evaluate import Plugin
    from dashboard.kql.scopes import Scope

_MAX_SETS = 1_000
# Rows that differ from one another, among which autocluster looks for patterns.
_MOST_ROWS = 2_000


class _Options:
    """The arguments that both plugins take by place: a number, the column of weights, a second number, wildcards by type."""

    def __init__(self, binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> None:
        self._placed, _ = split_arguments(node)
        self._reader = binder.scalar_row(scope)
        column = self._at(1)
        self.weight = None if column is None else column_argument(binder, source, column)
        if self.weight is not None and self.weight.type not in ("int", "long"):
            raise binder.failure(
                node, "KQ104", f"The column of weights holds whole numbers; '{self.weight.name}' does not."
            )
        self.wildcards = {value.type: value.sql for value in map(self._reader.bind, self._placed[3:])}
        # What a pattern may fix: the weights say how much a row counts, nothing about it.
        self.columns = [column for column in source.columns if column is not self.weight]

    def _at(self, place: int) -> s.Expression | None:
        if len(self._placed) <= place:
            return None
        value = self._placed[place]
        # `~` stands for the default.
        return None if isinstance(value, s.Literal) and value.value == "~" else value

    def number(self, place: int, kind: KqlType, default: float) -> float:
        """A constant number."""
        value = self._at(place)
        return default if value is None else float(self._reader.constant(value, kind))

    @property
    def counted(self) -> str:
        """The SQL of how many rows there are."""
        return "count(*)" if self.weight is None else f"CAST(coalesce(sum({self.weight.sql}), 0) AS BIGINT)"

    def wildcard(self, column: Column) -> str:
        """The SQL of what an open column shows."""
        return self.wildcards.get(column.type, "''" if column.type == "string" else "NULL")


def _result(binder: Binder, source: Relation) -> tuple[Column, ...]:
    segment, count = binder.column("SegmentId", "long"), binder.column("Count", "long")
    return segment, count, binder.column("Percent", "real"), *(binder.column(c.name, c.type) for c in source.columns)


def basket(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`basket([threshold[, weight[, dimensions[, wildcard…]]]])`: all patterns that hold for a share of the rows above the threshold
    (0.05), of at most five columns."""
    options = _Options(binder, scope, source, node)
    threshold = options.number(0, "real", 0.05)
    if not 0 < threshold < 1:
        raise binder.failure(node, "KQ104", "The threshold of basket() lies between 0 and 1.")
    names = [column.sql for column in options.columns]
    most = min(int(options.number(2, "long", 5)), len(names))
    sets = [chosen for size in range(1, most + 1) for chosen in combinations(names, size)]
    if len(sets) > _MAX_SETS:
        message = f"basket() over {len(names)} columns is not supported."
        raise binder.failure(node, "KQ203", message, "Project to at most ten columns before.")
    columns = _result(binder, source)

    def build(texts: Sequence[str]) -> str:
        grouped = ", ".join(f"({', '.join(chosen)})" for chosen in sets)
        values = [
            f"{options.wildcard(old) if old is options.weight else _open(old, options)} AS {new.sql}"
            for old, new in zip(source.columns, columns[3:], strict=True)
        ]
        opened = ", ".join(f"grouping({name}) AS open_{name}" for name in names)
        return (
            f"WITH basket_rows AS {texts[0]}, basket_total AS (SELECT {options.counted} AS total FROM basket_rows) "
            f"SELECT row_number() OVER (ORDER BY found DESC) - 1 AS {columns[0].sql}, found AS {columns[1].sql}, "
            f"100.0 * found / total AS {columns[2].sql}, {', '.join(values)} FROM ("
            f"SELECT {options.counted} AS found, {', '.join(names)}, {opened} FROM basket_rows GROUP BY GROUPING SETS ({grouped})"
            f") CROSS JOIN basket_total WHERE found >= {real(threshold)} * total"
        )

    return Relation(Raw((source.node,), columns, frozenset(c.id for c in source.columns), build), columns)


def _open(column: Column, options: _Options) -> str:
    value = f"coalesce({column.sql}, '')" if column.type == "string" else column.sql
    return f"CASE WHEN open_{column.sql} = 1 THEN {options.wildcard(column)} ELSE {value} END"


def autocluster(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`autocluster([size weight[, weight[, seeds[, wildcard…]]]])`: a few patterns that hold for many rows and fix much."""
    options = _Options(binder, scope, source, node)
    size_weight = options.number(0, "real", 0.5)
    if not 0 < size_weight < 1:
        raise binder.failure(node, "KQ104", "The size weight of autocluster() lies between 0 and 1.")
    seeds = min(max(int(options.number(2, "long", 25)), 1), 100)
    columns = _result(binder, source)
    place = {column.id: at for at, column in enumerate(options.columns, 1)}
    if not place:
        raise binder.failure(node, "KQ105", "autocluster() needs a column beside the weights.")

    def shown(column: Column) -> str:
        if column is options.weight:
            return options.wildcard(column)
        text = f"pattern[{place[column.id]}]"
        value = text if column.type == "string" else f"TRY_CAST(nullif({text}, '') AS {DUCKDB_TYPES[column.type]})"
        return f"CASE WHEN {text} IS NULL THEN {options.wildcard(column)} ELSE {value} END"

    def build(texts: Sequence[str]) -> str:
        listed = ", ".join(f"coalesce(CAST({column.sql} AS VARCHAR), '')" for column in options.columns)
        alike = " AND ".join(f"(pattern[{at}] IS NULL OR pattern[{at}] = fixed[{at}])" for at in place.values())
        values = [f"{shown(old)} AS {new.sql}" for old, new in zip(source.columns, columns[3:], strict=True)]
        order = "ORDER BY weight DESC, hash(fixed), fixed"
        return (
            f"WITH cluster_rows AS (SELECT [{listed}] AS fixed, {options.counted} AS weight FROM {texts[0]} GROUP BY fixed), "
            f"cluster_often AS (SELECT * FROM cluster_rows {order} LIMIT {_MOST_ROWS}), "
            f"cluster_total AS (SELECT sum(weight) AS total FROM cluster_rows), cluster_patterns AS ("
            f"SELECT unnest(kql_patterns(list(fixed {order}), list(CAST(weight AS DOUBLE) {order}), {real(size_weight)}, {seeds})) "
            "AS pattern FROM cluster_often), cluster_found AS ("
            f"SELECT pattern, sum(weight) AS found FROM cluster_patterns JOIN cluster_rows ON {alike} GROUP BY pattern) "
            f"SELECT row_number() OVER (ORDER BY found DESC, pattern) - 1 AS {columns[0].sql}, "
            f"CAST(found AS BIGINT) AS {columns[1].sql}, 100.0 * found / total AS {columns[2].sql}, {', '.join(values)} "
            "FROM cluster_found CROSS JOIN cluster_total"
        )

    return Relation(Raw((source.node,), columns, frozenset(c.id for c in source.columns), build), columns)


PLUGINS: dict[str, Plugin] = {"autocluster": autocluster, "basket": basket}
