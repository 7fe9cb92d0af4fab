"""Incidents and rules of Microsoft Sentinel in a browser, against its REST API on loopback: read at once, changed only where that
was allowed, and after a look at the change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.engines.azure_server import SENTINEL, WORKSPACE, Azure, azure_server, environment
from tests.pages.conftest import choose, go_live, settle
from tests.serving import serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
QUERY = "SigninLogs | where ResultType == '50126' | summarize count() by IPAddress"


def hold(azure: Azure) -> None:
    for number, status in ((1, "New"), (2, "Active"), (3, "Closed")):
        path = f"{SENTINEL}/incidents/i{number}"
        properties = {
            "title": f"Shell <b>{number}</b>", "severity": "High", "status": status, "incidentNumber": number,
            "createdTimeUtc": "2026-11-01T02:00:00Z", "owner": {"userPrincipalName": "dana@contoso.com"},
            "additionalData": {"alertsCount": 1, "tactics": ["Execution"]}, "description": "Somebody opened a shell.",
        }  # fmt: skip
        azure.resources[path] = {"id": path, "name": f"i{number}", "etag": '"1"', "properties": properties}
    for name, enabled in (("r1", True), ("r2", False)):
        path = f"{SENTINEL}/alertRules/{name}"
        properties = {
            "displayName": f"Guessed passwords {name}", "enabled": enabled, "severity": "Medium", "query": QUERY, "queryFrequency": "PT1H",
            "queryPeriod": "PT1H", "triggerOperator": "GreaterThan", "triggerThreshold": 0, "tactics": ["CredentialAccess"],
            "suppressionDuration": "PT5H", "suppressionEnabled": False,
        }  # fmt: skip
        azure.resources[path] = {"id": path, "name": name, "kind": "Scheduled", "properties": properties}


def changes(azure: Azure) -> list[Any]:
    return [each.body for each in azure.of("SecurityInsights") if each.method == "PUT"]


def row(page: Page, text: str) -> None:
    page.get_by_role("gridcell", name=text).first.click()
    settle(page)


def test_an_incident_is_read_and_changed_only_after_that_was_allowed(page: Page, rows: Path, tmp_path: Path) -> None:
    with azure_server() as azure:
        hold(azure)
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            page.goto(f"{running.url}/incidents")
            settle(page)
            expect(page.get_by_role("heading", name="Incidents")).to_be_visible()
            assert azure.asked == []
            go_live(page, f"{running.url}/incidents")
            settle(page)
            expect(page.get_by_text("2 incidents in")).to_be_visible()
            row(page, "Shell <b>1</b>")
            expect(page.get_by_text("Somebody opened a shell.")).to_be_visible()
            expect(page.get_by_role("gridcell", name="Shell in a pod")).to_be_visible()
            page.get_by_role("tab", name="Change").click()
            expect(page.get_by_text("Incidents of Microsoft Sentinel are only read here.")).to_be_visible()

            page.get_by_role("link", name="Settings").click()
            page.get_by_text("Incidents of Microsoft Sentinel may be changed from here").click()
            settle(page)
            page.get_by_role("link", name="Incidents", exact=True).click()
            expect(page.get_by_text("Somebody opened a shell.")).to_be_visible()
            page.get_by_role("tab", name="Change").click()
            page.get_by_role("textbox", name="Assigned to", exact=True).fill("nobody")
            page.get_by_role("textbox", name="Assigned to", exact=True).press("Enter")
            settle(page)
            page.locator(".st-key-sentinel-change").get_by_role("combobox", name="Status").click()
            page.get_by_role("option", name="Closed").click()
            settle(page)
            choose(page, "Classification", "FalsePositive")
            choose(page, "Reason", "InaccurateData")
            page.get_by_role("button", name="Show what would change").click()
            expect(page.get_by_text("status: New → Closed")).to_be_visible()
            assert changes(azure) == []
            page.get_by_role("button", name="Change it in Microsoft Sentinel").click()
            expect(page.get_by_text("1 incident in")).to_be_visible()
            (sent,) = changes(azure)
            told = sent["properties"]
            assert (told["status"], told["classification"], told["classificationReason"]) == ("Closed", "FalsePositive", "InaccurateData")  # fmt: skip
            assert told["owner"] == {"userPrincipalName": None, "objectId": None, "email": None, "assignedTo": None}
            assert told["title"] == "Shell <b>1</b>"

            row(page, "Shell <b>2</b>")
            page.get_by_role("tab", name="Change").click()
            page.get_by_label("New comment").fill("Seen <i>it</i>")
            page.get_by_role("button", name="Add the comment").click()
            expect(page.get_by_role("tab", name="Comments (1)")).to_be_visible()
            page.get_by_role("tab", name="Comments (1)").click()
            expect(page.get_by_text("Seen <i>it</i>")).to_be_visible()
            expect(page.get_by_label("New comment")).to_have_value("")
            assert changes(azure)[1] == {"properties": {"message": "Seen <i>it</i>"}}


def test_a_closed_incident_keeps_what_it_was_closed_as_where_only_its_severity_changes(
    page: Page, rows: Path, tmp_path: Path
) -> None:
    closing = {"classification": "FalsePositive", "classificationReason": "InaccurateData", "classificationComment": "A test of ours"}  # fmt: skip
    with azure_server() as azure:
        hold(azure)
        for number, told in ((3, closing), (4, {})):
            path = f"{SENTINEL}/incidents/i{number}"
            properties = {**azure.resources[f"{SENTINEL}/incidents/i3"]["properties"], **told, "title": f"Closed {number}"}  # fmt: skip
            if number == 4:
                for field in closing:
                    properties.pop(field)
            azure.resources[path] = {"id": path, "name": f"i{number}", "etag": '"1"', "properties": properties}
        around = environment(azure) | {
            "WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE, "WATCHBOOK_AZURE_CHANGES": "true",
        }  # fmt: skip
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            go_live(page, f"{running.url}/incidents")
            settle(page)
            page.locator(".st-key-sentinel-filters").get_by_role("combobox", name="Status").click()
            page.get_by_role("option", name="Closed").click()
            page.keyboard.press("Escape")
            settle(page)
            for title in ("Closed 3", "Closed 4"):
                row(page, title)
                page.get_by_role("tab", name="Change").click()
                page.locator(".st-key-sentinel-change").get_by_role("combobox", name="Severity").click()
                page.get_by_role("option", name="Low").click()
                settle(page)
                page.get_by_role("button", name="Show what would change").click()
                expect(page.get_by_text("severity: High → Low")).to_be_visible()
                expect(page.get_by_text(re.compile("classification.*:"))).to_have_count(0)
            row(page, "Closed 3")
            page.get_by_role("tab", name="Change").click()
            expect(page.get_by_label("Why")).to_have_value("A test of ours")
            choose(page, "Reason", "IncorrectAlertLogic")
            page.get_by_role("button", name="Show what would change").click()
            expect(page.get_by_text("classificationReason: InaccurateData → IncorrectAlertLogic")).to_be_visible()
            expect(page.get_by_text("classification:")).to_have_count(0)
            assert changes(azure) == []


def test_rules_are_read_and_one_is_taken_into_watchbook(page: Page, rows: Path, tmp_path: Path) -> None:
    with azure_server() as azure:
        hold(azure)
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            go_live(page, f"{running.url}/rules")
            settle(page)
            expect(page.get_by_text("2 rules in")).to_be_visible()
            row(page, "Guessed passwords r1")
            expect(page.get_by_text(QUERY)).to_be_visible()
            page.get_by_role("button", name="Take it into Watchbook").click()
            expect(
                page.get_by_text("'Guessed passwords r1' is among the rules of Watchbook, turned off.")
            ).to_be_visible()
            page.get_by_text("Watchbook", exact=True).last.click()
            expect(page.get_by_role("gridcell", name="Guessed passwords r1")).to_be_visible()
            assert changes(azure) == []
