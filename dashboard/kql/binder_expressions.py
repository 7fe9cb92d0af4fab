"""Binding of scalar expressions over the columns of a relation."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.binder_calls import bind_call, tuple_columns
from dashboard.kql.bound import NOTHING, Bound, Column, OrderKey, Relation, column_operand
from dashboard.kql.diagnostics import BindFailure, did_you_mean
from dashboard.kql.functions.registry import FunctionRefused, Operand
from dashboard.kql.scopes import FunctionValue, ScalarValue, Scope
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder

# Where a function repeats an argument's SQL and the text grows past this, the argument gets a column of its own.
_LONG_SQL = 4_000
_LONG_ARGUMENT = 120
# Stands between the columns of a row joined to one text; it ends a term, and no text searched for holds it.
_BREAK = "\x1f"


class Row:
    """Binds expressions over `relation`. `relation` may get hidden columns on the way; go on with it, not with the one given.

    `sides` are the columns of `$left` and `$right` in a join's condition. In `aggregating` mode aggregates are allowed and
    collected in `aggregates`, and columns stand only inside them.
    """

    __slots__ = (
        "_aggregate_of", "aggregates", "aggregating", "binder", "host", "relation", "scope", "sides",
    )  # fmt: skip

    def __init__(self, binder: Binder, scope: Scope, relation: Relation | None) -> None:
        self.binder = binder
        self.scope = scope
        self.relation = relation
        self.host: Row | None = None
        self.sides: dict[str, Relation] = {}
        self.aggregating = False
        self.aggregates: list[tuple[Column, Bound]] = []
        self._aggregate_of: dict[str, Column] = {}

    # ---- entry points ------------------------------------------------------------------------------------------------

    def bind(self, node: s.Expression) -> Bound:
        """The value of an expression. Raises BindFailure."""
        binder, handler = self.binder, _HANDLERS.get(type(node))
        limits = binder.limits
        if binder.steps >= limits.steps or handler is None or binder.depth >= limits.nesting:
            self._refuse(node)
        binder.steps += 1
        binder.depth += 1
        try:
            value = handler(self, node)
            if len(value.sql) > limits.expression:
                raise binder.failure(
                    node, "KQ003", "The expression is too long.", "Compute parts of it in columns of their own."
                )
            return value
        except FunctionRefused as refused:
            binder.refuse(node, refused)
        finally:
            binder.depth -= 1

    def _refuse(self, node: s.Expression) -> NoReturn:
        self.binder.step(node)
        if self.binder.depth >= self.binder.limits.nesting:
            raise self.binder.failure(node, "KQ002", "The query is nested too deeply.")
        raise self.binder.failure(node, "KQ105", "A single value was expected here.")

    def value(self, node: s.Expression) -> Bound:
        """Like `bind`, but a problem is written down and a null takes the value's place."""
        try:
            return self.bind(node)
        except BindFailure as failure:
            self.binder.note(failure)
            return self.binder.bound(f.literal(None, "dynamic"))

    def predicate(self, node: s.Expression) -> Bound:
        """A condition: a value of type bool (dynamic and numbers are converted). Never windowed: see `settled`."""
        value = self.value(node)
        if value.type != "bool":
            if value.type in ("string", "datetime", "timespan", "guid"):
                self.binder.note_problem(node, "KQ104", f"A condition must be a bool; this is a {value.type}.")
                return self.binder.bound(f.literal(False, "bool"))
            value = self.binder.bound(f.convert(value, "bool"), value.refs, value.windowed)
        return self.settled(value)

    def constant(self, node: s.Expression, kind: KqlType, what: str = "This value") -> Any:
        """The value of an expression that must be known before the query runs, as `syntax.Literal.value` holds it."""
        value = self.bind(node)
        if value.type != kind:
            try:
                value = self.binder.bound(f.convert(value, kind), value.refs)
            except FunctionRefused:
                raise self.binder.failure(node, "KQ104", f"{what} must be a {kind}; this is a {value.type}.") from None
        if not value.is_constant:
            raise self.binder.failure(node, "KQ109", f"{what} must be a constant, known before the query runs.")
        return value.constant

    def converted(self, value: Bound, kind: KqlType) -> Bound:
        """The value in another type, as an implicit conversion."""
        return value if value.type == kind else self.binder.bound(f.convert(value, kind), value.refs, value.windowed)

    # ---- hidden columns ----------------------------------------------------------------------------------------------

    def hoist(self, value: Bound) -> Bound:
        """The value as a hidden column of the relation, read by its name."""
        if self.host is not None:
            return self.host.hoist(value)
        assert self.relation is not None  # noqa: S101
        column = self.binder.column("", value.type)
        self.relation = self.relation.computed([(column, value)])
        return Bound(column.sql, value.type, name=value.name, refs=frozenset((column.id,)))

    def can_hoist(self) -> bool:
        """Whether there is a relation to put hidden columns under."""
        return self.host.can_hoist() if self.host is not None else self.relation is not None and not self.aggregating

    def settled(self, value: Bound) -> Bound:
        """The value without a window function in its SQL."""
        return self.hoist(value) if value.windowed and self.can_hoist() else value

    def row_order(self) -> OrderKey:
        """A hidden column that numbers the rows in their present order, for window functions."""
        if self.host is not None:
            return self.host.row_order()
        assert self.relation is not None  # noqa: S101
        order = self.relation.order
        if len(order) == 1 and order[0].column.name == "" and order[0].ascending:
            return order[0]
        column = self.binder.column("", "long")
        inside = f"ORDER BY {', '.join(key.sql for key in order)}" if order else ""
        refs = frozenset(key.column.id for key in order)
        number = Bound(f"row_number() OVER ({inside})", "long", refs=refs, windowed=True, guardable=False)
        key = OrderKey(column, True, False)
        self.relation = replace(self.relation.computed([(column, number)]), order=(key,), serialized=True)
        return key

    # ---- building ----------------------------------------------------------------------------------------------------

    def made(self, operands: Iterable[Bound], make: Callable[[list[Bound]], Operand]) -> Bound:
        """The operand that `make` builds of the operands, with the columns they read. Where the SQL of an argument is
        repeated so often that the text explodes, the long arguments are put into columns first."""
        listed = list(operands)
        result = make(listed)
        if "lambda" in result.sql and any(_reads_shared(o) for o in listed) and self.can_hoist():
            # DuckDB takes no subquery in a lambda: what toscalar() gives becomes a column first.
            listed = [self.hoist(o) if _reads_shared(o) else o for o in listed]
            result = make(listed)
        if len(result.sql) > _LONG_SQL and len(result.sql) > 1.6 * sum(len(o.sql) for o in listed) and self.can_hoist():
            shorter = [
                self.hoist(o) if len(o.sql) > _LONG_ARGUMENT and o.refs and not o.is_constant else o for o in listed
            ]
            if any(a is not b for a, b in zip(shorter, listed, strict=True)):
                listed = shorter
                result = make(listed)
        return self._with(result, listed)

    def _with(self, result: Operand, operands: Iterable[Bound]) -> Bound:
        refs = NOTHING
        windowed = False
        for operand in operands:
            if operand.refs:
                refs = refs | operand.refs if refs else operand.refs
            windowed = windowed or operand.windowed
        if result.is_constant:
            refs = NOTHING
        return self.binder.bound(result, refs, windowed)

    # ---- names -------------------------------------------------------------------------------------------------------

    def name(self, node: s.Name) -> Bound:
        """A column, else a let value."""
        column = self.relation.column(node.name) if self.relation is not None else None
        if column is not None and self.relation is not None:
            if self.aggregating:
                raise self.binder.failure(
                    node, "KQ106", f"The column '{node.name}' must stand inside an aggregate such as max()."
                )
            return self.relation.read(column)
        entry = self.scope.find(node.name)
        if entry is not None:
            entry = self.binder.resolved(entry)
            if isinstance(entry, ScalarValue):
                return entry.value
            if isinstance(entry, FunctionValue) and not entry.function.parameters:
                return self.call(s.Call(span=node.span, name=node.name, arguments=()))
            what = "a function" if isinstance(entry, FunctionValue) else "a table"
            raise self.binder.failure(node, "KQ105", f"'{node.name}' is {what}; a single value was expected here.")
        if self.relation is not None and self.relation.opened is not None and not self.aggregating:
            return column_operand(self.relation.opened(node.name))
        known = [*(self.relation.by_name if self.relation is not None else ()), *self.scope.names()]
        raise self.binder.failure(
            node, "KQ102", f"There is no column or variable '{node.name}' here.", did_you_mean(node.name, known)
        )

    def _side(self, node: s.Member | s.Index) -> Bound | None:
        """`$left.Column`, `$right['Column']`; None where the target is something else."""
        if not (isinstance(node.target, s.Name) and node.target.name in self.sides):
            return None
        side = self.sides[node.target.name]
        if isinstance(node, s.Member):
            wanted = node.name
        elif isinstance(node.index, s.Literal) and isinstance(node.index.value, str):
            wanted = node.index.value
        else:
            raise self.binder.failure(node, "KQ113", "A column name was expected here.")
        column = side.column_or_opened(wanted)
        if column is None:
            hint = did_you_mean(wanted, side.by_name)
            raise self.binder.failure(
                node, "KQ102", f"There is no column '{wanted}' on the {node.target.name} side.", hint
            )
        return column_operand(column)

    def member(self, node: s.Member) -> Bound:
        """A field of a dynamic value."""
        side = self._side(node)
        if side is not None:
            return side
        target = self.bind(node.target)
        return self._with(f.member(target, node.name), (target,))

    def index(self, node: s.Index) -> Bound:
        """A field or an entry of a dynamic value."""
        side = self._side(node)
        if side is not None:
            return side
        if isinstance(node.target, s.Call) and node.target.name in f.REGISTRY.tuples:
            columns = tuple_columns(self, node.target)
            place = node.index.value if isinstance(node.index, s.Literal) else None
            if len(columns) > 1 and isinstance(place, int) and 0 <= place < len(columns):
                # A function with several columns: the index picks one of them.
                return columns[place]
        target, key = self.bind(node.target), self.bind(node.index)
        return self._with(f.index(target, key), (target, key))

    # ---- operators ---------------------------------------------------------------------------------------------------

    def binary(self, node: s.Binary) -> Bound:
        """Logic, comparison, arithmetic, text operators."""
        if node.operator in ("and", "or"):
            return self._logic(node)
        if isinstance(node.left, s.Star):
            return self._any_column(node)
        left, right = self.bind(node.left), self.bind(node.right)
        known = _compared(node.operator, left, right)
        if known is not None:
            return self.binder.bound(f.literal(known, "bool"))
        return self.made((left, right), lambda o: f.binary(node.operator, o[0], o[1]))

    def _logic(self, node: s.Binary) -> Bound:
        """A long chain of `and`s or `or`s without recursion along it."""
        parts: list[s.Expression] = []
        left: s.Expression = node
        while isinstance(left, s.Binary) and left.operator == node.operator:
            parts.append(left.right)
            left = left.left
        result = self.bind(left)
        for part in reversed(parts):
            right = self.bind(part)
            result = self._with(f.binary(node.operator, result, right), (result, right))
        return result

    def _any_column(self, node: s.Binary) -> Bound:
        """`* has "x"`: the comparison for every column, joined by or (and, where the operator is negated)."""
        if self.relation is None:
            raise self.binder.failure(node, "KQ102", "There are no columns here.")
        right = self.bind(node.right)
        negated = node.operator.startswith("!")
        result: Bound | None = None
        within = node.operator.removeprefix("!").removesuffix("_cs") in ("has", "hasprefix", "hassuffix", "contains")
        known = right.constant if within and self.can_hoist() else None
        if isinstance(known, str) and known and _BREAK not in known:
            joined = self._joined_columns()
            return self._with(f.binary(node.operator, joined, right), (joined, right))
        for column in self.relation.columns:
            left = column_operand(column)
            if node.operator in ("==", "!=", "=~", "!~", "<>"):
                if left.type != right.type and not (node.operator in ("=~", "!~") and left.type == "dynamic"):
                    continue
            elif left.type != "string":
                left = self.converted(left, "string")
            part = self._with(f.binary(node.operator, left, right), (left, right))
            if result is None:
                result = part
            else:
                result = self._with(f.binary("and" if negated else "or", result, part), (result, part))
        return result if result is not None else self.binder.bound(f.literal(negated, "bool"))

    def _joined_columns(self) -> Bound:
        """All columns as one text, so that a term is looked for once a row and not once a column."""
        assert self.relation is not None  # noqa: S101
        parts = [column_operand(column) for column in self.relation.columns]
        texts = [self.converted(part, "string") for part in parts]
        sql = f"concat_ws(chr({ord(_BREAK)}), {', '.join(text.sql for text in texts)})" if texts else "''"
        return self.hoist(Bound(sql, "string", refs=frozenset().union(*(text.refs for text in texts))))

    def unary(self, node: s.Unary) -> Bound:
        """A sign."""
        operand = self.bind(node.operand)
        return self._with(f.unary(node.operator, operand), (operand,))

    def between(self, node: s.Between) -> Bound:
        """`between`, `!between`."""
        operands = [self.bind(part) for part in (node.operand, node.low, node.high)]
        return self.made(operands, lambda o: f.between(o[0], o[1], o[2], node.negated))

    def in_list(self, node: s.InList) -> Bound:
        """`in` and its kin, over values and over a table's first column."""
        if isinstance(node.operand, s.Star):
            return self._any_column_in(node)
        return self._in(node, self.bind(node.operand))

    def _in(self, node: s.InList, operand: Bound) -> Bound:
        values: list[Bound] = []
        tests: list[Bound] = []
        tables = 0
        for item in node.items:
            found = self.binder.table_or_none(item, self.scope, self.relation)
            if found is None:
                values.append(self.bind(item))
                continue
            tables += 1
            if not found.columns:
                raise self.binder.failure(item, "KQ105", "The table has no columns.")
            column = found.columns[0]
            if node.operator in ("has_any", "has_all"):
                values.append(self._gathered(found, column))
                continue
            shared = self.binder.shared(found.showing([column]), always=True)
            select = f"SELECT {column.sql} FROM {shared.sql}"
            made = f.in_subquery(node.operator, operand, select, column_operand(column))
            tests.append(self.binder.bound(made, operand.refs | {-shared.number}, operand.windowed))
        if values or not tests:
            made = f.in_list(node.operator, operand, values)
            tests.append(self._with(made, (operand, *values)))
        result = tests[0]
        for test in tests[1:]:
            word = "and" if node.operator.startswith("!") else "or"
            result = self._with(f.binary(word, result, test), (result, test))
        return result

    def _any_column_in(self, node: s.InList) -> Bound:
        if self.relation is None:
            raise self.binder.failure(node, "KQ102", "There are no columns here.")
        result = self.binder.bound(f.literal(False, "bool"))
        for column in self.relation.columns:
            if column.type in ("string", "dynamic"):
                part = self._in(node, column_operand(column))
                result = self._with(f.binary("or", result, part), (result, part)) if result.refs else part
        return result

    def _gathered(self, relation: Relation, column: Column) -> Bound:
        """The values of a table's column as one dynamic array."""
        return self.binder.scalar_of(relation, column, aggregate="make_list")

    # ---- the rest ----------------------------------------------------------------------------------------------------

    def literal(self, node: s.Literal) -> Bound:
        """A constant."""
        return self.binder.bound(f.literal(node.value, node.type))

    def named(self, node: s.Named) -> Bound:
        """A named argument stands for its value."""
        return self.bind(node.value)

    def subquery(self, node: s.Subquery) -> Bound:
        """Parentheses around one expression."""
        if not node.pipe.operators and not isinstance(node.pipe.source, s.Operator):
            return self.bind(node.pipe.source)
        raise self.binder.failure(node, "KQ105", "A table stands where a single value belongs.", "Use toscalar().")

    def star(self, node: s.Star) -> Bound:
        """A star stands for columns only in a few functions."""
        raise self.binder.failure(node, "KQ105", "'*' cannot stand here.")

    def call(self, node: s.Call) -> Bound:
        """A function call (see `binder_calls`)."""
        return bind_call(self, node)

    def aggregate(self, sql: Bound) -> Bound:
        """Notes an aggregate; the expression around it reads the aggregate's column."""
        column = self._aggregate_of.get(sql.sql)
        if column is None:
            column = self.binder.column(sql.name or "", sql.type)
            self._aggregate_of[sql.sql] = column
            self.aggregates.append((column, sql))
        return Bound(column.sql, sql.type, name=sql.name, refs=frozenset((column.id,)))


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _compared(sign: str, left: Bound, right: Bound) -> bool | None:
    """The result of comparing two constants of one plain type; None where it is not known now."""
    if sign not in _COMPARISONS or left.type != right.type or not (left.is_constant and right.is_constant):
        return None
    if left.type not in ("string", "datetime", "timespan", "int", "long", "bool") or left.is_null or right.is_null:
        return None
    return _COMPARISONS[sign](left.constant, right.constant)


def _reads_shared(value: Bound) -> bool:
    """Whether the SQL holds a subquery over a shared relation."""
    return any(ref < 0 for ref in value.refs)


_HANDLERS: dict[type, Callable[[Row, Any], Bound]] = {
    s.Literal: Row.literal,
    s.Name: Row.name,
    s.Member: Row.member,
    s.Index: Row.index,
    s.Call: Row.call,
    s.Unary: Row.unary,
    s.Binary: Row.binary,
    s.InList: Row.in_list,
    s.Between: Row.between,
    s.Named: Row.named,
    s.Subquery: Row.subquery,
    s.Star: Row.star,
}
