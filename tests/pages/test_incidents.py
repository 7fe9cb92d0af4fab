"""An analyst works through the queue and turns on a rule; whoever is second is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dashboard.detection.incidents import Change, change_incident, read_incident
from dashboard.detection.rulebook import list_rules
from dashboard.detection.shipped import templates
from dashboard.store.database import Store
from tests.detection.stored import alert, incident
from tests.pages.conftest import settle
from tests.serving import Serving, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("incidents")]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('home') / 'watchbook.db'}")


@pytest.fixture(scope="module")
def soc(rows: Path, store: Store) -> Iterator[Serving]:
    """The dashboard of a team, over a store with two incidents."""
    incident(store, alert("<b>Shell</b> in a pod"), title="<b>Shell</b> in a pod")
    incident(store, alert("Secrets listed", severity="High"), title="Secrets listed")
    assert store.file is not None
    environment = {"WATCHBOOK_HOME": str(store.file.parent), "WATCHBOOK_ANALYST": "dana@contoso.com"}
    with serving(data=rows, environment=environment) as running:
        yield running


def _button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def test_an_incident_is_taken_commented_and_closed_and_the_second_analyst_is_told(
    page: Page, soc: Serving, store: Store
) -> None:
    page.goto(f"{soc.url}/incidents")
    settle(page)
    page.get_by_text("<b>Shell</b> in a pod").click()
    settle(page)
    expect(page.get_by_role("heading", name="<b>Shell</b> in a pod")).to_be_visible()
    expect(page.get_by_text("ada@contoso.com").first).to_be_visible()
    _button(page, "Take it")
    with store.reading() as connection:
        taken = read_incident(connection, 10_001)
    assert (taken.owner, taken.status) == ("dana@contoso.com", "Active")
    with store.writing() as connection:
        change_incident(connection, 10_001, taken.version, Change(severity="Low"), "chidi@contoso.com")
    page.get_by_role("textbox", name="Labels").fill("aks")
    page.get_by_role("textbox", name="Labels").press("Enter")
    settle(page)
    _button(page, "Save")
    expect(page.get_by_text("chidi@contoso.com").first).to_be_visible()
    expect(page.get_by_text("Nothing of yours was written", exact=False)).to_be_visible()
    with store.reading() as connection:
        now = read_incident(connection, 10_001)
    assert (now.severity, now.labels) == ("Low", [])


def test_a_click_opens_what_was_pressed_though_another_incident_comes_on_top(
    page: Page, soc: Serving, store: Store
) -> None:
    page.goto(f"{soc.url}/incidents")
    settle(page)
    page.get_by_text("Secrets listed").hover()
    page.mouse.down()
    incident(store, alert("Token stolen", severity="High"), title="Token stolen")
    page.get_by_role("textbox", name="Search", exact=True).focus()
    page.keyboard.type("e")
    page.keyboard.press("Enter")
    page.wait_for_selector(".wb-grid[data-state=waiting]")
    page.mouse.up()
    expect(page.get_by_role("heading", name="Secrets listed")).to_be_visible()


def test_a_template_is_turned_on_and_off(page: Page, soc: Serving, store: Store) -> None:
    template = next(t for t in templates() if t.name == "aks-privileged-pod")
    page.goto(f"{soc.url}/rules?rule={template.rule.id}")
    settle(page)
    expect(page.get_by_role("heading", name="Privileged container")).to_be_visible()
    _button(page, "Turn on")
    _button(page, "Simulate")
    expect(page.get_by_text("0 alerts", exact=False)).to_be_visible(timeout=60_000)
    with store.reading() as connection:
        (record,) = list_rules(connection)
    assert record.enabled
    assert record.rule.template == template.rule.id
    _button(page, "Turn off")
    with store.reading() as connection:
        assert not list_rules(connection)[0].enabled
