"""The data page: which tables there are, how much is in them and from when, and what a table's rows look like."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from dashboard import settings
from dashboard.engines.protocol import Engine, QueryRequest, TableInfo
from dashboard.errors import WatchbookError
from dashboard.ingest.estate.generate import read_manifest
from dashboard.ingest.estate.live import live_estate
from dashboard.ingest.keep import room_problem
from dashboard.pages import (
    bar,
    controls,
    data_connectors,
    data_import,
    data_intelligence,
    data_watchlists,
    drawings,
    layout,
    sources,
    style,
    waiting,
)
from dashboard.runtime.execute import asked_now, shared_executor

SAMPLE_ROWS = 25
_TABLE = "wb-data-table"


TABS: tuple[tuple[str, str], ...] = (
    ("", "Tables"),
    ("import", "Import"),
    ("connectors", "Connectors"),
    ("intelligence", "Threat intelligence"),
    ("watchlists", "Watchlists"),
)
"""The tabs by the name they have in the page's address."""


def draw() -> None:
    """Draws the page."""
    bar.draw("data")
    with st.container(key="wb-page"), style.guard():
        st.html(style.head_html("Data"))
        tab = controls.page_tabs("data-tabs", TABS)
        if tab == "import":
            data_import.draw()
        elif tab == "connectors":
            data_connectors.draw()
        elif tab == "intelligence":
            data_intelligence.draw()
        elif tab == "watchlists":
            data_watchlists.draw()
        else:
            _draw_inventory()


def _draw_inventory() -> None:
    """Which tables there are and what is in them."""
    try:
        sources.prepare()
        engine = sources.engine()
        tables = waiting.wait(sources.pool().submit(engine.tables))
    except WatchbookError as error:
        st.html(style.problem_html(error.problem, error.problems[1:]))
        return
    filled = [table for table in tables if table.rows or (table.rows is None and table.last)]
    with st.container(key="data-head", horizontal=True, gap="small"):
        st.html(f'<p class="wb-note">{style.text(_origin(engine, filled))}</p>')
        if engine.name == sources.LOCAL:
            _draw_live()
    if engine.name == sources.LOCAL and (problem := room_problem(settings.data_folder())):
        st.html(style.problem_html(problem))
    with st.container(key="data-page", horizontal=True, gap="small"):
        _draw_tables(engine, tables, filled)


def _draw_live() -> None:
    """The switch that lets the sample estate go on, where there is one."""
    folder = settings.data_folder()
    if read_manifest(folder) is None:
        return
    live = live_estate(folder)
    wanted = st.toggle(
        "Live",
        value=live.running,
        key="data-live",
        help="The sample estate goes on: new rows every few seconds, for everybody on this server",
    )
    if wanted and not live.running:
        live.start()
    elif not wanted and live.running:
        live.stop()


def _draw_tables(engine: Engine, tables: list[TableInfo], filled: list[TableInfo]) -> None:
    """The list of tables, and beside it the table that was chosen."""
    chosen = st.query_params.get("table", "")
    with st.container(key="data-list-open" if chosen else "data-list"):
        event = controls.draw("tables", "wb-tables", _listed(tables, filled, chosen))
        if event and isinstance(event.get("table"), str) and event["table"] != chosen:
            st.query_params["table"] = event["table"]
            st.rerun()
    if chosen:
        with st.container(key="data-table"):
            table = next((table for table in tables if table.name == chosen), None)
            if table is None:
                text = f"There is no table '{chosen[:120]}' in this data source."
                st.html(style.message_html(text, "warning"))
            else:
                _draw_table(engine, table)


def local_time(moment: dt.datetime | None) -> str:
    """A naive UTC time as the page shows times, empty for none."""
    if moment is None:
        return ""
    return moment.replace(tzinfo=dt.UTC).astimezone(layout.zone(bar.zone())).strftime("%Y-%m-%d %H:%M:%S")


def _origin(engine: Engine, filled: list[TableInfo]) -> str:
    rows = sum(table.rows or 0 for table in filled)
    if engine.name != sources.LOCAL:
        return f"{len(filled)} tables with recent data in Log Analytics. Rows are not counted there."
    where = settings.data_folder()
    what = "Local data" if settings.text("data") else "The sample estate, made on this machine"
    return f"{what}: {len(filled)} tables with {rows:,} rows, as Parquet files in {where}."


def _listed(tables: list[TableInfo], filled: list[TableInfo], chosen: str) -> dict[str, object]:
    names = {table.name for table in filled}
    return {
        "tables": [
            {
                "name": table.name,
                "rows": f"{table.rows:,}" if table.rows is not None else "",
                "first": local_time(table.first),
                "last": local_time(table.last),
                "columns": len(table.columns) or "",
                "selected": table.name == chosen,
            }
            for table in filled
        ],
        "empty": [table.name for table in tables if table.name not in names],
        "utc": bar.utc(),
    }


def _draw_table(engine: Engine, table: TableInfo) -> None:
    columns = "".join(
        f'<div role="listitem"><span>{style.text(name)}</span><span class="wb-kind">{kind}</span></div>'
        for name, kind in table.columns
    )
    st.html(
        f'<h2 class="wb-section">{style.text(table.name)}</h2>'
        f'<div class="wb-fields" role="list" aria-label="Columns of {style.text(table.name)}">{columns}</div>'
    )
    link = {"label": "Query this table", "action": "set", "selected": False, "enabled": True, "look": "secondary"}
    if controls.draw("links", "data-query", {"style": "paragraph", "links": [link]}):
        st.session_state["wb-query-open"] = {"text": f"{table.name}\n| take 100"}
        bar.go("query")
    if not table.rows and engine.name == sources.LOCAL:
        st.html(style.message_html(f"{table.name} is known, and has no rows in the local data.", "info"))
        return
    order = (
        " | top 25 by TimeGenerated desc"
        if any(name == "TimeGenerated" for name, _ in table.columns)
        else f" | take {SAMPLE_ROWS}"
    )
    with st.container(key="wic-data-sample"):
        st.html(f'<div class="wb-frame"><h2 class="wb-title">Newest rows of {style.text(table.name)}</h2></div>')
        try:
            result = waiting.wait(
                shared_executor(engine).submit(
                    QueryRequest(table.name + order, row_limit=SAMPLE_ROWS), None, asked_now()
                )
            )
            drawings.draw(drawings.plain_view(result, bar.zone()), f"data-{table.name}", f"Newest rows of {table.name}")
        except WatchbookError as error:
            st.html(style.problem_html(error.problem, error.problems[1:]))
