"""The query page: KQL in, a grid or chart out, with the tables beside it and pasted text repaired on request."""

from __future__ import annotations

import datetime as dt
import difflib
import time
from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.engines.protocol import CancelToken, Engine, QueryRequest, TableInfo, TimeSpan
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, drawings, kql_editor, menus, results, sources, style, waiting
from dashboard.runtime.execute import asked_now, shared_executor
from dashboard.table import Table

PRESETS = (3_600_000, 14_400_000, 43_200_000, 86_400_000, 259_200_000, 604_800_000, 1_209_600_000, 2_592_000_000)
EXAMPLES = (
    (
        "Images of the nginx pods",
        "KubernetesPodInventory\n| where PodName contains \"nginx\"\n| extend Pod = parse_json(Pod)\n"
        "| extend Container = parse_json(Pod.spec.containers)\n| extend Image = Container.image\n"
        '| extend ImageName = extract("(.+):.+", 1, tostring(Image))\n| project PodName, ImageName',
    ),
    (
        "Who ran a command in a pod",
        'KubernetesAudit\n| where Level == "Warning"\n| where EventType == "Exec"\n| extend User = parse_json(User)\n'
        "| project TimeGenerated, User.username, Namespace, Resource, Action",
    ),
    ("Alerts by severity and day", "SecurityAlert\n| summarize Alerts = count() by bin(TimeGenerated, 1d), AlertSeverity\n| render timechart"),
    ("Failed sign-ins by place", 'SigninLogs\n| where ResultType != "0"\n| summarize Failures = count() by Location\n| top 10 by Failures\n| render barchart'),
)  # fmt: skip
_STATE = "wb-query"


def draw() -> None:
    """Draws the page."""
    bar.draw("query")
    state = _state()
    _take_link(state)
    with st.container(key="wb-page"), style.guard():
        try:
            sources.prepare()
            engine = sources.engine()
        except WatchbookError as error:
            st.html(style.head_html("Query") + style.problem_html(error.problem))
            return
        with st.container(key="query-page", horizontal=True, gap="small"):
            with st.container(key="query-side"):
                _draw_schema(engine)
            with st.container(key="query-main"):
                kql_editor.draw(
                    "wb-editor",
                    state["text"],
                    _act,
                    revision=state["revision"],
                    tools=_tools(state),
                    problems=state["problems"],
                    repair=state["repair"],
                )
                if state["run"]:
                    _run(state, engine)
                elif not state["text"]:
                    _draw_examples()


def _draw_examples() -> None:
    """What a reader may begin with, while the editor is empty."""
    st.html('<h2 class="wb-section">Begin with an example</h2>')
    with st.container(key="query-examples", horizontal=True, gap="small"):
        for number, (label, text) in enumerate(EXAMPLES):
            with st.container(key=f"wic-query-example-{number}"):
                st.button(
                    label, key=f"query-example-{number}", icon=":material/play_arrow:", on_click=_begin, args=(text,)
                )
                st.html(style.source_html(text))


def _begin(text: str) -> None:
    st.session_state["wb-query-open"] = {"text": text}


def _state() -> dict[str, Any]:
    state: dict[str, Any] = st.session_state.setdefault(
        _STATE,
        {
            "text": "",
            "revision": 0,
            "range": None,
            "run": "",
            "history": [],
            "problems": (),
            "repair": None,
            "done": None,
            "link": "",
            "part": False,
            "asked": "",
            "shown": "Result",
        },
    )
    return state


def _take_link(state: dict[str, Any]) -> None:
    """Takes over a query that a menu, or an address, brought along; a query from an address is shown and not run."""
    brought = st.session_state.pop("wb-query-open", None)
    linked = st.query_params.get("q", "")
    if brought is not None:
        state.update(
            text=brought["text"],
            run=brought["text"],
            range=brought.get("range"),
            revision=state["revision"] + 1,
            done=None,
            repair=None,
            problems=(),
        )
    elif linked and linked != state["link"] and linked != state["text"]:
        state.update(
            text=linked, run="", link=linked, revision=state["revision"] + 1, done=None, repair=None, problems=()
        )


def _tools(state: dict[str, Any]) -> dict[str, Any]:
    return {
        "range": state["range"], "presets": PRESETS,
        "examples": [{"label": label, "text": text} for label, text in EXAMPLES],
        "history": [{"label": _first_line(text), "text": text} for text in state["history"]],
    }  # fmt: skip


def _act(event: controls.Event) -> None:
    state = _state()
    if isinstance(event.get("run"), str):
        text = event["run"].strip("\n")
        whole = event.get("text")
        state.update(
            text=whole if isinstance(whole, str) else text, run=text.strip(), done=None, repair=None, problems=()
        )
        if state["run"]:
            # Problems of a part that was run are not at these places of the whole.
            state["part"] = event.get("selection") is True
            state["history"] = [text, *(old for old in state["history"] if old != text)][:30]
            _translate_ahead(state)
    elif "range" in event and isinstance(event.get("text"), str):
        state.update(range=event["range"], text=event["text"], done=None)


def _translate_ahead(state: dict[str, Any]) -> None:
    """Finds out before the page is drawn whether the text can be repaired, so that the editor shows it in the same run."""
    from dashboard.kql.repair import repair

    found = repair(state["run"])
    if found is not None and found.text != state["run"]:
        state["repair"] = {"text": found.text, "why": " ".join(found.changes), "diff": _diff(state["run"], found.text)}


def _diff(old: str, new: str) -> list[tuple[str, str]]:
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    return [(line[0], line[2:]) for line in lines if line[:1] in " +-"]


def _first_line(text: str) -> str:
    return " ".join(text.split())[:60]


def _span(value: Any) -> TimeSpan | None:
    try:
        length = dt.timedelta(milliseconds=float(value["durationMs"]))
        ends = value.get("endTime")
        end = dt.datetime.fromisoformat(ends.replace("Z", "+00:00")) if ends else dt.datetime.now(dt.UTC)
    except (TypeError, KeyError, ValueError, OverflowError, AttributeError):
        return None
    return TimeSpan(end - length, end)


def _run(state: dict[str, Any], engine: Any) -> None:
    key = (state["run"], repr(state["range"]), sources.chosen(), engine.version())
    done = state["done"]
    with st.container(key="wic-query-result"):
        try:
            if done is None or done[0] != key:
                cancel = CancelToken()
                started = time.perf_counter()
                future = shared_executor(engine).submit(
                    QueryRequest(state["run"], timespan=_span(state["range"])), cancel, asked_now()
                )
                finished = False
                try:
                    table: Table = waiting.wait(future)
                    finished = True
                finally:
                    if not finished:
                        cancel.cancel()
                done = (key, table, time.perf_counter() - started)
                state["asked"] = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
                state["done"] = done
            _draw_result(state, engine, done[1], done[2])
        except WatchbookError as error:
            # The editor stands above and is drawn by now: it learns the places of the problems in one more run.
            if not state["part"] and state["problems"] != error.problems:
                state["problems"] = error.problems
                st.rerun()
            st.html(style.problem_html(error.problem, error.problems[1:]))


def _draw_result(state: dict[str, Any], engine: Any, table: Table, seconds: float) -> None:
    zone = bar.zone()
    drawn = drawings.rendered_view(table, zone) if table.render else None
    grid = drawings.plain_view(table, zone)

    def facts() -> dict[str, str]:
        told = {
            "Query": results.sent_text(state["run"], _span(state["range"])),
            "Data source": sources.labels()[sources.chosen()],
            "Time zone": zone,
        }
        return told | {"Run": state["asked"], "Row cap": f"{settings.integer('query_rows'):,} rows a query"}

    subject = menus.Subject("Query", "Result", lambda: (table, drawn or grid), facts)
    menus.draw_head("query-head", subject, state.pop("action", ""), None, lambda action: state.update(action=action))
    notices = style.notices_html(notice.message for notice in table.notices)
    st.html(f'<div class="wb-run-line" role="status">{results.run_line(table, seconds)}</div>{notices}')
    names = ("Result", "Chart", *results.ways(engine))
    shown = state["shown"] if state["shown"] in names else "Result"
    results.draw_tabs("query-tabs", names, shown, lambda name: state.update(shown=name))
    if shown == "Chart":
        drawings.draw(drawn or drawings.preview_view(table, zone), "query-preview", "Result as a chart")
    elif shown != "Result":
        st.html(results.way_html(shown, engine, QueryRequest(state["run"], timespan=_span(state["range"]))))
    else:
        if drawn is not None:
            drawings.draw(drawn, "query-chart", "Result as a chart")
        drawings.draw(grid, "query-grid", "Result")


def _draw_schema(engine: Engine) -> None:
    """The tables beside the editor; those of a workspace come as soon as it has told them."""
    if engine.name == sources.LOCAL:
        controls.draw("schema", "wb-schema", _schema(engine.tables()))
        return
    if sources.problem_of_source() is not None:
        controls.draw("schema", "wb-schema", _schema([]))
        return
    asked = sources.live_tables(engine)
    if not asked.done():
        words = '<div class="wb-waiting" role="status">Asking the workspace for its tables …</div>'
        waiting.until_then(asked.done, lambda: st.html(words))
        return
    try:
        controls.draw("schema", "wb-schema", _schema(asked.result()))
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        if st.button("Ask again", key="query-schema-again"):
            sources.live_tables(engine, again=True)
            st.rerun()


def _schema(tables: list[TableInfo]) -> dict[str, Any]:
    def entry(table: TableInfo) -> dict[str, Any]:
        return {
            "name": table.name,
            "rows": f"{table.rows:,}" if table.rows else "",
            "columns": table.columns if has_rows(table) else (),
        }

    def has_rows(table: TableInfo) -> bool:
        # A workspace counts nothing; it tells which tables took in rows of late.
        return bool(table.rows) or table.last is not None

    # A thousand empty tables with their columns would be a megabyte; the data page tells theirs.
    return {"tables": [entry(t) for t in tables if has_rows(t)], "empty": [entry(t) for t in tables if not has_rows(t)]}
