"""The workbook page: opens what the address names, draws it, and keeps the address in step with what a person sets."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard.document import Workbook
from dashboard.document.workbook import object_of
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, edit_page, exports, items, layout, library, links, sources, style, waiting
from dashboard.pages.board import Board

_BOARDS = "wb-boards"
_AUTO = "wb-auto"
_WALL = "wb-wall"
_LAST = "wb-last"
_KEPT = 6
_REMEMBERED = 50


def draw() -> None:
    """Draws the page."""
    # The browser's history holds the bare address, too: it means the workbook that was open last.
    chosen = st.query_params.get("w", "") or st.session_state.get(_LAST, "")
    try:
        board = _board(chosen)
    except WatchbookError as error:
        bar.draw("workbook")
        st.html(
            style.head_html("This workbook cannot be opened") + style.problem_html(error.problem, error.problems[1:])
        )
        return
    st.session_state["wb-board"] = board
    st.session_state[_LAST] = chosen
    if st.query_params.get("edit"):
        edit_page.begin(board)
    edit = edit_page.current(board)
    if edit is not None and edit.visit:
        visited, edit.visit = edit.visit, ""
        bar.go("workbook", w=visited)
    if edit is not None and edit.go:
        copied = edit.go
        edit_page.end(board)
        bar.go("workbook", w=copied, edit="1", **links.write_values(board.chosen))
    bar.draw(
        "workbook", _act, refreshed=board.refreshed, auto=st.session_state.get(_AUTO, 0),
        wall=bool(st.session_state.get(_WALL) or st.query_params.get("wall")), workbook=True, editing=edit is not None, share=_shared(board),
        opened=board.name,
    )  # fmt: skip
    problem = sources.problem_of_source()
    if problem is not None:
        st.html(style.problem_html(problem))
    _draw_board(board)
    _keep_address(board)
    if st.session_state.get(_AUTO):
        _tick(board, int(st.session_state[_AUTO]))


def _shared(board: Board) -> dict[str, str]:
    """What a link to the page as it stands says, with ranges of time that move on and with fixed ones."""
    return {"moving": urlencode(board.address(), doseq=True), "fixed": urlencode(board.fixed_address(), doseq=True)}


def _draw_board(board: Board) -> None:
    with st.container(key="wb-page"), style.guard():
        edit = edit_page.current(board)
        if edit is not None:
            edit_page.draw_tools(board, edit)
        if not library.starts_with_title(board.workbook):
            st.html(f'<div class="wb-head"><h1>{style.text(board.title)}</h1></div>')
        plan = waiting.wait(board.plan())
        board.start(plan)
        st.html(
            layout.sheet(plan.items, hidden=edit is not None, style=object_of(board.workbook.raw.get("styleSettings")))
        )
        told = [problem for problem in plan.problems if problem.severity == "error"]
        if told:
            st.html("".join(style.problem_html(problem) for problem in told[:5]))
        if edit is not None:
            with st.container(key="wb-edit", horizontal=True, gap=None):
                with st.container(key="wb-edit-canvas"):
                    items.draw_all(board, plan.items)
                if edit.panel:
                    with st.container(key="wb-edit-side"), style.guard():
                        edit_page.draw_panel(board, edit, plan)
        elif any(item.status != "hidden" for item in plan.items):
            items.draw_all(board, plan.items)
        elif not told:
            st.html(style.message_html("This workbook has no part that is visible.", "info"))


def _board(chosen: str) -> Board:
    """The board of the address: the one that is open, or a new one with the values that the address sets."""
    boards: dict[tuple[str, str], Board] = st.session_state.setdefault(_BOARDS, {})
    sources.prepare()
    engine = sources.engine()
    key = (chosen, engine.name)
    asked = {name: st.query_params.get_all(name) for name in st.query_params if name.startswith(links.PREFIX)}
    board = boards.get(key)
    if board is not None and board.fits(engine, bar.zone()) and (not asked or asked in board.written):
        boards[key] = boards.pop(key)
        if board.changed_outside() and edit_page.current(board) is None:
            board.rewrite(library.open_workbook(chosen))
        return board
    workbook = library.open_workbook(chosen)
    values = links.read_values(asked, *_kinds(workbook))
    earlier = next(
        (other for (name, _), other in boards.items() if name == chosen and other.engine is not engine), None
    )
    if earlier is not None and not asked:
        values = dict(earlier.chosen)
    boards[key] = board = Board(chosen, workbook, library.title_of(workbook, chosen), engine, values)
    board.written.append(asked)
    edit = edit_page.current(board)
    if edit is not None:
        # Another source, or another address, of a workbook that is being edited.
        board.rewrite(edit.workbook())
    while len(boards) > _KEPT:
        boards.pop(next(iter(boards)))
    return board


def _kinds(workbook: Workbook) -> tuple[frozenset[str], frozenset[str]]:
    """The names of time ranges and of multi-selects."""
    parameters = [parameter for item in workbook.walk() for parameter in item.parameters]
    times = {parameter.name for parameter in parameters if parameter.kind == "time"}
    times |= {item.brush_parameter for item in workbook.walk() if item.brush_parameter}
    return frozenset(times), frozenset(parameter.name for parameter in parameters if parameter.is_multi)


def _keep_address(board: Board) -> None:
    """Writes what is set into the address, so that it can be sent to somebody."""
    address: dict[str, Any] = board.address()
    if st.query_params.get("wall"):
        address["wall"] = "1"
    if edit_page.current(board) is not None:
        address["edit"] = "1"
    now = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted = {name: value if isinstance(value, list) else [value] for name, value in address.items()}
    if now != wanted:
        st.query_params.from_dict(address)
    board.written.append({name: values for name, values in wanted.items() if name.startswith(links.PREFIX)})
    del board.written[:-_REMEMBERED]


def _act(event: controls.Event) -> None:
    """What the bar's buttons do to the workbook."""
    board: Board | None = st.session_state.get("wb-board")
    what, value = event.get("do"), event.get("value")
    if board is not None and what == "refresh":
        board.refresh()
    elif board is not None and what == "cancel":
        board.cancel()
    elif board is not None and what == "export":
        exports.ask(board)
    elif board is not None and what == "edit":
        if edit_page.current(board) is None:
            edit_page.begin(board)
        else:
            edit_page.act(board, {"do": "done"})
    elif what == "auto" and isinstance(value, int) and 0 <= value <= 86_400:
        st.session_state[_AUTO] = max(value, 10) if value else 0
    elif what == "wall":
        st.session_state[_WALL] = bool(value)
        if value and not st.session_state.get(_AUTO):
            st.session_state[_AUTO] = 300


def _tick(board: Board, seconds: int) -> None:
    """Refreshes the workbook every so often, while the page is open."""
    due = board.refreshed + dt.timedelta(seconds=seconds)

    def check() -> None:
        if dt.datetime.now(dt.UTC) >= due:
            board.refresh()
            st.rerun()

    st.fragment(check, run_every=seconds)()
