"""How a part was answered, as a dialog: why it is blank if it is, where its query went, what it cost, the query as it was sent."""

from __future__ import annotations

import datetime as dt
from html import escape

import streamlit as st

from dashboard.pages import bar, dialogs, layout, waiting
from dashboard.pages.board import Board
from dashboard.runtime.execute import Statistics
from dashboard.runtime.explain import Explanation
from dashboard.runtime.plan import PlannedItem


def show(board: Board, planned: PlannedItem) -> None:
    """Opens the dialog; asks the engine only where the part is blank."""
    asked = board.explain(planned)

    def draw() -> None:
        found = waiting.wait(asked)
        st.html(explanation_html(found, board.session.statistics if board.session.live else None))

    dialogs.show(board.title_of(planned) or "How it was answered", draw)


def explanation_html(found: Explanation, page: Statistics | None) -> str:
    """The dialog's content. `page` is what the live queries of the whole page have cost so far."""
    rows = [("Went to", found.where)]
    if found.timespan is not None:
        start, end = (_moment(moment) for moment in (found.timespan.start, found.timespan.end))
        rows.append(("Time range", f"{start} to {end} {bar.zone()}"))
    if found.rows is not None:
        rows.append(("Rows", f"{found.rows:,}"))
    if found.seconds is not None:
        rows.append(("Took", f"{found.seconds:.2f} s" + (f", {found.tries} tries" if (found.tries or 1) > 1 else "")))
    if found.fetched is not None:
        rows.append(("Fetched", f"{_moment(dt.datetime.fromtimestamp(found.fetched, dt.UTC))} {bar.zone()}"))
    if found.bytes or found.scanned:
        scanned = f", {_size(found.scanned)} scanned" if found.scanned else ""
        rows.append(("Read", f"{_size(found.bytes or 0)}{scanned}"))
    if page is not None and page.queries:
        cost = f"{page.queries} live queries, {page.cached} kept results, {_size(page.bytes + page.scanned)}"
        rows.append(("This page so far", f"{cost}, {page.seconds:.1f} s"))
    why = "".join(f"<li>{escape(reason)}</li>" for reason in found.reasons)
    head = f'<ul class="wb-why">{why}</ul>' if why else ""
    table = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>' for name, text in rows if text
    )
    queries = "".join(f"<pre>{escape(text.strip())}</pre>" for text in found.queries)
    return f'<div class="wb-details">{head}<table>{table}</table>{queries}</div>'


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(layout.zone(bar.zone())):%Y-%m-%d %H:%M:%S}"


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
