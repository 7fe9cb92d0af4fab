"""One behaviour suite over both engines: the same queries through the local engine, and through Microsoft's client to the
local endpoint, give equal tables."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.engines.local import LocalEngine
from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.engines.protocol import QueryRequest, TimeSpan
from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.table import Table
from tests.server.querying import WORKSPACE, Credential, querying
from tests.server.test_api_clients import QUERIES, comparable
from tests.shared import lines, needs_shared

COUNT = 300
_CHANCE = re.compile(
    r"\brand\b|\bnew_guid|\bnow\(|\bago\(|\bsample\b|cursor|\bhll|tdigest|arg_m(?:ax|in)|take_any|\bany\(", re.I
)


@pytest.fixture(scope="module")
def engines(estate: Path) -> Iterator[tuple[LocalEngine, LogAnalyticsEngine]]:
    local = LocalEngine(estate, known_tables())
    with querying(local, token="t") as port:
        yield local, LogAnalyticsEngine([WORKSPACE], Credential("t"), f"http://127.0.0.1:{port}")


def queries() -> list[str]:
    """Our own, and real ones on inline data whose answer does not hang on chance or the clock."""
    found = [case["query"] for case in lines("corpus/kql_cases/emulator.jsonl") if not _CHANCE.search(case["query"])]
    return QUERIES + found


def outcome(engine: LocalEngine | LogAnalyticsEngine, query: str) -> Table | None:
    end = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    span = TimeSpan(end - dt.timedelta(days=14), end)
    try:
        return engine.run(QueryRequest(query, timespan=span, row_limit=30_000))
    except WatchbookError:
        return None


def differing(engines: tuple[LocalEngine, LogAnalyticsEngine], asked: list[str]) -> tuple[int, list[str]]:
    """How many queries both engines answered, and those whose tables differ."""
    both, wrong = 0, []
    for query in asked:
        if both == COUNT:
            break
        ours, theirs = outcome(engines[0], query), outcome(engines[1], query)
        if ours is None and theirs is None:
            continue
        both += 1
        ordered = any(word in query for word in ("sort by", "order by", "top ", "range ", "print "))
        if (
            ours is None
            or theirs is None
            or ours.columns != theirs.columns
            or ours.render != theirs.render
            or comparable(ours.rows(), ordered) != comparable(theirs.rows(), ordered)
        ):
            wrong.append(query)
    return both, wrong


@needs_shared
def test_both_engines_give_equal_tables_for_a_sample(engines: tuple[LocalEngine, LogAnalyticsEngine]) -> None:
    asked = queries()[::5]
    both, wrong = differing(engines, asked)
    assert both > 50
    assert wrong == []


@needs_shared
@pytest.mark.soak
def test_both_engines_give_equal_tables_for_300_queries(engines: tuple[LocalEngine, LogAnalyticsEngine]) -> None:
    both, wrong = differing(engines, queries())
    assert both == COUNT
    assert wrong == []
