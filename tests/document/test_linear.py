"""Looking through hostile text takes time in proportion to its length. A quadratic look would not end within the test run."""

from __future__ import annotations

import pytest

from dashboard.document import parse_workbook
from dashboard.document.neutral import neutral_query
from dashboard.document.resource_graph import with_table
from dashboard.errors import WatchbookError
from dashboard.parameters import options_from_json, references

LENGTH = 300_000
HOSTILE = [
    '"',
    "'",
    '"\\',
    "@'",
    "```",
    "/*",
    "//",
    "{",
    "{a:",
    "[",
    ",",
    ", ",
    "resources ",
    "resources\n//",
    "union resources,",
    "'resources|",
    "\\",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_repeated_marks_are_read_once(part: str) -> None:
    text = part * (LENGTH // len(part))
    with pytest.raises(WatchbookError):
        parse_workbook('{"items": [' * 200 + text, "w.json")
    options_from_json("[" + text)
    references(text)
    neutral_query(text, {})
    with_table(text)
