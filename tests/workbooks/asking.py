"""Every query of the shipped workbooks as it is sent, those of parameters and of hidden parts included."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.document import load_workbook
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, run_all
from dashboard.table import Table
from tests.workbooks.test_shipped_workbooks import FOLDER

_CLICKED = (
    "PodUid", "PodName", "PickedUser", "PickedKind", "PickedComponent", "Incident", "IncidentTitle", "AlertId", "AlertTitle",
    "Entity", "PickedImage", "Audit_exec", "Audit_kind", "Audit_secrets", "Audit_role", "Audit_privileged", "Audit_anonymous",
)  # fmt: skip


class Asking(LocalEngine):
    """The local engine, noting what it is asked."""

    asked: list[QueryRequest]

    def run(self, request: QueryRequest, cancel: CancelToken | None = None) -> Table:
        if request.source == "logs":
            self.asked.append(request)
        return super().run(request, cancel)


def requests(
    name: str, folder: Path, *, hours: float | None = None, clicked: Mapping[str, Any] | None = None
) -> list[QueryRequest]:
    """What a workbook asks over the data of `folder` in its own time range or the last `hours`, with everything clicked that
    can be: by `clicked`, else the text "7"."""
    engine = Asking(folder, known_tables())
    engine.asked = []
    values: Mapping[str, Any] = {**dict.fromkeys(_CLICKED, "7"), **(clicked or {})}
    range_ms = int(hours * 3_600_000) if hours is not None else None
    workbook = load_workbook(FOLDER / f"{name}.json")
    run_all(Session(workbook, engine, values=values, all_items=True, time_range_ms=range_ms))
    return engine.asked
