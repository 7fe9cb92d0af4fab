"""The chart in a real browser: when it is drawn, at what size, and what of a reader's acts reaches Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
TO_END = "() => { const main = document.querySelector('.stMain'); main.scrollTo(0, main.scrollHeight); }"


@pytest.fixture(scope="module")
def charts() -> Iterator[Serving]:
    with serving(Path(__file__).with_name("chart_page.py")) as running:
        yield running


@pytest.fixture
def opened(page: Page, charts: Serving) -> Page:
    page.set_viewport_size({"width": 1000, "height": 700})
    page.goto(charts.url)
    expect(page.locator(".wb-chart")).to_have_count(13, timeout=60_000)
    expect(_chart(page, "Pods by app").locator(".point")).to_have_count(3)
    expect(page.locator(".wb-grid")).to_have_attribute("data-state", "far")
    return page


def _chart(page: Page, label: str) -> Locator:
    return page.get_by_role("figure", name=label, exact=True)


def test_what_is_far_from_the_screen_is_drawn_when_a_reader_comes_near(opened: Page) -> None:
    page = opened
    page.wait_for_timeout(1_000)
    assert _chart(page, "Chart 9").locator("svg").count() == 0
    assert page.locator(".tabulator-row").count() == 0

    page.evaluate(TO_END)

    expect(_chart(page, "Chart 9").locator(".point")).to_have_count(3)
    expect(page.locator(".tabulator-row")).to_have_count(5)


def test_what_is_not_drawn_yet_keeps_its_place(opened: Page) -> None:
    page = opened
    before = page.evaluate("() => document.querySelector('.stMain').scrollHeight")
    page.evaluate(TO_END)
    expect(page.locator(".tabulator-row")).to_have_count(5)
    assert abs(page.evaluate("() => document.querySelector('.stMain').scrollHeight") - before) < 60


def test_everything_is_drawn_for_print(opened: Page) -> None:
    page = opened
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".wb-chart:has(.point, .slice)")).to_have_count(12)
    expect(page.locator(".tabulator-row")).to_have_count(5)


def test_an_old_drawing_is_not_shown_once_there_is_a_new_one(opened: Page) -> None:
    page = opened
    page.evaluate(TO_END)
    expect(page.locator(".tabulator-row")).to_have_count(5)
    page.evaluate("() => document.querySelector('.stMain').scrollTo(0, 0)")
    page.get_by_text("One more").click()
    expect(page.locator(".wb-grid")).to_have_attribute("data-state", "far")
    expect(page.get_by_text("pod-0False")).to_be_hidden()

    page.evaluate(TO_END)

    expect(page.get_by_text("pod-0True")).to_be_visible()
    ticks = _chart(page, "Chart 9").locator(".ytick")
    expect(ticks.filter(has_text="15")).to_have_count(1)


def test_a_chart_follows_the_width_of_the_window(opened: Page) -> None:
    page = opened
    root = _chart(page, "Pods by app")
    fits = "(root) => root.clientWidth < 700 && Math.abs(root.querySelector('.main-svg').clientWidth - root.clientWidth) < 2"
    assert not root.evaluate(fits)
    page.set_viewport_size({"width": 600, "height": 700})
    page.wait_for_function(fits, arg=root.element_handle())


def _middle(mark: Locator) -> tuple[float, float]:
    box = mark.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_clicked_bar_is_told_and_a_second_click_takes_it_back(opened: Page) -> None:
    page = opened
    figure = _chart(page, "Pods by app")
    at = _middle(figure.locator(".point path").nth(1))
    page.mouse.click(*at)
    expect(page.locator("#event")).to_have_text("ChartEvent(points=((0, 1),), range=None)")
    page.wait_for_timeout(600)
    page.mouse.click(*at)
    expect(page.locator("#event")).to_have_text("ChartEvent(points=(), range=None)")


def test_a_click_on_a_mark_that_is_replaced_meanwhile_is_told_as_no_other(opened: Page) -> None:
    page = opened
    figure = _chart(page, "Pods by app")
    at = _middle(figure.locator(".point path").nth(1))
    page.mouse.move(*at)
    page.mouse.down()
    page.get_by_label("One more").evaluate("box => box.click()")
    expect(figure).to_have_attribute("data-state", "waiting")
    page.mouse.up()
    expect(figure).to_have_attribute("data-state", "drawn")
    page.get_by_text("One more").click()  # what was told before that is on the page by then
    expect(page.get_by_label("One more")).not_to_be_checked()
    page.wait_for_selector("[data-test-script-state=notRunning]")
    expect(page.locator("#event")).to_have_text("nothing")


def test_a_clicked_slice_is_told_and_a_second_click_takes_it_back(opened: Page) -> None:
    page = opened
    at = _middle(_chart(page, "A ring").locator(".slice path").first)
    page.mouse.click(*at)
    expect(page.locator("#event")).to_have_text("ChartEvent(points=((0, 2),), range=None)")
    page.wait_for_timeout(600)
    page.mouse.click(*at)
    expect(page.locator("#event")).to_have_text("ChartEvent(points=(), range=None)")


def test_a_chart_that_cannot_be_drawn_says_so_and_leaves_the_others_alone(opened: Page) -> None:
    page = opened
    expect(_chart(page, "Broken")).to_have_text("This part could not be drawn.")
    expect(_chart(page, "Chart 0").locator(".point")).to_have_count(3)


@pytest.mark.parametrize(("label", "mark"), [("Pods by app", ".point path"), ("A ring", ".slice path")])
def test_what_was_clicked_stays_selected_when_the_numbers_change(opened: Page, label: str, mark: str) -> None:
    page = opened
    _chart(page, label).locator(mark).first.click(force=True)
    expect(page.locator("#event")).not_to_have_text("nothing")
    drawn = _chart(page, label).locator(".main-svg").first
    before = drawn.inner_html()
    page.get_by_text("One more").click()
    page.wait_for_function(
        "([svg, before]) => svg.isConnected && svg.innerHTML !== before || !svg.isConnected",
        arg=[drawn.element_handle(), before],
    )
    page.wait_for_timeout(1_000)  # a second click within the time of a double click is part of the first
    _chart(page, label).locator(mark).first.click(force=True)
    expect(page.locator("#event")).to_have_text("ChartEvent(points=(), range=None)")


def test_in_full_screen_a_chart_follows_the_height_of_the_window(opened: Page) -> None:
    page = opened
    root = _chart(page, "Pods by app")
    root.evaluate("root => { root.parentElement.classList.add('wb-full'); window.dispatchEvent(new Event('resize')); }")
    expect(root.locator(".main-svg").first).to_have_attribute("height", "570")
    page.set_viewport_size({"width": 1000, "height": 800})
    expect(root.locator(".main-svg").first).to_have_attribute("height", "670")
