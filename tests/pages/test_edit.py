"""A workbook is changed in the browser, saved, taken up again, and brought back to what it was."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.pages import samples
from tests.pages.conftest import REST, expect_part, part, settle, write_query
from tests.serving import Serving, open_page, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
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
    write_query(page, "KubePodInventory | summarize Pods = dcount(Name) by Namespace | top 3 by Pods")
    page.keyboard.press("Control+Enter")
    settle(page)
    page.get_by_label("Drawn as").select_option("Bar chart (categories)")
    settle(page)
    # add a tile, move it
    press(page, "Add")
    page.get_by_role("menuitem", name="Query").click()
    settle(page)
    write_query(page, "KubePodInventory | summarize Pods = dcount(Name) by Cluster = ClusterName")
    page.keyboard.press("Control+Enter")
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
    expect_part(page, "Pods of each cluster", "aks-shop-prod")
    # export the page to PDF and the chart to SVG
    page.get_by_role("button", name="Actions of Pods by namespace").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name="Save as SVG").click()
    drawing = waiting.value.path().read_text()
    ElementTree.fromstring(drawing)
    assert "kube-system" in drawing
    page.get_by_role("button", name="Export this workbook").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download(timeout=60_000) as waiting:
        dialog.get_by_role("link", name="Save the file").click(timeout=60_000)
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")
    page.keyboard.press("Escape")
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
    assert wrong == []


def test_two_people_edit_one_workbook_and_nothing_is_lost(
    go: Go, browser: Browser, editor: Serving, folder: Path
) -> None:
    page = go("/workbook?w=mine/cycle&edit=1")
    other = open_page(browser)
    other.goto(f"{editor.url}/workbook?w=mine/cycle&edit=1")
    settle(other)
    for one, width, name in ((other, "50 %", "Bob"), (page, "33 %", "Ada")):
        one.get_by_role("button", name="Width of Still alive").click()
        one.get_by_role("menuitemradio", name=width).click()
        settle(one)
        press(one, "Save")
        one.get_by_label("Your name").fill(name)
        one.get_by_role("dialog").get_by_role("button", name="Save").click()
        settle(one)
    compared = page.get_by_role("region", name="Compare")
    expect(compared).to_contain_text("Bob changed this workbook")
    expect(compared).to_contain_text("Bob's changes")
    expect(compared.locator("ins")).to_have_text(["50", "33"])
    assert saved(folder, "cycle")["items"][-1]["customWidth"] == "50"
    press(page, "Save mine over it")
    assert saved(folder, "cycle")["items"][-1]["customWidth"] == "33"
    press(page, "Versions")
    expect(page.locator(".wb-version-who")).to_contain_text(["Ada", "Bob", "someone outside"])
    other.context.close()


def test_what_was_not_saved_is_there_after_the_tab_was_closed(go: Go, browser: Browser, editor: Serving) -> None:
    lost = open_page(browser)
    lost.goto(f"{editor.url}/workbook?w=mine/clicks&edit=1")
    settle(lost)
    press(lost, "Delete: Pie")
    expect(lost.get_by_role("heading", name="Pie")).to_have_count(0)
    lost.context.close()
    page = go("/workbook?w=mine/clicks&edit=1")
    expect(page.get_by_text("left changes that were not saved")).to_be_visible()
    expect(page.get_by_role("heading", name="Pie")).to_be_visible()
    press(page, "Go on with it")
    expect(page.get_by_role("heading", name="Pie")).to_have_count(0)
    page.keyboard.press("Control+z")
    settle(page)
    expect(page.get_by_role("heading", name="Pie")).to_be_visible()


def test_items_are_dragged_in_the_outline_and_moved_by_keyboard(go: Go) -> None:
    page = go("/workbook?w=mine/pods&edit=1")
    block = page.locator(".wb-block", has_text="Restarts by day")
    target = page.locator(".wb-block", has_text="Ticket")
    begin, end = block.bounding_box(), target.bounding_box()
    assert begin
    assert end
    page.mouse.move(begin["x"] + begin["width"] - 20, begin["y"] + 15)
    page.mouse.down()
    page.mouse.move(begin["x"] + 50, begin["y"] - 10, steps=5)
    page.mouse.move(end["x"] + 60, end["y"] + 5, steps=10)
    page.wait_for_function(REST)
    page.mouse.up()
    settle(page)
    titles = page.locator(".wb-block-title")
    expect(titles.nth(2)).to_have_text("Restarts by day", use_inner_text=True)
    expect(titles.nth(3)).to_have_text("Ticket", use_inner_text=True)
    page.locator(".wb-block-name", has_text="Restarts by day").focus()
    for key, place in (("Alt+ArrowDown", 3), ("Alt+ArrowUp", 2)):
        page.keyboard.press(key)
        settle(page)
        expect(titles.nth(place)).to_have_text("Restarts by day", use_inner_text=True)


def test_raw_json_is_checked_and_what_is_wrong_with_it_is_told(go: Go) -> None:
    page = go("/workbook?w=mine/pods&edit=1")
    page.locator(".wb-itembar-name", has_text="Fixed").click()
    settle(page)
    press(page, "JSON")
    text = page.get_by_label("JSON of the item")
    text.fill("{")
    expect(page.get_by_text("Not JSON yet")).to_be_visible()
    text.fill('{"type": 99, "content": {}}')
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The item's type must be one of")).to_be_visible()
    expect(text).to_be_focused()
    text.fill('{"type": 1, "content": {"json": "Now a text, {unknown}"}, "mine": 1}')
    press(page, "Apply")
    expect(page.get_by_text("Now a text, {unknown}").first).to_be_visible()
    press(page, "Undo (Ctrl+Z)")
    expect_part(page, "Fixed", "does not depend")


def test_a_new_workbook_is_made_from_a_table_and_a_part_of_it_pinned_home(go: Go, folder: Path) -> None:
    page = go("/")
    page.get_by_role("link", name="New workbook").click()
    settle(page)
    page.get_by_role("searchbox", name="Search tables").fill("signin")
    page.get_by_role("button", name=re.compile("^SigninLogs")).click()
    settle(page)
    expect(page.get_by_role("searchbox", name="Search tables")).to_have_value("signin")
    page.get_by_label("Title").fill("Who signs in")
    press(page, "Make the workbook")
    page.wait_for_url("**w=mine%2Fwho-signs-in*")
    settle(page)
    expect(page.get_by_role("heading", name="Rows over time")).to_be_visible()
    press(page, "Stop editing")
    page.get_by_role("button", name="Actions of Rows over time").click()
    page.get_by_role("menuitem", name="Pin to home").click()
    settle(page)
    pinned = saved(folder, "home")["items"][-1]["content"]
    assert "{" not in pinned["query"]
    assert pinned["timeContext"] == {"durationMs": 604_800_000}
    page = go("/workbook?w=mine/home")
    expect(page.locator(".js-plotly-plot")).to_have_count(1)


def test_a_new_workbook_begins_with_a_query_that_is_run_from_the_keyboard(go: Go) -> None:
    page = go("/new")
    page.get_by_role("tab", name="A query").click()
    settle(page)
    query = page.get_by_label("KQL query")
    query.fill("Heartbeat | wher Computer")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("wher")
    expect(query).to_be_focused()
    query.fill("Heartbeat")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("checkbox", name="Computer", exact=True)).to_be_visible()
    expect(query).to_have_value("Heartbeat")


def test_workbooks_are_uploaded_and_pasted_and_what_is_none_is_told(go: Go, folder: Path, tmp_path: Path) -> None:
    page = go("/new")
    page.get_by_role("tab", name="JSON or a file").click()
    settle(page)
    page.get_by_label("Workbook JSON").fill('{"hello": "world"}')
    press(page, "Import what is pasted")
    expect(page.get_by_role("alert")).to_contain_text("is not a workbook")
    expect(page.get_by_label("Workbook JSON")).to_have_value('{"hello": "world"}')
    two = {
        "resources": [
            {"properties": {"displayName": name, "serializedData": json.dumps(samples.CYCLE)}}
            for name in ("One/..", "Two")
        ]
    }
    (tmp_path / "two.json").write_text(json.dumps(two))
    page.locator("input[type=file]").set_input_files(tmp_path / "two.json")
    settle(page)
    expect(page.get_by_text("Imported Two as two.")).to_be_visible()
    assert saved(folder, "one")["items"] == samples.CYCLE["items"]
    page.get_by_label("Workbook JSON").fill(json.dumps(samples.PODS_BOARD))
    press(page, "Import what is pasted")
    page.wait_for_url("**w=mine%2Fpasted*")


def test_a_shared_link_fixes_the_range_of_time_where_asked(go: Go, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go("/workbook?w=mine/pods&p.Tab=Inventory&p.Namespace=bank")
    for entry, ends in (("Copy a link with", 0), ("Copy a link to these hours", 1)):
        page.get_by_role("button", name="Copy a link to this page as it is").click()
        page.get_by_role("menuitem", name=entry).click()
        expect(page.get_by_text("Copied.")).to_be_visible()
        said = parse_qs(urlsplit(page.evaluate("navigator.clipboard.readText()")).query)
        assert said["p.Tab"] == ["Inventory"]
        assert said["p.Namespace"] == ["bank"]
        assert len(said.get("p.TimeRange", [])) == ends
        expect(page.get_by_text("Copied.")).to_have_count(0)


def test_a_workbook_changed_in_its_file_is_shown_as_it_is_now(go: Go, folder: Path) -> None:
    page = go("/workbook?w=mine/cycle")
    file = folder / "cycle.json"
    file.write_text(file.read_text().replace("A circle", "Pulled from Git"))
    press(page, "Refresh now")
    expect(page.get_by_role("heading", name="Pulled from Git")).to_be_visible()


def test_the_query_of_a_parameter_has_the_editor_and_shows_its_options(go: Go) -> None:
    page = go("/workbook?w=mine/sources&edit=1")
    page.locator(".wb-itembar-name", has_text="Namespace, Level").click()
    settle(page)
    press(page, "Namespace · Drop-down")
    expect(page.locator(".wb-options td")).to_contain_text(["Any one", "shop", "The shop", "The bank"])
    page.wait_for_selector(".wb-monaco .view-lines")
    offered = page.locator(".suggest-widget .monaco-list-row", has_text="AppDisplayName").first
    for _ in range(6):  # the language service starts in a worker of its own; a new question ends the one before
        write_query(page, "SigninLogs | summarize count() by AppDisplayName | project AppDispl")
        page.keyboard.press("Control+Space")
        with contextlib.suppress(TimeoutError):
            offered.wait_for(timeout=10_000)
            break
    offered.click()
    page.keyboard.insert_text(", Label = strcat('App ', AppDisplayName) | take 3")
    page.keyboard.press("Control+Enter")
    settle(page)
    expect(page.locator(".wb-options td", has_text=re.compile("^App "))).to_have_count(3)
    page.get_by_role("tab", name="Query sent").click()
    settle(page)
    expect(page.locator(".st-key-wb-edit-side .wb-source")).to_contain_text("AppDisplayName, Label")
    press(page, "History")
    expect(page.get_by_role("menuitem").first).to_contain_text("datatable")
    page.keyboard.press("Escape")
    page.get_by_label("Come from").select_option("A list written as JSON")
    settle(page)
    page.get_by_label("Options as JSON").fill('["red", {"value": "blue", "label": "Blue"}]')
    settle(page)
    expect(page.locator(".wb-options td")).to_contain_text(["red", "red", "blue", "Blue"])


def test_a_new_item_has_its_own_form_while_that_of_a_parameter_is_open(go: Go) -> None:
    page = go("/workbook?w=mine/sources&edit=1")
    page.locator(".wb-itembar-name", has_text="Namespace, Level").click()
    settle(page)
    press(page, "Level · Text")
    press(page, "Add")
    page.get_by_role("menuitem", name="Query").click()
    settle(page)
    expect(page.get_by_role("button", name="‹ All parameters")).to_have_count(0)
    expect(page.get_by_label("Drawn as")).to_be_visible()
    press(page, "Undo (Ctrl+Z)")
    page.locator(".wb-itembar-name", has_text="Namespace, Level").click()
    settle(page)
    press(page, "Level · Text")
    press(page, "‹ All parameters")
    press(page, "Remove: Level · Text")
    expect(page.get_by_role("button", name="Namespace · Drop-down", exact=True)).to_be_visible()


def test_criteria_are_written_by_form_and_their_value_shows_at_once(go: Go) -> None:
    page = go("/workbook?w=mine/sources&edit=1")
    page.locator(".wb-itembar-name", has_text="Namespace, Level").click()
    settle(page)
    page.get_by_role("button", name="Level · Text", exact=True).press("Enter")
    settle(page)
    expect(page.locator(".wb-form").get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_text("Level is low")).to_be_visible()
    page.get_by_text("Namespace == bank → high").click()
    page.get_by_label("Text", exact=True).first.fill("shop")
    page.keyboard.press("Tab")
    settle(page)
    expect(page.get_by_text("Level is high")).to_be_visible()
    page.get_by_role("button", name="‹ All parameters").press("Enter")
    settle(page)
    expect(page.get_by_role("button", name="Level · Text", exact=True)).to_be_focused()


def test_a_parameter_after_one_without_a_name_shows_its_own_value_and_options(go: Go, folder: Path) -> None:
    parameters = samples.SOURCES["items"][1]["content"]["parameters"]
    document = samples.document(samples.text("# Nameless"), samples.parameters({"type": 1}, *parameters))
    (folder / "nameless.json").write_text(json.dumps(document), encoding="utf-8")
    page = go("/workbook?w=mine/nameless&edit=1")
    page.locator(".wb-itembar-name", has_text="Namespace, Level").click()
    settle(page)
    press(page, "Namespace · Drop-down")
    expect(page.locator(".wb-options td")).to_contain_text(["Any one", "shop", "The shop", "The bank"])
    press(page, "‹ All parameters")
    press(page, "Level · Text")
    expect(page.get_by_text("Level is low")).to_be_visible()


def test_the_columns_of_a_merge_are_kept_named_and_computed_by_form(go: Go, folder: Path) -> None:
    page = go("/workbook?w=mine/sources&edit=1")
    page.locator(".wb-itembar-name", has_text="Merged").click()
    settle(page)
    page.get_by_label("Keep [restarts].Namespace").uncheck()
    settle(page)
    page.get_by_label("Name of [restarts].Restarts").fill("Again")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("group", name="Computed columns").get_by_role("button", name="Add").click()
    settle(page)
    page.get_by_text("otherwise → empty").click()
    page.get_by_label("Gives").select_option("a calculation")
    settle(page)
    page.get_by_label("Calculation").fill('["Restarts"] / ["Pods"]')
    page.keyboard.press("Tab")
    settle(page)
    press(page, "Up: [Added column]")
    expect_part(page, "Merged", "Namespace Pods Added1 Again shop 2 2 4")
    press(page, "Save")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    settle(page)
    merge = json.loads(saved(folder, "sources")["items"][4]["content"]["query"])
    assert [entry.get("mergedName") for entry in merge["projectRename"]] == [
        "Namespace",
        "Pods",
        None,
        "Added1",
        "Again",
    ]


def test_a_selected_part_of_a_query_is_run_alone_with_the_parameters_in_it(go: Go) -> None:
    page = go("/workbook?w=mine/sources&edit=1")
    page.locator(".wb-itembar-name", has_text="Restarts").click()
    settle(page)
    write_query(page, "print A = '{Namespace}', B = 7\n| extend C = 1")
    page.keyboard.press("Control+Enter")
    settle(page)
    page.locator(".wb-monaco .view-lines").click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Shift+End")
    expect(page.get_by_role("button", name="Run selection")).to_be_visible()
    page.keyboard.press("Control+Enter")
    settle(page)
    answer = page.locator(".st-key-wb-edit-answer")
    expect(answer).to_contain_text("The selected part: 1 row")
    expect(answer.get_by_role("columnheader")).to_have_text(["A", "B"])
    expect(answer.locator(".tabulator-row")).to_contain_text("shop")
    expect(part(page, "Restarts").get_by_role("columnheader", name="C", exact=True)).to_be_visible()
    for name, told in (("Query sent", "print A = 'shop'"), ("SQL", "SELECT"), ("Plan", "Projection")):
        answer.get_by_role("tab", name=name).click()
        settle(page)
        expect(answer.locator(".wb-source")).to_contain_text(told)
    page.locator(".wb-monaco .view-lines").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(", D = 2")
    settle(page)
    expect(answer).to_contain_text("1 row")
    expect(answer).not_to_contain_text("The selected part")


def test_items_of_a_template_group_say_whose_they_are_and_their_workbook_is_opened(go: Go, folder: Path) -> None:
    page = go("/workbook?w=mine/sources&edit=1")
    foreign = page.get_by_role("group", name="tiles, of hostile")
    expect(foreign).to_contain_text("belongs to “hostile”")
    expect(page.get_by_role("button", name="Delete: tiles")).to_have_count(0)
    page.locator(".wb-itembar-name", has_text="group").last.click()
    settle(page)
    expect(page.locator(".st-key-wb-edit-side")).to_contain_text("belongs to the workbook “hostile”")
    page.get_by_label("Workbook", exact=True).fill("nowhere")
    page.keyboard.press("Tab")
    settle(page)
    expect(page.locator(".st-key-wb-edit-side")).to_contain_text("'nowhere' is not among the workbooks here")
    press(page, "Undo (Ctrl+Z)")
    press(page, "Open that workbook")
    page.wait_for_url("**w=mine%2Fhostile*")
    settle(page)
    page.go_back()
    settle(page)
    page.get_by_role("group", name="tiles, of hostile").wait_for()
    settle(page)
    page.locator(".wb-itembar-name", has_text="group").last.click()
    settle(page)
    press(page, "Copy its items into this group")
    expect(page.get_by_role("button", name="Delete: tiles")).to_have_count(1)
    press(page, "Undo (Ctrl+Z)")


def test_on_a_phone_what_is_edited_stays_in_view_above_the_panel(browser: Browser, editor: Serving) -> None:
    page = open_page(browser, viewport={"width": 390, "height": 844})
    page.goto(f"{editor.url}/workbook?w=mine/sources&edit=1")
    settle(page)
    press(page, "Close the panel")
    expect(page.locator(".st-key-wb-edit-side")).to_have_count(0)
    page.locator(".wb-itembar-name", has_text="Restarts").click()
    settle(page)
    item, panel = (
        page.locator(".wb-itembar.is-selected").bounding_box(),
        page.locator(".st-key-wb-edit-side").bounding_box(),
    )
    assert item
    assert panel
    assert item["y"] + item["height"] < panel["y"]
    assert round(panel["y"] + panel["height"]) == 844
    assert page.evaluate("document.scrollingElement.scrollWidth") == 390
    # What has the focus is not behind the panel.
    page.locator(".wb-itembar-name", has_text="Sites").focus()
    focused = page.locator(".wb-itembar-name", has_text="Sites").bounding_box()
    assert focused
    assert 0 < focused["y"] < panel["y"] - focused["height"]
    for name in ("Save", "Undo (Ctrl+Z)"):
        page.get_by_role("button", name=name, exact=True).scroll_into_view_if_needed()
        box = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box
        assert box["y"] < panel["y"]
    page.context.close()


def test_merges_texts_and_groups_are_pinned_and_what_cannot_be_says_why(go: Go, folder: Path) -> None:
    page = go("/workbook?w=mine/sources")
    page.get_by_role("button", name="Actions of Merged").click()
    page.get_by_role("menuitem", name="Pin to home").click()
    settle(page)
    page = go("/workbook?w=mine/sources&edit=1")
    for name in ("Every source", "Namespace, Level"):
        press(page, f"Groups and pin: {name}")
        page.get_by_role("menuitem", name="Pin to home").click()
        settle(page)
    expect(page.get_by_text("Parameters choose for the workbook they stand in")).to_be_visible()
    items = saved(folder, "home")["items"][-2:]
    assert [item["type"] for item in items] == [12, 1]
    page = go("/workbook?w=mine/home")
    expect_part(page, "Merged", "shop", "10")
    expect(page.get_by_role("heading", name="Every source")).to_be_visible()
    expect(page.get_by_role("heading", name="Restarts", exact=True)).to_have_count(0)


def test_a_file_of_100_megabytes_is_refused_with_its_limit_and_the_page_lives_on(
    go: Go, folder: Path, tmp_path: Path
) -> None:
    large, small = tmp_path / "large.json", tmp_path / "small.json"
    with large.open("w") as file:
        file.write('{"version": "Notebook/1.0", "items": [{"type": 1, "content": {"json": "')
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write('"}}]}')
    small.write_text(json.dumps(samples.CYCLE))
    before = sorted(path.name for path in folder.iterdir())
    page = go("/new")
    page.get_by_role("tab", name="JSON or a file").click()
    settle(page)
    page.locator("input[type=file]").set_input_files(large, timeout=60_000)
    refused = page.get_by_role("alert").filter(has_text="has 100.0 MB; a workbook may have 20")
    expect(refused).to_be_visible(timeout=60_000)
    assert sorted(path.name for path in folder.iterdir()) == before
    page.locator("input[type=file]").set_input_files(small)
    page.wait_for_url("**w=mine%2Fsmall*", timeout=60_000)
    assert (folder / "small.json").exists()
