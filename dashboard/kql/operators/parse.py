"""parse and parse-where: texts taken apart by a pattern.

A pattern becomes one regular expression with a group for each column. In the kinds simple and relaxed it must cover the whole
text, and a column takes as little as it can; in the kind regex it must only start with the text, and a column takes as much as
it can, unless the flag U turns that round. A typed column before `*` takes what looks like its type. Where the text does
not match, or (except in relaxed) a column's text is none of its type, all columns are empty or null.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Relation
from dashboard.kql.functions.key_values import options_text
from dashboard.kql.functions.literals import json_step, text
from dashboard.kql.functions.string_operators import checked_pattern, quote
from dashboard.kql.operators.columns import piped
from dashboard.kql.projection import Projection
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.binder_expressions import Row
    from dashboard.kql.operators import Handler
    from dashboard.kql.scopes import Scope

# What a column of a type looks like where no delimiter ends it.
_SHAPES: dict[KqlType, str] = {
    "int": r"\s*[-+]?\d+", "long": r"\s*[-+]?\d+", "real": r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?",
    "decimal": r"\s*[-+]?(?:\d+\.?\d*|\.\d+)", "bool": r"(?i:true|false|[01])",
    "datetime": r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?: ?[AP]M)?(?:Z|[-+]\d{2}:\d{2})?",
    "timespan": r"-?(?:\d+[.:])?\d+:\d+(?::\d+(?:\.\d+)?)?",
    "guid": r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
}  # fmt: skip
_FLAGS = frozenset("imsU")


def parse(binder: Binder, scope: Scope, source: Relation | None, node: s.Parse) -> Relation:
    """`parse`, `parse-where`: the columns of a pattern, beside those of the table."""
    row = binder.row(piped(binder, source, node, "parse"), scope)
    operand = row.converted(row.bind(node.source), "string")
    if operand.name is None:
        operand = row.hoist(operand)
    captures = [part for part in node.pattern if isinstance(part, s.ParseColumn)]
    pattern, groups = _pattern(binder, node)
    strict = node.kind != "relaxed" and any(part.type not in (None, "string", "dynamic") for part in captures)
    if len(captures) == 1 and not strict and not node.only_matches:
        sql = f"regexp_extract({operand.sql}, {text(pattern)}, {groups[0]})"
        values = [_typed(Bound(sql, "string", refs=operand.refs), captures[0])]
        return _with_columns(row, captures, values)
    found = row.hoist(_groups(operand, pattern, max(groups, default=0)))
    values = []
    tests = [f"{found.sql} IS NOT NULL"]
    refs = found.refs
    for part, group in zip(captures, groups, strict=True):
        value = _typed(Bound(f"coalesce({found.sql}.g{group}, '')", "string", refs=found.refs), part)
        if value.type not in ("string", "dynamic") and node.kind != "relaxed":
            value = row.hoist(value)
            tests.append(f"{value.sql} IS NOT NULL")
            refs = refs | value.refs
        values.append(value)
    whole = Bound(f"({' AND '.join(tests)})", "bool", refs=refs)
    if node.only_matches:
        assert row.relation is not None  # noqa: S101
        row.relation = row.relation.where(whole)
    elif len(tests) > 1:
        values = [_where(value, whole) for value in values]
    return _with_columns(row, captures, values)


def _with_columns(row: Row, captures: Sequence[s.ParseColumn], values: Sequence[Bound]) -> Relation:
    """The relation with the captured columns; one of a name that exists takes the old one's place."""
    projection = Projection(row, "extend")
    assert row.relation is not None  # noqa: S101
    projection.begin_with(row.relation)
    for part, value in zip(captures, values, strict=True):
        column = row.binder.column(part.name, value.type)
        projection.assignments.append((column, value))
        projection.declare(part, column, replacing=True)
    return projection.relation()


def _typed(value: Bound, part: s.ParseColumn) -> Bound:
    kind = part.type or "string"
    if kind == "string":
        return value
    converted = f.convert(value, kind)
    return Bound(converted.sql, kind, refs=value.refs)


def _where(value: Bound, condition: Bound) -> Bound:
    """The value where the condition holds, else empty or null."""
    empty = " ELSE ''" if value.type == "string" else ""
    sql = f"CASE WHEN {condition.sql} THEN {value.sql}{empty} END"
    return Bound(sql, value.type, refs=value.refs | condition.refs)


def _groups(operand: Bound, pattern: str, count: int) -> Bound:
    """All groups of the first match as a struct with the fields g1, g2 …; NULL where nothing matches."""
    names = ", ".join(f"'g{i}'" for i in range(1, max(count, 1) + 1))
    spelled = text(pattern if count else f"({pattern})")
    sql = (
        f"CASE WHEN regexp_matches({operand.sql}, {spelled}) "
        f"THEN regexp_extract({operand.sql}, {spelled}, [{names}]) END"
    )
    return Bound(sql, "dynamic", refs=operand.refs)


# ---- the pattern ---------------------------------------------------------------------------------------------------


def _pattern(binder: Binder, node: s.Parse) -> tuple[str, list[int]]:
    """The regular expression of a pattern, and the number of each column's group."""
    regex = node.kind == "regex"
    if not set(node.flags) <= _FLAGS:
        binder.fail(node, "KQ203", f"parse has no flags '{node.flags}'.", "Its flags are i, m, s and U.")
    pieces = [f"(?{node.flags})" if node.flags else "" if regex else "(?s)", "^"]
    groups: list[int] = []
    number = 0
    for i, part in enumerate(node.pattern):
        last = i == len(node.pattern) - 1
        if isinstance(part, s.Literal):
            pieces.append(checked_pattern(part.value) if regex else quote(part.value))
            number += _capturing(part.value) if regex else 0
        elif isinstance(part, s.Star):
            pieces.append(".*?")
        else:
            number += 1
            groups.append(number)
            following = None if last else node.pattern[i + 1]
            pieces.append(f"({_shape(part, following, regex)})")
    if not regex and not isinstance(node.pattern[-1], s.Star):
        pieces.append("$")
    return "".join(pieces), groups


def _shape(part: s.ParseColumn, following: object, regex: bool) -> str:
    """What a column takes."""
    kind = part.type or "string"
    if kind in ("int", "long") and regex:
        return r"-?\d+"
    if isinstance(following, s.Star) and kind in _SHAPES:
        return _SHAPES[kind]
    return ".*" if regex or following is None else ".*?"


def _capturing(pattern: str) -> int:
    """How many groups a regular expression captures."""
    outside = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "", pattern, flags=re.DOTALL)
    return len(re.findall(r"\((?!\?)|\(\?P?<[A-Za-z_]", outside))


# ---- parse-kv ------------------------------------------------------------------------------------------------------


def parse_kv(binder: Binder, scope: Scope, source: Relation | None, node: s.ParseKv) -> Relation:
    """`parse-kv`: a column for each key listed, behind those of the table."""
    row = binder.row(piped(binder, source, node, "parse-kv"), scope)
    operand = row.converted(row.bind(node.source), "string")
    keys = [name for name, _ in node.columns]
    options = dict(node.options)
    pattern = options.get("regex")
    if pattern is not None:
        held = row.hoist(_matches(operand, checked_pattern(str(pattern))))
        texts = [f"list_extract({held.sql}[2], list_position({held.sql}[1], {text(key)}))" for key in keys]
    else:
        quotes = [str(value) for name, value in node.options if name == "quote"]
        escapes = [str(value) for name, value in node.options if name == "escape"]
        chosen = options_text(
            keys, str(options.get("pair_delimiter", "")), str(options.get("kv_delimiter", "")), quotes, escapes,
            bool(options.get("greedy")),
        )  # fmt: skip
        held = row.hoist(Bound(f"kql_key_values({operand.sql}, {text(chosen)})", "dynamic", refs=operand.refs))
        texts = [f"json_extract_string({held.sql}, {text(json_path(key))})" for key in keys]
    relation = row.relation
    assert relation is not None  # noqa: S101
    taken = {column.name for column in relation.columns}
    columns = []
    assignments = []
    for (name, kind), found in zip(node.columns, texts, strict=True):
        if name in taken:
            binder.note_problem(node, "KQ107", f"There is already a column '{name}'.")
        value = f.convert(f.Operand(f"coalesce({found}, '')", "string"), kind)
        columns.append(binder.column(name, kind))
        assignments.append((columns[-1], Bound(value.sql, kind, refs=held.refs)))
    return relation.computed(assignments).showing((*relation.columns, *columns))


def _matches(operand: Bound, pattern: str) -> Bound:
    """The first and second groups of all matches, as two lists."""
    lists = ", ".join(f"regexp_extract_all({operand.sql}, {text(pattern)}, {group})" for group in (1, 2))
    return Bound(f"[{lists}]", "dynamic", refs=operand.refs)


def json_path(key: str) -> str:
    """The JSONPath of a key."""
    return f"${json_step(key)}"


OPERATORS: dict[type, Handler] = {s.Parse: parse, s.ParseKv: parse_kv}
