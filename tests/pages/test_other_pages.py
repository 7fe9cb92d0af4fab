"""Gallery, query page and data page in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import expect_query, settle, write_query

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.serving import Serving

pytestmark = pytest.mark.browser
Visit = Callable[[str], "Page"]
PASTED = "Heartbeat\nwhere Computer startswith “web”\n| extend Kind = extract(“(.+)-.+”, 1, Computer)\nproject Computer, Kind"


def test_the_gallery_lists_workbooks_with_title_sentence_and_tables(visit: Visit) -> None:
    page = visit("/")
    card = page.get_by_role("link").filter(has=page.get_by_role("heading", name="Pods at a glance"))
    expect(card).to_contain_text("Every pod of the clusters, with its phase and restarts.")
    expect(card).to_contain_text("SecurityAlert")


def test_files_that_are_no_workbooks_are_shown_with_their_reason(visit: Visit) -> None:
    page = visit("/")
    bad = page.get_by_role("region", name="Not readable")
    expect(bad).to_contain_text("torn.json")
    expect(bad).to_contain_text("not JSON")
    expect(bad).to_contain_text("other.json")


def test_the_search_narrows_the_gallery_and_a_card_opens_its_workbook(visit: Visit) -> None:
    page = visit("/")
    page.get_by_label("Search workbooks").fill("glance")
    expect(page.get_by_role("status").filter(has_text="1 workbook")).to_be_visible()
    page.get_by_role("heading", name="Pods at a glance").click()
    page.wait_for_url("**/workbook?w=mine*pods*")
    settle(page)
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()


def test_a_query_runs_by_ctrl_enter_and_shows_rows_and_time(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, "Heartbeat | summarize Beats = count() by Computer")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.get_by_role("status").filter(has_text="3 rows in")).to_be_visible()
    expect(page.get_by_role("gridcell", name="db-1")).to_be_visible()


def test_an_empty_editor_offers_examples_that_run_on_a_click(visit: Visit) -> None:
    page = visit("/query")
    page.get_by_role("button", name="Failed sign-ins by place").click()
    settle(page)
    expect_query(page, "summarize Failures = count() by Location", whole=False)
    expect(page.get_by_role("heading", name="Result")).to_be_visible()
    expect(page.get_by_role("button", name="Failed sign-ins by place")).to_have_count(0)


def test_a_query_that_renders_is_drawn_as_a_chart_above_its_rows(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, "Heartbeat | summarize count() by Computer | render piechart")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".js-plotly-plot .slice")).to_have_count(3)
    expect(page.get_by_role("gridcell", name="web-1")).to_be_visible()


def test_a_mistake_is_told_with_its_line_and_a_suggestion(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, "Heartbeat\n| summarise count()")
    page.get_by_role("button", name="Run").click()
    settle(page)
    said = page.locator(".wb-message[role=alert]")
    expect(said).to_contain_text("'summarise' is not an operator")
    expect(said).to_contain_text("Line 2, column 3")
    expect(said).to_contain_text("summarize")


def test_pasted_text_is_repaired_on_a_click_and_the_change_is_shown(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, PASTED)
    page.get_by_role("button", name="Run", exact=False).first.click()
    settle(page)
    offer = page.get_by_role("region", name="Repaired query")
    expect(offer).to_contain_text("- where Computer startswith “web”")
    expect(offer).to_contain_text('+ | where Computer startswith "web"')
    offer.get_by_role("button", name="Run the repaired query").click()
    settle(page)
    expect(page.get_by_role("status").filter(has_text="2 rows in")).to_be_visible()
    expect_query(page, '| where Computer startswith "web"', whole=False)
    expect(offer).to_have_count(0)


def test_a_query_in_the_address_is_shown_and_waits_for_a_click(visit: Visit) -> None:
    page = visit("/query?q=Heartbeat | take 1")
    expect_query(page, "Heartbeat | take 1")
    expect(page.get_by_role("status").filter(has_text="row in")).to_have_count(0)


def test_the_schema_beside_puts_names_into_the_editor(visit: Visit) -> None:
    page = visit("/query")
    page.get_by_role("button", name="Insert Heartbeat").click()
    expect_query(page, "Heartbeat")


def test_history_brings_an_earlier_query_back(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, "Heartbeat | count")
    page.keyboard.press("Control+Enter")
    settle(page)
    write_query(page, "print 1")
    page.get_by_role("button", name="History").click()
    page.get_by_role("menuitem", name="Heartbeat | count").click()
    expect_query(page, "Heartbeat | count")


def test_the_editor_knows_the_tables_marks_mistakes_completes_and_formats(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, "Heartbeat | where Computr == 'web-1'")
    expect(page.locator(".wb-monaco .squiggly-error")).to_have_count(1, timeout=60_000)
    write_query(page, "Heartbeat | where ")
    page.keyboard.type("Compu")
    expect(page.locator(".suggest-widget.visible").get_by_text("Computer", exact=True).first).to_be_visible()
    page.keyboard.press("Escape")
    write_query(page, "Heartbeat | count")
    page.get_by_role("button", name="Format").click()
    expect(page.locator(".wb-monaco .view-line")).to_have_count(2)
    expect_query(page, "Heartbeat\n| count")


def test_a_selection_runs_alone_and_the_result_tells_its_query_sql_and_plan(visit: Visit) -> None:
    page = visit("/query")
    write_query(page, "Heartbeat\n| where Computer == 'web-1'")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+End")
    page.get_by_role("button", name="Run selection").click()
    settle(page)
    expect(page.get_by_role("status").filter(has_text="3 rows in")).to_be_visible()
    expect_query(page, "web-1", whole=False)
    page.get_by_role("tab", name="Query sent").click()
    expect(page.locator(".wb-source")).to_have_text("Heartbeat")
    page.get_by_role("tab", name="SQL").click()
    expect(page.locator(".wb-source")).to_contain_text("SELECT")
    page.get_by_role("tab", name="Plan").click()
    expect(page.locator(".wb-source")).to_contain_text("Projection")


def test_where_the_editor_cannot_be_loaded_a_plain_text_area_does_its_work(page: Page, dashboard: Serving) -> None:
    page.route("**/editor.js", lambda route: route.abort())
    page.goto(dashboard.url + "/query")
    settle(page)
    page.get_by_label("KQL query").fill("Heartbeat | count")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.get_by_role("status").filter(has_text="1 row in")).to_be_visible()


def test_what_is_typed_while_the_editor_comes_stands_in_it(page: Page, dashboard: Serving) -> None:
    held: list[Route] = []
    page.route("**/editor.css", lambda route: held.append(route))
    with page.expect_request("**/editor.css"):
        page.goto(dashboard.url + "/query")
    page.locator(".wb-monaco").wait_for(state="attached")
    page.get_by_label("KQL query").fill("Heartbeat | count")
    held[0].continue_()
    expect_query(page, "Heartbeat | count")


def test_the_data_page_tells_rows_times_and_columns_and_lists_empty_tables_apart(visit: Visit) -> None:
    page = visit("/data")
    row = page.get_by_role("row").filter(has_text="Heartbeat")
    expect(row).to_contain_text("3")
    expect(row).to_contain_text("2026-11-20 10:00:00")
    expect(row).to_contain_text("2026-11-20 08:00:00")
    page.get_by_text("known tables without rows").click()
    page.get_by_label("Search tables").fill("SecurityAlert")
    expect(page.get_by_role("button", name="SecurityAlert", exact=True)).to_be_visible()


def test_a_table_opens_with_its_columns_and_newest_rows(visit: Visit) -> None:
    page = visit("/data")
    page.get_by_role("button", name="Heartbeat", exact=True).click()
    settle(page)
    expect(page.get_by_role("list", name="Columns of Heartbeat")).to_contain_text("Computer")
    expect(page.get_by_role("gridcell", name="db-1")).to_be_visible()
    page.wait_for_url("**table=Heartbeat*")
    page.get_by_role("button", name="Query this table").click()
    page.wait_for_url("**/query*")
    settle(page)
    expect_query(page, "Heartbeat\n| take 100")


def test_an_empty_table_says_so(visit: Visit) -> None:
    page = visit("/data?table=SecurityAlert")
    expect(page.get_by_text("SecurityAlert is known, and has no rows in the local data.")).to_be_visible()


def test_log_analytics_without_a_workspace_says_what_to_set(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Data source").click()
    page.get_by_role("menuitemradio", name="Log Analytics").click()
    settle(page)
    expect(page.get_by_text("No Log Analytics workspace is set.")).to_be_visible()
    expect(page.get_by_role("tab", name="Overview")).to_be_visible()
