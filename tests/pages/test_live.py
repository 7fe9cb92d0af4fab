"""Live data in a browser, against Azure on loopback: each reader with their own sign-in, from the header that a proxy passes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.engines.azure_server import WORKSPACE, azure_server, token
from tests.pages.conftest import settle
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def part(title: str, text: str) -> dict[str, object]:
    content = {"version": "KqlItem/1.0", "query": text, "queryType": 0, "title": title, "visualization": "table"}
    return {"type": 3, "content": content, "name": title}


def test_each_reader_sees_live_data_by_their_own_sign_in(page: Page, rows: Path, tmp_path: Path) -> None:
    document = {"version": "Notebook/1.0", "items": [part("Beats", "Heartbeat"), part("Secrets", "SecretTable")]}
    (tmp_path / "live.json").write_text(json.dumps(document))
    with azure_server() as azure:
        around = {
            "WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_AZURE_ENDPOINT": azure.address, "WATCHBOOK_WORKSPACES": WORKSPACE,
            "WATCHBOOK_AZURE_CREDENTIAL": "user", "WATCHBOOK_USER_TOKEN_HEADER": "X-Passed-Token",
        }  # fmt: skip
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            page.goto(f"{running.url}/workbook?w=mine%2Flive")
            settle(page)
            page.get_by_role("button", name="Data source").click()
            page.get_by_text("Log Analytics", exact=True).click()
            expect(page.get_by_text("No sign-in of yours reached Watchbook.").first).to_be_visible(timeout=60_000)
            assert azure.of("/query") == []

            own = token()
            page.set_extra_http_headers({"X-Passed-Token": own})
            page.goto(f"{running.url}/workbook?w=mine%2Flive")
            settle(page)
            page.get_by_role("button", name="Data source").click()
            page.get_by_text("Log Analytics", exact=True).click()
            expect(page.get_by_text("You have no permission to query workspace")).to_be_visible(timeout=60_000)
            assert {each.headers["authorization"] for each in azure.of("/query")} == {f"Bearer {own}"}
            page.get_by_role("button", name="Actions of Secrets").click()
            page.get_by_text("How it was answered").click()
            dialog = page.get_by_role("dialog")
            expect(dialog.get_by_text(f"Log Analytics, workspace {WORKSPACE}")).to_be_visible(timeout=60_000)
            expect(dialog.get_by_text("Log Analytics Reader")).to_be_visible()
            assert own.split(".")[1] not in page.content()
