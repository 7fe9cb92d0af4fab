"""From KQL text to one DuckDB SELECT: the chain of passes.

    text ─ parse ─▶ syntax tree ─ bind ─▶ bound tree ─ lower ─▶ SQL

`parse` is in `parser`, `bind` in `binder`, `lower` in `lowering`; each can be called, read and tested alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from dashboard.errors import Problem, WatchbookError
from dashboard.kql import syntax as s
from dashboard.kql.binder import Binder, Discover, ExternalData, Limits
from dashboard.kql.bound import Relation
from dashboard.kql.catalog import Catalog
from dashboard.kql.lowering import lower
from dashboard.kql.parser import parse
from dashboard.table import KqlType

_NAME_AND_TYPE = attrgetter("name", "type")


class Translation(Struct, frozen=True):
    """What a query means: one SELECT whose columns come in the order of `columns` (its own column names mean nothing),
    the chart it asks for (kind and properties of `render`), the tables and stored functions it reads, and warnings."""

    sql: str
    columns: tuple[tuple[str, KqlType], ...]
    render: tuple[str, dict[str, Any]] | None = None
    tables_used: tuple[str, ...] = ()
    functions_used: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def translate(
    text: str,
    catalog: Catalog,
    *,
    now: dt.datetime | None = None,
    timespan: tuple[dt.datetime, dt.datetime] | None = None,
    externaldata: ExternalData | None = None,
    discover: Discover | None = None,
    parameters: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
) -> Translation:
    """The translation of a query over the tables of a catalog.

    `now` is the time that now() means (None: the clock); `timespan`, both ends included, limits the time column of every
    table read. `externaldata` gives the SELECT that answers an externaldata operator, its columns by position, or "" for
    no rows; None refuses the operator. `discover` runs a SELECT while binding, for the few plugins whose columns depend on
    the data (bag_unpack, pivot); None refuses them. `parameters` are values of declared query parameters, held as
    `syntax.Literal.value` says.

    Raises WatchbookError with all problems found.
    """
    result = parse(text)
    if result.tree is None:
        errors = [problem for problem in result.problems if problem.severity == "error"]
        raise WatchbookError(*(errors or [Problem("KQ022", "The text holds no query.")]))
    binder = Binder(
        text, catalog, _naive(now or dt.datetime.now(dt.UTC)),
        (_naive(timespan[0]), _naive(timespan[1])) if timespan is not None else None,
        externaldata, discover, parameters or {}, limits or Limits(),
    )  # fmt: skip
    try:
        relation = bind(result.tree, binder)
        sql = lower(relation, binder.shares, binder.limits.sql)
    except RecursionError:
        raise WatchbookError(Problem("KQ002", "The query is nested too deeply.")) from None
    return Translation(
        sql,
        tuple(map(_NAME_AND_TYPE, relation.columns)),
        binder.render,
        tuple(binder.tables_used),
        tuple(binder.functions_used),
        (*(problem for problem in result.problems if problem.severity != "error"), *binder.warnings),
    )


def bind(tree: s.Query, binder: Binder) -> Relation:
    """The bound tree of a query. Raises WatchbookError with all problems found."""
    relation = binder.query(tree)
    if relation is None:
        raise WatchbookError(*binder.problems)
    return relation


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
