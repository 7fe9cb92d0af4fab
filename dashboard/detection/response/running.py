"""Reads the history of incidents after a cursor, applies automation rules, and runs playbooks: each asked for once, sent at
least once, with the same idempotency key for every attempt."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.alert import Alert
from dashboard.detection.incidents.change import change_incident
from dashboard.detection.incidents.history import Entry, history_after
from dashboard.detection.incidents.incident import Incident, read_incident
from dashboard.detection.incidents.queue import find_alerts
from dashboard.detection.response.addresses import Resolve, resolve
from dashboard.detection.response.automation import AutomationRule, change_of, holds, read_rules
from dashboard.detection.response.http import SendFailed
from dashboard.detection.response.playbook import read_playbook
from dashboard.detection.response.sending import Message, compose, send
from dashboard.errors import Problem, WatchbookError
from dashboard.schedule.job import Due, Job, TryAgain, continually
from dashboard.store import schedule as kept
from dashboard.store.database import Store
from dashboard.store.incidents import last_history_id
from dashboard.store.response import CURSORS, PLAYBOOKS, RUNS

READER: Final = "automation"
BY: Final = "Automation rule: "
_EVERY: Final = dt.timedelta(seconds=10)
_SENT: Final = ("created", "updated", "alerts")


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the history of runs. `state` is waiting, done or failed."""

    id: int
    kind: str
    name: str
    incident: int
    event: str
    state: str
    attempts: int
    created: dt.datetime
    ended: dt.datetime | None
    message: str


def list_runs(store: Store, most: int = 200, incident: int | None = None) -> list[Run]:
    """The newest runs of playbooks and rules, of one incident or of all."""
    columns = [RUNS.c[name] for name in Run.__dataclass_fields__]
    query = sa.select(*columns).order_by(RUNS.c.id.desc()).limit(most)
    with store.reading() as connection:
        rows = connection.execute(query if incident is None else query.where(RUNS.c.incident == incident))
        return [Run(*row) for row in rows]


def react(store: Store, now: dt.datetime | None = None, most: int = 500) -> int:
    """Applies the rules to the changes since the last time; how many changes were read. Each change is handled in a
    transaction of its own, together with the cursor."""
    count = 0
    with store.reading() as connection:
        cursor = connection.scalar(sa.select(CURSORS.c.last).where(CURSORS.c.reader == READER))
        if cursor is not None and not history_after(connection, cursor, 1):
            return 0
    while count < most:
        with store.writing() as connection:
            cursor = connection.scalar(sa.select(CURSORS.c.last).where(CURSORS.c.reader == READER))
            if cursor is None:
                # What happened before there was anybody to react is no event.
                connection.execute(CURSORS.insert().values(reader=READER, last=last_history_id(connection)))
                return count
            entries = history_after(connection, cursor, 1)
            if not entries:
                return count
            _handle(connection, entries[0], now or dt.datetime.now(dt.UTC))
            connection.execute(CURSORS.update().where(CURSORS.c.reader == READER).values(last=entries[0].id))
        count += 1
    return count


def _handle(connection: sa.Connection, entry: Entry, now: dt.datetime) -> None:
    # What a rule changed starts no rule: two of them could answer each other for ever.
    if entry.action not in _SENT or entry.by.startswith(BY):
        return
    trigger = "created" if entry.action == "created" else "updated"
    rules = [
        rule for rule in read_rules(connection) if rule.enabled and rule.trigger == trigger and not rule.is_over(now)
    ]
    if not rules:
        return
    incident = read_incident(connection, entry.number)
    alerts = find_alerts(connection, incident.alert_ids)
    for rule in rules:
        if holds(rule, incident, alerts, entry.changes):
            incident = _apply(connection, rule, incident, entry, now)


def _apply(
    connection: sa.Connection, rule: AutomationRule, incident: Incident, entry: Entry, now: dt.datetime
) -> Incident:
    change = change_of(rule.actions)
    state, message = "done", "nothing to change"
    if change is not None:
        try:
            changed = change_incident(connection, incident.number, incident.version, change, f"{BY}{rule.name}")
            message = "changed" if changed.version != incident.version else message
            incident = changed
        except WatchbookError as error:
            state, message = "failed", error.problem.describe()
    _ask(connection, "rule", rule.id, rule.name, entry, f"{entry.id}:{rule.id}", now, state, message)
    for number, action in enumerate(rule.actions):
        if action.kind == "playbook":
            name = connection.scalar(sa.select(PLAYBOOKS.c.name).where(PLAYBOOKS.c.id == action.value)) or "deleted"
            _ask(
                connection, "playbook", action.value, name, entry, f"{entry.id}:{rule.id}:{number}", now, "waiting", ""
            )
    return incident


def _ask(
    connection: sa.Connection,
    kind: str,
    subject: str,
    name: str,
    entry: Entry,
    asked_by: str,
    now: dt.datetime,
    state: str,
    message: str,
) -> None:
    connection.execute(
        RUNS.insert().values(
            kind=kind, subject=subject, name=name, incident=entry.number, event="Create" if entry.action == "created" else "Update",
            asked_by=asked_by, state=state, attempts=0, created=now, ended=now if state != "waiting" else None, message=message,
        )
    )  # fmt: skip


def run_playbook(store: Store, playbook_id: str, incident: int, asked_by: str) -> None:
    """Asks for a run by hand; `asked_by` tells it from other runs. Raises WatchbookError: RS005, DT021."""
    with store.writing() as connection:
        playbook = read_playbook(connection, playbook_id)
        read_incident(connection, incident)
        connection.execute(
            RUNS.insert().values(
                kind="playbook", subject=playbook_id, name=playbook.name, incident=incident, event="Update", asked_by=asked_by[:120],
                state="waiting", attempts=0, created=dt.datetime.now(dt.UTC), message="",
            )
        )  # fmt: skip


def dry_run(store: Store, playbook_id: str, incident: int) -> Message:
    """What a playbook would send for an incident. Raises WatchbookError: RS003, RS005, DT021."""
    with store.reading() as connection:
        playbook, found = read_playbook(connection, playbook_id), read_incident(connection, incident)
        alerts = find_alerts(connection, found.alert_ids)
    return compose(playbook, found, alerts, event="Create", key="dry-run")


@dataclass(frozen=True, slots=True)
class Outside:
    """How the outside is reached: tests give their own list, names and certificates."""

    entries: Sequence[str] | None = None
    lookup: Resolve = resolve
    context: ssl.SSLContext | None = None


def response_jobs(store: Store, outside: Outside | None = None) -> Iterable[Job]:
    """The job that reads the history, and one job for each run that waits."""
    reach = outside or Outside()

    def look(due: Due) -> None:
        count = react(store)
        with store.writing() as connection:
            given_up = _close_given_up(connection)
            told = [f"{count} changes read"] * bool(count) + [f"{given_up} runs given up"] * bool(given_up)
            due.complete(connection, ", ".join(told))

    yield Job("automation", continually(_EVERY), look, quiet=True)
    waiting = sa.select(RUNS.c.id, RUNS.c.subject, RUNS.c.created).where(
        RUNS.c.state == "waiting", RUNS.c.kind == "playbook"
    )
    with store.reading() as connection:
        rows = connection.execute(waiting.order_by(RUNS.c.id).limit(200)).all()
        waits = {row.subject: _waits(connection, row.subject) for row in rows}
    for row in rows:
        yield _run_job(store, row.id, row.created, waits[row.subject], reach)


def _close_given_up(connection: sa.Connection) -> int:
    """Ends runs that the scheduler will not try again: the process ended in their middle too often, or somebody skipped them.
    What the scheduler knows of runs that are over is forgotten; their own history stays."""
    over = kept.progress(connection)
    waiting = connection.scalars(sa.select(RUNS.c.id).where(RUNS.c.state == "waiting", RUNS.c.kind == "playbook"))
    ids = [ident for ident in waiting if over.get(f"playbook-run:{ident}") is not None]
    last = kept.last_runs(connection) if ids else {}
    for ident in ids:
        run = last.get(f"playbook-run:{ident}")
        told = run.message if run is not None else "Skipped by hand."
        if told.startswith("SD006"):
            words = "The process ended several times in the middle of it: it may have been sent."
            told = Problem("RS002", words).describe()
        values = {"state": "failed", "message": told, "ended": dt.datetime.now(dt.UTC)}
        connection.execute(RUNS.update().where(RUNS.c.id == ident).values(**values))
    ended = [job for job, settled in over.items() if job.startswith("playbook-run:") and settled is not None]
    kept.forget_jobs(connection, ended)
    return len(ids)


def _waits(connection: sa.Connection, playbook_id: str) -> tuple[int, ...]:
    try:
        return read_playbook(connection, playbook_id).retries
    except WatchbookError:
        return ()


def _run_job(store: Store, ident: int, created: dt.datetime, waits: tuple[int, ...], reach: Outside) -> Job:
    def run(due: Due) -> None:
        _attempt(store, ident, due, len(waits) + 1, reach)

    retries = tuple(dt.timedelta(seconds=wait) for wait in waits)
    return Job(f"playbook-run:{ident}", lambda after: created if after is None else None, run, retries=retries)


def _attempt(store: Store, ident: int, due: Due, most: int, reach: Outside) -> None:
    """One try. The try is counted before anything is sent, so that a kill in the middle leaves a trace of it."""
    with store.writing() as connection:
        row = connection.execute(sa.select(RUNS).where(RUNS.c.id == ident)).one()
        if row.state != "waiting":
            due.complete(connection)
            return
        connection.execute(RUNS.update().where(RUNS.c.id == ident).values(attempts=row.attempts + 1))
    passing: SendFailed | None = None
    try:
        with store.reading() as connection:
            playbook = read_playbook(connection, row.subject)
            incident = read_incident(connection, row.incident)
            alerts: list[Alert] = find_alerts(connection, incident.alert_ids)
        message = compose(
            playbook, incident, alerts, event=row.event, key=f"run-{ident}-{row.asked_by}", attempt=row.attempts + 1
        )
        said = send(
            message, seconds=playbook.seconds, entries=reach.entries, lookup=reach.lookup, context=reach.context
        )
        state = "done"
    except SendFailed as error:
        state, said, passing = "failed", error.problem.describe(), error if error.again else None
    except WatchbookError as error:
        state, said = "failed", error.problem.describe()
    except Exception as error:  # noqa: BLE001 (a run that cannot be told is failed, never stuck)
        state, said = "failed", Problem("RS002", f"The run failed: {type(error).__name__}.").describe()
    if passing is not None and due.attempt < most:
        with store.writing() as connection:
            connection.execute(RUNS.update().where(RUNS.c.id == ident).values(message=said[:2000]))
        raise TryAgain(passing.problem, dt.timedelta(seconds=passing.after) if passing.after else None)
    values: dict[str, Any] = {"state": state, "message": said[:2000], "ended": dt.datetime.now(dt.UTC)}
    with store.writing() as connection:
        connection.execute(RUNS.update().where(RUNS.c.id == ident).values(**values))
        due.complete(connection, said)
