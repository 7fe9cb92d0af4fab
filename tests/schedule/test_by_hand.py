"""A job that fails is skipped or tried again by hand; nothing runs twice in effect."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.errors import Problem, WatchbookError
from dashboard.schedule.job import Due, Job, TryAgain, at_intervals
from dashboard.schedule.scheduler import Scheduler
from dashboard.store import schedule as kept
from tests.schedule.test_scheduler import HOUR, START, Clock, _effects, _store, _write


class Server:
    """What a job needs: it refuses until a test mends it."""

    def __init__(self, folder: Path) -> None:
        self.store, self.clock, self.broken = _store(folder), Clock(), True
        retries = (HOUR * 10, HOUR * 10)
        self.job = Job("report", at_intervals(HOUR, START), self.work, retries=retries, catch_up="each")
        self.scheduler = Scheduler(self.store, lambda: [self.job], self.clock)

    def work(self, due: Due) -> None:
        if self.broken:
            raise TryAgain(Problem("SD001", "The server refuses."))
        _write(self.store, due)

    def states(self) -> list[tuple[dt.datetime, str]]:
        with self.store.reading() as connection:
            return [(run.due, run.state) for run in kept.history(connection)]


def test_a_job_that_waits_is_tried_again_at_once(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.scheduler.tick()
    assert server.states() == [(START, "waiting")]
    assert server.scheduler.tick() == 0
    server.broken = False
    with server.store.writing() as connection:
        assert kept.try_again(connection, "report", server.clock.now) == START
    server.scheduler.tick()
    assert server.states() == [(START, "done")]
    assert [due for _, due, _ in _effects(server.store)] == [START.isoformat()]


def test_a_job_that_was_given_up_is_tried_again_once(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.job = Job("report", at_intervals(HOUR, START), server.work, retries=())
    server.scheduler.tick()
    assert server.states() == [(START, "failed")]
    server.broken = False
    with server.store.writing() as connection:
        kept.try_again(connection, "report", server.clock.now)
    server.scheduler.tick()
    server.clock.now += HOUR
    server.scheduler.tick()
    assert [due for _, due, _ in _effects(server.store)] == [START.isoformat(), (START + HOUR).isoformat()]
    with server.store.writing() as connection, pytest.raises(WatchbookError, match="did not fail"):
        kept.try_again(connection, "report", server.clock.now)


def test_what_waits_and_what_was_missed_is_skipped_and_the_next_time_comes(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.scheduler.tick()
    server.clock.now = START + 4 * HOUR + HOUR / 2
    server.broken = False
    with server.store.writing() as connection:
        assert kept.skip(connection, "report", START + 4 * HOUR, server.clock.now) == START
    assert server.scheduler.tick() == 0
    server.clock.now += HOUR
    server.scheduler.tick()
    assert [due for _, due, _ in _effects(server.store)] == [(START + 5 * HOUR).isoformat()]
    assert server.states()[-1] == (START, "failed")


def test_nothing_is_taken_from_a_process_that_is_at_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    found: list[str] = []

    def at_it(due: Due) -> None:
        for act in (
            lambda c: kept.skip(c, "report", None, server.clock.now),
            lambda c: kept.try_again(c, "report", server.clock.now),
        ):
            with server.store.writing() as connection, pytest.raises(WatchbookError) as caught:
                act(connection)
            found.append(caught.value.problem.code)
        _write(server.store, due)

    server.job = Job("report", at_intervals(HOUR, START), at_it)
    server.scheduler.tick()
    assert found == ["SD008", "SD008"]
    assert server.states() == [(START, "done")]


def test_the_command_says_what_it_passed_over_and_which_names_it_knows(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "dashboard.cli", "schedule", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, env={"WATCHBOOK_HOME": str(tmp_path), "PATH": ""}
        )
        return done.returncode, done.stdout + done.stderr

    status, told = run("skip", "intelligence-refresh")
    assert (status, "; next 20" in told) == (0, True), told
    status, told = run("retry", "inteligence-refresh")
    assert (status != 0, "Did you mean 'intelligence-refresh'?" in told) == (True, True), told
