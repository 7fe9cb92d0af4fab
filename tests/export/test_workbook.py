"""A whole workbook as PDF, Excel, Markdown, PNG and HTML, read back by readers that are not ours."""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dashboard.document import load_workbook
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import CancelToken
from dashboard.errors import Cancelled, WatchbookError
from dashboard.export import chromium
from dashboard.export.run import Run, run_workbook
from dashboard.export.stitch import stitched
from dashboard.export.workbook import export_workbook
from dashboard.runtime.evaluate import Session


def query(title: str, text: str, **more: Any) -> dict[str, Any]:
    content = {
        "version": "KqlItem/1.0",
        "query": text,
        "title": title,
        "queryType": 0,
        "size": 0,
        **more.pop("content", {}),
    }
    return {"type": 3, "content": content, "name": title, **more}


def tab(number: int, label: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "cellValue": "tab",
        "linkTarget": "parameter",
        "linkLabel": label,
        "subTarget": label,
        "style": "link",
    }


def shown(label: str) -> dict[str, Any]:
    return {"parameterName": "tab", "comparison": "isEqualTo", "value": label}


ITEMS = [
    {"type": 1, "content": {"json": "# Pods\nOf *all* clusters."}, "name": "head"},
    {
        "type": 9,
        "content": {
            "version": "KqlParameterItem/1.0",
            "parameters": [{"id": "1", "name": "Owner", "label": "Owner", "type": 1, "value": "platform <team>"}],
            "style": "pills",
        },
        "name": "parameters",
    },
    {"type": 11, "content": {"version": "LinkItem/1.0", "style": "tabs", "links": [tab(1, "First"), tab(2, "Second")]}, "name": "tabs"},
    query(
        "Counts", "print n = 4217, t = '=2+2', who = '{Owner}' | extend at = datetime(2026-01-02 03:04:05)",
        conditionalVisibility=shown("First"),
    ),
    query(
        "By day", "range i from 1 to 5 step 1 | project day = datetime(2026-01-01) + i * 1d, value = i * 11",
        content={"visualization": "linechart"}, conditionalVisibility=shown("Second"),
    ),
    query("Many", "range i from 1 to 300 step 1", conditionalVisibility=shown("Second")),
    query("Broken", "NoSuchTable | take 1", conditionalVisibility=shown("Second")),
]  # fmt: skip


@pytest.fixture
def session(tmp_path: Path) -> Session:
    source = tmp_path / "pods.json"
    source.write_text(json.dumps({"version": "Notebook/1.0", "items": ITEMS}))
    return Session(load_workbook(source), LocalEngine(tmp_path))


@pytest.fixture
def run(session: Session) -> Run:
    return run_workbook("Pods at a glance", session, zone="Europe/Oslo", all_tabs=True, source="Sample estate")


def test_every_tab_is_a_section_and_what_stands_outside_the_tabs_is_told_once(run: Run) -> None:
    assert [section.label for section in run.sections] == ["First", "Second"]
    assert [planned.item.name for _, planned, _ in run.parts()] == ["Counts", "By day", "Many", "Broken"]
    html = export_workbook(run, "html").decode()
    assert html.count("Of <em>all</em> clusters.") == 1


def test_this_tab_alone_is_one_section(session: Session) -> None:
    run = run_workbook("Pods", session)
    assert [planned.item.name for _, planned, _ in run.parts()] == ["Counts"]


@pytest.mark.parametrize("form", ["html", "md"])
def test_every_form_states_parameters_zone_source_time_caps_and_what_is_partial(session: Session, form: str) -> None:
    session.set_tab("items/2", 1)
    run = run_workbook("Pods", session, zone="Europe/Oslo", source="Sample estate")
    text = export_workbook(run, form).decode()
    for told in ("Pods", "Sample estate", "Europe/Oslo", "30,000 a query", "Owner"):
        assert told in text
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d", text)


def test_a_cut_result_is_named_as_partial(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHBOOK_QUERY_ROWS", "100")
    run = run_workbook("Pods", session, all_tabs=True)
    assert "Many: Only the first 100 rows are shown" in run.facts["Partial"]
    assert "Many: Only the first 100 rows" in export_workbook(run, "md").decode()


def test_an_excel_file_has_the_facts_and_a_sheet_for_each_part_with_typed_cells_and_no_formulas(run: Run) -> None:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(export_workbook(run, "xlsx")))
    assert book.sheetnames == ["About", "Counts", "By day", "Many"]
    about = {str(row[0]): str(row[1]) for row in book["About"].iter_rows(values_only=True)}
    assert about["Title"] == "Pods at a glance"
    assert about["Owner"] == "platform <team>"
    assert "NoSuchTable" in about["Second › Broken"]
    cells = book["Counts"][2]
    assert [cell.value for cell in cells[:3]] == [4217, "=2+2", "platform <team>"]
    assert cells[1].data_type == "s"
    assert cells[3].value.isoformat() == "2026-01-02T03:04:05"
    assert book["Many"].max_row == 301


def test_markdown_holds_the_rows_and_nothing_of_the_data_becomes_markup(run: Run) -> None:
    text = export_workbook(run, "md").decode()
    assert "| 4217 | =2+2 | platform \\<team\\> | 2026-01-02T03:04:05Z |" in text
    assert "_The first 200 of 300 rows._" in text


def test_sheets_of_parts_with_one_title_or_a_title_that_excel_refuses_have_names_of_their_own(tmp_path: Path) -> None:
    import openpyxl

    titles = ["A/B: [x]*?", "A/B: [x]*?", "history", "x" * 60, "x" * 60]
    source = tmp_path / "w.json"
    source.write_text(json.dumps({"version": "Notebook/1.0", "items": [query(title, "print 1") for title in titles]}))
    run = run_workbook("W", Session(load_workbook(source), LocalEngine(tmp_path)))
    names = openpyxl.load_workbook(io.BytesIO(export_workbook(run, "xlsx"))).sheetnames
    assert len({name.lower() for name in names}) == 6
    assert all(len(name) <= 31 for name in names)


def test_another_format_or_paper_is_refused(run: Run) -> None:
    with pytest.raises(WatchbookError, match="EX007"):
        export_workbook(run, "docx")
    with pytest.raises(WatchbookError, match="EX006"):
        export_workbook(run, "pdf", paper="A3")


def test_without_chromium_pdf_says_what_to_install_and_the_other_forms_work(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "find_chromium", lambda: None)
    with pytest.raises(WatchbookError, match=r"EX002.*apt-get install chromium"):
        export_workbook(run, "pdf")
    assert export_workbook(run, "xlsx")


@pytest.mark.browser
def test_a_pdf_has_its_pages_numbers_and_facts_by_an_independent_reader(run: Run, tmp_path: Path) -> None:
    for paper, size in (("A4", " x 59"), ("Letter", "792 x 612")):
        file = tmp_path / f"{paper}.pdf"
        file.write_bytes(export_workbook(run, "pdf", paper=paper))
        assert file.read_bytes().startswith(b"%PDF")
        if shutil.which("pdftotext") is None or shutil.which("pdfinfo") is None:
            pytest.skip("poppler's pdftotext and pdfinfo are not installed")
        told = subprocess.run(["pdfinfo", str(file)], capture_output=True, text=True, check=True).stdout
        assert size in told
        text = subprocess.run(
            ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
        ).stdout
        for word in ("Pods at a glance", "4217", "platform <team>", "Sample estate", "Second", "1 / "):
            assert word in text
        assert re.search(r"\b300\b", text)


@pytest.mark.browser
def test_a_png_of_a_page_is_as_tall_as_the_page(run: Run) -> None:
    data = export_workbook(run, "png")
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[16:20], "big") == 1440
    assert int.from_bytes(data[20:24], "big") > 800


@pytest.mark.browser
def test_a_png_holds_every_row_and_column_however_tall_and_wide_the_page_is() -> None:
    cells = "".join(
        f'<td style="background:rgb({n * 8},0,255);width:90px"><div style="width:90px">{n}</div></td>'
        for n in range(30)
    )
    last = "".join('<td style="background:rgb(0,200,0)">z</td>' for _ in range(30))
    rows = "".join(f"<tr>{cells}</tr>" for _ in range(600))
    grid = f'<div class="wb-grid-frame"><table class="wb-grid">{rows}<tr id="last">{last}</tr></table></div>'
    style = ".wb-grid-frame { max-height: 720px; overflow: auto; } .item { width: 50% } table { border-collapse: collapse } td { padding: 0; height: 30px }"
    page = f'<!DOCTYPE html><style>{style}</style><main><div class="item"><h2>G</h2>{grid}</div></main>'
    picture = Image.open(io.BytesIO(chromium.page_png(page.encode()))).convert("RGB")
    assert picture.width > 2700
    assert picture.height > 18_000
    colours = {picture.getpixel((x, 15_000)) for x in range(0, picture.width, 20)}
    assert {(n * 8, 0, 255) for n in range(30)} <= colours
    tall = [picture.getpixel((60, y)) for y in range(picture.height)]
    # Each strip joins the one above: the column is one colour from the first row to the last, which is there once.
    column = [at for at, colour in enumerate(tall) if colour == (0, 0, 255)]
    end = [at for at, colour in enumerate(tall) if colour == (0, 200, 0)]
    assert len(column) > 600 * 29
    assert max(column) < min(end)
    assert 20 <= len(end) <= 40


@pytest.mark.browser
def test_a_picture_that_no_program_opens_is_refused_with_what_to_do_instead() -> None:
    page = b'<!DOCTYPE html><main><div style="height:400000px"></div></main>'
    with pytest.raises(WatchbookError, match="1,440 by 400"):
        chromium.page_png(page)


def test_strips_become_one_png_whatever_filters_their_rows_have() -> None:
    chance = random.Random(5)
    for mode, bands in (("RGB", 3), ("RGBA", 4), ("L", 1)):
        whole = Image.frombytes(mode, (37, 60), chance.randbytes(37 * 60 * bands))
        smooth = Image.linear_gradient("L").resize((37, 60)).convert(mode)
        for picture in (whole, smooth):
            strips = []
            for top in range(0, 60, 20):
                out = io.BytesIO()
                picture.crop((0, top, 37, top + 20)).save(out, "PNG", optimize=True)
                strips.append(out.getvalue())
            again = Image.open(io.BytesIO(stitched(strips)))
            assert again.size == (37, 60)
            assert again.tobytes() == picture.tobytes()
    with pytest.raises(ValueError, match="no PNG"):
        stitched([b"GIF89a"])


@pytest.mark.browser
def test_printing_is_given_up_when_it_is_cancelled(run: Run) -> None:
    token = CancelToken()
    threading.Timer(0.01, token.cancel).start()
    with pytest.raises(Cancelled):  # noqa: PT012 - which of the runs is stopped is a matter of speed
        for _ in range(100):
            export_workbook(run, "pdf", cancel=token)
    assert export_workbook(run, "pdf").startswith(b"%PDF")
