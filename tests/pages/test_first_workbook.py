"""The guide docs/first-workbook.md, step by step: what it says to press and to write is pressed and written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dashboard import cli
from tests.pages.conftest import expect_part, settle, write_query
from tests.serving import Serving, serving
from tests.shared import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
GUIDE = (ROOT / "docs/first-workbook.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("my-workbooks")


@pytest.fixture(scope="module")
def watchbook(estate: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = {"WATCHBOOK_HOME": str(tmp_path_factory.mktemp("home")), "WATCHBOOK_AUTHOR": "Ada"}
    with serving(data=estate, workbooks=folder, environment=home) as running:
        yield running


def test_the_guide_leads_from_the_gallery_to_a_checked_workbook(
    page: Page, watchbook: Serving, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title, own_title = re.findall(r"```text\n(.*?)\n```", GUIDE)
    changed_query, own_query = re.findall(r"```kql\n(.*?)\n```", GUIDE)

    def press(name: str) -> None:
        assert f"**{name}**" in GUIDE
        page.get_by_role("button", name=name, exact=True).first.click()
        settle(page)

    page.goto(watchbook.url)
    page.get_by_role("link", name="AKS pod inventory").first.click()
    page.wait_for_url("**w=aks-pod-inventory*")
    settle(page)
    press("Edit this workbook")
    press("Save as a copy")
    page.get_by_label("Title").fill(title)
    press("Save the copy")
    page.wait_for_url("**w=mine%2Fmy-first-workbook*")
    settle(page)

    page.locator(".wb-itembar-name", has_text="Pods by namespace").click()
    settle(page)
    write_query(page, changed_query)
    page.keyboard.press("Control+Enter")
    settle(page)
    page.get_by_label("Drawn as").select_option("Bar chart (categories)")
    settle(page)

    press("Add")
    page.get_by_role("menuitem", name="Query").click()
    settle(page)
    write_query(page, own_query)
    page.keyboard.press("Control+Enter")
    settle(page)
    page.get_by_label("Title", exact=True).fill(own_title)
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name=f"Move up: {own_title}", exact=True).click()
    settle(page)

    press("Save")
    page.get_by_label("Message").fill("My first change")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    settle(page)
    expect(page.get_by_text("Saved as version 2")).to_be_visible()
    page.reload()
    settle(page)
    press_done = page.get_by_role("button", name="Stop editing", exact=True)
    press_done.first.click()
    settle(page)
    expect_part(page, own_title, "BackOff")

    file = folder / "my-first-workbook.json"
    items = json.loads(file.read_text(encoding="utf-8"))["items"]
    assert {changed_query, own_query} <= {item["content"].get("query") for item in items}
    assert cli.main(["check", str(folder)]) == 0
    assert "0 findings" in capsys.readouterr().out
