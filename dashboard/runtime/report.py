"""The JSON form of a rendered workbook: one entry for every item, in document order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.document.workbook import Workbook
from dashboard.runtime.evaluate import Session
from dashboard.runtime.plan import PlannedItem
from dashboard.runtime.results import ItemResult


def report(workbook: Workbook, session: Session, results: Sequence[tuple[PlannedItem, ItemResult]]) -> dict[str, Any]:
    """{workbook, parameters, items: [{path, name, type, status, visualization, rows, columns, message, ms}]}, JSON-ready.

    `rows` is a count and `columns` [name, KQL type] pairs, both null for items without a query. `status` is ok, empty,
    hidden, unset, unsupported or error; texts, tabs, parameters and groups that are drawn are ok.
    """
    entries = []
    for item, result in results:
        table = result.table
        message = result.message
        if result.status == "ok":
            wrong = [
                each.problem for each in item.controls if each.problem is not None and each.problem.severity == "error"
            ]
            message = wrong[0].message if wrong else ""
        elif result.status == "error" and result.problem is not None and result.problem.hint:
            message = f"{message} {result.problem.hint}"
        elif result.status == "empty":
            why = session.explain(item, result, deep=False).reasons
            message = " ".join((message, *why[:2]))
        entries.append(
            {
                "path": item.path,
                "name": item.item.name,
                "type": item.item.type,
                "status": result.status,
                "visualization": str(item.settings.get("visualization") or item.item.visualization or "").lower()
                or None,
                "rows": len(table) if table is not None else None,
                "columns": [[column.name, column.type] for column in table.columns] if table is not None else None,
                "message": message,
                "ms": result.ms,
            }
        )
    return {"workbook": workbook.name, "parameters": dict(session.plan().values), "items": entries}
