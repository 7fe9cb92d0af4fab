"""The bound tree: relations whose names and types are resolved, ready to be lowered to SQL.

Every column has an id that is unique in the whole query and is spoken of in SQL as `c<id>`; its KQL name is only a label.
So names that differ only in case, renamed columns and self-joins need no care later: an expression's SQL means the same
wherever its columns are in reach. A `Relation` is a node plus what KQL lets a reader see of it: the visible columns in
order, and the order of rows. Nodes carry all columns of their sources along; lowering drops those nobody asks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from dashboard.kql.catalog import TableSchema
from dashboard.kql.functions.registry import Operand
from dashboard.table import KqlType

NOTHING: frozenset[int] = frozenset()
_COLUMN = re.compile(r"c\d+")


class _ColumnSql(dict[int, str]):
    def __missing__(self, number: int) -> str:
        self[number] = sql = f"c{number}"
        return sql


COLUMN_SQL: Mapping[int, str] = _ColumnSql()
"""How SQL speaks of a column, by its id. Ids count from 1 in each query: as many are kept as the widest query had."""


class Column(Struct, frozen=True, gc=False):
    """A column of a relation. `id` is unique in the query; `name` is what KQL calls it."""

    id: int
    name: str
    type: KqlType

    @property
    def sql(self) -> str:
        """How SQL speaks of it."""
        return COLUMN_SQL[self.id]


class Bound(Operand, frozen=True):
    """An expression: an operand that knows which columns it reads. `refs` holds column ids, and negative numbers for the
    `Shared` relations its SQL reads. `windowed` where it holds a window function, so that no WHERE may hold it."""

    refs: frozenset[int] = NOTHING
    windowed: bool = False


def column_operand(column: Column) -> Bound:
    """The expression that reads a column."""
    number = column.id
    return Bound(COLUMN_SQL[number], column.type, name=column.name, refs=frozenset((number,)))


class OrderKey(Struct, frozen=True, gc=False):
    """One key of a row order: a column, visible or hidden."""

    column: Column
    ascending: bool
    nulls_first: bool

    @property
    def sql(self) -> str:
        """The key as ORDER BY spells it. NaN stands beside null at either end; DuckDB takes it for the greatest number."""
        column = f"c{self.column.id}"
        direction = f"{'ASC' if self.ascending else 'DESC'} NULLS {'FIRST' if self.nulls_first else 'LAST'}"
        if self.column.type == "real" and self.ascending == self.nulls_first:
            return f"nullif({column}, 'nan'::DOUBLE) {direction}, {column} {direction}"
        return f"{column} {direction}"


# ---- nodes ---------------------------------------------------------------------------------------------------------


class Scan(Struct, frozen=True, eq=False):
    """A table of the catalog. `columns` are the table's, in order, with ids that follow one another; `predicate`, in terms of
    the columns, limits the time."""

    table: TableSchema
    columns: tuple[Column, ...]
    predicate: Bound | None = None


class Values(Struct, frozen=True, eq=False):
    """Literal rows, each cell SQL text of the column's type."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


class Filter(Struct, frozen=True, eq=False):
    """Rows for which the predicate is true."""

    source: Node
    predicate: Bound


class Extend(Struct, frozen=True, eq=False):
    """New columns beside those of the source. The expressions read columns of the source only."""

    source: Node
    assignments: tuple[tuple[Column, Bound], ...]


class Aggregate(Struct, frozen=True, eq=False):
    """One row for each combination of the keys; without keys, one row. Without aggregates: the distinct keys."""

    source: Node
    keys: tuple[tuple[Column, Bound], ...]
    aggregates: tuple[tuple[Column, Bound], ...]


class DistinctOn(Struct, frozen=True, eq=False):
    """One row, any, for each combination of the key columns."""

    source: Node
    keys: tuple[Column, ...]


JoinKind = Literal["inner", "left", "right", "full", "semi", "anti", "cross"]


class Join(Struct, frozen=True, eq=False):
    """A join by SQL's rules (a key that is NULL meets nothing). Semi and anti give the left side's columns only."""

    kind: JoinKind
    left: Node
    right: Node
    on: Bound | None = None


class Lateral(Struct, frozen=True, eq=False):
    """For each row of the left side the rows of the right side, which may read the left side's columns. `outer` keeps left
    rows without any."""

    left: Node
    right: Node
    outer: bool = False


class Union(Struct, frozen=True, eq=False):
    """All rows of all branches. Each branch gives its expressions by column id; a column it has none for is null there (an
    empty string where it is one)."""

    columns: tuple[Column, ...]
    branches: tuple[tuple[Node, Mapping[int, Bound]], ...]


class Limit(Struct, frozen=True, eq=False):
    """The first `count` rows (a whole number) in the given order; any rows where there is none."""

    source: Node
    count: Bound
    order: tuple[OrderKey, ...] = ()


class Unnest(Struct, frozen=True, eq=False):
    """One row for each element of a DuckDB list, the element in `column`; no row where the list is empty or NULL."""

    source: Node
    column: Column
    value: Bound


class Elements(Struct, frozen=True, eq=False):
    """A table of its own that an expression makes: `value` is a DuckDB list, one row an element. May read outer columns
    inside a `Lateral`."""

    column: Column
    value: Bound


class Raw(Struct, frozen=True, eq=False):
    """SQL that no other node says. `build` gets one parenthesised SELECT for each source and gives a SELECT that names its
    columns as `columns` do. Each source keeps the columns whose ids are in `needs`; negative numbers there are the `Shared`
    relations that the SQL reads, as in `Bound.refs`."""

    sources: tuple[Node, ...]
    columns: tuple[Column, ...]
    needs: frozenset[int]
    build: Callable[[Sequence[str]], str]


class Reference(Struct, frozen=True, eq=False):
    """A use of a shared relation under ids of its own: pairs of (own column, column of the shared relation)."""

    shared: Shared
    columns: tuple[tuple[Column, Column], ...]


Node = (
    Scan | Values | Filter | Extend | Aggregate | DistinctOn | Join | Lateral | Union | Limit | Unnest | Elements | Raw
    | Reference
)  # fmt: skip


class Shared(Struct, eq=False):
    """A relation that may be used several times: it becomes a common table expression where it is, and is written in place
    where it is used once. `materialized` where the query asked for one evaluation (materialize, toscalar).
    `number` counts from 1 in the order of binding, so that a shared relation reads only such of lower numbers."""

    number: int
    relation: Relation
    materialized: bool = False
    always: bool = False
    """A common table expression even when used once: its name already stands in an expression's SQL."""

    @property
    def sql(self) -> str:
        """Its name in SQL."""
        return f"t{self.number}"


# ---- what KQL sees -------------------------------------------------------------------------------------------------


class Relation(Struct, frozen=True, dict=True):
    """A node with its visible columns, the order of its rows (empty: none), and the name of the table it came from.

    `opened` where the columns depend on the data and there are no rows to tell them (bag_unpack or pivot of nothing): it makes
    a column, empty like all others, of any name that is asked for and that nothing else has."""

    node: Node
    columns: tuple[Column, ...]
    order: tuple[OrderKey, ...] = ()
    name: str = ""
    serialized: bool = False
    opened: Callable[[str], Column] | None = None

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The visible columns by name."""
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column | None:
        """The visible column of that very name."""
        return self.by_name.get(name)

    def column_or_opened(self, name: str) -> Column | None:
        """The visible column of that very name; where the relation is open, one that is made now."""
        found = self.by_name.get(name)
        return self.opened(name) if found is None and self.opened is not None else found

    def read(self, column: Column) -> Bound:
        """The expression that reads a visible column. Where it was made from a JSON text that is still in reach, its fields
        are read from that text, so that `extend e = parse_json(text) | where e.a == 1` parses the text once."""
        operand = column_operand(column)
        node = self.node
        while column.type == "dynamic" and isinstance(node, Filter | Extend):
            made = node.assignments if isinstance(node, Extend) else ()
            value = next((value for each, value in made if each.id == column.id), None)
            if value is not None:
                if value.json is None or not _COLUMN.fullmatch(value.json.text):
                    return operand
                return replace(operand, json=value.json, refs=operand.refs | value.refs)
            node = node.source
        return operand

    def over(self, node: Node) -> Relation:
        """The same columns and order over another node."""
        made = Relation(node, self.columns, self.order, self.name, self.serialized, self.opened)
        # Most operators leave a wide table's columns as they are: its index is made once.
        made.__dict__["by_name"] = self.by_name
        return made

    def where(self, predicate: Bound) -> Relation:
        """The rows for which the predicate holds. It must not be windowed."""
        return self.over(Filter(self.node, predicate))

    def computed(self, assignments: Iterable[tuple[Column, Bound]]) -> Relation:
        """The same visible columns with more columns beneath them; show them with `showing`."""
        found = tuple(assignments)
        return self.over(Extend(self.node, found)) if found else self

    def showing(self, columns: Iterable[Column]) -> Relation:
        """Other visible columns: any that the node carries, in any order, renamed by `replace(column, name=…)`."""
        return replace(self, columns=tuple(columns))

    def ordered(self, *order: OrderKey) -> Relation:
        """The same rows in that order."""
        return replace(self, order=order, serialized=bool(order))

    def limited(self, count: Bound) -> Relation:
        """The first rows in the order at hand."""
        return self.over(Limit(self.node, count, self.order))

    def unordered(self, node: Node, columns: Iterable[Column]) -> Relation:
        """A new relation made of this one, whose rows have no order."""
        return Relation(node, tuple(columns), name=self.name)
