"""Real workbooks in a real browser: each opens, every part is drawn or says why, and no script fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.pages.conftest import SCROLLED, settle
from tests.serving import Serving, serving
from tests.shared import WORKBOOKS, workbooks

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.shared]
SAMPLE = 4


def ids(column: str, value: str) -> list[str]:
    """The ids of the workbooks that the manifest lists with this value in a column."""
    files = workbooks(**{column: value}) if WORKBOOKS.is_dir() else []
    return [file.relative_to(WORKBOOKS).with_suffix("").as_posix() for file in files]


SENTINEL = ids("set", "sentinel")
DEFENDER = ids("repo", "Azure/Microsoft-Defender-for-Cloud")


@pytest.fixture(scope="module")
def corpus(rows: Path) -> Iterator[Serving]:
    if not WORKBOOKS.is_dir():
        pytest.skip("the corpus of workbooks is not beside the project")
    with serving(data=rows, workbooks=WORKBOOKS) as running:
        yield running


def opens(page: Page, corpus: Serving, name: str) -> None:
    page.goto(f"{corpus.url}/workbook?w={quote('mine/' + name)}")
    settle(page)
    page.evaluate(SCROLLED)
    words = page.locator("body").inner_text()
    assert not re.search(r"Traceback|PG002|SV008|VI008|could not be drawn", words), name
    assert page.locator("[class*='st-key-wi']").count() > 0, name


@pytest.mark.parametrize("name", [*SENTINEL[:: max(1, len(SENTINEL) // SAMPLE)], *DEFENDER[:1]] or [""])
def test_a_workbook_of_sentinel_or_defender_opens(page: Page, corpus: Serving, name: str) -> None:
    opens(page, corpus, name)


@pytest.mark.soak
@pytest.mark.parametrize("names", [SENTINEL, DEFENDER], ids=["sentinel", "defender"])
def test_every_workbook_of_the_set_opens(page: Page, corpus: Serving, names: list[str]) -> None:
    assert names
    for name in names:
        opens(page, corpus, name)
