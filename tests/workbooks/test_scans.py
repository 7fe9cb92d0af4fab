"""What the shipped queries read: the columns that they name and the days that they ask for, seen in DuckDB's plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dashboard.ingest.schemas import known_tables
from dashboard.kql.tokens import tokenize
from tests.workbooks.asking import Asking, requests
from tests.workbooks.test_shipped_workbooks import FOLDER, NAMES

HOURS = 6


class Planning(Asking):
    """The local engine, telling the plan of a statement as DuckDB's JSON."""

    def plan(self, sql: str) -> dict[str, Any]:
        with self._cursor() as cursor:
            plan: dict[str, Any] = json.loads(cursor.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[0][1])[0]
        return plan


def scans(plan: Mapping[str, Any]) -> Iterator[tuple[set[str], str]]:
    """The columns that each scan of files reads, and what it lets through."""
    if plan["name"].strip() == "READ_PARQUET":
        told = plan["extra_info"]
        columns, filters = (told.get(key) or [] for key in ("Projections", "Filters"))
        names = [columns] if isinstance(columns, str) else columns
        # DuckDB numbers a name that differs from another only in case.
        yield {re.sub(r"_1$", "", name) for name in names}, str(filters)
    for child in plan["children"]:
        yield from scans(child)


def words(query: str) -> set[str]:
    """Every name in a query; those in quotes, too, which `column_ifexists` reads."""
    return {word for text in tokenize(query).texts for word in re.findall(r"\w+", text)}


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_query_reads_only_columns_that_it_names_and_rows_of_its_time(name: str, estate: Path) -> None:
    engine = Planning(estate, known_tables())
    asked = requests(name, estate, hours=HOURS)
    assert asked
    read = [(request, *scan) for request in asked for scan in scans(engine.plan(engine.explain(request)[0]))]
    assert read
    for request, columns, filters in read:
        assert columns <= words(request.text) | {"TimeGenerated"}, request.text
        assert "TimeGenerated" in filters, f"reads all days: {request.text}"


@pytest.mark.parametrize("name", NAMES)
def test_no_shipped_query_asks_for_all_columns(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert re.findall(r"(?:arg_max|arg_min|take_any|any)\([^)]*\*\s*\)", text) == []
