"""search: rows of one or all tables in which a text stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.binder_tables import matching
from dashboard.kql.bound import Relation
from dashboard.kql.diagnostics import BindFailure
from dashboard.kql.operators.unions import is_empty, source_name, united

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope


def search(binder: Binder, scope: Scope, source: Relation | None, node: s.Search) -> Relation:
    """`search`: of the piped table, of the tables named, or of all tables. Columns of one name and type are brought together
    as in union; `$table` says where a row is from."""
    cased = str(dict(node.options).get("kind", "")).lower() == "case_sensitive"
    predicate = plain_condition(node.predicate, cased)
    branches = [source] if source is not None and not node.tables else tables_named(binder, scope, node, node.tables)
    found = [_matched(binder, scope, branch, predicate) for branch in branches]
    if source is not None and not node.tables:
        found = [replace(found[0], opened=None)]
    return united(binder, found, with_source="$table")


def tables_named(binder: Binder, scope: Scope, node: s.Node, tables: tuple[s.Expression, ...]) -> list[Relation]:
    """The tables of `in (…)`, wildcards resolved; all tables where there is none."""
    everything = s.Name(span=node.span, name="*", wildcard=True)
    found: list[Relation] = []
    for table in tables or (everything,):
        if isinstance(table, s.Name) and table.wildcard:
            found += matching(binder, table, scope)
        else:
            relation = binder.table(table, scope)
            found.append(replace(relation, name=source_name(table, scope) or relation.name))
    if not found:
        raise binder.failure(node, "KQ101", "There is no table of such a name.")
    return found


def _matched(binder: Binder, scope: Scope, branch: Relation, predicate: s.Expression | None) -> Relation:
    """The rows of a table that match; none where the table lacks a column that the condition names."""
    if predicate is None or is_empty(branch):
        return branch
    row = binder.row(branch, scope)
    try:
        test = row.settled(row.bind(predicate))
    except BindFailure as failure:
        if failure.problem.code != "KQ102":
            raise
        return branch.where(binder.bound(f.literal(False, "bool")))
    assert row.relation is not None  # noqa: S101
    return replace(row.relation.where(test), columns=branch.columns)


def plain_condition(node: s.Expression, cased: bool) -> s.Expression | None:
    """The condition in terms of ordinary operators; None where everything matches."""
    if isinstance(node, s.Star):
        return None
    return _plain(node, cased)


def _plain(node: s.Expression, cased: bool) -> s.Expression:
    if isinstance(node, s.Literal) and node.type == "string":
        return _has(node, s.Star(span=node.span), node, cased)
    if isinstance(node, s.Binary) and node.operator in ("and", "or"):
        return replace(node, left=_plain(node.left, cased), right=_plain(node.right, cased))
    if isinstance(node, s.Binary) and node.operator == ":":
        if isinstance(node.right, s.Literal) and node.right.type == "string":
            return _has(node, node.left, node.right, cased)
        return replace(node, operator="==")
    if isinstance(node, s.Call) and node.name == "not" and len(node.arguments) == 1:
        return replace(node, arguments=(_plain(node.arguments[0], cased),))
    return node


def _has(node: s.Expression, left: s.Expression, right: s.Literal, cased: bool) -> s.Expression:
    """`text`, `text*`, `*text`, `*text*`: a term, its beginning, its end, or anything."""
    text = str(right.value)
    before, after = text.startswith("*"), text.endswith("*") and len(text) > 1
    operator = "contains" if before and after else "hassuffix" if before else "hasprefix" if after else "has"
    bare = replace(right, value=text[before : len(text) - after])
    return s.Binary(span=node.span, operator=f"{operator}_cs" if cased else operator, left=left, right=bare)


OPERATORS: dict[type, Handler] = {s.Search: search}
