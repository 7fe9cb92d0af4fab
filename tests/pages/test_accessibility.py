"""axe-core, the checker that browsers' own tools use, finds nothing of ours on any page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.pages.bar import PAGES
from dashboard.pages.shelves import SHELVES
from tests.pages.conftest import SCROLLED, settle
from tests.serving import Serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
# axe-core 4.11.0 (MPL-2.0), as published; its licence is beside it.
AXE = Path(__file__).with_name("axe") / "axe.min.js"
# A grid is one tab stop and its keys scroll it, as the ARIA grid pattern asks; the rule looks for a tab stop inside.
KNOWN = {("scrollable-region-focusable", ".tabulator-tableholder")}
ADDRESSES = [f"/{path}" for _, _, path in PAGES] + ["/new", "/settings", "/workbook?w=aks-pod-inventory"]


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line each."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = []
    for violation in found["violations"]:
        for node in violation["nodes"]:
            place = str(node["target"][-1])
            if not any(violation["id"] == rule and part in place for rule, part in KNOWN):
                told.append(f"{violation['id']}: {violation['help']} at {place}: {node['html'][:160]}")
    return told


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_on_any_page(address: str, page: Page, server: Serving) -> None:
    page.emulate_media(color_scheme="dark" if ADDRESSES.index(address) % 2 else "light")
    page.goto(server.url + address)
    settle(page)
    assert violations(page) == []


@pytest.mark.soak
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [name for _, names in SHELVES for name in names])
def test_axe_finds_nothing_in_any_shipped_workbook(name: str, scheme: str, page: Page, server: Serving) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.url}/workbook?w={name}&p.Entity=quinn.harper%40fabrikam.com")
    settle(page)
    page.evaluate(SCROLLED)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_edit_mode(scheme: str, page: Page, server: Serving) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server.url}/workbook?w=aks-pod-inventory&edit=1")
    settle(page)
    assert violations(page) == []
    page.locator(".wb-itembar-name", has_text="Pods by phase").click()
    settle(page)
    page.locator(".wb-form summary", has_text="Axes and numbers").click()
    assert violations(page) == []
    for panel in ("JSON", "Versions"):
        page.get_by_role("group", name="Panel").get_by_role("button", name=panel).click()
        settle(page)
        assert violations(page) == [], panel
