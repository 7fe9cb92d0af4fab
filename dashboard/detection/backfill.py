"""Rules run over past windows: what the scheduler would have done, had it been there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dashboard.detection.moments import now_micros
from dashboard.detection.rulebook import Record
from dashboard.detection.rules.rule import Rule
from dashboard.detection.run import run_rule
from dashboard.detection.simulate import simulate
from dashboard.detection.windows import delay, ends_between
from dashboard.engines.protocol import CancelToken, Engine
from dashboard.errors import WatchbookError
from dashboard.store.database import Store

Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class Done:
    """What a rule found in its windows; `problem` is why one failed, empty where none did."""

    rule: str
    rule_id: str
    windows: int
    hits: int
    alerts: int
    incidents: tuple[int, ...]
    problem: str
    seconds: float

    def json(self) -> dict[str, Any]:
        """As the command line writes it."""
        return {**vars(self), "incidents": list(self.incidents)}


def record_of(rule: Rule) -> Record:
    """A rule as if it was enabled in the store."""
    return Record(rule, 0, True, False, (), 0, "", 0, 0, 0, "", "")


def backfill(
    records: Sequence[Record],
    engine: Engine,
    store: Store,
    span: int,
    *,
    end: int | None = None,
    step: int | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> list[Done]:
    """Runs every rule over the windows of the last `span` microseconds before `end` (None: now), oldest first; a window that
    was evaluated before stays as it is. `step` makes windows longer than a rule's own. `dry_run` writes nothing."""
    until = now_micros() if end is None else end
    done = []
    for i, record in enumerate(records):
        if progress is not None:
            progress(i / len(records), record.rule.name)
        done.append(_one(record, engine, store, until - span, until, step, dry_run, cancel))
    if progress is not None:
        progress(1.0, f"{len(records)} rules")
    return done


def _one(
    record: Record,
    engine: Engine,
    store: Store,
    start: int,
    end: int,
    step: int | None,
    dry_run: bool,
    cancel: CancelToken | None,
) -> Done:
    started = time.perf_counter()
    rule = record.rule
    windows = hits = alerts = 0
    touched: dict[int, None] = {}
    problem = ""
    try:
        if dry_run:
            found = simulate(
                rule, engine, start, end, exclusions=record.exclusions, step=step, most=100_000, cancel=cancel
            )
            windows, hits, alerts = len(found.hits), sum(hit.rows for hit in found.hits), len(found.alerts)
        else:
            ends = ends_between(rule, start, end, step)
            if step is not None and step > rule.frequency:
                rule = replace(rule, frequency=step, period=max(rule.period, step))
            suppressed = 0
            for at in ends:
                now = replace(record, rule=rule, suppressed_until=suppressed)
                outcome = run_rule(now, at, engine, store, at=min(at + delay(rule), end), again=True, cancel=cancel)
                windows, hits, alerts = windows + 1, hits + outcome.hits, alerts + len(outcome.alerts)
                touched |= dict.fromkeys(outcome.incidents)
                if outcome.alerts and rule.suppress:
                    suppressed = at + rule.suppression
                if outcome.problem is not None:
                    problem = outcome.problem.describe()
                    break
    except WatchbookError as error:
        problem = error.problem.describe()
    return Done(
        record.rule.name, rule.id, windows, hits, alerts, tuple(touched), problem, time.perf_counter() - started
    )
