"""The way in: which visualization draws an item, and what is said where nothing can be drawn."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dashboard.errors import Problem
from dashboard.table import Table
from dashboard.visual.cells import Records
from dashboard.visual.charts import KINDS as CHARTS
from dashboard.visual.charts import chart_view
from dashboard.visual.dates import zone_of
from dashboard.visual.graphs import graph_view
from dashboard.visual.grids import grid_view
from dashboard.visual.maps import map_view
from dashboard.visual.markdown import safe_html
from dashboard.visual.pies import pie_view
from dashboard.visual.stat import stat_view
from dashboard.visual.tiles import tiles_view
from dashboard.visual.view import Message, Text, Tone, View

if TYPE_CHECKING:
    from dashboard.runtime.plan import PlannedItem

RENDER_KINDS: dict[str, str] = {
    "table": "table", "timechart": "timechart", "linechart": "linechart", "areachart": "areachart",
    "stackedareachart": "areachart", "barchart": "barchart", "columnchart": "barchart", "piechart": "piechart",
    "scatterchart": "scatterchart", "anomalychart": "timechart", "timepivot": "table", "ladderchart": "table",
    "card": "card", "pivotchart": "table", "treemap": "table", "plotly": "table", "graph": "graph",
}  # fmt: skip
"""The visualization for a query's own `render` kind, where the item does not choose one."""

_TONES: dict[str, Tone] = {
    "info": "info",
    "success": "success",
    "warning": "warning",
    "error": "error",
    "upsell": "upsell",
}
_NO_DATA_TONES: dict[int, Tone] = {2: "info", 3: "success", 4: "upsell", 5: "warning"}

NO_ROWS = "The query returned no results."

Draw = Callable[..., View]


def build_view(planned: PlannedItem, table: Table, *, zone: str = "UTC") -> View:
    """The view of a query or metric item over its result. `zone` is the reader's time zone (an IANA name).
    Settings that this version cannot draw give a Message that names them, never an exception.
    """
    settings: dict[str, Any] = dict(planned.settings)
    if planned.texts.get("noDataMessage"):
        settings["noDataMessage"] = planned.texts["noDataMessage"]
    return draw(settings, table, zone=zone)


def draw(settings: Mapping[str, Any], table: Table, *, zone: str = "UTC") -> View:
    """The view of an item's settings over a result; see `build_view`."""
    if not len(table):
        return no_rows(settings)
    chosen = visualization(settings, table)
    drawing = _DRAW.get(chosen)
    if drawing is None:
        known = ", ".join(f"'{name}'" for name in VISUALIZATIONS)
        return Message(
            f"The visualization '{chosen}' is not one that can be drawn here.", "warning", f"Known: {known}.", "VI001"
        )
    try:
        return drawing(table, settings, zone=zone_of(zone))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
        return Message(
            f"The {_SPOKEN.get(chosen, chosen)} could not be drawn from these settings and this result.", "error",
            f"{type(error).__name__}: {str(error)[:200]}", "VI008",
        )  # fmt: skip


def visualization(settings: Mapping[str, Any], table: Table | None = None) -> str:
    """The visualization of an item: its own, else the query's `render`, else a grid. Metric items choose by `chartType`."""
    own = settings.get("visualization")
    if isinstance(own, str) and own:
        return _SAME.get(own.lower(), own.lower())
    if str(settings.get("version") or "").startswith("MetricsItem"):
        kind = settings.get("chartType")
        return _METRIC_KINDS.get(kind, "linechart") if isinstance(kind, int) else "linechart"
    render = (table.render if table is not None else None) or {}
    drawn = RENDER_KINDS.get(str(render.get("kind") or "").lower(), "table")
    return "unstackedbar" if drawn == "barchart" and render.get("style") == "unstacked" else drawn


def no_rows(settings: Mapping[str, Any]) -> Message:
    """What an item says when its query gave no rows: its own words and tone, else ours."""
    own = settings.get("noDataMessage")
    style = settings.get("noDataMessageStyle")
    tone = _NO_DATA_TONES.get(style, "plain") if isinstance(style, int) else "plain"
    if isinstance(own, str) and own.strip():
        return Message(own.strip(), tone)
    return Message(NO_ROWS, tone)


def text_view(planned: PlannedItem) -> Text:
    """A text item: its markdown as safe HTML, in the tone of its style."""
    return markdown_text(
        planned.texts.get("json", str(planned.settings.get("json") or "")), planned.settings.get("style")
    )


def markdown_text(markdown: str, style: Any = None) -> Text:
    """Markdown as safe HTML in the tone that `style` names; other styles are plain."""
    return Text(safe_html(markdown), _TONES.get(str(style or "").strip().lower(), "plain"))


def message_view(status: str, message: str, problem: Problem | None = None) -> Message:
    """What stands in an item's frame instead of a drawing: `status` is a plan's (`unset`, `unsupported`, `error` …)."""
    tones: dict[str, Tone] = {"error": "error", "unsupported": "warning", "partial": "warning", "empty": "plain"}
    if problem is None:
        return Message(message, tones.get(status, "info"))
    place = problem.place.describe()
    text = message or problem.message
    parts = [
        f"{place[:1].upper()}{place[1:]}." if place else "",
        problem.message if text != problem.message else "",
        problem.hint,
    ]
    detail = " ".join(part for part in parts if part)
    tone: Tone = (
        "info"
        if problem.severity == "info"
        else tones.get(status, "error" if problem.severity == "error" else "warning")
    )
    return Message(text, tone, detail, problem.code)


def card_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> View:
    """The text visualization: the first cell, as plain text, markdown, a heading, a big number or read-only code."""
    own = settings.get("textSettings")
    style = own.get("style") if isinstance(own, Mapping) else None
    records = Records(table, zone)
    if not records.names:
        return Message("The result has no columns.", "warning", "", "VI003")
    name = records.names[0]
    text = records.text(name, records.first(1)[0][name])
    match style:
        case "markdown":
            return markdown_text(text)
        case "bignumber":
            return stat_view(table, {"statSettings": {"valueField": name}}, zone=zone)
        case "header":
            return Text(f"<h2>{html.escape(text)}</h2>")
        case "editor":
            return Text(f"<pre><code>{html.escape(text)}</code></pre>")
    return Text(f'<p class="wb-cell-text">{html.escape(text)}</p>')


def _chart(kind: str) -> Draw:
    def drawing(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo) -> View:
        return chart_view(kind, table, settings, zone=zone)

    return drawing


_DRAW: dict[str, Draw] = {
    "table": grid_view, "piechart": pie_view, "tiles": tiles_view, "stat": stat_view, "card": card_view,
    "map": map_view, "graph": graph_view,
    **{kind: _chart(kind) for kind in sorted(CHARTS)},
}  # fmt: skip

VISUALIZATIONS: tuple[str, ...] = tuple(_DRAW)
"""The visualizations that are drawn."""

_SAME = {
    "grid": "table",
    "columnchart": "barchart",
    "donut": "piechart",
    "text": "card",
    "unstackedbarchart": "unstackedbar",
}
_METRIC_KINDS = {
    0: "table",
    1: "barchart",
    2: "linechart",
    3: "areachart",
    4: "scatterchart",
    -1: "tiles",
    -2: "map",
    -3: "graph",
}
_SPOKEN = {"table": "grid", "piechart": "pie chart", "card": "text"}
