"""A rule's query held against the known tables: does it bind, and does it give the columns that the rule takes from it?"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace

from dashboard.detection.rules.mappings import PLACEHOLDER
from dashboard.detection.rules.rule import Rule
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.kql.catalog import Catalog
from dashboard.kql.codes import kind_of
from dashboard.kql.diagnostics import did_you_mean
from dashboard.kql.translate import translate

_NOW = dt.datetime(2026, 1, 1)
_UNKNOWN_NAMES = ("KQ101", "KQ103")
_DEPENDS_ON_DATA = "KQ207"
_EVERYTHING = re.compile(r"(?:^|\|)\s*(?:search|union)\s+(?:\w+\s*=\s*\w+\s+)*\*", re.MULTILINE)


def known_catalog() -> Catalog:
    """All known tables, empty, and the built-in functions."""
    from dashboard.engines.functions import BUILT_IN
    from dashboard.ingest.schemas import known_tables
    from dashboard.kql.catalog import TableSchema

    tables = {name: TableSchema(name, columns) for name, columns in known_tables().items()}
    return Catalog(tables=tables, functions=dict(BUILT_IN))


def check_query(rule: Rule, catalog: Catalog, file: str = "") -> list[Problem]:
    """What is wrong with the rule's query, at lines of the rule's file. A name that is not known here (a custom table, a
    parser of a workspace) and what our translator does not do are warnings: the rule can be used where there is more."""
    if not rule.query:
        return []
    problems: list[Problem] = []
    if _EVERYTHING.search(rule.query):
        hint = "Name the tables."
        problems.append(_at(rule, file, Problem("DT012", "Sentinel runs no rule over all tables at once (search *, union *).", "warning", hint=hint)))  # fmt: skip
    try:
        translation = translate(rule.query, catalog, now=_NOW)
    except WatchbookError as error:
        found = list(error.problems)
        return problems + [_at(rule, file, _weighed(problem, found)) for problem in found]
    problems += [_at(rule, file, replace(problem, severity="warning")) for problem in translation.problems]
    problems += [
        _at(rule, file, problem) for problem in _missing_columns(rule, [name for name, _ in translation.columns])
    ]
    return problems


def _weighed(problem: Problem, found: Iterable[Problem]) -> Problem:
    kind = kind_of(problem.code) if problem.code.startswith("KQ") else "runtime"
    unknown = any(other.code in _UNKNOWN_NAMES for other in found)
    if problem.code in _UNKNOWN_NAMES:
        hint = f"{problem.hint} The rule can be used where this name exists.".strip()
        return replace(problem, severity="warning", hint=hint)
    # What follows from a name that is not known says nothing of the rule.
    if kind in ("syntax", "semantic") and not (kind == "semantic" and unknown):
        return problem
    return replace(problem, severity="warning")


def _missing_columns(rule: Rule, columns: list[str]) -> list[Problem]:
    have = set(columns)
    wanted: list[tuple[str, str]] = [
        (column, f"the entity {entity.type}") for entity in rule.entities for _, column in entity.fields
    ]
    wanted += [(column, f"the custom detail {key}") for key, column in rule.custom_details]
    details = rule.details
    wanted += [(name, "the alert's name") for name in PLACEHOLDER.findall(details.name_format)]
    wanted += [(name, "the alert's description") for name in PLACEHOLDER.findall(details.description_format)]
    wanted += [(details.severity_column, "the alert's severity")] if details.severity_column else []
    wanted += [(details.tactics_column, "the alert's tactics")] if details.tactics_column else []
    wanted += [(column, f"the alert's {name}") for name, column in details.properties]
    return [
        Problem(
            "DT011", f"The query gives no column '{column}', which {what} comes from.", "warning",
            hint=did_you_mean(column, columns) or "It stays empty.",
        )
        for column, what in dict(wanted).items()
        if column not in have
    ]  # fmt: skip


def _at(rule: Rule, file: str, problem: Problem) -> Problem:
    """The problem at its line of the file: lines of a query count from where it stands."""
    line = rule.query_line + (problem.place.line - 1 if problem.place.line else 0)
    column = problem.place.column
    return replace(problem, place=Place(file=file, line=line, column=column, length=problem.place.length))
