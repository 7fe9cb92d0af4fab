"""A Streamlit script with a column of thirteen charts, one of which cannot be drawn, and a grid, for the tests; what a reader did
in the chart named in `?chart=` stands in #event."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.components.chart import ChartEvent, chart
from dashboard.components.grid import grid

NAMES = ("web", "db", "cache")


def bars(number: int) -> dict[str, Any]:
    return {"data": [{"type": "bar", "x": list(NAMES), "y": [number + 3, 5, 8]}], "layout": {"dragmode": False}}


def told(event: ChartEvent) -> None:
    st.session_state.told = repr(event)
    st.session_state.picked = event.points


st.set_page_config(page_title="Charts", layout="wide")
extra = st.toggle("One more")
st.html(f'<p id="event">{st.session_state.get("told", "nothing")}</p>')
picked = st.session_state.get("picked", ())
chart(bars(2 if extra else 1), key="bars", height=240, label="Pods by app", points=True, picked=picked, on_event=told)
pie = {"data": [{"type": "pie", "labels": list(NAMES), "values": [4 if extra else 3, 5, 8]}], "layout": {}}
chart(pie, key="pie", height=240, label="A ring", points=True, picked=picked, on_event=told)
chart({"data": [None], "layout": {}}, key="broken", height=100, label="Broken")
for n in range(10):
    chart(bars(n + (5 if extra else 0)), key=f"chart-{n}", height=300, label=f"Chart {n}")
heads = [{"field": "name", "title": "Name", "kind": "text"}]
rows = [{"_id": n, "name": {"v": f"pod-{n}{extra}", "t": f"pod-{n}{extra}"}} for n in range(5)]
grid({"columns": heads, "rows": rows, "height": 300}, key="grid", label="Pods")
