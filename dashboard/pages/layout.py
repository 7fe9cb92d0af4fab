"""Where items stand: rows that wrap by the items' widths, as one style sheet a page.

An item's container has a key made from its path; Streamlit gives the container a class of that name. Widths are percent of
the row and gaps are taken out evenly, so that 50 + 50 fills a row. At phone width everything stacks.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashboard.document.workbook import Item, number_of, object_of, text_of
from dashboard.runtime.plan import PlannedItem
from dashboard.visual.charts import KINDS
from dashboard.visual.palette import ink_on, named_color

HEIGHTS: Mapping[str, int] = {"tiny": 150, "small": 200, "medium": 300, "large": 500, "full": 300}
CHARTS = frozenset({*KINDS, "piechart"})
_LENGTH = re.compile(r"^\d{1,4}(\.\d{1,3})?(px|%|rem|em|ch|vw)?$")
_NARROW = 720
_NEARLY = 95.0
_TILES = 78


def slug(path: str) -> str:
    """A path of the document as part of a class name: `items/3/items/0` becomes `3-0`."""
    return re.sub(r"\W+", "-", path.replace("items/", "")).strip("-")


def item_key(planned: PlannedItem) -> str:
    """The key of an item's container; the prefix says how it is framed: `wic` as a card, `wi` bare."""
    framed = planned.item.kind in ("query", "metric", "unknown") or planned.status in ("error", "unsupported", "unset")
    return f"{'wic' if framed and planned.item.kind != 'group' else 'wi'}-{slug(planned.path)}"


def group_key(planned: PlannedItem) -> str:
    """The key of the container with a group's items; `wgb` has a border."""
    return f"{'wgb' if planned.item.style.get('showBorder') is True else 'wg'}-{slug(planned.path)}"


def sheet(items: Iterable[PlannedItem], *, hidden: bool = False, style: Mapping[str, Any] | None = None) -> str:
    """The rules for the widths and heights of all items, nested ones included; of hidden ones, too, with `hidden`. `style`
    are the document's `styleSettings`."""
    rules = "".join(_rules(items, hidden))
    whole = _spaces(style or {})
    page = f".st-key-wb-page{{{whole}}}" if whole else ""
    return (
        f"<style>.st-key-wg-root{{visibility:visible!important}}{page}"
        f"@media (min-width:{_NARROW + 1}px){{{rules}}}</style>"
    )


_GAPS: Mapping[str, int] = {"wide": 20, "standard": 12, "narrow": 6, "none": 0}
_PADS: Mapping[str, int] = {"wide": 18, "standard": 12, "narrow": 8, "none": 3}


def _spaces(style: Mapping[str, Any]) -> str:
    """The gaps between items and the padding in them, as `spacingStyle` and `paddingStyle` say."""
    gap, pad = _GAPS.get(text_of(style.get("spacingStyle"))), _PADS.get(text_of(style.get("paddingStyle")))
    return (f"--wb-gap:{gap}px;" if gap is not None else "") + (f"--wb-pad:{pad}px;" if pad is not None else "")


def _rules(items: Iterable[PlannedItem], hidden: bool) -> Iterable[str]:
    shown = [planned for planned in items if hidden or planned.status != "hidden"]
    for planned, share in zip(shown, fill_rows([planned.item.row_share for planned in shown]), strict=True):
        key = item_key(planned)
        most = _length(planned.item.style.get("maxWidth"))
        if most.endswith("%"):
            most = ""  # the share of the row has it already
        width = f"calc((100% + var(--wb-gap)) * {share / 100:.5f} - var(--wb-gap))"
        size = f"flex:0 0 {width}!important;width:{width}!important;max-width:{most or '100%'}!important"
        yield f":has(> .st-key-{key}){{{size};min-width:0!important}}"
        inner = (
            [f"--wb-h:{_reserved(planned.item)}px"]
            if planned.item.kind == "query" and planned.status != "hidden"
            else []
        )
        if planned.item.visualization in CHARTS and planned.status == "ready":
            # A chart's card has its height before the chart is there, so that nothing below it moves.
            inner.append(f"min-height:calc(var(--wb-h) + {_around(planned)}px)")
        for name in ("margin", "padding"):
            value = _shorthand(planned.item.style.get(name))
            if value:
                inner.append(f"{name}:{value}")
        ground = named_color(planned.item.style.get("backgroundColor"))
        if ground:
            inner.append(f"background:{ground};color:{ink_on(ground)}")
        if planned.item.style.get("borderStyle") == "none":
            inner.append("border-color:transparent")
        if inner:
            yield f".st-key-{key}{{{';'.join(inner)}}}"
        if planned.item.kind == "group" and (spaces := _spaces(planned.item.style)):
            yield f".st-key-{group_key(planned)}{{{spaces}}}"
        yield from _rules(planned.items, hidden)


def _around(planned: PlannedItem) -> int:
    """The height of a chart's card beside the chart: title and padding, and the strip of numbers where it has one below."""
    strip = object_of(planned.settings.get("chartSettings")).get("showMetrics") is not False
    return 103 if strip and planned.item.visualization != "piechart" else 51


def _reserved(item: Item) -> int:
    """The height that a part will probably have, kept free while it is waited for."""
    return _TILES if item.visualization == "tiles" else HEIGHTS.get(item.size, 300)


def fill_rows(widths: Sequence[float]) -> list[float]:
    """Widths in percent, with every row that nearly fills its line (33 + 33 + 33) made to fill it."""
    filled: list[float] = []
    row: list[float] = []
    for width in [*widths, math.inf]:
        if row and sum(row) + width > 100.01:
            total = sum(row)
            filled += [each * 100 / total for each in row] if total >= _NEARLY else row
            row = []
        row.append(width)
    return filled


def _length(value: Any) -> str:
    """A CSS length, a bare number being percent; empty for anything else."""
    if number_of(value) is not None and not isinstance(value, str):
        return f"{number_of(value):g}%"
    text = text_of(value).strip()
    if not _LENGTH.match(text):
        return ""
    return f"{text}%" if text[-1].isdigit() else text


def _shorthand(value: Any) -> str:
    """CSS margins or paddings of one to four lengths; empty for anything else."""
    parts = text_of(value).split()
    if not 1 <= len(parts) <= 4 or not all(_LENGTH.match(part) for part in parts):
        return ""
    return " ".join(f"{part}px" if part[-1].isdigit() and part != "0" else part for part in parts)


def zone(name: str) -> dt.tzinfo:
    """A time zone by its IANA name, UTC where there is none of that name."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return dt.UTC
