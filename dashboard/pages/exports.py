"""The export of the open workbook: what to write, its progress, and the file when it is there."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

import streamlit as st

from dashboard.engines.protocol import CancelToken
from dashboard.errors import Cancelled, WatchbookError
from dashboard.pages import azure_exchange, bar, dialogs, sources, style, waiting
from dashboard.pages.board import Board
from dashboard.pages.templates import find_template
from dashboard.runtime.evaluate import Session
from dashboard.server.downloads import Download

_JOB = "wb-export-job"
_EVERY = 0.5
_TAB, _LANDSCAPE = "This tab", "Landscape"
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


def ask(board: Board) -> None:
    """Has the next run of the page open the dialog."""
    dialogs.ask("Export this workbook", lambda: _draw(board), "medium", _cancel)


def _cancel() -> None:
    job: _Job | None = st.session_state.pop(_JOB, None)
    if job is not None:
        job.token.cancel()


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
        st.radio("What", (_TAB, "All tabs"), horizontal=True, key="wb-export-what")
        if form == "pdf":
            st.radio("Paper", ("A4", "Letter"), horizontal=True, key="wb-export-paper")
            st.radio("Orientation", (_LANDSCAPE, "Portrait"), horizontal=True, key="wb-export-turn")
        st.button("Export", type="primary", key="wb-export-start", on_click=lambda: _begin(board))
        if job is not None:
            _draw_outcome(job)


def _begin(board: Board) -> None:
    state = st.session_state
    state[_JOB] = _start(
        board,
        state["wb-export-form"],
        state["wb-export-what"] != _TAB,
        state.get("wb-export-paper", "A4"),
        state.get("wb-export-turn", _LANDSCAPE) != _LANDSCAPE,
    )


def _draw_progress(job: _Job) -> None:
    def content() -> None:
        st.progress(min(max(job.share, 0.0), 1.0), text=job.what[:80] or "Running the queries")

    waiting.until_then(job.result.done, content, _EVERY)
    st.button("Cancel", key="wb-export-cancel", on_click=job.token.cancel)


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
