"""Takes the pictures of the gallery from the running dashboard on a small sample estate, light and dark:
`python -m tests.thumbnails [NAME…]` writes dashboard/pages/static/thumbnails/ as WebP of a few kilobytes each."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from dashboard.ingest.estate import generate
from dashboard.pages.shelves import PICTURES, SHELVES
from tests.pages.conftest import DRAWN, IDLE
from tests.serving import launch_chromium, serving

WIDTH, HEIGHT, BAR = 1280, 747, 45
SIZE = (480, 280)
# What a workbook is opened with, so that its picture shows it at work.
OPENED_WITH = {"entity": "&p.Entity=quinn.harper%40fabrikam.com"}


def picture(page: Page, address: str, path: Path) -> None:
    """The top of one workbook, without the bar, once everything on it is drawn."""
    page.goto(address)
    page.locator(".wb-strip, .wb-grid").first.wait_for()
    for _ in range(2):
        page.wait_for_timeout(1_000)
        page.wait_for_selector(IDLE)
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(1_500)
    taken = page.screenshot(clip={"x": 0, "y": BAR, "width": WIDTH, "height": HEIGHT})
    Image.open(io.BytesIO(taken)).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS).save(
        path, "WEBP", quality=72, method=6
    )


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    names = sys.argv[1:] or [name for _, shelf in SHELVES for name in shelf]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data, own = Path(folder, "data"), Path(folder, "workbooks")
        own.mkdir()
        generate(data)
        browser = launch_chromium(playwright)
        with serving(data=data, workbooks=own, environment={"WATCHBOOK_HOME": folder}) as running:
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": WIDTH, "height": HEIGHT + BAR},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = context.new_page()
                page.set_default_timeout(180_000)
                for name in names:
                    address = f"{running.url}/workbook?w={name}{OPENED_WITH.get(name, '')}"
                    picture(page, address, PICTURES / f"{name}.{scheme}.webp")
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
