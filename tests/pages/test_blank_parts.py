"""Parts of a live workbook that show nothing say why, each in its own frame, and more on request."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from dashboard.engines.local import LocalEngine
from tests.engines.azure_server import WORKSPACE, Asked, azure_server, environment
from tests.pages.conftest import expect_part, go_live, settle
from tests.pages.conftest import part as card
from tests.pages.test_live import part
from tests.server.querying import QUERY, post, querying
from tests.serving import serving
from tests.shared import write_rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SCHEMAS = {"AuditLogs": (("TimeGenerated", "datetime"), ("OperationName", "string"))}
# Title of a part → its query, what stands in its frame, what its explanation adds.
CASES = {
    "In range": ("Heartbeat", "The query returned no results.", "Its data connector has been silent for 3 days."),
    "Between $1 and $2 of *all* `x`": ("Perf", "The query returned no results.", "the nearest before is from"),
    "No table": ("SigninLogs", "There is no table or column 'SigninLogs' there.", "Its data connector may be off, or no row ever arrived."),
    "Silent": ("AuditLogs", "The query returned no results.", "AuditLogs has no rows in the last 30 days: its data connector may be off."),
    "Refused": ("SecretTable", "You have no permission to query workspace", "Log Analytics Reader"),
    "Unset": ("Heartbeat | where Computer == '{Machine}'", "Please set: Machine", ""),
    "Step": ("Event | where Computer == 'web-9'", "The query returned no results.", "leaves none of 2 rows."),
}  # fmt: skip


def source(folder: Path) -> Path:
    """Heartbeat has been silent for three days, Perf has rows around the last day and none in it, Event has rows now."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    hours = {"Heartbeat": (80, 79), "Perf": (30, -2), "Event": (2, 1)}
    for name, before in hours.items():
        times = pa.array([now - dt.timedelta(hours=each) for each in before], pa.timestamp("us"))
        write_rows(folder, name, "2026-11-20", pa.table({"TimeGenerated": times, "Computer": ["web-1", "web-2"]}))
    return folder


def workbook() -> dict[str, Any]:
    parameter = {"name": "Machine", "type": 1, "isRequired": True, "value": ""}
    items: list[dict[str, Any]] = [
        {"type": 9, "content": {"version": "KqlParameterItem/1.0", "parameters": [parameter]}, "name": "p"}
    ]
    for title, (text, _, _) in CASES.items():
        item = part(title, text)
        item["content"]["timeContext"] = {"durationMs": 86_400_000}  # type: ignore[index]
        items.append({**item, "customWidth": "50"})
    return {"version": "Notebook/1.0", "items": items}


def test_each_blank_part_says_why(page: Page, rows: Path, tmp_path: Path) -> None:
    (tmp_path / "blank.json").write_text(json.dumps(workbook()))
    with azure_server() as azure, querying(LocalEngine(source(tmp_path / "source"), SCHEMAS)) as port:  # type: ignore[arg-type]

        def respond(asked: Asked) -> tuple[int, Any] | None:
            if "SecretTable" in asked.body["query"]:
                return None  # Azure's own refusal
            answer, told = post(port, QUERY, asked.body)
            return answer.status, told

        azure.respond = respond
        around = environment(azure) | {"WATCHBOOK_HOME": str(tmp_path / "home"), "WATCHBOOK_WORKSPACES": WORKSPACE}
        with serving(data=rows, workbooks=tmp_path, environment=around) as running:
            go_live(page, f"{running.url}/workbook?w=mine%2Fblank")
            expect(page.get_by_text("The query returned no results.")).to_have_count(4, timeout=60_000)
            settle(page)
            for title, (_, words, more) in CASES.items():
                expect_part(page, title, words)
                if not more:
                    continue
                if "no results" in words:
                    card(page, title).get_by_role("button", name="Why is this blank?").click()
                else:
                    page.get_by_role("button", name=f"Actions of {title}").click()
                    page.get_by_text("How it was answered").click()
                dialog = page.get_by_role("dialog")
                expect(dialog.get_by_role("heading", name=title, exact=True)).to_be_visible()
                expect(dialog.get_by_text(more).first).to_be_visible(timeout=60_000)
                expect(dialog.get_by_text(f"Log Analytics, workspace {WORKSPACE}")).to_be_visible()
                dialog.get_by_role("button", name="Close").click()
                expect(dialog).to_have_count(0)


def test_a_narrow_part_wraps_the_address_in_its_note_and_counts_its_rows_in_its_title(
    page: Page, tmp_path: Path
) -> None:
    path = f"lists.example/{'a%20long%20address' * 6}/list.csv"
    copy = tmp_path / "data/external/_stand-ins" / unquote(path)
    copy.parent.mkdir(parents=True)
    copy.write_text("one\ntwo\n")
    item = part(
        "Narrow, {$rowCount} words", f"externaldata(word:string)['https://{path}'] | summarize count() by word"
    ) | {"customWidth": "20"}
    item["content"]["visualization"] = "piechart"
    (tmp_path / "narrow.json").write_text(json.dumps({"version": "Notebook/1.0", "items": [item]}))
    with serving(data=tmp_path / "data", workbooks=tmp_path) as running:
        page.goto(f"{running.url}/workbook?w=mine%2Fnarrow")
        note = page.get_by_role("note").filter(has_text="is a stand-in")
        expect(note).to_be_visible(timeout=60_000)
        assert note.evaluate("element => element.scrollWidth <= element.clientWidth")
        expect(page.get_by_role("heading", name="Narrow, 2 words", exact=True)).to_be_visible()
