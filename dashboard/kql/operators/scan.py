"""scan: rows one after another, each compared with the steps of a sequence, whose state it may change.

A recursive common table expression goes over the rows; its columns are the states of the steps, each a struct of the match's number and
of one struct a step with the values that the query reads back. That costs one round a row: it suits thousands of
rows, not millions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Column, OrderKey, Raw, Relation
from dashboard.kql.functions.literals import DUCKDB_TYPES, literal
from dashboard.kql.operators.columns import piped

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.binder_expressions import Row
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


class Step(Struct, frozen=True):
    """A step, bound: its condition, and the value of each declared column."""

    condition: Bound
    values: tuple[Bound, ...]
    shown: bool


class Kept(Struct, frozen=True):
    """A column that states keep: the current row's column or declared one, and for each step the column that reads it back."""

    name: str
    column: Column | None
    declared: int | None
    type: str
    default: str
    readers: tuple[Column, ...]


def scan(binder: Binder, scope: Scope, source: Relation | None, node: s.Scan) -> Relation:
    """`scan`."""
    relation = piped(binder, source, node, "scan")
    if node.partition_by or node.order_by:
        return _arranged(binder, scope, relation, node)
    row = binder.row(relation, scope)
    for step in node.steps:
        if step.optional or step.output not in ("all", "none"):
            raise binder.failure(step, "KQ203", f"A step with output={step.output} or optional is not supported.")
    position = row.row_order()
    assert row.relation is not None  # noqa: S101
    shown = row.relation.columns
    kept = _kept(binder, node, shown)
    readers = tuple(
        replace(c, name=f"{step.name}.{k.name}") for k in kept for step, c in zip(node.steps, k.readers, strict=True)
    )
    reader = binder.row(replace(row.relation, columns=(*shown, *readers)), scope)
    steps = [_step(binder, reader, step, node) for step in node.steps]
    if reader.relation is None or reader.relation.node is not row.relation.node:
        raise binder.failure(node, "KQ203", "An expression in a step of scan is not supported.")
    columns = [replace(column, id=binder.column(column.name, column.type).id) for column in shown]
    declared = [binder.column(p.name, p.type or "string") for p in node.declared]
    options = dict(node.options)
    match = binder.column(str(options.get("with_match_id", "")), "long")
    order = binder.column("", "long")
    text = Texts(kept, steps, shown, columns, declared, match, order, position.column)
    read = frozenset().union(*(value.refs for step in steps for value in (step.condition, *step.values)))
    needs = frozenset((position.column.id, *(column.id for column in shown), *(ref for ref in read if ref < 0)))
    made = (*columns, *declared, match, order)
    result = Relation(Raw((row.relation.node,), made, needs, text.build), ())
    visible = (*columns, *declared, *((match,) if match.name else ()))
    return replace(result, columns=visible, order=(OrderKey(order, True, True),), serialized=True)


def _arranged(binder: Binder, scope: Scope, relation: Relation, node: s.Scan) -> Relation:
    """`partition by` and `order by`: the rows put in order, and each part scanned by itself."""
    plain = replace(node, order_by=(), partition_by=())
    steps: tuple[s.Operator, ...] = (s.Sort(span=node.span, by=node.order_by), plain) if node.order_by else (plain,)
    if not node.partition_by:
        return binder.operators(relation, steps, scope)
    if len(node.partition_by) > 1 or dict(node.options).get("with_match_id"):
        message = "scan … partition by several columns, or with with_match_id, is not supported."
        raise binder.failure(node, "KQ203", message, "Make one column of them by strcat().")
    return binder.operators(relation, (s.Partition(span=node.span, by=node.partition_by[0], body=steps),), scope)


def _kept(binder: Binder, node: s.Scan, shown: Sequence[Column]) -> list[Kept]:
    """The declared columns, and those of the table that some step reads back."""
    names = {step.name for step in node.steps}
    read = {m.name for m in _members(node.steps) if isinstance(m.target, s.Name) and m.target.name in names}
    kept: list[Kept] = []
    for i, parameter in enumerate(node.declared):
        kind = parameter.type or "string"
        value = parameter.default.value if parameter.default is not None else None
        default = f.convert(literal(value, parameter.default.type if parameter.default else kind), kind).sql
        columns = tuple(binder.column("", kind) for _ in node.steps)
        kept.append(Kept(parameter.name, None, i, DUCKDB_TYPES[kind], default, columns))
    for column in shown:
        if column.name in read and all(k.name != column.name for k in kept):
            columns = tuple(binder.column("", column.type) for _ in node.steps)
            empty = literal(None, column.type).sql
            kept.append(Kept(column.name, column, None, DUCKDB_TYPES[column.type], empty, columns))
    return kept


def _step(binder: Binder, reader: Row, step: s.ScanStep, node: s.Scan) -> Step:
    names = frozenset(other.name for other in node.steps)
    condition = reader.predicate(_rewritten(step.condition, names))
    assigned = {name: _rewritten(value, names) for name, value in step.assignments}
    values: list[Bound] = []
    for parameter in node.declared:
        kind = parameter.type or "string"
        given = assigned.pop(parameter.name, None)
        if given is not None:
            values.append(reader.converted(reader.bind(given), kind))
        else:
            default = parameter.default
            made = literal(default.value, default.type) if default is not None else literal(None, kind)
            values.append(binder.bound(f.convert(made, kind)))
    for name in assigned:
        raise binder.failure(step, "KQ102", f"'{name}' is not declared in this scan.")
    return Step(condition, tuple(values), step.output != "none")


def _members(node: Any) -> list[s.Member]:
    """All `a.b` in a tree."""
    if isinstance(node, tuple):
        return [member for item in node for member in _members(item)]
    if not isinstance(node, s.Node):
        return []
    found = [member for field in node.__struct_fields__ for member in _members(getattr(node, field))]
    return [*found, node] if isinstance(node, s.Member) else found


def _rewritten(node: Any, steps: frozenset[str]) -> Any:
    """The tree with `step.column` as the one name `step.column`."""
    if isinstance(node, tuple):
        return tuple(_rewritten(item, steps) for item in node)
    if not isinstance(node, s.Node):
        return node
    if isinstance(node, s.Member) and isinstance(node.target, s.Name) and node.target.name in steps:
        return s.Name(span=node.span, name=f"{node.target.name}.{node.name}")
    return replace(node, **{name: _rewritten(getattr(node, name), steps) for name in node.__struct_fields__})


class Texts:
    """Writes the recursive SQL. A state is called st1, st2 …; its fields are m and s1, s2 …, theirs f0, f1 …"""

    def __init__(
        self, kept: list[Kept], steps: list[Step], shown: Sequence[Column], columns: Sequence[Column],
        declared: Sequence[Column], match: Column, order: Column, position: Column,
    ) -> None:  # fmt: skip
        self.kept, self.steps, self.shown, self.columns = kept, steps, shown, columns
        self.declared, self.match, self.order, self.position = declared, match, order, position
        self.count = len(steps)

    def at(self, value: Bound, state: str) -> str:
        """An expression's SQL with the state read where it asks for values of steps."""
        reads: Mapping[str, str] = {
            column.sql: f"(CASE WHEN {state}.s{j} IS NULL THEN {k.default} ELSE {state}.s{j}.f{i} END)"
            for i, k in enumerate(self.kept)
            for j, column in enumerate(k.readers, start=1)
        }
        parts = re.split(r"('(?:[^']|'')*')", value.sql)
        swapped = [
            part if n % 2 else re.sub(r"\bc\d+\b", lambda m: reads.get(m[0], m[0]), part)
            for n, part in enumerate(parts)
        ]
        return "".join(swapped)

    def row_of(self, step: Step, state: str) -> str:
        """The struct of the present row in a step."""
        values = []
        for i, k in enumerate(self.kept):
            sql = k.column.sql if k.column is not None else self.at(step.values[k.declared or 0], state)
            values.append(f"'f{i}': CAST({sql} AS {k.type})")
        return "{" + ", ".join(values or ["'f': 0"]) + "}"

    def state(self, number: str, rows: list[str]) -> str:
        fields = [f"'m': {number}", *(f"'s{j}': {text}" for j, text in enumerate(rows, start=1))]
        return "{" + ", ".join(fields) + "}"

    def build(self, texts: Sequence[str]) -> str:
        """The whole SELECT."""
        n = self.count
        row_type = "STRUCT(" + (", ".join(f"f{i} {k.type}" for i, k in enumerate(self.kept)) or "f INTEGER") + ")"
        state_type = "STRUCT(m BIGINT, " + ", ".join(f"s{j} {row_type}" for j in range(1, n + 1)) + ")"
        empty = f"CAST(NULL AS {state_type})"
        base = ", ".join(f"{empty} AS st{k}, FALSE AS e{k}" for k in range(1, n + 1))
        promoted = ["FALSE AS p1"] + [
            f"coalesce(st{k - 1} IS NOT NULL AND {self.at(self.steps[k - 1].condition, f'st{k - 1}')}, FALSE) AS p{k}"
            for k in range(2, n + 1)
        ]
        # A step whose state moved on to the next one has none any more.
        left = [
            f"CASE WHEN {f'p{k + 1}' if k < n else 'FALSE'} THEN {empty} ELSE st{k} END AS le{k}"
            for k in range(1, n + 1)
        ]
        again = [
            f"coalesce(NOT p{k} AND {'TRUE' if k == 1 else f'le{k} IS NOT NULL'} "
            f"AND {self.at(self.steps[k - 1].condition, f'le{k}')}, FALSE) AS q{k}"
            for k in range(1, n + 1)
        ]
        states = [f"{self._next(k, empty, state_type)} AS st{k}, (p{k} OR q{k}) AS e{k}" for k in range(1, n + 1)]
        inner = f"SELECT * FROM scan_state JOIN scan_rows ON {self.position.sql} = place + 1"
        step = (
            f"SELECT place + 1, matches + CAST(q1 AND le1 IS NULL AS BIGINT), {', '.join(states)} FROM (SELECT *, {', '.join(again)} FROM "
            f"(SELECT *, {', '.join(left)} FROM (SELECT *, {', '.join(promoted)} FROM ({inner}))))"
        )
        outputs = [self._output(k) for k, found in enumerate(self.steps, start=1) if found.shown]
        heads = [c.sql for c in (*self.columns, *self.declared, self.match, self.order)]
        nothing = "SELECT " + ", ".join(f"NULL AS {head}" for head in heads) + " WHERE FALSE"
        return (
            f"WITH RECURSIVE scan_rows AS MATERIALIZED {texts[0]}, scan_state AS (SELECT CAST(0 AS BIGINT) AS place, "
            f"CAST(0 AS BIGINT) AS matches, {base} UNION ALL {step}) {' UNION ALL '.join(outputs) or nothing}"
        )

    def _next(self, k: int, empty: str, state_type: str) -> str:
        step, n = self.steps[k - 1], self.count
        row = "NULL"
        cases = ""
        if k > 1:
            before = f"st{k - 1}"
            rows = [
                f"{before}.s{j}" if j < k else self.row_of(step, before) if j == k else row for j in range(1, n + 1)
            ]
            cases += f"WHEN p{k} THEN CAST({self.state(f'{before}.m', rows)} AS {state_type}) "
        own = f"le{k}"
        rows = [f"{own}.s{j}" if j < k else self.row_of(step, own) if j == k else row for j in range(1, n + 1)]
        number = "coalesce(le1.m, matches)" if k == 1 else f"{own}.m"
        cases += f"WHEN q{k} THEN CAST({self.state(number, rows)} AS {state_type}) "
        return f"CASE {cases}ELSE {own} END"

    def _output(self, k: int) -> str:
        rows = [f"{old.sql} AS {new.sql}" for old, new in zip(self.shown, self.columns, strict=True)]
        fields = {kept.declared: i for i, kept in enumerate(self.kept) if kept.declared is not None}
        rows += [f"st{k}.s{k}.f{fields[i]} AS {column.sql}" for i, column in enumerate(self.declared)]
        rows += [f"st{k}.m AS {self.match.sql}", f"place * {self.count} + {k} AS {self.order.sql}"]
        return f"SELECT {', '.join(rows)} FROM scan_state JOIN scan_rows ON {self.position.sql} = place WHERE e{k}"


OPERATORS: dict[type, Handler] = {s.Scan: scan}
