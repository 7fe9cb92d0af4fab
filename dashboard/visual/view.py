"""What can be drawn: plain, JSON-ready data. A page, an export and a test read the same `View`.

All texts in a View that are named `html` are safe HTML; all others are plain text to be shown as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["info", "success", "warning", "error", "upsell", "plain"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A Plotly figure as a plain dict ({"data": […], "layout": {…}}), without colours that a theme decides: pages apply
    light or dark through `theme.apply`. `metrics` is the strip of numbers under a chart: (label, text, colour).
    `selection` names what a clicked point exports: for each trace the list of `points` rows, {x, y, series, label, …columns}."""

    figure: Mapping[str, Any]
    height: int
    metrics: tuple[tuple[str, str, str], ...] = ()
    points: tuple[tuple[Mapping[str, Any], ...], ...] = ()


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column as drawn. `kind` says how: text, number, date, link, bar, heatmap, threshold, icon, spark, tag, composite …;
    `options` what that kind needs (documented in visual/grid.py)."""

    field: str
    title: str
    kind: str
    align: Literal["left", "right", "center"] = "left"
    width: str = ""
    visible: bool = True
    tooltip: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells. `rows[i][field]` is {"v": sort value, "t": text, …} as its column's kind says; `_id` is the row's number in
    the table, `_children` nested rows of a tree. `total_rows` counts before `rowLimit` cut."""

    columns: tuple[GridColumn, ...]
    rows: tuple[Mapping[str, Any], ...]
    height: int
    total_rows: int = 0
    filter: bool = False
    sort: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    selectable: Literal["none", "one", "many"] = "none"
    tree: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; every slot is {"t": text, "kind": …, "color"?: …, "icon"?: …, "spark"?: […]} or None."""

    title: Mapping[str, Any] | None
    subtitle: Mapping[str, Any] | None
    left: Mapping[str, Any] | None
    right: Mapping[str, Any] | None
    secondary: Mapping[str, Any] | None
    row: int


@dataclass(frozen=True, slots=True)
class Tiles:
    """Tiles in order. `size` is fixed, auto or full."""

    tiles: tuple[Tile, ...]
    show_border: bool = False
    size: str = "fixed"
    selectable: Literal["none", "one", "many"] = "none"


@dataclass(frozen=True, slots=True)
class Text:
    """Safe HTML from markdown, in the tone of its style."""

    html: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence in an item's frame instead of a drawing: no rows, unset parameter, unsupported feature, error.
    `detail` is a second line (the query's error with its place)."""

    text: str
    tone: Tone = "info"
    detail: str = ""
    code: str = ""


View = Figure | Grid | Tiles | Text | Message
