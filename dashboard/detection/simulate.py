"""What a rule would have found: its windows over the past, judged as the scheduler would, and nothing written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dashboard.detection.alert import Alert
from dashboard.detection.query import Exclusion
from dashboard.detection.raise_alerts import fingerprint, raise_alerts, triggers
from dashboard.detection.rules.rule import Rule
from dashboard.detection.run import ask
from dashboard.detection.windows import ends_between
from dashboard.engines.protocol import CancelToken, Engine

MOST_WINDOWS = 336
Progress = Callable[[float, str], object]


@dataclass(frozen=True)
class Hit:
    """One window: its end in microseconds, how many rows it had, and how many alerts that makes."""

    end: int
    rows: int
    alerts: int


@dataclass(frozen=True)
class Simulation:
    """The windows oldest first, the alerts of them, and whether older windows were left out."""

    hits: tuple[Hit, ...]
    alerts: tuple[Alert, ...]
    cut: bool
    seconds: float


def simulate(
    rule: Rule,
    engine: Engine,
    start: int,
    end: int,
    *,
    exclusions: Sequence[Exclusion] = (),
    step: int | None = None,
    most: int = MOST_WINDOWS,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Simulation:
    """Evaluates the windows that end in (start, end], the newest `most` of them. `step` (microseconds) looks at longer windows
    instead: each as long as the step at least. Raises WatchbookError where the query fails."""
    started = time.perf_counter()
    ends = ends_between(rule, start, end, step)
    if step is not None and step > rule.frequency:
        rule = replace(rule, frequency=step, period=max(rule.period, step))
    cut = len(ends) > most
    ends = ends[-most:]
    hits: list[Hit] = []
    alerts: list[Alert] = []
    seen: dict[str, int] = {}
    until = -1
    for i, at in enumerate(ends):
        if cancel is not None:
            cancel.check()
        if progress is not None:
            progress(i / len(ends), f"Window {i + 1} of {len(ends)}")
        if at <= until:
            hits.append(Hit(at, 0, 0))
            continue
        rows = ask(rule, at - rule.period, at, engine, exclusions, cancel)
        raised: list[Alert] = []
        if triggers(rule, len(rows)) and rule.products is None:
            fresh = rows
            if rule.period > rule.frequency:
                seen = {mark: last for mark, last in seen.items() if last > at - rule.period}
                fresh = []
                for row in rows:
                    mark = fingerprint(row)
                    if mark not in seen:
                        seen[mark] = at
                        fresh.append(row)
            if fresh or not rows:
                raised = raise_alerts(rule, fresh, at - rule.period, at, at)
        if raised and rule.suppress:
            until = at + rule.suppression
        hits.append(Hit(at, len(rows), len(raised)))
        alerts += raised
    return Simulation(tuple(hits), tuple(alerts), cut, time.perf_counter() - started)
