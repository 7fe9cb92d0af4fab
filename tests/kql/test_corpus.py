"""Real queries with Microsoft's verdict: they translate, run on empty tables and give the same columns."""

from __future__ import annotations

import json
import random
from typing import Any

import duckdb
import pytest

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.codes import kind_of
from dashboard.kql.translate import translate
from tests.kql.answers import connection
from tests.kql.corpus import SHARED, needs_shared

SETS = ("sentinel_analytics_rules", "sentinel_hunting_queries", "workbooks_sentinel", "azure_monitor_reference")

pytestmark = [pytest.mark.shared, needs_shared]


def _valid(name: str) -> list[dict[str, Any]]:
    lines = (SHARED / "corpus" / "queries" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [query for query in map(json.loads, lines) if query["semantic_ok"]]


def _score(queries: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What does not run, and what runs with other columns, each as one line."""
    schemas = json.loads((SHARED / "schemas" / "tables.json").read_text(encoding="utf-8"))
    catalog = Catalog({name: TableSchema(name, tuple(columns.items())) for name, columns in schemas.items()})
    database = connection()
    failed: list[str] = []
    different: list[str] = []
    for query in queries:
        try:
            translation = translate(
                query["query"],
                catalog,
                externaldata=lambda node: "",
                discover=lambda sql: database.execute(sql).fetchall(),
            )
            database.execute(translation.sql).fetchall()
        except (WatchbookError, duckdb.Error) as error:
            failed.append(f"{query['name']}: {str(error).splitlines()[0]}")
            continue
        wanted = [tuple(column) for column in query.get("columns", [])]
        if wanted and all(kind != "unknown" for _, kind in wanted) and wanted != list(translation.columns):
            different.append(f"{query['name']}: {set(wanted) ^ set(translation.columns)}")
    return failed, different


@pytest.mark.parametrize("name", SETS)
def test_a_sample_of_valid_queries_runs_with_the_same_columns(name: str) -> None:
    queries = random.Random(11).sample(_valid(name), 40)
    failed, different = _score(queries)
    assert len(failed) <= 1, failed
    assert len(different) <= 1, different


@pytest.mark.soak
@pytest.mark.parametrize("name", SETS)
def test_all_valid_queries_run_with_the_same_columns(name: str) -> None:
    queries = _valid(name)
    failed, different = _score(queries)
    assert len(failed) <= 0.02 * len(queries), failed
    assert len(different) <= 0.01 * (len(queries) - len(failed)), different


def test_invalid_queries_are_problems_and_never_faults() -> None:
    catalog = Catalog({"T": TableSchema("T", (("a", "string"),))})
    kinds = set()
    for name in SETS:
        lines = (SHARED / "corpus" / "queries" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        for line in random.Random(5).sample(lines, 60):
            kinds.add(_kind(json.loads(line)["query"], catalog))
    assert kinds <= {"answered", "syntax", "semantic", "unsupported", "limit"}


def _kind(text: str, catalog: Catalog) -> str:
    try:
        translate(text, catalog)
    except WatchbookError as error:
        return kind_of(error.problem.code)
    return "answered"
