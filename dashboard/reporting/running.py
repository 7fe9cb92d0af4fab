"""Renders a report and delivers it. A due time is delivered at most once: that a message is on its way is written down before
it is sent, and what a killed process left on its way is told, not sent again."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.jobs import engine_of
from dashboard.detection.response.http import SendFailed, exchange
from dashboard.detection.response.sending import send_mail
from dashboard.document import load_workbook
from dashboard.engines.protocol import Engine
from dashboard.errors import Problem, WatchbookError
from dashboard.reporting.report import UNITS, Report, list_reports, workbook_file
from dashboard.schedule.cron import parse_cron
from dashboard.schedule.job import Due, Job, TryAgain, every
from dashboard.store.database import Store
from dashboard.store.reports import DELIVERIES

_RETRIES: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
_TYPES: Final = {
    "html": "text/html", "pdf": "application/pdf", "png": "image/png", "md": "text/markdown",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip

OpenEngine = Callable[[Store], Engine]


def report_jobs(store: Store, open_engine: OpenEngine = engine_of) -> Iterable[Job]:
    """The jobs of all enabled reports: missed due times are caught up once, by the latest."""
    for report in list_reports(store):
        if report.enabled and report.since is not None:
            cron = parse_cron(report.cron, report.zone)
            yield Job(
                f"report:{report.id}", every(cron, report.since), _runner(store, report, open_engine), retries=_RETRIES
            )


def _runner(store: Store, report: Report, open_engine: OpenEngine) -> Callable[[Due], None]:
    return lambda due: _deliver_due(store, report, open_engine, due)


def _deliver_due(store: Store, report: Report, open_engine: OpenEngine, due: Due) -> None:
    state = _state(store, due.key)
    if state == "sending":
        told = Problem(
            "RP003", "The process ended while it was being sent: it may have arrived, and is not sent again."
        ).describe()
        with store.writing() as connection:
            _note(connection, due.key, report, due.at, "unclear", told)
            due.complete(connection, told)
        return
    try:
        said = deliver(store, report, open_engine(store), due.key, due.at)
    except SendFailed as error:
        with store.writing() as connection:
            _note(connection, due.key, report, due.at, "waiting" if error.again else "failed", error.problem.describe())
        if error.again and due.attempt <= len(_RETRIES):
            after = dt.timedelta(seconds=error.after) if error.after else None
            raise TryAgain(error.problem, after) from None
        _fail(store, report, due.key, due.at, error)
        with store.writing() as connection:
            due.complete(connection, error.problem.describe())
        return
    except WatchbookError as error:
        _fail(store, report, due.key, due.at, error)
        with store.writing() as connection:
            due.complete(connection, error.problem.describe())
        return
    with store.writing() as connection:
        _note(connection, due.key, report, due.at, "sent", said)
        due.complete(connection, said)


def run_now(store: Store, report: Report, engine: Engine, now: dt.datetime | None = None) -> str:
    """Delivers a report by hand, beside its rhythm; what the history says. Raises WatchbookError where it fails."""
    at = now or dt.datetime.now(dt.UTC)
    key = f"report:{report.id}@hand:{at:%Y-%m-%dT%H:%M:%S.%fZ}"
    try:
        said = deliver(store, report, engine, key, at)
    except WatchbookError as error:
        _fail(store, report, key, at, error)
        raise
    with store.writing() as connection:
        _note(connection, key, report, at, "sent", said)
    return said


def render(report: Report, engine: Engine, now: dt.datetime) -> tuple[str, bytes]:
    """The file's name and content. Raises WatchbookError."""
    from dashboard.export.run import run_workbook
    from dashboard.export.workbook import export_workbook
    from dashboard.runtime.evaluate import Session

    workbook = load_workbook(workbook_file(report.workbook))
    span = int(report.time_range[:-1]) * UNITS[report.time_range[-1]] if report.time_range else None
    session = Session(workbook, engine, values=dict(report.parameters), time_range_ms=span)
    content = export_workbook(run_workbook(workbook.name, session, zone=report.zone), report.format)
    plain = re.sub(r"[^\w.-]+", "-", report.name).strip("-.")[:80] or "report"
    return f"{plain}-{now:%Y%m%dT%H%M%SZ}.{report.format}", content


def deliver(store: Store, report: Report, engine: Engine, key: str, at: dt.datetime) -> str:
    """Renders and delivers; what the history says. Raises WatchbookError: SendFailed where another try may help."""
    name, content = render(report, engine, at)
    if report.deliver == "folder":
        # The same name for the same due time: a second try replaces the file by itself.
        return f"written to {_write(Path(report.folder).expanduser(), name, content)}"
    with store.writing() as connection:
        _note(connection, key, report, at, "sending", "")
    if report.deliver == "email":
        text = f"{report.name}, {at:%Y-%m-%d %H:%M} UTC. The report is attached as {name}."
        return send_mail(
            report.to, report.name, text, headers={"X-Watchbook-Key": key}, seconds=60,
            attachments=[(name, content, _TYPES[report.format])],
        )  # fmt: skip
    body: dict[str, Any] = {
        "report": report.name, "workbook": report.workbook, "due": at.isoformat(), "format": report.format, "file": name,
        "contentType": _TYPES[report.format], "content": base64.b64encode(content).decode(),
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return f"answered {exchange(report.address, json.dumps(body).encode(), headers, seconds=60).status}"


def _write(folder: Path, name: str, content: bytes) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{name}.{os.getpid()}.tmp"
        beside.write_bytes(content)
        os.replace(beside, folder / name)
    except OSError as error:
        raise WatchbookError(Problem("RP004", f"{folder} cannot be written to: {error.strerror or error}.")) from None
    return folder / name


def _state(store: Store, key: str) -> str:
    with store.reading() as connection:
        return str(connection.scalar(sa.select(DELIVERIES.c.state).where(DELIVERIES.c.key == key)) or "")


def _fail(store: Store, report: Report, key: str, at: dt.datetime, error: WatchbookError) -> None:
    with store.writing() as connection:
        _note(connection, key, report, at, "failed", error.problem.describe())


def _note(connection: sa.Connection, key: str, report: Report, due: dt.datetime, state: str, message: str) -> None:
    ended = dt.datetime.now(dt.UTC) if state in ("sent", "failed", "unclear") else None
    values = {"state": state, "message": message[:2000], "ended": ended}
    if connection.execute(DELIVERIES.update().where(DELIVERIES.c.key == key).values(**values)).rowcount == 0:
        connection.execute(DELIVERIES.insert().values(key=key, report=report.id, name=report.name, due=due, **values))
