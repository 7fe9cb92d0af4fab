"""The column formatters of grids and tiles, 0 to 22: from a value to a cell (the keys are described at `view.Grid`).

Numbers of formatters, and what each does, are those of the format's specification (6.2).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.table import KqlType
from dashboard.visual import palette as colors
from dashboard.visual import resources
from dashboard.visual.cells import (
    NUMERIC,
    Record,
    expand,
    json_text,
    number_of,
    numbers_in,
    parse_dynamic,
    sort_value,
    text_of,
)
from dashboard.visual.dates import format_date, parse_date
from dashboard.visual.icons import SEVERITIES, icon_name
from dashboard.visual.links import cell_link
from dashboard.visual.numbers import as_number, compact, intl, number_parts, plain_number
from dashboard.visual.patterns import matches
from dashboard.visual.thresholds import first_match

AUTOMATIC, TEXT, RIGHT, BAR, BAR_UNDER, HIDDEN, DATE, LINK, HEATMAP = range(9)
SPARK_LINE, SPARK_BAR, ICON, BIG_NUMBER, RESOURCE, RESOURCE_GROUP, SUBSCRIPTION = range(9, 16)
RESOURCE_TYPE, LOCATION, THRESHOLDS, TIMELINE, HEAT_TEXT, SPARK_AREA, COMPOSITE = range(16, 23)

_KINDS = {
    BAR: "bar", BAR_UNDER: "bar", DATE: "date", LINK: "link", HEATMAP: "heatmap", SPARK_LINE: "spark",
    SPARK_BAR: "spark", SPARK_AREA: "spark", ICON: "icon", THRESHOLDS: "threshold", TIMELINE: "timeline",
    COMPOSITE: "composite", BIG_NUMBER: "number", HEAT_TEXT: "number",
}  # fmt: skip

_LONGEST_TEXT = 2_000


@dataclass(frozen=True)
class Rule:
    """How one column is formatted."""

    formatter: int = AUTOMATIC
    options: Mapping[str, Any] = field(default_factory=dict)
    number_format: Mapping[str, Any] = field(default_factory=dict)
    date_format: Mapping[str, Any] = field(default_factory=dict)
    tooltip: str = ""
    key: int = -1
    """Rules of one entry share it, and with it a scale."""


@dataclass(frozen=True)
class Scale:
    """The bounds that bars and heatmaps are drawn between; NaN where there is no number."""

    low: float = math.nan
    high: float = math.nan

    def share(self, number: float | None) -> float:
        """Where a number lies, 0 to 1; NaN without a number or bounds."""
        if number is None or math.isnan(self.low) or math.isnan(self.high):
            return math.nan
        if self.high <= self.low:
            return 1.0 if number >= self.high and number != 0 else 0.0
        return min(1.0, max(0.0, (number - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class Formatter:
    """Makes the cells of one column. `types` are those of all columns of the row."""

    column: str
    kind: KqlType
    rule: Rule
    types: Mapping[str, KqlType]
    scale: Scale = Scale()
    zone: dt.tzinfo = dt.UTC
    timeline: Scale = Scale()
    numeric_text: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    """Names of subscriptions by their GUIDs in lower case."""

    @property
    def view_kind(self) -> str:
        """The `GridColumn.kind` of the column."""
        known = _KINDS.get(self.rule.formatter)
        if known:
            return known
        if self.rule.options.get("linkTarget"):
            return "link"
        if self.rule.options.get("showAsTag"):
            return "tag"
        if self.rule.formatter == AUTOMATIC and self.kind == "datetime":
            return "date"
        return "number" if self.kind in NUMERIC else "text"

    @property
    def align(self) -> str:
        """Where the column's cells stand."""
        formatter = self.rule.formatter
        if formatter == RIGHT or (formatter in (AUTOMATIC, HEAT_TEXT, BIG_NUMBER) and self.kind in NUMERIC):
            return "right"
        return "left"

    def cell(self, value: Any, record: Record) -> dict[str, Any]:
        """The cell for a value of a row."""
        made: dict[str, Any] = {"v": _short(sort_value(value, self.kind))}
        text, unit = self.parts(value)
        made["t"] = clip(text + unit)
        draw = _DRAW.get(self.rule.formatter)
        if draw:
            draw(self, made, value, record, text, unit)
        self._finish(made, value, record, text, unit)
        return made

    def parts(self, value: Any) -> tuple[str, str]:
        """A value's text and its unit."""
        if value is None or value == "":
            custom = self.rule.number_format.get("emptyValCustomText")
            return (custom, "") if isinstance(custom, str) else ("", "")
        if self.rule.number_format and not isinstance(value, bool) and self.kind != "timespan":
            number = as_number(value)
            if number is not None:
                return number_parts(number, self.rule.number_format)
        if self.rule.formatter == DATE:
            return self._date(value), ""
        return text_of(value, self.kind, self.zone), ""

    def _date(self, value: Any) -> str:
        moment = value if isinstance(value, dt.datetime) else parse_date(value) if isinstance(value, str) else None
        if moment is None:
            return text_of(value, self.kind, self.zone)
        pattern = self.rule.date_format.get("formatName")
        utc = self.rule.date_format.get("showUtcTime") is True
        return format_date(moment, pattern if isinstance(pattern, str) else None, dt.UTC if utc else self.zone)

    def _finish(self, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
        options = self.rule.options
        link = cell_link(options, value, self.kind, record, self.types)
        if link:
            label = options.get("linkLabel")
            if isinstance(label, str) and label.strip():
                made["t"] = clip(expand(label, record, self.types, text, unit, self.zone))
            if made["t"] or "icon" in made or "values" in made:
                made["link"] = link
        if self.rule.tooltip:
            made["tip"] = clip(expand(self.rule.tooltip, record, self.types, text, unit, self.zone))
        if options.get("showAsTag"):
            tags = value if isinstance(value, list) else parse_dynamic(value) if _looks_like_list(value) else None
            entries = tags if isinstance(tags, list) else [made["t"]]
            made["tags"] = [
                clip(e if isinstance(e, str) else json_text(e)) for e in entries[:50] if e not in ("", None)
            ]


def rule_for(name: str, formatters: Any, names: Collection[str]) -> Rule:
    """The rule for a column: the first entry with exactly its name, else the first whose pattern is found in it, else
    automatic. An entry that has exactly the name of one of the columns, `names`, is that column's alone."""
    entries = [e for e in formatters if isinstance(e, Mapping)] if isinstance(formatters, Sequence) else []
    wanted = [e.get("columnMatch") for e in entries]
    if name in wanted:
        found = wanted.index(name)
        return rule_from(entries[found], found)
    for i, pattern in enumerate(wanted):
        if isinstance(pattern, str) and pattern and pattern not in names and matches(pattern, name):
            return rule_from(entries[i], i)
    return Rule()


def rule_from(entry: Mapping[str, Any], key: int = -1) -> Rule:
    """A rule from one formatter entry of a document; parts of a wrong shape are left out."""
    tip = _mapping(entry.get("tooltipFormat")).get("tooltip")
    formatter = entry.get("formatter")
    number = formatter if isinstance(formatter, int) and 0 <= formatter <= COMPOSITE else AUTOMATIC
    options = _mapping(entry.get("formatOptions"))
    dates = _mapping(entry.get("dateFormat")) or _mapping(options.get("dateFormat"))
    return Rule(number, options, _mapping(entry.get("numberFormat")), dates, tip if isinstance(tip, str) else "", key)


def scale_of(rule: Rule, numbers: Sequence[float]) -> Scale:
    """The scale of a rule over the numbers of all its columns; its own `min` and `max` come first. Bars start at zero."""
    low, high = as_number(rule.options.get("min")), as_number(rule.options.get("max"))
    bottom = float(low) if low is not None else min(numbers, default=math.nan)
    if low is None and rule.formatter in (BAR, BAR_UNDER):
        bottom = min(0.0, bottom) if not math.isnan(bottom) else 0.0
    top = float(high) if high is not None else max(numbers, default=math.nan)
    return Scale(bottom, top)


def clip(text: str) -> str:
    """A text short enough for a page; the whole one stays in the table."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _short(value: Any) -> Any:
    return value[:200] if isinstance(value, str) else value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _looks_like_list(value: Any) -> bool:
    return isinstance(value, str) and value.lstrip().startswith("[")


Draw = Callable[["Formatter", dict[str, Any], Any, Record, str, str], None]


def _automatic(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    if "severity" in column.column.lower() and isinstance(value, str):
        icon = SEVERITIES.get(value.strip().lower())
        if icon:
            made["icon"] = icon
    if isinstance(value, str) and resources.is_resource(value):
        _resource(column, made, value, record, text, unit)
        made["icon"] = resources.icon_of(resources.resource_type(text))
        href = resources.portal_address(text)
        if href:
            made["link"] = {"kind": "url", "href": href}


def _bar(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    share = column.scale.share(number_of(value, column.kind))
    if not math.isnan(share):
        color = colors.bar_color(column.rule.options.get("palette"), share) or colors.NEUTRAL
        made["bar"] = {"share": round(share, 4), "color": color}


def _heatmap(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    share = column.scale.share(number_of(value, column.kind))
    if column.scale.high <= column.scale.low and not math.isnan(share):
        share = 0.5  # values that are all alike are neither good nor bad
    color = colors.scale_color(column.rule.options.get("palette"), share)
    if color:
        made["bg"], made["fg"] = color, colors.ink_on(color)


def _heat_text(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    color = colors.bar_color(column.rule.options.get("palette"), column.scale.share(number_of(value, column.kind)))
    if color:
        made["fg"] = color


def _spark(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    values = numbers_in(value)
    if not values:
        return
    made["values"] = _fill(values, column.rule.number_format.get("missingSparkDataOption"))
    known = [v for v in values if v is not None]
    made["v"] = sum(known)
    made["t"] = f"{len(values)} values, {plain_number(min(known))} to {plain_number(max(known))}" if known else ""
    made["color"] = colors.bar_color(column.rule.options.get("palette"), 0.6) or colors.NEUTRAL
    low, high = (as_number(column.rule.options.get(end)) for end in ("min", "max"))
    least, most = min(known, default=0.0) if low is None else low, max(known, default=0.0) if high is None else high
    if least < most and (low is not None or high is not None):
        made["bounds"] = [None if end is None else float(end) for end in (low, high)]


def _fill(values: list[float | None], how: Any) -> list[float | None]:
    known = [v for v in values if v is not None]
    if not known:
        return values
    filling = {
        "average": lambda: sum(known) / len(known), "min": lambda: min(known), "max": lambda: max(known), "zero": lambda: 0.0,
    }.get(str(how or "").lower())  # fmt: skip
    return values if filling is None else [filling() if v is None else v for v in values]


def _icon(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    name = icon_name(text)
    if name:
        made["icon"] = name


def _big_number(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    number = number_of(value, column.kind)
    made["big"] = True
    if number is None:
        made["t"] = made["t"] or "–"
        return
    if not column.rule.number_format and as_number(value) is not None and column.kind != "timespan":
        whole = compact(number)
        cut = len(whole) - (whole[-1:] in "KMBT")
        text, unit = whole[:cut], whole[cut:]
    made["t"], made["unit"] = text, unit.strip("\u00a0 ")
    palette = column.rule.options.get("palette")
    color = colors.bar_color(palette, column.scale.share(number)) if palette else None
    if color:
        made["color"] = color


def _thresholds(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    options = column.rule.options
    outcome = first_match(options.get("thresholdsGrid"), value, column.kind, record, column.types, column.zone)
    if outcome is None:
        return
    made["t"] = clip(expand(outcome.text, record, column.types, text, unit, column.zone))
    if options.get("thresholdsOptions") == "colors":
        color = colors.named_color(outcome.representation)
        if color:
            made["bg"], made["fg"] = color, colors.ink_on(color)
    else:
        icon = icon_name(outcome.representation)
        if icon:
            made["icon"] = icon
    if outcome.tooltip:
        made["tip"] = clip(expand(outcome.tooltip, record, column.types, text, unit, column.zone))


def _resource(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    kind = resources.resource_type(text)
    name = resources.resource_name(text)
    made["t"] = clip(column.names.get(name.lower(), name) if kind == "microsoft.resources/subscriptions" else name)
    if text.startswith("/"):
        made["tip"] = clip(text)
    if column.rule.options.get("showIcon") and text:
        made["icon"] = resources.icon_of(kind)


def _part(segment: str, icon: str) -> Draw:
    def draw(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
        part = resources.part_of(text, segment)
        made["t"] = clip(column.names.get(part.lower(), part))
        if made["t"] != text:
            made["tip"] = clip(text)
        if column.rule.options.get("showIcon") and text:
            made["icon"] = icon

    return draw


def _resource_type(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    kind = resources.resource_type(text) if text.startswith("/") else text
    made["t"] = clip(resources.type_name(kind))
    if column.rule.options.get("showIcon") and text:
        made["icon"] = resources.icon_of(kind)


def _location(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    made["t"] = clip(resources.region_name(text))
    if column.rule.options.get("showIcon") and text:
        made["icon"] = "location"


def _timeline(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    bounds = timeline_bounds(column.rule, value, column.kind, record)
    if bounds is None:
        return
    start, end = (column.timeline.share(point) for point in bounds)
    if not math.isnan(start):
        color = colors.bar_color(column.rule.options.get("palette"), 0.6) or colors.NEUTRAL
        made["span"] = {"start": round(start, 4), "width": round(max(0.004, end - start), 4), "color": color}


def timeline_bounds(rule: Rule, value: Any, kind: KqlType, record: Record) -> tuple[float, float] | None:
    """Start and end of a timeline bar in seconds since 1970: the cell holds a duration (a timespan, or milliseconds) or the
    end; `timelineStartColumn` holds the start, or with `timestampIsEndTime` the end."""
    settings = _mapping(rule.options.get("timelineSettings"))
    start = record.get(str(settings.get("timelineStartColumn") or ""))
    anchor = start if isinstance(start, dt.datetime) else parse_date(start) if isinstance(start, str) else None
    if anchor is None:
        return None
    begin = anchor.replace(tzinfo=dt.UTC).timestamp()
    if isinstance(value, dt.datetime):
        return begin, max(begin, value.replace(tzinfo=dt.UTC).timestamp())
    number = number_of(value, kind)
    seconds = (number if kind == "timespan" else number / 1000) if number is not None else 0.0
    return (begin - seconds, begin) if settings.get("timestampIsEndTime") else (begin, begin + max(0.0, seconds))


def composite_parts(rule: Rule, record: Record, types: Mapping[str, KqlType]) -> list[tuple[str, float, str]]:
    """The pieces of a composite bar: column, number above zero, colour."""
    entries = _mapping(rule.options.get("compositeBarSettings")).get("columnSettings")
    parts: list[tuple[str, float, str]] = []
    for i, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = _mapping(entry).get("columnName")
        if not isinstance(name, str) or name not in types:
            continue
        number = number_of(record.get(name), types[name])
        if number is not None and number > 0:
            parts.append((name, number, colors.named_color(_mapping(entry).get("color")) or colors.series_color(i)))
    return parts


def composite_scale(rule: Rule, rows: Iterable[Record], types: Mapping[str, KqlType]) -> Scale:
    """The length that the composite bars of a column share: the largest sum of a row, so that they can be compared. None
    with `noRowsScaling`: each bar then fills its cell."""
    if _mapping(rule.options.get("compositeBarSettings")).get("noRowsScaling") is True:
        return Scale()
    return Scale(0.0, max((sum(n for _, n, _ in composite_parts(rule, row, types)) for row in rows), default=math.nan))


def _composite(column: Formatter, made: dict[str, Any], value: Any, record: Record, text: str, unit: str) -> None:
    settings = _mapping(column.rule.options.get("compositeBarSettings"))
    parts = composite_parts(column.rule, record, column.types)
    total = sum(number for _, number, _ in parts)
    if total:
        longest = total if math.isnan(column.scale.high) else max(total, column.scale.high)
        made["parts"] = [
            {"share": round(number / longest, 4), "color": color, "label": f"{name}: {intl(number, {})}"}
            for name, number, color in parts
        ]
        made["v"] = total
    label = settings.get("labelText")
    if isinstance(label, str) and label:
        made["t"] = clip(expand(label, record, column.types, text, unit, column.zone))


_DRAW: dict[int, Draw] = {
    AUTOMATIC: _automatic, BAR: _bar, BAR_UNDER: _bar, HEATMAP: _heatmap, SPARK_LINE: _spark, SPARK_BAR: _spark,
    SPARK_AREA: _spark, ICON: _icon, BIG_NUMBER: _big_number, RESOURCE: _resource,
    RESOURCE_GROUP: _part("resourceGroups", "resourcegroup"), SUBSCRIPTION: _part("subscriptions", "subscription"),
    RESOURCE_TYPE: _resource_type, LOCATION: _location, THRESHOLDS: _thresholds, TIMELINE: _timeline,
    HEAT_TEXT: _heat_text, COMPOSITE: _composite,
}  # fmt: skip
