"""A value that a column holds gives what the same value gives where it is written into the query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.errors import WatchbookError
from tests.kql.functions import (
    test_conditional,
    test_conversions,
    test_datetimes,
    test_dynamics,
    test_encoding,
    test_math,
    test_network,
    test_operators,
    test_parsing,
    test_regex,
    test_strings,
)
from tests.kql.functions.evaluation import run, same, value

MODULES = (
    test_conditional, test_conversions, test_datetimes, test_dynamics, test_encoding, test_math, test_network,
    test_operators, test_parsing, test_regex, test_strings,
)  # fmt: skip
LITERAL = re.compile(
    r"""@?"(?:[^"\\]|\\.)*"|@?'(?:[^'\\]|\\.)*'"""
    r"""|\b(datetime|timespan|time|guid|int|long|real|decimal|bool|dynamic)\((?:[^()]|\([^()]*\))*\)"""
    r"""|\b\d+(?:\.\d+)?(?:d|h|m|s|ms)?\b"""
)
# What is read as a constant only.
CONSTANTS = ("'$.a.b'", "'regex'")


def literals(expression: str) -> Iterator[tuple[str, str]]:
    """The expression with one of its literals replaced by the column `c`, and a datatable that holds the literal in it."""
    for match in LITERAL.finditer(expression):
        text = match[0]
        if match[1]:
            kind = "timespan" if match[1] == "time" else match[1]
        elif text[0] in "'\"@":
            kind = "string"
        elif text[-1].isalpha():
            kind = "timespan"
        else:
            kind = "real" if "." in text else "long"
        if text not in CONSTANTS:
            yield f"datatable(c:{kind})[{text}]", expression[: match.start()] + "c" + expression[match.end() :]


EXPRESSIONS = [case[0] for module in MODULES for case in module.CASES]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_column_gives_what_a_literal_gives(expression: str) -> None:
    wanted = value(expression)
    for table, changed in literals(expression):
        try:
            _, rows = run(f"{table} | project value = {changed}")
        except WatchbookError:
            # Refused: some arguments must be constants.
            continue
        found: Any = rows[0][0]
        assert same(found, wanted), (table, changed, found)
