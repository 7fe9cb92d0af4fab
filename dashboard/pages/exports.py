"""The export of the open workbook: what to write, its progress, and the file when it is there."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

import streamlit as st

from dashboard.engines.protocol import CancelToken
from dashboard.errors import Cancelled, WatchbookError
from dashboard.pages import azure_exchange, bar, dialogs, sources, style
from dashboard.pages.board import Board
from dashboard.pages.templates import find_template
from dashboard.runtime.evaluate import Session
from dashboard.server.downloads import Download

_OPEN = "wb-export-open"
_JOB = "wb-export-job"
_STEP = 0.25
_FORMS = {
    "pdf": "PDF", "xlsx": "Excel, a sheet a part", "html": "HTML, interactive and offline", "png": "PNG", "md": "Markdown",
}  # fmt: skip


@dataclass
class _Job:
    """An export that runs in the background. `share` and `what` are told by its thread."""

    token: CancelToken = field(default_factory=CancelToken)
    share: float = 0.0
    what: str = ""
    result: Future[Download] = field(default_factory=Future)

    def tell(self, share: float, what: str) -> None:
        self.share, self.what = share, what


def ask() -> None:
    """Has the dialog opened in this run of the page."""
    dialogs.close()
    st.session_state[_OPEN] = True


def draw(board: Board) -> None:
    """Draws the dialog while it is open."""
    if st.session_state.get(_OPEN):
        st.dialog("Export this workbook", width="medium", on_dismiss=_close)(lambda: _draw(board))()


def _close() -> None:
    job: _Job | None = st.session_state.pop(_JOB, None)
    if job is not None:
        job.token.cancel()
    st.session_state[_OPEN] = False


def _draw(board: Board) -> None:
    file, azure = st.tabs(["As a file", "To Azure"])
    with file:
        _draw_file(board)
    with azure:
        azure_exchange.draw_publishing(board.name, board.title, board.workbook)


def _draw_file(board: Board) -> None:
    with style.guard():
        job: _Job | None = st.session_state.get(_JOB)
        if job is not None and not job.result.done():
            _draw_progress(job)
            return
        form = st.selectbox("Format", list(_FORMS), format_func=_FORMS.__getitem__, key="wb-export-form")
        all_tabs = st.radio("What", ("This tab", "All tabs"), horizontal=True, key="wb-export-what") == "All tabs"
        paper, portrait = "A4", False
        if form == "pdf":
            paper = st.radio("Paper", ("A4", "Letter"), horizontal=True, key="wb-export-paper")
            portrait = (
                st.radio("Orientation", ("Landscape", "Portrait"), horizontal=True, key="wb-export-turn") == "Portrait"
            )
        if st.button("Export", type="primary", key="wb-export-start"):
            st.session_state[_JOB] = _start(board, form, all_tabs, paper, portrait)
            st.rerun(scope="fragment")
        if job is not None:
            _draw_outcome(job)


def _draw_progress(job: _Job) -> None:
    line = st.progress(0.0, text="Starting")
    st.button("Cancel", key="wb-export-cancel", on_click=job.token.cancel)
    while not job.result.done():
        line.progress(min(max(job.share, 0.0), 1.0), text=job.what[:80] or "Running the queries")
        time.sleep(_STEP)
    st.rerun(scope="fragment")


def _draw_outcome(job: _Job) -> None:
    try:
        made = job.result.result()
    except Cancelled:
        st.html(style.message_html("The export was cancelled.", "info"))
    except WatchbookError as error:
        st.html(style.problem_html(error.problem, error.problems[1:]))
    else:
        length = len(made.content)
        size = f"{length / 1e6:.1f} MB" if length >= 1e6 else f"{length / 1e3:.0f} kB"
        st.html(style.message_html(f"{made.name} is ready ({size}).", "success"))
        st.html(f'<a class="wb-button is-primary" href="{style.text(made.address)}" download>Save the file</a>')


def _start(board: Board, form: str, all_tabs: bool, paper: str, portrait: bool) -> _Job:
    from dashboard.export.tables import file_name
    from dashboard.export.workbook import MIME

    job = _Job()
    zone, source = bar.zone(), sources.labels()[sources.chosen()]
    session = board.session
    if all_tabs:
        # The page's own session stays at the tab where the reader is.
        session = Session(
            board.workbook, board.engine, values=board.chosen, time_zone=zone, templates=find_template, now=session.now
        )

    def work() -> None:
        from dashboard.export.run import run_workbook
        from dashboard.export.workbook import export_workbook

        try:
            run = run_workbook(
                board.title, session, zone=zone, all_tabs=all_tabs, source=source, progress=job.tell, cancel=job.token
            )
            made = export_workbook(run, form, paper=paper, portrait=portrait, progress=job.tell, cancel=job.token)
            job.result.set_result(Download(file_name(board.title, form), MIME[form], made))
        except BaseException as error:  # noqa: BLE001 - the dialog shows it
            job.result.set_exception(error)

    threading.Thread(target=work, name="export", daemon=True).start()
    return job
