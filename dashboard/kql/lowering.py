"""Lowering: a bound tree → the text of one DuckDB SELECT.

First the columns that anybody asks for are found, from the result down to the tables, so that each SELECT lists only these.
Then each node becomes a `Block`: a SELECT that is still open, to which filters, computed columns, groups and limits are added
while SQL's order of evaluation allows it, and which is put in parentheses below a new one where it does not. Shared
relations become common table expressions where they are used more than once or asked for by name.

All identifiers in the text are `c<id>`, `t<number>` and quoted names of the catalog; all constants come from the literals of
`functions/`. Nothing of the query's text gets into SQL as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from dashboard.errors import Problem, WatchbookError
from dashboard.kql import bound as b
from dashboard.kql.catalog import TableSchema
from dashboard.kql.functions.literals import DUCKDB_TYPES

Ids = Iterable[int]


class Block(Struct):
    """An open SELECT. `available` are the columns that FROM gives, `computed` those of the SELECT list; `sealed` where
    a filter may no longer be added (window functions, limits, groups); `joined` where the source is more than one term."""

    source: str
    available: set[int]
    computed: dict[int, str] = field(default_factory=dict)
    where: list[str] = field(default_factory=list)
    tail: str = ""
    distinct: str = ""
    sealed: bool = False
    joined: bool = False

    def columns(self) -> set[int]:
        """The columns it can give."""
        return self.available | self.computed.keys()

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but its source."""
        return not (self.computed or self.where or self.tail or self.distinct)

    def sql(self, wanted: Ids) -> str:
        """The SELECT of the wanted columns, in order of their ids where they come as a set."""
        ids = sorted(wanted) if isinstance(wanted, set | frozenset) else wanted
        computed = self.computed
        listed = (
            [f"{computed[i]} AS c{i}" if i in computed else f"c{i}" for i in ids] if computed else map(_column_sql, ids)
        )
        where = f" WHERE {' AND '.join(self.where)}" if self.where else ""
        source = f" FROM {self.source}" if self.source else ""
        return f"SELECT {self.distinct}{', '.join(listed) or '1 AS nothing'}{source}{where}{self.tail}"


class Lowering:
    """Writes the SQL of one bound query."""

    def __init__(self, shares: list[b.Shared], longest: int) -> None:
        self._shares = {shared.number: shared for shared in shares}
        self._needed: dict[int, set[int]] = {}
        self._uses: dict[int, int] = {}
        self._wanted: dict[int, set[int]] = {}
        self._longest = longest
        self._outer: set[int] = set()

    def query(self, relation: b.Relation) -> str:
        """The whole statement. The result's columns come in order, named `c<id>`; a column shown twice comes twice."""
        order = {key.column.id for key in relation.order}
        shown = [column.id for column in relation.columns]
        self._need(relation.node, {*shown, *order})
        self._need_shared()
        block = self._block(relation.node)
        common = self._common()
        is_ordered = isinstance(relation.node, b.Limit) and relation.node.order == relation.order
        if relation.order and not is_ordered:
            if block.tail or block.distinct or not order <= block.available | set(shown):
                block = self._closed(block, {*shown, *order})
            block.tail = self._order(relation.order)
        body = block.sql(shown)
        sql = f"WITH {', '.join(common)} {body}" if common else body
        if len(sql) > self._longest:
            raise WatchbookError(
                Problem("KQ003", "The query becomes too long a statement.", hint="Split it, or use materialize().")
            )
        return sql

    @staticmethod
    def _order(order: Iterable[b.OrderKey]) -> str:
        return f" ORDER BY {', '.join(key.sql for key in order)}"

    # ---- which columns are needed ------------------------------------------------------------------------------------

    def _need(self, node: b.Node, ids: set[int]) -> None:
        """Notes the columns asked of a node, and asks its sources for what those need."""
        known = self._wanted.get(id(node))
        self._wanted[id(node)] = ids if known is None else known | ids
        _NEEDS[type(node)](self, node, ids)

    def _reads(self, value: b.Bound) -> frozenset[int]:
        """The columns an expression reads; the shared relations in its SQL are noted as used."""
        return self._noted(value.refs)

    def _noted(self, refs: frozenset[int]) -> frozenset[int]:
        for ref in refs:
            if ref < 0:
                self._use(-ref, [column.id for column in self._shares[-ref].relation.columns])
        return refs

    def _use(self, number: int, ids: Ids) -> None:
        self._uses[number] = self._uses.get(number, 0) + 1
        self._needed.setdefault(number, set()).update(ids)

    def _need_shared(self) -> None:
        """Asks shared relations, last first: each can only be read by later ones and by the query."""
        for number in sorted(self._shares, reverse=True):
            if number not in self._uses:
                continue
            relation = self._shares[number].relation
            order = {key.column.id for key in relation.order} if isinstance(relation.node, b.Limit) else set()
            self._need(relation.node, self._needed[number] | order)

    def _need_filter(self, node: b.Filter, ids: set[int]) -> None:
        self._need(node.source, ids | _own(self._reads(node.predicate)))

    def _need_extend(self, node: b.Extend, ids: set[int]) -> None:
        made = {column.id for column, _ in node.assignments}
        below = ids - made
        for column, value in node.assignments:
            if column.id in ids:
                below |= _own(self._reads(value))
        self._need(node.source, below)

    def _need_aggregate(self, node: b.Aggregate, ids: set[int]) -> None:
        below: set[int] = set()
        for column, value in (*node.keys, *node.aggregates):
            if column.id in ids or (column, value) in node.keys:
                below |= _own(self._reads(value))
        self._need(node.source, below)

    def _need_distinct_on(self, node: b.DistinctOn, ids: set[int]) -> None:
        self._need(node.source, ids | {column.id for column in node.keys})

    def _need_join(self, node: b.Join, ids: set[int]) -> None:
        below = ids | (_own(self._reads(node.on)) if node.on is not None else set())
        self._need(node.left, below & _gives(node.left))
        self._need(node.right, below & _gives(node.right))

    def _need_lateral(self, node: b.Lateral, ids: set[int]) -> None:
        right = _gives(node.right)
        self._need(node.right, ids & right)
        self._need(node.left, ((ids - right) | _outer_reads(node.right)) & _gives(node.left))

    def _need_union(self, node: b.Union, ids: set[int]) -> None:
        for source, cells in node.branches:
            below: set[int] = set()
            for i in ids & cells.keys():
                below |= _own(self._reads(cells[i]))
            self._need(source, below)

    def _need_limit(self, node: b.Limit, ids: set[int]) -> None:
        self._reads(node.count)
        self._need(node.source, ids | {key.column.id for key in node.order})

    def _need_unnest(self, node: b.Unnest, ids: set[int]) -> None:
        self._need(node.source, (ids - {node.column.id}) | _own(self._reads(node.value)))

    def _need_elements(self, node: b.Elements, ids: set[int]) -> None:
        self._reads(node.value)

    def _need_raw(self, node: b.Raw, ids: set[int]) -> None:
        for source in node.sources:
            self._need(source, set(self._noted(node.needs)) & _gives(source))

    def _need_reference(self, node: b.Reference, ids: set[int]) -> None:
        inner = [theirs.id for mine, theirs in node.columns if mine.id in ids]
        self._use(node.shared.number, inner)

    def _need_nothing(self, node: b.Node, ids: set[int]) -> None:
        """A leaf asks nobody."""

    # ---- blocks ------------------------------------------------------------------------------------------------------

    def _block(self, node: b.Node) -> Block:
        block: Block = _BLOCKS[type(node)](self, node)
        return block

    def _text(self, node: b.Node) -> str:
        """The node's SELECT of what was asked of it."""
        block = self._block(node)
        return block.sql(self._asked(node) & block.columns())

    def _asked(self, node: b.Node) -> set[int]:
        return self._wanted[id(node)]

    def _closed(self, block: Block, wanted: Ids) -> Block:
        """A new block over this one."""
        ids = set(wanted) & block.columns()
        if block.is_plain and block.source:
            return Block(block.source, ids, joined=block.joined)
        return Block(f"({block.sql(ids)})", ids)

    def _scan(self, node: b.Scan) -> Block:
        asked = self._asked(node) | (_own(self._reads(node.predicate)) if node.predicate else set())
        first = node.columns[0].id if node.columns else 0
        end = first + len(node.columns)
        ids = sorted([i for i in asked if first <= i < end])
        if len(ids) == len(node.columns):
            source = _whole_table(node.table, first)
        else:
            source = _read(node.table, first, ids)
        block = Block(source, set(ids))
        if node.predicate is not None and node.table.sql is not None:
            block.where.append(node.predicate.condition)
        return block

    def _values(self, node: b.Values) -> Block:
        if not node.columns:
            return Block("" if node.rows else "(SELECT 1 AS nothing WHERE FALSE)", set())
        kinds = [DUCKDB_TYPES[column.type] for column in node.columns]
        heads = ", ".join(column.sql for column in node.columns)
        ids = {column.id for column in node.columns}
        if not node.rows:
            listed = ", ".join(f"NULL::{kind} AS {c.sql}" for kind, c in zip(kinds, node.columns, strict=True))
            return Block(f"(SELECT {listed} WHERE FALSE)", ids)
        first = ", ".join(f"CAST({cell} AS {kind})" for cell, kind in zip(node.rows[0], kinds, strict=True))
        rest = [f"({', '.join(row)})" for row in node.rows[1:]]
        # Each with a name of its own: DuckDB mixes up the sides of a SEMI JOIN that have the same.
        alias = f"literal_{node.columns[0].sql}"
        return Block(f"(VALUES {', '.join([f'({first})', *rest])}) AS {alias}({heads})", ids)

    def _filter(self, node: b.Filter) -> Block:
        block = self._block(node.source)
        refs = _own(node.predicate.refs)
        if block.sealed or refs & block.computed.keys() or not block.source:
            block = self._closed(block, self._asked(node.source))
        if not block.source:
            block = Block("(SELECT 1 AS nothing)", set())
        self._check(refs, block)
        block.where.append(node.predicate.condition)
        return block

    def _extend(self, node: b.Extend) -> Block:
        block = self._block(node.source)
        asked = self._asked(node)
        wanted = [(column, value) for column, value in node.assignments if column.id in asked]
        if not wanted:
            return block
        refs = set().union(*(_own(value.refs) for _, value in wanted))
        windowed = any(value.windowed for _, value in wanted)
        if block.tail or block.distinct or refs & block.computed.keys() or (windowed and block.sealed):
            block = self._closed(block, self._asked(node.source))
        self._check(refs, block)
        block.computed.update((column.id, value.sql) for column, value in wanted)
        block.sealed = block.sealed or windowed
        return block

    def _aggregate(self, node: b.Aggregate) -> Block:
        block = self._block(node.source)
        asked = self._asked(node)
        used = [(c, v) for c, v in node.aggregates if c.id in asked]
        refs = set().union(*(_own(value.refs) for _, value in (*node.keys, *used)))
        if block.sealed or refs & block.computed.keys() or not block.source:
            block = self._closed(block, self._asked(node.source))
        self._check(refs, block)
        if not node.keys:
            # An aggregate that nobody reads still makes the one row.
            block.computed = {c.id: v.sql for c, v in used} or {0: "count(*)"}
            block.available = set()
            return self._grouped(block, "")
        block.computed = {c.id: v.sql for c, v in (*node.keys, *used)}
        block.available = set()
        # A constant in GROUP BY would be read as the number of a column.
        keys = ", ".join(value.sql for _, value in node.keys if not value.is_constant)
        return self._grouped(block, f" GROUP BY {keys}" if keys else " HAVING count(*) > 0")

    @staticmethod
    def _grouped(block: Block, tail: str) -> Block:
        block.tail = tail
        return Block(f"({block.sql(block.computed)})", set(block.computed))

    def _distinct_on(self, node: b.DistinctOn) -> Block:
        block = self._block(node.source)
        # A key that is a constant must be a column first: DISTINCT ON takes no constants.
        computed = any(column.id in block.computed for column in node.keys)
        if block.sealed or block.tail or block.distinct or computed:
            block = self._closed(block, self._asked(node.source))
        keys = ", ".join(column.sql for column in node.keys)
        block.distinct = f"DISTINCT ON ({keys}) " if keys else ""
        block.sealed = True
        return self._closed(block, self._asked(node.source))

    def _join(self, node: b.Join) -> Block:
        left, right = (self._side(side) for side in (node.left, node.right))
        words = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN", "semi": "SEMI JOIN",
                 "anti": "ANTI JOIN", "cross": "CROSS JOIN"}  # fmt: skip
        kind = node.kind if node.on is not None else "cross"
        on = f" ON {node.on.sql}" if node.on is not None else ""
        ids = self._asked(node.left) | (self._asked(node.right) if node.kind not in ("semi", "anti") else set())
        return Block(f"{left} {words[kind]} {right}{on}", ids, joined=True)

    def _side(self, node: b.Node) -> str:
        """A side of a join: a plain source as it is, anything more in parentheses."""
        block = self._block(node)
        if block.is_plain and not block.joined:
            return block.source or "(SELECT 1 AS nothing)"
        return f"({block.sql(self._asked(node) & block.columns())})"

    def _lateral(self, node: b.Lateral) -> Block:
        left = self._side(node.left)
        outer, self._outer = self._outer, self._outer | self._asked(node.left)
        right = self._text(node.right)
        self._outer = outer
        ids = self._asked(node.left) | self._asked(node.right)
        joined = f"{left} LEFT JOIN LATERAL ({right}) ON TRUE" if node.outer else f"{left} CROSS JOIN LATERAL ({right})"
        return Block(joined, ids, joined=True)

    def _union(self, node: b.Union) -> Block:
        asked = self._asked(node)
        heads = [column for column in node.columns if column.id in asked]
        ids = {column.id for column in heads}
        gaps = [ids - cells.keys() for _, cells in node.branches]
        # Tables of little in common are brought together by name, else the statement lists what each of them lacks.
        by_name = sum(map(len, gaps)) > _MOST_GAPS and ids <= set().union(*(cells.keys() for _, cells in node.branches))
        texts: list[str] = []
        for source, cells in node.branches:
            block = self._block(source)
            refs = set().union(*(_own(cells[c.id].refs) for c in heads if c.id in cells))
            if block.tail or block.distinct or refs & block.computed.keys():
                block = self._closed(block, self._asked(source))
            self._check(refs, block)
            block.computed.update((c.id, cells[c.id].sql) for c in heads if c.id in cells)
            if not by_name:
                block.computed.update((c.id, _missing(c)) for c in heads if c.id not in cells)
            texts.append(block.sql([c.id for c in heads if c.id in cells or not by_name]))
        if not by_name:
            return Block(f"({' UNION ALL '.join(texts)})", ids)
        lacked = set().union(*gaps)
        listed = [
            f"coalesce({c.sql}, '') AS {c.sql}" if c.type == "string" and c.id in lacked else c.sql for c in heads
        ]
        return Block(f"(SELECT {', '.join(listed)} FROM ({' UNION ALL BY NAME '.join(texts)}))", ids)

    def _limit(self, node: b.Limit) -> Block:
        block = self._block(node.source)
        keys = {key.column.id for key in node.order}
        if block.tail or block.distinct:
            block = self._closed(block, self._asked(node.source))
        order = self._order(node.order) if keys else ""
        if not block.source:
            block.source = "(SELECT 1 AS nothing)"
        if not keys <= block.available:
            block = self._closed(block, self._asked(node.source))
        block.tail = f"{order} LIMIT {node.count.sql}"
        block.sealed = True
        return block

    def _unnest(self, node: b.Unnest) -> Block:
        block = self._block(node.source)
        refs = _own(node.value.refs)
        if block.sealed or block.tail or block.distinct or refs & block.computed.keys():
            block = self._closed(block, self._asked(node.source))
        self._check(refs, block)
        block.computed[node.column.id] = f"unnest({node.value.sql})"
        return self._closed(block, (self._asked(node.source) & block.columns()) | {node.column.id})

    def _elements(self, node: b.Elements) -> Block:
        return Block(f"(SELECT unnest({node.value.sql}) AS {node.column.sql})", {node.column.id})

    def _raw(self, node: b.Raw) -> Block:
        text = node.build([f"({self._text(source)})" for source in node.sources])
        return Block(f"({text})", {column.id for column in node.columns})

    def _reference(self, node: b.Reference) -> Block:
        asked = self._asked(node)
        pairs = [(mine, theirs) for mine, theirs in node.columns if mine.id in asked]
        shared = node.shared
        if self._in_place(shared):
            inner = self._block(shared.relation.node)
            wanted = self._needed[shared.number]
            closed = self._closed(inner, wanted)
            listed = ", ".join(f"{theirs.sql} AS {mine.sql}" for mine, theirs in pairs)
            return Block(f"(SELECT {listed or '1 AS nothing'} FROM {closed.source})", {mine.id for mine, _ in pairs})
        listed = ", ".join(f"{theirs.sql} AS {mine.sql}" for mine, theirs in pairs)
        return Block(f"(SELECT {listed or '1 AS nothing'} FROM {shared.sql})", {mine.id for mine, _ in pairs})

    def _in_place(self, shared: b.Shared) -> bool:
        return self._uses.get(shared.number) == 1 and not shared.always

    def _common(self) -> list[str]:
        """The common table expressions, each after those it reads."""
        found = []
        for number, shared in sorted(self._shares.items()):
            if number not in self._uses or self._in_place(shared):
                continue
            block = self._block(shared.relation.node)
            ids = self._needed[number] & block.columns()
            word = "MATERIALIZED " if shared.materialized and self._uses[number] > 1 else ""
            found.append(f"{shared.sql} AS {word}({block.sql(ids)})")
        return found

    def _check(self, refs: AbstractSet[int], block: Block) -> None:
        """Refuses a column that is not in reach: one of the row around a subquery, which Kusto refuses too."""
        if not (refs <= block.available or refs <= block.available | self._outer):
            raise WatchbookError(
                Problem("KQ203", "A subquery here depends on the row around it.", hint="Use join, lookup or mv-apply.")
            )


# Columns that the tables of a union may lack, counted for each table, before they are brought together by name.
_MOST_GAPS = 500


def _missing(column: b.Column) -> str:
    """What a table without the column gives for it in a union."""
    return "''" if column.type == "string" else f"NULL::{DUCKDB_TYPES[column.type]}"


_column_sql = b.COLUMN_SQL.__getitem__


def _read(table: TableSchema, first: int, ids: Iterable[int]) -> str:
    """The SELECT of some columns of a table, which are numbered from `first`."""
    listed = []
    for i in ids:
        name, kind = table.columns[i - first]
        if table.sql is None:
            listed.append(f"NULL::{DUCKDB_TYPES[kind]} AS c{i}")
            continue
        held = '"' + table.held_as(name).replace('"', '""') + '"'
        if kind == "string" and not table.strings_filled:
            held = f"coalesce({held}, '')"
        listed.append(f"{held} AS c{i}")
    source = f"FROM {table.sql}" if table.sql is not None else "WHERE FALSE"
    return f"(SELECT {', '.join(listed) or '1 AS nothing'} {source})"


@lru_cache(maxsize=512)
def _whole_table(table: TableSchema, first: int) -> str:
    """The SELECT of all columns. Kept, as `binder_tables` keeps the columns."""
    return _read(table, first, range(first, first + len(table.columns)))


def _own(refs: frozenset[int]) -> frozenset[int]:
    for ref in refs:
        if ref < 0:
            return frozenset([ref for ref in refs if ref > 0])
    return refs


def _gives(node: b.Node) -> set[int]:
    """The ids of all columns that a node carries."""
    if isinstance(node, b.Scan | b.Values | b.Raw | b.Union):
        return {column.id for column in node.columns}
    if isinstance(node, b.Elements):
        return {node.column.id}
    if isinstance(node, b.Reference):
        return {mine.id for mine, _ in node.columns}
    if isinstance(node, b.Aggregate):
        return {column.id for column, _ in (*node.keys, *node.aggregates)}
    if isinstance(node, b.Join):
        left = _gives(node.left)
        return left if node.kind in ("semi", "anti") else left | _gives(node.right)
    if isinstance(node, b.Lateral):
        return _gives(node.left) | _gives(node.right)
    below = _gives(node.source)
    if isinstance(node, b.Extend):
        below |= {column.id for column, _ in node.assignments}
    elif isinstance(node, b.Unnest):
        below.add(node.column.id)
    return below


def _outer_reads(node: b.Node) -> AbstractSet[int]:
    """All columns that the expressions of a tree read, whosever they are."""
    if isinstance(node, b.Filter):
        return _own(node.predicate.refs) | _outer_reads(node.source)
    if isinstance(node, b.Extend):
        return set().union(*(_own(v.refs) for _, v in node.assignments)) | _outer_reads(node.source)
    if isinstance(node, b.Aggregate):
        values = (*node.keys, *node.aggregates)
        return set().union(*(_own(v.refs) for _, v in values)) | _outer_reads(node.source)
    if isinstance(node, b.Union):
        found: set[int] = set()
        for source, cells in node.branches:
            found = found.union(_outer_reads(source), *(_own(cell.refs) for cell in cells.values()))
        return found
    if isinstance(node, b.Join):
        on = _own(node.on.refs) if node.on is not None else set()
        return on | _outer_reads(node.left) | _outer_reads(node.right)
    if isinstance(node, b.Lateral):
        return _outer_reads(node.left) | _outer_reads(node.right)
    if isinstance(node, b.Elements):
        return _own(node.value.refs)
    if isinstance(node, b.Unnest):
        return _own(node.value.refs) | _outer_reads(node.source)
    if isinstance(node, b.Raw):
        return set(node.needs).union(*(_outer_reads(source) for source in node.sources))
    if isinstance(node, b.Limit | b.DistinctOn):
        return _outer_reads(node.source)
    return set()


_NEEDS: dict[type, Callable[[Lowering, Any, set[int]], None]] = {
    b.Scan: Lowering._need_nothing, b.Values: Lowering._need_nothing, b.Filter: Lowering._need_filter,
    b.Extend: Lowering._need_extend, b.Aggregate: Lowering._need_aggregate, b.DistinctOn: Lowering._need_distinct_on,
    b.Join: Lowering._need_join, b.Lateral: Lowering._need_lateral, b.Union: Lowering._need_union,
    b.Limit: Lowering._need_limit, b.Unnest: Lowering._need_unnest, b.Elements: Lowering._need_elements,
    b.Raw: Lowering._need_raw, b.Reference: Lowering._need_reference,
}  # fmt: skip
_BLOCKS: dict[type, Callable[[Lowering, Any], Block]] = {
    b.Scan: Lowering._scan, b.Values: Lowering._values, b.Filter: Lowering._filter, b.Extend: Lowering._extend,
    b.Aggregate: Lowering._aggregate, b.DistinctOn: Lowering._distinct_on, b.Join: Lowering._join,
    b.Lateral: Lowering._lateral, b.Union: Lowering._union, b.Limit: Lowering._limit, b.Unnest: Lowering._unnest,
    b.Elements: Lowering._elements, b.Raw: Lowering._raw, b.Reference: Lowering._reference,
}  # fmt: skip


def lower(relation: b.Relation, shares: list[b.Shared], longest: int = 4_000_000) -> str:
    """The SELECT of a bound query, whose columns come in the order of the relation's visible ones."""
    return Lowering(shares, longest).query(relation)
