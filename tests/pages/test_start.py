"""What a browser loads before a page is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import settle
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_deep_link_asks_only_for_what_is_there(page: Page, dashboard: Serving) -> None:
    asked: dict[str, int] = {}
    page.on("response", lambda response: asked.update({response.url.removeprefix(dashboard.url): response.status}))

    page.goto(f"{dashboard.url}/workbook?w=aks-pod-inventory")
    settle(page)

    assert {address: status for address, status in asked.items() if status >= 400} == {}
    assert "/_stcore/health" in asked


def test_what_draws_a_workbook_is_loaded_with_its_page_and_not_with_the_gallery(page: Page, dashboard: Serving) -> None:
    page.goto(f"{dashboard.url}/workbook?w=aks-pod-inventory")
    soon = page.locator("link[rel=modulepreload][href$='/chart.js']")
    expect(soon).to_have_count(1)
    settle(page)

    page.goto(dashboard.url)
    settle(page)
    expect(soon).to_have_count(0)
