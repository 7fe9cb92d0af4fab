"""A report: which workbook, when, in which form, and where it goes."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from dashboard import settings
from dashboard.detection.response.addresses import check_address
from dashboard.errors import Problem, WatchbookError
from dashboard.export.workbook import FORMATS
from dashboard.schedule.cron import parse_cron
from dashboard.store.database import Store
from dashboard.store.named import put_named
from dashboard.store.reports import DELIVERIES, REPORTS

DELIVER: Final = {"folder": "Into a folder", "email": "By e-mail", "webhook": "To a webhook"}
_MAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,253}\Z")
_SPAN: Final = re.compile(r"[1-9]\d{0,3}[smhdw]\Z")
UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


@dataclass(frozen=True, slots=True)
class Report:
    """A report. `workbook` is a file, or the name of a shipped or own workbook; `cron` and `zone` say when; `time_range` (7d,
    24h) sets every time range, empty leaves them; `parameters` set others; `to` are a mail's receivers, `folder` and
    `address` the other ways' places."""

    name: str
    workbook: str
    cron: str
    zone: str = "UTC"
    format: str = "html"
    deliver: str = "folder"
    folder: str = ""
    to: tuple[str, ...] = ()
    address: str = ""
    time_range: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    id: str = ""
    enabled: bool = True
    since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a due time: `state` is waiting, sending, sent, failed or unclear."""

    key: str
    report: str
    name: str
    due: dt.datetime
    state: str
    ended: dt.datetime | None
    message: str


def workbook_file(name: str) -> Path:
    """The file of a workbook by path or by name. Raises WatchbookError (RP002)."""
    given = Path(name).expanduser()
    if given.is_absolute() and given.is_file():
        return given
    if name and Path(name).name == name:
        for folder in (settings.workbooks_folder(), settings.shipped("workbooks")):
            for ending in ("", ".json", ".workbook"):
                found = folder / f"{name}{ending}"
                if found.is_file():
                    return found
    hint = "Name a shipped workbook, one of your workbooks folder, or a file by its whole path."
    raise WatchbookError(Problem("RP002", f"There is no workbook '{name[:120]}'.", hint=hint))


def problems_of(report: Report) -> list[Problem]:
    """What is wrong with a report."""
    found: list[Problem] = []

    def wrong(sentence: str, hint: str = "") -> None:
        found.append(Problem("RP001", sentence, hint=hint))

    if not report.name.strip() or len(report.name) > 200:
        wrong("A report needs a name of at most 200 letters.")
    if report.format not in FORMATS:
        wrong(f"A format is one of {', '.join(FORMATS)}; got '{report.format[:20]}'.")
    if report.time_range and not _SPAN.match(report.time_range):
        wrong(f"A time range is written as 24h or 7d; got '{report.time_range[:20]}'.")
    for check in (lambda: parse_cron(report.cron, report.zone), lambda: workbook_file(report.workbook)):
        try:
            check()
        except WatchbookError as error:
            found += error.problems
    if report.deliver == "folder":
        if not report.folder or not Path(report.folder).expanduser().is_absolute():
            wrong("A folder is named by its whole path.")
    elif report.deliver == "email":
        bad = [address for address in report.to if not _MAIL.match(address)]
        if bad or not report.to:
            wrong(f"'{bad[0][:80]}' is no e-mail address." if bad else "A mail needs at least one receiver.")
    elif report.deliver == "webhook":
        try:
            check_address(report.address)
        except WatchbookError as error:
            found += [problem for problem in error.problems if problem.code != "RS002"]
    else:
        wrong(f"A report is delivered to one of {', '.join(DELIVER)}; got '{report.deliver[:20]}'.")
    return found


def list_reports(store: Store) -> list[Report]:
    """All reports by name."""
    with store.reading() as connection:
        rows = connection.execute(sa.select(REPORTS).order_by(REPORTS.c.name)).all()
    return [_report(row) for row in rows]


def find_report(store: Store, name: str) -> Report:
    """A report by name or id. Raises WatchbookError (RP002)."""
    found = next((report for report in list_reports(store) if name in (report.name, report.id)), None)
    if found is None:
        raise WatchbookError(
            Problem("RP002", f"There is no report '{name[:100]}'.", hint="List them with `watchbook reports list`.")
        )
    return found


def save_report(store: Store, report: Report) -> Report:
    """Saves a report, new where it has no id. Its first due time is the first after now. Raises WatchbookError (RP001 …)."""
    problems = problems_of(report)
    if problems:
        raise WatchbookError(*problems)
    saved = replace(
        report,
        id=report.id or str(uuid.uuid4()),
        name=report.name.strip(),
        since=report.since or dt.datetime.now(dt.UTC),
    )
    kept = {name: value for name, value in asdict(saved).items() if name not in ("id", "enabled", "since")}
    values = {"name": saved.name, "enabled": saved.enabled, "settings": json.dumps(kept), "since": saved.since}
    taken = Problem("RP001", f"There is another report named '{saved.name}'.")
    with store.writing() as connection:
        put_named(connection, REPORTS, saved.id, values, taken)
    return saved


def delete_report(store: Store, ident: str) -> None:
    """Deletes a report; its history stays."""
    with store.writing() as connection:
        connection.execute(REPORTS.delete().where(REPORTS.c.id == ident))


def deliveries(store: Store, report: str = "", most: int = 100) -> list[Delivery]:
    """The newest deliveries of one report (by id), or of all."""
    query = sa.select(DELIVERIES).order_by(DELIVERIES.c.due.desc()).limit(most)
    with store.reading() as connection:
        rows = connection.execute(query.where(DELIVERIES.c.report == report) if report else query)
        return [Delivery(*row) for row in rows]


def _report(row: Any) -> Report:
    values = json.loads(row.settings)
    return Report(**{**values, "to": tuple(values["to"])}, id=row.id, enabled=row.enabled, since=row.since)
