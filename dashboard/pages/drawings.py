"""A View on a Streamlit page: chart, grid, tiles, text or message, each as few elements as can be."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

import streamlit as st

from dashboard.components.chart import ChartEvent, chart
from dashboard.components.grid import grid
from dashboard.pages import controls, style
from dashboard.table import Table
from dashboard.visual import build as visual
from dashboard.visual import icons, theme
from dashboard.visual.html import marked, split_unit
from dashboard.visual.view import Figure, Grid, Message, Text, Tile, Tiles, View

Rows = tuple[int, ...]
Mark = tuple[str, ...]
Marks = frozenset[Mark]


@dataclasses.dataclass(frozen=True)
class Reactions:
    """What a drawing does when a person acts on it: `rows` selected in a grid or tiles, `points` of a chart clicked (as
    {x, y, series, label, …}), a range of time brushed (both ends as the axis writes them), a `link` of a cell followed."""

    rows: Callable[[Rows], None] | None = None
    points: Callable[[list[Mapping[str, Any]]], None] | None = None
    brush: Callable[[str, str], None] | None = None
    link: Callable[[Mapping[str, Any]], None] | None = None


NOTHING = Reactions()


def plain_view(table: Table, zone: str) -> View:
    """A result as a grid, whatever its query says of drawing."""
    return visual.draw({"visualization": "table", "size": 2}, table, zone=zone)


def rendered_view(table: Table, zone: str) -> View:
    """A result as its query's own `render` asks."""
    return visual.draw({}, table, zone=zone)


def preview_view(table: Table, zone: str) -> View:
    """A result as a chart that nobody asked for in words: over time where there is a time, else bars by its first text."""
    kinds = [column.type for column in table.columns]
    if not any(kind in ("int", "long", "real", "decimal") for kind in kinds):
        return Message("A chart needs a column of numbers. Summarize first, or add | render.", "info")
    if "datetime" in kinds:
        return visual.draw({"visualization": "timechart", "size": 0}, table, zone=zone)
    if "string" in kinds or "dynamic" in kinds:
        return visual.draw({"visualization": "categoricalbar", "size": 0}, table, zone=zone)
    return Message("A chart needs a column of times or texts beside its numbers.", "info")


def draw(
    view: View, key: str, label: str = "", react: Reactions = NOTHING, selected: Rows = (), picked: Marks = frozenset()
) -> None:
    """Draws a view. `label` names it for screen readers; `key` is unique on the page. `selected` are the rows selected in a
    grid or tiles, `picked` the marks of a chart."""
    if isinstance(view, Figure):
        _draw_figure(view, key, label, react, picked)
    elif isinstance(view, Grid):
        _draw_grid(view, key, label, react, selected)
    elif isinstance(view, Tiles):
        _draw_tiles(view, key, label, react, selected)
    elif isinstance(view, Text):
        st.html(text_html(view))
    else:
        st.html(message_html(view))


def text_html(view: Text) -> str:
    """A text as the page shows it; `view.html` is safe."""
    return f'<div class="wb-text tone-{escape(view.tone)}">{view.html}</div>'


def message_html(view: Message) -> str:
    """A message in an item's frame; one that only tells that there is nothing stays quiet."""
    quiet = view.tone in ("info", "plain") and not view.code
    return style.message_html(view.text, "quiet" if quiet else view.tone, view.detail, view.code)


def mark_of(point: Mapping[str, Any]) -> Mark:
    """What stays the same of a point of a chart when its numbers change."""
    return tuple(str(point.get(name)) for name in ("x", "series", "label"))


def _draw_figure(view: Figure, key: str, label: str, react: Reactions, picked: Marks) -> None:
    figure = theme.apply(_chosen_layout(view, key), style.mode() == "dark")
    follows = react.link is not None and any("_link" in point for trace in view.points for point in trace)
    brushed = react.brush is not None and view.time_axis
    if brushed:
        figure["layout"].update(dragmode="select", selectdirection="h")
    else:
        figure["layout"].setdefault("dragmode", False)

    def selected(event: ChartEvent) -> None:
        if event.range is not None:
            if react.brush is not None:
                start, end = sorted(map(str, event.range))
                react.brush(start, end)
            return
        points = [point for point in (_point(view, *mark) for mark in event.points) if point]
        linked = next((point for point in points if "_link" in point), None)
        if react.link is not None and linked is not None:
            react.link({"link": linked["_link"], "row": linked["_row"]})
        if react.points is not None:
            react.points(points)

    traces = enumerate(view.points) if picked else ()
    marks = [(n, at) for n, trace in traces for at, point in enumerate(trace) if mark_of(point) in picked]
    chart(
        figure, key=key, height=view.height, label=label or "Chart", points=react.points is not None or follows, brush=brushed,
        picked=marks, on_event=selected,
    )  # fmt: skip
    below = (_strip(view.metrics, view.side_metrics, marked(view)) if view.metrics else "") + style.notices_html(
        view.notices
    )
    if below:
        st.html(below)


def link_naming(name: str) -> dict[str, Any]:
    """A cell's link that tells the page what it stands for; `named_by` reads it."""
    return {"kind": "workbook", "template": name, "parameters": {}, "from": {}, "all": False}


def named_by(event: Mapping[str, Any]) -> str:
    """What the link that was followed names. Its place among the rows may be another one's by now."""
    link = event.get("link")
    return str(link.get("template") or "") if isinstance(link, Mapping) else ""


def _chosen_layout(view: Figure, key: str) -> Mapping[str, Any]:
    """The drawing that the reader chose among the layouts offered."""
    if not view.layouts:
        return view.figure
    names = [name for name, _ in view.layouts]
    chosen = st.segmented_control("Layout", names, default=names[0], key=f"{key}-layout", label_visibility="collapsed")
    return dict(view.layouts).get(chosen or "", view.figure)


def _point(view: Figure, trace: int, at: int) -> Mapping[str, Any] | None:
    """The row behind a clicked point, None where the chart does not say."""
    if trace < 0 or at < 0 or trace >= len(view.points) or at >= len(view.points[trace]):
        return None
    return view.points[trace][at]


def _strip(metrics: Sequence[tuple[str, str, str]], at_side: bool, marks: str) -> str:
    entries = "".join(
        f'<div class="wb-strip-entry" style="--metric:{escape(colour)}"><div class="wb-strip-label" title="{escape(name)}">{escape(name)}</div>'
        f'<div class="wb-strip-value">{split_unit(value)}</div></div>'
        for name, value, colour in metrics
    )
    side = " is-side" if at_side else ""
    # Several may have to scroll; who has no mouse must reach them.
    reach = ' tabindex="0" role="group" aria-label="Totals"' if len(metrics) > 1 and not at_side else ""
    return f'<div class="wb-strip{side}{marks}" style="--count:{len(metrics)}"{reach}>{entries}</div>'


@cache
def _icons() -> dict[str, str]:
    return icons.catalogue()


def _draw_grid(view: Grid, key: str, label: str, react: Reactions, selected: Rows) -> None:
    shown = {
        "columns": [dataclasses.asdict(column) for column in view.columns],
        "rows": view.rows, "height": view.height, "filter": view.filter, "sort": view.sort,
        "selectable": view.selectable if react.rows else "none", "tree": view.tree,
        "fold_all": view.fold_all,
    }  # fmt: skip

    def chosen(rows: tuple[int, ...]) -> None:
        if react.rows is not None:
            react.rows(rows)

    def followed(event: Mapping[str, Any]) -> None:
        if react.link is not None:
            react.link(event)

    grid(shown, key=key, icons=_icons(), selected=selected, label=label or "Table", on_select=chosen, on_event=followed)
    notices = style.notices_html(view.notices)
    if notices:
        st.html(notices)


def _draw_tiles(view: Tiles, key: str, label: str, react: Reactions, selected: Rows) -> None:
    data = {
        "tiles": [_tile(tile) for tile in view.tiles], "border": view.show_border, "size": view.size, "label": label or "Tiles",
        "selectable": view.selectable if react.rows else "none", "selected": list(selected),
    }  # fmt: skip

    def act(event: controls.Event) -> None:
        rows = event.get("rows")
        if react.rows is not None and isinstance(rows, list):
            react.rows(tuple(row for row in rows if isinstance(row, int)))
        followed = _followed(view, event.get("follow"))
        if react.link is not None and followed is not None:
            react.link(followed)

    controls.draw("tiles", key, data, act)
    notices = style.notices_html(view.notices)
    if notices:
        st.html(notices)


def _followed(view: Tiles, told: Any) -> Mapping[str, Any] | None:
    """The link behind a slot that a person pressed, told as {row, slot}; None where there is none."""
    if not isinstance(told, Mapping):
        return None
    tile = next((each for each in view.tiles if each.row == told.get("row")), None)
    cell = {"title": tile.title, "subtitle": tile.subtitle, "left": tile.left, "right": tile.right,
            "secondary": tile.secondary}.get(str(told.get("slot"))) if tile is not None else None  # fmt: skip
    if tile is None or cell is None or not isinstance(cell.get("link"), Mapping):
        return None
    return {"link": cell["link"], "row": tile.row, "column": cell.get("column")}


def _tile(tile: Tile) -> dict[str, Any]:
    slots = {name: _slot(getattr(tile, name)) for name in ("title", "subtitle", "left", "right", "secondary")}
    return {**slots, "row": tile.row}


def _slot(cell: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    slot = {
        name: cell[name]
        for name in (
            "t",
            "kind",
            "big",
            "font",
            "unit",
            "color",
            "bg",
            "fg",
            "tip",
            "bar",
            "values",
            "bounds",
            "parts",
            "style",
            "tags",
        )
        if cell.get(name) is not None
    }
    if cell.get("icon"):
        slot["icon"] = icons.svg(str(cell["icon"]))
    link = cell.get("link")
    if isinstance(link, Mapping):
        if link.get("kind") == "url":
            slot["href"] = str(link.get("href", ""))
        elif link.get("kind") == "inert":
            slot.setdefault("tip", str(link.get("why", "")))
        else:
            slot["follow"] = True
    return slot
