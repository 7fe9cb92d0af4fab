"""One run of one rule over one window: ask, judge, and write alerts, incidents and the run itself in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from dashboard import settings
from dashboard.detection.alert import Alert, events_of, save_alerts
from dashboard.detection.incidents.grouping import group_alerts
from dashboard.detection.moments import from_micros, now_micros
from dashboard.detection.query import MOST_ROWS, at_moment, products_text, request
from dashboard.detection.raise_alerts import fingerprint, kept_event, raise_alerts, rows_of, triggers
from dashboard.detection.rulebook import Record, audit_rule, find_rule
from dashboard.detection.rules.rule import Rule
from dashboard.engines.protocol import CancelToken, Engine
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.store.incidents import INCIDENTS
from dashboard.store.rules import RULES, RUNS, SEEN

Complete = Callable[[sa.Connection], None]


@dataclass(frozen=True)
class Outcome:
    """What came of one window: `status` is ok, quiet (nothing found), suppressed, failed, or done (it had been evaluated
    before). `hits` counts the rows of the query, `incidents` are the numbers touched."""

    status: str
    hits: int = 0
    alerts: tuple[Alert, ...] = ()
    incidents: tuple[int, ...] = ()
    problem: Problem | None = None


def run_rule(
    record: Record,
    window_end: int,
    engine: Engine,
    store: Store,
    *,
    window_start: int | None = None,
    at: int | None = None,
    complete: Complete | None = None,
    retry: bool = False,
    again: bool = False,
    cancel: CancelToken | None = None,
) -> Outcome:
    """Evaluates the window that ends at `window_end` (microseconds) and begins a query period before (or at `window_start`).

    Everything it causes is written in one transaction with the run itself, keyed by rule and window end: a window counts
    once, however often and by how many processes it is tried. `complete` is called inside that transaction (the scheduler's
    mark that the due time is over). `at` is when the alerts are raised (None: the clock). With `retry`, a failure that may
    pass is raised for the scheduler to try again and nothing is written. `again` says that other windows may have been laid
    over the same time before: rows that raised an alert then raise none. They are known by what the alerts keep, the first
    twenty rows of each.
    """
    moment = now_micros() if at is None else at
    started = time.perf_counter()
    rule = record.rule
    start = window_end - rule.period if window_start is None else window_start
    rows: list[dict[str, Any]] = []
    problem: Problem | None = None
    suppressed = record.suppressed_until >= window_end
    if not suppressed:
        try:
            rows = ask(rule, start, window_end, engine, record.exclusions, cancel)
        except WatchbookError as error:
            problem = error.problem
            if retry and may_pass(problem):
                raise
    run = _Run(record, start, window_end, moment, time.perf_counter() - started, again)
    with store.writing() as connection:
        outcome = run.write(connection, rows, problem, suppressed)
        if complete is not None:
            complete(connection)
    return outcome


def ask(
    rule: Rule,
    start: int,
    end: int,
    engine: Engine,
    exclusions: Sequence[Any] = (),
    cancel: CancelToken | None = None,
) -> list[dict[str, Any]]:
    """The rows that the rule finds in a window."""
    if rule.products is not None:
        wanted = replace(request(rule, start, end), text=products_text(rule))
    else:
        wanted = request(rule, start, end, exclusions)
    if engine.name != "local":
        wanted = replace(wanted, text=at_moment(wanted.text, from_micros(end)))
    return rows_of(engine.run(wanted, cancel))[:MOST_ROWS]


def may_pass(problem: Problem) -> bool:
    """Whether a failure may be gone at the next try: a query that is wrong stays wrong."""
    return not problem.code.startswith("KQ") and problem.code not in ("EN014", "EN012", "EN013")


@dataclass(frozen=True)
class _Run:
    record: Record
    start: int
    end: int
    at: int
    seconds: float
    again: bool = False

    def write(
        self, connection: sa.Connection, rows: list[dict[str, Any]], problem: Problem | None, suppressed: bool
    ) -> Outcome:
        rule = self.record.rule
        known = connection.execute(
            sa.select(RUNS.c.status).where(RUNS.c.rule_id == rule.id, RUNS.c.window_end == self.end)
        ).first()
        if known is not None:
            return Outcome("done")
        if problem is not None:
            self._failed(connection, problem)
            return Outcome("failed", problem=problem)
        alerts: list[Alert] = []
        touched: list[int] = []
        if not suppressed:
            if rule.products is not None:
                touched = self._adopt(connection, rows)
            elif triggers(rule, len(rows)):
                fresh = self._fresh(connection, rows)
                if fresh or not rows:
                    alerts = raise_alerts(rule, fresh, self.start, self.end, self.at)
                    save_alerts(connection, alerts)
                    touched = [incident.number for incident in group_alerts(connection, rule, alerts, self.at)]
        status = "suppressed" if suppressed else "ok" if alerts or touched else "quiet"
        self._record(connection, status, len(rows), len(alerts), "")
        changes: dict[str, Any] = {"evaluated_to": self.end, "failures": 0, "first_failure": 0, "problem": ""}
        if alerts and rule.suppress:
            changes["suppressed_until"] = self.end + rule.suppression
        connection.execute(RULES.update().where(RULES.c.id == rule.id).values(**changes))
        return Outcome(status, len(rows), tuple(alerts), tuple(touched))

    def _fresh(self, connection: sa.Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows of which no earlier, overlapping window made an alert. Where windows do not overlap, all of them."""
        rule = self.record.rule
        if not self.again and (rule.kind == "NRT" or self.end - self.start <= rule.frequency):
            return rows
        prints = [fingerprint(row) for row in rows]
        connection.execute(SEEN.delete().where(SEEN.c.rule_id == rule.id, SEEN.c.window_end <= self.start))
        seen = set(connection.scalars(sa.select(SEEN.c.row).where(SEEN.c.rule_id == rule.id)))
        # Marks reach no further back than the windows of the last run did.
        kept = events_of(connection, rule.id, self.start, self.end) if self.again else []
        raised = {fingerprint(event) for event in kept}
        fresh, new = [], []
        for row, mark in zip(rows, prints, strict=True):
            if mark not in seen and not (raised and fingerprint(kept_event(row)) in raised):
                seen.add(mark)
                new.append({"rule_id": rule.id, "row": mark, "window_end": self.end})
                fresh.append(row)
        if new:
            connection.execute(SEEN.insert(), new)
        return fresh

    def _adopt(self, connection: sa.Connection, rows: list[dict[str, Any]]) -> list[int]:
        """Incidents of alerts that other products raised."""
        rule = self.record.rule
        alerts = [
            Alert(str(row["SystemAlertId"]), rule.id, self.at, self.end, _with_times(row, self.start, self.end))
            for row in rows
        ]
        fresh_ids = {
            row["SystemAlertId"] for row in self._fresh(connection, [{"SystemAlertId": a.alert_id} for a in alerts])
        }
        if self.again:
            states = connection.scalars(sa.select(INCIDENTS.c.state).where(INCIDENTS.c.rule_id == rule.id))
            fresh_ids -= {alert_id for state in states for alert_id in json.loads(state).get("AlertIds") or ()}
        fresh = [alert for alert in alerts if alert.alert_id in fresh_ids]
        # Each alert of a product becomes an incident of its own name.
        return [incident.number for incident in group_alerts(connection, rule, fresh, self.at)]

    def _failed(self, connection: sa.Connection, problem: Problem) -> None:
        rule = self.record.rule
        self._record(connection, "failed", 0, 0, problem.describe())
        now = find_rule(connection, rule.id)
        failures = (now.failures if now else 0) + 1
        changes: dict[str, Any] = {"evaluated_to": self.end, "failures": failures, "problem": problem.describe()}
        if failures >= settings.integer("rule_failures"):
            why = f"Turned off after {failures} failures in a row. The last one: {problem.describe()}"
            changes |= {"enabled": False, "turned_off": why, "version": (now.version if now else 0) + 1}
            audit_rule(connection, rule.id, self.at, "Watchbook", "turned off", why)
        connection.execute(RULES.update().where(RULES.c.id == rule.id).values(**changes))

    def _record(self, connection: sa.Connection, status: str, hits: int, alerts: int, problem: str) -> None:
        connection.execute(RUNS.insert().values(
            rule_id=self.record.rule.id, window_end=self.end, at=self.at, hits=hits, alerts=alerts, status=status,
            problem=problem, seconds=self.seconds,
        ))  # fmt: skip


def _with_times(row: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    from dashboard.detection.moments import iso

    times = {"StartTime": row.get("StartTime") or iso(start), "EndTime": row.get("EndTime") or iso(end)}
    times = {name: str(value)[:26].rstrip("Z") + "Z" for name, value in times.items()}
    return {**row, **times, "DisplayName": row.get("DisplayName") or row.get("AlertName") or "Alert"}
