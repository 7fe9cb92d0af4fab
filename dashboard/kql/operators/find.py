"""find: rows of several tables for which a condition holds, in columns that all of them share.

A table that lacks a column of the condition has null there; a table that has none of them is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Column, Relation
from dashboard.kql.functions.conversions import type_named
from dashboard.kql.operators.search import plain_condition, tables_named
from dashboard.kql.operators.unions import is_empty, united

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope
    from dashboard.table import KqlType

Wanted = dict[str, "KqlType"]


def find(binder: Binder, scope: Scope, source: Relation | None, node: s.Find) -> Relation:
    """`find`: the table's name in source_; then the columns of `project`, or those of the condition and those that all tables
    have (project-smart), all others of a row in pack_."""
    if source is not None:
        raise binder.failure(node, "KQ105", "'find' stands first and takes its tables by 'in (…)'.")
    if node.project_away:
        raise binder.failure(node, "KQ203", "find … project-away is not supported.", "Use project-away behind it.")
    tables = tables_named(binder, scope, node, node.tables)
    condition = plain_condition(node.predicate, cased=False)
    read = [name for name in dict.fromkeys(_names(condition)) if scope.find(name) is None]
    for name in read:
        if all(name not in table.by_name for table in tables):
            raise binder.failure(node, "KQ102", f"None of the tables has a column '{name}'.")
    if read:
        tables = [table for table in tables if any(name in table.by_name for name in read)]
    types: dict[str, dict[KqlType, None]] = {}
    for table in tables:
        for column in table.columns:
            types.setdefault(column.name, {})[column.type] = None
    if node.project is None:
        common = set.intersection(*(set(table.by_name) for table in tables))
        wanted = [
            name for name in dict.fromkeys((*read, *(c.name for c in tables[0].columns))) if name in {*read, *common}
        ]
        packs, kinds = True, None
    else:
        kinds, packs = _projected(binder, node, tables)
        wanted = list(kinds)
    with_rows = [table for table in tables if not is_empty(table)] or tables[:1]
    live = {id(table) for table in with_rows}
    parts = []
    for table in tables:
        if id(table) in live:
            parts.append(_rows(binder, scope, table, condition, read, types, wanted, kinds, packs))
        elif kinds is None:
            # The types of tables without rows count: a column of several types becomes one column for each of them.
            parts.append(table.showing(column for column in table.columns if column.name in wanted))
    found = united(binder, parts, with_source=str(dict(node.options).get("withsource", "source_")))
    columns = list(found.columns)
    places = {name: place for place, name in enumerate(wanted)}
    head, rest = columns[0], columns[1:]
    rest.sort(key=lambda column: places.get(column.name, places.get(column.name.rpartition("_")[0], len(places))))
    return found.showing([head, *(c for c in rest if c.name != "pack_"), *(c for c in rest if c.name == "pack_")])


def _projected(binder: Binder, node: s.Find, tables: list[Relation]) -> tuple[Wanted, bool]:
    """The columns of `project` with their types, and whether the others are packed."""
    wanted: Wanted = {}
    packs = False
    for item in node.project or ():
        if (isinstance(item, s.Call) and item.name in ("pack_all", "pack")) or isinstance(item, s.Star):
            packs = True
            continue
        name = item.left if isinstance(item, s.Binary) and item.operator == ":" else item
        if not isinstance(name, s.Name) or name.wildcard:
            raise binder.failure(item, "KQ113", "A column name was expected here.")
        # As in union, the first two tables with the name tell whether it has one type.
        known = list(
            dict.fromkeys([table.by_name[name.name].type for table in tables if name.name in table.by_name][:2])
        )
        if isinstance(item, s.Binary):
            kind = type_named(item.right.name) if isinstance(item.right, s.Name) else None
            if kind is None:
                raise binder.failure(item.right, "KQ113", "A type was expected here.")
            wanted[name.name] = kind
        elif not known:
            raise binder.failure(item, "KQ102", f"None of the tables has a column '{name.name}'.")
        elif len(known) > 1:
            message = f"The tables hold '{name.name}' as {' and as '.join(known)}."
            raise binder.failure(item, "KQ104", message, f"Say which: {name.name}:{known[0]}.")
        else:
            wanted[name.name] = known[0]
    return wanted, packs


def _rows(
    binder: Binder, scope: Scope, table: Relation, condition: s.Expression | None, read: list[str],
    types: dict[str, dict[KqlType, None]], wanted: list[str], kinds: Wanted | None, packs: bool,
) -> Relation:  # fmt: skip
    """The matching rows of a table, in the columns of the result."""
    lacking = [binder.column(name, next(iter(types[name]))) for name in read if name not in table.by_name]
    own = table.columns
    if lacking:
        nothing = [(column, binder.bound(f.literal(None, column.type))) for column in lacking]
        table = table.computed(nothing).showing((*own, *lacking))
    if condition is not None:
        row = binder.row(table, scope)
        test = row.settled(row.bind(condition))
        assert row.relation is not None  # noqa: S101
        table = replace(row.relation.where(test), columns=own)
    table = table.showing(own)
    shown: list[Column] = []
    row = binder.row(table, scope)
    made = []
    for name in wanted:
        column = table.by_name.get(name)
        if kinds is None:
            if column is not None:
                shown.append(column)
        elif column is not None and column.type == kinds[name]:
            shown.append(column)
        else:
            target = binder.column(name, kinds[name])
            value = binder.bound(f.literal(None, kinds[name]))
            if column is not None:
                value = row.converted(
                    row.bind(s.Name(span=condition.span if condition else _NOWHERE, name=name)), kinds[name]
                )
            made.append((target, value))
            shown.append(target)
    if packs:
        pack = binder.column("pack_", "dynamic")
        arguments: list[s.Expression] = []
        for column in own:
            if column.name not in wanted:
                arguments += [
                    s.Literal(span=_NOWHERE, type="string", value=column.name),
                    s.Name(span=_NOWHERE, name=column.name, quoted=True),
                ]
        value = row.bind(s.Call(span=_NOWHERE, name="bag_pack", arguments=tuple(arguments)))
        made.append((pack, value))
        shown.append(pack)
    assert row.relation is not None  # noqa: S101
    return replace(row.relation.computed(made), columns=tuple(shown), name=table.name)


_NOWHERE = s.Span(0, 0)


def _names(node: Any) -> Iterator[str]:
    """The names that stand in a condition, tables and functions among them."""
    if isinstance(node, s.Name):
        yield node.name
    elif isinstance(node, tuple):
        for item in node:
            yield from _names(item)
    elif isinstance(node, s.Node) and not isinstance(node, s.Subquery):
        for part in node.__struct_fields__:
            yield from _names(getattr(node, part))


OPERATORS: dict[type, Handler] = {s.Find: find}
