"""A simulated clock with jumps, missed ticks and kills between any two writes: each window counts exactly once in effect."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard.detection.jobs import rule_jobs
from dashboard.detection.moments import to_micros
from dashboard.detection.rows import RowTables
from dashboard.detection.rulebook import save_rule
from dashboard.detection.rules import Rule
from dashboard.detection.rules.durations import HOUR
from dashboard.detection.rules.rule import EntityMapping, Grouping
from dashboard.engines.local import LocalEngine
from dashboard.ingest.schemas import known_tables
from dashboard.schedule.scheduler import Scheduler
from dashboard.store.alerts import ALERTS
from dashboard.store.database import Store
from dashboard.store.incidents import HISTORY, INCIDENTS
from dashboard.store.rules import RUNS

START = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)


class Killed(BaseException):
    """The process is gone: no handler of ours may notice."""


class Killer:
    """Ends the process before the n-th statement from now on; 0 lets it live."""

    def __init__(self, store: Store) -> None:
        self.left = 0
        sa.event.listen(store.engine, "before_cursor_execute", self._before)

    def _before(self, *_: Any) -> None:
        if self.left:
            self.left -= 1
            if not self.left:
                raise Killed


def _rules() -> list[Rule]:
    alone = Rule(
        id="00000000-0000-4000-8000-000000000001", name="Each event", kind="Scheduled", per_result=True, version="1.0.0",
        query="Heartbeat | project TimeGenerated, Computer", description="d",
        entities=(EntityMapping("Host", (("HostName", "Computer"),)),),
    )  # fmt: skip
    grouped = replace(
        alone, id="00000000-0000-4000-8000-000000000002", name="Grouped", grouping=Grouping(True, lookback=6 * HOUR)
    )
    return [alone, grouped]


def _live(folder: Path, seed: int, steps: int) -> Counter[str]:
    chance = random.Random(seed)
    store = Store(f"sqlite:///{folder / f'store-{seed}.db'}")
    killer = Killer(store)
    rows = RowTables()
    hours = steps * 4 + 48
    rows.show({"Heartbeat": [
        {"TimeGenerated": START + dt.timedelta(minutes=37 * i), "Computer": f"host-{i}"} for i in range(hours * 60 // 37)
    ]})  # fmt: skip
    engine = LocalEngine(folder / "data", known_tables(), [rows])
    with store.writing() as connection:
        for rule in _rules():
            save_rule(connection, rule, "test", enabled=True, at=to_micros(START + dt.timedelta(hours=2)))
    clock = [START + dt.timedelta(hours=3)]
    told: Counter[str] = Counter()
    for i in range(steps):
        # A new process each time; the lease of one that was killed has to run out first.
        scheduler = Scheduler(store, lambda: rule_jobs(store, lambda _: engine), lambda: clock[0], f"process-{i}")
        clock[0] += dt.timedelta(minutes=chance.choice([2, 5, 30, 60, 90, 240, -45]))
        killer.left = chance.randrange(1, 60) if chance.random() < 0.5 else 0
        try:
            told["windows"] += scheduler.tick()
        except Killed:
            told["kills"] += 1
        killer.left = 0
    clock[0] = max(clock[0], START) + dt.timedelta(hours=3)
    Scheduler(store, lambda: rule_jobs(store, lambda _: engine), lambda: clock[0], "last").tick()
    _judge(store)
    store.close()
    return told


def _judge(store: Store) -> None:
    with store.reading() as connection:
        runs = connection.execute(sa.select(RUNS.c.rule_id, RUNS.c.window_end).order_by(RUNS.c.window_end)).all()
        alerts = connection.execute(sa.select(ALERTS)).all()
        incidents = connection.execute(sa.select(INCIDENTS)).all()
        history = connection.execute(sa.select(HISTORY)).all()
    for rule in _rules():
        ends = [end for rule_id, end in runs if rule_id == rule.id]
        assert {b - a for a, b in itertools.pairwise(ends)} <= {rule.frequency}, "a window was lost or doubled"
        raised = [json.loads(a.row) for a in alerts if a.rule_id == rule.id]
        hosts = Counter(json.loads(row["Entities"])[0]["HostName"] for row in raised)
        assert set(hosts.values()) <= {1}, "an alert was doubled"
        first, last = ends[0] - rule.period, ends[-1]
        expected = sum(first < to_micros(START + dt.timedelta(minutes=37 * i)) <= last for i in range(100_000) if to_micros(START + dt.timedelta(minutes=37 * i)) <= last)  # fmt: skip
        assert len(hosts) == expected, "an alert was lost"
    belongs = {a.alert_id: a.incident for a in alerts}
    held = Counter(alert_id for incident in incidents for alert_id in json.loads(incident.state)["AlertIds"])
    assert set(held.values()) == {1}
    assert held.keys() == belongs.keys(), "an incident without its alerts, or an alert without its incident"
    versions = Counter((entry.number, entry.version) for entry in history)
    assert all(
        versions[incident.number, version] == 1 for incident in incidents for version in range(1, incident.version + 1)
    )


@pytest.mark.parametrize("seed", range(2))
def test_no_alert_is_lost_or_doubled_by_jumps_and_kills(tmp_path: Path, seed: int) -> None:
    told = _live(tmp_path, seed, 20)
    assert told["kills"] >= 1


@pytest.mark.soak
def test_no_alert_is_lost_or_doubled_in_a_thousand_runs(tmp_path: Path) -> None:
    told: Counter[str] = Counter()
    seed = 100
    while told["windows"] < 1_000 or told["kills"] < 100:
        told += _live(tmp_path, seed, 40)
        seed += 1
