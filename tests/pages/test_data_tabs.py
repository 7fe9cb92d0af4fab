"""The data page's tabs: files are imported and connectors looked at as a person does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import settle
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_file_is_looked_at_confirmed_imported_and_seen(page: Page, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "mine").mkdir()
    file = tmp_path / "Orders_CL.jsonl"
    rows = [{"TimeGenerated": "2026-11-20T10:00:00Z", "who": "<b>ada</b>", "n": i} for i in range(3)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "broken\n")
    home = {"WATCHBOOK_HOME": str(tmp_path / "home")}
    with serving(data=tmp_path / "data", workbooks=tmp_path / "mine", environment=home) as running:
        page.goto(running.url + "/data")
        page.get_by_role("tab", name="Import").click()
        page.locator("input[type=file]").set_input_files([file])
        page.get_by_role("button", name="Look at the files").click()
        expect(page.get_by_text("Orders_CL", exact=True)).to_be_visible()
        columns = page.get_by_role("list", name="Columns of Orders_CL")
        expect(columns).to_contain_text("datetime")
        expect(columns).to_contain_text("long")
        page.get_by_role("button", name="Import", exact=True).click()
        expect(page.get_by_text("3 rows to Orders_CL")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Rejected rows of Orders_CL.jsonl").click()
        assert "not JSON" in Path(download.value.path()).read_text()
        page.get_by_role("tab", name="Tables").click()
        expect(page.get_by_text("Orders_CL").first).to_be_visible()
        page.get_by_role("tab", name="Connectors").click()
        settle(page)
        rest = page.locator("details").filter(has_text="REST API")
        rest.locator("summary").click()
        expect(rest.get_by_role("cell", name="Orders_CL")).to_be_visible()
        expect(rest).to_contain_text("Connect it in Azure")
