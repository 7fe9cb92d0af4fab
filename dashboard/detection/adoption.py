"""Incidents and alerts of imported data, and of the sample estate, made workable like those of own rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from dashboard.detection.alert import entity_key
from dashboard.detection.incidents.incident import COLUMNS
from dashboard.detection.incidents.make import adopt_incidents
from dashboard.detection.moments import now_micros
from dashboard.engines.protocol import Engine, QueryRequest
from dashboard.store.database import Store

_NEWEST = (
    "SecurityIncident | where SourceSystem != 'Watchbook' | summarize arg_max(LastModifiedTime, *) by IncidentNumber"
)
MOST = 20_000


def adopt(engine: Engine, store: Store) -> int:
    """Takes over the incidents of the engine's data that the store does not know. How many. Raises WatchbookError where the
    data cannot be asked."""
    table = engine.run(QueryRequest(_NEWEST, row_limit=MOST))
    names = table.names
    states = [_state(dict(zip(names, row, strict=True))) for row in table.json_rows()]
    with store.writing() as connection:
        return adopt_incidents(connection, states, now_micros())


def _state(row: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {name: row.get(name) for name, _ in COLUMNS}
    for name, kind in COLUMNS:
        value = state[name]
        if kind == "datetime":
            state[name] = _iso(value) if value else None
        elif kind == "dynamic" and value is None:
            state[name] = {} if name in ("Owner", "AdditionalData") else []
        elif kind == "string" and value is None:
            state[name] = ""
    state["CreatedTime"] = state["CreatedTime"] or _iso(row["TimeGenerated"])
    state["LastModifiedTime"] = state["LastModifiedTime"] or _iso(row["TimeGenerated"])
    state["Status"] = state["Status"] or "New"
    return state


def _iso(text: str) -> str:
    moment = dt.datetime.fromisoformat(text[:26].rstrip("Z") + "+00:00")
    return moment.isoformat().replace("+00:00", "Z")


def alerts_in_data(engine: Engine, ids: list[str]) -> list[dict[str, Any]]:
    """Rows of SecurityAlert by SystemAlertId, oldest first; those of own rules included."""
    from dashboard.detection.query import quoted
    from dashboard.detection.raise_alerts import rows_of

    if not ids:
        return []
    named = ", ".join(quoted(name) for name in ids[:200])
    text = f"SecurityAlert | where SystemAlertId in ({named}) | summarize arg_max(TimeGenerated, *) by SystemAlertId | order by StartTime asc"  # fmt: skip
    return rows_of(engine.run(QueryRequest(text)))


def entities_of(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entities of a row of SecurityAlert; references between them (`$ref`) are left out."""
    import json

    try:
        found = json.loads(str(row.get("Entities") or "[]"))
    except ValueError:
        return []
    entities = [entity for entity in found if isinstance(entity, dict)] if isinstance(found, list) else []
    return [
        {k: v for k, v in entity.items() if not isinstance(v, dict) or "$ref" not in v}
        for entity in entities
        if not entity_key(entity).endswith(":")
    ]
