"""Workbooks to and from Azure in a browser, against Resource Manager on loopback: a change is seen before it is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dashboard.document import load_workbook
from tests.commands.test_azure_workbooks import document, held
from tests.engines.azure_server import GROUP, Azure, azure_server, environment
from tests.pages.conftest import choose, settle
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def sent(azure: Azure) -> list[str]:
    return [each.method for each in azure.asked if each.method not in ("GET", "POST")]


def test_a_workbook_is_published_after_its_change_was_seen_and_not_over_what_came_meanwhile(
    page: Page, rows: Path, tmp_path: Path
) -> None:
    (tmp_path / "pods.json").write_text(json.dumps(document("# Pods", "<b>new</b>")))
    with azure_server() as azure:
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home")}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            page.goto(f"{running.url}/workbook?w=mine%2Fpods")
            settle(page)
            page.get_by_role("button", name="Export").click()
            page.get_by_role("tab", name="To Azure").click()
            assert azure.asked == []
            page.get_by_role("button", name="Look up my subscriptions").click()
            choose(page, "Resource group", "soc")
            expect(page.get_by_label("Title in Azure")).to_have_value("Pods")
            page.get_by_role("button", name="Show what would change").click()
            expect(page.get_by_text("'Pods' is not there yet and would be created:")).to_be_visible()
            expect(page.get_by_text("added text <b>new</b>")).to_be_visible()
            assert sent(azure) == []
            page.get_by_role("button", name="Publish", exact=True).click()
            expect(page.get_by_text("'Pods' is published.")).to_be_visible()
            ((path, made),) = azure.resources.items()
            assert path.startswith(f"{GROUP}/providers/Microsoft.Insights/workbooks/")
            assert json.loads(made["properties"]["serializedData"]) == document("# Pods", "<b>new</b>")
            page.get_by_role("button", name="Show what would change").click()
            expect(page.get_by_text("'Pods' is there already, and is the same.")).to_be_visible()

            made["properties"]["serializedData"] = json.dumps(document("# Pods", "theirs"))
            page.get_by_role("button", name="Show what would change").click()
            expect(page.get_by_text("'Pods' is there already and would be changed:")).to_be_visible()
            expect(page.get_by_text("theirs → <b>new</b>")).to_be_visible()
            made["etag"] = '"9"'
            page.get_by_role("button", name="Publish", exact=True).click()
            expect(page.get_by_text("EN039")).to_be_visible()
            assert json.loads(made["properties"]["serializedData"]) == document("# Pods", "theirs")
            assert sent(azure) == ["PUT", "PUT"]


def test_all_workbooks_of_a_subscription_are_fetched_twice_and_a_version_is_kept_of_what_stood_there(
    page: Page, rows: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    with azure_server() as azure:
        for number in range(3):
            held(azure, f"w{number}", f"Workbook {number}", document(f"# Text {number}"))
        held(azure, "broken", "<b>Broken</b>", "{not json", "sentinel")
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home")}
        with serving(data=rows, workbooks=mine, environment=around) as running:
            page.goto(running.url)
            settle(page)
            page.get_by_role("button", name="Import", exact=True).click()
            page.get_by_role("tab", name="Azure", exact=True).click()
            assert azure.asked == []
            page.get_by_role("button", name="Look up my subscriptions").click()
            page.get_by_role("button", name="Import all workbooks").click()
            expect(page.get_by_text("3 workbooks are in 'azure' now.")).to_be_visible()
            expect(page.get_by_text("<b>Broken</b>", exact=True)).to_be_visible()
            (mine / "azure/workbook-1.json").write_text(json.dumps(document("# Changed here")))
            page.get_by_role("button", name="Import all workbooks").click()
            settle(page)
            page.get_by_role("button", name="Show them").click()
            expect(page.get_by_role("link", name="Text 1")).to_be_visible()
            assert sent(azure) == []
        names = sorted(path.name for path in (mine / "azure").iterdir())
        assert names == ["workbook-0.json", "workbook-1.json", "workbook-2.json"]
        assert load_workbook(mine / "azure/workbook-1.json").raw == document("# Text 1")
