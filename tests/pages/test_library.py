"""What a gallery says of workbooks, without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.errors import WatchbookError
from dashboard.pages import library
from tests.pages import samples


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATCHBOOK_WORKBOOKS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SecurityAlert | count", ["SecurityAlert"]),
        ("let a = SigninLogs | take 1;\na | join (AuditLogs | take 2) on X", ["SigninLogs", "AuditLogs"]),
        ("union withsource=T SigninLogs, AuditLogs | count", ["SigninLogs", "AuditLogs"]),
        ("SecurityAlert | extend Alert = 1, Event = 2 | summarize by Alert, Event", ["SecurityAlert"]),
        ("// first\nHeartbeat\n| take 1", ["Heartbeat"]),
        ("print 'SecurityAlert | count'", []),
    ],
)
def test_tables_are_found_where_a_table_can_stand(query: str, tables: list[str]) -> None:
    assert library.tables_in(query) == tables


def test_titles_come_from_the_catalogue_the_heading_or_the_file(mine: Path) -> None:
    for name in ("by-catalogue", "byHeading", "some_fileName"):
        text = (
            samples.text("# A heading\nOne sentence that tells what it is. And more.")
            if name == "byHeading"
            else samples.text("x")
        )
        (mine / f"{name}.json").write_text(json.dumps(samples.document(text)))
    (mine / "gallery.json").write_text(
        json.dumps({"by-catalogue": {"title": "Told", "category": "Mine", "tables": ["T"]}})
    )
    found = {entry.id: entry for entry in library.entries() if not entry.shipped}
    assert found["mine/by-catalogue"].title == "Told"
    assert found["mine/by-catalogue"].category == "Mine"
    assert found["mine/byHeading"].title == "A heading"
    assert found["mine/byHeading"].text == "One sentence that tells what it is."
    assert found["mine/some_fileName"].title == "Some file Name"


def test_folders_are_categories_and_hidden_files_are_left_out(mine: Path) -> None:
    (mine / "team").mkdir()
    (mine / ".git").mkdir()
    for place in ("team/a.json", ".git/b.json"):
        (mine / place).write_text(json.dumps(samples.document(samples.text("x"))))
    found = [(entry.id, entry.category) for entry in library.entries() if not entry.shipped]
    assert found == [("mine/team/a", "team")]


@pytest.mark.parametrize("chosen", ["../../etc/passwd", "mine/../../x", "/etc/passwd", "", "mine/\0"])
def test_only_listed_workbooks_open(mine: Path, chosen: str) -> None:
    with pytest.raises(WatchbookError) as caught:
        library.open_workbook(chosen)
    assert caught.value.problem.code == "PG001"


def test_a_changed_file_is_read_again(mine: Path) -> None:
    file = mine / "a.json"
    file.write_text(json.dumps(samples.document(samples.text("# One"))))
    assert [entry.title for entry in library.entries() if not entry.shipped] == ["One"]
    file.write_text(json.dumps(samples.document(samples.text("# Another"))))
    assert [entry.title for entry in library.entries() if not entry.shipped] == ["Another"]
