"""The investigation graph of an incident and the chart of a rule's hits, as plain Plotly dicts."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

from dashboard.visual.view import Figure

_COLOURS = {"High": "#d13438", "Medium": "#e8810c", "Low": "#c9a500", "Informational": "#8a8886"}
_ALERT_RING = 1.0
_ENTITY_RING = 2.0
_MOST = 40


def investigation(
    title: str,
    alerts: Sequence[tuple[str, str]],
    entities: Sequence[tuple[str, str]],
    links: Sequence[tuple[int, int]],
) -> Figure:
    """The incident in the middle, its alerts (name, severity) around it, the entities (name, kind) outside, and which alert
    names which entity (positions in both lists)."""
    alerts, entities = alerts[:_MOST], entities[:_MOST]
    inner = _ring(len(alerts), _ALERT_RING)
    outer = _ring(len(entities), _ENTITY_RING)
    x: list[float | None] = []
    y: list[float | None] = []

    def line(a: tuple[float, float], b: tuple[float, float]) -> None:
        x.extend((a[0], b[0], None))
        y.extend((a[1], b[1], None))

    for place in inner:
        line((0.0, 0.0), place)
    for alert, entity in links:
        if alert < len(inner) and entity < len(outer):
            line(inner[alert], outer[entity])
    edges = {"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip", "line": {"width": 1, "color": "rgba(128,136,150,0.5)"}}  # fmt: skip
    nodes = [
        _nodes([(0.0, 0.0)], [title], [title], ["#0f6cbd"], 26, "square"),
        _nodes(inner, [_short(name) for name, _ in alerts], [f"{name} ({severity})" for name, severity in alerts], [_COLOURS.get(severity, "#8a8886") for _, severity in alerts], 16, "diamond"),
        _nodes(outer, [_short(name) for name, _ in entities], [f"{kind}: {name}" for name, kind in entities], ["#5f3dc4"] * len(entities), 14, "circle"),
    ]  # fmt: skip
    axis = {"visible": False, "range": [-2.7, 2.7], "fixedrange": True}
    layout = {"showlegend": False, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "xaxis": axis, "yaxis": axis, "hovermode": "closest"}  # fmt: skip
    return Figure({"data": [edges, *nodes], "layout": layout}, 460, kind="graph")


def _ring(count: int, radius: float) -> list[tuple[float, float]]:
    return [
        (radius * math.cos(2 * math.pi * i / count + 0.4), radius * math.sin(2 * math.pi * i / count + 0.4))
        for i in range(count)
    ]


def _nodes(
    places: Sequence[tuple[float, float]], names: Sequence[str], tips: Sequence[str], colours: Sequence[str], size: int, symbol: str
) -> Mapping[str, object]:  # fmt: skip
    return {
        "type": "scatter", "mode": "markers+text", "x": [p[0] for p in places], "y": [p[1] for p in places],
        "text": [_plain(name) for name in names], "hovertext": [_plain(tip) for tip in tips], "hoverinfo": "text",
        "textposition": "bottom center", "textfont": {"size": 11},
        "marker": {"size": size, "color": list(colours), "symbol": symbol},
    }  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 26 else f"{name[:12]}…{name[-12:]}"


def _plain(text: str) -> str:
    """Plotly reads some HTML in texts: log text must not."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def hits(ends: Sequence[dt.datetime], rows: Sequence[int], alerts: Sequence[int], threshold: int | None) -> Figure:
    """How many rows a rule had in each window, those that raise alerts in red, and the threshold as a line."""
    colours = ["#d13438" if n else "#7a8699" for n in alerts]
    bars = {
        "type": "bar", "x": [end.replace(tzinfo=None).isoformat() for end in ends], "y": list(rows), "marker": {"color": colours},
        "hovertemplate": "%{x|%Y-%m-%d %H:%M}<br>%{y} rows<extra></extra>",
    }  # fmt: skip
    layout: dict[str, object] = {
        "showlegend": False, "bargap": 0.15, "margin": {"l": 44, "r": 12, "t": 10, "b": 32},
        "xaxis": {"type": "date"}, "yaxis": {"rangemode": "tozero", "title": {"text": "rows"}},
    }  # fmt: skip
    if threshold is not None:
        layout["shapes"] = [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": threshold + 0.5, "y1": threshold + 0.5, "line": {"color": "#0f6cbd", "width": 1.5, "dash": "dash"}}]  # fmt: skip
        layout["annotations"] = [{"xref": "paper", "x": 1, "y": threshold + 0.5, "text": f"threshold {threshold}", "showarrow": False, "xanchor": "right", "yanchor": "bottom", "font": {"size": 11}}]  # fmt: skip
    return Figure({"data": [bars], "layout": layout}, 220, kind="barchart", time_axis=True)
