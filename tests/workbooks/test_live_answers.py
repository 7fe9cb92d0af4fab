"""The shipped workbooks over live Log Analytics: Microsoft's client against the query API gives the tables that local data
gives."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.detection.query import at_moment
from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables
from dashboard.table import Table
from tests.server.querying import WORKSPACE, Credential, querying
from tests.workbooks.asking import requests
from tests.workbooks.test_shipped_workbooks import NAMES, picked


@pytest.fixture(scope="module")
def local(estate: Path) -> LocalEngine:
    return LocalEngine(estate, known_tables())


@pytest.fixture(scope="module")
def live(local: LocalEngine) -> Iterator[LogAnalyticsEngine]:
    with querying(local) as port:
        yield LogAnalyticsEngine([WORKSPACE], endpoint=f"http://127.0.0.1:{port}", credential=Credential())


def same(one: Any, other: Any) -> bool:
    """Whether two cells are equal; the last digits of a sum depend on the order in which threads bring the rows."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, str) and isinstance(other, str) and one[:1] in ("[", "{"):
        return _short(one) == _short(other)
    return bool(one == other)


def _short(text: str) -> str:
    """JSON with its long numbers cut."""
    return re.sub(r"\d+\.\d{4,}(?:e-?\d+)?", lambda found: f"{float(found[0]):.6g}", text)


def difference(one: Table, other: Table, query: str) -> str:
    """What two answers do not share, empty where they are the same. Rows that nothing orders may come in any order; which of
    several equals a `top` or a `take_any` gives is not said, so that only their numbers count, where they have any."""
    if [(column.name, column.type) for column in one.columns] != [
        (column.name, column.type) for column in other.columns
    ]:
        return f"{one.columns} and {other.columns}"
    if len(one) != len(other):
        return f"{len(one)} rows and {len(other)}"
    ours, theirs = sorted(one.rows(), key=str), sorted(other.rows(), key=str)
    wrong = [pair for pair in zip(ours, theirs, strict=True) if not all(map(same, *pair))]
    kinds = [at for at, column in enumerate(one.columns) if column.type in ("long", "int", "real")]
    by = re.findall(r"\btop \d+ by (\w+)", query)
    kinds = [at for at in kinds if one.columns[at].name in by] or kinds  # of equal ones any may be in the top
    if wrong and kinds and re.search(r"\btop \d|\btake_any(if)?\(|\btake \d", query):
        lists = [[sorted(row[at] or 0 for row in rows) for at in kinds] for rows in (ours, theirs)]
        wrong = [pair for pair in zip(*lists, strict=True) if not all(map(same, *pair))]
    return f"{wrong[0][0]} and {wrong[0][1]}" if wrong else ""


def test_a_top_is_compared_by_its_numbers_and_without_any_by_its_texts(local: LocalEngine) -> None:
    def answer(row: str) -> Table:
        return local.run(QueryRequest(f"print {row}"))

    assert difference(answer("s = 'a', n = 1"), answer("s = 'b', n = 1"), "T | top 1 by n") == ""
    assert difference(answer("s = 'a', n = 1"), answer("s = 'a', n = 2"), "T | top 1 by n") == "[1] and [2]"
    assert difference(answer("n = 1, m = 2"), answer("n = 1, m = 3"), "T | top 1 by n") == ""
    assert difference(answer("s = 'a'"), answer("s = 'b'"), "T | take 1") == "('a',) and ('b',)"


def differences(local: LocalEngine, live: LogAnalyticsEngine, asked: list[QueryRequest]) -> list[str]:
    found, moment = [], dt.datetime.now(dt.UTC)
    for request in asked:
        # One moment for both: between them a row may come to be too old, or a day to be over.
        wide = replace(request, row_limit=None, text=at_moment(request.text, moment))
        told = difference(local.run(wide), live.run(wide), request.text)
        if told:
            found.append(f"{told} for {request.text}")
    return found


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_every_query_has_the_same_answer_live(
    name: str, estate: Path, local: LocalEngine, live: LogAnalyticsEngine
) -> None:
    asked = requests(name, estate, clicked=picked(local, name))
    assert asked
    assert differences(local, live, asked) == []


@pytest.mark.parametrize("name", ["aks-audit-warnings", "entity", "incident-trends", "sign-ins", "threat-intelligence"])
def test_some_queries_have_the_same_answer_live(
    name: str, estate: Path, local: LocalEngine, live: LogAnalyticsEngine
) -> None:
    asked = requests(name, estate, hours=6, clicked=picked(local, name))
    assert asked
    assert differences(local, live, asked[:: max(1, len(asked) // 3)]) == []
