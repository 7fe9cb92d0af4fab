"""Operators and plugins that are written in KQL itself: a text of plain operators, run over the piped table.

Column names go into the text in brackets (`quoted`), values as variables of a scope of their own, whose names start with `$`, so that
no name of the query is hidden.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Relation
from dashboard.kql.parser import parse
from dashboard.kql.scopes import ScalarValue

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.scopes import Scope


def quoted(name: str) -> str:
    """A column's name as KQL text."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"['{escaped}']"


def run_written(
    binder: Binder, scope: Scope, source: Relation, what: str, text: str, values: Mapping[str, Bound]
) -> Relation:
    """The table after the operators of a text. `what` is named in problems."""
    inner = scope.child()
    for name, value in values.items():
        inner.define(name, ScalarValue(value))
    binder.inside(what)
    try:
        return binder.operators(source, _operators(text), inner)
    finally:
        binder.outside()


@lru_cache(maxsize=256)
def _operators(text: str) -> tuple[s.Operator, ...]:
    result = parse(f"T {text}")
    if result.tree is None or result.tree.pipe is None:
        raise ValueError(f"{result.problems[0].describe()} in {text}")
    return result.tree.pipe.operators
