"""Graphs: nodes and edges by force or in layers, and honeycombs of nodes in clusters."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.table import Table
from dashboard.visual import palette
from dashboard.visual.cells import Record, Records, number_of
from dashboard.visual.charts import exported_row
from dashboard.visual.figures import plotly_text, wrapped
from dashboard.visual.formatters import Formatter, Scale, rule_from
from dashboard.visual.grids import selectable
from dashboard.visual.layouts import Edge, Point, force_layout, honeycomb, layered_layout, shelves
from dashboard.visual.numbers import as_number
from dashboard.visual.sizes import chart_height
from dashboard.visual.thresholds import first_match
from dashboard.visual.view import Figure, Message

MOST_NODES = 300
MOST_EDGES = 1_000

HIVE = 2
ACROSS, DOWN, FORCE = 1, 2, 3
ORIENTATIONS = {FORCE: "Force directed", ACROSS: "Flow horizontal", DOWN: "Flow vertical"}
"""The values of `graphOrientation`, as the documentation names them."""
_SIGNS = {
    "success": "✔", "check": "✔", "available": "✔", "failed": "✖", "error": "✖", "unavailable": "✖", "cancelled": "✖",
    "warning": "⚠", "degraded": "⚠", "critical": "⚠", "info": "ℹ", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "trendup": "↗", "trenddown": "↘", "pending": "◔", "person": "👤", "sev0": "⓪", "sev1": "①", "sev2": "②", "sev3": "③",
    "sev4": "④", "1": "①", "2": "②", "3": "③", "4": "④",
}  # fmt: skip
"""Signs for the icons that most workbooks use."""


@dataclass(frozen=True)
class GraphNode:
    """A node: its row (number -1 and an empty record where only edges name it), its texts and colour."""

    key: str
    number: int
    record: Record
    top: str
    center: str
    bottom: str
    hover: str
    color: str
    weight: float
    spark: tuple[float | None, ...] = ()
    """The numbers of a spark that one of its slots draws."""
    link: Mapping[str, Any] | None = None
    """What a click opens (see `view.Grid`): that of the first slot with a link."""


def graph_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Figure | Message:
    """The graph of a query item by its `graphSettings`: rows with a node id are nodes, rows with source and target edges."""
    own = settings.get("graphSettings")
    own = own if isinstance(own, Mapping) else {}
    records = Records(table, zone)
    identity = _column(own.get("nodeIdField"), records)
    source, target = _column(own.get("sourceIdField"), records), _column(own.get("targetIdField"), records)
    if not identity and not (source and target):
        return Message(
            "The graph's settings name no column of node ids, or none that is in the result.", "warning",
            f"In the result: {', '.join(records.names[:20])}", "VI002",
        )  # fmt: skip
    nodes, links, notices = _read(records, own, identity, source, target)
    if not nodes:
        return Message("The result has no nodes to draw.", "info", "", "VI003")
    if own.get("type") == HIVE:
        return _hive(nodes, records, own, settings, notices)
    return _network(nodes, links, records, own, settings, notices)


def _read(
    records: Records, own: Mapping[str, Any], identity: str, source: str, target: str
) -> tuple[list[GraphNode], list[tuple[Edge, Record]], tuple[str, ...]]:
    rows: dict[str, tuple[int, Record]] = {}
    edges: list[tuple[str, str, Record]] = []
    for i, row in enumerate(records.all):
        key = records.text(identity, row[identity]) if identity else ""
        ends = (records.text(source, row[source]), records.text(target, row[target])) if source and target else ("", "")
        if key:
            rows.setdefault(key, (i, row))
        if all(ends):
            edges.append((*ends, row))
    for start, end, _ in edges:
        rows.setdefault(start, (-1, {}))
        rows.setdefault(end, (-1, {}))
    notices = []
    if len(rows) > MOST_NODES:
        notices.append(f"The graph shows {MOST_NODES} of {len(rows):,} nodes.")
    kept = dict(list(rows.items())[:MOST_NODES])
    order = {key: i for i, key in enumerate(kept)}
    links = [((order[a], order[b]), row) for a, b, row in edges if a in order and b in order]
    if len(links) > MOST_EDGES:
        notices.append(f"The graph shows {MOST_EDGES:,} of {len(links):,} edges.")
    return _nodes(kept, records, own), links[:MOST_EDGES], tuple(notices)


def _nodes(rows: Mapping[str, tuple[int, Record]], records: Records, own: Mapping[str, Any]) -> list[GraphNode]:
    slots = {
        name: _slot(own.get(name), records)
        for name in ("topContent", "centerContent", "bottomContent", "leftContent", "rightContent")
    }
    weight_column = _column(own.get("nodeSize"), records)
    colors = _node_colors(rows, records, own)
    made = []
    for key, (number, row) in rows.items():
        cells = {name: maker.cell(row[maker.column], row) for name, maker in slots.items() if maker and row}
        texts = dict.fromkeys(slots, "") | {name: _text(cell) for name, cell in cells.items()}
        middle = " ".join(filter(None, (texts["leftContent"], texts["centerContent"], texts["rightContent"])))
        lines = [str(cell.get("tip") or cell["t"]) for cell in cells.values() if cell.get("tip") or cell["t"]] or [key]
        weight = number_of(row.get(weight_column), records.types[weight_column]) if weight_column and row else None
        made.append(
            GraphNode(
                key, number, row, texts["topContent"] or ("" if middle else key), middle, texts["bottomContent"],
                "<br>".join(plotly_text(line) for line in dict.fromkeys(lines)), colors[key], weight or 0.0,
                next((tuple(cell["values"]) for cell in cells.values() if "values" in cell), ()),
                next((cell["link"] for cell in cells.values() if "link" in cell), None),
            )
        )  # fmt: skip
    return made


def _slot(entry: Any, records: Records) -> Formatter | None:
    if not isinstance(entry, Mapping) or entry.get("columnMatch") not in records.names:
        return None
    name = entry["columnMatch"]
    rule = rule_from(entry)
    return Formatter(name, records.types[name], rule, records.types, Scale(), records.zone)


def _text(cell: Mapping[str, Any]) -> str:
    """A slot's text with a sign for its icon, since a figure holds no drawings; a spark is drawn, not written."""
    if "values" in cell:
        return ""
    return " ".join(filter(None, (_SIGNS.get(str(cell.get("icon")), ""), f"{cell['t']}{cell.get('unit', '')}")))


def _node_colors(rows: Mapping[str, tuple[int, Record]], records: Records, own: Mapping[str, Any]) -> dict[str, str]:
    plain = {key: palette.NAMED["blue"] if row else palette.NEUTRAL for key, (_, row) in rows.items()}
    found = _colors([row for _, row in rows.values()], "nodeColorField", records, own.get("colorSettings"))
    return dict(zip(rows, found, strict=True)) if found else plain


def _colors(rows: Sequence[Record], field: str, records: Records, settings: Any) -> list[str]:
    """The colour of each row by `colorSettings` or `edgeColorSettings`; nothing where they ask for none. Rows without a value
    (nodes that only edges name) get `emptyValueColor`."""
    settings = settings if isinstance(settings, Mapping) else {}
    column = _column(settings.get(field) or settings.get("nodeColorField"), records)
    kind = settings.get("type")
    if not column or kind not in (1, 2, 3, 4):
        return []
    empty = palette.named_color(settings.get("emptyValueColor")) or palette.NEUTRAL
    values = [row.get(column) if row else None for row in rows]
    found: list[str] = []
    order: dict[str, int] = {}
    numbers = [n for n in (number_of(value, records.types[column]) for value in values) if n is not None]
    low, high = as_number(settings.get("heatmapMin")), as_number(settings.get("heatmapMax"))
    scale = Scale(
        float(low) if low is not None else min(numbers, default=0.0),
        float(high) if high is not None else max(numbers, default=0.0),
    )
    for row, value in zip(rows, values, strict=True):
        if value is None or value == "":
            found.append(empty)
        elif kind == 1:
            at = order.setdefault(records.text(column, value), len(order))
            found.append(palette.category_color(settings.get("colorPalette"), at))
        elif kind == 2:
            found.append(palette.named_color(value) or palette.NEUTRAL)
        elif kind == 3:
            outcome = first_match(settings.get("thresholdsGrid"), value, records.types[column], row, records.types)
            found.append(palette.named_color(outcome.representation if outcome else None) or palette.NEUTRAL)
        else:
            number = number_of(value, records.types[column])
            found.append(palette.scale_color(settings.get("heatmapPalette"), scale.share(number)) or empty)
    return found


def _network(
    nodes: Sequence[GraphNode],
    links: Sequence[tuple[Edge, Record]],
    records: Records,
    own: Mapping[str, Any],
    settings: Mapping[str, Any],
    notices: tuple[str, ...],
) -> Figure:
    """Nodes as circles, edges as lines with an arrow past their middle. With `showOrientationToggles` the reader may choose
    another of the three layouts."""
    edges = [edge for edge, _ in links]
    asked = own.get("graphOrientation", FORCE)
    first = asked if asked in (ACROSS, DOWN) and edges else FORCE
    toggles = own.get("showOrientationToggles") is True and bool(edges)
    figures = {
        way: _network_figure(nodes, links, records, own, way)
        for way in ([first, *(way for way in ORIENTATIONS if way != first)] if toggles else [first])
    }
    points: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    if _answers_clicks(nodes, settings):
        points = (*(() for _ in figures[first]["data"][:-1]), _points(nodes, records))
    layouts = tuple((ORIENTATIONS[way], figure) for way, figure in figures.items()) if toggles else ()
    return Figure(
        figures[first], _height(settings), (), points, "graph", notices=notices, layouts=layouts,
    )  # fmt: skip


def _network_figure(
    nodes: Sequence[GraphNode],
    links: Sequence[tuple[Edge, Record]],
    records: Records,
    own: Mapping[str, Any],
    orientation: int,
) -> dict[str, Any]:
    edges = [edge for edge, _ in links]
    across = orientation == ACROSS
    if orientation == FORCE:
        places = force_layout(len(nodes), edges)
    else:
        places = layered_layout(len(nodes), edges, across=across)
    few = len(nodes) <= 30
    sizes = _node_sizes(nodes, few, own)
    labels = [_label(node, few and not across) for node in nodes]
    marks = {
        "type": "scatter", "mode": "markers+text", "name": "", "cliponaxis": False,
        "x": [x for x, _ in places], "y": [y for _, y in places],
        "marker": {"opacity": 1, "size": sizes, "color": [n.color for n in nodes], "line": {"color": "theme:paper", "width": 1.5}},
        "text": labels if len(nodes) <= 120 else [""] * len(nodes),
        "textposition": "middle right" if across else "bottom center",
        "textfont": {"size": 11}, "customdata": [node.hover for node in nodes], "hovertemplate": "%{customdata}<extra></extra>",
    }  # fmt: skip
    layout = _bare_layout()
    layout["xaxis"]["range"], layout["yaxis"]["range"] = [-1.15, 1.35 if across else 1.15], [-1.3, 1.15]
    for name in ("scaleanchor", "scaleratio"):
        layout["yaxis"].pop(name)
    return {"data": [*_edge_traces(links, places, records, own), marks], "layout": layout}


def _edge_traces(
    links: Sequence[tuple[Edge, Record]], places: Sequence[Point], records: Records, own: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if not links:
        return []
    size, label = _column(own.get("edgeSize"), records), _column(own.get("edgeLabel"), records)
    weights = [number_of(row[size], records.types[size]) if size else None for _, row in links]
    top = max((w for w in weights if w), default=1.0)
    colors = _colors([row for _, row in links], "edgeColorField", records, own.get("edgeColorSettings"))
    kinds: dict[tuple[float, str], list[int]] = {}
    for i, weight in enumerate(weights):
        width = 1.2 if not weight or weight <= 0 else round((1 + 4 * math.sqrt(weight / top)) * 2) / 2
        kinds.setdefault((width, colors[i] if colors else ""), []).append(i)
    return [
        _edge_trace(width, color, [links[i] for i in chosen], places, records, label)
        for (width, color), chosen in sorted(kinds.items())
    ]


def _edge_trace(
    width: float,
    color: str,
    links: Sequence[tuple[Edge, Record]],
    places: Sequence[Point],
    records: Records,
    label: str,
) -> dict[str, Any]:
    """Lines of one width and colour, each with an arrow past its middle that points along it whatever the frame's shape."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    texts: list[str] = []
    for (a, b), row in links:
        (ax, ay), (bx, by) = places[a], places[b]
        xs += [ax, round(ax + (bx - ax) * 0.6, 4), bx, None]
        ys += [ay, round(ay + (by - ay) * 0.6, 4), by, None]
        texts += ["", plotly_text(records.text(label, row[label])) if label else "", "", ""]
    trace: dict[str, Any] = {
        "type": "scatter", "mode": "lines+markers", "x": xs, "y": ys, "name": "",
        "line": {"color": color or "theme:axis", "width": width}, "hoverinfo": "text" if label else "skip",
        "marker": {
            "symbol": "arrow", "angleref": "previous", "size": [0, 9 + width, 0, 0] * len(links), "color": color or "theme:soft",
            "opacity": 1, "line": {"width": 0},
        },
    }  # fmt: skip
    if label:
        trace["text"] = texts
    return trace


def _hive(
    nodes: Sequence[GraphNode],
    records: Records,
    own: Mapping[str, Any],
    settings: Mapping[str, Any],
    notices: tuple[str, ...],
) -> Figure:
    """Nodes as cells of honeycombs, one for each value of `groupByField`."""
    group = _column(own.get("groupByField"), records)
    clusters: dict[str, list[GraphNode]] = {}
    for node in nodes:
        clusters.setdefault(records.text(group, node.record[group]) if group and node.record else "", []).append(node)
    label_maker = _slot(own.get("hivesContent"), records)
    combs = {name: honeycomb(len(members)) for name, members in clusters.items()}
    apart = 1.1 + 0.1 * min(40.0, max(0.0, float(as_number(own.get("hivesMargin", 5)) or 0)))
    boxes = [(_extent(comb, 0) + apart, _extent(comb, 1) + apart + (0.6 if group else 0.0)) for comb in combs.values()]
    corners = shelves(boxes)
    cells: dict[str, list[Point]] = {}
    marks: dict[str, list[Any]] = {"x": [], "y": [], "text": [], "hover": []}
    annotations: list[dict[str, Any]] = []
    ordered: list[GraphNode] = []
    for (name, members), (cx, cy), (width, height) in zip(clusters.items(), corners, boxes, strict=True):
        comb = combs[name]
        mx, my = _middle(comb, 0), _middle(comb, 1)
        for node, (x, y) in zip(members, comb, strict=True):
            px, py = cx + x - mx, cy - (y - my) + (0.35 if group else 0.0)
            cells.setdefault(node.color, []).append((px, py))
            marks["x"].append(round(px, 3))
            marks["y"].append(round(py, 3))
            marks["text"].append(_cell_text(node))
            marks["hover"].append(node.hover)
            ordered.append(node)
        if group:
            row = members[0].record
            shown = _text(label_maker.cell(row[label_maker.column], row)) if label_maker and row else ""
            shown = shown or name or "(empty)"
            annotations.append({
                "x": round(cx, 3), "y": round(cy - height / 2 + 0.55, 3), "text": _two_lines(shown, 15 if width < 2.5 else 28), "showarrow": False,
                "font": {"size": 12},
            })  # fmt: skip
    traces: list[dict[str, Any]] = [_hexagons(color, places) for color, places in cells.items()]
    roomy = len(nodes) <= 40
    traces.append({
        "type": "scatter", "mode": "text" if roomy else "markers", "name": "", "x": marks["x"], "y": marks["y"],
        "text": marks["text"] if roomy else None, "textfont": {"size": 11, "color": [palette.ink_on(n.color) for n in ordered]},
        "marker": {"size": 18, "opacity": 0}, "customdata": marks["hover"], "hovertemplate": "%{customdata}<extra></extra>",
    })  # fmt: skip
    sparks = _sparks(ordered, marks["x"], marks["y"]) if roomy else []
    traces = [*traces[:-1], *sparks, traces[-1]]
    layout = _bare_layout()
    layout["annotations"] = annotations
    points: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    if _answers_clicks(ordered, settings):
        points = (*(() for _ in traces[:-1]), _points(ordered, records))
    return Figure({"data": traces, "layout": layout}, _height(settings), (), points, "graph", notices=notices)


def _hexagons(color: str, places: Sequence[Point]) -> dict[str, Any]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x, y in places:
        for corner in range(7):
            turn = math.radians(60 * corner + 30)
            xs.append(round(x + 0.54 * math.cos(turn), 3))
            ys.append(round(y + 0.54 * math.sin(turn), 3))
        xs.append(None)
        ys.append(None)
    return {
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "fill": "toself", "fillcolor": color, "hoverinfo": "skip",
        "line": {"color": "theme:paper", "width": 2}, "name": "",
    }  # fmt: skip


def _sparks(nodes: Sequence[GraphNode], xs: Sequence[float], ys: Sequence[float]) -> list[dict[str, Any]]:
    """The sparks of a honeycomb's nodes as small lines in the lower part of their cells."""
    lines: dict[str, tuple[list[float | None], list[float | None]]] = {}
    for node, x, y in zip(nodes, xs, ys, strict=True):
        known = [value for value in node.spark if value is not None]
        if len(known) < 2:
            continue
        low, range_ = min(known), (max(known) - min(known)) or 1.0
        across, up = lines.setdefault(palette.ink_on(node.color), ([], []))
        for at, value in enumerate(node.spark):
            across.append(round(x - 0.25 + 0.5 * at / (len(node.spark) - 1), 3))
            up.append(None if value is None else round(y - 0.32 + 0.12 * (value - low) / range_, 3))
        across.append(None)
        up.append(None)
    return [
        {"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip", "name": "", "line": {"color": ink, "width": 1.2}}
        for ink, (x, y) in lines.items()
    ]  # fmt: skip


def _two_lines(text: str, width: int) -> str:
    """A cluster's label in at most two lines, so that it does not run into its neighbour's."""
    lines = textwrap.wrap(text, width) or [text]
    shown = lines if len(lines) <= 2 else [lines[0], f"{lines[1][: width - 1]}…"]
    return "<br>".join(wrapped(line, width) for line in shown)


def _cell_text(node: GraphNode) -> str:
    lines = [wrapped(text, 14) for text in (node.top, node.center, node.bottom) if text]
    return "<br>".join(lines) or wrapped(node.key, 14)


def _label(node: GraphNode, few: bool) -> str:
    return "<br>".join(
        wrapped(text, 24 if few else 18) for text in (node.top, *((node.center, node.bottom) if few else ())) if text
    )


def _node_sizes(nodes: Sequence[GraphNode], few: bool, own: Mapping[str, Any]) -> list[float]:
    weights = [node.weight for node in nodes]
    top = max(weights, default=0.0)
    base = 26.0 if few else 18.0 if len(nodes) <= 80 else 12.0
    asked = as_number(own.get("staticNodeSize")) if not own.get("nodeSize") else None
    if asked is not None and asked > 0:  # the format's own default is 100
        base *= min(3.0, max(0.4, float(asked) / 100))
    return [base if top <= 0 else round(base * (0.5 + math.sqrt(max(0.0, w) / top)), 1) for w in weights]


def _bare_layout() -> dict[str, Any]:
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    return {
        "showlegend": False, "hovermode": "closest", "dragmode": "pan", "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "xaxis": dict(hidden), "yaxis": {**hidden, "scaleanchor": "x", "scaleratio": 1},
    }  # fmt: skip


def _height(settings: Mapping[str, Any]) -> int:
    return chart_height(settings.get("size")) + 60


def _answers_clicks(nodes: Sequence[GraphNode], settings: Mapping[str, Any]) -> bool:
    return selectable(settings) != "none" or any(node.link for node in nodes)


def _points(nodes: Sequence[GraphNode], records: Records) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {
            **(exported_row(node.record, records) if node.number >= 0 else {}),
            "label": node.top or node.key, "series": node.key, "x": node.key, "y": node.weight, "_row": node.number,
            **({"_link": node.link} if node.link else {}),
        }
        for node in nodes
    )  # fmt: skip


def _extent(points: Sequence[Point], axis: int) -> float:
    return max(point[axis] for point in points) - min(point[axis] for point in points)


def _middle(points: Sequence[Point], axis: int) -> float:
    return (max(point[axis] for point in points) + min(point[axis] for point in points)) / 2


def _column(name: Any, records: Records) -> str:
    return name if isinstance(name, str) and name in records.types else ""
