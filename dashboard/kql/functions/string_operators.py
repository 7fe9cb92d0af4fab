"""String operators: has, contains, startswith, endswith, hasprefix, hassuffix, =~, matches regex, and their kin.

A term is a maximal run of letters and digits. `has` looks for its operand between the edges of terms: an end of the operand
that is itself no letter or digit needs no edge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from dashboard.kql.functions.convert import convert, json_string
from dashboard.kql.functions.literals import is_repeatable, once, text
from dashboard.kql.functions.registry import FunctionRefused, Operand
from dashboard.kql.functions.terms import EDGE, LETTER

STARTS: Final = f"(?:^|{EDGE})"
ENDS: Final = f"(?:{EDGE}|$)"

TERMS: Final = ("has", "hasprefix", "hassuffix")
PLACES: Final = {"contains": "contains", "startswith": "starts_with", "endswith": "ends_with"}

NAMED_GROUP: Final = re.compile(r"(?<!\\)\(\?<(?=[A-Za-z_])")

STRING_OPERATORS: Final = frozenset(
    [f"{negation}{name}{case}" for name in (*TERMS, *PLACES) for negation in ("", "!") for case in ("", "_cs")]
    + ["=~", "!~", "matches regex", "!contains", "notcontains", "notcontains_cs", "containscs"]
)


def string_operator(operator: str, left: Operand, right: Operand) -> Operand:
    """`left operator right` on texts; what is no string is compared by its text."""
    left, right = convert(left, "string"), convert(right, "string")
    if operator == "matches regex":
        return Operand(f"regexp_matches({left.sql}, {pattern_sql(right)})", "bool")
    if operator in ("=~", "!~"):
        sign = "=" if operator == "=~" else "<>"
        return Operand(f"({folded(left)} {sign} {folded(right)})", "bool")
    operator = {"notcontains": "!contains", "notcontains_cs": "!contains_cs", "containscs": "contains_cs"}.get(
        operator, operator
    )
    negated, name = operator.startswith("!"), operator.lstrip("!")
    cased, name = name.endswith("_cs"), name.removesuffix("_cs")
    if name in PLACES and not cased and _is_plain(right):
        begin, end = {"contains": ("%", "%"), "startswith": ("", "%"), "endswith": ("%", "")}[name]
        sql = f"({left.sql} ILIKE {text(begin + right.constant + end)})"
    elif name in PLACES:
        sides = (left.sql, right.sql) if cased else (folded(left), folded(right))
        sql = f"{PLACES[name]}({sides[0]}, {sides[1]})"
    else:
        sql = _term(name, left, right, cased)
    return Operand(f"(NOT {sql})" if negated else sql, "bool")


def _is_plain(needle: Operand) -> bool:
    """Whether ILIKE, which is faster than folding the whole text, reads a needle as it stands."""
    value = needle.constant
    return isinstance(value, str) and value.isascii() and not set(value) & set("%_\\\0")


def folded(operand: Operand) -> str:
    """The operand's SQL in lower case."""
    return text(operand.constant.lower()) if isinstance(operand.constant, str) else f"lower({operand.sql})"


def pattern_sql(pattern: Operand) -> str:
    """The SQL of a regular expression; a constant one must be valid."""
    if isinstance(pattern.constant, str):
        return text(checked_pattern(pattern.constant))
    return f"regexp_replace({pattern.sql}, '\\(\\?<([A-Za-z_])', '(?P<\\1', 'g')"


def checked_pattern(pattern: str) -> str:
    """The pattern as DuckDB's RE2 reads it, which knows `(?P<name>` only; refused where it needs what linear-time matching
    cannot do."""
    found = re.search(r"(?<!\\)\(\?(?:[=!]|<[=!])", pattern)
    if found:
        raise FunctionRefused("A regular expression cannot look ahead or behind.", "unsupported")
    return NAMED_GROUP.sub("(?P<", pattern)


def _edges(value: str, name: str) -> str:
    """The pattern that finds a known operand between edges of terms."""
    start = STARTS if name in ("has", "hasprefix") and value[:1].isalnum() else ""
    end = ENDS if name in ("has", "hassuffix") and value[-1:].isalnum() else ""
    return f"{start}{quote(value)}{end}"


_SPECIAL = re.compile(r"[^A-Za-z0-9_ \u0080-\U0010ffff]")


def quote(value: str) -> str:
    """A text as a pattern of RE2 that matches nothing else."""
    return _SPECIAL.sub(lambda found: f"\\x{{{ord(found[0]):x}}}", value)


def _term(name: str, left: Operand, right: Operand, cased: bool) -> str:
    flags = "" if cased else "(?i)"
    if isinstance(right.constant, str):
        value = right.constant
        if not value:
            return "TRUE"
        matches = f"regexp_matches({left.sql}, {text(flags + _edges(value, name))})"
        # A plain search first: it is several times faster than the pattern where the text does not occur.
        if is_repeatable(left):
            if cased:
                found = f"contains({left.sql}, {text(value)})"
            elif _is_plain(right):
                found = f"{left.sql} ILIKE {text(f'%{value}%')}"
            else:
                found = f"contains(lower({left.sql}), {text(value.lower())})"
            return f"({found} AND {matches})"
        return matches
    return once(left.sql, lambda value: _term_of(name, value, right.sql, cased))


def _term_of(name: str, value: str, needle: str, cased: bool) -> str:
    """The test for a term that the data tells: its pattern is read anew for each row, at the cost of a millisecond, so the
    rows without the text are left out by a plain search."""

    def test(it: str) -> str:
        start = f"CASE WHEN regexp_matches({it}, '^{LETTER}') THEN {text(STARTS)} ELSE '' END || "
        end = f" || CASE WHEN regexp_matches({it}, '{LETTER}$') THEN {text(ENDS)} ELSE '' END"
        pattern = (
            f"{text('' if cased else '(?i)')} || {start if name in ('has', 'hasprefix') else ''}regexp_escape({it})"
            f"{end if name in ('has', 'hassuffix') else ''}"
        )
        found = f"contains({value}, {it})" if cased else f"contains(lower({value}), lower({it}))"
        return f"CASE WHEN NOT {found} THEN FALSE ELSE regexp_matches({value}, {pattern}) END"

    return once(needle, test)


def _needles(items: Sequence[Operand]) -> tuple[list[str], list[Operand]]:
    known: list[str] = []
    others: list[Operand] = []
    for item in items:
        if item.is_constant and item.type == "dynamic":
            value = item.constant
            entries = value if isinstance(value, list) else [value]
            known.extend(entry if isinstance(entry, str) else str(entry) for entry in entries if entry is not None)
        elif isinstance(item.constant, str):
            known.append(item.constant)
        else:
            others.append(item)
    return known, others


def has_any(operand: Operand, items: Sequence[Operand]) -> Operand:
    """`operand has_any (items)`: at least one is a term of it."""
    left = convert(operand, "string")
    known, others = _needles(items)
    tests = []
    if any(not value for value in known):
        tests.append("TRUE")
    elif known:
        tests.append(f"regexp_matches({left.sql}, {text('(?i)' + alternatives(known))})")
    tests += [_of_array(left, item, "list_bool_or") for item in others]
    return Operand(f"({' OR '.join(tests)})" if tests else "FALSE", "bool")


def alternatives(values: Sequence[str]) -> str:
    """One pattern that finds any of the values as a term."""
    plain = [quote(v) for v in values if v[:1].isalnum() and v[-1:].isalnum()]
    rest = [_edges(v, "has") for v in values if not (v[:1].isalnum() and v[-1:].isalnum())]
    parts = ([f"{STARTS}(?:{'|'.join(plain)}){ENDS}"] if plain else []) + rest
    return "|".join(parts)


def has_all(operand: Operand, items: Sequence[Operand]) -> Operand:
    """`operand has_all (items)`: each is a term of it."""
    left = convert(operand, "string")
    known, others = _needles(items)
    tests = [_term("has", left, Operand(text(v), "string", v), False) for v in known]
    tests += [_of_array(left, item, "list_bool_and") for item in others]
    return Operand(f"({' AND '.join(tests)})" if tests else "TRUE", "bool")


def _of_array(left: Operand, item: Operand, combine: str) -> str:
    if item.type != "dynamic":
        return _term("has", left, convert(item, "string"), False)
    entries = f"coalesce(nullif(json_extract_string({item.sql}, '$[*]'), []), [{json_string(item)}])"

    def test(value: str) -> str:
        each = _term_of("has", value, "kql_entry", cased=False)
        return f"coalesce({combine}(list_transform({entries}, lambda kql_entry: {each})), FALSE)"

    return once(left.sql, test)
