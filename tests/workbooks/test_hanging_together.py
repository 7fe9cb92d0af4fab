"""The shipped workbooks lead into each other: a click opens the right one, with what was clicked and the time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from dashboard.document import load_workbook
from dashboard.pages.templates import find_id
from tests.pages.conftest import settle
from tests.serving import Serving
from tests.workbooks.test_shipped_workbooks import FOLDER, NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Page


def contexts(value: Any) -> Iterator[dict[str, Any]]:
    """Every workbookContext in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("workbookContext"), dict):
            yield value["workbookContext"]
        for child in value.values():
            yield from contexts(child)
    elif isinstance(value, list):
        for child in value:
            yield from contexts(child)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_shipped_workbook_that_declares_what_it_is_given(name: str) -> None:
    for context in contexts(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))):
        target = find_id(context["templateId"])
        assert target in NAMES, context["templateId"]
        items = list(load_workbook(FOLDER / f"{target}.json").walk())
        known = {parameter.name for item in items for parameter in item.parameters}
        known |= {str(entry["parameterName"]) for item in items for entry in item.exports}
        known |= {str(link.get("cellValue")) for item in items for link in item.links}
        assert {entry["name"] for entry in context["templateParameters"]} <= known, target
        assert {"TimeRange", "Subscription", "Workspace"} <= {entry["name"] for entry in context["templateParameters"]}


@pytest.mark.browser
def test_a_click_on_a_caller_opens_everything_known_of_it_in_the_same_range(page: Page, server: Serving) -> None:
    page.goto(f"{server.url}/workbook?w=aks-security-overview&p.View=callers&p.TimeRange=3d")
    settle(page)
    caller = page.locator(".wb-grid-link").first
    name = caller.inner_text()
    caller.click()
    expect(page.get_by_role("heading", name="Entity timeline")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=60_000)
    wanted = {"w": ["entity"], "p.Entity": [name], "p.TimeRange": ["3d"]}
    page.wait_for_url(lambda address: wanted.items() <= parse_qs(urlsplit(address).query).items())
