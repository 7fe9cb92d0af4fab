"""One result an item: its table, or the sentence that says why there is none."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from dashboard.document.references import references
from dashboard.document.workbook import text_of
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.runtime.answers import Answers
from dashboard.runtime.execute import Executor, Statistics, engine_fault
from dashboard.runtime.metrics import undivided
from dashboard.runtime.plan import PlannedItem
from dashboard.table import Notice, Table

ResultStatus = Literal["ok", "empty", "hidden", "unset", "unsupported", "error"]
NO_ROWS = "The query returned no results."


@dataclass(frozen=True)
class ItemResult:
    """What an item came to. `table` is there for `ok` and `empty` query items; `message` is a sentence for the reader in all
    other cases (for `empty` the item's own text where it has one); `ms` is how long the answer took."""

    status: ResultStatus
    table: Table | None = None
    problem: Problem | None = None
    message: str = ""
    ms: float = 0.0


def item_result(
    item: PlannedItem, executor: Executor, statistics: Statistics, version: str, cancel: CancelToken | None = None
) -> ItemResult:
    """Runs what the item asks of the data of that version, and waits. Never raises but Cancelled."""
    if item.status != "ready":
        return ItemResult(item.status, problem=item.problem, message=item.message)
    if item.query is None:
        return ItemResult("ok")
    started = time.perf_counter()
    answers = Answers(executor, statistics, cancel, version)
    try:
        while True:
            answer = (
                answers.merge(item.query.text, item.inputs) if item.query.source == "merge" else answers.get(item.query)
            )
            if isinstance(answer, (Table, WatchbookError)):
                break
            answers.settle()
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - a fault in one item is drawn in its frame, the page lives on
        answer = WatchbookError(engine_fault(error))
    ms = round((time.perf_counter() - started) * 1000, 1)
    if isinstance(answer, WatchbookError):
        message = answer.problem.message + _undeclared(item.query)
        return ItemResult("error", problem=answer.problem, message=message, ms=ms)
    told = undivided(item.item, item.query) if item.item.kind == "metric" else ""
    if told:
        answer = answer.with_notice(Notice("RT015", told))
    if not len(answer):
        words = text_of(item.texts.get("noDataMessage")) or NO_ROWS
        why = [notice.message for notice in answer.notices if notice.code == "RT014"]
        return ItemResult("empty", answer, message=" ".join([words, *why]), ms=ms)
    return ItemResult("ok", answer, ms=ms)


def _undeclared(request: QueryRequest) -> str:
    """A sentence for a failed query that still holds references: substitution leaves only what nothing declares."""
    names = sorted(references(request.text)) if request.source != "json" else []
    return f" Nothing before this item declares {', '.join(f'{{{name}}}' for name in names)}." if names else ""
