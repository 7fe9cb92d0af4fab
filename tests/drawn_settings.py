"""How much of what real workbooks set is drawn: `python -m tests.drawn_settings [SET]` prints it, with every exception by feature.

A setting counts as drawn when the product's own code reads its key, by name, where it draws, evaluates or lays out. What
is left is either listed here with the reason why nothing is to be drawn, or it is an exception and its items count as
not wholly drawn.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboard.document import load_workbook
from dashboard.document.workbook import VISUALIZATIONS, Item
from dashboard.errors import WatchbookError
from dashboard.runtime.metrics import metric_visualization
from tests.shared import ROOT, workbooks

ROOMS = ("document", "parameters", "runtime", "visual", "pages")
NOT_DRAWN = {
    "what the editor and the portal keep for themselves": (
        "id key version chartId metricScope showPin alwaysShowPin createdTime isInitialTime useDashboardTimeRange grain "
        "editorLanguage comment showDefault defaultItemsText resourceLimit showOpenInMe showCreateAlertRule "
        "isHiddenWhenLocked parameterType preFormatJsonData componentIdOnly"
    ),
    "always offered here: the menu of every item has query, refresh, CSV, XLSX": (
        "showAnalytics showExportToExcel showRefreshButton showViewButton showQuery"
    ),
    "deprecated, and ignored by the portal": "showAnnotations headingLevel simpleLegendSettings position condition",
    "the settings of another visualization than the one that is drawn": "",
    "how the portal shows that it loads": "progressStyle",
    "context of the portal's own panes": (
        "componentId componentIdSource resourceIds resourceIdsSource type typeSource gallery gallerySource location "
        "locationSource viewerMode workbookName linkIsContextBlade"
    ),
}  # fmt: skip
"""Keys without anything to draw, by the reason."""

INERT_TARGETS = frozenset({"bladeOpenContext", "armActionContext", "templateRunContext", "alertRuleContext", "msGraphActionContext",
                           "copilotNudgeContext", "copilotNudgeActionSettings"})  # fmt: skip
"""Actions of the portal: the link is drawn as text that says so, and what is in them is not looked at."""

DRAWS = {
    "table": "gridSettings", "": "gridSettings", "tiles": "tileSettings", "stat": "statSettings", "card": "textSettings",
    "map": "mapSettings", "graph": "graphSettings",
}  # fmt: skip
_SETTINGS = frozenset({*DRAWS.values(), "chartSettings"})
_FREE = frozenset({"resourceTypeFilter", "timeContext", "filters", "value", "jsonData", "query"})


def words() -> set[str]:
    """Every word that stands as a string literal in the rooms that draw."""
    found: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / "dashboard" / room).rglob("*.py"):
            if path.name != "known.py" and "forms" not in path.parts:  # forms of the editor draw nothing of a workbook
                found |= set(re.findall(r"['\"]([\w$:.-]+)['\"]", path.read_text(encoding="utf-8")))
    return found


def settings(item: Item) -> Iterator[str]:
    """The paths of all keys of an item that have to do with how it is drawn."""
    own = {key: value for key, value in item.keys.items() if key != "content"}
    drawn = metric_visualization(item) if item.kind == "metric" else item.visualization
    unused = (
        _SETTINGS - {DRAWS.get(drawn, "chartSettings")} if drawn and item.kind in ("query", "metric") else frozenset()
    )
    content = {key: value for key, value in item.content.items() if key != "items" and key not in unused}
    yield from _keys({**own, **content}, "")


def _keys(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield f"{path}.{key}".lstrip(".")
            if key not in INERT_TARGETS and key not in _FREE:
                yield from _keys(child, f"{path}.{key}")
    elif isinstance(value, list):
        for child in value:
            yield from _keys(child, path)


def measure(files: list[Path]) -> tuple[int, int, Counter[str]]:
    """Items, those that are drawn with all they set, and the exceptions by feature."""
    known = words() | {word for group in NOT_DRAWN.values() for word in group.split()} | INERT_TARGETS
    items, whole = 0, 0
    exceptions: Counter[str] = Counter()
    for file in files:
        try:
            workbook = load_workbook(file)
        except WatchbookError:
            continue
        for item in workbook.walk():
            items += 1
            missing = {path for path in settings(item) if path.rsplit(".", 1)[-1] not in known}
            if item.kind == "unknown":
                missing.add(f"type {item.type}")
            if item.visualization and item.visualization not in VISUALIZATIONS:
                missing.add(f"visualization {item.visualization}")
            whole += not missing
            exceptions.update(f"{item.kind}: {name}" for name in missing)
    return items, whole, exceptions


def main() -> None:
    items, whole, exceptions = measure(workbooks(set=sys.argv[1]) if sys.argv[1:] else workbooks())
    for name, count in exceptions.most_common():
        print(f"{count:6}  {name}")
    print(f"{whole} of {items} items drawn with all they set: {whole / items:.2%}")


if __name__ == "__main__":
    main()
