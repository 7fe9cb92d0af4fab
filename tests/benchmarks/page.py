"""What a first page costs: a shipped workbook beside the same tiles, charts and grids written by hand in a bare Streamlit
script, both served by the same application, both warm, opened in turn in new tabs of one browser.

Then what a start takes: with data that is there, and the first of all, from a home folder that is empty (the sample estate is made
meanwhile) to the first workbook all drawn. Run with PAGE_RUNS, PAGE_WORKBOOKS (names, by comma) in the environment to change how
often and what; PAGE_RUNS=0 measures the starts alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.serving import Serving, launch_chromium, serving
from tests.shared import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

WORKBOOKS = ("aks-pod-inventory", "incident-trends")
BARE = ROOT / "tests" / "benchmarks" / "page_bare.py"
# Notes the moment, in milliseconds since navigation started, at which the last of what is wanted stands in the page.
WATCH = """(wanted) => {
  const count = (selector) => document.querySelectorAll(selector).length;
  const drawn = () => {
    const charts = [...document.querySelectorAll('.js-plotly-plot')].filter((plot) =>
      plot.querySelector('.main-svg .trace, .main-svg .slice, .main-svg .point')).length;
    const grids = count('.tabulator .tabulator-row:first-child') + count('[data-testid=stDataFrame] [role=row][aria-rowindex="2"]');
    const tiles = count('.wb-tile') + count('[data-testid=stMetric]');
    return charts >= wanted.charts && grids >= wanted.grids && tiles >= wanted.tiles;
  };
  let due = false;
  const look = () => {
    due = false;
    if (!window.drawnAt && drawn()) window.drawnAt = performance.now();
  };
  new MutationObserver(() => {
    if (!due && !window.drawnAt) { due = true; queueMicrotask(look); }
  }).observe(document, {childList: true, subtree: true, attributes: true, attributeFilter: ['aria-rowindex', 'class']});
}"""
GALLERY = ".wb-card"


def main(_: Sequence[str]) -> None:
    """Prints medians of warm openings and their ratio for each workbook, then what a start takes."""
    from playwright.sync_api import sync_playwright

    from dashboard.ingest.estate import ensure_estate

    runs = int(os.environ.get("PAGE_RUNS", "9"))
    names = os.environ.get("PAGE_WORKBOOKS", ",".join(WORKBOOKS)).split(",")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        ensure_estate(data)
        browser = launch_chromium(playwright)
        if runs:
            with serving(data=data) as ours:
                for name in names:
                    _compare(browser, ours, name, data, Path(folder), runs)
        drawn = f"/workbook?w={names[0]}", _wanted(_parts(names[0], data))
        for label, place, address, wanted in (
            ("start to the gallery", data, "/", None),
            (f"start to {names[0]} all drawn", data, *drawn),
            ("first start, empty home, to the gallery", None, "/", None),
            (f"first start, empty home, to {names[0]} all drawn", None, *drawn),
        ):
            took = [_start(browser, place, address, wanted) for _ in range(3)]
            print(
                f"{label}: {_seconds(took)} s (listening after {statistics.median(first for first, _ in took):.2f} s)"
            )
        browser.close()


def _seconds(took: list[tuple[float, float]]) -> str:
    return f"{statistics.median(whole for _, whole in took):.2f}"


def _compare(browser: Browser, ours: Serving, name: str, data: Path, folder: Path, runs: int) -> None:
    parts = _parts(name, data)
    wanted = _wanted(parts)
    listed = folder / f"{name}.json"
    listed.write_text(json.dumps(parts), encoding="utf-8")
    environment = {"BARE_PAGE": str(listed), "WATCHBOOK_DATA": str(data)}
    with (
        serving(BARE, data=data, environment=environment) as bare,
        serving(BARE, data=data, environment={**environment, "BARE_PAGE_CACHE": "1"}) as kept,
    ):
        pages = {
            "ours": (ours, f"{ours.url}/workbook?w={name}"),
            "bare": (bare, bare.url),
            "bare, results kept": (kept, kept.url),
        }
        took: dict[str, list[float]] = {label: [] for label in pages}
        used: dict[str, list[float]] = {label: [] for label in pages}
        context = browser.new_context(viewport={"width": 1400, "height": 2600})
        for at in range(runs + 2):
            for label, (server, address) in pages.items():
                before = cpu(server)
                milliseconds = _open(context, address, wanted)
                # The first two openings warm both up.
                if at >= 2:
                    took[label].append(milliseconds)
                    used[label].append(cpu(server) - before)
        context.close()
    print(f"{name}: {wanted['charts']} charts, {wanted['grids']} grids, {wanted['tiles']} tiles; medians of {runs}")
    for label, times in took.items():
        line = f"  {label:20} {statistics.median(times):6.0f} ms, {1000 * statistics.median(used[label]):5.0f} ms of the server's processor"
        if label != "ours":
            ratios = [mine / theirs for mine, theirs in zip(took["ours"], times, strict=True)]
            line += f"; ours / this: {statistics.median(took['ours']) / statistics.median(times):.2f}, by pairs {statistics.median(ratios):.2f}"
        print(line, flush=True)


def _parts(name: str, data: Path) -> list[dict[str, Any]]:
    """The query items that a reader sees first, each with the SQL that its text comes to."""
    from dashboard.document import load_workbook
    from dashboard.engines.local import LocalEngine
    from dashboard.ingest.schemas import known_tables
    from dashboard.runtime.evaluate import Session

    engine = LocalEngine(data, known_tables())
    plan = Session(load_workbook(ROOT / "workbooks" / f"{name}.json"), engine).plan()
    return [
        {
            "kind": item.settings["visualization"],
            "title": item.texts.get("title", ""),
            "sql": engine.explain(item.query)[0],
            "width": item.item.custom_width or 100.0,
            "rows": len(engine.run(item.query)),
        }
        for item in plan.walk()
        if item.status == "ready" and item.query is not None
    ]


def _wanted(parts: list[dict[str, Any]]) -> dict[str, int]:
    grids = sum(part["kind"] == "table" for part in parts)
    tiles = [part["rows"] for part in parts if part["kind"] == "tiles"]
    return {"charts": len(parts) - grids - len(tiles), "grids": grids, "tiles": sum(tiles)}


def _open(context: BrowserContext, address: str, wanted: dict[str, int]) -> float:
    """Milliseconds from navigation to everything drawn, in a new tab."""
    page = context.new_page()
    page.add_init_script(f"({WATCH})({json.dumps(wanted)})")
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.drawnAt", timeout=120_000)
    milliseconds = float(page.evaluate("window.drawnAt"))
    # The next opening starts when this one has come to rest.
    page.wait_for_selector(".stApp[data-test-script-state='notRunning']", timeout=60_000)
    page.wait_for_timeout(300)
    page.close()
    return milliseconds


def _start(browser: Browser, data: Path | None, address: str, wanted: dict[str, int] | None) -> tuple[float, float]:
    """Seconds from the command to its address, and to the page at `address` all drawn in a browser without a cache. Without
    data the command is that of `make run` in a new home folder."""
    with tempfile.TemporaryDirectory() as home:
        return _started(browser, data, Path(home), address, wanted)


def _started(
    browser: Browser, data: Path | None, home: Path, address: str, wanted: dict[str, int] | None
) -> tuple[float, float]:
    began = time.perf_counter()
    with _served(data, home) as url:
        listening = time.perf_counter() - began
        context = browser.new_context(viewport={"width": 1400, "height": 2600})
        page = context.new_page()
        if wanted is not None:
            page.add_init_script(f"({WATCH})({json.dumps(wanted)})")
        page.goto(url + address, wait_until="commit")
        if wanted is not None:
            page.wait_for_function("() => window.drawnAt", timeout=120_000)
        else:
            page.wait_for_selector(GALLERY, timeout=120_000)
        whole = time.perf_counter() - began
        context.close()
    return listening, whole


@contextlib.contextmanager
def _served(data: Path | None, home: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--port", "0", *(("--data", str(data)) if data else ())]
    environment = {name: text for name, text in os.environ.items() if not name.startswith("WATCHBOOK_")}
    process = subprocess.Popen(
        command, cwd=ROOT, env={**environment, "WATCHBOOK_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = next(filter(None, (re.search(r"(http://[\d.:]+)", line) for line in process.stdout)))
        yield found[1]
    finally:
        process.terminate()
        process.wait(20)


def cpu(server: Serving) -> float:
    """Processor seconds that the server has used so far; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()  # type: ignore[union-attr]
    except (OSError, AttributeError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])
