"""format_datetime and format_timespan: constant patterns become SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from dashboard.kql.functions.literals import once, text
from dashboard.kql.functions.registry import FunctionRefused, Operand, ScalarFunction

function = partial(ScalarFunction, family="datetimes")

DATETIME_TOKENS = {
    "yyyy": "%Y", "yy": "%y", "y": "%-y", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I",
    "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "tt": "%p", "MMM": "%b", "MMMM": "%B", "ddd": "%a", "dddd": "%A",
}  # fmt: skip


def _pattern(operand: Operand, name: str) -> str:
    if not isinstance(operand.constant, str):
        raise FunctionRefused(f"The pattern of {name}() must be a constant string.", "unsupported")
    return operand.constant


def _format_datetime(operands: Sequence[Operand]) -> str:
    pattern = _pattern(operands[1], "format_datetime")
    tokens = re.findall(r"y+|M+|d+|H+|h+|m+|s+|t+|f+|F+|.", pattern, re.S)

    def formatted(it: str) -> str:
        parts: list[str] = []
        plain = ""
        for token in tokens:
            if token in DATETIME_TOKENS:
                plain += DATETIME_TOKENS[token]
            elif token[0] in "fF" and len(token) <= 7:
                if plain:
                    parts, plain = [*parts, f"strftime({it}, {text(plain)})"], ""
                fraction = f"substring(printf('%07d', microsecond({it}) % 1000000 * 10), 1, {len(token)})"
                parts.append(fraction if token[0] == "f" else f"rtrim({fraction}, '0')")
            elif token[0] in "yMdHhmstfF":
                raise FunctionRefused(f"format_datetime() has no part '{token}'.")
            else:
                plain += token.replace("%", "%%")
        if plain:
            parts.append(f"strftime({it}, {text(plain)})")
        return f"coalesce({' || '.join(parts) or text('')}, '')"

    return once(operands[0].sql, formatted)


def _format_timespan(operands: Sequence[Operand]) -> str:
    pattern = _pattern(operands[1], "format_timespan")
    tokens = re.findall(r"d+|H+|h+|m+|s+|f+|F+|.", pattern, re.S)
    units = {"H": (36_000_000_000, 24), "h": (36_000_000_000, 24), "m": (600_000_000, 60), "s": (10_000_000, 60)}

    def formatted(it: str) -> str:
        parts: list[str] = []
        for token in tokens:
            letter, width = token[0], len(token)
            if letter == "d" and width <= 8:
                parts.append(f"printf('%0{width}d', abs({it}) // 864000000000)")
            elif letter in units and width <= 2:
                size, count = units[letter]
                parts.append(f"printf('%0{width}d', (abs({it}) // {size}) % {count})")
            elif letter in "fF" and width <= 7:
                fraction = f"substring(printf('%07d', abs({it}) % 10000000), 1, {width})"
                parts.append(fraction if letter == "f" else f"rtrim({fraction}, '0')")
            elif letter in "dHhmsfF":
                raise FunctionRefused(f"format_timespan() has no part '{token}'.")
            else:
                parts.append(text(token))
        body = " || ".join(parts) or "''"
        return f"CASE WHEN {it} IS NULL THEN '' ELSE CASE WHEN {it} < 0 THEN '-' ELSE '' END || {body} END"

    return once(operands[0].sql, formatted)


FUNCTIONS = (
    function("format_datetime", ("datetime", "string"), "string", _format_datetime),
    function("format_timespan", ("timespan", "string"), "string", _format_timespan),
)
