"""The hunting page: saved queries by tactic, all of them run at once, one of them looked into, rows kept as bookmarks."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from dataclasses import dataclass, field, replace

import streamlit as st

from dashboard.detection.hunting import bookmarks, running
from dashboard.detection.hunting.queries import TACTICS, HuntingQuery, load_queries, queries_folder
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest
from dashboard.errors import WatchbookError
from dashboard.pages import bar, confirm, drawings, lists, sources, style, waiting
from dashboard.table import Table
from dashboard.visual.view import Grid

_TOLD = "wb-hunting-told"
_RUN = "wb-hunting-run"
_SHOWN = 1_000
_HEADS = (
    ("Query", "text", "3fr"), ("Tactics", "text", "2fr"), ("Results", "number", "90px"), ("Change", "text", "100px"),
    ("Last run", "text", "150px"), ("Note", "text", "1fr"),
)  # fmt: skip


@dataclass
class _Run:
    """A run of all queries, in a thread of its own so that the page stays usable."""

    total: int
    cancel: CancelToken = field(default_factory=CancelToken)
    done: int = 0
    failed: int = 0
    over: bool = False
    problem: str = ""


def draw() -> None:
    """Draws the page."""
    bar.draw("hunting")
    with st.container(key="wb-page"), style.guard():
        sources.prepare()
        queries, problems = load_queries()
        st.html(style.head_html("Hunting", f"{len(queries)} saved queries over {sources.labels()[sources.chosen()].lower()}. Your own go into {queries_folder()}, as Microsoft Sentinel writes them."))  # fmt: skip
        for problem in problems[:5]:
            st.html(style.problem_html(problem))
        hunt, marks = st.tabs(["Queries", "Bookmarks"])
        with hunt:
            _draw_queries(queries)
        with marks:
            _draw_bookmarks()


def _draw_queries(queries: list[HuntingQuery]) -> None:
    counts = Counter(tactic for query in queries for tactic in query.tactics)
    tactics = [tactic for tactic in TACTICS if counts[tactic]]
    with st.container(key="hunting-bar", horizontal=True, gap="small", vertical_alignment="bottom"):
        tactic = st.selectbox("Tactic", ["All", *tactics], key="hunting-tactic", format_func=lambda name: f"{_words(name)} ({counts[name]})" if name in counts else f"All ({len(queries)})")  # fmt: skip
        span = st.selectbox("Time range", list(running.SPANS), index=2, key="hunting-span")
        shown = [query for query in queries if tactic in ("All", *query.tactics)]
        run: _Run | None = st.session_state.get(_RUN)
        busy = run is not None and not run.over
        if st.button(f"Run {len(shown)} queries", type="primary", disabled=busy or not shown, key="hunting-all"):
            st.session_state[_RUN] = _start(sources.engine(), shown, span)
            st.session_state.pop(_TOLD, None)
            st.rerun()
    if st.session_state.get(_RUN) is not None:
        _draw_progress()
    elif _TOLD in st.session_state:
        st.html(style.message_html(st.session_state[_TOLD], "quiet"))
    engine = sources.engine()
    last, notes = running.last_results(sources.store(), span, engine.name), running.read_notes(sources.store())
    rows: list[list[lists.Cell]] = []
    for query in shown:
        result, change = last.get(query.id, (None, None))
        rows.append([
            query.name, ", ".join(_words(name) for name in query.tactics), _found(result), _change(change),
            lists.when(result.at) if result else "", notes.get(query.id, ""),
        ])  # fmt: skip
    chosen = lists.draw("hunting-list", "Hunting queries", _HEADS, rows, [query.id for query in shown], 380)
    opened = next((query for query in shown if query.id == chosen), None)
    if opened is None:
        st.html(style.message_html("Choose a query to see what it looks for and what it finds.", "quiet"))
    else:
        _draw_query(opened, span, engine, notes.get(opened.id, ""))


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() and at else letter for at, letter in enumerate(name))


def _found(result: running.Result | None) -> lists.Cell:
    if result is None:
        return {"v": None, "t": ""}
    if result.rows < 0:
        return {"v": -1, "t": "failed", "fg": "var(--wb-bad, #d13438)", "tip": result.message}
    return {"v": result.rows, "t": f"{result.rows:,}" + ("+" if result.rows >= running.MOST_ROWS else "")}


def _change(change: int | None) -> lists.Cell:
    if not change:
        return {"v": change, "t": "" if change is None else "same"}
    return {"v": change, "t": f"{change:+,}"}


def _start(engine: Engine, queries: list[HuntingQuery], span: str) -> _Run:
    run, store = _Run(len(queries)), sources.store()

    def work() -> None:
        try:
            for result in running.run_all(engine, queries, span, store, cancel=run.cancel):
                run.done += 1
                run.failed += result.rows < 0
        except WatchbookError as error:
            run.problem = error.problem.describe()
        finally:
            run.over = True

    threading.Thread(target=work, name="hunting", daemon=True).start()
    return run


@st.fragment(run_every=0.7)
def _draw_progress() -> None:
    run: _Run | None = st.session_state.get(_RUN)
    if run is None:
        return
    if run.over:
        del st.session_state[_RUN]
        ended = " Cancelled." if run.cancel.cancelled else ""
        st.session_state[_TOLD] = run.problem or f"{run.done} of {run.total} queries run, {run.failed} failed.{ended}"
        st.rerun()
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="hunting-progress"):
        st.progress(
            run.done / max(1, run.total),
            text=f"{run.done} of {run.total} queries run" + (f", {run.failed} failed" if run.failed else ""),
        )
        if st.button("Cancel", key="hunting-cancel", disabled=run.cancel.cancelled):
            run.cancel.cancel()


def _draw_query(query: HuntingQuery, span: str, engine: Engine, note: str) -> None:
    techniques = f" ({', '.join(query.techniques)})" if query.techniques else ""
    st.html(f'<h2 class="wb-section">{style.text(query.name)}</h2><p>{style.text(query.description + techniques)}</p>')
    with st.container(horizontal=True, gap="small", key="hunting-do"):
        if st.button("Run", type="primary", key="hunting-run"):
            st.session_state["wb-hunting-shown"] = (query.id, span)
        if st.button("Open in Query", key="hunting-open"):
            st.session_state["wb-query-open"] = {"text": query.text}
            bar.go("query")
        with st.popover("Note"):
            text = st.text_area("Note", note, key=f"hunting-note-{query.id}", max_chars=20_000)
            if st.button("Save note", key="hunting-save-note"):
                running.write_note(sources.store(), query.id, text)
                st.rerun()
    with st.expander("Query"):
        st.code(query.text, language=None)
    if st.session_state.get("wb-hunting-shown") == (query.id, span):
        _draw_rows(query, span, engine)


def _draw_rows(query: HuntingQuery, span: str, engine: Engine) -> None:
    now = dt.datetime.now(dt.UTC)
    request = QueryRequest(query.text, timespan=running.span_of(span, now), row_limit=_SHOWN)
    try:
        table: Table = waiting.wait(sources.pool().submit(engine.run, request))
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return
    if not len(table):
        st.html(style.message_html(f"Nothing was found in the last {span}.", "quiet"))
        return
    key = "wb-hunting-rows"

    def select(picked: tuple[int, ...]) -> None:
        st.session_state[key] = picked

    view = drawings.plain_view(table, bar.zone())
    if isinstance(view, Grid):
        view = replace(view, selectable="one")
    with st.container(key="wic-hunting-rows"):
        drawings.draw(
            view,
            "hunting-rows",
            f"Rows of {query.name}",
            drawings.Reactions(rows=select),
            st.session_state.get(key, ()),
        )
    picked = [row for row in st.session_state.get(key, ()) if 0 <= row < len(table)]
    if picked:
        _draw_keep(query, table, picked[0])


def _draw_keep(query: HuntingQuery, table: Table, row: int) -> None:
    with st.form("hunting-keep", border=True):
        name = st.text_input("Name of the bookmark", query.name)
        notes = st.text_area("Notes", "", height=80)
        number = st.text_input("Incident (number, empty for none)", "")
        if st.form_submit_button("Keep as bookmark", type="primary"):
            if number.strip() and not number.strip().isdigit():
                st.html(style.message_html("An incident is named by its number.", "error"))
                return
            values = dict(zip((column.name for column in table.columns), table.rows()[row], strict=True))
            bookmarks.add_bookmark(
                sources.store(), name=name, query=query.name, text=query.text, row=values, notes=notes,
                incident=int(number) if number.strip() else None,
            )  # fmt: skip
            st.toast("The bookmark is kept" + (f" with incident {number.strip()}" if number.strip() else ""))


def _draw_bookmarks() -> None:
    found = bookmarks.list_bookmarks(sources.store())
    if not found:
        st.html(style.message_html("No bookmark is kept yet.", "quiet", "Choose a row of a query's result to keep it."))
        return
    heads = (
        ("Bookmark", "text", "2fr"),
        ("Query", "text", "2fr"),
        ("Incident", "text", "100px"),
        ("Kept", "text", "150px"),
        ("Notes", "text", "2fr"),
    )
    rows: list[list[lists.Cell]] = [
        [mark.name, mark.query, str(mark.incident or ""), lists.when(mark.created), mark.notes] for mark in found
    ]
    chosen = lists.draw("hunting-bookmarks", "Bookmarks", heads, rows, [mark.id for mark in found], 320)
    mark = next((mark for mark in found if mark.id == chosen), None)
    if mark is not None:
        st.json(dict(mark.row), expanded=True)
        if confirm.deleting(
            "The bookmark and its notes are deleted for good.", "hunting-delete-bookmark", label="Delete bookmark"
        ):
            bookmarks.delete_bookmark(sources.store(), mark.id)
            st.rerun()
