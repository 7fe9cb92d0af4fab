"""Functions of texts. Positions and lengths count characters, from 0."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from dashboard.kql.functions.convert import convert, to_string
from dashboard.kql.functions.literals import literal, once, text
from dashboard.kql.functions.registry import Context, Operand, PythonFunction, ScalarFunction

function = partial(ScalarFunction, family="strings")


def strings_of(array: Operand) -> str:
    """The entries of a dynamic array as VARCHAR[] (null entries NULL)."""
    return array.entries or f"json_extract_string({array.sql}, '$[*]')"


def string_array(entries: str, guardable: bool = True) -> Operand:
    """A dynamic array from a VARCHAR[]."""
    return Operand(f"CAST(to_json({entries}) AS VARCHAR)", "dynamic", entries=entries, guardable=guardable)


def joined(entries: str, delimiter: Operand) -> str:
    """A list of texts joined. DuckDB's array_to_string() takes constant delimiters only."""
    if delimiter.is_constant:
        return f"coalesce(array_to_string({entries}, {delimiter.sql}), '')"
    led = f"array_to_string(list_transform({entries}, lambda kql_part: {delimiter.sql} || kql_part), '')"
    return f"coalesce(substring({led}, length({delimiter.sql}) + 1), '')"


def _split(operands: Sequence[Operand], context: Context) -> Operand:
    source, delimiter = operands[0], operands[1]
    if delimiter.constant == "":
        parts = f"[{source.sql}]"
    else:
        parts = f"string_split({source.sql}, {delimiter.sql})"
    if not delimiter.is_constant:
        parts = f"CASE WHEN {delimiter.sql} = '' THEN [{source.sql}] ELSE {parts} END"
    if len(operands) > 2:
        position = operands[2].sql
        parts = f"list_slice({parts}, {position} + 1, {position} + 1)"
    return string_array(parts)


def _strcat(operands: Sequence[Operand], context: Context) -> Operand:
    if all(operand.is_constant for operand in operands):
        # Patterns made of constants are constants.
        texts = [convert(operand, "string").constant for operand in operands]
        if all(isinstance(part, str) for part in texts):
            return literal("".join(texts), "string")
    return Operand(f"concat({', '.join(to_string(operand) for operand in operands)})", "string")


def _strcat_delim(operands: Sequence[Operand]) -> str:
    delimiter = convert(operands[0], "string").sql
    return f"concat_ws({delimiter}, {', '.join(to_string(operand) for operand in operands[1:])})"


def _substring(operands: Sequence[Operand]) -> str:
    source, start = operands[0].sql, operands[1]
    known = start.constant if isinstance(start.constant, int) else None
    if known is not None and known >= 0:
        begin = str(known + 1)
    else:
        # A negative start counts from the end.
        begin = f"(CASE WHEN {start.sql} < 0 THEN greatest(length({source}) + {start.sql}, 0) ELSE {start.sql} END + 1)"
    if len(operands) == 2:
        return f"coalesce(substring({source}, {begin}), '')"
    return f"coalesce(substring({source}, {begin}, greatest({operands[2].sql}, 0)), '')"


def _indexof(operands: Sequence[Operand]) -> str:
    source, lookup = (convert(operand, "string").sql for operand in operands[:2])
    if len(operands) == 2:
        return f"CAST(instr({source}, {lookup}) - 1 AS BIGINT)"
    start, length = operands[2].sql, operands[3].sql if len(operands) > 3 else "-1::BIGINT"
    occurrence = operands[4].sql if len(operands) > 4 else "1::BIGINT"

    def search(it: str) -> str:
        first = f"CASE WHEN {start} < 0 THEN greatest(length({it}) + {start}, 0) ELSE {start} END"
        places = (
            f"list_filter(range({first}, length({it}) - length({lookup}) + 1), "
            f"lambda kql_at: starts_with(substring({it}, kql_at + 1), {lookup}))"
        )
        if length == "-1::BIGINT":
            return f"coalesce(list_extract({places}, {occurrence}), -1)"
        # The length counts anew from behind each occurrence found.
        near = (
            f"list_bool_and(list_transform(range(1, {occurrence} + 1), lambda kql_n: list_extract(kql_p, kql_n) + length({lookup}) "
            f"<= CASE WHEN kql_n = 1 THEN {first} ELSE list_extract(kql_p, kql_n - 1) + 1 END + {length}))"
        )
        checked = f"CASE WHEN {length} < 0 OR {near} THEN list_extract(kql_p, {occurrence}) END"
        return f"coalesce(list_extract(list_transform([{places}], lambda kql_p: {checked}), 1), -1)"

    return f"CAST({once(source, search)} AS BIGINT)"


def _trimmed(side: str) -> ScalarFunction:
    def sql(operands: Sequence[Operand]) -> str:
        pattern, source = operands
        result = source.sql
        for anchor in {"trim_start": ("start",), "trim_end": ("end",), "trim": ("start", "end")}[side]:
            if pattern.is_constant:
                expression = f"^(?:{pattern.constant})" if anchor == "start" else f"(?:{pattern.constant})$"
                result = f"regexp_replace({result}, {text(expression)}, '')"
            else:
                around = ("'^(?:' || {0} || ')'" if anchor == "start" else "'(?:' || {0} || ')$'").format(pattern.sql)
                result = f"regexp_replace({result}, {around}, '')"
        return result

    return function(side, ("string", "string"), "string", sql)


def replace_strings(source: str, lookups: str, rewrites: str) -> str | None:
    """A text with several texts replaced: earlier lookups go first, and what has been replaced is not touched again. A
    rewrite that is no string leaves its lookup as it stands."""
    old, new = json.loads(lookups), json.loads(rewrites)
    old = old if isinstance(old, list) else [old]
    new = new if isinstance(new, list) else [new] * len(old)
    if len(old) != len(new):
        return None
    # Texts still open for replacement alternate with texts that are settled.
    pieces: list[tuple[str, bool]] = [(source, True)]
    for lookup, rewrite in zip(old, new, strict=True):
        if not isinstance(lookup, str) or not lookup:
            continue
        by = rewrite if isinstance(rewrite, str) else lookup
        split: list[tuple[str, bool]] = []
        for piece, is_open in pieces:
            parts = piece.split(lookup) if is_open else [piece]
            for n, part in enumerate(parts):
                split += [(by, False)] if n else []
                split.append((part, is_open))
        pieces = split
    return "".join(piece for piece, _ in pieces)


REPLACE = PythonFunction("kql_replace_strings", replace_strings, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR")


def _translate(operands: Sequence[Operand]) -> str:
    wanted, by, source = operands
    if wanted.is_constant and by.is_constant and by.constant:
        # The last character stands in for those that are missing.
        padded = by.constant + by.constant[-1] * (len(wanted.constant) - len(by.constant))
        return f"translate({source.sql}, {wanted.sql}, {text(padded)})"
    padded = f"rpad({by.sql}, CAST(greatest(length({wanted.sql}), length({by.sql})) AS INTEGER), right({by.sql}, 1))"
    return f"CASE WHEN {by.sql} = '' THEN translate({source.sql}, {wanted.sql}, '') ELSE translate({source.sql}, {wanted.sql}, {padded}) END"


def _strcmp(operands: Sequence[Operand]) -> str:
    a, b = operands[0].sql, operands[1].sql
    return f"CAST(CASE WHEN {a} < {b} THEN -1 WHEN {a} > {b} THEN 1 ELSE 0 END AS BIGINT)"


def _countof(operands: Sequence[Operand]) -> str:
    source, search = operands[0].sql, operands[1]
    if len(operands) > 2 and operands[2].constant == "regex":
        return f"CAST(len(regexp_extract_all({source}, {search.sql})) AS BIGINT)"
    known = search.constant if isinstance(search.constant, str) else None
    if known is None or known[:1] in known[1:]:
        # Matches of a plain text may overlap.
        found = f"list_filter(range(length({source})), lambda kql_at: starts_with(substring({source}, kql_at + 1), {search.sql}))"
        return f"CASE WHEN {search.sql} <> '' THEN CAST(len({found}) AS BIGINT) END"
    return once(
        source,
        lambda it: (
            f"CAST((length({it}) - length(replace({it}, {search.sql}, ''))) // nullif(length({search.sql}), 0) AS BIGINT)"
        ),
    )


def _strrep(operands: Sequence[Operand]) -> str:
    # The service repeats 1,024 times at most.
    source, times = to_string(operands[0]), f"least({operands[1].sql}, 1024)"
    if len(operands) < 3:
        return f"coalesce(repeat({source}, {times}), '')"
    parts = f"list_transform(range({times}), lambda kql_n: {source})"
    return joined(parts, convert(operands[2], "string"))


FUNCTIONS = (
    function("tolower", ("string",), "string", "lower({0})"),
    function("toupper", ("string",), "string", "upper({0})"),
    function("strlen", ("string",), "long", "CAST(length({0}) AS BIGINT)"),
    function("string_size", ("string",), "long", "CAST(strlen({0}) AS BIGINT)"),
    function("strcat", ("any",), "string", "", required=1, variadic=True, build=_strcat),
    function("strcat_delim", ("any",), "string", _strcat_delim, required=2, variadic=True),
    function("split", ("string", "string", "long"), "dynamic", "", required=2, build=_split),
    function("substring", ("string", "long", "long"), "string", _substring, required=2),
    _trimmed("trim"),
    _trimmed("trim_start"),
    _trimmed("trim_end"),
    function("replace_string", ("string", "string", "string"), "string", "replace({0}, {1}, {2})"),
    function(
        "replace_strings",
        ("string", "dynamic", "dynamic"),
        "string",
        "coalesce(kql_replace_strings({0}, {1}, {2}), '')",
        python=(REPLACE,),
    ),
    function("reverse", ("string",), "string", "reverse({0})"),
    function("translate", ("string", "string", "string"), "string", _translate),
    function("strcmp", ("string", "string"), "long", _strcmp),
    function("strrep", ("any", "long", "any"), "string", _strrep, required=2),
    function("indexof", ("any", "any", "long", "long", "long"), "long", _indexof, required=2),
    function("countof", ("string", "string", "string"), "long", _countof, required=2),
    function("isascii", ("string",), "bool", "regexp_full_match({0}, '[\\x00-\\x7F]*')"),
    function("isutf8", ("string",), "bool", "TRUE"),
)
