"""Hunting, automation, threat intelligence and watchlists in the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import settle
from tests.serving import Serving, serving

pytestmark = pytest.mark.browser
LONG = 60_000


def test_a_hunter_runs_all_queries_adds_an_indicator_and_makes_a_rule(page: Page, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "workbooks").mkdir()
    environment = {"WATCHBOOK_HOME": str(tmp_path / "home")}
    with serving(data=tmp_path / "data", workbooks=tmp_path / "workbooks", environment=environment) as running:
        page.goto(f"{running.url}/hunting")
        page.get_by_role("button", name="Run 22 queries").click(timeout=LONG)
        expect(page.get_by_role("note").filter(has_text="22 of 22 queries run, 0 failed.")).to_be_visible(timeout=LONG)
        settle(page)
        page.get_by_text("Commands run inside pods").first.click()
        expect(page.get_by_role("button", name="Open in Query")).to_be_visible(timeout=LONG)

        page.goto(f"{running.url}/data?tab=intelligence")
        page.get_by_role("button", name="Add").click(timeout=LONG)
        page.get_by_label("Address, range, domain, URL, e-mail address or hash").fill("evil[.]example")
        page.get_by_test_id("stForm").get_by_role("button", name="Add").click()
        expect(page.get_by_text("1 observables of 1 feeds, 1 of them active")).to_be_visible(timeout=LONG)

        page.goto(f"{running.url}/data?tab=watchlists")
        expect(page.get_by_text("No watchlist is made yet.")).to_be_visible(timeout=LONG)

        page.goto(f"{running.url}/automation")
        settle(page)
        page.get_by_label("Name").fill("Tag them")
        page.get_by_label("Name").press("Tab")
        settle(page)
        page.get_by_role("button", name="Save rule").click(timeout=LONG)
        expect(page.get_by_text("add tags: triage")).to_be_visible(timeout=LONG)


def test_an_automation_rule_picks_its_playbook_and_what_is_deleted_is_asked_for_first(
    page: Page, tmp_path: Path
) -> None:
    for name in ("data", "workbooks"):
        (tmp_path / name).mkdir()
    environment = {"WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_RESPONSE_HOSTS": "hooks.example.com"}
    with serving(data=tmp_path / "data", workbooks=tmp_path / "workbooks", environment=environment) as running:
        page.goto(f"{running.url}/automation?tab=playbooks")
        settle(page)
        for label, text in (("Name", "Tell the team"), ("Address", "https://hooks.example.com/soc")):
            page.get_by_label(label, exact=True).fill(text, timeout=LONG)
            page.get_by_label(label, exact=True).press("Tab")
            settle(page)
        page.get_by_role("button", name="Save playbook").click(timeout=LONG)
        expect(page.get_by_role("button", name="Save playbook")).to_be_hidden(timeout=LONG)

        # It can be tried by hand; an incident that is not there is said.
        settle(page)
        page.get_by_text("Tell the team").first.click(timeout=LONG)
        page.get_by_label("Incident", exact=True).fill("7", timeout=LONG)
        page.get_by_label("Incident", exact=True).press("Tab")
        settle(page)
        for name in ("Dry run", "Run"):
            page.get_by_role("button", name=name, exact=True).click(timeout=LONG)
            expect(page.get_by_text("There is no incident 7.")).to_be_visible(timeout=LONG)

        page.goto(f"{running.url}/automation")
        settle(page)
        page.get_by_label("Name").fill("Call for help")
        page.get_by_label("Name").press("Tab")
        settle(page)
        page.get_by_role("button", name="Add an action").click(timeout=LONG)
        expect(page.get_by_role("combobox", name="Playbook").last).to_have_value("Tell the team", timeout=LONG)
        settle(page)
        page.get_by_role("button", name="Save rule").click(timeout=LONG)
        expect(page.get_by_text("add tags: triage; run playbook: Tell the team")).to_be_visible(timeout=LONG)

        settle(page)
        page.get_by_text("Call for help").first.click()
        page.get_by_role("button", name="Delete", exact=True).click(timeout=LONG)
        expect(page.get_by_text("The rule 'Call for help' is deleted for good")).to_be_visible(timeout=LONG)
        expect(page.get_by_text("add tags: triage; run playbook: Tell the team")).to_be_visible()
        page.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("No automation rule is made yet.")).to_be_visible(timeout=LONG)


def test_before_the_first_feed_the_sample_estates_indicators_are_one_click_away(page: Page, server: Serving) -> None:
    page.goto(f"{server.url}/data?tab=intelligence")
    page.get_by_role("button", name="See the sample estate's indicators in Query").click(timeout=LONG)
    page.wait_for_url("**/query**")
    expect(page.get_by_text("ObservableValue").first).to_be_visible(timeout=LONG)
