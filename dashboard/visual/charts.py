"""Line, area, bar, time and scatter charts as Plotly figures in plain dicts, with the strip of numbers below them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.table import Table
from dashboard.visual import palette
from dashboard.visual.cells import Record, Records, sort_value
from dashboard.visual.figures import (
    has_unit,
    hover_number,
    labelled,
    number_format,
    plotly_text,
    series_colors,
    strip_number,
    value_axis,
    wrapped,
)
from dashboard.visual.grids import selectable
from dashboard.visual.numbers import as_number
from dashboard.visual.series import (
    AGGREGATIONS,
    MOST_SERIES,
    Axes,
    ChartData,
    Series,
    aggregate,
    by_size,
    chart_data,
    choose_axes,
    other_count,
    with_other_group,
)
from dashboard.visual.sizes import chart_height
from dashboard.visual.view import Figure, Message

KINDS = frozenset({
    "linechart", "timechart", "areachart", "barchart", "categoricalbar", "unstackedbar", "scatterchart",
})  # fmt: skip

_STACKED = frozenset({"areachart", "barchart", "categoricalbar"})
_BARS = frozenset({"barchart", "categoricalbar", "unstackedbar"})
_SHOWN_METRICS = 12
_MOST_TICKS = 30
"""Categories that are named on the axis; among more, every second or third one is."""


def chart_view(kind: str, table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Figure | Message:
    """A chart of `kind` (one of KINDS) over a result; a message where the result has no number to draw."""
    own = chart_settings(settings, table)
    records = Records(table, zone)
    # The portal draws categorical bars over time where the result has times: each bar is stacked of the categories.
    categories = kind in ("categoricalbar", "unstackedbar") and "datetime" not in records.types.values()
    axes = choose_axes(records, own, categorical=categories and not own.get("xAxis"), stacked=kind in _STACKED)
    if axes is None:
        return nothing_to_draw(records)
    scale = own.get("xSettings", {}).get("scale") if isinstance(own.get("xSettings"), Mapping) else ""
    if kind in ("categoricalbar", "unstackedbar") and records.types[axes.x] not in ("datetime", "dynamic"):
        scale = "category"
    data = chart_data(records, axes, combine=kind in _BARS or kind == "areachart", scale=str(scale or ""))
    if axes.group:
        data = by_size(data)
    data = with_other_group(data, other_count(own))
    notices = data.notices
    if len(data.series) > MOST_SERIES:
        data = with_other_group(data, MOST_SERIES - 1)
        notices = (
            *notices,
            f'Only the {MOST_SERIES - 1} largest series are drawn apart; the rest are summed as "Other".',
        )
    if not any(series.x for series in data.series):
        return nothing_to_draw(records)
    if kind in _BARS and data.x_kind == "category" and len(data.series) == 1 and kind != "unstackedbar":
        return _categories(kind, data, own, settings, records, notices)
    return _figure(kind, data, own, settings, records, notices)


def chart_settings(settings: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """The item's `chartSettings`, with what the query's own `render` says where they are silent."""
    own = settings.get("chartSettings")
    made: dict[str, Any] = dict(own) if isinstance(own, Mapping) else {}
    render = table.render or {}
    for key, name in (("xAxis", "xcolumn"), ("yAxis", "ycolumns"), ("group", "series")):
        value = render.get(name)
        if key not in made and value:
            made[key] = _listed(value) if key == "yAxis" else _listed(value)[0]
    for key, name in (("xSettings", "xtitle"), ("ySettings", "ytitle")):
        if isinstance(render.get(name), str) and key not in made:
            made[key] = {"label": render[name]}
    return made


def nothing_to_draw(records: Records) -> Message:
    """What is said instead of a chart without numbers."""
    columns = ", ".join(f"{name} ({kind})" for name, kind in list(records.types.items())[:12])
    return Message(
        "This chart needs at least one column of numbers, and the result has none.",
        "warning",
        f"Columns: {columns}",
        "VI003",
    )


def _listed(value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [str(part) for part in value] if isinstance(value, (list, tuple)) and value else [str(value)]


def _figure(
    kind: str,
    data: ChartData,
    own: Mapping[str, Any],
    settings: Mapping[str, Any],
    records: Records,
    notices: tuple[str, ...],
) -> Figure:
    """A figure with one trace for each series."""
    form = number_format(own.get("ySettings"))
    hues = series_colors([series.name for series in data.series], own, settings.get("color"))
    traces = [_trace(kind, s, hue, own, form, data) for s, hue in zip(data.series, hues, strict=True)]
    low, high = _bounds(data, stacked=kind in _STACKED)
    layout: dict[str, Any] = {
        "xaxis": _x_axis(data, own, kind),
        "yaxis": value_axis(own.get("ySettings"), low, high),
        "showlegend": own.get("showLegend") is True and len(traces) > 1,
        "hovermode": "x unified" if len(traces) <= 8 and kind != "scatterchart" else "closest",
    }
    if kind in _BARS:
        layout["barmode"] = "group" if kind == "unstackedbar" else "relative"
        categories = {x for series in data.series for x in series.x}
        layout["bargap"] = _gap(len(categories)) if data.x_kind == "category" else 0.18
    if layout["showlegend"]:
        layout["legend"] = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"}
    _add_threshold_line(layout, own)
    if settings.get("timeBrushParameterName") and data.x_kind == "time":
        layout["dragmode"], layout["selectdirection"] = "select", "h"
    metrics = _metrics(data.series, hues, own, settings, form) if own.get("showMetrics") is not False else ()
    return Figure(
        {"data": traces, "layout": layout},
        chart_height(settings.get("size")),
        metrics,
        _points(data, own, settings, records),
        kind,
        data.x_kind == "time",
        notices=notices,
    )


def _trace(
    kind: str, series: Series, hue: str, own: Mapping[str, Any], form: Mapping[str, Any], data: ChartData
) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "name": plotly_text(labelled(series.name, own), 80),
        "x": _shown_x(series.x, data),
        "y": series.y,
    }
    if has_unit(form):
        trace["customdata"] = [plotly_text(hover_number(value, form)) for value in series.y]
        trace["hovertemplate"] = "%{customdata}"
    else:
        trace["hovertemplate"] = "%{y:,.4~r}" if _small(series) else "%{y:,.3~f}"
    if kind in _BARS:
        trace |= {"type": "bar", "marker": {"color": hue, "line": {"width": 0}}}
        if _only_moment(data) is not None:
            trace["width"] = (
                _AROUND_ONE.total_seconds() * 1000 / 4 / (len(data.series) if kind == "unstackedbar" else 1)
            )
        return trace
    trace |= {"type": "scatter", "mode": "lines", "line": {"color": hue, "width": 2}}
    if kind == "scatterchart":
        trace |= {"mode": "markers", "marker": {"color": hue, "size": 8, "opacity": 0.8, "line": {"width": 0}}}
        trace.pop("line")
        trace["hovertemplate"] = "%{x}, " + trace["hovertemplate"]
    elif kind == "areachart":
        trace |= {
            "stackgroup": "one",
            "fillcolor": palette.translucent(hue, 0.45),
            "line": {"color": hue, "width": 1.5},
        }
    if kind != "scatterchart" and (own.get("showDataPoints") is True or len(series.x) == 1):
        trace |= {"mode": "lines+markers", "marker": {"size": 6, "color": hue}}
    return trace


def _small(series: Series) -> bool:
    return any(value and abs(value) < 0.01 for value in series.y)


def _shown_x(values: Sequence[Any], data: ChartData) -> list[Any]:
    return [plotly_text(value) or "(empty)" for value in values] if data.x_kind == "category" else list(values)


def _x_axis(data: ChartData, own: Mapping[str, Any], kind: str) -> dict[str, Any]:
    settings = own.get("xSettings")
    settings = settings if isinstance(settings, Mapping) else {}
    if data.x_kind == "time":
        axis: dict[str, Any] = {
            "type": "date",
            "nticks": 7,
            "tickangle": 0,
            "tickformatstops": _TIME_TICKS,
            "ticklabeloverflow": "allow",
            "hoverformat": "%a %b %-d, %H:%M:%S",
        }
    elif data.x_kind == "number":
        every = [x for series in data.series for x in series.x]
        axis = value_axis(settings, min(every), max(every))
        axis.pop("rangemode", None)
        axis["type"] = "linear"
    else:
        seen = list(dict.fromkeys(x for series in data.series for x in series.x))
        axis = {"type": "category", "autotickangles": [0, -40, -90]}
        marked = seen[:: -(-len(seen) // _MOST_TICKS)]
        axis |= {
            "tickmode": "array",
            "tickvals": [plotly_text(x) or "(empty)" for x in marked],
            "ticktext": [wrapped(x or "(empty)", max(22, min(32, 130 // len(marked)))) for x in marked],
        }
    if isinstance(settings.get("label"), str) and settings["label"]:
        axis["title"] = {"text": plotly_text(settings["label"])}
    dates = settings.get("dateFormatSettings")
    pattern = _DATE_TICKS.get(str(dates.get("formatName"))) if isinstance(dates, Mapping) else None
    alone = _only_moment(data)
    if alone is not None:
        # Around one moment Plotly would draw an axis of milliseconds.
        pattern = pattern or ("%b %-d" if alone.time() == dt.time() else "%H:%M\n%b %-d")
        around = [(alone + side * _AROUND_ONE).isoformat() for side in (-1, 1)]
        axis |= {"tickmode": "array", "tickvals": [alone.isoformat()], "range": around}
    if pattern and data.x_kind == "time":
        axis.pop("tickformatstops", None)
        axis["tickformat"] = pattern
    return axis


_AROUND_ONE = dt.timedelta(minutes=30)


def _only_moment(data: ChartData) -> dt.datetime | None:
    """The one moment that all points of a chart over time share."""
    moments = {x for series in data.series for x in series.x} if data.x_kind == "time" else set()
    return dt.datetime.fromisoformat(moments.pop()) if len(moments) == 1 else None


_DATE_TICKS: dict[str, str] = {
    "shortDatePattern": "%-m/%-d/%Y", "longDatePattern": "%B %-d, %Y", "shortTimePattern": "%-I:%M %p",
    "longTimePattern": "%-I:%M:%S %p", "shortDateTimePattern": "%-m/%-d/%Y\n%-I:%M:%S %p",
    "shortDateTimeNoMsPattern": "%-m/%-d/%Y\n%-I:%M:%S %p", "fullDateTimePattern": "%A, %B %-d, %Y\n%-I:%M:%S %p",
    "weekDayPattern": "%A",
}  # fmt: skip
"""The ticks of a time axis by `dateFormatSettings.formatName`."""


_TIME_TICKS: list[dict[str, Any]] = [
    {"dtickrange": [None, 999], "value": "%H:%M:%S.%L"},
    {"dtickrange": [1000, 30_000], "value": "%H:%M:%S"},
    {"dtickrange": [60_000, 43_200_000], "value": "%H:%M\n%b %-d"},
    {"dtickrange": [86_400_000, 1_209_600_000], "value": "%b %-d"},
    {"dtickrange": ["M1", "M6"], "value": "%b %Y"},
    {"dtickrange": ["M12", None], "value": "%Y"},
]


def _bounds(data: ChartData, *, stacked: bool) -> tuple[float, float]:
    """The least and greatest value drawn, of the stacks where series stand on each other."""
    if not stacked:
        every = [value for series in data.series for value in series.numbers]
        return min(every, default=0.0), max(every, default=1.0)
    above: dict[Any, float] = {}
    below: dict[Any, float] = {}
    for series in data.series:
        for x, y in zip(series.x, series.y, strict=True):
            side = above if (y or 0.0) >= 0 else below
            side[x] = side.get(x, 0.0) + (y or 0.0)
    return min(below.values(), default=0.0), max(above.values(), default=0.0)


_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Styles of a threshold line by number; the portal's own assignment is not documented."""


def _add_threshold_line(layout: dict[str, Any], own: Mapping[str, Any]) -> None:
    value = as_number(own.get("customThresholdLine"))
    if value is None:
        return
    style = own.get("customThresholdLineStyle")
    dash = _DASHES[style] if isinstance(style, int) and 0 <= style < len(_DASHES) else "dash"
    layout["shapes"] = [{
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": float(value), "y1": float(value),
        "line": {"color": palette.NAMED["red"], "width": 1.5, "dash": dash},
    }]  # fmt: skip
    bounds = layout["yaxis"].get("range")
    if bounds:
        layout["yaxis"]["range"] = [min(bounds[0], float(value)), max(bounds[1], float(value))]


def _metrics(
    series: Sequence[Series],
    hues: Sequence[str],
    own: Mapping[str, Any],
    settings: Mapping[str, Any],
    form: Mapping[str, Any],
) -> tuple[tuple[str, str, str], ...]:
    """The strip: for each series its label with the aggregation, its number, its colour."""
    asked = settings.get("aggregation")
    how = AGGREGATIONS.get(asked, "Sum") if isinstance(asked, int) else "Sum"
    strip = []
    for one, hue in list(zip(series, hues, strict=True))[:_SHOWN_METRICS]:
        value = aggregate(how, one.numbers)
        if value is not None:
            said = "Avg" if how == "Average" else how
            strip.append((f"{labelled(one.name, own)} ({said})", strip_number(value, form), hue))
    return tuple(strip)


def _categories(
    kind: str,
    data: ChartData,
    own: Mapping[str, Any],
    settings: Mapping[str, Any],
    records: Records,
    notices: tuple[str, ...],
) -> Figure:
    """Bars of one series over categories: each category has its colour and its number in the strip."""
    series, form = data.series[0], number_format(own.get("ySettings"))
    many = len(series.x) > len(palette.SERIES)
    hues = series_colors(series.x, own)
    if many or settings.get("color"):
        named = palette.named_color(settings.get("color")) or palette.series_color(0)
        hues = [hue if name in _asked(own) else named for name, hue in zip(series.x, hues, strict=True)]
    trace = _trace(kind, series, palette.series_color(0), own, form, data)
    trace["marker"] = {"color": hues, "line": {"width": 0}}
    trace["hovertemplate"] = "%{x}: " + trace["hovertemplate"] + "<extra></extra>"
    low, high = _bounds(data, stacked=False)
    layout: dict[str, Any] = {
        "xaxis": _x_axis(data, own, kind),
        "yaxis": value_axis(own.get("ySettings"), low, high),
        "showlegend": False,
        "hovermode": "closest",
        "bargap": _gap(len(series.x)),
    }
    _add_threshold_line(layout, own)
    metrics: tuple[tuple[str, str, str], ...] = ()
    if own.get("showMetrics") is not False:
        shown = [(x, y, hue) for x, y, hue in zip(series.x, series.y, hues, strict=True) if y is not None]
        metrics = tuple((labelled(x, own), strip_number(y, form), hue) for x, y, hue in shown[:_SHOWN_METRICS])
    return Figure(
        {"data": [trace], "layout": layout},
        chart_height(settings.get("size")),
        metrics,
        _points(data, own, settings, records),
        kind,
        False,
        notices=notices,
    )


def _gap(categories: int) -> float:
    """The space between bars as a share of a category's: a few bars do not fill a page."""
    return max(0.28, 1 - 0.14 * max(1, categories))


def _asked(own: Mapping[str, Any]) -> set[str]:
    entries = own.get("seriesLabelSettings")
    return (
        {e["seriesName"] for e in entries if isinstance(e, Mapping) and "seriesName" in e and e.get("color")}
        if isinstance(entries, list)
        else set()
    )


def _points(
    data: ChartData, own: Mapping[str, Any], settings: Mapping[str, Any], records: Records
) -> tuple[tuple[Mapping[str, Any], ...], ...]:
    """What each point exports; nothing where the item exports nothing."""
    if selectable(settings) == "none":
        return ()
    rows = records.all
    made = []
    for series in data.series:
        entries = []
        for x, y, number in zip(series.x, series.y, series.rows, strict=True):
            row = exported_row(rows[number], records) if number >= 0 else {}
            group = series.name if data.axes.group else series.column
            entries.append(
                {**row, "x": x, "y": y, "series": group, "label": labelled(series.name, own), "_row": number}
            )
        made.append(tuple(entries))
    return tuple(made)


def exported_row(row: Record, records: Records) -> dict[str, Any]:
    """A row as an export carries it: JSON values by column name."""
    return {name: sort_value(value, records.types[name]) for name, value in row.items()}


__all__ = ["KINDS", "Axes", "chart_settings", "chart_view", "exported_row", "nothing_to_draw"]
