"""Live data in a browser, against Azure on loopback: each reader with their own sign-in, from the header that a proxy passes on."""

from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.engines.azure_server import WORKSPACE, azure_server, environment, token
from tests.engines.fault_server import TOO_LARGE
from tests.pages.conftest import choose_live, go_live, settle, write_query
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def part(title: str, text: str) -> dict[str, Any]:
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
            go_live(page, f"{running.url}/workbook?w=mine%2Flive")
            expect(page.get_by_text("No sign-in of yours reached Watchbook.").first).to_be_visible(timeout=60_000)
            assert azure.of("/query") == []

            own = token()
            page.set_extra_http_headers({"X-Passed-Token": own})
            go_live(page, f"{running.url}/workbook?w=mine%2Flive")
            expect(page.get_by_text("You have no permission to query workspace")).to_be_visible(timeout=60_000)
            assert {each.headers["authorization"] for each in azure.of("/query")} == {f"Bearer {own}"}
            page.get_by_role("button", name="Actions of Secrets").click()
            page.get_by_text("How it was answered").click()
            dialog = page.get_by_role("dialog")
            expect(dialog.get_by_text(f"Log Analytics, workspace {WORKSPACE}")).to_be_visible(timeout=60_000)
            expect(dialog.get_by_text("Log Analytics Reader")).to_be_visible()
            assert own.split(".")[1] not in page.content()


def test_the_query_page_knows_the_tables_of_the_workspace(page: Page, rows: Path, tmp_path: Path) -> None:
    with azure_server() as azure:
        azure.tables["Shop_CL"] = [("TimeGenerated", "datetime"), ("Basket_d", "real"), ("Shopper_s", "string")]
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            page.goto(f"{running.url}/query")
            settle(page)
            assert azure.asked == []
            choose_live(page)
            tables = page.get_by_role("complementary", name="Tables")
            tables.get_by_text("Shop_CL").click()
            expect(tables.get_by_text("Shopper_s")).to_be_visible()
            write_query(page, "Shop_CL | where Shoper_s == ''")
            expect(page.locator(".wb-monaco .squiggly-error")).to_have_count(1, timeout=60_000)
            write_query(page, "Shop_CL | where ")
            page.keyboard.type("Shopp")
            expect(page.locator(".suggest-widget.visible").get_by_text("Shopper_s", exact=True).first).to_be_visible()
            assert len(azure.of("/metadata")) == 1


def test_a_result_that_is_too_large_offers_to_narrow_the_range(page: Page, rows: Path, tmp_path: Path) -> None:
    window = {
        "name": "Range",
        "type": 4,
        "isRequired": True,
        "value": {"durationMs": 604_800_000},
        "typeSettings": {"selectableValues": [{"durationMs": 604_800_000}], "allowCustom": True},
    }
    beats = part("Beats", "Heartbeat")
    beats["content"]["timeContextFromParameter"] = "Range"  # type: ignore[index]
    items = [{"type": 9, "content": {"version": "KqlParameterItem/1.0", "parameters": [window]}, "name": "p"}, beats]
    (tmp_path / "large.json").write_text(json.dumps({"version": "Notebook/1.0", "items": items}))
    with azure_server() as azure:

        def told(text: str) -> dict[str, object]:
            table = {"name": "P", "columns": [{"name": "a", "type": "long"}], "rows": [[1]]}
            asked = azure.of("/query")[-1].body
            start, end = (dt.datetime.fromisoformat(each) for each in asked["timespan"].split("/"))
            large = {"error": TOO_LARGE} if end - start > dt.timedelta(days=2) else {}
            return {"tables": [table], **large}

        azure.answer = told
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            go_live(page, f"{running.url}/workbook?w=mine%2Flarge")
            expect(page.get_by_text("This is a part of it, 1 rows").first).to_be_visible(timeout=60_000)
            page.get_by_role("button", name="Look at the last 42 hours only").click()
            expect(page.get_by_text("This is a part of it, 1 rows")).to_have_count(0, timeout=60_000)


def test_an_aged_result_is_shown_at_once_and_drawn_anew_when_the_newer_one_is_there(
    page: Page, rows: Path, tmp_path: Path
) -> None:
    document = {"version": "Notebook/1.0", "items": [part("Beats", "Heartbeat")]}
    (tmp_path / "aged.json").write_text(json.dumps(document))
    may_answer, answers = threading.Event(), []
    may_answer.set()

    def told(_: str) -> dict[str, object]:
        may_answer.wait(30)
        answers.append(1)
        table = {"name": "P", "columns": [{"name": "n", "type": "string"}], "rows": [[f"answer {len(answers)}"]]}
        return {"tables": [table]}

    with azure_server() as azure:
        azure.answer = told
        around = environment(azure) | {
            "WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE, "WATCHBOOK_LIVE_FRESH_SECONDS": "5",
        }  # fmt: skip
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            for first in (True, False):
                go_live(page, f"{running.url}/workbook?w=mine%2Faged")
                expect(page.get_by_text("answer 1")).to_be_visible(timeout=60_000)
                if first:
                    page.wait_for_timeout(6_000)
                    may_answer.clear()
            expect(page.get_by_text("being fetched anew")).to_be_visible(timeout=60_000)
            may_answer.set()
            expect(page.get_by_text("answer 2")).to_be_visible(timeout=60_000)
            expect(page.get_by_text("being fetched anew")).to_have_count(0)
            expect(page.get_by_text("This part of the page failed")).to_have_count(0)
