"""Parquet, Avro and Excel, a batch of rows at a time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.imports.delimited import unique_names
from dashboard.ingest.imports.json_reader import cut, parse, unwrapped
from dashboard.ingest.imports.records import Bad, Items


def read_parquet(path: Path) -> Items:
    """The rows of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        number = 0
        for batch in file.iter_batches(batch_size=5_000):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, "Parquet", error) from None


def read_avro(path: Path) -> Items:
    """The rows of an Avro file. Of an Event Hubs capture each event's body is what was sent: the JSON of diagnostic settings or of an export."""
    import fastavro

    number = 0
    try:
        with path.open("rb") as file:
            for row in fastavro.reader(file):
                number += 1
                body = row.get("Body") if isinstance(row, dict) else None
                if not isinstance(body, (bytes, str)):
                    yield number, row if isinstance(row, dict) else {"value": row}
                    continue
                try:
                    yield from unwrapped(number, parse(body))
                except ValueError as error:
                    yield number, Bad(f"its body is not JSON: {error}", cut(body))
    except Exception as error:  # noqa: BLE001 a damaged file fails in many ways inside fastavro
        if not number:
            raise _unreadable(path, "Avro", error) from None
        yield number + 1, Bad(f"the Avro file is damaged from here on: {str(error)[:200]}", "")


def read_excel(path: Path) -> Items:
    """The rows of every sheet of an Excel workbook; the first line of a sheet that has cells is its header. Formulas give the values Excel
    kept with them: nothing is computed."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                names: list[str] = []
                for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                    if not any(cell is not None for cell in cells):
                        continue
                    if not names:
                        names = unique_names(["" if cell is None else str(cell) for cell in cells])
                    elif len(cells) > len(names) and any(cell is not None for cell in cells[len(names) :]):
                        yield number, Bad(f"{len(cells)} cells where the header has {len(names)}", str(cells)[:2000])
                    else:
                        yield number, _row(names, cells)
    except Exception as error:  # noqa: BLE001 a damaged workbook fails in many ways inside openpyxl
        raise _unreadable(path, "Excel", error) from None


def _row(names: list[str], cells: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(names, cells, strict=False))


def _unreadable(path: Path, kind: str, error: Exception) -> WatchbookError:
    sentence = str(error).split("\n", 1)[0][:200]
    return WatchbookError(
        Problem("IN011", f"The file cannot be read as {kind}: {sentence}.", place=Place(file=path.name))
    )
