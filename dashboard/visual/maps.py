"""Maps: circles by place over the outlines of countries, with a strip of numbers below. Nothing is loaded from outside."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.table import Table
from dashboard.visual import palette
from dashboard.visual.cells import NUMERIC, Record, Records, number_of
from dashboard.visual.charts import exported_row
from dashboard.visual.figures import hover_number, plotly_text, strip_number
from dashboard.visual.formatters import Scale
from dashboard.visual.grids import selectable
from dashboard.visual.numbers import as_number
from dashboard.visual.places import Place, country, outlines, project, region
from dashboard.visual.sizes import chart_height
from dashboard.visual.thresholds import first_match
from dashboard.visual.trees import aggregate
from dashboard.visual.view import Figure, Message

MOST_PLACES = 100

_COUNTRY_WORDS = ("countryorregion", "country", "region", "location")
_WORLD = (-170.0, 190.0, -66.0, 108.0)


@dataclass(frozen=True)
class Spot:
    """A place on the map with the rows that lie there."""

    place: Place
    rows: tuple[tuple[int, Record], ...]
    label: str
    value: float | None
    size: float
    color: str


def map_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Figure | Message:
    """The map of a query item by its `mapSettings`; a message where no row has a place."""
    own = settings.get("mapSettings")
    own = own if isinstance(own, Mapping) else {}
    records = Records(table, zone)
    located, lost = _locate(records, own)
    if not located:
        named = ", ".join(f"'{name}'" for name in lost[:5])
        return Message(
            "No row has a place that the map knows.", "warning",
            f"Not found: {named}." if lost else "The settings name no column with places.", "VI006",
        )  # fmt: skip
    size_column = _column(own.get("sizeSettings"), records) or _first_number(records)
    spots = _spots(located, records, own, size_column)
    notices = []
    if len(spots) > MOST_PLACES:
        notices.append(f"The map shows the {MOST_PLACES} largest of {len(spots):,} places.")
        spots = spots[:MOST_PLACES]
    if lost:
        named = ", ".join(lost[:5]) + (" …" if len(lost) > 5 else "")
        notices.append(
            f"{len(lost):,} {'place was' if len(lost) == 1 else 'places were'} not found on the map: {named}"
        )
    form = own.get("numberFormatSettings")
    form = _number_format(form)
    xs, ys = outlines()
    land = {
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "fill": "toself", "fillcolor": "theme:land",
        "line": {"color": "theme:coast", "width": 0.7}, "hoverinfo": "skip", "name": "",
    }  # fmt: skip
    points = [project(spot.place.latitude, spot.place.longitude) for spot in spots]
    opacity = as_number(own.get("opacity"))
    marks = {
        "type": "scatter", "mode": "markers", "name": "",
        "x": [round(x, 2) for x, _ in points], "y": [round(y, 2) for _, y in points],
        "marker": {
            "size": [spot.size for spot in spots], "color": [spot.color for spot in spots],
            "opacity": float(opacity) if opacity is not None and 0 < opacity <= 1 else 0.78,
            "line": {"color": "theme:paper", "width": 1},
        },
        "text": [plotly_text(spot.label) for spot in spots],
        "customdata": [plotly_text(hover_number(spot.value, form)) if spot.value is not None else "" for spot in spots],
        "hovertemplate": "%{text}<br>%{customdata}<extra></extra>",
    }  # fmt: skip
    left, right, low, high = _frame(points)
    layout = {
        "showlegend": False, "hovermode": "closest", "dragmode": "pan", "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": {"visible": False, "range": [left, right], "fixedrange": False},
        "yaxis": {"visible": False, "range": [low, high], "scaleanchor": "x", "scaleratio": 1},
    }  # fmt: skip
    height = chart_height(settings.get("size")) + (60 if settings.get("size", 0) in (0, 3) else 0)
    return Figure(
        {"data": [land, marks], "layout": layout},
        height,
        _strip(spots, records, own, form),
        ((), _points(spots, records, parts=settings.get("exportAggregateParts") is True))
        if selectable(settings) != "none"
        else (),
        "map",
        notices=tuple(notices),
    )


def _locate(records: Records, own: Mapping[str, Any]) -> tuple[list[tuple[Place, int, Record]], list[str]]:
    """Rows with their place, and the names of places that are not known."""
    located: list[tuple[Place, int, Record]] = []
    lost: dict[str, None] = {}
    kind = own.get("locInfo")
    latitude = _column(own.get("latitude"), records) or _named(records, ("latitude", "lat"))
    longitude = _column(own.get("longitude"), records) or _named(records, ("longitude", "long", "lon", "lng"))
    column = _column(own.get("locInfoColumn"), records)
    if kind == "LatLong" or (kind is None and not column and latitude and longitude):
        if latitude and longitude:
            for i, row in enumerate(records.all):
                north, east = (
                    number_of(row[latitude], records.types[latitude]),
                    number_of(row[longitude], records.types[longitude]),
                )
                if north is not None and east is not None and abs(north) <= 90 and abs(east) <= 180:
                    located.append((Place("", north, east), i, row))
        return located, []
    column = column or _named(records, _COUNTRY_WORDS)
    if not column:
        return [], []
    for i, row in enumerate(records.all):
        name = records.text(column, row[column])
        place = _place(name, str(kind or ""), row, records)
        if place is not None:
            located.append((place, i, row))
        elif name:
            lost.setdefault(name)
    return located, list(lost)


def _place(name: str, kind: str, row: Record, records: Records) -> Place | None:
    if kind == "CountryRegion":
        return country(name) or region(name)
    if kind == "AzureLoc":
        return region(name) or country(name)
    if kind == "AzureResource":
        where = _named(records, ("location", "region"))
        found = region(records.text(where, row[where])) if where else None
        return Place(name.rsplit("/", 1)[-1], found.latitude, found.longitude) if found else None
    return region(name) or country(name)


def _spots(
    located: Sequence[tuple[Place, int, Record]], records: Records, own: Mapping[str, Any], size_column: str
) -> list[Spot]:
    groups: dict[tuple[float, float], list[tuple[int, Record]]] = {}
    places: dict[tuple[float, float], Place] = {}
    alone = own.get("locInfo") == "LatLong"
    for place, i, row in located:
        key = (place.latitude, place.longitude + (i * 1e-9 if alone else 0.0))
        groups.setdefault(key, []).append((i, row))
        places.setdefault(key, place)
    values = {key: _value(rows, size_column, own.get("sizeAggregation"), records) for key, rows in groups.items()}
    colors = _colors(groups, records, own, size_column)
    label = _column(own.get("labelSettings"), records)
    data_low, data_high = as_number(own.get("minData")), as_number(own.get("maxData"))
    least, most = as_number(own.get("minSize")), as_number(own.get("maxSize"))
    smallest = min(60.0, max(4.0, float(least) if least is not None else 10.0))
    largest = min(120.0, max(smallest, float(most) if most is not None else 44.0))
    default = as_number(own.get("defaultSize"))
    known = [abs(value) for value in values.values() if value is not None]
    top = float(data_high) if data_high is not None else max(known, default=0.0)
    bottom = float(data_low) if data_low is not None else 0.0
    spots = []
    for key, rows in groups.items():
        value = values[key]
        if value is None or top <= bottom:
            size = min(80.0, float(default)) if default is not None and default > 0 else 16.0
        else:
            share = min(1.0, max(0.0, (abs(value) - bottom) / (top - bottom)))
            size = max(smallest, largest * math.sqrt(share))
        text = records.text(label, rows[0][1][label]) if label else places[key].name
        spots.append(
            Spot(places[key], tuple(rows), text or places[key].name or "(no label)", value, round(size, 1), colors[key])
        )
    spots.sort(key=lambda spot: -spot.size)
    return spots


def _value(rows: Sequence[tuple[int, Record]], column: str, how: Any, records: Records) -> float | None:
    if how == "Count":
        return float(len(rows))
    if not column:
        return None
    return number_of(aggregate(how or "Sum", [row[column] for _, row in rows], records.types[column]), "real")


def _colors(
    groups: Mapping[tuple[float, float], Sequence[tuple[int, Record]]],
    records: Records,
    own: Mapping[str, Any],
    size_column: str,
) -> dict[tuple[float, float], str]:
    settings = own.get("itemColorSettings")
    settings = settings if isinstance(settings, Mapping) else {}
    column = _column(settings.get("nodeColorField"), records) or size_column
    plain = palette.NAMED["blue"]
    if not column or settings.get("type") not in ("heatmap", "thresholds"):
        return dict.fromkeys(groups, plain)
    how = settings.get("colorAggregation") or "Sum"
    found: dict[tuple[float, float], str] = {}
    if settings["type"] == "thresholds":
        for key, rows in groups.items():
            value = aggregate(how, [row[column] for _, row in rows], records.types[column])
            value = rows[0][1][column] if value is None else value
            outcome = first_match(
                settings.get("thresholdsGrid"), value, records.types[column], rows[0][1], records.types
            )
            found[key] = palette.named_color(outcome.representation if outcome else None) or palette.NEUTRAL
        return found
    numbers = {key: _value(rows, column, how, records) for key, rows in groups.items()}
    known = [number for number in numbers.values() if number is not None]
    low, high = as_number(settings.get("heatmapMin")), as_number(settings.get("heatmapMax"))
    scale = Scale(
        float(low) if low is not None else min(known, default=0.0),
        float(high) if high is not None else max(known, default=0.0),
    )
    for key, number in numbers.items():
        share = scale.share(number)
        found[key] = palette.scale_color(settings.get("heatmapPalette"), 0.15 + 0.85 * share) or plain
    return found


def _strip(
    spots: Sequence[Spot], records: Records, own: Mapping[str, Any], form: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    column = _column(own.get("legendMetric"), records) or _column(own.get("sizeSettings"), records)
    how = own.get("legendAggregation") or "Sum"
    asked = as_number(own.get("numberOfMetrics"))
    most = int(asked) if asked is not None and 0 < asked <= 50 else 10
    totals: dict[str, tuple[float, str]] = {}
    for spot in spots:
        value = _value(spot.rows, column, how, records) if column or how == "Count" else float(len(spot.rows))
        if value is not None:
            before = totals.get(spot.label)
            totals[spot.label] = (value + (before[0] if before else 0.0), before[1] if before else spot.color)
    ranked = sorted(totals.items(), key=lambda entry: -entry[1][0])
    strip = [(label, strip_number(value, form), color) for label, (value, color) in ranked[:most]]
    if len(ranked) > most:
        rest = sum(value for _, (value, _) in ranked[most:])
        strip.append(("Other", strip_number(rest, form), palette.NEUTRAL))
    return tuple(strip)


def _points(spots: Sequence[Spot], records: Records, *, parts: bool) -> tuple[Mapping[str, Any], ...]:
    """What each circle exports: its first row, with `parts` all rows that lie there."""

    def exported(spot: Spot, number: int, row: Record) -> dict[str, Any]:
        return {
            **exported_row(row, records),
            "label": spot.label, "x": spot.place.longitude, "y": spot.place.latitude, "series": spot.label, "_row": number,
        }  # fmt: skip

    made = []
    for spot in spots:
        point = exported(spot, *spot.rows[0])
        if parts and len(spot.rows) > 1:
            point["_parts"] = tuple(exported(spot, number, row) for number, row in spot.rows)
        made.append(point)
    return tuple(made)


def _frame(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """The part of the world that is shown: the points with room around them, the whole world where they lie far apart."""
    left, right = min(x for x, _ in points) - 18, max(x for x, _ in points) + 18
    low, high = min(y for _, y in points) - 12, max(y for _, y in points) + 12
    if right - left > 140:
        return _WORLD
    missing = max(0.0, 70 - (right - left)) / 2
    return max(-175.0, left - missing), min(195.0, right + missing), max(-66.0, low - 8), min(108.0, high + 8)


def _number_format(settings: Any) -> Mapping[str, Any]:
    if not isinstance(settings, Mapping):
        return {}
    inner = settings.get("numberFormat")
    return inner if isinstance(inner, Mapping) else settings


def _column(name: Any, records: Records) -> str:
    return name if isinstance(name, str) and name in records.types else ""


def _named(records: Records, words: Sequence[str]) -> str:
    lower = {name.lower().replace("_", ""): name for name in records.names}
    return next((lower[word] for word in words if word in lower), "")


def _first_number(records: Records) -> str:
    return next(
        (
            n
            for n, kind in records.types.items()
            if kind in NUMERIC and n.lower() not in ("latitude", "longitude", "lat", "lon")
        ),
        "",
    )
