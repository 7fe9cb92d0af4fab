"""Problems of a query: where they are in the text, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.errors import Place, Problem, Severity
from dashboard.kql.syntax import Span


class BindFailure(Exception):
    """Binding of the present expression or operator cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def place_of(text: str, span: Span) -> Place:
    """The line and column (from 1) at which a span of the text starts, and its length."""
    start = min(span.start, len(text))
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Place(line=line, column=column, length=max(span.end - start, 0))


def problem_at(text: str, span: Span, code: str, message: str, hint: str = "", severity: Severity = "error") -> Problem:
    """A problem whose place is a span of the query text."""
    return Problem(code, message, severity, place_of(text, span), hint)


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant by `name`: the nearest in spelling, letter case counting least; None where
    nothing is near. About one wrong letter in four is near."""
    folded = name.lower()
    best: str | None = None
    best_distance = max(1, (len(name) + 2) // 4) + 1
    for candidate in candidates:
        if candidate == name:
            continue
        if abs(len(candidate) - len(name)) >= best_distance:
            continue
        distance = _distance(folded, candidate.lower(), best_distance)
        if distance < best_distance:
            best, best_distance = candidate, distance
            if distance == 0:
                break
    return best


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The hint `Did you mean 'x'?`, empty where nothing is near."""
    best = closest(name, candidates)
    return f"Did you mean '{best}'?" if best else ""


def _distance(left: str, right: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) between two texts; `limit` where there are that many or more."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) >= limit:
            return limit
    return row[-1]
