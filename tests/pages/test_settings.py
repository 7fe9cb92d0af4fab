"""The settings page in a browser, against Azure on loopback: sign in, add a workspace, see what can be read, take it out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.engines.azure_server import WORKSPACE, azure_server, environment, token
from tests.pages.conftest import settle
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_workspace_is_added_tested_and_taken_out_on_the_settings_page(page: Page, rows: Path, tmp_path: Path) -> None:
    with azure_server() as azure:
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path)}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            page.goto(running.url)
            settle(page)
            page.get_by_role("link", name="Settings").click()
            expect(page.get_by_role("heading", name="Sign-in to Azure")).to_be_visible()
            page.get_by_label("Workspace id").fill("nonsense")
            page.get_by_role("button", name="Add and test").click()
            expect(page.get_by_text("is no workspace id")).to_be_visible()
            page.get_by_label("Workspace id").fill(WORKSPACE)
            page.get_by_label("Name (optional)").fill("Production <b>")
            page.get_by_role("button", name="Add and test").click()
            expect(page.get_by_text("1 of 2 tables with data can be read")).to_be_visible(timeout=60_000)
            expect(page.get_by_text("Production <b>")).to_be_visible()
            expect(page.get_by_text("SecretTable: You have no permission to read this table.")).to_be_visible()
            page.get_by_role("button", name="Check").click()
            expect(page.get_by_text("You are ada@example.org.")).to_be_visible()
            page.get_by_role("button", name="Remove", exact=True).click()
            page.get_by_role("button", name="Remove it").click()
            expect(page.get_by_text("No workspace is set yet.")).to_be_visible()
            assert token().split(".")[1][:40] not in page.content()


def test_what_was_changed_in_another_tab_stays_as_it_was_changed_there(page: Page, rows: Path, tmp_path: Path) -> None:
    kept = tmp_path / "azure.json"
    with serving(data=rows, workbooks=tmp_path, environment={"WATCHBOOK_HOME": str(tmp_path)}) as running:
        page.goto(f"{running.url}/settings")
        settle(page)
        other = page.context.new_page()
        other.goto(f"{running.url}/settings")
        settle(other)
        words = "Incidents of Microsoft Sentinel may be changed from here"
        page.get_by_text(words).click()
        settle(page)
        assert json.loads(kept.read_text())["changes"] is True
        page.get_by_role("combobox", name="Cloud").click()
        page.get_by_role("option").nth(1).click()
        settle(page)
        cloud = json.loads(kept.read_text())["cloud"]
        assert cloud not in ("", "public")
        # The other tab shows it from its next run on.
        other.get_by_label("Workspace id").fill("nonsense")
        other.get_by_role("button", name="Add and test").click()
        expect(other.get_by_text("is no workspace id")).to_be_visible()
        expect(other.get_by_role("checkbox", name=words)).to_be_checked()
        page.get_by_text(words).click()
        settle(page)
        assert json.loads(kept.read_text())["changes"] is False
        other.get_by_label("Workspace id").fill("nonsense too")
        other.get_by_role("button", name="Add and test").click()
        expect(other.get_by_text("'nonsense too' is no workspace id")).to_be_visible()
        settle(other)
        assert json.loads(kept.read_text())["changes"] is False
        assert json.loads(kept.read_text())["cloud"] == cloud
        expect(other.get_by_role("checkbox", name=words)).not_to_be_checked()
