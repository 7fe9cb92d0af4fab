"""A path of the document as a line of the file's text."""

from __future__ import annotations

import json

import pytest

from dashboard.document.positions import line_of
from dashboard.document.templates import template_file, template_key

DOCUMENT = {
    "version": "Notebook/1.0",
    "items": [
        {"type": 1, "content": {"json": "a \"{\" text"}},
        {"type": 12, "content": {"items": [{"type": 3, "content": {"query": "T"}}]}},
    ],
}  # fmt: skip
TEXT = json.dumps(DOCUMENT, indent=1)


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("", "{"),
        ("version", '"version"'),
        ("items/0/content", '"content"'),
        ("items/1/items/0/content/query", '"query"'),
        ("items/1/items/0/content/missing", '"content"'),
        ("items/9", '"items"'),
    ],
)
def test_a_path_is_found_in_the_text(path: str, shows: str) -> None:
    assert shows in TEXT.splitlines()[line_of(TEXT, path) - 1]


@pytest.mark.parametrize("text", ["", "{", '{"items": [', '{"items" [', "[1, 2", '{"a": "\\'])
def test_broken_text_gives_a_line_all_the_same(text: str) -> None:
    assert line_of(text, "items/0/content/query") == 1


def test_a_template_is_found_by_its_name_and_of_several_by_its_folder() -> None:
    from pathlib import Path

    files = [Path("a/Alerts.json"), Path("Common/noSubscriptions.workbook"), Path("SQL/Alerts.json")]
    assert template_key("Community-Workbooks/Common/No Subscriptions") == "nosubscriptions"
    assert template_file("community-Workbooks/Common/noSubscriptions", files) == files[1]
    assert template_file("Community-Workbooks/SQL/Alerts", files) == files[2]
    assert template_file("Community-Workbooks/Gone", files) is None
    assert template_file("", files) is None
