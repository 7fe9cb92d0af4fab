"""On paper: a page is light, has no controls, and series of a chart are told apart without their colours."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageStat
from playwright.sync_api import expect

from dashboard.document import load_workbook
from dashboard.engines.local import LocalEngine
from dashboard.export.page import export_page_html, item_view, notices_of
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, run_all
from tests.pages.conftest import settle
from tests.serving import Serving, open_page
from tests.workbooks.test_shipped_workbooks import FOLDER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser
MASKS = """() => [...document.querySelectorAll(".js-plotly-plot")].map((plot) =>
  [...plot.querySelectorAll(".barlayer > .trace, .pielayer .slice .surface")].map((part) => getComputedStyle(part).maskImage))"""


def textures(swatches: list[Locator]) -> list[tuple[float, float]]:
    """How light each swatch is without colour, and how much it changes from pixel to pixel."""
    found = []
    for swatch in swatches:
        box = swatch.bounding_box()
        assert box is not None
        shot = swatch.page.screenshot(clip={"x": box["x"], "y": box["y"] + 3, "width": 14, "height": box["height"] - 6})
        grey = ImageStat.Stat(Image.open(io.BytesIO(shot)).convert("L"))
        found.append((grey.mean[0], grey.stddev[0]))
    return found


def test_the_parts_of_a_printed_chart_and_their_numbers_carry_the_same_marks(page: Page, server: Serving) -> None:
    page.goto(f"{server.url}/workbook?w=incident-trends")
    expect(page.get_by_role("heading", name="By severity")).to_be_visible(timeout=60_000)
    settle(page)
    assert {mask for chart in page.evaluate(MASKS) for mask in chart} == {"none"}
    page.emulate_media(media="print")
    settle(page)
    for chart in page.evaluate(MASKS):
        assert len(chart) == len(set(chart)), "two parts of a chart look alike"
    strip = page.locator(".wb-strip.is-piechart").first
    seen = textures(strip.locator(".wb-strip-entry").all())
    assert len(seen) > 2
    assert all(abs(one[0] - two[0]) + abs(one[1] - two[1]) > 8 for one, two in pairwise(seen)), seen


def test_a_dark_page_is_printed_light_and_without_controls(browser: Browser, server: Serving) -> None:
    page = open_page(browser, viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page.goto(f"{server.url}/workbook?w=incident-trends")
    expect(page.get_by_role("heading", name="By severity")).to_be_visible(timeout=60_000)
    settle(page)
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".wb-bar").first).to_be_hidden()
    grey = Image.open(io.BytesIO(page.screenshot())).convert("L")
    assert ImageStat.Stat(grey).mean[0] > 220
    beside = [page.get_by_role("heading", name=name).bounding_box() for name in ("By severity", "By status")]
    assert beside[0] is not None
    assert beside[1] is not None
    assert abs(beside[0]["y"] - beside[1]["y"]) < 5
    page.context.close()


def test_an_exported_page_marks_its_series_in_print_alone(page: Page, estate: Path) -> None:
    session = Session(load_workbook(FOLDER / "incident-trends.json"), LocalEngine(estate, known_tables()))
    drawn = [(item, item_view(item, result, "UTC"), notices_of(result)) for item, result in run_all(session)]
    page.set_content(export_page_html("Incident trends", drawn).decode())
    page.wait_for_function("document.documentElement.dataset.drawn")
    assert {mask for chart in page.evaluate(MASKS) for mask in chart} == {"none"}
    page.emulate_media(media="print")
    assert all(len(chart) == len(set(chart)) for chart in page.evaluate(MASKS))
    assert len(textures(page.locator(".wb-metrics.is-piechart").first.locator("li").all())) > 2
