"""Computed texts: criteria are tried from top to bottom, the first that is true gives the value (section 2.6).

The same criteria compute added columns of a merge; there `lookup` gives the row's cells.
"""

from __future__ import annotations

import ast
import json
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.document.workbook import number_of, text_of
from dashboard.parameters.patterns import PatternError, search

Texts = Callable[[str], str]
"""From a name (of a parameter, of a column) to its text."""

LONGEST_EXPRESSION = 2_000
_ARITHMETIC: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: math.fmod,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "round": lambda x, digits=0: math.floor(x * 10**digits + 0.5) / 10**digits if abs(digits) < 20 else x,
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": abs,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
}


def evaluate(
    criteria: Sequence[Mapping[str, Any]], named: Texts, substituted: Texts, numeric: Texts, column: Texts | None = None
) -> str:
    """The text of the first criterion that holds; empty where none does.

    `named` gives the text of a parameter by name, `substituted` replaces references in a text, `numeric` does the same
    with non-numbers as 0 (for expressions), `column` gives a cell by column name where the criteria are a merge's.
    """

    def value(kind: Any, written: Any) -> str:
        kind = text_of(kind).lower()
        if kind == "param" or kind == "parameter":
            return named(text_of(written))
        if kind == "column" and column is not None:
            return column(text_of(written))
        if kind == "expression":
            computed = calculate(numeric(text_of(written)))
            return computed if computed is not None else substituted(text_of(written))
        return substituted(text_of(written))

    left_of = column or named
    for context in criteria:
        name = text_of(context.get("operator"))
        if name.lower() == "default" or compare(
            left_of(text_of(context.get("leftOperand"))),
            name,
            value(context.get("rightValType"), context.get("rightVal")),
        ):
            return value(context.get("resultValType"), context.get("resultVal"))
    return ""


def compare(left: str, name: str, right: str) -> bool:
    """One comparison. Order compares numbers where both sides are numbers, else texts. An operator that is not known, and a
    pattern that cannot be read, is false."""
    match name.replace(" ", "").lower():
        case "==" | "equals" | "isequalto":
            return left == right or _numbers(left, right, operator.eq)
        case "!=" | "notequals" | "isnotequalto":
            return left != right and not _numbers(left, right, operator.eq)
        case ">":
            return _ordered(left, right, operator.gt)
        case ">=":
            return _ordered(left, right, operator.ge)
        case "<":
            return _ordered(left, right, operator.lt)
        case "<=":
            return _ordered(left, right, operator.le)
        case "contains":
            return right in left
        case "notcontains" | "!contains" | "doesnotcontain":
            return right not in left
        case "startswith":
            return left.startswith(right)
        case "notstartswith":
            return not left.startswith(right)
        case "endswith":
            return left.endswith(right)
        case "notendswith":
            return not left.endswith(right)
        case "isempty" | "isnull":
            return left == ""
        case "isnotnull" | "isnotempty":
            return left != ""
        case "isvalidjson":
            try:
                json.loads(left)
            except (ValueError, RecursionError):
                return False
            return True
        case "regex" | "matchesregex":
            try:
                return search(right, left)
            except PatternError:
                return False
    return False


def _ordered(left: str, right: str, test: Callable[[Any, Any], bool]) -> bool:
    if number_of(left) is not None and number_of(right) is not None:
        return _numbers(left, right, test)
    return bool(test(left, right))


def _numbers(left: str, right: str, test: Callable[[Any, Any], bool]) -> bool:
    first, second = number_of(left), number_of(right)
    return first is not None and second is not None and bool(test(first, second))


def calculate(text: str) -> str | None:
    """The result of an arithmetic expression as text; None where the text is none."""
    if len(text) > LONGEST_EXPRESSION or not any(mark.isdigit() for mark in text):
        return None
    try:
        result = _calculate(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, TypeError, RecursionError, MemoryError):
        return None
    if not math.isfinite(result):
        return None
    return str(int(result)) if float(result).is_integer() and abs(result) < 1e15 else repr(float(result))


def _calculate(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_calculate(node.left), _calculate(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _calculate(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Call) and not node.keywords:
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        if name in _FUNCTIONS and len(node.args) <= 10:
            return _FUNCTIONS[name](*(_calculate(argument) for argument in node.args))
    raise ValueError("not arithmetic")
