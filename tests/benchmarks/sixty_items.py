"""What a page of sixty parts costs, warm, and what parts cost that no open tab shows: a made workbook of sixty mixed items over the
small estate, opened in new tabs of one browser in turn with the same workbook and sixty more items behind closed tabs, and in a
window as tall as the whole page.

A page is drawn when all sixty parts have their answers and their places and every part on the screen, or less than a
screen away from it, shows its marks. The end of the page is then reached at once, by the End key, and a window as tall
as the page shows all parts at the same time.

Run with SIXTY_RUNS in the environment to change how often.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.page import cpu
from tests.pages.samples import document, parameter, parameters, query, tabs, text
from tests.serving import Serving, launch_chromium, serving

DAY = 86_400_000
WATCH = """(wanted) => {
  const count = (selector) => document.querySelectorAll(selector).length;
  const marks = ".trace, .slice, .point, .tabulator-row";
  const seen = (root) => root.getBoundingClientRect().top < innerHeight && root.getBoundingClientRect().bottom > 0;
  window.drawn = () => count(".wb-chart") >= wanted.charts && count(".wb-grid") >= wanted.grids && count(".wb-tile") >= wanted.tiles
    && !count("[data-state=due], [data-state=waiting]")
    && [...document.querySelectorAll(".wb-chart, .wb-grid")].every((root) => !seen(root) || root.matches(`:has(${marks})`));
  const look = () => {
    if (window.drawn()) window.drawnAt ??= performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
ITEMS = 60
CLOSED = ("Second", "Third", "Fourth")

_BY_HOUR = "{table} | where TimeGenerated {{T}} | summarize count() by {by}, bin(TimeGenerated, {{T:grain}})"
_TOP = "{table} | where TimeGenerated {{T}} | summarize Count = count(), Last = max(TimeGenerated) by {by} | top 20 by Count"
_TREND = (
    "{table} | where TimeGenerated {{T}} | make-series Trend = count() default = 0 on TimeGenerated from {{T:start}} to {{T:end}} step"
    " {{T:grain}} by {by} | extend Count = toint(series_sum(Trend)) | top 6 by Count"
)
_TABLES = (
    ("SigninLogs", "ResultType"), ("AuditLogs", "OperationName"), ("SecurityAlert", "AlertSeverity"), ("AzureActivity", "CategoryValue"),
    ("Heartbeat", "Computer"), ("KubePodInventory", "Namespace"), ("SecurityIncident", "Severity"), ("AzureDiagnostics", "Category"),
    ("Syslog", "Facility"), ("SecurityEvent", "Activity"),
)  # fmt: skip
_BARS = {"formatters": [{"columnMatch": "Count", "formatter": 4, "formatOptions": {"palette": "blue"}},
                        {"columnMatch": "Last", "formatter": 6}], "filter": True}  # fmt: skip
_TILES = {"titleContent": {"formatter": 1}, "leftContent": {"columnMatch": "Count", "formatter": 12},
          "secondaryContent": {"columnMatch": "Trend", "formatter": 9}}  # fmt: skip


def main(_: Sequence[str]) -> None:
    """Prints medians of warm openings: milliseconds to everything drawn, and seconds of the server's processor."""
    from playwright.sync_api import sync_playwright

    from dashboard.ingest.estate import ensure_estate

    runs = int(os.environ.get("SIXTY_RUNS", "5"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data, workbooks = Path(folder) / "data", Path(folder) / "workbooks"
        workbooks.mkdir()
        ensure_estate(data)
        for name, closed in (("sixty", ()), ("closed", CLOSED)):
            (workbooks / f"{name}.json").write_text(json.dumps(workbook(closed)), encoding="utf-8")
        browser = launch_chromium(playwright)
        with serving(data=data, workbooks=workbooks) as running:
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            tall = browser.new_context(viewport={"width": 1440, "height": 16_000})
            took: dict[str, list[tuple[float, float]]] = {"sixty": [], "end": [], "closed": [], "tab": [], "tall": []}
            for _ in range(runs + 1):
                for name, where in (("sixty", context), ("closed", context), ("tall", tall)):
                    for what, figures in _open(where, running, name):
                        took[what].append(figures)
        browser.close()
    for name, label in (
        ("sixty", f"{ITEMS} items"),
        ("end", "from there to the end of the page, drawn"),
        ("closed", f"the same, {ITEMS} more behind closed tabs"),
        ("tab", f"a tab with {ITEMS // len(CLOSED)} of them opened"),
        ("tall", f"all {ITEMS} on one screen of 16,000 pixels"),
    ):
        times, used = zip(*took[name][1:], strict=True)  # the first opening warms up
        print(f"{label}: {statistics.median(times):.0f} ms, {statistics.median(used):.2f} s of the server's processor")


def workbook(closed: tuple[str, ...]) -> dict[str, Any]:
    """Sixty items that are seen: the parameters, the tabs, and texts, charts, grids, tiles and figures in turn; and as many
    again in the tabs that are closed."""
    head = [
        text("# Sixty items"),
        parameters(parameter("T", 4, value={"durationMs": 7 * DAY}, isRequired=True)),
        tabs("First", *closed),
    ]
    items = [*head, *_parts(0, ITEMS - len(head))]
    each = ITEMS // len(CLOSED)
    for at, name in enumerate(closed):
        shown = {"conditionalVisibility": {"parameterName": "Tab", "comparison": "isEqualTo", "value": name}}
        items += [part | shown for part in _parts(1_000 * (at + 1), each)]
    return document(*items)


def _parts(first: int, count: int) -> list[dict[str, Any]]:
    return [_part(first + at) for at in range(count)]


def _part(at: int) -> dict[str, Any]:
    table, by = _TABLES[at % len(_TABLES)]
    days = f"| extend part = {at}"  # no two items ask the same
    asked = {"table": f"{table} {days}", "by": by}
    title = f"{table} {at}"
    width = {"customWidth": ("50", "33", "100")[at % 3]}
    match at % 8:
        case 0:
            return text(f"### Part {at}\nWhat **{table}** holds in {{T:label}}.")
        case 1 | 5:
            return query(_BY_HOUR.format(**asked), title, visualization="timechart", **width)
        case 2 | 6:
            return query(_TOP.format(**asked), title, visualization="table", gridSettings=_BARS, **width)
        case 3:
            tiles = {**_TILES, "titleContent": {"columnMatch": by, "formatter": 1}, "showBorder": True}
            return query(_TREND.format(**asked), title, visualization="tiles", tileSettings=tiles, size=4)
        case 4:
            return query(_TOP.format(**asked), title, visualization="piechart", **width)
    return query(_BY_HOUR.format(**asked), title, visualization="barchart", **width)


def _wanted(parts: list[dict[str, Any]]) -> dict[str, int]:
    kinds = [part["content"].get("visualization") for part in parts]
    grids, tiles = kinds.count("table"), kinds.count("tiles")
    return {"charts": len([kind for kind in kinds if kind]) - grids - tiles, "grids": grids, "tiles": tiles}


def _open(context: Any, running: Serving, name: str) -> list[tuple[str, tuple[float, float]]]:
    """Milliseconds from navigation to a drawn page in a new tab of the browser, with the processor's seconds; the same
    from the End key, or from a click on the second tab where there is one."""
    page = context.new_page()
    page.add_init_script(f"({WATCH})({json.dumps(_wanted(workbook(())['items']))})")
    before = cpu(running)
    page.goto(f"{running.url}/workbook?w=mine/{'sixty' if name == 'tall' else name}", wait_until="commit")
    page.wait_for_function("() => window.drawnAt", timeout=180_000)
    drawn = float(page.evaluate("window.drawnAt"))
    _rest(page)
    found = [(name, (drawn, cpu(running) - before))]
    before, started = cpu(running), time.perf_counter()
    if name == "sixty":
        page.evaluate("() => { const main = document.querySelector('.stMain'); main.scrollTo(0, main.scrollHeight); }")
        page.wait_for_function(
            "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.drawn()))))"
        )
        found.append(("end", ((time.perf_counter() - started) * 1_000, cpu(running) - before)))
    elif name == "closed":
        page.get_by_role("tab", name=CLOSED[0]).click()
        last = f"{_TABLES[(1_000 + ITEMS // len(CLOSED) - 1) % len(_TABLES)][0]} {1_000 + ITEMS // len(CLOSED) - 1}"
        page.get_by_role("heading", name=last, exact=True).wait_for(timeout=180_000)
        _rest(page)
        found.append(("tab", ((time.perf_counter() - started) * 1_000, cpu(running) - before)))
    page.close()
    return found


def _rest(page: Any) -> None:
    page.wait_for_selector(".stApp[data-test-script-state='notRunning']", timeout=180_000)
    page.wait_for_timeout(500)


if __name__ == "__main__":
    main(sys.argv[1:])
