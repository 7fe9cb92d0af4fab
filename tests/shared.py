"""Where the material beside the project lies, and how a test says that it needs it."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("WATCHBOOK_SHARED", ROOT.parent / "shared"))

WORKBOOKS = SHARED / "corpus" / "workbooks"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the material beside the project (../shared) is not here")


def lines(path: str) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file below ../shared."""
    return [json.loads(line) for line in (SHARED / path).read_text(encoding="utf-8").splitlines()]


def workbooks(folder: Path = WORKBOOKS, **wanted: str) -> list[Path]:
    """The real workbooks that the folder's manifest lists, or those of them with these values in its columns."""
    with (folder / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        rows = csv.DictReader(manifest, delimiter="\t")
        return [folder / row["file"] for row in rows if wanted.items() <= row.items()]


def write_rows(folder: Path, table: str, day: str, rows: pa.Table, name: str = "part") -> None:
    """Rows of a table as one Parquet file of a day (`2026-11-20`), as a data folder holds them."""
    place = folder / table / f"date={day}"
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, place / f"{name}.parquet")
