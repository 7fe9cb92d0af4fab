"""A Streamlit script with 12 charts and 6 grids, as heavy as a full page of a workbook."""

import streamlit as st

from dashboard.components.chart import chart
from dashboard.components.grid import grid

st.set_page_config(page_title="Charts", layout="wide")
columns = st.columns(3)
for n in range(12):
    figure = {
        "data": [{"type": "bar", "x": list(range(20)), "y": [(n * x * 7) % 11 for x in range(20)]}],
        "layout": {},
    }
    with columns[n % 3]:
        chart(figure, key=f"chart-{n}", height=200, label=f"Chart {n}")
heads = [{"field": field, "title": field.title(), "kind": "text"} for field in ("name", "space")]
rows = [{"_id": n, "name": {"v": f"pod-{n}", "t": f"pod-{n}"}, "space": {"v": "prod", "t": "prod"}} for n in range(100)]
for n in range(6):
    grid({"columns": heads, "rows": rows, "height": 200}, key=f"grid-{n}")
if st.button("Fail"):
    raise RuntimeError("secret detail")
