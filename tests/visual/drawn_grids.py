"""Grids as the tests of grids ask for them: drawn by settings, their columns and texts by title."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from dashboard.table import KqlType, Table
from dashboard.visual.build import draw
from dashboard.visual.view import Grid, GridColumn
from tests.visual.tables import one

VM = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-1/providers/Microsoft.Compute/virtualMachines/vm-7"


def grid(table: Table, zone: str = "UTC", **own: Any) -> Grid:
    view = draw({"visualization": "table", "gridSettings": own}, table, zone=zone)
    assert isinstance(view, Grid), view
    json.dumps(asdict(view), allow_nan=False)
    return view


def rule(formatter: int, column: str = "value", **more: Any) -> dict[str, Any]:
    options = {key: more.pop(key) for key in list(more) if key not in ("numberFormat", "dateFormat", "tooltipFormat")}
    return {"columnMatch": column, "formatter": formatter, "formatOptions": options, **more}


def cell(value: Any, formatter: int, kind: KqlType = "string", **more: Any) -> dict[str, Any]:
    view = grid(one(value, kind), formatters=[rule(formatter, **more)])
    return dict(view.rows[0][view.columns[0].field])


def column(view: Grid, title: str) -> GridColumn:
    return next(each for each in view.columns if each.title == title)


def texts(view: Grid, title: str) -> list[str]:
    field = column(view, title).field
    return [row[field]["t"] for row in view.rows]
