"""Takes the screenshots of README and docs/ from the running dashboard on a small sample estate:
`python -m tests.screenshots` writes docs/screenshots/."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from dashboard.ingest.estate import generate
from tests.serving import launch_chromium, serving
from tests.shared import ROOT

FOLDER = ROOT / "docs/screenshots"
# name, address below the dashboard's, width, height, colour scheme
PICTURES = (
    ("gallery", "/", 1440, 1000, "light"),
    ("mitre-attack", "/workbook?w=mitre-attack", 1440, 1000, "light"),
    ("aks-pod-inventory", "/workbook?w=aks-pod-inventory", 1440, 1300, "light"),
    ("aks-audit-warnings", "/workbook?w=aks-audit-warnings", 1440, 1300, "dark"),
    ("incident-trends", "/workbook?w=incident-trends", 1440, 1300, "dark"),
    ("query", "/query", 1440, 1000, "light"),
    ("data", "/data", 1440, 1000, "light"),
    ("phone", "/workbook?w=aks-pod-inventory", 390, 1100, "light"),
)


def picture(browser: Browser, address: str, width: int, height: int, scheme: str, path: Path) -> None:
    """One page, once nothing on it moves any more."""
    colours = "dark" if scheme == "dark" else "light"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colours)
    page = context.new_page()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(6_000)
    if address.endswith("/query"):
        page.get_by_role("button", name="Failed sign-ins by place").click()
        page.wait_for_timeout(6_000)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data, own = Path(folder, "data"), Path(folder, "workbooks")
        own.mkdir()
        generate(data)
        browser = launch_chromium(playwright)
        with serving(data=data, workbooks=own) as running:
            for name, address, width, height, scheme in PICTURES:
                picture(browser, running.url + address, width, height, scheme, FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
