"""Values of `declare query_parameters` from the texts that a caller sends beside a query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dashboard.errors import Problem, WatchbookError
from dashboard.kql import syntax as s
from dashboard.kql.parser import parse
from dashboard.table import KqlType


def parameter_values(text: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The values of the parameters that `text` declares, held as `syntax.Literal.value` says. A string is taken as it is;
    any other type is read as a constant of KQL (`10`, `datetime(2026-11-01)`, `dynamic([1])`) or as what stands inside
    its brackets. A text of which nothing is declared is left out. Raises WatchbookError (KQ020) where one cannot be read."""
    tree = parse(text).tree if given else None
    declared = [
        parameter
        for statement in (tree.statements if tree is not None else ())
        if isinstance(statement, s.DeclareParameters)
        for parameter in statement.parameters
    ]
    return {p.name: _value(p.name, p.type or "string", given[p.name]) for p in declared if p.name in given}


def _value(name: str, kind: KqlType, text: str) -> Any:
    if kind == "string":
        return text
    if re.sub(r"\s", "", text).lower() in ("null", f"{kind}(null)"):
        return None
    # The text is read alone, and only a constant is taken: it can add nothing to the query it is meant for.
    for attempt in (text, f"{kind}({text})"):
        found = _constant(attempt)
        if found is None or found.value is None:  # long(x) is a null, and no number
            continue
        if found.type == kind or {found.type, kind} <= {"int", "long"}:
            return found.value
        if kind in ("real", "decimal") and isinstance(found.value, int | float):
            return float(found.value) if kind == "real" else found.value
    raise WatchbookError(
        Problem(
            "KQ020", f"The value given for the query parameter '{name}' is no constant of type {kind}: '{text[:80]}'."
        )
    )


def _constant(text: str) -> s.Literal | None:
    result = parse(f"print {text}")
    if result.tree is None or any(problem.severity == "error" for problem in result.problems):
        return None
    pipe = result.tree.pipe
    alone = pipe is not None and not pipe.operators and not result.tree.more and not result.tree.statements
    if alone and isinstance(pipe.source, s.Print) and len(pipe.source.columns) == 1:  # type: ignore[union-attr]
        only = pipe.source.columns[0]  # type: ignore[union-attr]
        return only if isinstance(only, s.Literal) else None
    return None
