"""The page that makes a new workbook: from a table, a query, a template, or JSON that somebody has."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.document.writing import write_json
from dashboard.engines.protocol import CancelToken, QueryRequest
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, sources, style, waiting
from dashboard.runtime import suggest
from dashboard.runtime.execute import shared_executor
from dashboard.runtime.starters import STARTERS
from dashboard.store.files import file_in, free_name
from dashboard.store.imports import Imported, import_workbooks
from dashboard.store.versions import Versions

_STATE = "wb-new"
_MOST_FILES = 200


def draw() -> None:
    """Draws the page."""
    bar.draw("gallery")
    state = _state()
    if state["go"]:
        go = state.pop("go")
        st.session_state.pop(_STATE)
        bar.go("workbook", w=go, edit="1")
    with st.container(key="wb-page"), style.guard():
        st.html(style.head_html("New workbook", "Begin with what you have; everything can be changed afterwards."))
        sources.prepare()
        _look(state)
        controls.edit("wizard", "wb-wizard", _data(state), _act)
        if state["step"] == "paste":
            _draw_upload(state)
        for done in state["imported"]:
            st.html(
                style.message_html(
                    f"Imported {done.title} as {done.name}.", "success", lines=[p.describe() for p in done.problems[:5]]
                )
            )


def _state() -> dict[str, Any]:
    state: dict[str, Any] = st.session_state.setdefault(
        _STATE,
        {
            "step": "table", "table": "", "query": "", "looked": None, "found": None, "title": "", "time": "", "chosen": [], "on": {},
            "problem": "", "go": "", "imported": (), "taken": (),
        },
    )  # fmt: skip
    return state


def _source(state: dict[str, Any]) -> str:
    return (
        str(state["table"] if state["step"] == "table" else state["query"])
        if state["step"] in ("table", "query")
        else ""
    )


def _look(state: dict[str, Any]) -> None:
    """Looks at a sample of what was chosen, where that was not done yet."""
    source = _source(state)
    key = (source, sources.chosen())
    if not source.strip() or state["looked"] == key:
        return
    state.update(looked=key, found=None, problem="")
    try:
        request = QueryRequest(suggest.sample_query(source))
        table = waiting.wait(shared_executor(sources.engine()).submit(request, CancelToken()))
    except WatchbookError as error:
        state["problem"] = error.problem.describe()
        return
    if not len(table):
        state["problem"] = "There are no rows to look at."
        return
    found = suggest.profile(source, table)
    time = found.times[0] if found.times else ""
    state.update(
        found=found, time=time, on={}, chosen=[name for name, kinds in found.dimensions[:2] if kinds > 1],
        title=f"{source} overview" if state["step"] == "table" else "New workbook",
    )  # fmt: skip


def _ideas(state: dict[str, Any]) -> tuple[suggest.Idea, ...]:
    found = state["found"]
    return suggest.ideas(found, state["time"]) if found is not None else ()


def _data(state: dict[str, Any]) -> dict[str, Any]:
    found: suggest.Profile | None = state["found"] if _source(state) else None
    tables = []
    if state["step"] == "table":
        engine = sources.engine()
        known = (
            [table for table in engine.tables() if table.rows]
            if sources.chosen() == sources.LOCAL
            else waiting.wait_azure(sources.live_tables(engine, again=True))
        )
        tables = [
            {"name": table.name, "rows": f"{table.rows:,}" if table.rows else ""}
            for table in sorted(known, key=lambda t: t.name.lower())
        ]
    return {
        "step": state["step"], "templates": [{"id": each.id, "title": each.title, "text": each.text} for each in STARTERS], "tables": tables, "table": state["table"],
        "query": state["query"], "title": state["title"], "times": list(found.times) if found else [], "time": state["time"],
        "dimensions": [name for name, _ in found.dimensions[:10]] if found and not found.is_summarized else [], "chosen": state["chosen"],
        "ideas": [{"id": idea.id, "label": idea.label, "why": idea.why, "on": _is_on(state, idea)} for idea in _ideas(state)] if found else [],
        "problem": state["problem"], "busy": False,
    }  # fmt: skip


def _is_on(state: dict[str, Any], idea: suggest.Idea) -> bool:
    return bool(state["on"].get(idea.id, idea.on))


def _act(event: controls.Event) -> None:
    state, what, value = _state(), event.get("do"), event.get("value")
    state["problem"] = ""
    try:
        if what == "step" and value in ("table", "query", "template", "paste"):
            state.update(step=value, found=None, looked=None)
        elif what == "table":
            state.update(table=str(value))
        elif what == "query":
            state.update(query=str(value), looked=None)
        elif what == "title":
            state.update(title=str(value)[:200])
        elif what == "time":
            state.update(time=str(value))
        elif what == "idea":
            state["on"][str(value)] = bool(event.get("on"))
        elif what == "dimension":
            rest = [name for name in state["chosen"] if name != value]
            state["chosen"] = [*rest, str(value)] if event.get("on") else rest
        elif what == "template":
            starter = next((each for each in STARTERS if each.id == value), None)
            if starter is not None:
                _make(
                    state,
                    starter.title if starter.id != "empty" else "New workbook",
                    starter.make(),
                    f"From the template {starter.title}",
                )
        elif what == "make":
            _make_chosen(state, str(value or "").strip())
        elif what == "paste":
            _take(state, str(value or "").encode("utf-8", "surrogatepass"), "pasted.json")
    except WatchbookError as error:
        state["problem"] = error.problem.describe()


def _make_chosen(state: dict[str, Any], title: str) -> None:
    found: suggest.Profile | None = state["found"]
    if found is None:
        return
    title = title or state["title"] or "New workbook"
    chosen = [idea for idea in _ideas(state) if _is_on(state, idea)]
    _make(state, title, suggest.workbook(title, found, state["time"], state["chosen"], chosen), "Made by the wizard")


def _make(state: dict[str, Any], title: str, document: dict[str, Any], message: str) -> None:
    folder = settings.workbooks_folder()
    name = free_name(folder, title)
    Versions(sources.store()).save(file_in(folder, name), write_json(document), base=None, message=message)
    state["go"] = f"mine/{name}"


def _take(state: dict[str, Any], data: bytes, source: str) -> tuple[Imported, ...]:
    done = import_workbooks(Versions(sources.store()), settings.workbooks_folder(), data, source)
    if len(done) == 1 and not done[0].problems:
        state["go"] = f"mine/{done[0].name}"
    else:
        state["imported"] = (*state["imported"], *done)
    return done


def _draw_upload(state: dict[str, Any]) -> None:
    files = st.file_uploader(
        "Workbook files",
        type=["json", "workbook"],
        accept_multiple_files=True,
        key="wb-upload",
        label_visibility="collapsed",
    )
    fresh = [file for file in files[:_MOST_FILES] if file.file_id not in state["taken"]]
    for file in fresh:
        state["taken"] = (*state["taken"], file.file_id)
        try:
            _take(state, file.getvalue(), file.name)
        except WatchbookError as error:
            st.html(style.problem_html(error.problem))
    if state["go"] and len(fresh) == 1:
        st.rerun()
    state["go"] = ""
