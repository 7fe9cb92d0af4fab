"""A whole workbook as a file: HTML, PDF, PNG, an Excel file with a sheet a part, Markdown."""

from __future__ import annotations

import io
from typing import Any, Literal

from dashboard.engines.protocol import CancelToken
from dashboard.errors import Problem, WatchbookError
from dashboard.export import chromium
from dashboard.export.markdown import run_markdown
from dashboard.export.page import Drawn, export_sections_html, item_view, notices_of
from dashboard.export.run import Progress, Run, part_title
from dashboard.export.tables import add_facts, add_sheet, open_book, table_facts

Format = Literal["html", "pdf", "png", "xlsx", "md"]
FORMATS: tuple[Format, ...] = ("html", "pdf", "png", "xlsx", "md")
MIME = {
    "html": "text/html", "pdf": "application/pdf", "png": "image/png", "md": "text/markdown",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip

_SHEET_NAME = 31
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def export_workbook(
    run: Run,
    format: str,
    *,
    paper: str = "A4",
    portrait: bool = False,
    progress: Progress = lambda share, what: None,
    cancel: CancelToken | None = None,
) -> bytes:
    """A run as a file's bytes. Every form states title, parameters, time zone, data source, time of the run, row caps and what
    is partial. Raises WatchbookError (EX002 … EX007) and Cancelled."""
    progress(0.92, "Writing")
    match format:
        case "html":
            return run_html(run)
        case "pdf":
            footer = " · ".join((run.title, run.facts.get("Data source", ""), run.facts.get("Run", "")))
            return chromium.page_pdf(run_html(run), paper=paper, portrait=portrait, footer=footer, cancel=cancel)
        case "png":
            return chromium.page_png(run_html(run), cancel=cancel)
        case "xlsx":
            return _xlsx(run, cancel)
        case "md":
            return run_markdown(run).encode("utf-8", "replace")
    raise WatchbookError(
        Problem(
            "EX007", f"The format must be one of {', '.join(FORMATS)}; got '{format}'.", hint="Choose one of these."
        )
    )


def run_html(run: Run) -> bytes:
    """A run as one page, a heading a tab where there are several sections."""
    sections: list[tuple[str, list[Drawn]]] = []
    for section in run.sections:
        entries: list[Drawn] = [
            (planned, item_view(planned, result, run.zone), notices_of(result))
            for planned, result in section.results
            if planned.path in section.own or planned.item.kind == "group"
        ]
        sections.append((section.label, entries))
    return export_sections_html(run.title, sections, run.facts)


def _xlsx(run: Run, cancel: CancelToken | None) -> bytes:
    """A sheet `About` with the facts and the list of parts, then a sheet for each part with rows."""
    out = io.BytesIO()
    with open_book(out, run.title) as book:
        about = book.add_worksheet("About")
        used = {"about"}
        listed: list[tuple[str, str]] = []
        for section, planned, result in run.parts():
            if cancel is not None:
                cancel.check()
            title = " › ".join(part for part in (section.label, part_title(planned)) if part)
            if result.table is None or not result.table.columns:
                listed.append((title, result.message or result.status))
                continue
            name = _sheet_name(part_title(planned), used)
            add_sheet(book, name, result.table)
            rows = f"{len(result.table):,} rows on sheet '{name}'"
            listed.append((title, " ".join([rows, *(f"({text})" for text in notices_of(result))])))
        add_facts(
            book, about, [*table_facts(run.title, run.facts), ("", ""), *(listed or [("Parts", "none with data")])]
        )
        about.activate()
    return out.getvalue()


def _sheet_name(title: str, used: set[str]) -> str:
    """A name that a sheet may have: no characters that Excel refuses, no longer than it takes, and used once."""
    clean: Any = "".join(char for char in title.translate(_NOT_IN_NAMES) if char.isprintable())
    base = " ".join(clean.split())[:_SHEET_NAME].strip() or "Part"
    name, number = base, 1
    while name.lower() in used or name.lower() == "history":
        number += 1
        ending = f" {number}"
        name = base[: _SHEET_NAME - len(ending)] + ending
    used.add(name.lower())
    return name
