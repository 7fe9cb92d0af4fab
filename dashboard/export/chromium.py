"""Pictures and PDF on the server, drawn by the Chromium that is installed. Browsers draw their own; this is for files that are
made without one.

Chromium is given one file that we made, in a profile of its own that is thrown away, with every host name unknown to it.
"""

from __future__ import annotations

import base64
import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from dashboard.errors import Problem, WatchbookError
from dashboard.export.page import picture_page
from dashboard.visual.view import Figure

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60

_PICTURE = re.compile(r'<pre id="picture"[^>]*>(.*?)</pre>', re.DOTALL)
_HEIGHT = re.compile(r'data-height="(\d{1,6})"')
_TALLEST = 16_000


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
    page = picture_page(figure, format, width=width, title=title, facts=facts or {}, dark=dark)
    found = _PICTURE.search(_run(page, "--dump-dom").decode("utf-8", "replace"))
    data = html.unescape(found[1]) if found else ""
    head, _, body = data.partition(",")
    if not head.startswith("data:image/"):
        raise _failed("It gave no picture of the chart.")
    if "base64" in head:
        return base64.b64decode(body)
    from urllib.parse import unquote

    return unquote(body).encode("utf-8")


def page_pdf(page: bytes) -> bytes:
    """A page made here (`page.export_page_html`) as PDF. Raises as `figure_picture` does."""
    return _run(page, "--print-to-pdf={out}", "--no-pdf-header-footer", output="out.pdf")


def page_png(page: bytes, *, width: int = 1440) -> bytes:
    """A page made here as one tall PNG, cut at 16,000 pixels. Raises as `figure_picture` does."""
    size = f"--window-size={width},1000"
    measured = _HEIGHT.search(_run(page, "--dump-dom", size).decode("utf-8", "replace"))
    height = min(_TALLEST, max(200, int(measured[1]))) if measured else 2000
    return _run(page, "--screenshot={out}", f"--window-size={width},{height}", "--hide-scrollbars", output="out.png")


def _run(page: bytes, *arguments: str, output: str = "") -> bytes:
    """Runs Chromium on a page; gives the file it wrote, or what it printed."""
    chromium = find_chromium()
    if chromium is None:
        raise WatchbookError(
            Problem(
                "EX002", "This export needs Chromium or Google Chrome, and none is on the PATH.",
                hint="Install it (Debian and Ubuntu: apt-get install chromium), or export in the browser.",
            )
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="watchbook-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder) / "page.html", Path(folder) / (output or "out")
        source.write_bytes(page)
        command = [
            chromium, "--headless=new", "--disable-gpu", "--disable-extensions", "--disable-background-networking", "--no-first-run",
            "--disable-sync", "--disable-dev-shm-usage", "--mute-audio", "--incognito", f"--user-data-dir={folder}/profile",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=8000", "--log-level=3",
            *(["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []),
            *(argument.replace("{out}", str(target)) for argument in arguments), source.as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, cwd=folder)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise WatchbookError(
                Problem("EX004", f"Chromium took longer than {SECONDS} seconds.", hint="Export fewer items at once.")
            ) from None
        except OSError as error:
            raise _failed(str(error)) from error
        if not output:
            return done.stdout
        if not target.is_file():
            raise _failed(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["It wrote no file."])
        return target.read_bytes()


def _failed(why: str | list[str]) -> WatchbookError:
    reason = why if isinstance(why, str) else " ".join(why)
    return WatchbookError(
        Problem("EX003", f"Chromium could not draw: {reason[:300]}", hint="Export in the browser instead.")
    )
