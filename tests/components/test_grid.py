"""The grid in a real browser: what a person sees, clicks and types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
TABLE = ".st-key-grid .tabulator"
_READY = ".wb-grid[data-ready]"


@pytest.fixture(scope="module")
def grids() -> Iterator[Serving]:
    with serving(Path(__file__).with_name("grid_page.py")) as running:
        yield running


@pytest.fixture
def open_grid(page: Page, grids: Serving) -> Callable[..., Locator]:
    """Opens a case and gives its table."""

    def go(case: str = "pods", **more: object) -> Locator:
        query = "&".join(f"{name}={value}" for name, value in more.items())
        page.goto(f"{grids.url}/?case={case}&{query}")
        page.wait_for_selector(_READY)
        return page.locator(TABLE)

    return go


def _state(page: Page, expected: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """What Python says the component's state is, once it is as expected."""
    for _ in range(300):
        state: dict[str, Any] = json.loads(page.locator("#state").inner_text())
        if expected(state):
            return state
        page.wait_for_timeout(100)
    raise AssertionError(f"the state stayed {state}")


_ACTIVE = (
    "document.getElementById(document.querySelector('.st-key-grid .tabulator').getAttribute('aria-activedescendant'))"
)


def _expect_active(page: Page, text: str) -> None:
    """The active cell, as assistive technology finds it, comes to have this text."""
    page.wait_for_function(f"text => {_ACTIVE}?.textContent.trim() === text", arg=text)


def _became_active(page: Page, before: str) -> str:
    """The text of the active cell, once it is another one than `before`."""
    found = page.wait_for_function(
        f"before => {{ const text = {_ACTIVE}?.textContent; return text !== before && text; }}", arg=before
    )
    return str(found.json_value())


def _expect_cells(table: Locator, column: int, texts: list[str]) -> None:
    """The column of the first rows comes to show these texts."""
    for n, text in enumerate(texts):
        expect(table.locator(".tabulator-row").nth(n).locator(".tabulator-cell").nth(column)).to_have_text(text)


def test_it_is_announced_as_a_grid_with_its_size_and_one_tab_stop(open_grid: Callable[..., Locator]) -> None:
    table = open_grid()
    assert {name: table.get_attribute(name) for name in ("role", "aria-label", "aria-rowcount", "aria-colcount", "tabindex")} == {
        "role": "grid", "aria-label": "Pods", "aria-rowcount": "61", "aria-colcount": "4", "tabindex": "0",
    }  # fmt: skip
    assert table.locator("[role=columnheader]").count() == 4
    assert table.locator("[tabindex='0']").count() == 0


def test_the_sort_of_the_view_is_the_first_one_and_a_header_click_changes_it(
    page: Page, open_grid: Callable[..., Locator]
) -> None:
    table = open_grid()
    restarts = [
        int(table.locator(".tabulator-row").nth(n).locator(".tabulator-cell").nth(2).inner_text()) for n in range(3)
    ]
    assert restarts == sorted(restarts, reverse=True)
    table.get_by_role("columnheader", name="Name", exact=True).click()
    _expect_cells(table, 0, ["pod-0", "pod-1", "pod-2"])  # numbers within texts sort as numbers
    assert table.locator("[aria-sort=ascending]").inner_text().strip() == "Name"


def test_the_keyboard_alone_reaches_selects_and_clears(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid()
    table.focus()
    first = _became_active(page, "")
    page.keyboard.press("ArrowDown")
    second = _became_active(page, first)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    state = _state(page, lambda state: state["rows"])
    assert [f"pod-{row}" for row in state["rows"]] == [second]
    assert state["heard"] == [state["rows"]]
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    _state(page, lambda state: len(state["rows"]) == 2)
    expect(table.locator("[aria-selected=true]")).to_have_count(2)
    page.keyboard.press("Escape")
    _state(page, lambda state: state["rows"] == [])


def test_the_keyboard_moves_through_all_rows_and_sorts_in_the_header(
    page: Page, open_grid: Callable[..., Locator]
) -> None:
    table = open_grid(n=5000)
    table.focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Home")
    last = _became_active(page, "")
    page.keyboard.press("ArrowUp")
    _became_active(page, last)
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowUp")
    _expect_active(page, "Name")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    _expect_active(page, "pod-0")
    _expect_cells(table, 0, ["pod-0"])
    page.keyboard.press("PageDown")
    _expect_active(page, "pod-10")


def test_the_active_cell_is_in_view_and_visibly_marked(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid(n=5000)
    table.focus()
    page.keyboard.press("Control+End")
    page.wait_for_function(
        f"""() => {{
            const active = {_ACTIVE}, cell = active?.getBoundingClientRect(), table = document.querySelector(".st-key-grid .tabulator").getBoundingClientRect();
            return active?.ariaColIndex === "4" && cell.height > 0 && cell.top >= table.top && cell.bottom <= table.bottom;
        }}"""
    )
    cell = table.locator(".wb-grid-active")
    assert cell.evaluate("cell => getComputedStyle(cell).outlineStyle") == "solid"


def test_the_search_keeps_rows_with_all_words_and_counts_them(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid()
    page.get_by_role("searchbox", name="Search Pods").fill("KUBE-system pod-3")
    page.wait_for_function("() => document.querySelectorAll('.st-key-grid .tabulator-row').length === 5")
    expect(page.locator(".wb-grid-status")).to_have_text("5 of 60 rows")
    page.get_by_role("searchbox").fill("no such pod")
    expect(table.locator(".tabulator-placeholder")).to_have_text("No row matches the search.")
    expect(table.locator(".tabulator-placeholder")).to_be_visible()


def test_other_rows_end_the_selection_but_keep_search_and_sort(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid()
    table.get_by_role("columnheader", name="Name", exact=True).click()
    page.get_by_role("searchbox").fill("default")
    _expect_cells(table, 0, ["pod-1", "pod-4"])
    table.locator(".tabulator-row").nth(1).locator(".tabulator-cell").nth(1).click()
    assert _state(page, lambda state: state["rows"])["rows"] == [4]
    page.get_by_role("button", name="Other rows").click()
    _state(page, lambda state: state["rows"] == [])
    expect(page.get_by_role("searchbox")).to_have_value("default")
    _expect_cells(page.locator(TABLE), 0, ["pod-1", "pod-4"])
    expect(page.locator(f"{TABLE} .tabulator-selected")).to_have_count(0)


def test_python_can_select(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid()
    page.get_by_role("button", name="Select the first").click()
    table.get_by_role("columnheader", name="Name", exact=True).click()
    page.wait_for_selector(f"{TABLE} .tabulator-selected")
    assert table.locator(".tabulator-selected .tabulator-cell").first.inner_text() == "pod-0"


def test_every_part_of_a_cell_is_drawn_and_hostile_text_stays_text(
    page: Page, open_grid: Callable[..., Locator]
) -> None:
    table = open_grid("kinds")
    shown = table.inner_text()
    assert '<img src=x onerror="window.hacked=1">' in shown
    for selector, count in {
        ".wb-grid-icon": 1, ".wb-grid-bar-fill": 2, ".wb-grid-bar-under": 1, "svg.wb-grid-spark": 2, ".wb-grid-part": 2, ".wb-grid-tag": 2,
    }.items():  # fmt: skip
        assert table.locator(f".tabulator-tableholder {selector}").count() == count, selector
    assert table.locator(".wb-grid-spark polyline").count() == 2, "a gap breaks the line"
    assert table.locator(".wb-grid-part[title=good]").evaluate("part => part.style.width") == "75%"
    assert table.locator("img, script, iframe").count() == 0
    assert page.evaluate("window.hacked") is None
    evil = table.locator(".tabulator-cell", has_text="Evil")
    assert evil.evaluate("cell => cell.style.backgroundImage + cell.style.backgroundColor") == ""
    assert page.locator(".wb-grid-status").inner_text() == "", "a cut of rows is told once, by the notice"


def test_room_that_is_left_goes_to_all_columns_by_their_width(page: Page, open_grid: Callable[..., Locator]) -> None:
    widths = []
    for room in (800, 1_200):
        page.set_viewport_size({"width": room, "height": 700})
        headers = open_grid("pods", n=20).locator(".tabulator-col")
        widths.append([header.bounding_box()["width"] for header in headers.all() if header.is_visible()])
    growth = [wide / narrow for narrow, wide in zip(*widths, strict=True)]
    assert max(growth) - min(growth) < 0.1


def test_a_spark_gives_way_before_the_table_has_to_scroll(page: Page, open_grid: Callable[..., Locator]) -> None:
    page.set_viewport_size({"width": 420, "height": 700})
    table = open_grid("trends")
    spark = table.locator(".wb-grid-spark").bounding_box()
    room = table.bounding_box()
    assert spark
    assert room
    assert 60 < spark["width"] < 116
    assert spark["x"] + spark["width"] < room["x"] + room["width"]


def test_links_open_web_addresses_elsewhere_and_never_scripts(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid("kinds")
    web = table.get_by_text("Docs")
    assert {name: web.get_attribute(name) for name in ("href", "target", "rel")} == {
        "href": "https://docs.example/a?b=c", "target": "_blank", "rel": "noopener noreferrer",
    }  # fmt: skip
    assert table.locator("a").count() == 1
    assert table.get_by_text("Run", exact=True).evaluate("node => node.closest('a, button')") is None
    inert = table.locator(".tabulator-cell", has_text="Resource")
    assert inert.get_attribute("title") == "Opens only in the portal."


def test_details_show_a_cell_and_a_row_in_full_and_close_with_escape(
    page: Page, open_grid: Callable[..., Locator]
) -> None:
    table = open_grid("kinds")
    table.get_by_role("button", name='{"a"').click()
    assert (
        page.get_by_role("dialog", name="Cell").locator("pre").inner_text()
        == '{\n  "a": {\n    "b": [\n      1,\n      2\n    ]\n  }\n}'
    )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    table = open_grid("pods")
    table.focus()
    page.keyboard.press("Enter")
    details = page.get_by_role("dialog", name="Row details")
    expect(details.locator("dt")).to_have_text(["Name", "Namespace", "Restarts", "Share"])
    details.get_by_role("button", name="Close").click()
    expect(table).to_be_focused()


def test_a_click_counts_whose_rows_change_under_the_pointer(page: Page, open_grid: Callable[..., Locator]) -> None:
    link = open_grid().locator(".wb-grid-link").first
    name = link.inner_text()
    link.hover()
    page.mouse.down()
    page.get_by_role("button", name="Other rows").evaluate("button => button.click()")
    page.wait_for_selector(".wb-grid[data-state=waiting]")
    page.mouse.up()
    expect(page.get_by_role("dialog", name="Row details").locator("dd").first).to_have_text(name)
    page.wait_for_selector(".wb-grid[data-state=drawn]")
    page.keyboard.press("Escape")
    expect(page.locator(TABLE)).to_have_attribute("aria-rowcount", "60")


def test_coming_into_view_leaves_the_cells_as_they_are(page: Page, open_grid: Callable[..., Locator]) -> None:
    page.set_viewport_size({"width": 1200, "height": 150})
    cell = open_grid().locator(".tabulator-cell").first
    seen = """cell => new Promise((done) => {
        new IntersectionObserver(([entry]) => {
            if (entry.isIntersecting) requestAnimationFrame(() => requestAnimationFrame(() => done(cell.isConnected)));
            else cell.scrollIntoView({ block: "center" });
        }).observe(cell);
    })"""
    assert cell.evaluate(seen)


def test_other_links_are_handed_to_python_once(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid("kinds")
    table.get_by_role("button", name="Open", exact=True).click()
    event = {"row": 0, "field": "book", "link": {"kind": "workbook", "template": "t", "parameters": {"a": "1"}}}
    assert _state(page, lambda state: state["event"])["event"] == event
    page.get_by_role("button", name="Other rows").click()
    assert _state(page, lambda state: state["event"] is None)["heard"] == [event]


def test_a_tree_folds_by_mouse_and_keyboard_and_its_search_keeps_families(
    page: Page, open_grid: Callable[..., Locator]
) -> None:
    table = open_grid("tree")
    assert table.get_attribute("role") == "treegrid"
    names = table.locator(".tabulator-cell[tabulator-field=c1]")
    expect(names).to_have_text(
        ["Tactic 0", "Technique 0", "Technique 1", "Technique 2", "Tactic 1", "Tactic 2", "Tactic 3"]
    )
    table.get_by_text("Tactic 1").click()
    expect(names.filter(has_text="Technique 4")).to_have_count(1)
    table.focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(names.filter(has_text="Technique 0")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(names.filter(has_text="Technique 0")).to_have_count(1)
    page.get_by_role("searchbox").fill("technique 4")
    expect(names).to_have_text(["Tactic 1", "Technique 4"])
    table.get_by_text("Technique 4").click()
    assert _state(page, lambda state: state["rows"])["rows"] == [4]


def test_a_table_without_rows_says_so(page: Page, open_grid: Callable[..., Locator]) -> None:
    expect(open_grid("empty").locator(".tabulator-placeholder")).to_have_text("No rows.")


def test_a_cell_is_copied_as_it_is_and_rows_as_a_table(page: Page, open_grid: Callable[..., Locator]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table = open_grid()
    table.get_by_role("columnheader", name="Name", exact=True).click()
    table.focus()
    page.keyboard.press("Control+c")
    page.wait_for_function("() => document.querySelector('.wb-grid-status').textContent === 'Cell copied.'")
    assert page.evaluate("navigator.clipboard.readText()") == "pod-0"
    page.keyboard.press(" ")
    expect(table.locator("[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Control+c")
    page.wait_for_function("() => document.querySelector('.wb-grid-status').textContent === '1 row copied.'")
    assert (
        page.evaluate("navigator.clipboard.readText()") == "Name\tNamespace\tRestarts\tShare\npod-0\tkube-system\t0\t0%"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_colours_follow_the_page(page: Page, open_grid: Callable[..., Locator], scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    table = open_grid()
    colour = table.evaluate("table => getComputedStyle(table).backgroundColor")
    assert colour == page.locator("[data-testid=stApp]").evaluate("app => getComputedStyle(app).backgroundColor")


def test_a_hundred_thousand_rows_scroll_sort_and_search(page: Page, open_grid: Callable[..., Locator]) -> None:
    table = open_grid(n=100_000)
    assert table.get_attribute("aria-rowcount") == "100001"
    assert table.locator(".tabulator-row").count() < 100, "only what is in view is in the page"
    table.get_by_role("columnheader", name="Name", exact=True).click()
    page.wait_for_function("() => document.querySelector('.st-key-grid .tabulator-cell').textContent === 'pod-0'")
    page.get_by_role("searchbox").fill("pod-99999")
    page.wait_for_function("() => document.querySelector('.wb-grid-status').textContent === '1 of 100,000 rows'")
    page.get_by_role("searchbox").fill("")
    page.wait_for_function("() => document.querySelector('.wb-grid-status').textContent === '100,000 rows'")
    table.focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Home")
    _expect_active(page, "pod-99999")
    assert table.locator(".tabulator-row").count() < 100
