"""union: tables one below the other, their columns brought together by name and type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.binder_tables import matching
from dashboard.kql.bound import Bound, Column, Node, Reference, Relation, Scan, Union, column_operand
from dashboard.kql.diagnostics import BindFailure
from dashboard.kql.functions.registry import FunctionRefused
from dashboard.kql.names import NameTable
from dashboard.kql.operators.opening import keep_open
from dashboard.kql.scopes import FunctionValue, TableValue
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def union(binder: Binder, scope: Scope, source: Relation | None, node: s.Union) -> Relation:
    """`union`: of the piped table, where there is one, and the tables named."""
    options = dict(node.options)
    fuzzy = bool(options.get("isfuzzy"))
    branches: list[Relation] = [replace(source, name=_piped_name(source, scope))] if source is not None else []
    missing: BindFailure | None = None
    for table in node.tables:
        try:
            if isinstance(table, s.Name) and table.wildcard:
                branches.extend(matching(binder, table, scope))
            else:
                branches.append(replace(binder.table(table, scope), name=source_name(table, scope)))
        except BindFailure as failure:
            # isfuzzy leaves out tables that do not exist, as long as one does.
            if not fuzzy or failure.problem.code not in ("KQ101", "KQ103"):
                raise
            missing = failure
    if not branches:
        if missing is not None:
            raise missing
        raise binder.failure(node, "KQ101", "No table matches these names.")
    inner = str(options.get("kind", "outer")).lower() == "inner"
    return united(binder, branches, inner=inner, with_source=options.get("withsource"))


def source_name(node: s.Expression, scope: Scope) -> str:
    """What withsource calls a table: its name where it is a table, a view or a function, nothing for anything else."""
    if isinstance(node, s.Subquery) and node.pipe.operators and isinstance(node.pipe.operators[-1], s.As):
        return node.pipe.operators[-1].name
    if not isinstance(node, s.Name | s.Call):
        return ""
    entry = scope.find(node.name)
    return node.name if entry is None or isinstance(entry, FunctionValue) else ""


def _piped_name(source: Relation, scope: Scope) -> str:
    """What withsource calls the piped table: the name that `as` has just given it, where it has one."""
    entry = scope.find(source.name)
    given = isinstance(entry, TableValue) and isinstance(source.node, Reference) and source.node.shared is entry.shared
    return source.name if given else ""


def united(
    binder: Binder, branches: list[Relation], *, inner: bool = False, with_source: str | None = None
) -> Relation:
    """All rows of the branches. Columns of one name and type become one; one name with several types gives a column for
    each type, as in `x_long`; `inner` keeps only what all have."""
    if len(branches) == 1 and with_source is None:
        return replace(branches[0], order=(), serialized=False)
    layout = _layout(branches, inner)
    columns: list[Column] = []
    if with_source is not None:
        columns.append(binder.column(str(with_source), "string"))
    columns += [binder.column(name, kind) for name, _, kind in layout]
    targets = {
        (original, column.type): column.id
        for (_, original, _), column in zip(layout, columns[-len(layout) :], strict=True)
    }
    kept = {original: kind for name, original, kind in layout if name == original}
    filled: list[tuple[Node, dict[int, Bound]]] = []
    # Tables known to have no rows give their columns and nothing else; one of them stands for rows where all are such.
    live = [(i, branch) for i, branch in enumerate(branches) if not is_empty(branch)] or [(0, branches[0])]
    for i, branch in live:
        cells: dict[int, Bound] = {}
        if with_source is not None:
            cells[columns[0].id] = binder.bound(f.literal(branch.name or f"union_arg{i}", "string"))
        for column in branch.columns:
            target = targets.get((column.name, column.type))
            if target is not None:
                cells[target] = column_operand(column)
            elif column.name in kept:
                kind = kept[column.name]
                cells[targets[column.name, kind]] = binder.bound(_as(column, kind), frozenset((column.id,)))
        filled.append((branch.node, cells))
    given = set().union(*(cells.keys() for _, cells in filled))
    result = Relation(Union(tuple(c for c in columns if c.id in given), tuple(filled)), tuple(columns))
    nothing = {kind: binder.bound(f.literal(None, kind)) for kind in {c.type for c in columns}}
    result = result.computed((c, nothing[c.type]) for c in columns if c.id not in given)
    return keep_open(binder, result, *branches)


def is_empty(relation: Relation) -> bool:
    """Whether the relation is a table known to have no rows."""
    return isinstance(relation.node, Scan) and relation.node.table.sql is None


def _as(column: Column, kind: KqlType) -> f.Operand:
    """A column in the type that the union keeps for its name; null where there is no way from one to the other."""
    try:
        return f.convert(column_operand(column), kind)
    except FunctionRefused:
        return f.literal(None, kind)


def _layout(branches: list[Relation], inner: bool) -> list[tuple[str, str, KqlType]]:
    """Result name, original name and type of each column, in order of first appearance."""
    types: dict[str, dict[KqlType, int]] = {}
    first_two: dict[str, list[KqlType]] = {}
    for branch in branches:
        for column in branch.columns:
            kinds = types.setdefault(column.name, {})
            kinds[column.type] = kinds.get(column.type, 0) + 1
            if len(first := first_two.setdefault(column.name, [])) < 2:
                first.append(column.type)
    # Microsoft's service tells types apart only where the first two tables with the name do: over a whole workspace
    # TimeGenerated stays one column, though some custom table may hold it as text.
    one_type = {
        name
        for name, kinds in types.items()
        if len(kinds) == 1 or (len(kinds) < sum(kinds.values()) and first_two[name][0] == first_two[name][-1])
    }
    names = NameTable(one_type)  # A table's own x_long keeps its name; the one made up gets a number.
    layout: list[tuple[str, str, KqlType]] = []
    for name, kinds in types.items():
        if inner:
            layout += [(name, name, kind) for kind, seen in kinds.items() if seen == len(branches)]
        elif name in one_type:
            layout.append((name, name, next(iter(kinds))))
        else:
            layout += [(names.add(f"{name}_{kind}"), name, kind) for kind in kinds]
    return layout


OPERATORS: dict[type, Handler] = {s.Union: union}
