"""How an item was answered, and why a part is blank: what was sent, where it went, how long it took; which table is absent,
empty or silent, when the nearest rows are, which step of the query leaves nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from dashboard.engines.functions import is_parser, parser_hint
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest, TimeSpan
from dashboard.errors import Cancelled, WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.kql.tokens import tokenize
from dashboard.runtime.execute import Executor
from dashboard.runtime.plan import PlannedItem, requests_of
from dashboard.runtime.results import ItemResult
from dashboard.table import Table

_MOST_TABLES = 3
_MOST_STEPS = 12
_LOOK_BACK = "30d"
_SILENT = dt.timedelta(days=1)
_BEFORE = frozenset((";", "(", ",", "union", "in", "lookup", "join", "=", ")"))
_ABSENT = ("EN031", "KQ101", "KQ102")


@dataclass(frozen=True)
class Explanation:
    """How an item was answered. `queries` are the texts as they were sent; `seconds`, `rows`, `bytes`, `scanned` and `tries`
    are None where nothing tells; `fetched` is when a live answer came (seconds since 1970); `reasons` say why nothing is
    shown, the likeliest first."""

    queries: tuple[str, ...] = ()
    where: str = ""
    timespan: TimeSpan | None = None
    seconds: float | None = None
    rows: int | None = None
    bytes: int | None = None
    scanned: int | None = None
    tries: int | None = None
    fetched: float | None = None
    reasons: tuple[str, ...] = ()


def explain(
    item: PlannedItem,
    result: ItemResult,
    executor: Executor,
    *,
    deep: bool = True,
    cancel: CancelToken | None = None,
) -> Explanation:
    """How the item came to its result. Asks the engine only where a part is blank; with `deep`, also step by step. Raises
    Cancelled."""
    requests = requests_of(item)
    told: dict[str, Any] = dict(result.table.statistics) if result.table is not None else {}
    found = Explanation(
        queries=tuple(request.text for request in requests),
        where=_where(executor.engine, requests),
        timespan=requests[0].timespan if requests else None,
        seconds=told.get("seconds", result.ms / 1000 if result.ms else None),
        rows=len(result.table) if result.table is not None else None,
        bytes=told.get("bytes"),
        scanned=told.get("bytes_scanned"),
        tries=told.get("tries"),
        fetched=told.get("fetched"),
    )
    if result.status == "empty":
        reasons: list[str] = []
        for request in requests:
            if request.source in ("logs", "adx"):
                reasons += _Blank(request, executor, cancel).reasons(deep)
        return replace(found, reasons=tuple(dict.fromkeys(reasons)))
    if result.status in ("error", "unset", "unsupported", "hidden"):
        said = [result.message]
        if result.problem is not None and result.problem.hint:
            said.append(result.problem.hint)
        return replace(found, reasons=tuple(text for text in said if text))
    return found


def _where(engine: Engine, requests: list[QueryRequest]) -> str:
    tell = getattr(engine, "where", None)
    if tell is None:
        return engine.label
    return "; ".join(dict.fromkeys(str(tell(request)) for request in requests)) or engine.label


class _Blank:
    """Why a query gave no row."""

    def __init__(self, request: QueryRequest, executor: Executor, cancel: CancelToken | None) -> None:
        self._request = request
        self._executor = executor
        self._cancel = cancel
        self._live = executor.live

    def reasons(self, deep: bool) -> list[str]:
        """Sentences, the likeliest first."""
        found = []
        for name in tables_named(self._request.text)[:_MOST_TABLES]:
            said = self._of_table(name)
            if said:
                found.append(said)
        if found or not deep:
            return found
        step = self._step()
        return [step] if step else []

    def _of_table(self, name: str) -> str:
        """What is wrong with a table, empty where it has rows in the range."""
        back = f" | where TimeGenerated > ago({_LOOK_BACK})" if self._live else ""
        everything = self._ask(
            f"['{name}']{back} | summarize n = count(), a = min(TimeGenerated), b = max(TimeGenerated)"
        )
        if isinstance(everything, WatchbookError):
            if everything.problem.code in _ABSENT:
                return f"There is no table {name} here: its data connector was never on."
            if everything.problem.code == "EN012":
                return f"You have no permission to read {name}."
            return ""
        if not len(everything):  # a custom table that is not here answers without rows (see absent.py)
            return f"There is no table {name} here: its data connector was never on."
        count, first, last = everything.rows()[0]
        since = f" in the last {_LOOK_BACK[:-1]} days" if self._live else " here"
        if not count and not self._live and is_parser(name):
            return parser_hint(name)
        if not count:
            return f"{name} has no rows{since}: its data connector may be off."
        span = self._request.timespan
        if span is None or first is None:
            return ""
        inside = self._ask(f"['{name}'] | count", span)
        if isinstance(inside, WatchbookError) or not len(inside) or int(inside.rows()[0][0]):
            return ""
        return self._nearest(name, span, first, last)

    def _nearest(self, name: str, span: TimeSpan, first: dt.datetime, last: dt.datetime) -> str:
        start, end = _naive(span.start), _naive(span.end)
        range_said = f"{name} has no rows from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
        if last < start:
            quiet = f" Its data connector has been silent for {_length(end - last)}." if end - last > _SILENT else ""
            return f"{range_said}; its newest row is from {last:%Y-%m-%d %H:%M} UTC.{quiet}"
        if first > end:
            return f"{range_said}; its first row is from {first:%Y-%m-%d %H:%M} UTC."
        near = self._ask(
            f"['{name}'] | summarize a = maxif(TimeGenerated, TimeGenerated < datetime({start.isoformat()})), "
            f"b = minif(TimeGenerated, TimeGenerated > datetime({end.isoformat()}))"
        )
        if isinstance(near, WatchbookError) or not len(near):
            return f"{range_said}."
        before, after = near.rows()[0]
        sides = [f"the nearest before is from {before:%Y-%m-%d %H:%M} UTC"] if before else []
        sides += [f"the nearest after is from {after:%Y-%m-%d %H:%M} UTC"] if after else []
        return f"{range_said}; {' and '.join(sides)}." if sides else f"{range_said}."

    def _step(self) -> str:
        """The step of the query after which no row is left."""
        before, steps = split_steps(self._request.text)
        if len(steps) < 2:
            return ""
        left: int | None = None
        for number in range(1, min(len(steps), _MOST_STEPS) + 1):
            # Each on a line of its own: a comment at the end of one must not swallow the next.
            prefix = "\n| ".join(steps[:number])
            answer = self._ask(f"{before}\n{prefix}\n| count", self._request.timespan)
            if isinstance(answer, WatchbookError) or not len(answer):
                return ""
            count = int(answer.rows()[0][0])
            if not count:
                step = " ".join(steps[number - 1].split())
                shown = step if len(step) <= 160 else f"{step[:159]}…"
                if left is None:
                    return ""
                rows = f"{left:,} row{'' if left == 1 else 's'}"
                return f"Step {number}, '{shown}', leaves none of {rows}."
            left = count
        return ""

    def _ask(self, text: str, span: TimeSpan | None = None) -> Table | WatchbookError:
        request = replace(self._request, text=text, timespan=span, row_limit=10)
        try:
            return self._executor.run(request, self._cancel)
        except Cancelled:
            raise
        except WatchbookError as error:
            return error


def tables_named(text: str) -> list[str]:
    """Known tables, and custom ones (`_CL`), that a query names where a table can stand."""
    known = known_tables()
    found: dict[str, None] = {}
    before = ";"
    for word, follows in _words(text):
        stands = before in _BEFORE and follows not in ("(", "=", ":")
        if stands and (word in known or word.endswith("_CL")):
            found[word] = None
        before = word
    return list(found)


def _words(text: str) -> Iterator[tuple[str, str]]:
    texts = [each for each in tokenize(text).texts if each]
    yield from zip(texts, [*texts[1:], ""], strict=True)


def split_steps(text: str) -> tuple[str, list[str]]:
    """The statements before the last one, and the last one's source and operators, as they are written; without `render`."""
    tokens = tokenize(text)
    depth, start = 0, 0
    cuts: list[int] = []
    for word, at in zip(tokens.texts, tokens.starts, strict=True):
        if word in ("(", "[", "{"):
            depth += 1
        elif word in (")", "]", "}"):
            depth -= 1
        elif word == ";" and depth == 0 and text[at + 1 :].strip():
            start, cuts = at + 1, []
        elif word == "|" and depth == 0:
            cuts.append(at)
    edges = [start, *cuts, len(text)]
    parts = [text[a:b].lstrip("|").strip() for a, b in pairwise(edges)]
    steps = [part.rstrip(";").strip() for part in parts]
    return text[:start], [step for step in steps if step and not step.startswith("render")]


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _length(span: dt.timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
