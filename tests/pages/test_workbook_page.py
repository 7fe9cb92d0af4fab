"""The workbook page in a real browser: what a person sees, clicks and types."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.pages.conftest import expect_part, expect_query, part, settle
from tests.pages.samples import LONG_NAME, PODS, document, query
from tests.serving import serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.serving import Serving

pytestmark = pytest.mark.browser
Visit = Callable[[str], "Page"]


def pick(page: Page, parameter: str, *options: str) -> None:
    """Opens a drop-down and takes options."""
    page.locator(f"[data-parameter={parameter}] .wb-pick").click()
    for option in options:
        page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    settle(page)


def test_a_workbook_shows_its_title_parameters_tabs_and_charts(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    expect(page.get_by_role("heading", name="Pods at a glance")).to_be_visible()
    expect(page.get_by_role("button", name="Time range: Last 7 days")).to_be_visible()
    expect(page.get_by_role("button", name="Namespace: All")).to_be_visible()
    expect(page.get_by_role("tab", name="Overview")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect_part(page, "Pods by namespace", "shop 2")


def test_each_part_without_a_drawing_says_why_and_the_rest_lives(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    expect_part(page, "Fixed", "does not depend on anything")
    expect_part(page, "Nothing there", "All quiet.")
    expect_part(page, "Broken query", "'wheer' is not an operator")
    expect_part(page, "Broken query", "Did you mean 'where'?")
    expect_part(page, "Unknown table", "NoSuchTable_CL")
    expect_part(page, "Waits for a value", "Please set: NotSetYet")
    assert "Traceback" not in page.content()


def test_choosing_in_a_dropdown_changes_what_depends_on_it(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    pick(page, "Namespace", "Bank")
    expect(page.get_by_role("button", name="Namespace: Bank")).to_be_visible()
    expect_part(page, "Pods by namespace", "bank 2", without=["shop"])


def test_a_required_text_runs_what_waited_for_it(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_label("Ticket").fill("INC-42")
    page.keyboard.press("Enter")
    settle(page)
    expect_part(page, "Waits for a value", "INC-42")


def test_selecting_a_row_sets_a_parameter_and_shows_what_needs_it(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("tab", name="Inventory").click()
    settle(page)
    expect(page.get_by_text("Chosen pod")).to_have_count(0)
    page.locator(".tabulator-row", has_text="ledger-2").click()
    settle(page)
    expect(page.get_by_text("Chosen pod: ledger-2")).to_be_visible()
    expect_part(page, "Phase of the chosen pod", "Failed")


def test_options_and_free_text_filter_the_grid(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods&p.Tab=Inventory")
    page.get_by_role("radio", name="Running").click()
    settle(page)
    page.get_by_label("Name contains").fill("web")
    page.keyboard.press("Enter")
    settle(page)
    expect_part(page, "Pods", "web-1", without=["ledger-1", "web-2"])


def test_what_a_reader_is_in_the_middle_of_outlives_a_change_beside_it(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods&p.Tab=Inventory")
    name = page.get_by_label("Name contains")
    name.press_sequentially("web")
    page.get_by_role("radio", name="Running").evaluate("button => button.click()")
    settle(page)
    expect(name).to_have_value("web")
    name.press("Enter")
    settle(page)
    expect_part(page, "Pods", "web-1", without=["ledger-1", "web-2"])
    page.locator("[data-parameter=Namespace] .wb-pick").click()
    page.get_by_role("option", name="Shop").click()
    page.get_by_role("radio", name="Any").evaluate("button => button.click()")
    settle(page)
    page.get_by_role("option", name="Bank").click()
    page.keyboard.press("Escape")
    settle(page)
    expect(page.get_by_role("button", name="Namespace: Shop, Bank")).to_be_visible()
    expect_part(page, "Pods", "web-2")


def test_the_address_carries_tab_parameters_time_range_and_selection(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("tab", name="Inventory").click()
    settle(page)
    pick(page, "Namespace", "Bank", "Shop")
    page.locator("[data-parameter=TimeRange] .wb-pick").click()
    page.get_by_role("option", name="Last 24 hours").click()
    settle(page)
    page.locator(".tabulator-row", has_text="web-2").click()
    expect(page.get_by_text("Chosen pod: web-2")).to_be_visible()
    page.wait_for_url("**p.ChosenPod=web-2*")
    said = parse_qs(urlsplit(page.url).query)
    assert said == {
        "w": ["mine/pods"],
        "p.Tab": ["Inventory"],
        "p.Namespace": ["bank", "shop"],
        "p.TimeRange": ["1d"],
        "p.ChosenPod": ["web-2"],
    }
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    settle(page)
    expect(page.get_by_role("tab", name="Inventory")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Namespace: Shop, Bank")).to_be_visible()
    expect(page.get_by_role("button", name="Time range: Last 24 hours")).to_be_visible()
    expect(page.get_by_text("Chosen pod: web-2")).to_be_visible()


def test_a_custom_time_range_is_taken_and_its_ends_are_checked(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.locator("[data-parameter=TimeRange] .wb-pick").click()
    page.get_by_label("From").fill("2026-11-20T00:00")
    page.get_by_label("To", exact=True).fill("2026-11-19T00:00")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The start must be before the end.")).to_be_visible()
    page.get_by_label("To", exact=True).fill("2026-11-21T12:00")
    page.get_by_role("button", name="Apply").click()
    settle(page)
    expect(page.get_by_role("button", name="2026-11-20 00:00 – 2026-11-21 12:00")).to_be_visible()
    page.wait_for_url("**p.TimeRange=2026-11-20T00%3A00%3A00.000Z%2F2026-11-21T12*")


def test_groups_expand_and_load_on_demand(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    expect(page.get_by_text("Inside the fold.")).to_have_count(0)
    page.get_by_role("button", name="More").click()
    settle(page)
    expect(page.get_by_text("Inside the fold.")).to_be_visible()
    page.get_by_role("button", name="Load it").click()
    settle(page)
    expect(page.get_by_text("Loaded now.")).to_be_visible()


def test_data_is_saved_from_the_menu_and_formulas_stay_text(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Actions of Pods by namespace").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Save the data as CSV").click()
    assert waiting.value.suggested_filename == "Pods at a glance - Pods by namespace.csv"
    text = waiting.value.path().read_text("utf-8-sig")
    assert text.splitlines()[0] == "Namespace,Pods"
    assert "shop,2" in text


@pytest.mark.parametrize(("entry", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg")])
def test_a_chart_is_saved_as_a_picture(visit: Visit, entry: str, start: bytes) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Actions of Restarts by day").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name=f"Save as {entry}").click()
    assert waiting.value.path().read_bytes().startswith(start)


def test_the_workbook_is_exported_with_all_its_tabs_and_this_page_stays_where_it_is(visit: Visit) -> None:
    import openpyxl

    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Export this workbook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    page.get_by_role("option", name="Excel, a sheet a part").click()
    dialog.get_by_text("All tabs", exact=True).click()
    dialog.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as saving:
        dialog.get_by_role("link", name="Save the file").click()
    assert saving.value.suggested_filename == "Pods at a glance.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(saving.value.path().read_bytes()))
    about = dict(row[:2] for row in book["About"].iter_rows(values_only=True))
    assert about["Title"] == "Pods at a glance"
    assert "Pods by namespace" in book.sheetnames
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("tab", name="Overview")).to_have_attribute("aria-selected", "true")


def test_the_export_dialog_is_left_with_its_workbook(visit: Visit) -> None:
    page = visit("/")
    page.get_by_role("link", name="Pods at a glance").first.click()
    page.get_by_role("button", name="Export this workbook").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="A circle").first.click()
    expect(page.get_by_role("heading", name="Still alive")).to_be_visible()
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_grids_offer_no_pictures(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Actions of Fixed").click()
    expect(page.get_by_role("menuitem", name="Save the data as XLSX")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Save as PNG")).to_have_count(0)


def test_a_part_opens_full_screen_and_escape_leaves_it(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Actions of Restarts by day").click()
    page.get_by_role("menuitem", name="Full screen").click()
    expect(page.locator(".wb-full")).to_be_visible()
    assert page.locator(".wb-full").bounding_box() == {"x": 0, "y": 0, "width": 1440, "height": 900}
    expect(page.locator(".wb-full .main-svg").first).to_have_attribute("height", "770")
    page.keyboard.press("Escape")
    expect(page.locator(".wb-full")).to_have_count(0)
    expect(page.locator(".main-svg[height='770']")).to_have_count(0)


def test_the_query_of_a_part_opens_in_the_query_page_with_its_values(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    pick(page, "Namespace", "Bank")
    page.get_by_role("button", name="Actions of Pods by namespace").click()
    page.get_by_role("menuitem", name="Open the query").click()
    page.wait_for_url("**/query*")
    settle(page)
    expect_query(page, "Namespace in ('bank')", whole=False)
    expect(page.get_by_text("1 row in")).to_be_visible()


def test_time_is_shown_in_utc_or_local_time(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Switch to local time").click()
    settle(page)
    expect(page.get_by_role("button", name="Switch to UTC")).to_be_visible()


def test_wall_mode_hides_the_bars_and_can_be_left(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Wall mode").click()
    settle(page)
    expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
    expect(page.get_by_role("button", name="Actions of Fixed")).to_be_hidden()
    page.locator(".wb-wall-exit").dispatch_event("click")
    settle(page)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/workbook?w=mine/none", "There is no workbook 'mine/none' here."),
        ("/workbook", "The address names no workbook."),
        ("/workbook?w=mine/torn", "This is not JSON"),
        ("/workbook?w=mine/other", "is not a workbook"),
        ("/workbook?w=../../etc/passwd", "There is no workbook '../../etc/passwd' here."),
        ("/workbook?w=<img src=x onerror=window.hit=1>", "There is no workbook '<img"),
    ],
)
def test_an_address_that_opens_nothing_says_why(visit: Visit, address: str, words: str) -> None:
    page = visit(address)
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    assert page.evaluate("window.hit") is None


def test_parameters_in_a_circle_are_told_and_the_rest_lives(visit: Visit) -> None:
    page = visit("/workbook?w=mine/cycle")
    expect(page.get_by_role("alert").first).to_contain_text("A → B → A")
    expect_part(page, "Still alive", "alive")


def test_hostile_texts_values_and_cells_are_shown_and_never_run(visit: Visit) -> None:
    page = visit("/workbook?w=mine/hostile&p.Name=<img src=x onerror=window.hit=1>&p.Nope=<script>")
    page.wait_for_timeout(500)
    assert page.evaluate("window.hit") is None
    expect(page.locator(".stMain img")).to_have_count(0)
    expect(page.get_by_role("gridcell", name="<img src=x onerror=window.hit=1>")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours(visit: Visit, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    visit("/workbook?w=mine/pods")
    ground = {"light": "rgb(244, 245, 247)", "dark": "rgb(15, 18, 22)"}[scheme]
    expect(page.locator(".stApp")).to_have_css("background-color", ground)


def test_the_switch_makes_the_page_dark_on_a_light_system(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("button", name="Light or dark").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.stApp') ?? document.body).backgroundColor === 'rgb(15, 18, 22)'"
    )
    settle(page)
    page.get_by_role("link", name="Data").click()
    settle(page)
    expect(page.locator(".stApp")).to_have_css("background-color", "rgb(15, 18, 22)")


def test_on_a_phone_everything_stacks_and_nothing_overflows(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit("/workbook?w=mine/pods")
    boxes = [card.bounding_box() for card in page.locator("[class*='st-key-wic']").all()]
    assert all(box is not None and box["width"] > 340 for box in boxes)
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390


def test_parts_stand_beside_each_other_by_their_most_width_and_an_empty_text_pushes(visit: Visit, page: Page) -> None:
    visit("/workbook?w=mine/widths")
    left, right = (page.locator("[class*='st-key-wic']").nth(at).bounding_box() for at in (0, 1))
    pill = page.locator("[data-parameter=Note]").bounding_box()
    assert left
    assert right
    assert pill
    assert left["y"] == right["y"]
    assert right["x"] > left["x"] + left["width"]
    assert pill["x"] > 0.6 * page.viewport_size["width"], "the empty text is 65 % wide"
    label = page.locator(".wb-strip-label").first
    assert label.inner_text().startswith(LONG_NAME[:20])
    assert label.evaluate("label => label.clientWidth") > 150, "a name is cut late where there is room"
    ring, beside = (page.locator(at).bounding_box() for at in (".pielayer .trace", ".wb-strip.is-side"))
    assert ring
    assert beside
    assert beside["x"] - ring["x"] - ring["width"] < 100, "the numbers of a ring stand beside it on a wide page, too"
    tile = page.locator(".wb-tiles.is-full .wb-tile").first
    about = tile.get_by_text("shop").bounding_box()
    assert about
    assert about["x"] < 200, "what a whole row says of its number stands beside it"
    number, title = tile.get_by_text("2", exact=True).bounding_box(), page.get_by_text("Whole rows").bounding_box()
    assert number
    assert title
    assert abs(number["x"] - title["x"]) < 8, "a number without a stripe stands under the title"
    page.set_viewport_size({"width": 390, "height": 844})
    heading, pill = (
        page.get_by_role("heading", name="Widths").bounding_box(),
        page.locator("[data-parameter=Note]").bounding_box(),
    )
    assert heading
    assert pill
    assert pill["x"] < 40
    assert pill["y"] - heading["y"] - heading["height"] < 40, "an empty text takes no room on a phone"


def test_a_dropdown_is_worked_by_keyboard_alone(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.locator("[data-parameter=Namespace] .wb-pick").focus()
    page.keyboard.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "Space", "Escape"):
        page.keyboard.press(key)
    settle(page)
    expect(page.get_by_role("button", name="Namespace: Bank")).to_be_visible()
    expect(page.locator("[data-focus=Namespace]")).to_be_focused()


def test_no_part_waits_for_another_and_what_runs_can_be_cancelled(page: Page, dashboard: Serving) -> None:
    page.goto(f"{dashboard.url}/workbook?w=mine/slow")
    expect(page.get_by_role("gridcell", name="at once one")).to_be_visible()
    expect(page.locator(".wb-waiting")).to_contain_text("s")
    page.get_by_role("radio", name="two").click()
    expect(page.get_by_role("gridcell", name="at once two")).to_be_visible()
    page.get_by_role("button", name="Cancel the running queries").click()
    expect(page.get_by_text("Cancelled. Refresh to run it again.")).to_be_visible()
    settle(page)
    expect_part(page, "Fast", "at once two")


def test_what_a_person_does_in_one_part_or_a_dialog_does_not_wait_for_another_part(
    page: Page, dashboard: Serving
) -> None:
    page.goto(f"{dashboard.url}/workbook?w=mine/slow")
    page.get_by_role("gridcell", name="at once one").click()
    expect(page.get_by_text("Chosen: at once one")).to_be_visible()
    page.get_by_role("button", name="Export this workbook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Export", exact=True).click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog.get_by_text("The export was cancelled.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(part(page, "Slow").locator(".wb-waiting"), "it has not answered before").to_have_count(1)
    page.get_by_role("button", name="Cancel the running queries").click()
    expect_part(page, "Slow", "Cancelled. Refresh to run it again.")


def test_a_late_answer_takes_the_place_of_the_seconds(visit: Visit) -> None:
    page = visit("/workbook?w=mine/late")
    expect(part(page, "Late").get_by_role("columnheader", name="Total")).to_be_visible()
    expect(page.locator(".wb-waiting")).to_have_count(0)


def test_going_back_from_the_query_page_shows_the_workbook_as_it_was(visit: Visit) -> None:
    page = visit("/workbook?w=mine/pods")
    page.get_by_role("tab", name="Inventory").click()
    settle(page)
    page.get_by_role("button", name="Actions of Pods").click()
    page.get_by_role("menuitem", name="Open the query").click()
    page.wait_for_url("**/query*")
    settle(page)
    page.go_back()
    expect(page.get_by_role("tab", name="Inventory")).to_have_attribute("aria-selected", "true")
    page.wait_for_url("**p.Tab=Inventory*")


def test_clicks_on_charts_and_a_brushed_range_set_parameters(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 1400})
    visit("/workbook?w=mine/clicks")
    bar = page.locator(".js-plotly-plot .point path").first.bounding_box()
    assert bar is not None
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    expect(page.get_by_text("Bar shop,")).to_be_visible()
    settle(page)
    slice_ = page.locator(".slice path").first.bounding_box()
    assert slice_ is not None
    page.mouse.click(slice_["x"] + slice_["width"] * 0.8, slice_["y"] + slice_["height"] / 2)
    expect(page.get_by_text("slice shop,")).to_be_visible()
    settle(page)
    box = page.locator(".js-plotly-plot").nth(2).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    expect(page.get_by_text("range 11/2")).to_be_visible()


def test_a_graph_is_laid_out_as_chosen_and_a_node_opens_its_details(visit: Visit) -> None:
    page = visit("/workbook?w=mine/graph")
    page.get_by_text("Flow vertical", exact=True).click()
    page.wait_for_function("""() => {
      const top = (name) => [...document.querySelectorAll(".js-plotly-plot .textpoint")]
        .find((each) => each.textContent.includes(name))?.getBoundingClientRect().top;
      return top("web") + 50 < top("db");
    }""")
    settle(page)
    page.locator(".js-plotly-plot .trace.scatter").last.locator("path.point").first.click(force=True)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("web")
    for _ in range(2):  # as the refresh of every few seconds does
        page.locator("[data-focus=refresh]").evaluate("button => button.click()")
        settle(page)
        expect(dialog).to_contain_text("web")
    page.keyboard.press("Escape")
    settle(page)
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Refresh now").click()
    settle(page)
    expect(dialog).to_have_count(0)


def test_the_very_first_page_of_a_server_draws_many_charts_at_once(page: Page, rows: Path, tmp_path: Path) -> None:
    # The first look at alerts imports pandas in a query's thread, while parts that are there draw their charts.
    page.set_viewport_size({"width": 1440, "height": 6_000})
    kinds = ("timechart", "barchart", "piechart")
    charts = [
        query(f"{PODS} | extend n = {at} | summarize count() by Phase, TimeGenerated", f"Chart {at}", visualization=kinds[at % 3])
        for at in range(18)
    ]  # fmt: skip
    charts.insert(2, query("SecurityAlert | count", "Alerts"))
    (tmp_path / "many.json").write_text(json.dumps(document(*charts)), encoding="utf-8")
    with serving(data=rows, workbooks=tmp_path) as fresh:
        page.goto(f"{fresh.url}/workbook?w=mine/many")
        expect(page.locator(".js-plotly-plot")).to_have_count(18, timeout=60_000)
        assert "PG002" not in page.locator("body").inner_text()
