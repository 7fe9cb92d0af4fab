"""Pie charts, drawn as rings with the total in the middle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from dashboard.table import Table
from dashboard.visual.cells import NUMERIC, Records, number_of
from dashboard.visual.charts import chart_settings, exported_row, nothing_to_draw
from dashboard.visual.figures import hover_number, labelled, number_format, plotly_text, series_colors, strip_number
from dashboard.visual.grids import selectable
from dashboard.visual.series import MOST_POINTS, OTHER, other_count
from dashboard.visual.sizes import chart_height
from dashboard.visual.view import Figure, Message

DEFAULT_SLICES = 5
"""Slices drawn apart where the settings say nothing, as many as the portal draws; the rest become "Other"."""


def pie_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Figure | Message:
    """A ring of label and value: the settings' columns, else the first text column and the first number column. Without a
    text column, each number column of the first row is a slice; without a number column, rows are counted."""
    own = chart_settings(settings, table)
    records = Records(table, zone)
    slices = _slices(records, own)
    if slices and not any(amount for _, amount, _ in slices) and not _has_numbers(records, own):
        return nothing_to_draw(records)
    positive = [(label, value, row) for label, value, row in slices if value > 0]
    if not positive:
        return (
            nothing_to_draw(records)
            if not slices
            else Message("All values are zero, so there is no slice to draw.", "info")
        )
    positive.sort(key=lambda entry: -entry[1])
    shown = _with_other(positive, other_count(own) or (DEFAULT_SLICES if "createOtherGroup" not in own else 0))
    form = number_format(own.get("ySettings"))
    names = [label for label, _, _ in shown]
    hues = series_colors(names, own, settings.get("color"))
    total = sum(value for _, value, _ in shown)
    trace = {
        "type": "pie", "hole": 0.6, "sort": False, "direction": "clockwise", "textinfo": "none",
        "labels": _unique([plotly_text(labelled(name, own), 120) for name in names]),
        "values": [value for _, value, _ in shown],
        "marker": {"colors": hues, "line": {"color": "theme:paper", "width": 1.5}},
        "customdata": [
            f"{plotly_text(hover_number(value, form))} ({value / total:.1%})" for _, value, _ in shown
        ],
        "hovertemplate": "%{label}<br>%{customdata}<extra></extra>", "name": "",
        "domain": {"x": [0, 1], "y": [0, 1]},
    }  # fmt: skip
    height = chart_height(settings.get("size"))
    layout = {
        "showlegend": own.get("showMetrics") is False,
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "annotations": [{
            "text": plotly_text(strip_number(total, form)), "x": 0.5, "y": 0.5, "showarrow": False,
            "font": {"size": 28 if height >= 200 else 17, "weight": 600},
        }],
    }  # fmt: skip
    metrics = tuple(
        (labelled(name, own), strip_number(value, form), hue)
        for (name, value, _), hue in list(zip(shown, hues, strict=True))[:12]
    )
    return Figure(
        {"data": [trace], "layout": layout},
        height,
        metrics if own.get("showMetrics") is not False else (),
        _points(shown, positive, own, settings, records),
        "piechart",
        side_metrics=True,
        notices=(f"The chart counts the first {MOST_POINTS:,} rows.",) if len(records) > MOST_POINTS else (),
    )


Slice = tuple[str, float, int]


def _slices(records: Records, own: Mapping[str, Any]) -> list[Slice]:
    names = records.names
    label = next((own[key] for key in ("group", "xAxis") if isinstance(own.get(key), str) and own[key] in names), None)
    asked = own.get("yAxis")
    values = [
        name for name in (asked if isinstance(asked, list) else [asked]) if isinstance(name, str) and name in names
    ]
    numeric = [
        name
        for name in names
        if name != label and (records.types[name] in NUMERIC or records.types[name] == "timespan")
    ]
    value = values[0] if values else numeric[0] if numeric else None
    if label is None:
        text = [name for name in names if records.types[name] == "string" and name != value]
        label = next(iter(text or [name for name in names if name != value and name not in numeric]), None)
    if label is None and len(names) > 1 and value is not None and len(records) > 1:
        label = next((name for name in names if name != value), None)
    rows = records.first(MOST_POINTS)
    if label is None:
        chosen = values or numeric
        return [
            (name, number_of(row[name], records.types[name]) or 0.0, i)
            for i, row in enumerate(rows[:1])
            for name in chosen
        ]
    sums: dict[str, tuple[float, int]] = {}
    for i, row in enumerate(rows):
        name = records.text(label, row[label])
        amount = 1.0 if value is None else number_of(row[value], records.types[value]) or 0.0
        known = sums.get(name)
        sums[name] = (amount, i) if known is None else (known[0] + amount, -1)
    return [(name, amount, i) for name, (amount, i) in sums.items()]


def _has_numbers(records: Records, own: Mapping[str, Any]) -> bool:
    """Whether a column that the settings name, or any at all, holds numbers."""
    asked = own.get("yAxis")
    named = [name for name in (asked if isinstance(asked, list) else [asked]) if name in records.names]
    return any(records.types[name] in NUMERIC or records.types[name] == "timespan" for name in named or records.names)


def _with_other(slices: list[Slice], keep: int) -> list[Slice]:
    most = keep or 100
    if len(slices) <= most + (1 if keep else 0):
        return slices
    rest = [value for label, value, _ in slices[most:]]
    return [*slices[:most], (OTHER, sum(rest), -1)]


def _unique(labels: list[str]) -> list[str]:
    """Labels that Plotly does not merge: a repeated one gets invisible spaces."""
    seen: dict[str, int] = {}
    made = []
    for label in labels:
        times = seen.get(label, 0)
        seen[label] = times + 1
        made.append(label + "\u200b" * times)
    return made


def _points(
    slices: list[Slice], whole: list[Slice], own: Mapping[str, Any], settings: Mapping[str, Any], records: Records
) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    """What each slice exports; the one named "Other" exports the slices it stands for where the item asks for them."""
    if selectable(settings) == "none":
        return ()
    rows = records.all

    def exported(entry: Slice) -> dict[str, Any]:
        label, value, number = entry
        return {
            **(exported_row(rows[number], records) if number >= 0 else {}),
            "x": label, "y": value, "value": value, "series": label, "label": labelled(label, own), "_row": number,
        }  # fmt: skip

    made = [exported(entry) for entry in slices]
    if settings.get("exportAggregateParts") is True and len(slices) < len(whole):
        made[-1]["_parts"] = tuple(exported(entry) for entry in whole[len(slices) - 1 :])
    return (tuple(made),)
