"""What can be drawn: plain, JSON-ready data. A page, an export and a test read the same `View`.

All texts in a View that are named `html` are safe HTML; all others are plain text to be shown as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as _field
from typing import Any, Literal

Tone = Literal["info", "success", "warning", "error", "upsell", "plain"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A Plotly figure as a plain dict ({"data": […], "layout": {…}}), without colours that a theme decides: pages apply
    light or dark through `theme.apply`. `metrics` is the strip of numbers under a chart: (label, text, colour).
    `points` names what a clicked point exports: for each trace, for each of its points, {x, y, series, label, …columns}; a
    point that stands for several may hold them as `_parts`, one that opens something has its `_link` (see `Grid`) and `_row`. `layouts` are other drawings of the same traces that a reader
    may choose, by name; the first is `figure` itself.
    `kind` is the visualization drawn (`linechart`, `piechart`, `map` …); `time_axis` says whether x is time, which a brush
    needs; `side_metrics` asks for the strip at the right (pies) instead of below; `notices` are sentences under it all."""

    figure: Mapping[str, Any]
    height: int
    metrics: tuple[tuple[str, str, str], ...] = ()
    points: tuple[tuple[Mapping[str, Any], ...], ...] = ()
    kind: str = ""
    time_axis: bool = False
    side_metrics: bool = False
    notices: tuple[str, ...] = ()
    layouts: tuple[tuple[str, Mapping[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class GridColumn:
    """A column as drawn. `kind` says how: text, number, date, link, bar, heatmap, threshold, icon, spark, tag, composite,
    timeline. `options` by kind: bar {"under": bool}; spark {"style": "line" | "bar" | "area"}; others nothing.
    `width` is a CSS length (`12ch`, `120px`, `30%`, `2fr`) or empty. `group` is true for the column with the tree's expanders."""

    field: str
    title: str
    kind: str
    align: Literal["left", "right", "center"] = "left"
    width: str = ""
    visible: bool = True
    tooltip: str = ""
    options: Mapping[str, Any] = _field(default_factory=dict)
    group: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells. `rows[i][field]` is a cell; `_id` is the row's number in the table (-1 for the rows that a tree makes by
    grouping), `_children` nested rows of a tree, `_open` whether they show at first. `fold_all` offers to expand and collapse a whole tree. `fields` of GridColumn are unique and safe as keys (they may differ from the column's name, which is
    `GridColumn.title` unless labelled).

    A cell always has `v` (what sorts: a number, a text, a bool or null; times as ISO text) and `t` (plain text, to be shown
    as text). It may have more, and each is drawn where it is there, whatever the kind:
    `icon` a name of `icons.ICONS`, before the text; `bg` and `fg` colours of the cell; `tip` a tooltip; `tags` texts as pills;
    `bar` {"share": 0 to 1, "color"}; `values` numbers or nulls of a spark, with `color` and the ends of its scale where they are set, `bounds`; `parts` [{"share", "color", "label"}]
    of a composite bar; `span` {"start", "width", "color"} of a timeline, shares of the cell's width;
    `link` {"kind": "url", "href"} opens an address; {"kind": "cell"} and {"kind": "row"} open the details of the cell or row;
    {"kind": "workbook", "template", "parameters": {name: value}, "from": {name: own parameter}, "all"} another workbook;
    {"kind": "inert", "why"} is shown as text.
    """

    columns: tuple[GridColumn, ...]
    rows: tuple[Mapping[str, Any], ...]
    height: int
    filter: bool = False
    sort: tuple[tuple[str, Literal["asc", "desc"]], ...] = ()
    selectable: Literal["none", "one", "many"] = "none"
    tree: bool = False
    notices: tuple[str, ...] = ()
    fold_all: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; every slot is a cell as in `Grid`, with `kind` (and for sparks `style`) beside, or None. `big` asks for large
    figures; then `unit` is drawn smaller after `t` and `color` is the stripe beside it."""

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
    height: int = 0
    total: int = 0
    notices: tuple[str, ...] = ()


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
