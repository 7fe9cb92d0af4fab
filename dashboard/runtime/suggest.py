"""A workbook from nothing: what a table or a query holds, told from a sample of its rows, and the parts that fit.

In comes a source (a table's name or a query) with a sample of its rows, out come a `Profile`, ideas of parts, and the document that
is made of those that were chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.runtime import blueprint as make
from dashboard.table import Table

SAMPLE = 5_000
_NUMBERS = ("int", "long", "real", "decimal")
_TIMES = ("TimeGenerated", "timestamp", "Timestamp", "CreatedTime", "StartTime")
_IDENTIFIERS = re.compile(
    r"(?i)(^|_)(id|guid|uid|etag|hash|token|port|pid|code|version|latitude|longitude|lat|lon)$|(Id|Guid|Uid|Hash|Port|Pid|Code|Version)$"
)
_WEIGHTY = re.compile(
    r"(?i)severity|level|status|result|state|type|category|namespace|cluster|computer|user|country|location|region|operation|reason|protocol|action|verb|tactic"
)
_PLACES = re.compile(r"(?i)^(country|countryorregion|countrycode|location|region)(_s)?$")
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Profile:
    """What a source holds: its time column (empty: none), columns that split rows into few kinds (the weightiest first) with how many
    kinds the sample shows, columns of many values, numbers that can be averaged, and columns of places."""

    source: str
    columns: tuple[tuple[str, str], ...]
    times: tuple[str, ...]
    dimensions: tuple[tuple[str, int], ...]
    names: tuple[str, ...]
    measures: tuple[str, ...]
    latitude: str = ""
    longitude: str = ""
    place: str = ""
    rows: int = 0

    @property
    def is_summarized(self) -> bool:
        """Whether the source is a result of few rows that is best drawn as it is."""
        return bool(re.search(r"\|\s*(summarize|make-series|count|top|distinct)\b", self.source)) and self.rows < SAMPLE


@dataclass(frozen=True)
class Idea:
    """A part that fits: `why` says what it shows; `on` whether it is chosen at first."""

    id: str
    label: str
    why: str
    make: Callable[[Profile, Sequence[str], str], Mapping[str, Any]]
    on: bool = True


def sample_query(source: str) -> str:
    """The query that fetches the sample."""
    return f"{_whole(source)}\n| take {SAMPLE}"


def profile(source: str, sample: Table) -> Profile:
    """Tells what the source holds from a sample of its rows."""
    rows = len(sample)
    dimensions: list[tuple[int, int, str, int]] = []
    names: list[str] = []
    measures: list[str] = []
    for number, column in enumerate(sample.columns):
        values = [value for value in sample.column(column.name) if value not in (None, "")]
        kinds = len(set(map(str, values)))
        if not values:
            continue
        if column.type in ("string", "bool") and 2 <= kinds <= 30 and kinds <= max(3, rows // 2):
            dimensions.append((0 if _WEIGHTY.search(column.name) else 1, number, column.name, kinds))
        elif column.type == "string" and 30 < kinds < rows and not _IDENTIFIERS.search(column.name):
            names.append(column.name)
        elif column.type in _NUMBERS and not _IDENTIFIERS.search(column.name) and (kinds > 1 or rows == 1):
            measures.append(column.name)
    columns = tuple((column.name, str(column.type)) for column in sample.columns)
    dates = [name for name, kind in columns if kind == "datetime"]
    times = [name for name in _TIMES if name in dates] + [name for name in dates if name not in _TIMES]
    lower = {name.lower(): name for name, kind in columns if kind in _NUMBERS}
    places = [name for name, kind in columns if kind == "string" and _PLACES.match(name)]
    return Profile(
        source, columns, tuple(times), tuple((name, kinds) for _, _, name, kinds in sorted(dimensions)), tuple(names), tuple(measures),
        latitude=next((lower[name] for name in lower if name.endswith("latitude")), ""), longitude=next((lower[name] for name in lower if name.endswith("longitude")), ""),
        place=places[0] if places else "", rows=rows,
    )  # fmt: skip


def ideas(found: Profile, time: str) -> tuple[Idea, ...]:
    """The parts that fit what the source holds, the most telling first."""
    return tuple(_summarized(found, time) if found.is_summarized else _raw(found, time))


def workbook(
    title: str, found: Profile, time: str, dimensions: Sequence[str], chosen: Sequence[Idea]
) -> dict[str, Any]:
    """The document made of the chosen parts, with a time range and a filter for each dimension."""
    items: list[Mapping[str, Any]] = [make.text(f"# {title}\nMade from {_told(found.source)}.", "title")]
    several: list[Mapping[str, Any]] = [make.time_range()] if time else []
    if not found.is_summarized:
        for name in dimensions:
            options = f"{_whole(found.source)}\n| summarize by Value = tostring({_column(name)})\n| where isnotempty(Value)\n| order by Value asc"
            several.append(make.filter_parameter(_parameter(name), _label(name), options, bool(time)))
    if several:
        items.append(make.parameters(*several))
    items += [idea.make(found, () if found.is_summarized else dimensions, time) for idea in chosen]
    return make.document(*items)


# ---- a result as it is -----------------------------------------------------------------------------------------------


def _summarized(found: Profile, time: str) -> list[Idea]:
    made: list[Idea] = []
    numbers, kinds = found.measures, [name for name, kind in found.columns if kind == "string"]

    def drawn(id: str, label: str, why: str, visualization: str, *, on: bool, **settings: Any) -> None:
        made.append(
            Idea(
                id,
                label,
                why,
                lambda p, _d, t: make.query(label, p.source, visualization, timed=bool(t), **settings),
                on,
            )
        )

    if time and numbers:
        drawn(
            "time",
            "Over time",
            f"{_list(numbers[:3])} by {time}{f', split by {kinds[0]}' if kinds else ''}",
            "timechart",
            on=True,
        )
    if found.latitude and found.longitude:
        drawn("map", "On a map", f"By {found.latitude} and {found.longitude}", "map", on=True, mapSettings=_map(found))
    if kinds and numbers and not time:
        few = found.rows <= 8
        drawn("pie", "Shares", f"{numbers[0]} by {kinds[0]}", "piechart", on=few)
        drawn("bars", "By kind", f"{numbers[0]} by {kinds[0]}", "categoricalbar", on=not few)
    if found.rows == 1 and numbers:
        drawn(
            "stat",
            numbers[0],
            "The one number",
            "stat",
            on=True,
            statSettings={"valueField": numbers[0], "valueAggregation": "None"},
        )
    drawn(
        "grid",
        "All rows",
        "The result as a grid",
        "table",
        on=True,
        gridSettings={"formatters": [make.bar(name) for name in numbers[:2]], "filter": True},
    )
    return made


# ---- rows of a table -------------------------------------------------------------------------------------------------


def _raw(found: Profile, time: str) -> list[Idea]:
    made: list[Idea] = [Idea("numbers", "Numbers", "Rows, and how many kinds of what matters", _numbers)]
    dimensions = [name for name, _ in found.dimensions]
    if time:
        by = f", split by {dimensions[0]}" if dimensions else ""
        made.append(Idea("time", "Rows over time", f"Count by {time}{by}", _over_time))
        made += [
            Idea(
                f"avg:{name}",
                f"{_label(name)} over time",
                f"Average and 95th percentile of {name}",
                _measure(name),
                on=number == 0,
            )
            for number, name in enumerate(found.measures[:4])
        ]
    for number, (name, kinds) in enumerate(found.dimensions[:8]):
        visualization = "piechart" if kinds <= 6 else "categoricalbar"
        made.append(
            Idea(
                f"by:{name}",
                f"By {_label(name)}",
                f"{kinds} kinds: {'shares' if kinds <= 6 else 'bars'}",
                _by(name, visualization),
                on=number < 4,
            )
        )
    for number, name in enumerate(found.names[:4]):
        made.append(
            Idea(
                f"top:{name}",
                f"Top {_label(name)}",
                f"The values of {name} with the most rows",
                _top(name),
                on=number < 2,
            )
        )
    if found.latitude and found.longitude:
        made.append(Idea("map", "On a map", f"By {found.latitude} and {found.longitude}", _mapped))
    elif found.place:
        made.append(Idea("map", "On a map", f"By {found.place}", _mapped))
    made.append(Idea("grid", "Latest rows", "A grid with a search box", _latest))
    return made


def _filtered(found: Profile, dimensions: Sequence[str]) -> str:
    return "\n".join(
        [_whole(found.source), *(make.filter_text(_parameter(name), _column(name)) for name in dimensions)]
    )


def _numbers(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
    several = [name for name, _ in found.dimensions[:2]] + list(found.names[:2])
    counted = ", ".join(
        ["Rows = count()", *(f"N{number} = dcount(tostring({_column(name)}))" for number, name in enumerate(several))]
    )
    packed = ", ".join(['"Rows", Rows', *(f'"{_label(name)}", N{number}' for number, name in enumerate(several))])
    kql = (
        f"{_filtered(found, dimensions)}\n| summarize {counted}\n| extend Numbers = bag_pack({packed})\n| mv-expand kind=array Numbers"
        "\n| project Name = tostring(Numbers[0]), Value = tolong(Numbers[1])"
    )
    return make.tiles("Now", kql, timed=bool(time))


def _over_time(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
    split = f", {_column(found.dimensions[0][0])}" if found.dimensions else ""
    kql = f"{_filtered(found, dimensions)}\n| summarize Rows = count() by bin({_column(time)}, {{{make.TIME}:grain}}){split}"
    return make.query("Rows over time", kql, "barchart")


def _measure(name: str) -> Callable[[Profile, Sequence[str], str], Mapping[str, Any]]:
    def item(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
        kql = f"{_filtered(found, dimensions)}\n| summarize Average = avg({_column(name)}), P95 = percentile({_column(name)}, 95) by bin({_column(time)}, {{{make.TIME}:grain}})"
        return make.query(f"{_label(name)} over time", kql, "timechart", width=50, size=1)

    return item


def _by(name: str, visualization: str) -> Callable[[Profile, Sequence[str], str], Mapping[str, Any]]:
    def item(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
        kql = f"{_filtered(found, dimensions)}\n| summarize Rows = count() by {_column(name)} = tostring({_column(name)})\n| top 12 by Rows"
        return make.query(f"By {_label(name)}", kql, visualization, width=50, size=1, timed=bool(time))

    return item


def _top(name: str) -> Callable[[Profile, Sequence[str], str], Mapping[str, Any]]:
    def item(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
        last = f", Last = max({_column(time)})" if time else ""
        kql = f"{_filtered(found, dimensions)}\n| where isnotempty({_column(name)})\n| summarize Rows = count(){last} by {_column(name)}\n| top 50 by Rows"
        return make.grid(f"Top {_label(name)}", kql, [make.bar("Rows")], width=50, timed=bool(time), rows=50)

    return item


def _mapped(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
    by = (
        f"{_column(found.latitude)}, {_column(found.longitude)}"
        if found.latitude and found.longitude
        else _column(found.place)
    )
    return make.query(
        "On a map",
        f"{_filtered(found, dimensions)}\n| summarize Rows = count() by {by}",
        "map",
        timed=bool(time),
        mapSettings=_map(found, "Rows"),
    )


def _map(found: Profile, size: str = "") -> dict[str, Any]:
    size = size or (found.measures[0] if found.measures else "")
    settings: dict[str, Any] = {
        "sizeSettings": size,
        "sizeAggregation": "Sum",
        "legendMetric": size,
        "legendAggregation": "Sum",
        "itemColorSettings": {
            "type": "heatmap",
            "nodeColorField": size,
            "colorAggregation": "Sum",
            "heatmapPalette": "greenRed",
        },
    }
    if found.latitude and found.longitude:
        return {"locInfo": "LatLong", "latitude": found.latitude, "longitude": found.longitude, **settings}
    return {"locInfo": "CountryRegion", "locInfoColumn": found.place, "labelSettings": found.place, **settings}


def _latest(found: Profile, dimensions: Sequence[str], time: str) -> Mapping[str, Any]:
    weighty = [time, *(name for name, _ in found.dimensions), *found.names, *found.measures]
    shown = list(dict.fromkeys(filter(None, weighty)))[:12]
    picked = f"\n| project {', '.join(map(_column, shown))}" if len(shown) > 1 else ""
    kql = f"{_filtered(found, dimensions)}" + (f"\n| top 250 by {_column(time)}" if time else "\n| take 250") + picked
    rules = [make.severity(name) for name in shown if "severity" in name.lower()]
    return make.grid("Latest rows", kql, rules, timed=bool(time))


# ---- words -----------------------------------------------------------------------------------------------------------


def _whole(source: str) -> str:
    return source.strip().rstrip(";")


def _column(name: str) -> str:
    return name if _NAME.fullmatch(name) else "['" + name.replace("\\", "\\\\").replace("'", "\\'") + "']"


def _parameter(name: str) -> str:
    return re.sub(r"\W", "_", name) + "Filter"


def _label(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_+", " ", name.removesuffix("_s").removesuffix("_d")).strip()
    return spaced[:1].upper() + spaced[1:].lower() if spaced and not spaced.isupper() else spaced


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _told(source: str) -> str:
    return f"`{source.strip()}`" if _NAME.fullmatch(source.strip()) else "a query"
