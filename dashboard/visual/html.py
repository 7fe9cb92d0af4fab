"""Views as static HTML: for exported pages, and for what a page shows without a component (tiles, messages, strips).

Every text of a view goes through `text`; colours and lengths come from this room's own lists. The classes are styled by
`view.css` (`stylesheet()`), which follows the page's light or dark through CSS variables, and on paper by `print.css`.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashboard.visual.icons import svg
from dashboard.visual.numbers import parted
from dashboard.visual.view import Figure, Grid, GridColumn, Message, Text, Tile, Tiles

PRINT = Path(__file__).parent / "print.css"
"""What keeps the parts of a chart apart on paper; for exported pages and for the dashboard's own."""

_VIEWS = Path(__file__).parent / "view.css"
_MARKED = frozenset({"linechart", "timechart", "areachart", "barchart", "categoricalbar", "unstackedbar", "piechart"})
_TONE_ICONS = {"info": "info", "success": "success", "warning": "warning", "error": "error", "upsell": "important"}


_SHORT = 24
"""Characters that a cell keeps on one line."""


_LONG = 160
"""Characters above which a cell shows its first lines, and all of it as a tooltip and in print."""


def text(value: object) -> str:
    """Any text, safe inside an element or a quoted attribute."""
    return html.escape(str(value), quote=True)


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """The CSS of everything made here."""
    return "".join(path.read_text(encoding="utf-8") for path in (_VIEWS, PRINT))


def message_html(message: Message) -> str:
    """A message in its tone."""
    icon = svg(_TONE_ICONS[message.tone]) if message.tone in _TONE_ICONS else ""
    detail = f'<div class="wb-detail">{text(message.detail)}</div>' if message.detail else ""
    code = f' <span class="wb-code">{text(message.code)}</span>' if message.code else ""
    body = f'<div class="wb-body">{text(message.text)}{code}{detail}</div>'
    return f'<div class="wb-message wb-{message.tone}" role="status">{icon}{body}</div>'


def text_html(view: Text) -> str:
    """A text item. Its HTML is safe already."""
    icon = svg(_TONE_ICONS[view.tone]) if view.tone in _TONE_ICONS else ""
    framed = f"wb-message wb-{view.tone}" if view.tone != "plain" else "wb-plain"
    return f'<div class="{framed}">{icon}<div class="wb-body wb-markdown">{view.html}</div></div>'


def notices_html(notices: Sequence[str]) -> str:
    """Sentences under a view: rows cut off, a partial result."""
    return "".join(
        f'<div class="wb-notice">{svg("warning", 14)}<span>{text(notice)}</span></div>' for notice in notices
    )


def metrics_html(figure: Figure) -> str:
    """The strip of numbers of a chart; empty where it has none."""
    entries = "".join(
        f'<li style="--metric:{text(color)}"><span class="wb-label" title="{text(label)}">{text(label)}</span>'
        f'<span class="wb-figure">{split_unit(number)}</span></li>'
        for label, number, color in figure.metrics
    )
    side = "" if not figure.side_metrics else " wb-side" if len(figure.metrics) <= 7 else " wb-side wb-many"
    return f'<ul class="wb-metrics{side}{marked(figure)}">{entries}</ul>' if entries else ""


def marked(figure: Figure) -> str:
    """The classes of a strip whose numbers stand for the figure's series in their order, so that `print.css` marks both
    alike; empty where they do not, or where there is only one."""
    if figure.kind not in _MARKED or len(figure.metrics) < 2:
        return ""
    one_each = figure.kind == "piechart" or 1 < len(figure.figure["data"]) <= max(len(figure.metrics), 12)
    return f" is-marked is-{figure.kind}" if one_each else ""


def split_unit(number: str) -> str:
    """A figure as HTML, what follows its last digit smaller."""
    figure, unit = parted(number)
    return f"{text(figure)}<small>{text(unit)}</small>" if unit else text(figure)


def tiles_html(tiles: Tiles) -> str:
    """Tiles as a wrapping row."""
    border = " wb-bordered" if tiles.show_border else ""
    entries = "".join(_tile(tile) for tile in tiles.tiles)
    return f'<div class="wb-tiles wb-{tiles.size}{border}">{entries}</div>{notices_html(tiles.notices)}'


def _tile(tile: Tile) -> str:
    title = f'<div class="wb-tile-title">{cell_html(tile.title)}</div>' if tile.title else ""
    subtitle = f'<div class="wb-tile-subtitle">{cell_html(tile.subtitle)}</div>' if tile.subtitle else ""
    sides = "".join(
        f'<div class="wb-tile-{side}">{cell_html(slot)}</div>'
        for side, slot in (("left", tile.left), ("right", tile.right))
        if slot
    )
    middle = f'<div class="wb-tile-middle">{sides}</div>' if sides else ""
    secondary = f'<div class="wb-tile-bottom">{cell_html(tile.secondary)}</div>' if tile.secondary else ""
    return f'<div class="wb-tile" data-row="{tile.row}">{title}{subtitle}{middle}{secondary}</div>'


def grid_html(grid: Grid) -> str:
    """A grid as a table; the rows of a tree are all shown, indented."""
    columns = [column for column in grid.columns if column.visible]
    heads = "".join(_head(column) for column in columns)
    rows = "".join(_rows(grid.rows, columns, 0, grid.tree))
    table = f'<table class="wb-grid"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return f'<div class="wb-grid-frame" tabindex="0">{table}</div>{notices_html(grid.notices)}'


def _head(column: GridColumn) -> str:
    width = (
        f' style="min-width:{text(column.width)}"' if column.width and column.width[-2:] in ("ch", "px", "em") else ""
    )
    return f'<th scope="col" class="wb-{column.align}"{width}>{text(column.title)}</th>'


def _rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[GridColumn], depth: int, tree: bool) -> list[str]:
    made: list[str] = []
    for row in rows:
        nested = row.get("_children") or ()
        group = ' class="wb-group"' if nested else ""
        cells = "".join(
            _cell(column, row.get(column.field) or {}, depth if tree else 0, bool(nested)) for column in columns
        )
        made.append(f"<tr{group}>{cells}</tr>")
        made.extend(_rows(nested, columns, depth + 1, tree))
    return made


def _cell(column: GridColumn, cell: Mapping[str, Any], depth: int, nested: bool) -> str:
    style = f"background:{text(cell['bg'])};" if cell.get("bg") else ""
    style += f"color:{text(cell['fg'])};" if cell.get("fg") else ""
    if column.group and depth:
        style += f"padding-left:{10 + 18 * depth}px;"
    attributes = f' style="{style}"' if style else ""
    attributes += f' title="{text(cell["tip"])}"' if cell.get("tip") else ""
    opener = '<span class="wb-open" aria-hidden="true">▾</span>' if column.group and nested else ""
    content = cell_html(cell, under=bool(column.options.get("under")), style=str(column.options.get("style", "line")))
    return f'<td class="wb-{column.align} wb-k-{column.kind}"{attributes}>{opener}{content}</td>'


def cell_html(cell: Mapping[str, Any], *, under: bool | None = None, style: str = "line") -> str:
    """What is inside a cell or a tile's slot."""
    if under is None:
        under = bool(cell.get("under"))
    if cell.get("values"):
        return spark_svg(
            cell["values"], str(cell.get("color") or ""), str(cell.get("style") or style), str(cell.get("t", "")),
            cell.get("bounds") or (None, None),
        )  # fmt: skip
    shown = str(cell.get("t", ""))
    length = " wb-short" if len(shown) <= _SHORT else " wb-long" if len(shown) > _LONG else ""
    whole = f' title="{text(shown)}"' if len(shown) > _LONG and not cell.get("tip") else ""
    body = f'<span class="wb-text{length}"{whole}>{text(shown)}</span>'
    if cell.get("tags"):
        body = "".join(f'<span class="wb-tag">{text(tag)}</span>' for tag in cell["tags"])
    if cell.get("big"):
        body = _big(cell)
    link = cell.get("link") or {}
    if link.get("kind") == "url":
        body = f'<a href="{text(link["href"])}" target="_blank" rel="noopener noreferrer nofollow">{body}</a>'
    if cell.get("icon"):
        drawing = svg(str(cell["icon"]), title="" if cell.get("t") else str(cell["icon"]))
        body = f'<span class="wb-with-icon">{drawing}{body}</span>'
    if cell.get("bar"):
        bar = cell["bar"]
        strip = f'<span class="wb-bar"><i style="width:{bar["share"]:.1%};background:{text(bar["color"])}"></i></span>'
        return f'<span class="wb-{"under" if under else "beside"}">{body}{strip}</span>'
    if cell.get("parts"):
        parts = "".join(
            f'<i style="width:{part["share"]:.1%};background:{text(part["color"])}" title="{text(part["label"])}"></i>'
            for part in cell["parts"]
        )
        return f'<span class="wb-under">{body}<span class="wb-bar wb-parts">{parts}</span></span>'
    if cell.get("span"):
        span = cell["span"]
        mark = f"left:{span['start']:.1%};width:{span['width']:.1%};background:{text(span['color'])}"
        return f'<span class="wb-under">{body}<span class="wb-bar wb-span"><i style="{mark}"></i></span></span>'
    return body


def _big(cell: Mapping[str, Any]) -> str:
    unit = f"<small>{text(cell['unit'])}</small>" if cell.get("unit") else ""
    stripe = f' style="border-color:{text(cell["color"])}"' if cell.get("color") else ' class="wb-bare"'
    colors = f"background:{text(cell['bg'])};" if cell.get("bg") else ""
    colors += f"color:{text(cell['fg'])}" if cell.get("fg") else ""
    inner = f'<b style="{colors}">' if colors else "<b>"
    return f'<span class="wb-big"><span{stripe}>{inner}{text(cell.get("t", ""))}{unit}</b></span></span>'


def spark_svg(
    values: Sequence[float | None],
    color: str,
    style: str = "line",
    label: str = "",
    bounds: Sequence[float | None] = (None, None),
) -> str:
    """A spark as a drawing: `line`, `area` or `bar`. Gaps stay gaps. `color` is one of the palette's, `bounds` the ends of
    the scale where they are set."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = (min(0.0, min(known)), max(known)) if style == "bar" else (min(known), max(known))
    low, high = low if bounds[0] is None else bounds[0], high if bounds[1] is None else bounds[1]
    span = high - low or 1.0
    width, height, edge = 120.0, 28.0, 2.0
    step = (width - 2 * edge) / max(1, len(values) - (0 if style == "bar" else 1))

    def y(value: float) -> float:
        return height - edge - min(1.0, max(0.0, (value - low) / span)) * (height - 2 * edge)

    parts: list[str] = []
    if style == "bar":
        for i, value in enumerate(values):
            if value is not None:
                top, base = y(max(value, 0.0)), y(min(0.0, value))
                parts.append(
                    f'<rect x="{edge + i * step:.1f}" y="{top:.1f}" width="{max(0.6, step * 0.8):.1f}" '
                    f'height="{max(0.8, base - top):.1f}"/>'
                )
        drawing = f'<g fill="{text(color)}">{"".join(parts)}</g>'
    else:
        runs: list[list[str]] = [[]]
        for i, value in enumerate(values):
            if value is None:
                runs.append([])
            else:
                runs[-1].append(f"{edge + i * step:.1f},{y(value):.1f}")
        for run in (run for run in runs if run):
            if style == "area":
                first, last = run[0].split(",")[0], run[-1].split(",")[0]
                floor = f"{height - edge:.1f}"
                points = " ".join([f"{first},{floor}", *run, f"{last},{floor}"])
                parts.append(f'<polygon points="{points}" fill="{text(color)}" fill-opacity="0.35"/>')
            points = " ".join(run if len(run) > 1 else [*run, *run])
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{text(color)}" stroke-width="1.6" '
                'stroke-linejoin="round" stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
            )
        drawing = "".join(parts)
    return (
        f'<svg class="wb-spark" viewBox="0 0 {width:.0f} {height:.0f}" preserveAspectRatio="none" role="img" '
        f'aria-label="{text(label)}">{drawing}</svg>'
    )


def view_html(view: Grid | Tiles | Text | Message) -> str:
    """Any view but a figure."""
    if isinstance(view, Grid):
        return grid_html(view)
    if isinstance(view, Tiles):
        return tiles_html(view)
    return text_html(view) if isinstance(view, Text) else message_html(view)
