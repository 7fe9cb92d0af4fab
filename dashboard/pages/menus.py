"""The menu of an item: open its query, copy and take away its data, and the details behind a cell."""

from __future__ import annotations

import base64
import html
import json
import secrets
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.errors import WatchbookError
from dashboard.pages import bar, sources, style, waiting
from dashboard.pages.board import Board
from dashboard.runtime.plan import PlannedItem
from dashboard.table import Table
from dashboard.visual.view import Figure

_MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
}
_DATA = ("csv", "xlsx")


def head(board: Board, planned: PlannedItem) -> dict[str, Any]:
    """What the head of an item shows: its title, and the menu's entries. Those for charts are offered on charts only."""
    entries: list[Any] = []
    if planned.query is not None and planned.query.source in ("logs", "resource_graph", "adx"):
        entries += [{"id": "query", "label": "Open the query"}]
    entries += [
        {"id": "full", "label": "Full screen"},
        {"id": "copy", "label": "Copy the data"},
        "-",
        {"id": "png", "label": "Save as PNG"},
        {"id": "svg", "label": "Save as SVG"},
        {"id": "html", "label": "Save as interactive HTML"},
        {"id": "csv", "label": "Save the data as CSV"},
        {"id": "xlsx", "label": "Save the data as XLSX"},
    ]
    return {"title": board.title_of(planned), "level": 3, "entries": entries, "file": _name(board, planned)}


def act(board: Board, planned: PlannedItem, action: str) -> dict[str, Any]:
    """Does what the menu asked; what the browser has to do of it comes back for the head of the item."""
    if action == "query" and planned.query is not None:
        span = planned.query.timespan
        window = None
        if span is not None:
            window = {
                "durationMs": int((span.end - span.start).total_seconds() * 1000),
                "endTime": span.end.isoformat(),
            }
        st.session_state["wb-query-open"] = {"text": planned.query.text.strip(), "range": window}
        bar.go("query")
    result = waiting.wait(board.submit(planned))
    if result.table is None:
        return {}
    if action == "copy":
        return {"copy": {"id": secrets.token_hex(4), "text": _tab_separated(result.table)}}
    try:
        content = _content(board, planned, result.table, action)
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return {}
    if content is None:
        return {}
    name = f"{_name(board, planned)}.{action}"
    return {
        "download": {
            "id": secrets.token_hex(4), "name": name, "mime": _MIME[action], "base64": base64.b64encode(content).decode("ascii"),
        }
    }  # fmt: skip


def _content(board: Board, planned: PlannedItem, table: Table, action: str) -> bytes | None:
    from dashboard.export.page import export_figure_html
    from dashboard.export.tables import export_table

    title = board.title_of(planned) or board.title
    facts = _facts(board, planned)
    if action == "csv":
        return export_table(table, "csv", title=title, facts=facts)
    if action == "xlsx":
        return export_table(table, "xlsx", title=title, facts=facts)
    result = board.result_of(planned.path)
    view = board.view(planned, result) if result is not None else None
    return export_figure_html(view, title=title, facts=facts) if action == "html" and isinstance(view, Figure) else None


def _facts(board: Board, planned: PlannedItem) -> dict[str, str]:
    facts = {
        "Workbook": board.title,
        "Data source": sources.labels()[sources.chosen()],
        "Run": board.refreshed.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "Time zone": bar.zone(),
    }
    span = planned.query.timespan if planned.query else None
    if span is not None:
        facts["Time range"] = f"{span.start:%Y-%m-%d %H:%M} – {span.end:%Y-%m-%d %H:%M} UTC"
    return facts


def _name(board: Board, planned: PlannedItem) -> str:
    from dashboard.export.tables import file_name

    return file_name(" - ".join(part for part in (board.title, board.title_of(planned)) if part), "x")[:-2]


def _tab_separated(table: Table) -> str:
    """The table as a spreadsheet takes it from the clipboard; a text that would run there as a formula is defused."""
    from dashboard.export.tables import defuse

    def cell(value: Any) -> str:
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
        text = " ".join(text.split()) if isinstance(value, str) else text
        return defuse(text) if isinstance(value, str) else text

    lines = ["\t".join(table.names)]
    lines += ["\t".join(cell(value) for value in row) for row in table.json_rows()]
    return "\n".join(lines)


def show_details(board: Board, planned: PlannedItem, event: Mapping[str, Any]) -> None:
    """Opens the details that a cell's link asks for: the cell, or its whole row."""
    result = board.result_of(planned.path)
    link, row = event.get("link"), event.get("row")
    if result is None or result.table is None or not isinstance(link, Mapping) or not isinstance(row, int):
        return
    table = result.table
    if not 0 <= row < len(table):
        return
    cells = dict(zip(table.names, _json_row(table, row), strict=True))
    column = str(event.get("column") or event.get("field") or "")
    shown = {column: cells[column]} if link.get("kind") == "cell" and column in cells else cells

    @st.dialog("Details", width="large")
    def details() -> None:
        st.html(_details_html(shown))

    details()


def _json_row(table: Table, row: int) -> list[Any]:
    from dataclasses import replace

    return replace(table, arrow=table.arrow.slice(row, 1)).json_rows()[0]


def _details_html(cells: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(name)}</th><td>{_value_html(value)}</td></tr>"
        for name, value in cells.items()
    )
    return f'<div class="wb-details"><table>{rows}</table></div>'


def _value_html(value: Any) -> str:
    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)
        except ValueError:
            return html.escape(value)
    if isinstance(value, (dict, list)):
        return f"<pre>{html.escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"
    return html.escape("" if value is None else str(value))
