"""What a component shows when Streamlit has newer data before it has the end of the mount before: it then ends that mount late."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import expect_part, expect_query, settle, write_query

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser
Visit = Callable[[str], "Page"]

LATE = """import mount from "./%s.js?itself";
window.late ??= [];
export default (given) => {
  const end = mount(given);
  return new Promise((done) => window.late.push(() => done(end)));
};
"""
"""The component's own module, whose ends come when the test asks for them."""
ENDED = "async () => { for (const come of window.late.splice(0)) come(); await new Promise((done) => setTimeout(done, 100)); }"


def late(page: Page, component: str) -> None:
    """From now on the ends of the component's mounts are held back."""

    def answer(route: Route) -> None:
        if "?itself" in route.request.url:
            route.continue_()
        else:
            route.fulfill(body=LATE % component, content_type="text/javascript")

    page.route(f"**/{component}.js*", answer)


def test_the_editor_goes_on_after_a_mount_that_was_overtaken(page: Page, visit: Visit) -> None:
    late(page, "kql")
    visit("/query")
    write_query(page, "Heartbeat\n| summarise count()")
    page.get_by_role("button", name="Run").click()
    settle(page)
    page.evaluate(ENDED)
    write_query(page, "Heartbeat | where Computer == “web-1”")
    page.get_by_role("button", name="Run").click()
    settle(page)
    page.evaluate(ENDED)
    expect(page.get_by_role("region", name="Repaired query")).to_be_visible()
    expect_query(page, "Heartbeat | where Computer == “web-1”")
    page.get_by_role("button", name="Insert Heartbeat").click()
    expect_query(page, "Heartbeat | where Computer == “web-1”Heartbeat")
    expect(page.get_by_text("BidiComponent Error")).to_have_count(0)


def test_charts_and_grids_stay_drawn_after_a_mount_that_was_overtaken(page: Page, visit: Visit) -> None:
    late(page, "chart")
    late(page, "grid")
    visit("/workbook?w=mine/pods")
    chart = page.get_by_role("figure", name="Pods by namespace")
    expect(chart.locator(".slice")).to_have_count(3)
    page.locator("[data-parameter=Namespace] .wb-pick").click()
    page.get_by_role("option", name="Shop").click()
    page.keyboard.press("Escape")
    settle(page)
    page.evaluate(ENDED)
    settle(page)
    expect(chart.locator(".slice")).to_have_count(1)
    page.get_by_role("tab", name="Inventory").click()
    settle(page)
    expect_part(page, "Pods", "web-1", "web-2", without=["ledger-1"])
    page.locator(".tabulator-row", has_text="web-2").click()
    settle(page)
    page.get_by_role("radio", name="Running").click()
    settle(page)
    page.evaluate(ENDED)
    expect_part(page, "Pods", "web-1", without=["web-2"])
