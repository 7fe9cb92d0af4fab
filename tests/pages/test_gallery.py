"""The gallery in a real browser: pictures, categories, search, favourites, what was open last, import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dashboard.errors import WatchbookError
from dashboard.pages import importing, shelves
from tests.pages import samples
from tests.pages.conftest import settle
from tests.serving import Serving, serving
from tests.store.git_host import git_hosts
from tests.workbooks.test_shipped_workbooks import NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def gallery(rows: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    home = {"WATCHBOOK_HOME": str(tmp_path_factory.mktemp("home"))}
    with serving(data=rows, workbooks=own, environment=home) as running:
        yield running


def test_every_shipped_workbook_stands_on_a_shelf_with_pictures_of_a_few_kilobytes() -> None:
    assert sorted(name for _, names in shelves.SHELVES for name in names) == list(NAMES)
    for name in NAMES:
        for scheme in ("light", "dark"):
            assert shelves.picture(name, scheme) == f"/thumbnails/{name}.{scheme}.webp"
            assert 1_000 < (shelves.PICTURES / f"{name}.{scheme}.webp").stat().st_size < 40_000


def test_an_imported_workbook_keeps_its_content_and_gets_a_name_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHBOOK_WORKBOOKS", str(tmp_path / "workbooks"))
    monkeypatch.setenv("WATCHBOOK_HOME", str(tmp_path / "home"))
    data = json.dumps(samples.document(samples.text("# Mine")), indent=4).encode()
    assert importing.save("My Book.workbook", data) == ["mine/my-book"]
    assert importing.save("My Book.workbook", data) == ["mine/my-book-2"]
    assert json.loads((tmp_path / "workbooks/my-book.json").read_text()) == json.loads(data)
    for wrong in (b"{", b"[]", b'{"a": 1}', b"\xff\xfe\x00"):
        with pytest.raises(WatchbookError):
            importing.save("wrong.json", wrong)
    assert sorted(path.name for path in (tmp_path / "workbooks").glob("*.json")) == ["my-book-2.json", "my-book.json"]


@pytest.mark.browser
def test_a_workbook_is_found_liked_opened_and_found_again_and_another_is_imported(
    page: Page, gallery: Serving, own: Path
) -> None:
    page.goto(gallery.url)
    settle(page)
    expect(page.get_by_role("status").first).to_have_text("18 workbooks")
    assert page.locator(".wb-thumb img.is-light").first.evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    page.get_by_role("button", name="Kubernetes", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("6 workbooks")
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_role("searchbox", name="Search workbooks").fill("heartbeat agent cost")
    expect(page.get_by_text("No workbook matches the search.")).to_be_visible()
    page.get_by_role("searchbox", name="Search workbooks").fill("heartbeat cost")
    expect(page.get_by_role("status").first).to_have_text("1 workbook")
    expect(page.get_by_text("Data for 1 of")).to_be_visible()
    page.get_by_role("button", name="Add to favourites: Data collection: health and cost").click()
    page.get_by_role("link", name="Data collection").click()
    page.wait_for_url("**w=data-health*")
    settle(page)
    page.goto(gallery.url)
    settle(page)
    for title in ("Favourites", "Opened last"):
        expect(page.get_by_role("region", name=title).get_by_role("link")).to_have_count(1)
    page.get_by_role("button", name="Import", exact=True).click()
    document = json.dumps(samples.document(samples.text("# Brought along"))).encode()
    page.locator("input[type=file]").first.set_input_files(
        {"name": "brought.json", "mimeType": "application/json", "buffer": document}
    )
    page.get_by_role("button", name="Open it").click()
    page.wait_for_url("**w=mine%2Fbrought*")
    assert json.loads((own / "brought.json").read_text()) == json.loads(document)


@pytest.mark.browser
def test_a_search_goes_on_while_the_estate_is_made_and_its_hits_come_to_tell_what_has_data(
    page: Page, tmp_path: Path
) -> None:
    with serving(environment={"WATCHBOOK_HOME": str(tmp_path)}) as fresh:
        page.goto(fresh.url)
        search = page.get_by_role("searchbox", name="Search workbooks")
        search.press_sequentially("pod inventry")
        search.press("ArrowLeft")
        search.press("ArrowLeft")
        expect(page.get_by_text("Data for all tables")).to_have_count(0)
        expect(page.get_by_role("button", name="All", exact=True)).to_be_visible()
        search.press("o")
        expect(page.get_by_text("Data for all tables").first).to_be_visible(timeout=120_000)
        expect(search).to_have_value("pod inventory")
        expect(search).to_be_focused()
        page.keyboard.press("Backspace")
        expect(search).to_have_value("pod inventry")


@pytest.mark.browser
def test_the_dialog_of_imports_stays_when_the_estate_is_made_behind_it(page: Page, tmp_path: Path) -> None:
    with serving(environment={"WATCHBOOK_HOME": str(tmp_path)}) as fresh:
        page.goto(fresh.url)
        page.get_by_role("button", name="Import", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        expect(page.get_by_text("Data for all tables")).to_have_count(0)
        expect(page.get_by_text("Data for all tables").first).to_be_visible(timeout=120_000)
        settle(page)
        expect(dialog).to_be_visible()
        dialog.get_by_role("tab", name="A Git host").click()
        expect(dialog.get_by_label("Address of the file")).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        settle(page)
        expect(dialog).to_have_count(0)


@pytest.mark.browser
def test_a_workbook_is_fetched_from_a_git_host_once_a_person_has_agreed(page: Page, rows: Path, tmp_path: Path) -> None:
    document = json.dumps(samples.document(samples.text("# From the host"))).encode()
    own = tmp_path / "mine"
    own.mkdir()
    with (
        git_hosts(tmp_path, lambda *_: (200, {}, document)) as hosts,
        serving(data=rows, workbooks=own, environment=hosts.environment) as gallery,
    ):
        page.goto(gallery.url)
        settle(page)
        page.get_by_role("button", name="Import", exact=True).click()
        page.get_by_role("tab", name="A Git host").click()
        field = page.get_by_label("Address of the file")
        field.fill("https://169.254.169.254/latest/meta-data")
        field.press("Enter")
        expect(page.get_by_text("is not among the hosts that may be asked")).to_be_visible()
        field.fill("https://github.com/contoso/books/blob/main/soc/from%20host.json")
        field.press("Enter")
        expect(page.get_by_text("This asks raw.githubusercontent.com")).to_be_visible()
        assert (hosts.tunnels, hosts.asked) == ([], [])
        page.get_by_role("button", name="Fetch from raw.githubusercontent.com").click()
        page.get_by_role("button", name="Open it").click()
        page.wait_for_url("**w=mine%2F*")
        expect(page.get_by_role("heading", name="From the host").first).to_be_visible()
        assert hosts.asked == [("raw.githubusercontent.com", "/contoso/books/main/soc/from%20host.json")]
        assert [json.loads(path.read_text()) for path in own.glob("*.json")] == [json.loads(document)]
