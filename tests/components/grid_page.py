"""A Streamlit script that draws grids for the tests; `?n=` is the number of rows, `?case=` which grid."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from dashboard.components.grid import grid

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
DOT = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#d0443e"/></svg>'
ICONS = {"error": DOT, "evil": DOT.replace("<circle", '<circle onload="window.hacked=1"'), "unused": DOT}


def column(field: str, title: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"field": field, "title": title, "kind": kind, **more}


def cell(value: Any, text: str | None = None, **more: Any) -> dict[str, Any]:
    return {"v": value, "t": str(value) if text is None else text, **more}


def pods(count: int) -> dict[str, Any]:
    rows = [
        {
            "_id": n,
            "name": cell(f"pod-{n}", link={"kind": "row"}),
            "space": cell(("kube-system", "default", "prod")[n % 3]),
            "restarts": cell((n * 7919) % 1000, f"{(n * 7919) % 1000:,}"),
            "share": cell(n / count, f"{n / count:.0%}", bar={"share": n / count, "color": "#2b7bd6"}),
        }
        for n in range(count)
    ]
    columns = [column("name", "Name"), column("space", "Namespace"), column("restarts", "Restarts", "number", align="right"),
               column("share", "Share", "bar")]  # fmt: skip
    return {
        "columns": columns,
        "rows": rows,
        "height": 400,
        "filter": True,
        "selectable": "many",
        "sort": [("restarts", "desc")],
    }


def trends() -> dict[str, Any]:
    row = {"_id": 0, "host": cell("web-1"), "total": cell(1_084), "trend": cell(3, "", values=[1, 2, 3])}
    columns = [
        column("host", "DvcHostname"),
        column("total", "Total Events", "number"),
        column("trend", "Trend", "spark"),
    ]
    return {"columns": columns, "rows": [row], "height": 200}


def every_kind() -> dict[str, Any]:
    row = {
        "_id": 0,
        "html": cell(HOSTILE, tip=HOSTILE),
        "number": cell(1234, "1,234"),
        "heat": cell(9, "9", bg="#174a8c", fg="#ffffff"),
        "icon": cell("High", icon="error"),
        "evil": cell("Evil", icon="evil", bg="red;background-image:url(https://evil.example)"),
        "bar": cell(0.5, "50%", bar={"share": 0.5, "color": "#2b7bd6"}),
        "under": cell(0.25, "25%", bar={"share": 0.25, "color": "#2b7bd6"}),
        "spark": cell(3, "", values=[1, 2, None, 3, 1], color="#0e9a8a"),
        "sparkbar": cell(3, "", values=[1, -2, 3]),
        "parts": cell(
            3, "", parts=[{"share": 0.75, "color": "#2e8f4e", "label": "good"}, {"share": 0.25, "color": "#d0443e"}]
        ),
        "tags": cell("a,b", tags=["aks", HOSTILE]),
        "web": cell("Docs", link={"kind": "url", "href": "https://docs.example/a?b=c"}),
        "script": cell("Run", link={"kind": "url", "href": "javascript:window.hacked=1"}),
        "cell": cell('{"a": {"b": [1, 2]}}', link={"kind": "cell"}),
        "book": cell("Open", link={"kind": "workbook", "template": "t", "parameters": {"a": "1"}}),
        "inert": cell("Resource", link={"kind": "inert", "why": "Opens only in the portal."}),
        "missing": cell(None, ""),
    }
    kinds = {"spark": {"style": "line"}, "sparkbar": {"style": "bar"}, "under": {"under": True}}
    columns = [
        column(name, name.title(), "spark" if name.startswith("spark") else "text", options=kinds.get(name, {}))
        for name in row
        if name != "_id"
    ]
    columns.append(column(HOSTILE, HOSTILE, tooltip=HOSTILE))
    return {"columns": columns, "rows": [row], "height": 300}


def tactics() -> dict[str, Any]:
    def technique(n: int) -> dict[str, Any]:
        return {"_id": n, "name": cell(f"Technique {n}"), "count": cell(n)}

    rows = [
        {
            "_id": -1,
            "_open": group == 0,
            "name": cell(f"Tactic {group}"),
            "count": cell(30 - group),
            "_children": [technique(group * 3 + n) for n in range(3)],
        }
        for group in range(4)
    ]
    columns = [column("count", "Count", "number", align="right"), column("name", "Name", group=True)]
    return {"columns": columns, "rows": rows, "height": 400, "filter": True, "selectable": "one", "tree": True}


st.set_page_config(page_title="Grid", layout="wide")
case = st.query_params.get("case", "pods")
count = int(st.query_params.get("n", "60"))
view = {
    "pods": lambda: pods(count),
    "kinds": every_kind,
    "trends": trends,
    "tree": tactics,
    "empty": lambda: {**pods(1), "rows": []},
}[case]()
if st.button("Other rows"):
    st.session_state["other"] = True
if st.session_state.get("other"):
    view["rows"] = list(reversed(view["rows"][:-1]))
wanted = [0] if st.button("Select the first") else None
heard = st.session_state.setdefault("heard", [])
state = grid(
    view,
    key="grid",
    icons=ICONS,
    label="Pods",
    selected=wanted,
    on_select=lambda rows: heard.append(list(rows)),
    on_event=lambda event: heard.append(dict(event)),
)
st.html(f'<pre id="state">{json.dumps({"rows": state.rows, "event": state.event, "heard": heard})}</pre>')
