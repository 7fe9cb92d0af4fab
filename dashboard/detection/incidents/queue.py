"""The queue: incidents that match what a person wants to see, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from dashboard.detection.alert import Alert, alert_of
from dashboard.detection.incidents.incident import Incident, incident_of
from dashboard.detection.moments import iso
from dashboard.errors import Problem, WatchbookError
from dashboard.store.alerts import ALERTS
from dashboard.store.incidents import ENTITIES, INCIDENTS

_ORDERS: Final[Mapping[str, Any]] = {
    "created": INCIDENTS.c.created,
    "modified": INCIDENTS.c.modified,
    "severity": INCIDENTS.c.severity_rank,
    "number": INCIDENTS.c.number,
    "alerts": INCIDENTS.c.alerts,
}
ORDERS: Final = tuple(_ORDERS)
"""What a queue can be sorted by, largest first."""


@dataclass(frozen=True)
class Wanted:
    """What to list. Empty parts do not limit. `owner` may be `nobody`; `text` holds words that must all occur in title,
    number, owner, labels, tactics or products. Times are microseconds since 1970."""

    status: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    owner: str = ""
    label: str = ""
    rule_id: str = ""
    text: str = ""
    created_from: int | None = None
    created_to: int | None = None
    order: str = "created"


@dataclass(frozen=True)
class Row:
    """One line of the queue. Times are microseconds since 1970."""

    number: int
    version: int
    title: str
    severity: str
    status: str
    owner: str
    alerts: int
    created: int
    modified: int
    rule_id: str


@dataclass(frozen=True)
class Page:
    """A page of the queue, how many match in all, and how many incidents stand in each status and severity of the open ones."""

    rows: tuple[Row, ...]
    total: int
    by_status: Mapping[str, int] = field(default_factory=dict)
    by_severity: Mapping[str, int] = field(default_factory=dict)


def list_incidents(connection: sa.Connection, wanted: Wanted, offset: int = 0, limit: int = 50) -> Page:
    """One page of the queue. Raises WatchbookError (DT022) for an order that is none."""
    if wanted.order not in _ORDERS:
        choices = ", ".join(f"'{name}'" for name in ORDERS)
        raise WatchbookError(Problem("DT022", f"The order must be one of {choices}; got '{wanted.order[:40]}'."))
    conditions = _conditions(wanted)
    key = _ORDERS[wanted.order]
    columns = [INCIDENTS.c[name] for name in Row.__dataclass_fields__]
    query = sa.select(*columns).where(*conditions).order_by(key.desc())
    if wanted.order != "number":
        query = query.order_by(INCIDENTS.c.created.desc() if wanted.order == "severity" else INCIDENTS.c.number.desc())
    rows = tuple(Row(*row) for row in connection.execute(query.offset(offset).limit(limit)))
    total = len(rows) if not offset and len(rows) < limit else _count(connection, conditions)
    return Page(rows, total, _counts(connection, INCIDENTS.c.status), _counts(connection, INCIDENTS.c.severity, True))


def numbers_of(connection: sa.Connection, wanted: Wanted, limit: int) -> list[int]:
    """The numbers of what matches, newest first."""
    query = sa.select(INCIDENTS.c.number).where(*_conditions(wanted)).order_by(INCIDENTS.c.created.desc()).limit(limit)
    return list(connection.scalars(query))


def read_all(connection: sa.Connection, wanted: Wanted, limit: int) -> list[Incident]:
    """The whole incidents that match, newest first, for export."""
    query = (
        sa.select(INCIDENTS.c.number, INCIDENTS.c.version, INCIDENTS.c.state, INCIDENTS.c.rule_id)
        .where(*_conditions(wanted))
        .order_by(_ORDERS[wanted.order].desc())
        .limit(limit)
    )
    return [incident_of(row) for row in connection.execute(query)]


@dataclass(frozen=True)
class Similar:
    """Another incident, and why it is like this one."""

    row: Row
    same_rule: bool
    entities: tuple[str, ...]


def similar_incidents(connection: sa.Connection, incident: Incident, limit: int = 10) -> list[Similar]:
    """Other incidents with the same entities or of the same rule, those that share most first."""
    mine = sa.select(ENTITIES.c.entity).where(ENTITIES.c.number == incident.number)
    # An entity of very many incidents (an own proxy) says little and would cost much.
    shared: dict[int, list[str]] = {}
    query = sa.select(ENTITIES.c.number, ENTITIES.c.entity).where(
        ENTITIES.c.entity.in_(mine), ENTITIES.c.number != incident.number
    )
    for number, entity in connection.execute(query.order_by(ENTITIES.c.number.desc()).limit(2_000)):
        shared.setdefault(number, []).append(entity)
    same: set[int] = set()
    if incident.rule_id:
        query_rule = sa.select(INCIDENTS.c.number).where(
            INCIDENTS.c.rule_id == incident.rule_id, INCIDENTS.c.number != incident.number
        )
        same = set(connection.scalars(query_rule.order_by(INCIDENTS.c.last_activity.desc()).limit(50)))
    else:
        query_title = sa.select(INCIDENTS.c.number).where(
            INCIDENTS.c.title == incident.title, INCIDENTS.c.number != incident.number
        )
        same = set(connection.scalars(query_title.limit(50)))
    best = sorted({*shared, *same}, key=lambda n: (2 * len(shared.get(n, [])) + (n in same), n), reverse=True)[:limit]
    columns = [INCIDENTS.c[name] for name in Row.__dataclass_fields__]
    rows = {
        row.number: Row(*row) for row in connection.execute(sa.select(*columns).where(INCIDENTS.c.number.in_(best)))
    }
    return [Similar(rows[n], n in same, tuple(shared.get(n, ()))) for n in best if n in rows]


def find_alerts(connection: sa.Connection, ids: list[str]) -> list[Alert]:
    """Alerts raised here by their SystemAlertId, oldest first."""
    query = sa.select(ALERTS).where(ALERTS.c.alert_id.in_(ids)).order_by(ALERTS.c.time)
    return [alert_of(row) for row in connection.execute(query)]


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    c = INCIDENTS.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.status:
        found.append(c.status.in_(wanted.status))
    if wanted.severity:
        found.append(c.severity.in_(wanted.severity))
    if wanted.owner:
        found.append(c.owner == ("" if wanted.owner == "nobody" else wanted.owner))
    if wanted.rule_id:
        found.append(c.rule_id == wanted.rule_id)
    for word in [*wanted.text.lower().split(), *([wanted.label.lower()] if wanted.label else [])]:
        found.append(c.search.contains(word, autoescape=True))
    if wanted.created_from is not None:
        found.append(c.created >= wanted.created_from)
    if wanted.created_to is not None:
        found.append(c.created < wanted.created_to)
    return found


def _count(connection: sa.Connection, conditions: list[sa.ColumnElement[bool]]) -> int:
    return int(connection.scalar(sa.select(sa.func.count()).select_from(INCIDENTS).where(*conditions)) or 0)


def _counts(connection: sa.Connection, column: Any, open_only: bool = False) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).group_by(column)
    if open_only:
        query = query.where(INCIDENTS.c.status.in_(("New", "Active")))
    return {str(name): int(count) for name, count in connection.execute(query)}


def row_json(row: Row) -> dict[str, Any]:
    """A line of the queue as JSON, times as ISO 8601."""
    return {
        "number": row.number, "title": row.title, "severity": row.severity, "status": row.status, "owner": row.owner,
        "alerts": row.alerts, "created": iso(row.created), "modified": iso(row.modified), "rule": row.rule_id,
        "version": row.version,
    }  # fmt: skip
