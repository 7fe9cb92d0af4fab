"""A workbook is changed in the browser, saved, taken up again, and brought back to what it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.pages import samples
from tests.pages.conftest import part, settle
from tests.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Go = Callable[[str], "Page"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the user's workbooks."""
    return samples.write(tmp_path_factory.mktemp("edited"))


@pytest.fixture(scope="module")
def editor(estate: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The dashboard over the sample estate with a store of its own."""
    home = {"WATCHBOOK_HOME": str(tmp_path_factory.mktemp("home")), "WATCHBOOK_AUTHOR": "Ada"}
    with serving(data=estate, workbooks=folder, environment=home) as running:
        yield running


@pytest.fixture
def go(page: Page, editor: Serving) -> Go:
    """Opens an address and waits until nothing runs."""

    def visit(address: str) -> Page:
        page.goto(editor.url + address)
        settle(page)
        return page

    return visit


def press(page: Page, name: str, exact: bool = True) -> None:
    page.get_by_role("button", name=name, exact=exact).first.click()
    settle(page)


def saved(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.json").read_text())


def test_a_new_user_copies_a_workbook_changes_it_and_restores_the_first_version(go: Go, folder: Path) -> None:
    page = go("/workbook?w=aks-pod-inventory")
    press(page, "Edit this workbook")
    press(page, "Save as a copy")
    page.get_by_label("Title").fill("My pods")
    press(page, "Save the copy")
    page.wait_for_url("**w=mine%2Fmy-pods*")
    settle(page)
    original = saved(folder, "my-pods")
    # change a chart's query and type
    page.locator(".wb-itembar-name", has_text="Pods by namespace").click()
    settle(page)
    query = page.get_by_label("Query", exact=True)
    query.fill("KubePodInventory | summarize Pods = dcount(Name) by Namespace | top 3 by Pods")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_label("Drawn as").select_option("Bar chart (categories)")
    settle(page)
    # add a tile, move it
    press(page, "Add")
    page.get_by_role("menuitem", name="Query").click()
    settle(page)
    page.get_by_label("Query", exact=True).fill(
        "KubePodInventory | summarize Pods = dcount(Name) by Cluster = ClusterName"
    )
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_label("Title", exact=True).fill("Pods of each cluster")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_label("Drawn as").select_option("Tiles")
    settle(page)
    press(page, "Move up: Pods of each cluster")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
    press(page, "Save")
    page.get_by_label("Message").fill("Three biggest namespaces")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    settle(page)
    expect(page.get_by_text("Saved as version 2")).to_be_visible()
    changed = saved(folder, "my-pods")
    titles = [item["content"].get("title") for item in changed["items"]]
    assert titles.index("Pods of each cluster") == titles.index("Pods by namespace") - 1
    # reload, see it
    page.reload()
    settle(page)
    press(page, "Stop editing")
    assert "aks-shop-prod" in part(page, "Pods of each cluster")
    # restore the first version
    press(page, "Edit this workbook")
    press(page, "Versions")
    page.get_by_role("button", name="1 · Ada", exact=False).click()
    settle(page)
    expect(page.locator(".wb-changes")).to_contain_text("Pods of each cluster")
    page.get_by_role("radio", name="Lines").click()
    expect(page.locator(".wb-diff .is-added").first).to_be_visible()
    press(page, "Restore this version")
    press(page, "Save")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    settle(page)
    assert saved(folder, "my-pods") == original
