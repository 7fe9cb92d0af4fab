"""Every due time is run once in effect: through kills, clock changes, errors and several processes."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.errors import Problem, WatchbookError
from dashboard.schedule.cron import parse_cron
from dashboard.schedule.job import Due, Job, at_intervals, continually, every
from dashboard.schedule.scheduler import Scheduler
from dashboard.store import schedule as kept
from dashboard.store.database import Migration, Store
from dashboard.store.migrations import MIGRATIONS
from tests.shared import ROOT

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
EFFECTS = sa.Table(
    "effects",
    sa.MetaData(),
    sa.Column("job", sa.String(50)),
    sa.Column("due", sa.String(40)),
    sa.Column("stands_for", sa.Integer),
)
STEPS = (*MIGRATIONS, Migration("effects", lambda connection: EFFECTS.create(connection)))


class Killed(BaseException):
    """Stands for the end of the process at that moment."""


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now


def _store(folder: Path) -> Store:
    return Store(f"sqlite:///{folder / 'store.db'}", STEPS)


def _write(store: Store, due: Due, at: Callable[[str], None] = lambda _: None) -> None:
    at("before")
    with store.writing() as connection:
        connection.execute(EFFECTS.insert().values(job=due.run.job, due=due.at.isoformat(), stands_for=due.stands_for))
        at("between")
        due.complete(connection)
        at("completed")
    at("after")


def _effects(store: Store) -> list[tuple[str, str, int]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(EFFECTS))]  # type: ignore[misc]


def _expected(step: Callable[[dt.datetime | None], dt.datetime | None], until: dt.datetime) -> list[str]:
    found: list[str] = []
    due = step(None)
    while due is not None and due <= until:
        found.append(due.isoformat())
        due = step(due)
    return found


def simulate(folder: Path, days: int, seed: int) -> None:
    """A rule (each due time) and a report (the latest) over so many days with kills at every point and clocks that jump
    both ways; three processes take turns."""
    chance = random.Random(seed)
    store, clock = _store(folder), Clock()

    def work(due: Due) -> None:
        def unsafe(point: str) -> None:
            # Five kills at the same due time would give it up, as a job that ends the process is (tested below).
            if due.attempt < 5 and chance.random() < 0.05:
                raise Killed(point)

        _write(store, due, unsafe)

    rule = Job("rule", at_intervals(6 * HOUR, START), work, catch_up="each")
    report = Job("report", every(parse_cron("0 7 * * *"), START), work)
    truth = START
    end = START + days * DAY
    kills = 0
    while truth < end:
        truth += chance.choice([HOUR, 3 * HOUR, DAY, 2 * DAY]) if chance.random() < 0.9 else dt.timedelta(seconds=1)
        clock.now = truth
        if chance.random() < 0.2:
            clock.now += chance.choice([-40 * DAY, -HOUR, -dt.timedelta(seconds=30), 5 * HOUR, 3 * DAY])
        try:
            Scheduler(store, lambda: [rule, report], clock, f"p{chance.randrange(3)}").tick()
        except Killed:
            kills += 1
    for _ in range(40):
        clock.now = end = max(end, clock.now) + dt.timedelta(minutes=2)
        try:
            Scheduler(store, lambda: [rule, report], clock, "last").tick()
        except Killed:
            kills += 1
    found = _effects(store)
    with store.reading() as connection:
        settled = kept.progress(connection)
    rules = [due for job, due, _ in found if job == "rule"]
    assert rules == _expected(rule.next_due, settled["rule"] or START)
    reports = [(due, count) for job, due, count in found if job == "report"]
    assert max(Counter(due for due, _ in reports).values()) == 1
    # Those that were passed over are counted: together they are every day.
    assert sum(count for _, count in reports) == len(_expected(report.next_due, settled["report"] or START))
    assert kills > days / 20


def test_each_due_time_is_run_once_in_effect_through_kills_and_clock_changes(tmp_path: Path) -> None:
    simulate(tmp_path, days=60, seed=7)


@pytest.mark.soak
def test_a_thousand_days_with_kills_and_clock_changes(tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / str(seed)).mkdir()
        simulate(tmp_path / str(seed), days=1000, seed=seed)


_PROCESS = """
import os, random, sys, threading, time, datetime as dt
from pathlib import Path
from dashboard.schedule.job import Job, at_intervals
from dashboard.schedule.scheduler import Scheduler
from tests.schedule.test_scheduler import START, _store, _write
folder, since = Path(sys.argv[1]), dt.datetime.fromisoformat(sys.argv[2])
store = _store(folder)
def work(due):
    time.sleep(random.random() * 0.05)
    _write(store, due, lambda _: time.sleep(random.random() * 0.01))
jobs = [Job(f"job{n}", at_intervals(dt.timedelta(seconds=0.25), since), work, catch_up="each") for n in range(3)]
print("ready", flush=True)
Scheduler(store, lambda: jobs, lease=dt.timedelta(seconds=1)).run_forever(threading.Event(), poll=0.02)
"""


def test_two_processes_that_are_killed_again_and_again_run_every_due_time_once(tmp_path: Path) -> None:
    store = _store(tmp_path)
    since = dt.datetime.now(dt.UTC)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _PROCESS, str(tmp_path), since.isoformat()]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    processes = [start(), start()]
    try:
        for turn in range(4):
            time.sleep(0.7 + 0.13 * turn)
            killed = processes.pop(0)
            killed.send_signal(signal.SIGKILL)
            killed.communicate()
            processes.append(start())
        time.sleep(2.5)
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    found = Counter((job, due) for job, due, _ in _effects(store))
    assert set(found.values()) == {1}
    step = at_intervals(dt.timedelta(seconds=0.25), since)
    for job in ("job0", "job1", "job2"):
        dues = sorted(due for name, due in found if name == job)
        assert len(dues) > 10
        assert dues == _expected(step, dt.datetime.fromisoformat(dues[-1]))


def test_missed_times_are_caught_up_by_each_or_by_the_latest(tmp_path: Path) -> None:
    store, clock = _store(tmp_path), Clock()
    jobs = [
        Job("each", at_intervals(HOUR, START), lambda due: _write(store, due), catch_up="each"),
        Job("latest", at_intervals(HOUR, START), lambda due: _write(store, due), catch_up="latest"),
    ]
    clock.now = START + 3 * HOUR + HOUR / 2
    scheduler = Scheduler(store, lambda: jobs, clock)
    assert scheduler.tick() == 5
    found = _effects(store)
    assert [count for job, _, count in found if job == "each"] == [1, 1, 1, 1]
    assert [(due, count) for job, due, count in found if job == "latest"] == [((START + 3 * HOUR).isoformat(), 4)]
    assert scheduler.tick() == 0


def test_a_failing_job_says_why_and_stops_no_other(tmp_path: Path) -> None:
    store, clock = _store(tmp_path), Clock()

    def refuse(_: Due) -> None:
        raise WatchbookError(Problem("SD001", "The server refuses."))

    def fail(_: Due) -> None:
        raise ZeroDivisionError

    def no_rhythm(_: dt.datetime | None) -> dt.datetime:
        raise KeyError("x")

    jobs = [
        Job("refused", at_intervals(HOUR, START), refuse),
        Job("broken", at_intervals(HOUR, START), fail),
        Job("rhythm", no_rhythm, fail),
        Job("stuck", lambda after: START, fail, catch_up="latest"),
        Job("good", at_intervals(HOUR, START), lambda due: _write(store, due)),
    ]
    scheduler = Scheduler(store, lambda: jobs, clock)
    scheduler.tick()
    clock.now += HOUR
    scheduler.tick()
    with store.reading() as connection:
        runs = {run.job: run for run in kept.history(connection)}
    assert [due for job, due, _ in _effects(store) if job == "good"] == [START.isoformat(), clock.now.isoformat()]
    assert runs["refused"].state == "failed"
    assert "The server refuses." in runs["refused"].message
    assert runs["broken"].message.startswith("SD005")


def test_a_failed_attempt_is_repeated_after_its_waits_with_the_same_key(tmp_path: Path) -> None:
    store, clock = _store(tmp_path), Clock()
    keys: list[tuple[str, int]] = []

    def work(due: Due) -> None:
        keys.append((due.key, due.attempt))
        if due.attempt < 3:
            raise WatchbookError(Problem("SD001", "Not yet."))
        _write(store, due)

    job = Job("mail", at_intervals(DAY, START), work, retries=(HOUR / 60, HOUR / 6))
    scheduler = Scheduler(store, lambda: [job], clock)
    for minutes in (0, 0.5, 1.5, 5, 12):
        clock.now = START + dt.timedelta(minutes=minutes)
        scheduler.tick()
    assert [attempt for _, attempt in keys] == [1, 2, 3]
    assert len({key for key, _ in keys}) == 1
    assert len(_effects(store)) == 1


def test_a_lease_that_was_lost_in_the_middle_writes_nothing(tmp_path: Path) -> None:
    store, clock = _store(tmp_path), Clock()
    other = Job("job", at_intervals(DAY, START), lambda due: _write(store, due))

    def slow(due: Due) -> None:
        clock.now += dt.timedelta(minutes=5)
        assert Scheduler(store, lambda: [other], clock, "other").tick() == 1
        _write(store, due)

    Scheduler(store, lambda: [Job("job", other.next_due, slow)], clock, "slow").tick()
    assert len(_effects(store)) == 1
    with store.reading() as connection:
        assert [(run.holder, run.state) for run in kept.history(connection)] == [("other", "done")]


def test_a_job_that_ends_the_process_each_time_is_given_up(tmp_path: Path) -> None:
    store, clock = _store(tmp_path), Clock()
    tries = 0

    def deadly(_: Due) -> None:
        nonlocal tries
        tries += 1
        raise Killed

    job = Job("deadly", at_intervals(DAY * 30, START), deadly)
    for _ in range(10):
        clock.now += dt.timedelta(minutes=2)
        try:
            Scheduler(store, lambda: [job], clock).tick()
        except Killed:
            continue
    assert tries == 5
    with store.reading() as connection:
        assert kept.history(connection)[0].message.startswith("SD006")


def test_a_quiet_job_has_no_past_and_leaves_a_trace_only_where_it_did_something(tmp_path: Path) -> None:
    store = _store(tmp_path)
    said = ["", "2 changes", ""]

    def work(due: Due) -> None:
        with store.writing() as connection:
            due.complete(connection, said.pop(0))

    step = continually(dt.timedelta(seconds=1))
    job = Job("quiet", step, work, quiet=True)
    first = step(None)
    assert first is not None
    clock = Clock()
    scheduler = Scheduler(store, lambda: [job], clock)
    for seconds in (0, 1, 2):
        clock.now = first + dt.timedelta(seconds=seconds)
        scheduler.tick()
    with store.reading() as connection:
        assert [run.message for run in kept.history(connection)] == ["2 changes"]
        assert kept.progress(connection)["quiet"] == clock.now


def test_a_hanging_job_holds_up_no_other_and_stopping_waits_for_what_runs(tmp_path: Path) -> None:
    store, stop, release = _store(tmp_path), threading.Event(), threading.Event()
    since = dt.datetime.now(dt.UTC)

    def hang(due: Due) -> None:
        release.wait(120)
        _write(store, due)

    jobs = [
        Job("hanging", at_intervals(DAY, since), hang),
        Job("quick", at_intervals(dt.timedelta(seconds=0.1), since), lambda due: _write(store, due)),
    ]
    thread = threading.Thread(target=Scheduler(store, lambda: jobs).run_forever, args=(stop, 0.02))
    thread.start()
    for _ in range(600):
        if sum(job == "quick" for job, _, _ in _effects(store)) > 3:
            break
        time.sleep(0.05)
    assert {job for job, _, _ in _effects(store)} == {"quick"}
    stop.set()
    release.set()
    thread.join(60)
    assert "hanging" in {job for job, _, _ in _effects(store)}
