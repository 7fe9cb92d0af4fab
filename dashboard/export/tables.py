"""A result as CSV, XLSX, JSON or Parquet, safe to open in a spreadsheet.

Texts that a spreadsheet would run as a formula get a leading apostrophe in CSV (numbers in number columns stay numbers);
XLSX cells have types, so a text there is a text. Facts stand above the rows in CSV only as a part of the file's own
comment-free form: they follow the rows, after an empty line, so that a program that reads the head still finds the columns.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from dashboard.errors import Problem, WatchbookError
from dashboard.table import Table, format_datetime, format_timespan, json_cell

Format = Literal["csv", "json", "xlsx", "parquet"]

FORMATS: tuple[Format, ...] = ("csv", "json", "xlsx", "parquet")

CELL_LIMIT = 32_767
"""Characters that a spreadsheet's cell holds."""
SHEET_ROWS = 1_048_575

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def export_table(table: Table, format: Format, *, title: str = "", facts: Mapping[str, str] | None = None) -> bytes:
    """A table as a file's bytes.

    - `csv`: UTF-8 with a byte order mark (spreadsheets then read it as UTF-8), CRLF, times in ISO 8601 UTC, timespans and
      dynamics as KQL writes them, formulas defused. Facts follow after an empty line as `# name,value`.
    - `xlsx`: typed cells (dates, numbers, durations, true/false), a heading that stays in sight with filters, and a second
      sheet `About` with the facts and the table's notices.
    - `parquet`: columns with their types (times UTC, timespans as durations), facts and notices in the file's metadata.
    - `json`: {"title", "facts", "notices", "columns": [[name, type]], "rows"} in the form of the command line's contract.

    Raises WatchbookError (EX001) for another format.
    """
    told = _facts(table, title, facts)
    match format:
        case "csv":
            return _csv(table, told)
        case "json":
            return _json(table, title, told)
        case "xlsx":
            return _xlsx(table, title, told)
        case "parquet":
            return _parquet(table, told)
    raise WatchbookError(
        Problem(
            "EX001", f"The format must be one of csv, json, xlsx, parquet; got '{format}'.", hint="Choose one of these."
        )
    )


def defuse(text: str) -> str:
    """A text that no spreadsheet runs: one that begins like a formula gets a leading apostrophe."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_STARTERS) or text.startswith(("\t", "\r", "\n")) else text


def file_name(title: str, extension: str) -> str:
    """A file name from a title: letters, digits, spaces and `-_.` only, never hidden, never a path."""
    kept = "".join(c if c.isalnum() or c in " -_" else "-" for c in title).strip(" -.")
    return f"{' '.join(kept.split())[:80].strip(' -') or 'export'}.{extension}"


def _facts(table: Table, title: str, facts: Mapping[str, str] | None) -> list[tuple[str, str]]:
    told = [("Title", title)] if title else []
    told += [(name, str(value)) for name, value in (facts or {}).items()]
    told.append(("Rows", f"{len(table)}"))
    if table.status == "partial":
        told.append(("Result", "partial: the query ended early"))
    told += [("Notice", f"{notice.message} ({notice.code})") for notice in table.notices]
    return told


def _csv(table: Table, told: list[tuple[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([defuse(name) for name in table.names])
    kinds = [column.type for column in table.columns]
    for row in table.rows():
        writer.writerow([_csv_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)])
    writer.writerow([])
    for name, value in told:
        writer.writerow([f"# {name}", defuse(value)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Any, kind: str) -> str:
    if cell is None:
        return ""
    match kind:
        case "datetime":
            return format_datetime(cell)
        case "timespan":
            return _timespan_text(cell)
        case "bool":
            return "true" if cell else "false"
        case "int" | "long":
            return str(cell)
        case "real":
            return str(json_cell(cell, "real"))
        case "decimal":
            return str(json_cell(cell, "decimal"))
    return defuse(str(cell).replace("\x00", ""))


def _timespan_text(ticks: int) -> str:
    return format_timespan(ticks)


def _json(table: Table, title: str, told: list[tuple[str, str]]) -> bytes:
    document = {
        "title": title,
        "facts": [[name, value] for name, value in told],
        "notices": [{"code": notice.code, "message": notice.message} for notice in table.notices],
        "columns": [[column.name, column.type] for column in table.columns],
        "rows": table.json_rows(),
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode("utf-8", "replace")


def _parquet(table: Table, told: list[tuple[str, str]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Unlike the other forms, a Parquet file cannot hold two columns of one name.
    names: list[str] = []
    for name in table.names:
        unique, number = name, 1
        while unique in names:
            unique, number = f"{name}_{number}", number + 1
        names.append(unique)
    arrays = []
    for column, held in zip(table.columns, table.arrow.columns, strict=True):
        if column.type == "timespan":
            held = pa.compute.multiply(held, 100).cast(pa.duration("ns"))
        elif column.type == "datetime":
            held = held.cast(pa.timestamp("us", tz="UTC"))
        arrays.append(held)
    facts = {f"watchbook.{name}".encode(): value.encode("utf-8", "replace") for name, value in told}
    made = pa.Table.from_arrays(arrays, names=names).replace_schema_metadata(facts)
    out = io.BytesIO()
    pq.write_table(made, out, compression="zstd")
    return out.getvalue()


def _xlsx(table: Table, title: str, told: list[tuple[str, str]]) -> bytes:
    out = io.BytesIO()
    with open_book(out, title) as book:
        add_sheet(book, "Data", table)
        add_facts(book, book.add_worksheet("About"), _sheet_facts(table, told))
    return out.getvalue()


def open_book(out: io.BytesIO, title: str) -> Any:
    """An Excel file to be filled sheet by sheet, in constant memory; nothing in it becomes a formula or a link."""
    import xlsxwriter

    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": False, "default_date_format": "yyyy-mm-dd hh:mm:ss", "remove_timezone": True,
    }  # fmt: skip
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"title": _clean(title)[:250], "comments": "Made by Watchbook"})
    return book


def _head(book: Any) -> Any:
    return book.add_format({"bold": True, "bottom": 1, "bg_color": "#E9EEF4"})


def add_sheet(book: Any, name: str, table: Table) -> None:
    """A sheet with a table: typed cells, a heading that stays in sight, filters."""
    head = _head(book)
    formats = {
        "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        "timespan": book.add_format({"num_format": "[h]:mm:ss.000"}),
    }
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    rows = table.head(SHEET_ROWS).rows()
    for i, column in enumerate(table.columns):
        sheet.set_column(i, i, _width(column.name, [row[i] for row in rows[:200]], column.type))
    for i, column in enumerate(table.columns):
        sheet.write_string(0, i, _clean(column.name)[:CELL_LIMIT], head)
    for r, row in enumerate(rows, start=1):
        for c, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            _write(sheet, r, c, cell, column.type, formats)
    if rows and table.columns:
        sheet.autofilter(0, 0, len(rows), len(table.columns) - 1)


def add_facts(book: Any, about: Any, told: list[tuple[str, str]]) -> None:
    """Fills a sheet with facts: a name and a text a row."""
    head = _head(book)
    about.set_column(0, 0, 28)
    about.set_column(1, 1, 90)
    for r, (name, value) in enumerate(told):
        about.write_string(r, 0, _clean(name)[:CELL_LIMIT], head)
        about.write_string(r, 1, _clean(value)[:CELL_LIMIT])


def table_facts(title: str, facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The title and the facts, a row each."""
    return [("Title", title), *((name, str(value)) for name, value in facts.items())]


def _sheet_facts(table: Table, told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if len(table) > SHEET_ROWS:
        return [*told, ("Notice", f"A sheet holds {SHEET_ROWS:,} rows; the rest is left out.")]
    return told


def _write(sheet: Any, row: int, column: int, cell: Any, kind: str, formats: Mapping[str, Any]) -> None:
    if cell is None:
        return
    match kind:
        case "int" | "long" if abs(cell) < 10**15:
            sheet.write_number(row, column, cell)
        case "real" if cell == cell and abs(cell) != float("inf"):
            sheet.write_number(row, column, cell)
        case "decimal" if isinstance(cell, Decimal) and abs(cell) < 10**15:
            sheet.write_number(row, column, float(cell))
        case "bool":
            sheet.write_boolean(row, column, cell)
        case "datetime" if 1900 < cell.year < 9999:
            sheet.write_datetime(row, column, cell, formats["datetime"])
        case "timespan" if cell >= 0:
            sheet.write_number(row, column, cell / 864_000_000_000, formats["timespan"])
        case "string" | "guid":
            sheet.write_string(row, column, _clean(cell)[:CELL_LIMIT])
        case "dynamic":
            sheet.write_string(row, column, _clean(cell)[:CELL_LIMIT])
        case _:
            sheet.write_string(row, column, str(json_cell(cell, kind)))  # type: ignore[arg-type]


_NOT_XML = {i: None for i in range(32) if i not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


def _clean(text: str) -> str:
    """Without what XML cannot hold: control characters and lone surrogates."""
    return text.translate(_NOT_XML).encode("utf-8", "replace").decode("utf-8")


def _width(name: str, cells: list[Any], kind: str) -> int:
    if kind == "datetime":
        return 23
    longest = max((len(str(cell)) for cell in cells if cell is not None), default=0)
    return max(8, min(60, max(len(name) + 3, longest + 2)))
