"""The head of a part with its menu: open its query, copy and take away its data; and what a cell's link opens."""

from __future__ import annotations

import base64
import html
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, dialogs, library, links, style
from dashboard.pages.templates import find_id
from dashboard.table import Table
from dashboard.visual.cells import unique_fields
from dashboard.visual.view import Figure, Grid, View

_MIME = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "pdf": "application/pdf",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
_FILES = [
    {"id": "png", "label": "Save as PNG"},
    {"id": "svg", "label": "Save as SVG"},
    {"id": "pdf", "label": "Save as PDF"},
    {"id": "html", "label": "Save as interactive HTML"},
    {"id": "csv", "label": "Save the data as CSV"},
    {"id": "xlsx", "label": "Save the data as XLSX"},
    {"id": "json", "label": "Save the data as JSON"},
    {"id": "parquet", "label": "Save the data as Parquet"},
    {"id": "shown:csv", "label": "Save the rows shown as CSV"},
    {"id": "shown:xlsx", "label": "Save the rows shown as XLSX"},
]


@dataclass(frozen=True)
class Subject:
    """What a menu is about: the whole's title, the part's title, its table and drawing when they are there, and the facts
    that travel with its data. With `visible_only` its files leave out what the grid hides."""

    whole: str
    title: str
    outcome: Callable[[], tuple[Table | None, View]]
    facts: Callable[[], Mapping[str, str]]
    visible_only: bool = False

    def file(self) -> str:
        """The name of its files, without an ending."""
        from dashboard.export.tables import file_name

        return file_name(" - ".join(part for part in (self.whole, self.title) if part), "x")[:-2]


def draw_head(
    key: str,
    subject: Subject,
    action: str,
    query: QueryRequest | None,
    ask: Callable[[str], None],
    *,
    live: bool = False,
    explained: bool = False,
    pins: bool = False,
    told: str = "",
) -> None:
    """Draws title and menu, after doing the `action` that was asked for. `ask` remembers the next one.

    `live` and `explained` offer to ask anew and to tell how the part was answered, `pins` to pin it; `told` is said once
    beside the title.
    """
    entries: list[Any] = [
        {"id": "full", "label": "Full screen"},
        {"id": "copy", "label": "Copy the data"},
        "-",
        *_FILES,
    ]
    if query is not None and query.source in ("logs", "resource_graph", "adx"):
        entries.insert(0, {"id": "query", "label": "Open the query"})
    if explained:
        entries.insert(1 if entries[0]["id"] == "query" else 0, {"id": "explain", "label": "How it was answered"})
    if live:
        entries.insert(0, {"id": "anew", "label": "Ask anew"})
    if pins:
        entries.insert(1, {"id": "pin", "label": "Pin to home"})
    data = {
        "title": subject.title,
        "level": 2,
        "entries": entries,
        "file": subject.file(),
        "told": {"id": secrets.token_hex(4), "text": told} if told else None,
        **_take_away(subject, action),
    }

    def act(event: controls.Event) -> None:
        if isinstance(event.get("act"), str):
            ask(event["act"])

    controls.draw("frame", key, data, act)


def open_query(request: QueryRequest) -> None:
    """Goes to the query page with the text as it was sent, and its range of time."""
    window = None
    if request.timespan is not None:
        start, end = request.timespan.start, request.timespan.end
        window = {"durationMs": int((end - start).total_seconds() * 1000), "endTime": end.isoformat()}
    st.session_state["wb-query-open"] = {"text": request.text.strip(), "range": window}
    bar.go("query")


def _take_away(subject: Subject, action: str) -> dict[str, Any]:
    """What the browser has to put on the clipboard, save as a file, or say."""
    action, _, shown = action.removeprefix("shown:").partition(":")
    if action != "copy" and action not in _MIME:
        return {}
    table, view = subject.outcome()
    if table is None:
        return {}
    number = secrets.token_hex(4)
    if action == "copy":
        return {"copy": {"id": number, "text": _tab_separated(table)}}
    rows = [int(row) for row in shown.split(",") if row.isdigit() and int(row) < len(table)]
    if rows:
        table = table.take(rows)
    if subject.visible_only and isinstance(view, Grid):
        table = _visible(table, view)
    try:
        content = _content(subject, table, view, action)
    except WatchbookError as error:
        return {"told": {"id": number, "text": " ".join((error.problem.message, error.problem.hint))}}
    if content is None:
        return {}
    file = {"id": number, "name": f"{subject.file()}.{action}", "mime": _MIME[action]}
    return {"download": {**file, "base64": base64.b64encode(content).decode("ascii")}}


def _content(subject: Subject, table: Table, view: View, action: str) -> bytes | None:
    from dashboard.export.chromium import page_pdf
    from dashboard.export.page import export_figure_html
    from dashboard.export.tables import FORMATS, export_table

    title = subject.title or subject.whole
    for format in FORMATS:
        if action == format:
            return export_table(table, format, title=title, facts=subject.facts())
    if not isinstance(view, Figure):
        return None
    page = export_figure_html(view, title=title, facts=subject.facts())
    return page_pdf(page, footer=title) if action == "pdf" else page


def _visible(table: Table, view: Grid) -> Table:
    """The table without the columns that the grid hides."""
    fields = {column.field for column in view.columns if column.visible}
    names = [name for name, field in dict(unique_fields(table.names)).items() if field in fields]
    kept = tuple(column for column in table.columns if column.name in names)
    return replace(table, columns=kept, arrow=table.arrow.select([column.name for column in kept]))


def _tab_separated(table: Table) -> str:
    """The table as a spreadsheet takes it from the clipboard; a text that would run there as a formula is defused."""
    from dashboard.export.tables import defuse

    def cell(value: Any) -> str:
        if isinstance(value, str):
            return defuse(" ".join(value.split()))
        return "" if value is None else json.dumps(value, ensure_ascii=False)

    lines = ["\t".join(table.names)]
    lines += ["\t".join(cell(value) for value in row) for row in table.json_rows()]
    return "\n".join(lines)


def follow(table: Table, event: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Follows the link of a cell or a graph's node: the details of the cell or its row, another workbook, an address after a
    question, since the browser opens one only at a click of its own. `values` are this workbook's."""
    link, row = event.get("link"), event.get("row")
    if not isinstance(link, Mapping):
        return
    if link.get("kind") == "workbook":
        open_workbook(link, values)
    elif link.get("kind") == "url":
        href = html.escape(str(link.get("href", "")))
        address = f'<p><a href="{href}" target="_blank" rel="noopener noreferrer">{href}</a></p>'
        dialogs.show("Open this address?", lambda: st.html(address), "small")
    elif link.get("kind") == "inert":
        st.html(style.message_html(str(link.get("why", "")), "info"))
    elif isinstance(row, int) and 0 <= row < len(table):
        cells = dict(zip(table.names, replace(table, arrow=table.arrow.slice(row, 1)).json_rows()[0], strict=True))
        fields = {field: name for name, field in dict(unique_fields(table.names)).items()}
        name = str(event.get("column") or fields.get(str(event.get("field")), ""))
        shown = {name: cells[name]} if link.get("kind") == "cell" and name in cells else cells
        dialogs.show("Details", lambda: _draw_details(shown))


def _draw_details(cells: Mapping[str, Any]) -> None:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{_value_html(value)}</td></tr>'
        for name, value in cells.items()
    )
    st.html(f'<div class="wb-details"><table>{rows}</table></div>')


def show_details(text: str) -> None:
    """A text in a pane of its own; JSON as its parts."""
    dialogs.show("Details", lambda: _draw_details({"Value": text}))


def open_workbook(link: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Opens the workbook that a link names (see visual.links.workbook_link), with the parameters it passes; `values` are those
    of the workbook it stands in."""
    template = str(link.get("template") or "")
    found = find_id(template)
    if found is None:
        st.html(style.message_html(f"The workbook '{template[:200]}' is not among the workbooks here.", "warning"))
        return
    taken = link.get("from")
    passed = {str(name): values.get(str(own)) for name, own in taken.items()} if isinstance(taken, Mapping) else {}
    if link.get("all"):
        declared = {parameter.name for item in library.open_workbook(found).walk() for parameter in item.parameters}
        passed = {name: value for name, value in values.items() if name in declared} | passed
    texts = link.get("parameters")
    fixed = {str(name): str(value) for name, value in texts.items()} if isinstance(texts, Mapping) else {}
    bar.go("workbook", w=found, **{**links.write_values(passed), **links.write_texts(fixed)})


def _value_html(value: Any) -> str:
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except ValueError:
            return html.escape(value)
    if isinstance(value, (dict, list)):
        return f"<pre>{html.escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"
    return html.escape("" if value is None else str(value))
