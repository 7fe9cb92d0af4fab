"""What a chart draws: the choice of axes, and rows turned into series (the rules are the format's, 6.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dashboard.visual.cells import NUMERIC, Records, local_iso, number_of
from dashboard.visual.dates import parse_date

MOST_POINTS = 10_000
MOST_SERIES = 100
OTHER = "Other"

XKind = Literal["time", "number", "category"]


@dataclass(frozen=True)
class Series:
    """One series. `rows` holds the number of the table's row behind each point, -1 for sums of several."""

    name: str
    column: str
    x: list[Any] = field(default_factory=list)
    y: list[float | None] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    @property
    def numbers(self) -> list[float]:
        """The values there are."""
        return [value for value in self.y if value is not None]


@dataclass(frozen=True)
class Axes:
    """The columns drawn: x, y, and the one that splits into series (empty for none)."""

    x: str
    y: tuple[str, ...]
    group: str = ""


@dataclass(frozen=True)
class ChartData:
    """Series over one kind of x. Times are ISO texts of the reader's zone, categories texts, numbers numbers."""

    axes: Axes
    x_kind: XKind
    series: tuple[Series, ...]
    notices: tuple[str, ...] = ()


def choose_axes(
    records: Records, settings: Mapping[str, Any], *, categorical: bool = False, stacked: bool = False
) -> Axes | None:
    """The columns of a chart by its settings, else by the columns' types; None where no column has numbers.

    `categorical` charts prefer a text column on x. `stacked` charts of several number columns have a series for each of them, and
    a text column divides them only where the settings say so. Columns that the settings name but the result lacks are chosen anew.
    """
    names = records.names
    asked_y = settings.get("yAxis")
    y = [
        name
        for name in (asked_y if isinstance(asked_y, list) else [asked_y])
        if isinstance(name, str) and name in names
    ]
    asked_x, asked_group = settings.get("xAxis"), settings.get("group")
    x = asked_x if isinstance(asked_x, str) and asked_x in names else ""
    group = asked_group if isinstance(asked_group, str) and asked_group in names else ""
    taken = {*y, group}
    if not x:
        x = _default_x(records, taken, categorical)
    if not y:
        y = [name for name in names if name not in (x, group) and _numeric(records, name)]
        if not y and _numeric(records, x) and len(names) == 1:
            y = [x]
    if not y:
        return None
    if not group and ("group" not in settings or asked_group) and not (stacked and len(y) > 1):
        group = next((n for n in names if n != x and n not in y and records.types[n] in ("string", "guid", "bool")), "")
    if group == x and (categorical or not _repeats(records, x)):
        group = "" if len(y) > 1 or categorical else group
    return Axes(x, tuple(y), group)


def _default_x(records: Records, taken: set[str], categorical: bool) -> str:
    free = [name for name in records.names if name not in taken] or records.names
    kinds = ("string", "guid", "bool") if categorical else ("datetime",)
    found = next((name for name in free if records.types[name] in kinds), None)
    if found is None:
        found = next((name for name in free if _array_of_times(records, name)), None)
    return found or next((n for n in free if records.types[n] == "datetime"), free[0])


def _numeric(records: Records, name: str) -> bool:
    kind = records.types[name]
    if kind in NUMERIC or kind == "timespan":
        return True
    if kind != "dynamic":
        return False
    sample = next((value for row in records.first(20) if (value := row[name]) is not None), None)
    if isinstance(sample, list):
        return any(number_of(entry, "real") is not None and not isinstance(entry, str) for entry in sample[:50])
    return number_of(sample, kind) is not None


def _array_of_times(records: Records, name: str) -> bool:
    if records.types[name] != "dynamic":
        return False
    sample = next((value for row in records.first(20) if (value := row[name]) is not None), None)
    return (
        isinstance(sample, list) and bool(sample) and isinstance(sample[0], str) and parse_date(sample[0]) is not None
    )


def _repeats(records: Records, name: str) -> bool:
    texts = [str(row[name]) for row in records.first(500)]
    return len(set(texts)) < len(texts)


def chart_data(records: Records, axes: Axes, *, combine: bool, scale: str = "") -> ChartData:
    """The series of a chart. `combine` sums points of a series at one x (bars, areas); lines and points keep them."""
    x_kind = _x_kind(records, axes.x, scale)
    found: dict[tuple[str, str], Series] = {}
    sums: dict[tuple[str, str], dict[Any, int]] = {}
    count, cut = 0, False
    for number, row in enumerate(records.first(MOST_POINTS + 1)):
        group = records.text(axes.group, row[axes.group]) if axes.group else ""
        for x, column, y in _points(row, records, axes, x_kind):
            if count >= MOST_POINTS:
                cut = True
                break
            count += 1
            key = (group, column)
            series = found.get(key)
            if series is None:
                series = found[key] = Series(_series_name(group, column, axes), column)
                sums[key] = {}
            place = sums[key].get(x) if combine else None
            if place is not None:
                series.y[place] = _sum(series.y[place], y)
                series.rows[place] = -1
            else:
                sums[key][x] = len(series.x)
                series.x.append(x)
                series.y.append(y)
                series.rows.append(number)
    notices = (f"The chart shows the first {MOST_POINTS:,} points.",) if cut else ()
    series_list = [_in_order(one) if x_kind != "category" else one for one in found.values()]
    return ChartData(axes, x_kind, tuple(series_list), notices)


def _x_kind(records: Records, name: str, scale: str) -> XKind:
    kind = records.types[name]
    if kind == "datetime":
        return "time"
    if kind in NUMERIC or kind == "timespan":
        return "number" if scale != "category" else "category"
    if kind == "dynamic":
        sample = next((value for row in records.first(20) if (value := row[name]) is not None), None)
        first = sample[0] if isinstance(sample, list) and sample else sample
        if isinstance(first, str):
            return "time" if parse_date(first) else "category"
        return "number" if number_of(first, "real") is not None else "category"
    if kind == "string":
        sample = next((str(row[name]) for row in records.first(20) if row[name]), "")
        if len(sample) >= 16 and "T" in sample and parse_date(sample):
            return "time"
    return "category"


def _points(
    row: Mapping[str, Any], records: Records, axes: Axes, x_kind: XKind
) -> Iterator[tuple[Any, str, float | None]]:
    raw = row[axes.x]
    for column in axes.y:
        value, kind = row[column], records.types[column]
        if isinstance(value, list):
            places = raw if isinstance(raw, list) else range(len(value))
            for place, entry in zip(places, value, strict=False):
                x = _x_value(place, records, axes.x, x_kind)
                if x is not None:
                    yield x, column, number_of(entry, "real")
        else:
            x = _x_value(raw, records, axes.x, x_kind)
            if x is not None:
                yield x, column, number_of(value, kind)


def _x_value(value: Any, records: Records, column: str, x_kind: XKind) -> Any:
    if x_kind == "time":
        moment = value if isinstance(value, dt.datetime) else parse_date(value) if isinstance(value, str) else None
        return None if moment is None else local_iso(moment, records.zone)
    if x_kind == "number":
        return number_of(value, records.types[column])
    return records.text(column, value)


def _series_name(group: str, column: str, axes: Axes) -> str:
    if not axes.group:
        return column
    return f"{group}, {column}" if len(axes.y) > 1 else group


def _sum(first: float | None, second: float | None) -> float | None:
    return second if first is None else first if second is None else first + second


def _in_order(series: Series) -> Series:
    order = sorted(range(len(series.x)), key=lambda i: series.x[i])
    if order == list(range(len(order))):
        return series
    return replace(
        series, x=[series.x[i] for i in order], y=[series.y[i] for i in order], rows=[series.rows[i] for i in order]
    )


def by_size(data: ChartData) -> ChartData:
    """Series that a column splits, the largest sum first: the strip, the colours and the stacks then say what matters most."""
    ranked = sorted(data.series, key=lambda series: -sum(abs(value) for value in series.numbers))
    return replace(data, series=tuple(ranked))


def with_other_group(data: ChartData, keep: int) -> ChartData:
    """The `keep` series with the largest sums in their first order, and the rest summed as "Other"."""
    if keep < 1 or len(data.series) <= keep:
        return data
    ranked = sorted(range(len(data.series)), key=lambda i: -sum(abs(v) for v in data.series[i].numbers))
    kept = set(ranked[:keep])
    sums: dict[Any, float] = {}
    for i, series in enumerate(data.series):
        if i not in kept:
            for x, y in zip(series.x, series.y, strict=True):
                sums[x] = sums.get(x, 0.0) + (y or 0.0)
    places = sorted(sums) if data.x_kind != "category" else list(sums)
    other = Series(OTHER, data.axes.y[0], places, [sums[x] for x in places], [-1] * len(places))
    return replace(data, series=(*(s for i, s in enumerate(data.series) if i in kept), other))


def other_count(settings: Mapping[str, Any]) -> int:
    """The `createOtherGroup` of a chart; 0 for none."""
    try:
        count = int(settings.get("createOtherGroup") or 0)
    except (TypeError, ValueError, OverflowError):
        return 0
    return count if 0 < count <= MOST_SERIES else 0


AGGREGATIONS: dict[int, str] = {0: "Sum", 1: "Min", 2: "Max", 3: "Average", 4: "First", 5: "Sum", 6: "Last"}
"""The `aggregation` of a chart: how the number under it is made. 3 and 2 are sure, 5 is what most charts have, the others are
our reading of the order in which the documentation lists them."""


def aggregate(how: str, numbers: Sequence[float]) -> float | None:
    """One number for a series; None where it has none."""
    if not numbers:
        return None
    match how:
        case "Average":
            return sum(numbers) / len(numbers)
        case "Max":
            return max(numbers)
        case "Min":
            return min(numbers)
        case "First":
            return numbers[0]
        case "Last":
            return numbers[-1]
        case "Count":
            return float(len(numbers))
    return sum(numbers)
