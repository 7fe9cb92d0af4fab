"""Functions that take a regular expression. DuckDB's engine is RE2, as KQL's syntax asks: time is linear in the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from dashboard.kql.functions.conversions import type_named
from dashboard.kql.functions.convert import convert
from dashboard.kql.functions.literals import once, text
from dashboard.kql.functions.registry import Context, FunctionRefused, Operand, ScalarFunction
from dashboard.kql.functions.string_operators import checked_pattern, pattern_sql
from dashboard.kql.functions.strings import string_array

function = partial(ScalarFunction, family="regex")


def _extract(operands: Sequence[Operand], context: Context) -> Operand:
    pattern, group, source = operands[:3]
    if group.is_constant:
        found = f"regexp_extract({source.sql}, {pattern_sql(pattern)}, {int(group.constant or 0)})"
    else:
        raise FunctionRefused("The capture group of extract() must be a constant.", "unsupported")
    result = Operand(found, "string", guardable=source.guardable)
    if len(operands) > 3:
        return convert(result, type_named(str(operands[3].constant)))
    return result


def _extract_all(operands: Sequence[Operand], context: Context) -> Operand:
    pattern, source = operands[0], operands[-1]
    sql = pattern_sql(convert(pattern, "string"))
    wanted: list[int] | None = None
    if len(operands) == 3:
        groups = operands[1].constant
        if not isinstance(groups, list) or not all(isinstance(group, int | str) for group in groups):
            raise FunctionRefused("The capture groups of extract_all() must be a constant array.", "unsupported")
        wanted = [_group(group, pattern) for group in groups]
    source = convert(source, "string")
    if not isinstance(pattern.constant, str):
        raise FunctionRefused("The pattern of extract_all() must be a constant.", "unsupported")
    if wanted is None:
        try:
            count = re.compile(_without_re2(checked_pattern(pattern.constant))).groups
        except re.error:
            count = len(re.findall(r"(?<!\\)\((?!\?[^P])", pattern.constant))
        wanted = list(range(1, count + 1))
        if not wanted:
            raise FunctionRefused("The pattern of extract_all() must hold a capture group.")
    if len(wanted) == 1:
        found = string_array(f"regexp_extract_all({source.sql}, {sql}, {wanted[0]})")
        # No match is null, not an empty array.
        return Operand(f"nullif({found.sql}, '[]')", "dynamic", entries=f"nullif({found.entries}, [])")
    lists = ", ".join(f"regexp_extract_all({source.sql}, {sql}, {group})" for group in wanted)
    parts = ", ".join(f"kql_row[{i + 1}]" for i in range(len(wanted)))
    zipped = f"list_transform(list_zip({lists}), lambda kql_row: [{parts}])"
    return Operand(f"nullif(CAST(to_json({zipped}) AS VARCHAR), '[]')", "dynamic")


def _group(group: int | str, pattern: Operand) -> int:
    """A capture group's number, which may be given by its name."""
    if isinstance(group, int):
        return group
    names = re.findall(r"(?<!\\)\((?!\?)|(?<!\\)\(\?P?<(\w+)>", str(pattern.constant))
    if group not in names:
        raise FunctionRefused(f"The pattern of extract_all() has no group '{group}'.")
    return names.index(group) + 1


def _without_re2(pattern: str) -> str:
    # Python reads no \\pL and no flags in the middle; both count for nothing here.
    return re.sub(r"\(\?[imsU]+\)", "", re.sub(r"\\[pP](\{\w+\}|\w)", "x", pattern))


def _replace(operands: Sequence[Operand]) -> str:
    source, pattern, rewrite = operands
    by = rewrite.sql
    if isinstance(rewrite.constant, str):
        # `$1` is a group as well; `\\0` is the whole match in both.
        by = text(re.sub(r"\$(\d)", r"\\\1", rewrite.constant))
    return f"regexp_replace({source.sql}, {pattern_sql(pattern)}, {by}, 'g')"


def _replace_old(operands: Sequence[Operand]) -> str:
    pattern, rewrite, source = operands
    return _replace((source, pattern, rewrite))


def _indexof_regex(operands: Sequence[Operand]) -> str:
    source, pattern = operands[0].sql, pattern_sql(operands[1])
    start, length, occurrence = (
        operands[i].sql if len(operands) > i else default
        for i, default in ((2, "0::BIGINT"), (3, "(-1)::BIGINT"), (4, "1::BIGINT"))
    )
    part = (
        f"substring({source}, {start} + 1, CASE WHEN {length} < 0 THEN length({source}) ELSE {length} END)"
        if len(operands) > 2
        else source
    )
    # The text before the match: everything that the pattern leaves in front, found without backtracking.
    before = f"(?s)^((?:.*?(?:' || {pattern} || ')){{' || ({occurrence} - 1) || '}}.*?)(?:"
    found = once(
        part,
        lambda it: (
            f"CASE WHEN regexp_matches({it}, '{before}' || {pattern} || ')') "
            f"THEN {start} + length(regexp_extract({it}, '{before}' || {pattern} || ')', 1)) ELSE -1 END"
        ),
    )
    valid = f"{start} >= 0 AND {length} >= -1 AND {occurrence} >= 1"
    return f"CASE WHEN {valid} THEN CAST({found} AS BIGINT) END"


FUNCTIONS = (
    function("extract", ("string", "long", "string", "string"), "string", "", required=3, build=_extract),
    function(
        "extract_all", ("any", "any", "any"), "dynamic", "", required=2, aliases=("extractall",), build=_extract_all
    ),
    function("replace_regex", ("string", "string", "string"), "string", _replace),
    function("replace", ("string", "string", "string"), "string", _replace_old),
    function("regex_quote", ("string",), "string", "regexp_escape({0})"),
    function("indexof_regex", ("string", "string", "long", "long", "long"), "long", _indexof_regex, required=2),
)
