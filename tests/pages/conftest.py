"""The dashboard over a handful of test workbooks, and a page that waits until everything is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.pages import samples
from tests.serving import Serving, serving
from tests.shared import write_rows

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

DRAWN = """() => !document.querySelector(".stBidiComponentRegular:empty, .wb-waiting, [data-state='due'], [data-state='waiting']")
  && [...document.querySelectorAll("[data-state='drawn']")].every((root) => root.firstChild || !root.clientWidth)"""
SCROLLED = """async () => {
  let left = 3_000;
  const wait = () => new Promise((done, failed) => (left-- ? setTimeout(done, 20) : failed(new Error("a part stays undrawn"))));
  for (let far; (far = document.querySelector("[data-state='far']")); ) {
    far.scrollIntoView({ block: "center" });
    while (far.isConnected && far.dataset.state !== "drawn") await wait();
  }
}"""
"""Comes near each chart and grid of the page, so that all are drawn."""
IDLE = ".stApp[data-test-script-state='notRunning']"
QUIET = """(idle) => {
  const { asked, begun } = window.scriptRuns;
  const unanswered = asked > begun && performance.now() - asked < 10_000; // a fragment that is gone is never run
  return !unanswered && document.querySelector(idle) !== null;
}"""
"""No script runs, and every run that the page asked for has begun."""
REST = "() => new Promise((done) => setTimeout(() => done(true), 200))"
"""By the page's own clock: what it put off for a shorter time was done before."""


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one table of three rows."""
    import datetime as dt

    import pyarrow as pa

    folder = tmp_path_factory.mktemp("rows")
    times = pa.array([dt.datetime(2026, 11, 20, hour) for hour in (8, 9, 10)], pa.timestamp("us"))
    beats = pa.table({"TimeGenerated": times, "Computer": ["web-1", "web-2", "db-1"]})
    write_rows(folder, "Heartbeat", "2026-11-20", beats)
    return folder


@pytest.fixture(scope="session")
def dashboard(rows: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """The dashboard with the test workbooks in the user's folder."""
    with serving(data=rows, workbooks=samples.write(tmp_path_factory.mktemp("mine"))) as running:
        yield running


@pytest.fixture
def visit(page: Page, dashboard: Serving) -> Callable[[str], Page]:
    """Opens an address of the dashboard and waits until nothing runs any more."""

    def go(address: str) -> Page:
        page.goto(dashboard.url + address)
        settle(page)
        return page

    return go


def settle(page: Page, timeout: float = 60_000) -> None:
    """Waits until the page has drawn what a person's last act asked for: no script runs, no part is still waiting."""
    for _ in range(2):  # between a run and the next that it led to, there is none
        page.wait_for_function(REST)
        page.wait_for_function(QUIET, arg=IDLE, timeout=timeout)
    page.wait_for_function(DRAWN, timeout=timeout)


def choose(page: Page, label: str, option: str) -> None:
    """Chooses an option of a drop-down, and waits until the page has drawn what that changes."""
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def choose_live(page: Page) -> None:
    """Chooses Log Analytics as the data source of the page that is open."""
    page.get_by_role("button", name="Data source").click()
    page.get_by_text("Log Analytics", exact=True).click()


def go_live(page: Page, address: str) -> None:
    """Opens an address, waits until it is drawn, and chooses Log Analytics there."""
    page.goto(address)
    settle(page)
    choose_live(page)


def write_query(page: Page, text: str) -> None:
    """Puts a text into the query editor in place of what stands there, once the editor is loaded."""
    page.wait_for_selector(".wb-monaco .view-lines")
    page.locator(".wb-monaco .view-lines").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def expect_query(page: Page, text: str, whole: bool = True) -> None:
    """The query editor comes to show the text, and nothing else unless the text is not the `whole`."""
    page.wait_for_function(
        r"""([text, whole]) => {
          const lines = [...document.querySelectorAll(".wb-monaco .view-line")].sort((a, b) => parseInt(a.style.top) - parseInt(b.style.top));
          const shown = lines.map((line) => line.textContent.replace(/\u00a0/g, " ")).join("\n");
          return whole ? lines.length && shown === text : shown.includes(text);
        }""",
        arg=[text, whole],
    )


def part(page: Page, title: str) -> Locator:
    """The part of a workbook with this title."""
    return page.locator("[class*='st-key-wic']").filter(has=page.get_by_role("heading", name=title, exact=True))


def expect_part(page: Page, title: str, *words: str, without: Sequence[str] = ()) -> None:
    """A person comes to read the words in the part with this title, and none of those that it is `without`."""
    for each in words:
        expect(part(page, title)).to_contain_text(each, use_inner_text=True)
    for each in without:
        expect(part(page, title)).not_to_contain_text(each, use_inner_text=True)
