"""Files of rows: nothing turns into a formula, and types survive."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from dataclasses import replace

import openpyxl
import pytest

from dashboard.errors import WatchbookError
from dashboard.export.tables import defuse, export_table, file_name
from dashboard.table import Notice, Table, table_from_rows
from tests.hostile import HOSTILE

MOMENT = dt.datetime(2026, 11, 20, 12, 30, 15, 250_000)
TYPES = table_from_rows(
    [
        ("s", "string"),
        ("d", "datetime"),
        ("i", "long"),
        ("r", "real"),
        ("b", "bool"),
        ("t", "timespan"),
        ("j", "dynamic"),
        ("g", "guid"),
        ("m", "decimal"),
    ],
    [
        ("ü", MOMENT, -5, -2.5, True, 900_000_000, {"a": 1}, "0-0", 3),
        ("", None, None, float("nan"), None, None, None, None, None),
    ],
)
FACTS = {"Time range": "Last 24 hours", "Data": "Sample estate"}


def read_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def read_xlsx(table: Table, title: str = "T") -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(export_table(table, "xlsx", title=title, facts=FACTS)))


def test_csv_is_utf8_with_a_mark_and_holds_kql_texts() -> None:
    data = export_table(TYPES, "csv", title="Pods", facts=FACTS)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = read_csv(data)
    assert rows[0] == ["s", "d", "i", "r", "b", "t", "j", "g", "m"]
    assert rows[1] == ["ü", "2026-11-20T12:30:15.2500000Z", "-5", "-2.5", "true", "00:01:30", '{"a": 1}', "0-0", "3"]
    assert rows[2] == ["", "", "", "NaN", "", "", "", "", ""]


def test_facts_follow_the_rows_of_a_csv_after_an_empty_line() -> None:
    rows = read_csv(export_table(TYPES, "csv", title="Pods", facts=FACTS))
    assert rows[3] == []
    assert ["# Title", "Pods"] in rows
    assert ["# Time range", "Last 24 hours"] in rows


def test_notices_and_a_partial_result_are_said_in_every_file() -> None:
    table = replace(TYPES, status="partial", notices=(Notice("EN014", "Cut at 30,000 rows."),))
    assert b"Cut at 30,000 rows. (EN014)" in export_table(table, "csv")
    assert b"partial" in export_table(table, "csv")
    assert json.loads(export_table(table, "json"))["notices"] == [{"code": "EN014", "message": "Cut at 30,000 rows."}]
    about = [cell.value for row in read_xlsx(table)["About"].iter_rows() for cell in row]
    assert "Cut at 30,000 rows. (EN014)" in about


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\u00a0=1", "＝1+1", "-2+3+cmd|' /C calc'!A0"],
)
def test_a_text_that_a_spreadsheet_would_run_is_defused_in_csv(text: str) -> None:
    table = table_from_rows([("s", "string"), (text, "string"), ("d", "dynamic")], [(text, "x", json.dumps(text))])
    rows = read_csv(export_table(table, "csv", title=text, facts={"P": text}))
    assert rows[0][1] == "'" + text
    assert rows[1][0] == "'" + text
    assert ["# Title", "'" + text] in rows
    assert ["# P", "'" + text] in rows


def test_negative_numbers_stay_numbers_and_plain_texts_stay_plain() -> None:
    table = table_from_rows([("n", "long"), ("r", "real"), ("t", "timespan")], [(-7, -0.5, -10_000_000)])
    assert read_csv(export_table(table, "csv"))[1] == ["-7", "-0.5", "-00:00:01"]
    assert [defuse(text) for text in ("a=b", "", "x-1", "5")] == ["a=b", "", "x-1", "5"]


def test_xlsx_cells_have_their_types() -> None:
    sheet = read_xlsx(TYPES)["Data"]
    row = [cell.value for cell in sheet[2]]
    assert row == [
        "ü",
        dt.datetime(2026, 11, 20, 12, 30, 15, 250_000),
        -5,
        -2.5,
        True,
        dt.timedelta(seconds=90),
        '{"a": 1}',
        "0-0",
        3,
    ]
    assert [cell.value for cell in sheet[3]][1:] == [None, None, "NaN", None, None, None, None, None]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:I3"


@pytest.mark.parametrize("text", HOSTILE)
def test_an_xlsx_holds_hostile_texts_as_texts(text: str) -> None:
    table = table_from_rows(
        [(text, "string"), ("d", "dynamic")], [(text, json.dumps(text)), ("https://evil.example", '"http://x"')]
    )
    book = read_xlsx(table, text)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type in ("s", "n"), (cell.coordinate, cell.value)
                assert cell.hyperlink is None
                assert cell.data_type != "f"


def test_an_xlsx_keeps_values_that_excel_cannot_hold_as_text() -> None:
    table = table_from_rows(
        [("n", "long"), ("d", "datetime"), ("t", "timespan"), ("s", "string"), ("r", "real")],
        [(2**62, dt.datetime(1601, 1, 1), -10_000_000, "a\x00b\x0bc" + "x" * 40_000, float("inf"))],
    )
    row = [cell.value for cell in read_xlsx(table)["Data"][2]]
    assert row[:3] == [str(2**62), "1601-01-01T00:00:00Z", "-00:00:01"]
    assert row[3].startswith("abcxxx")
    assert len(row[3]) == 32_767
    assert row[4] == "Infinity"


def test_json_has_columns_rows_and_facts_in_the_contracts_form() -> None:
    document = json.loads(export_table(TYPES, "json", title="Pods", facts=FACTS))
    assert document["columns"][:2] == [["s", "string"], ["d", "datetime"]]
    assert document["rows"][0][1:6] == ["2026-11-20T12:30:15.2500000Z", -5, -2.5, True, "00:01:30"]
    assert document["rows"][1][3] == "NaN"
    assert ["Data", "Sample estate"] in document["facts"]


def test_an_empty_table_is_a_file_too() -> None:
    empty = table_from_rows([("a", "long")], [])
    for form in ("csv", "json", "xlsx"):
        assert export_table(empty, form)  # type: ignore[arg-type]


def test_another_format_is_refused_with_a_code() -> None:
    with pytest.raises(WatchbookError, match=r"EX001.*'pdf'"):
        export_table(TYPES, "pdf")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "name"),
    [("Pods by node", "Pods by node.csv"), ("../../etc/passwd", "etc-passwd.csv"), ("", "export.csv"), ("a/b\\c:d*?", "a-b-c-d.csv"),
     ("..", "export.csv"), ("\x00\n", "export.csv"), ("x" * 200, "x" * 80 + ".csv"), ("Über 50%", "Über 50.csv")],
)  # fmt: skip
def test_a_file_name_is_made_of_letters(title: str, name: str) -> None:
    assert file_name(title, "csv") == name


def test_parquet_keeps_types_names_and_facts() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = table_from_rows(
        [("at", "datetime"), ("n", "long"), ("took", "timespan"), ("n", "string")],
        [(dt.datetime(2026, 1, 2, 3), 7, 15_000_000, "=1+1")],
    )
    made = pq.read_table(io.BytesIO(export_table(table, "parquet", title="T", facts={"Data": "estate"})))
    assert made.schema.names == ["at", "n", "took", "n_1"]
    assert made.schema.field("at").type == pa.timestamp("us", tz="UTC")
    assert made.to_pylist()[0]["took"] == dt.timedelta(seconds=1.5)
    assert made.schema.metadata[b"watchbook.Data"] == b"estate"


def test_rows_that_a_grid_shows_are_taken_in_its_order() -> None:
    table = table_from_rows([("n", "long")], [(1,), (2,), (3,)])
    assert table.take([2, 0]).rows() == [(3,), (1,)]
