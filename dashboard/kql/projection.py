"""The columns of a projection while they are collected: names declared, made up and kept apart.

Rules as in Microsoft's language service: a declared name (`x = …`, or a plain column) may stand once; a made-up name that is
taken gets a number; `extend` puts a column of a name that exists in the place of the old one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.binder_calls import aggregate_columns, tuple_columns
from dashboard.kql.bound import Bound, Column, Relation
from dashboard.kql.diagnostics import BindFailure
from dashboard.kql.functions.registry import FunctionRefused
from dashboard.kql.names import CONVERSIONS, NameTable, result_name

if TYPE_CHECKING:
    from dashboard.kql.binder_expressions import Row

Style = Literal["project", "extend", "summarize", "print"]


class Projection:
    """Collects columns over a row. `assignments` are the new columns' values, `columns` the visible result."""

    __slots__ = (
        "_declared", "_given", "_index", "_names", "assignments", "columns", "row", "skipped", "style",
    )  # fmt: skip

    def __init__(self, row: Row, style: Style = "project") -> None:
        self.row = row
        self.style = style
        self.columns: list[Column] = []
        self.assignments: list[tuple[Column, Bound]] = []
        self.skipped: set[tuple[int, str]] = set()
        # Columns of a wide table are not looked at one by one: `_index` has the places of those added or replaced.
        self._given: Mapping[str, Column] = {}
        self._index: dict[str, int] = {}
        self._names = NameTable()
        self._declared: set[str] = set()

    # ---- names -------------------------------------------------------------------------------------------------------

    def begin_with(self, relation: Relation) -> None:
        """Columns that are there from the start and are never added again (extend)."""
        if len(relation.by_name) == len(relation.columns):
            self._given = relation.by_name
            self.columns = list(relation.columns)
            self._names = NameTable(self._given)
        else:
            for column in relation.columns:
                self.add(column)
            self.skipped.update((column.id, column.name) for column in relation.columns)

    def add(self, column: Column, *, replacing: bool = False, named: bool = False) -> None:
        """A column whose name nobody declared."""
        if not named:
            given = self._given.get(column.name)
            if (given is not None and given.id == column.id) or (column.id, column.name) in self.skipped:
                return
        if replacing and self._replaced(column):
            return
        name = self._names.add(column.name)
        self._index[name] = len(self.columns)
        self.columns.append(column if name == column.name else Column(column.id, name, column.type))

    def declare(self, node: s.Node, column: Column, *, replacing: bool = False, named: bool = False) -> None:
        """A column whose name the text gives."""
        if column.name in self._declared:
            self.row.binder.note_problem(node, "KQ107", f"The column name '{column.name}' is used twice.")
            return
        self._declared.add(column.name)
        if not (replacing and self._replaced(column)):
            self.add(column, named=named)

    def _replaced(self, column: Column) -> bool:
        """Whether there is a column of that name, whose place the new one then has."""
        place = self._index.get(column.name)
        if place is None:
            given = self._given.get(column.name)
            if given is None:
                return False
            place = self._index[column.name] = self.columns.index(given)
        self.columns[place] = column
        return True

    # ---- expressions -------------------------------------------------------------------------------------------------

    def take(self, nodes: Sequence[s.Expression]) -> None:
        """The columns of all expressions; a problem in one is written down and the next one is taken."""
        for position, node in enumerate(nodes):
            try:
                self._take(node, position)
            except BindFailure as failure:
                self.row.binder.note(failure)
            except FunctionRefused as refused:
                self.row.binder.note_refused(node, refused)

    def _take(self, node: s.Expression, position: int) -> None:
        if isinstance(node, s.Named):
            self._named(node)
            return
        if isinstance(node, s.Star):
            for column in self.row.relation.columns if self.row.relation is not None else ():
                self.add(column, replacing=True)
            return
        plain = self._plain(node) if self.style != "print" else None
        if plain is not None:
            self.declare(node, plain)
            return
        several = self._several(node)
        if several is not None:
            for value in several:
                self.add(self._computed(value.name or "", value))
            return
        value = self.row.bind(node)
        if self.style == "print":
            self.add(self._computed(f"print_{position}", value))
        else:
            self.add(self._computed(self._made_up(node), value), replacing=self.style == "extend")

    def _named(self, node: s.Named) -> None:
        several = self._several(node.value)
        if several is not None:
            for i, value in enumerate(several):
                if i < len(node.names):
                    self.declare(node, self._computed(node.names[i], value), replacing=True, named=True)
                elif self.style != "print":
                    self.add(self._computed(value.name or "", value), replacing=self.style == "extend")
            return
        if len(node.names) > 1:
            raise self.row.binder.failure(
                node, "KQ104", "This expression has one value, and several names stand before it."
            )
        column = self._plain(node.value)
        if column is not None:
            self.declare(node, replace(column, name=node.names[0]), replacing=True, named=True)
            return
        # What cannot be bound becomes a null, so that later operators still find the column.
        value = self.row.value(node.value)
        self.declare(node, self._computed(node.names[0], value), replacing=self.style == "extend", named=True)

    def _made_up(self, node: s.Expression) -> str:
        relation = self.row.relation
        name = result_name(node, relation.by_name if relation is not None else ())
        if name is not None:
            return name
        taken = [*self.row.scope.names()]
        if self.style == "extend" and relation is not None:
            taken += relation.by_name
        return self.row.binder.default_name(taken)

    def _plain(self, node: s.Expression) -> Column | None:
        """The column that an expression is nothing but a mention of (a conversion to its own type included)."""
        relation = self.row.relation
        if relation is None or self.row.aggregating:
            return None
        if isinstance(node, s.Name):
            return relation.column(node.name)
        if isinstance(node, s.Call) and len(node.arguments) == 1 and isinstance(node.arguments[0], s.Name):
            column = relation.column(node.arguments[0].name)
            if column is not None and CONVERSIONS.get(node.name) == column.type:
                return column
        if isinstance(node, s.Call) and node.name in ("column_ifexists", "columnifexists"):
            value = self.row.bind(node)
            column = relation.column(value.name) if value.name is not None else None
            if column is not None and column.type == value.type:
                return column
        return None

    def _several(self, node: s.Expression) -> list[Bound] | None:
        """The columns of a call that gives several; None for any other expression."""
        if not isinstance(node, s.Call) or self.row.scope.find(node.name) is not None:
            return None
        if self.row.aggregating and node.name in ("arg_max", "arg_min", "argmax", "argmin", "take_any", "any"):
            from dashboard.kql.operators.summarize import extreme_columns

            return extreme_columns(self.row, node, self.skipped)
        if self.row.aggregating and node.name in f.REGISTRY.aggregates:
            return aggregate_columns(self.row, node)
        if node.name in f.REGISTRY.tuples:
            return tuple_columns(self.row, node)
        return None

    def _computed(self, name: str, value: Bound) -> Column:
        """The column of a value: the one it reads where it is nothing but a column, else a new one."""
        plain = self._same(value)
        if plain is not None:
            return Column(plain, name, value.type)
        column = self.row.binder.column(name, value.type)
        self.assignments.append((column, value))
        return column

    def _same(self, value: Bound) -> int | None:
        if len(value.refs) == 1:
            (ref,) = value.refs
            if value.sql == f"c{ref}":
                return ref
        return None

    # ---- the result --------------------------------------------------------------------------------------------------

    def relation(self) -> Relation:
        """The row's relation with the new columns, showing the collected ones."""
        assert self.row.relation is not None  # noqa: S101
        made = self.row.relation.computed(self.assignments).showing(self.columns)
        if self._given:
            made.__dict__["by_name"] = {**self._given, **{name: self.columns[i] for name, i in self._index.items()}}
        return made
