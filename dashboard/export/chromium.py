"""Pictures and PDF on the server, drawn by the Chromium that is installed. Browsers draw their own; this is for files that are
made without one.

Where the system lets us, one Chromium stays for all of them (`browser`); elsewhere each file starts its own.
"""

from __future__ import annotations

import base64
import html
import json
import math
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from dashboard.engines.protocol import CancelToken
from dashboard.errors import Problem, WatchbookError
from dashboard.export import browser
from dashboard.export.page import blank_picture_page, picture_chart, picture_page
from dashboard.export.stitch import stitched
from dashboard.visual.view import Figure

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60

_PICTURE = re.compile(r'<pre id="picture"[^>]*>(.*?)</pre>', re.DOTALL)
_CAN_STAY = os.name == "posix"
"""Whether Chromium can be kept and spoken to over a pipe."""
PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
"""Widths and heights in inches."""
_MARGIN = 0.45
_FOOTER = (
    '<div style="width: 100%; font: 8px sans-serif; color: #5b6673; padding: 0 0.45in; display: flex; justify-content: space-between">'
    '<span>{}</span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>'
)
_DRAWN = """new Promise((done) => {
  const hidden = document.createElement("style");
  hidden.textContent = ".modebar { display: none !important; }";
  document.head.append(hidden);
  const look = () => !document.getElementById("charts") || document.documentElement.dataset.drawn ? setTimeout(done, 30) : setTimeout(look, 20);
  look();
})"""
_WIDTH = "Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('table')].map((t) => t.getBoundingClientRect().right + 12))"
# Laying out a page for print would measure the charts anew and too early.
_FIXED = """(async () => {
  for (const plot of document.querySelectorAll(".js-plotly-plot"))
    await Plotly.relayout(plot, { autosize: false, width: plot.clientWidth, height: plot.clientHeight });
})()"""
_NARROWEST = 0.45
_HEIGHT = re.compile(r'data-height="(\d{1,6})"')
_SURFACE = 16_000
"""What Chromium draws at once, in pixels a side."""
_STRIP = 4_000
_WIDEST = 6_000
_MOST_PIXELS = 400_000_000
# Grids show all their rows; one that is wider than its place takes the whole row, and the page becomes as wide as that takes.
_WHOLE = """(async () => {
  const style = document.createElement("style");
  style.textContent = ".wb-grid-frame, .wb-metrics { max-height: none !important; overflow: visible !important; } .wb-grid th { position: static !important; } .wb-grid .wb-long { display: inline !important; } main { max-width: none !important; }";
  document.head.append(style);
  for (const frame of document.querySelectorAll(".wb-grid-frame"))
    if (frame.scrollWidth > frame.clientWidth + 1)
      for (let item = frame.closest(".item"); item; item = item.parentElement.closest(".item")) item.style.width = "100%";
  await new Promise((done) => setTimeout(done, 120));
  return Math.max(innerWidth, ...[...document.querySelectorAll(".wb-grid-frame")].map((frame) => innerWidth + frame.scrollWidth - frame.clientWidth));
})()"""
_SIZE = "[Math.ceil(Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('table')].map((t) => t.getBoundingClientRect().right + 12))), Math.ceil(document.documentElement.scrollHeight)]"


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def figure_picture(
    figure: Figure,
    format: Literal["png", "svg"],
    *,
    width: int = 1200,
    title: str = "",
    facts: Mapping[str, str] | None = None,
    dark: bool = False,
) -> bytes:
    """A chart as a PNG (at twice the size, for sharp print) or SVG, with its title and its facts as a line below.

    Raises WatchbookError: EX002 without Chromium, EX003 and EX004 when it fails, EX005 for another format.
    """
    if format not in ("png", "svg"):
        raise WatchbookError(Problem("EX005", f"A picture is png or svg; got '{format}'.", hint="Choose one of these."))
    told = facts or {}
    if _CAN_STAY:
        chart = picture_chart(figure, format, width=width, title=title, facts=told, dark=dark)
        with browser.shared(_chromium()) as running:
            data = browser.picture(running, blank_picture_page, json.dumps(chart))
    else:
        page = picture_page(figure, format, width=width, title=title, facts=told, dark=dark)
        found = _PICTURE.search(_run(page, "--dump-dom").decode("utf-8", "replace"))
        data = html.unescape(found[1]) if found else ""
    head, _, body = data.partition(",")
    if not head.startswith("data:image/"):
        raise browser.failed("It gave no picture of the chart.")
    if "base64" in head:
        return base64.b64decode(body)
    from urllib.parse import unquote

    return unquote(body).encode("utf-8")


def page_pdf(
    page: bytes, *, paper: str = "A4", portrait: bool = False, footer: str = "", cancel: CancelToken | None = None
) -> bytes:
    """A page made here (`page.export_page_html`) as PDF on A4 or Letter, with page numbers and `footer` at the bottom of each
    page. Raises as `figure_picture` does, EX006 for another paper, and Cancelled."""
    if paper not in PAPERS:
        raise WatchbookError(Problem("EX006", f"The paper is A4 or Letter; got '{paper}'.", hint="Choose one of them."))
    sides = sorted(PAPERS[paper], reverse=not portrait)
    if not _CAN_STAY:
        return _run(page, "--print-to-pdf={out}", "--no-pdf-header-footer", output="out.pdf")
    width = round((sides[0] - 2 * _MARGIN) * 96)
    with _opened(page, width, cancel, media="print") as tab:
        # A wide table makes the whole page smaller, down to a limit, as Chromium would by itself; but then it knows before.
        scale = max(_NARROWEST, min(1.0, width / max(1.0, float(tab.run(_WIDTH)))))
        if scale < 1:
            _widen(tab, round(width / scale))
        tab.run(_FIXED)
        printed = tab.call(
            "Page.printToPDF", printBackground=True, scale=scale, paperWidth=sides[0], paperHeight=sides[1], marginTop=_MARGIN, marginLeft=_MARGIN,
            marginRight=_MARGIN, marginBottom=_MARGIN + 0.15, displayHeaderFooter=True, headerTemplate="<span></span>",
            footerTemplate=_FOOTER.format(html.escape(footer)), generateDocumentOutline=True, generateTaggedPDF=True,
        )  # fmt: skip
    return base64.b64decode(printed["data"])


def page_png(page: bytes, *, width: int = 1440, cancel: CancelToken | None = None) -> bytes:
    """A page made here as one PNG, whole: every row and column of its grids, as tall and as wide as that takes.

    Raises as `figure_picture` does, EX008 where the picture would be larger than programs open, and Cancelled.
    """
    if not _CAN_STAY:
        size = f"--window-size={width},1000"
        measured = _HEIGHT.search(_run(page, "--dump-dom", size).decode("utf-8", "replace"))
        height = min(_SURFACE, max(200, int(measured[1]))) if measured else 2000
        return _run(page, "--screenshot={out}", f"--window-size={width},{height}", output="out.png")
    with _opened(page, width, cancel) as tab:
        needed = math.ceil(float(tab.run(_WHOLE)))
        if needed > width:
            width = min(needed, _WIDEST)
            _widen(tab, width)
        wide, height = (int(side) for side in tab.run(_SIZE))
        width, height = max(width, wide), max(200, height)
        if width > _SURFACE or width * height > _MOST_PIXELS:
            raise WatchbookError(
                Problem(
                    "EX008", f"The picture would be {width:,} by {height:,} pixels.", hint="Export HTML, PDF or XLSX."
                )
            )
        try:
            return stitched(_strips(tab, width, height))
        except ValueError as error:
            raise browser.failed(f"It gave no picture: {error}.") from None


def _strips(tab: browser.Tab, width: int, height: int) -> Iterator[bytes]:
    """The page from top to bottom, in pieces that the browser can draw."""
    for top in range(0, height, _STRIP):
        clip = {"x": 0, "y": top, "width": width, "height": min(_STRIP, height - top), "scale": 1}
        shot = tab.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        yield base64.b64decode(shot["data"])


@contextmanager
def _opened(page: bytes, width: int, cancel: CancelToken | None, media: str = "") -> Iterator[browser.Tab]:
    """A page in the browser that stays, drawn in full at a width."""
    with browser.shared(_chromium()) as running, running.tab(cancel) as tab:
        _widen(tab, width)
        light = [{"name": "prefers-color-scheme", "value": "light"}]
        tab.call("Emulation.setEmulatedMedia", media=media, features=light)
        with tempfile.NamedTemporaryFile(dir=running.folder, suffix=".html", delete=False) as file:
            file.write(page)
        source = Path(file.name)
        try:
            tab.open(source)
            tab.run(_DRAWN)
            yield tab
        finally:
            source.unlink(missing_ok=True)


def _widen(tab: browser.Tab, width: int) -> None:
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=False)
    # Charts follow the width in the next frame.
    tab.run("new Promise((done) => setTimeout(done, 120))")


def _chromium() -> str:
    """The path of Chromium. Raises WatchbookError (EX002) where there is none."""
    found = find_chromium()
    if found is None:
        raise WatchbookError(
            Problem(
                "EX002", "This export needs Chromium or Google Chrome, and none is on the PATH.",
                hint="Install it (Debian and Ubuntu: apt-get install chromium), or choose HTML, XLSX or Markdown.",
            )
        )  # fmt: skip
    return found


def _run(page: bytes, *arguments: str, output: str = "") -> bytes:
    """Runs Chromium on a page; gives the file it wrote, or what it printed."""
    chromium = _chromium()
    with tempfile.TemporaryDirectory(prefix="watchbook-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder) / "page.html", Path(folder) / (output or "out")
        source.write_bytes(page)
        command = [
            chromium, *browser.FLAGS, f"--user-data-dir={folder}/profile", "--virtual-time-budget=8000",
            *(argument.replace("{out}", str(target)) for argument in arguments), source.as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, cwd=folder)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise WatchbookError(
                Problem("EX004", f"Chromium took longer than {SECONDS} seconds.", hint="Export fewer items at once.")
            ) from None
        except OSError as error:
            raise browser.failed(str(error)) from error
        if not output:
            return done.stdout
        if not target.is_file():
            raise browser.failed("It wrote no file.")
        return target.read_bytes()
