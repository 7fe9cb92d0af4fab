"""Binding: a syntax tree and a catalog → a bound tree, every name and type resolved.

`Binder` holds what is known of one query while it is bound: the catalog, the time, the columns and shared relations made
so far, the problems found. Expressions are bound in `binder_expressions`, calls of functions in `binder_calls`, tables in
`binder_tables`, operators in `operators/`. A problem in one expression is written down and binding goes on with
a value of type dynamic, so that one run tells all problems.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from msgspec import Struct
from msgspec.structs import replace

from dashboard.errors import Problem
from dashboard.kql import syntax as s
from dashboard.kql.bound import Aggregate, Bound, Column, OrderKey, Reference, Relation, Shared, column_operand
from dashboard.kql.catalog import Catalog
from dashboard.kql.diagnostics import BindFailure, problem_at
from dashboard.kql.functions.registry import IN_ORDER, Context, FunctionRefused, Operand
from dashboard.kql.operators import registry
from dashboard.kql.request_properties import take_property
from dashboard.kql.scopes import Entry, FunctionValue, Pending, ScalarValue, Scope, TableValue
from dashboard.table import KqlType

ExternalData = Callable[[s.ExternalData], str]
Discover = Callable[[str], list[tuple[Any, ...]]]


class Limits(Struct, frozen=True):
    """How much work a query may make: calls of functions one inside another, operators and expressions bound (functions
    count at each call), letters of one expression's SQL and of the whole."""

    call_depth: int = 40
    steps: int = 200_000
    nesting: int = 120
    expression: int = 400_000
    sql: int = 4_000_000


@dataclass
class Binder:
    """The state of one query's binding."""

    text: str
    catalog: Catalog
    now: dt.datetime
    timespan: tuple[dt.datetime, dt.datetime] | None = None
    externaldata: ExternalData | None = None
    discover: Discover | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self.context = Context(self.now)
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.shares: list[Shared] = []
        self.tables_used: dict[str, None] = {}
        self.functions_used: dict[str, None] = {}
        self.render: tuple[str, dict[str, Any]] | None = None
        self.most_rows: Bound | None = None
        self.calling: list[str] = []
        self.bodies: list[s.Function] = []
        self.host: Row | None = None
        self.depth = 0
        self._operators = registry()
        self._columns = 0
        self.steps = 0
        self._default_names = 0
        self._inside: list[tuple[str, s.Node | None]] = []

    # ---- problems ----------------------------------------------------------------------------------------------------

    def fail(self, node: s.Node, code: str, message: str, hint: str = "") -> NoReturn:
        """Raises the problem at the node's place."""
        raise self.failure(node, code, message, hint)

    def failure(self, node: s.Node, code: str, message: str, hint: str = "") -> BindFailure:
        """The exception of a problem at the node's place, for `raise`."""
        return BindFailure(self.problem(node, code, message, hint))

    def problem(self, node: s.Node, code: str, message: str, hint: str = "") -> Problem:
        """A problem at the node's place; inside a stored function at the place of the call."""
        if self._inside:
            name, call = self._inside[0]
            message = f"In function '{name}': {message}"
            if call is None:
                return Problem(code, message, hint=hint)
            node = call
        return problem_at(self.text, node.span, code, message, hint)

    def note(self, failure: BindFailure) -> None:
        """Writes a problem down, once, so that binding can go on."""
        if failure.problem.code == "KQ003" or len(self.problems) >= 50:
            raise failure
        if failure.problem not in self.problems:
            self.problems.append(failure.problem)

    def warn(self, node: s.Node, code: str, message: str, hint: str = "") -> None:
        """Notes what the reader of the result must know."""
        self.warnings.append(dataclasses.replace(self.problem(node, code, message, hint), severity="warning"))

    def warn_once(self, node: s.Node, code: str, message: str) -> None:
        """Notes what the reader must know, the first time only."""
        if not any(known.message == message for known in self.warnings):
            self.warn(node, code, message)

    def note_problem(self, node: s.Node, code: str, message: str, hint: str = "") -> None:
        """Writes a problem at the node's place down."""
        self.note(BindFailure(self.problem(node, code, message, hint)))

    def refuse(self, node: s.Node, refused: FunctionRefused) -> NoReturn:
        """Raises the problem of a call that cannot be made, at the node's place."""
        raise self.failure(node, "KQ104" if refused.kind == "semantic" else "KQ203", refused.message)

    def note_refused(self, node: s.Node, refused: FunctionRefused) -> None:
        """Writes a call that cannot be made down, at the node's place."""
        self.note_problem(node, "KQ104" if refused.kind == "semantic" else "KQ203", refused.message)

    def inside(self, name: str, call: s.Node | None = None) -> None:
        """From here on, nodes belong to another text than the query's: a stored function's. Problems are told at its call."""
        self._inside.append((name, call))

    def outside(self) -> None:
        """Ends what `inside` began."""
        self._inside.pop()

    def step(self, node: s.Node) -> None:
        """Counts one piece of work against the limit."""
        self.steps += 1
        if self.steps > self.limits.steps:
            raise self.failure(
                node, "KQ003", "The query makes more work than is allowed.", "Split it, or use materialize()."
            )

    # ---- columns and relations ---------------------------------------------------------------------------------------

    def column(self, name: str, kind: KqlType) -> Column:
        """A new column."""
        return Column(self.columns(1), name, kind)

    def columns(self, count: int) -> int:
        """The first of `count` new column ids that follow one another."""
        self._columns += count
        return self._columns - count + 1

    def default_name(self, taken: Iterable[str] = ()) -> str:
        """`Column1`, `Column2` …: counted over the whole query, but never a name that exists."""
        existing = set(taken)
        while True:
            self._default_names += 1
            name = f"Column{self._default_names}"
            if name not in existing:
                return name

    def shared(self, relation: Relation, *, materialized: bool = False, always: bool = False) -> Shared:
        """A relation that may be used several times."""
        shared = Shared(len(self.shares) + 1, relation, materialized, always)
        self.shares.append(shared)
        return shared

    def reference(self, shared: Shared) -> Relation:
        """A use of a shared relation, with columns of its own."""
        relation = shared.relation
        pairs = {column.id: (self.column(column.name, column.type), column) for column in relation.columns}
        for key in relation.order:
            if key.column.id not in pairs:
                pairs[key.column.id] = (self.column(key.column.name, key.column.type), key.column)
        order = tuple(OrderKey(pairs[k.column.id][0], k.ascending, k.nulls_first) for k in relation.order)
        # A column that is visible under two names stays one column below and gets two labels above.
        columns = tuple(_labelled(pairs[column.id][0], column.name) for column in relation.columns)
        node = Reference(shared, tuple(pairs.values()))
        return Relation(node, columns, order, relation.name, relation.serialized)

    # ---- the query ---------------------------------------------------------------------------------------------------

    def query(self, tree: s.Query) -> Relation | None:
        """The relation of the whole query; None where problems were found (`problems` holds them)."""
        scope = Scope()
        try:
            scope = self.statements(tree.statements, scope)
            if tree.pipe is None and not tree.statements:
                raise self.failure(tree, "KQ112", "The text holds no query.")
            if tree.pipe is None:
                raise self.failure(tree, "KQ112", "The query has no result: only statements stand in it.")
            result = self.evaluate_pipe(tree.pipe, scope)
            if isinstance(result, Bound):
                result = self._scalar_result(result)
            if self.most_rows is not None:
                result = result.limited(self.most_rows)
        except BindFailure as failure:
            self.problems.append(failure.problem)
            return None
        return None if self.problems else result

    def _scalar_result(self, value: Bound) -> Relation:
        from dashboard.kql.bound import Values

        column = self.column("print_0", value.type)
        one = Relation(Values((), ((),)), ())
        return one.computed([(column, value)]).showing([column])

    def statements(self, statements: Sequence[s.Statement], scope: Scope) -> Scope:
        """The scope after the statements of a block. Each let sees what stands before it, so that `let T = T | take 5`
        reads the outer T."""
        for statement in statements:
            self.step(statement)
            if isinstance(statement, s.Let):
                inner = scope.child()
                if isinstance(statement.value, s.Function):
                    inner.define(statement.name, FunctionValue(statement.name, statement.value, scope))
                else:
                    inner.define(statement.name, Pending(statement.value, scope))
                scope = inner
            elif isinstance(statement, s.SetOption):
                take_property(self, statement)
            elif isinstance(statement, s.DeclareParameters):
                scope = scope.child()
                self._declare(statement, scope)
            else:
                raise self.failure(statement, "KQ204", f"The statement '{statement.keyword}' is not supported.")
        return scope

    def _declare(self, statement: s.DeclareParameters, scope: Scope) -> None:
        from dashboard.kql.functions import literal

        for parameter in statement.parameters:
            kind = parameter.type or "string"
            if parameter.name in self.parameters:
                value = self.parameters[parameter.name]
            elif parameter.default is not None:
                value = parameter.default.value
            else:
                raise self.failure(
                    parameter, "KQ109", f"The query parameter '{parameter.name}' has no value and no default."
                )
            scope.define(parameter.name, ScalarValue(self.bound(literal(value, kind))))

    def evaluate_pipe(self, pipe: s.Pipe, scope: Scope) -> Relation | Bound:
        """What a pipe gives: a table, or a scalar where it is one expression that names no table."""
        if not pipe.operators and type(pipe.source) not in self._operators:
            return self.evaluate(pipe.source, scope)  # type: ignore[arg-type]
        return self.pipe(pipe, scope)

    def pipe(self, pipe: s.Pipe, scope: Scope) -> Relation:
        """The table a pipe gives. `as` names of a pipe are in reach further down the pipe and in its subqueries."""
        host, self.host = self.host, None
        try:
            return self._pipe(pipe, scope.child())
        finally:
            self.host = host

    def _pipe(self, pipe: s.Pipe, scope: Scope) -> Relation:
        if type(pipe.source) in self._operators or isinstance(pipe.source, s.OtherOperator):
            relation = self.operators(None, (pipe.source,), scope)  # type: ignore[arg-type]
        else:
            relation = self.table(pipe.source, scope)  # type: ignore[arg-type]
        return self.operators(relation, pipe.operators, scope)

    def operators(self, relation: Relation | None, operators: Sequence[s.Operator], scope: Scope) -> Relation:
        """The relation after a run of operators."""
        self.depth += 1
        try:
            for operator in operators:
                self.step(operator)
                if self.depth > self.limits.nesting:
                    raise self.failure(operator, "KQ002", "The query is nested too deeply.")
                handler = self._operators.get(type(operator))
                if handler is None:
                    keyword = getattr(operator, "keyword", None) or _keyword(operator)
                    raise self.failure(operator, "KQ201", f"The operator '{keyword}' is not supported.")
                try:
                    relation = handler(self, scope, relation, operator)
                except FunctionRefused as refused:
                    self.refuse(operator, refused)
        finally:
            self.depth -= 1
        assert relation is not None, "a run of operators starts with a source"  # noqa: S101
        return relation

    # ---- expressions (see the modules named) -------------------------------------------------------------------------

    def row(self, relation: Relation | None, scope: Scope) -> Row:
        """Binds expressions over the columns of a relation (None: no columns in reach)."""
        return Row(self, scope, relation)

    def table(self, node: s.Expression, scope: Scope) -> Relation:
        """The table an expression names or makes."""
        result = self.evaluate(node, scope)
        if isinstance(result, Bound):
            raise self.failure(node, "KQ105", "A table was expected here, and this is a single value.")
        return result

    def evaluate(self, node: s.Expression, scope: Scope) -> Relation | Bound:
        """A table where the expression names or makes one, else a scalar without columns in reach."""
        return evaluate(self, node, scope)

    def evaluate_in(self, node: s.Expression, scope: Scope) -> Relation | Bound:
        """Like `evaluate`, for an argument that stands in a row's expression but reads no columns of it."""
        host, self.host = self.host, None
        try:
            return evaluate(self, node, scope)
        finally:
            self.host = host

    def resolved(self, entry: Entry) -> ScalarValue | TableValue | FunctionValue:
        """The meaning of a name; a let is bound when it is first asked for."""
        if not isinstance(entry, Pending):
            return entry
        if entry.resolved is None:
            if entry.busy:
                raise self.failure(entry.value, "KQ111", "A let statement refers to itself.")
            entry.busy = True
            try:
                found = self.evaluate_in(entry.value, entry.scope)
            finally:
                entry.busy = False
            if isinstance(found, Bound):
                entry.resolved = ScalarValue(replace(found, name=None))
            else:
                entry.resolved = TableValue(same_shared(found) or self.shared(found))
        return entry.resolved

    def scalar_row(self, scope: Scope) -> Row:
        """Binds expressions without columns in reach; inside a function's body hidden columns go to the caller's row."""
        row = Row(self, scope, None)
        row.host = self.host
        return row

    def table_or_none(self, node: s.Expression, scope: Scope, relation: Relation | None) -> Relation | None:
        """The table an expression stands for where it does; None where it is a value (columns hide tables)."""
        if isinstance(node, s.Subquery):
            if node.pipe.operators or type(node.pipe.source) in self._operators:
                return self.table(node, scope)
            return self.table_or_none(node.pipe.source, scope, relation)  # type: ignore[arg-type]
        if isinstance(node, s.Name):
            if relation is not None and relation.column(node.name) is not None:
                return None
            entry = scope.find(node.name)
            if entry is None and node.name not in self.catalog.tables and node.name not in self.catalog.functions:
                return None
        elif isinstance(node, s.Call):
            known = isinstance(scope.find(node.name), FunctionValue) or node.name in self.catalog.functions
            if not known and node.name not in TABULAR:
                return None
        elif not isinstance(node, s.Member) or relation is not None:
            return None
        found = self.evaluate_in(node, scope)
        return found if isinstance(found, Relation) else None

    def scalar_of(self, relation: Relation, column: Column, aggregate: str | None = None) -> Bound:
        """One value of a table, computed once: the column's first row, or an aggregate of the column."""
        from dashboard.kql.functions import call_aggregate, literal

        if aggregate is None:
            inner = relation.showing([column]).limited(Bound("1", "long"))
            result = column
        else:
            made = call_aggregate(aggregate, [column_operand(column)], self.context).inline()[0]
            result = self.column("", made.type)
            value = Bound(made.sql.replace(IN_ORDER, ""), made.type, refs=frozenset((column.id,)), guardable=False)
            inner = Relation(Aggregate(relation.node, (), ((result, value),)), (result,))
        shared = self.shared(inner, materialized=True, always=True)
        sql = f"(SELECT {result.sql} FROM {shared.sql})"
        if result.type == "string":
            sql = f"coalesce({sql}, {literal('', 'string').sql})"
        return Bound(sql, result.type, guardable=False, refs=frozenset((-shared.number,)))

    def bound(self, operand: Operand, refs: frozenset[int] = frozenset(), windowed: bool = False) -> Bound:
        """An operand with the columns it reads."""
        return Bound(
            operand.sql, operand.type, operand.constant, operand.name, operand.filter, operand.json, operand.guardable,
            operand.entries, operand.content,
            refs, windowed,
        )  # fmt: skip


def _labelled(column: Column, name: str) -> Column:
    return column if column.name == name else Column(column.id, name, column.type)


def _keyword(operator: s.Operator) -> str:
    """`mv-expand` for MvExpand."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(operator).__name__).lower()


from dashboard.kql.binder_calls import TABULAR  # noqa: E402
from dashboard.kql.binder_expressions import Row  # noqa: E402
from dashboard.kql.binder_tables import evaluate, same_shared  # noqa: E402

__all__ = ["BindFailure", "Binder", "Discover", "ExternalData", "Limits", "Pending", "TableValue"]
