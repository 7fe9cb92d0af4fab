"""The query of an item, or of a parameter, in edit mode: the editor, and below it what the query comes to just now.

The workbook itself is the preview of an item. What is told here beside it: rows, time and size, the rows as they came, the
text as it was sent, of local data SQL and plan, for a parameter its options, and what a selected part of the query gives by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.document import editing as edit
from dashboard.document import replace_document
from dashboard.document.forms.data import RESOURCE_GRAPH
from dashboard.errors import Problem
from dashboard.pages import bar, drawings, kql_editor, layout, results, style, waiting
from dashboard.pages.board import Board
from dashboard.pages.edit_session import Edit
from dashboard.runtime.plan import Control, PlannedItem

_OPTIONS, _RESULT, _CHART, _NOTHING = "Options", "Result", "Chart", "-"
_MOST_OPTIONS = 200
_KQL = ("logs", "resource_graph", "adx")


def draw(board: Board, found: Edit) -> None:
    """Draws the editor of the query that is written for what is selected, where one is, and its answer."""
    written = found.written()
    planned = board.current(found.selected)
    if written is not None:
        _draw_editor(board, found, planned)
    if planned is None:
        return
    control = _control(planned, found.inside)
    if control is not None and control.parameter.kind == "time":
        return

    def content() -> None:
        with style.guard():
            _draw_answer(board, found, planned, control)

    with st.container(key="wb-edit-answer"):
        st.fragment(content, key=f"answer-{layout.slug(found.selected)}-{found.inside}")()


def _control(planned: PlannedItem, inside: int | None) -> Control | None:
    parameter = planned.item.parameter_at(inside) if inside is not None else None
    return next((each for each in planned.controls if each.parameter is parameter), None)


def _draw_editor(board: Board, found: Edit, planned: PlannedItem | None) -> None:
    written = found.written()
    if written is None:
        return

    def act(event: kql_editor.Event) -> None:
        before = found.document
        text = event.get("text")
        if isinstance(text, str):
            found.set_query(text)
        part = event.get("run")
        if isinstance(part, str):
            found.remember(found.query())
            found.looking.trial = part if event.get("selection") is True else ""
            if planned is not None and found.document is before and not found.looking.trial:
                board.ask_anew(planned)
        if found.document is not before:
            board.rewrite(found.workbook())

    history = [{"label": " ".join(text.split())[:60], "text": text} for text in found.queries if text != found.query()]
    with st.container(key="wb-edit-query"):
        kql_editor.draw(
            f"query-{layout.slug(found.selected)}-{found.inside}-{written.language}",
            found.query(),
            act,
            revision=found.revision,
            label=written.label,
            tools={"history": history},
            parameters=[(name, "parameter of this workbook") for name in found.around.parameters],
            problems=_problems(board, found, planned),
            live=True,
            plain=written.language != "kql",
            graph=written.source == RESOURCE_GRAPH,
        )


def _problems(board: Board, found: Edit, planned: PlannedItem | None) -> Sequence[Problem]:
    asked = _asked(planned, _control(planned, found.inside)) if planned is not None else None
    return board.problems(asked) if asked is not None else ()


def _asked(planned: PlannedItem, control: Control | None) -> PlannedItem | None:
    """What can be asked for the rows: the item itself, or an item that stands for the parameter's query."""
    if control is None:
        return planned if planned.item.kind == "query" else None
    if control.query is None:
        return None
    key = f"{planned.path} {control.parameter.name} {control.query}"
    return replace(planned, key=key, query=control.query, status="ready", controls=())


def _draw_answer(board: Board, found: Edit, planned: PlannedItem, control: Control | None) -> None:
    """The run line, and tabs with what else can be told; pressing the open one closes it."""
    asked = _asked(planned, control)
    if found.looking.trial:
        asked = _tried(board, found)
    result = None
    if asked is not None and asked.status == "ready" and asked.query is not None:
        result = waiting.wait(board.submit(asked))
    table = result.table if result is not None else None
    lines = [_value_html(control)] if control is not None and not found.looking.trial else []
    if control is None and asked is not None and asked.status not in ("ready", "hidden") and asked.message:
        lines.append(style.message_html(asked.message, "info"))
    if result is not None and table is not None:
        head = "The selected part: " if found.looking.trial else ""
        lines.append(_line(f"{head}{results.run_line(table, result.ms / 1000)}"))
    elif result is not None and result.problem is not None and (found.looking.trial or control is None):
        lines.append(style.problem_html(result.problem))
    if lines:
        st.html("".join(lines))
    request = asked.query if asked is not None else None
    names = [_OPTIONS] if control is not None and not found.looking.trial and control.options else []
    names += [_RESULT] if table is not None else []
    names += [_CHART] if table is not None and found.looking.trial else []
    if request is not None and request.source != "merge":
        names += results.ways(board.engine) if request.source in _KQL else (results.SENT,)
    if not names:
        return
    shown = (
        found.looking.shown if found.looking.shown in names or found.looking.shown == _NOTHING else _first(names, found)
    )

    def choose(name: str) -> None:
        found.looking.shown = _NOTHING if name == shown else name

    results.draw_tabs("wb-edit-answer-tabs", names, shown, choose, folds=True)
    if shown == _OPTIONS and control is not None:
        st.html(options_html(control))
    elif shown in (_RESULT, _CHART) and table is not None:
        view = drawings.preview_view if shown == _CHART else drawings.plain_view
        drawings.draw(view(table, bar.zone()), f"wb-edit-answer-{shown}", "Rows of the query")
    elif shown in (results.SENT, results.SQL, results.PLAN) and request is not None:
        st.html(results.way_html(shown, board.engine, request))


def _first(names: Sequence[str], found: Edit) -> str:
    """What stands open before anything was chosen: the options of a parameter, and the rows of a part that was run."""
    return _RESULT if found.looking.trial and _RESULT in names else _OPTIONS if _OPTIONS in names else ""


def _tried(board: Board, found: Edit) -> PlannedItem | None:
    """What a selected part of the query asks in the place of the whole."""
    written = found.written()
    if written is None:
        return None
    document = edit.set_setting(found.document, found.selected, written.keys, found.looking.trial)
    plan = waiting.wait(board.tried(replace_document(found.packed, document)))
    planned = next((each for each in plan.walk() if each.path == found.selected), None)
    return _asked(planned, _control(planned, found.inside)) if planned is not None else None


def _value_html(control: Control) -> str:
    """What a parameter stands for just now, or why it stands for nothing."""
    if control.problem is not None:
        return style.problem_html(control.problem)
    return _line(f"{control.parameter.name} is {control.text or 'unset'}")


def _line(text: str) -> str:
    return f'<div class="wb-run-line" role="status">{style.text(text)}</div>'


def options_html(control: Control) -> str:
    """The options that a parameter offers just now, as a table."""
    options = (*control.specials, *control.options)
    grouped = any(option.group for option in options)
    head = "".join(f'<th scope="col">{each}</th>' for each in ("Value", "Label", *(("Group",) if grouped else ())))
    rows = []
    for option in options[:_MOST_OPTIONS]:
        cells = (option.value, option.label or option.value, *((option.group or "",) if grouped else ()))
        rows.append("<tr>" + "".join(f"<td>{style.text(cell)}</td>" for cell in cells) + "</tr>")
    more = len(options) - _MOST_OPTIONS
    told = f'<div class="wb-note">and {more:,} more</div>' if more > 0 else ""
    return f'<div class="wb-details wb-options"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>{told}</div>'
