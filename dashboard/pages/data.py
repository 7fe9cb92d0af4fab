"""The data page: which tables there are, how much is in them and from when, and what a table's rows look like."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from dashboard import settings
from dashboard.engines.protocol import Engine, QueryRequest, TableInfo
from dashboard.errors import WatchbookError
from dashboard.pages import bar, controls, drawings, layout, sources, style, waiting
from dashboard.runtime.execute import shared_executor

SAMPLE_ROWS = 25
_TABLE = "wb-data-table"


def draw() -> None:
    """Draws the page."""
    bar.draw("data")
    with st.container(key="wb-page"), style.guard():
        try:
            sources.prepare()
            engine = sources.engine()
            tables = waiting.wait(sources.pool().submit(engine.tables))
        except WatchbookError as error:
            st.html(style.head_html("Data") + style.problem_html(error.problem, error.problems[1:]))
            return
        filled = [table for table in tables if table.rows or (table.rows is None and table.last)]
        st.html(style.head_html("Data", _origin(engine, filled)))
        with st.container(key="data-page", horizontal=True, gap="small"):
            _draw_tables(engine, tables, filled)


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
                shared_executor(engine).submit(QueryRequest(table.name + order, row_limit=SAMPLE_ROWS))
            )
            drawings.draw(drawings.plain_view(result, bar.zone()), f"data-{table.name}", f"Newest rows of {table.name}")
        except WatchbookError as error:
            st.html(style.problem_html(error.problem, error.problems[1:]))
