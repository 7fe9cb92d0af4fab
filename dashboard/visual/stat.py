"""The stat visualization: one value, large, with a colour and an icon by thresholds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from dashboard.table import Table
from dashboard.visual import palette
from dashboard.visual.cells import Records, number_of
from dashboard.visual.formatters import AUTOMATIC, BIG_NUMBER, Formatter, Rule, Scale
from dashboard.visual.icons import icon_name
from dashboard.visual.numbers import as_number
from dashboard.visual.thresholds import first_match
from dashboard.visual.trees import aggregate
from dashboard.visual.view import Message, Tile, Tiles

FONTS = {"small": "small", "medium": "medium", "large": "large", "xlarge": "xlarge", "xxlarge": "xxlarge"}
"""`valueFontStyle` in lower case to the size of the figure; `auto` and everything else is `xlarge`."""


def stat_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Tiles | Message:
    """One full-width tile: `left` is the value, `secondary` the tag text under it."""
    own = settings.get("statSettings")
    own = own if isinstance(own, Mapping) else {}
    records = Records(table, zone)
    name = own.get("valueField")
    if isinstance(name, str) and name and name not in records.types:
        return Message(
            f"The value field '{name}' is not in the result.",
            "warning",
            f"In the result: {', '.join(records.names[:20])}",
            "VI002",
        )
    name = name if isinstance(name, str) and name else next(iter(records.types), "")
    if not name:
        return Message("The result has no columns.", "warning", "", "VI003")
    kind = records.types[name]
    row = records.first(1)[0]
    how = own.get("valueAggregation")
    value = row[name] if how in (None, "None", "", "First") else aggregate(how, records.column(name), kind)
    form = own.get("numberFormatSettings")
    number = number_of(value, kind)
    rule = Rule(
        BIG_NUMBER if number is not None else AUTOMATIC, {"palette": "none"}, form if isinstance(form, Mapping) else {}
    )
    cell = Formatter(name, kind if how in (None, "None", "", "First") else "real", rule, records.types, zone=zone).cell(
        value, row
    )
    cell |= {"kind": "number", "big": True, "font": FONTS.get(str(own.get("valueFontStyle") or "").lower(), "xlarge")}
    cell.pop("color", None)
    _color(cell, own.get("colorSettings"), value, records, row, name)
    icons = own.get("iconSettings")
    outcome = (
        first_match(icons.get("thresholdsGrid"), value, kind, row, records.types, zone)
        if isinstance(icons, Mapping)
        else None
    )
    if outcome and icon_name(outcome.representation):
        cell["icon"] = icon_name(outcome.representation)
    tag = own.get("tagText")
    secondary = {"v": tag, "t": tag, "kind": "text"} if isinstance(tag, str) and tag else None
    return Tiles((Tile(None, None, cell, None, secondary, 0),), False, "full", "none", 0, 1)


def _color(
    cell: dict[str, Any], settings: Any, value: Any, records: Records, row: Mapping[str, Any], name: str
) -> None:
    if not isinstance(settings, Mapping):
        return
    color: str | None = None
    match settings.get("type"):
        case "static":
            color = palette.named_color(settings.get("staticColor") or settings.get("color"))
        case "thresholds":
            outcome = first_match(
                settings.get("thresholdsGrid"), value, records.types[name], row, records.types, records.zone
            )
            color = palette.named_color(outcome.representation) if outcome else None
        case "heatmap":
            low, high = as_number(settings.get("heatmapMin")), as_number(settings.get("heatmapMax"))
            number = number_of(value, records.types[name])
            top = float(high) if high is not None else max(number or 0.0, 1.0)
            color = palette.scale_color(settings.get("heatmapPalette"), Scale(float(low or 0), top).share(number))
    if color is None:
        return
    if settings.get("mode") == "background":
        cell["bg"], cell["fg"] = color, palette.ink_on(color)
    else:
        cell["fg"] = color
