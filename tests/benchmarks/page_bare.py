"""A bare Streamlit script: the parts of a workbook as somebody would write them by hand, without any of ours.

One query, one element: charts as plain dicts, grids as `st.dataframe`, tiles as `st.metric`. The file that BARE_PAGE names
lists the parts: [{kind, title, sql, width}]. Queries run anew with every opening, unless BARE_PAGE_CACHE is set.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

st.set_page_config(page_title="Bare", layout="wide")


@st.cache_resource
def parts() -> list[dict[str, Any]]:
    return json.loads(Path(os.environ["BARE_PAGE"]).read_text(encoding="utf-8"))


@st.cache_resource
def database() -> duckdb.DuckDBPyConnection:
    from dashboard.engines.local import open_connection

    # Translated SQL calls a few functions that are registered with the connection.
    return open_connection(Path(os.environ["WATCHBOOK_DATA"]))


def run(sql: str) -> Any:
    return database().cursor().sql(sql).to_arrow_table()


if os.environ.get("BARE_PAGE_CACHE"):
    run = st.cache_resource(run)


def series(table: Any) -> list[tuple[str, list[Any], list[Any]]]:
    """Name, x and y of each series: x is the first column of the kind that fits, y the number, the other text names it."""
    columns = {name: table[name].to_pylist() for name in table.column_names}
    numbers = [name for name, cells in columns.items() if isinstance(cells[0], (int, float))]
    times = [name for name, cells in columns.items() if hasattr(cells[0], "isoformat")]
    texts = [name for name, cells in columns.items() if isinstance(cells[0], str)]
    x = (times or texts)[0]
    names = [name for name in texts if name != x]
    if not names:
        return [(numbers[0], columns[x], columns[numbers[0]])]
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    for name, at, value in zip(columns[names[0]], columns[x], columns[numbers[0]], strict=True):
        xs, ys = found.setdefault(name, ([], []))
        xs.append(at)
        ys.append(value)
    return [(name, xs, ys) for name, (xs, ys) in found.items()]


def traces(kind: str, table: Any) -> list[dict[str, Any]]:
    if kind == "piechart":
        (_, labels, values), *_ = series(table)
        return [{"type": "pie", "labels": labels, "values": values, "hole": 0.6}]
    made: list[dict[str, Any]] = []
    for name, x, y in series(table):
        trace: dict[str, Any] = {"name": name, "x": x, "y": y}
        if kind in ("linechart", "timechart", "areachart"):
            trace |= {"type": "scatter", "mode": "lines"} | ({"stackgroup": "one"} if kind == "areachart" else {})
        else:
            trace |= {"type": "bar"}
        made.append(trace)
    return made


def draw(part: dict[str, Any]) -> None:
    table = run(part["sql"])
    if part["kind"] == "tiles":
        for place, row in zip(st.columns(len(table)), table.to_pylist(), strict=True):
            _, label, value, *_ = row.values()
            place.metric(label, value)
        return
    st.markdown(f"##### {part['title']}")
    if part["kind"] == "table":
        st.dataframe(table, hide_index=True, height=300)
        return
    barmode = "stack" if part["kind"] == "barchart" else "group"
    layout = {"height": 300, "barmode": barmode, "margin": {"l": 40, "r": 10, "t": 10, "b": 30}}
    figure = {"data": traces(part["kind"], table), "layout": layout}
    st.plotly_chart(figure, key=part["title"], config={"displayModeBar": False}, theme=None)


def main() -> None:
    row: list[dict[str, Any]] = []
    for part in [*parts(), None]:
        if row and (part is None or sum(each["width"] for each in row) + part["width"] > 100):
            for place, each in zip(st.columns([each["width"] for each in row]), row, strict=True):
                with place:
                    draw(each)
            row = []
        if part is not None:
            row.append(part)


main()
