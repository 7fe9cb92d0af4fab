"""Runs hunting queries, many at a time, and remembers what each found."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from dashboard.detection.hunting.queries import HuntingQuery
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest, TimeSpan
from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.store.hunting import NOTES, RESULTS

MOST_ROWS: Final = 10_000
SPANS: Final = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
"""Time ranges that can be hunted over, in days."""
_WORKERS: Final = 2
_KEPT: Final = 20
_LOG = logging.getLogger("watchbook.hunting")


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found at a time: `rows` (MOST_ROWS means that or more), or a message where it failed (`rows` is -1)."""

    query: str
    at: dt.datetime
    span: str
    source: str
    rows: int
    message: str = ""


def span_of(span: str, now: dt.datetime) -> TimeSpan:
    """The time span of one of SPANS."""
    return TimeSpan(now - dt.timedelta(days=SPANS[span]), now)


def run_query(
    engine: Engine, query: HuntingQuery, span: str, now: dt.datetime, cancel: CancelToken | None = None
) -> Result:
    """Runs one query; a failure is a result. Raises Cancelled."""
    try:
        table = engine.run(QueryRequest(query.text, timespan=span_of(span, now), row_limit=MOST_ROWS, now=now), cancel)
        return Result(query.id, now, span, engine.name, len(table))
    except Cancelled:
        raise
    except WatchbookError as error:
        return Result(query.id, now, span, engine.name, -1, error.problem.describe())
    except Exception:  # noqa: BLE001 (one query that fails stops no other)
        _LOG.exception("a hunting query failed: %s", query.id)
        problem = Problem("HU001", "The query failed; the reason is in the log.")
        return Result(query.id, now, span, engine.name, -1, problem.describe())


def run_all(
    engine: Engine,
    queries: Sequence[HuntingQuery],
    span: str,
    store: Store,
    *,
    cancel: CancelToken | None = None,
    now: dt.datetime | None = None,
) -> Iterator[Result]:
    """Runs the queries and gives each result as soon as it is there, saved. A cancel ends it: what was found stays."""
    token, moment = cancel or CancelToken(), now or dt.datetime.now(dt.UTC)
    with ThreadPoolExecutor(_WORKERS, "hunting") as pool:
        waiting: set[Future[Result]] = set()
        rest = iter(queries)
        ended = False
        while True:
            while not ended and len(waiting) < _WORKERS * 2:
                query = next(rest, None)
                if query is None or token.cancelled:
                    ended = True
                    break
                waiting.add(pool.submit(run_query, engine, query, span, moment, token))
            if not waiting:
                return
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    result = future.result()
                except Cancelled:
                    ended = True
                    continue
                save_result(store, result)
                yield result


def save_result(store: Store, result: Result) -> None:
    """Remembers a result; of each query the newest twenty are kept."""
    with store.writing() as connection:
        connection.execute(
            RESULTS.insert().values(
                query=result.query, at=result.at, span=result.span, source=result.source, rows=result.rows, message=result.message[:2000]
            )
        )  # fmt: skip
        kept = sa.select(RESULTS.c.id).where(RESULTS.c.query == result.query).order_by(RESULTS.c.id.desc()).limit(_KEPT)
        last = min(connection.scalars(kept), default=0)
        connection.execute(RESULTS.delete().where(RESULTS.c.query == result.query, RESULTS.c.id < last))


def last_results(store: Store, span: str = "", source: str = "") -> dict[str, tuple[Result, int | None]]:
    """The newest result of each query, and how its rows changed since the result before it over the same span and source
    (None where there is none to compare with)."""
    columns = [RESULTS.c[name] for name in Result.__dataclass_fields__]
    query = sa.select(*columns).order_by(RESULTS.c.id.desc())
    if span:
        query = query.where(RESULTS.c.span == span)
    if source:
        query = query.where(RESULTS.c.source == source)
    found: dict[str, tuple[Result, int | None]] = {}
    compared: set[str] = set()
    with store.reading() as connection:
        for row in connection.execute(query):
            result = Result(*row)
            newest = found.get(result.query)
            if newest is None:
                found[result.query] = (result, None)
            elif (
                result.query not in compared
                and result.rows >= 0
                and (result.span, result.source) == (newest[0].span, newest[0].source)
            ):
                compared.add(result.query)
                if newest[0].rows >= 0:
                    found[result.query] = (newest[0], newest[0].rows - result.rows)
    return found


def read_notes(store: Store) -> dict[str, str]:
    """The notes by query."""
    with store.reading() as connection:
        return {row.query: row.text for row in connection.execute(sa.select(NOTES))}


def write_note(store: Store, query: str, text: str) -> None:
    """Writes the note of a query; an empty one takes it away."""
    with store.writing() as connection:
        connection.execute(NOTES.delete().where(NOTES.c.query == query))
        if text.strip():
            connection.execute(
                NOTES.insert().values(query=query, text=text.strip()[:20_000], modified=dt.datetime.now(dt.UTC))
            )
