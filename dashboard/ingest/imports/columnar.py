"""Parquet and Excel, a batch of rows at a time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.imports.delimited import unique_names
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
