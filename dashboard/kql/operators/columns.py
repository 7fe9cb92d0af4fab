"""extend, project and its forms: which columns there are."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

from dashboard.kql import syntax as s
from dashboard.kql.bound import Column, Relation
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.projection import Projection

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def piped(binder: Binder, source: Relation | None, node: s.Node, keyword: str) -> Relation:
    """The relation piped into an operator that needs one."""
    if source is None:
        raise binder.failure(node, "KQ105", f"'{keyword}' needs a table before it.")
    return source


def extend(binder: Binder, scope: Scope, source: Relation | None, node: s.Extend) -> Relation:
    """`extend`: new columns beside the old ones; one of the same name takes the old one's place."""
    rows = piped(binder, source, node, "extend")
    projection = Projection(binder.row(rows, scope), "extend")
    projection.begin_with(rows)
    projection.take(node.columns)
    return projection.relation()


def project(binder: Binder, scope: Scope, source: Relation | None, node: s.Project) -> Relation:
    """`project` and its forms."""
    relation = piped(binder, source, node, f"project-{node.form}".removesuffix("-project"))
    if node.form == "project":
        projection = Projection(binder.row(relation, scope))
        projection.take(node.columns)
        return projection.relation()
    if node.form == "rename":
        return _renamed(binder, scope, relation, node)
    if node.form == "reorder":
        return _reordered(binder, relation, node)
    named = {column.name for item in node.columns for column in _matching(binder, relation, item)}
    keep = node.form == "keep"
    return relation.showing(column for column in relation.columns if (column.name in named) == keep)


def _matching(binder: Binder, relation: Relation, node: s.Expression) -> list[Column]:
    """The columns that a name or wildcard means."""
    if isinstance(node, s.Ordered):
        node = node.value
    if isinstance(node, s.Star):
        return list(relation.columns)
    if not isinstance(node, s.Name):
        raise binder.failure(node, "KQ113", "A column name was expected here.")
    if node.wildcard:
        pattern = re.compile(translate(node.name.replace("[", "[[]").replace("?", "[?]")))
        return [column for column in relation.columns if pattern.match(column.name)]
    column = relation.column(node.name)
    if column is None and relation.opened is not None:
        return [relation.opened(node.name)]
    if column is None:
        binder.note_problem(
            node, "KQ102", f"There is no column '{node.name}' here.", did_you_mean(node.name, relation.by_name)
        )
        return []
    return [column]


def _renamed(binder: Binder, scope: Scope, relation: Relation, node: s.Project) -> Relation:
    names = {column.name: column.name for column in relation.columns}
    taken = set(names)
    for item in node.columns:
        if not (isinstance(item, s.Named) and isinstance(item.value, s.Name)):
            raise binder.failure(item, "KQ113", "project-rename takes new = old.")
        column = relation.column(item.value.name)
        if column is None:
            hint = did_you_mean(item.value.name, relation.by_name)
            binder.note_problem(item.value, "KQ102", f"There is no column '{item.value.name}' here.", hint)
            continue
        new = item.names[0]
        if new in taken and new != column.name:
            binder.note_problem(item, "KQ107", f"There is already a column '{new}'.")
        names[column.name] = new
        taken.discard(column.name)
        taken.add(new)
    return relation.showing(Column(c.id, names[c.name], c.type) for c in relation.columns)


def _reordered(binder: Binder, relation: Relation, node: s.Project) -> Relation:
    chosen: dict[str, Column] = {}
    for item in node.columns:
        columns = _matching(binder, relation, item)
        name = item.name if isinstance(item, s.Name) else ""
        ordered = item if isinstance(item, s.Ordered) else None
        if ordered is not None and ordered.ascending is not None:
            columns = sorted(columns, key=lambda c: _natural(c.name), reverse=not ordered.ascending)
        elif name == "" and ordered is None and not isinstance(item, s.Star):
            raise binder.failure(item, "KQ113", "A column name was expected here.")
        for column in columns:
            chosen.setdefault(column.name, column)
    rest = (column for column in relation.columns if column.name not in chosen)
    return relation.showing([*chosen.values(), *rest])


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Names in the order people expect: numbers by value, letters without case."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]


OPERATORS: dict[type, Handler] = {s.Extend: extend, s.Project: project}
