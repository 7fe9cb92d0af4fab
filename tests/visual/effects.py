"""`python -m tests.visual.effects [SET]`: which settings of real workbooks change the drawing, by visualization and formatter.

An item of the corpus is drawn from made-up rows that suit its settings, and again with one setting left out or changed.
Where no use of a setting changes what is drawn, either it says what would hold anyway, or it is not drawn: the list is for
a person to go through.
"""

from __future__ import annotations

import copy
import datetime as dt
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashboard.document import load_workbook
from dashboard.errors import WatchbookError
from dashboard.table import KqlType, Table, table_from_rows
from dashboard.visual.build import draw
from tests.drawn_settings import DRAWS, INERT_TARGETS, NOT_DRAWN
from tests.shared import workbooks
from tests.visual.tables import NOON
from tests.visual.test_corpus import named_columns

ROWS = 24
TRIES = 12
"""Uses of one setting that are tried before it counts as without effect."""
BESIDE = (
    "size",
    "sortBy",
    "aggregation",
    "color",
    "exportParameterName",
    "exportedParameters",
    "showExpandCollapseGrid",
)
UNSEEN = frozenset({*(word for group in NOT_DRAWN.values() for word in group.split()), *INERT_TARGETS, "comment"})
CHARTS = {
    "piechart",
    "linechart",
    "areachart",
    "barchart",
    "timechart",
    "categoricalbar",
    "unstackedbar",
    "scatterchart",
}
VM = "/subscriptions/00000000-0000-0000-0000-00000000000{0}/resourceGroups/rg{0}/providers/Microsoft.Compute/virtualMachines/vm{0}"

EXCEPTIONS = (
    r" (table|tiles|stat|card|graph|map) \S* (aggregation|color|size)$",  # left over from a chart
    r"sortBy\.|rowLimit$",  # of a grid, told twice or longer than the rows here
    r"options\.(style|useGrouping|maximumFractionDigits)$|thresholdsOptions$|formatName$",  # mostly what holds anyway
    r"\.(xAxis|yAxis|group|legendMetric|sizeSettings|nodeColorField)$",  # mostly the column that is chosen anyway
    r"showIcon$|showLegend$",  # resources have icons anyway; the strip is a ring's legend, one series needs none
    r" (0|1|2) \S*formatter$| (?!22 )\S* \S*compositeBarSettings",  # plain text anyway; left over from another formatter
    r" 5 |subTarget$|linkColumn$|templateIdSource$|sourceColumn$",  # hidden; menus and panes of the portal; our rows lack them
    r" stat \S* \S*heatmapPalette$",  # of another type of colours
    r" table 10 | unstackedbar \S* chartSettings.seriesLabelSettings",  # the name filter of our rows leaves their columns out
)
"""Settings, as `visualization formatter path`, whose uses may all leave the drawing as it is, with the reason."""
SAME_ANYWAY = re.compile("|".join(EXCEPTIONS))

Key = tuple[str, int | str, str]
"""Visualization, formatter (empty outside of one) and the setting's path."""
Made = tuple[KqlType, Callable[[int], Any]]


@dataclass(frozen=True)
class Use:
    """One setting of one item: `content` is what is drawn, `path` leads to the setting."""

    content: Mapping[str, Any]
    path: tuple[str | int, ...]


def uses(files: list[Path]) -> dict[Key, list[Use]]:
    """Every use of a setting that has to do with drawing, most used first."""
    found: dict[Key, list[Use]] = {}
    for file in files:
        try:
            workbook = load_workbook(file)
        except WatchbookError:
            continue
        for item in workbook.walk():
            if item.kind == "query":
                shown = item.visualization or "table"
                keys = (*BESIDE, DRAWS.get(shown, "chartSettings"))
                content = {key: item.content[key] for key in keys if key in item.content} | {"visualization": shown}
                for path, formatter in _settings(content, (), ""):
                    name = ".".join(str(part) for part in path if isinstance(part, str))
                    found.setdefault((shown, formatter, name), []).append(Use(content, path))
    return dict(sorted(found.items(), key=lambda entry: -len(entry[1])))


def _settings(
    value: Any, path: tuple[str | int, ...], formatter: int | str
) -> Iterator[tuple[tuple[str | int, ...], int | str]]:
    if isinstance(value, dict):
        own = value.get("formatter")
        formatter = own if isinstance(own, int) else formatter
        for key, child in value.items():
            if key not in UNSEEN and not (
                not path and key in ("visualization", "exportParameterName", "exportedParameters")
            ):
                yield from _settings(child, (*path, key), formatter)
    elif isinstance(value, list) and path[-1] not in ("yAxis", "groupBy"):
        for at, child in enumerate(value):
            yield from _settings(child, (*path, at), formatter)
    elif path and isinstance(path[-1], str) and value not in (None, "", []):
        yield path, formatter


def has_effect(use: Use) -> bool:
    """Whether the setting changes the drawing of made-up rows."""
    for seed in (1, 2):
        table = rows_for(use.content, seed)
        before = _drawn(use.content, table)
        if any(_drawn(changed, table) != before for changed in _changes(use)):
            return True
    return False


def _drawn(content: Mapping[str, Any], table: Table) -> str:
    return repr(asdict(draw(content, table, zone="Europe/Berlin")))


def _changes(use: Use) -> Iterator[Mapping[str, Any]]:
    """The item without the setting, and with another value of it."""
    for left_out in (True, False):
        changed = copy.deepcopy(dict(use.content))
        part: Any = changed
        for step in use.path[:-1]:
            part = part[step]
        value = part.pop(use.path[-1])
        if not left_out:
            other = not value if isinstance(value, bool) else value + 1 if isinstance(value, (int, float)) else "zzq"
            part[use.path[-1]] = other
        yield changed


def rows_for(content: Mapping[str, Any], seed: int) -> Table:
    """Rows with the columns that the settings name, of the types and values that they are for."""
    chance = random.Random(seed)
    settings = {key: value for key, value in content.items() if key.endswith("Settings")}
    made = {name: _column(name, settings, chance, seed) for name in _names(settings)}
    chart = settings.get("chartSettings") or {}
    shown = str(content.get("visualization"))
    if shown in CHARTS:
        made |= _chart_columns(chart, shown, made)
    tree = (settings.get("gridSettings") or {}).get("hierarchySettings") or {}
    if tree.get("treeType") == 0:
        made[str(tree.get("idColumn"))] = "string", lambda i: f"id{i}"
        made[str(tree.get("parentColumn"))] = "string", lambda i: "" if i < 3 else f"id{i % 3}"
    graph = settings.get("graphSettings") or {}
    if graph.get("sourceIdField") and graph.get("targetIdField"):
        made[str(graph.get("nodeIdField"))] = "string", lambda i: f"n{i}" if i < 8 else ""
        made[graph["sourceIdField"]] = "string", lambda i: "" if i < 8 else f"n{i % 3}"
        made[graph["targetIdField"]] = "string", lambda i: "" if i < 8 else f"n{i % 7}"
    made = made or {"Name": ("string", lambda i: f"n{i}"), "count_": ("long", lambda i: i * i)}
    columns = [(name, kind) for name, (kind, _) in made.items()]
    return table_from_rows(columns, [[value(i) for _, value in made.values()] for i in range(ROWS)])


def _names(settings: Mapping[str, Any]) -> list[str]:
    names = dict.fromkeys(named_columns(settings))
    return [name for name in names if name and not name.startswith("$gen") and not set(name) & set("|*^()[]")][:40]


def _column(name: str, settings: Mapping[str, Any], chance: random.Random, seed: int) -> Made:
    rules = [rule for rule in _dicts(settings) if rule.get("columnMatch") == name]
    options = [rule.get("formatOptions") or {} for rule in rules]
    limits = [
        grid.get("thresholdValue")
        for part in _dicts(settings)
        if part.get("columnMatch") == name or part.get("nodeColorField") == name or part.get("valueField") == name
        for below in _dicts(part)
        for grid in below.get("thresholdsGrid") or []
        if isinstance(grid, dict) and grid.get("thresholdValue")
    ]
    parts = [part.get("columnName") for part in _dicts(settings)]
    starts = [part.get("timelineStartColumn") for part in _dicts(settings)]
    sizes = [
        part.get(key)
        for part in _dicts(settings)
        for key in ("sizeSettings", "legendMetric", "nodeSize", "edgeSize", "valueField")
    ]
    numbers = [*((settings.get("chartSettings") or {}).get("yAxis") or ()), *sizes]
    places = [part.get(key) for part in _dicts(settings) for key in ("latitude", "longitude")]
    kind = rules[0].get("formatter") if rules else None
    amounts = (None, 1234.5678, 0.25, 98765432.0, 55.0, 7.0, 3e5, 12.0)
    match kind:
        case 9 | 10 | 21:
            return "dynamic", lambda _: [chance.random() * 9 if chance.random() > 0.2 else None for _ in range(6)]
        case 6:
            return "datetime", lambda _: NOON + dt.timedelta(hours=chance.randrange(80), seconds=5)
        case 13 | 14 | 15 | 16:
            return "string", lambda i: VM.format(i % 3)
        case 17:
            return "string", lambda i: ("eastus", "westeurope", "", "northeurope")[i % 4]
        case 19:
            return "real", lambda i: 3.6e6 * (i + 1)
    if name in starts:
        return "datetime", lambda i: NOON + dt.timedelta(hours=3 * i)
    if name in parts:
        return "long", lambda i: (i * 7) % 5 + 1
    if limits and all(_is_number(limit) for limit in limits):
        return "real", lambda i: float(limits[i % len(limits)]) + chance.choice((-0.5, 0, 0.7))
    if limits:
        return "string", lambda i: [*map(str, limits), "zz", ""][i % (len(limits) + 2)]
    if kind in (2, 3, 4, 8, 12, 20) or name in numbers or any(rule.get("numberFormat") for rule in rules):
        return "real", lambda i: amounts[i % 8] if seed % 2 else chance.random() * 10.0 ** chance.randrange(8)
    if name in places:
        return "real", lambda _: chance.random() * 60
    if name == (settings.get("mapSettings") or {}).get("locInfoColumn"):
        by_country = settings["mapSettings"].get("locInfo") == "CountryRegion"
        return "string", lambda i: ("US", "DE", "FR")[i % 3] if by_country else ("eastus", "westeurope")[i % 2]
    if any(option.get("aggregation") for option in options):
        return "real", lambda _: chance.random() * 50
    if any(option.get("showAsTag") for option in options):
        return "dynamic", lambda _: ["a", "b"]
    if any(option.get("linkTarget") == "Url" for option in options):
        return "string", lambda i: f"https://a.example/{i}"
    return "string", lambda i: f"{name[:10]} {i % 4}"


def _chart_columns(chart: Mapping[str, Any], shown: str, made: Mapping[str, Made]) -> dict[str, Made]:
    """A number, a time and the series that the settings speak of, where a chart's own columns lack them."""
    found: dict[str, Made] = {}
    names = [
        entry["seriesName"]
        for entry in chart.get("seriesLabelSettings") or ()
        if isinstance(entry, dict) and entry.get("seriesName")
    ]
    by_text = shown in ("piechart", "categoricalbar")
    if not any(kind == "real" for kind, _ in made.values()):
        found["count_"] = "real", lambda i: (5, 50, 500, 5000, 1, 2, 9, 44)[i % 8] * 1.5
    if not by_text and not chart.get("xAxis"):
        found["TimeGenerated"] = "datetime", lambda i: NOON + dt.timedelta(hours=i // 4)
    group = chart.get("group") or ("Category" if by_text else "Series" if names and names != ["count_"] else "")
    if group:
        pool = [*names, *(f"other {letter}" for letter in "abcdefghijkl")]
        found[group] = "string", lambda i: pool[i % len(pool)]
    return found


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(child)


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def main() -> None:
    found = uses(workbooks(set=sys.argv[1]) if sys.argv[1:] else workbooks())
    without = {key: each for key, each in found.items() if not any(map(has_effect, each[:TRIES]))}
    for (shown, formatter, name), each in without.items():
        print(f"{len(each):6}  {shown:14} {formatter!s:3} {name}")
    counts = Counter({True: 0, False: 0})
    for key, each in found.items():
        counts[key not in without] += len(each)
    print(
        f"{len(found) - len(without)} of {len(found)} settings change a drawing, {counts[True]} of {counts.total()} uses"
    )


if __name__ == "__main__":
    main()
