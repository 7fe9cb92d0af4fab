"""What a data folder holds, read from the Parquet files' own metadata: no row is touched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

Entry = tuple[str, int, dt.datetime | None, dt.datetime | None]

_TIME_COLUMNS = ("TimeGenerated", "timestamp", "Timestamp")


def list_tables(folder: Path) -> list[Entry]:
    """Every table of `folder` that has rows: name, rows, first and last time (naive UTC; None where it has no times), by
    name. A file that cannot be read is left out: it may just be being written."""
    found: list[Entry] = []
    if not folder.is_dir():
        return found
    for table in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        rows, first, last = 0, None, None
        for file in table.glob("*/*.parquet"):
            entry = _read(file)
            if entry is None:
                continue
            rows += entry[0]
            first = min((t for t in (first, entry[1]) if t is not None), default=None)
            last = max((t for t in (last, entry[2]) if t is not None), default=None)
        if rows:
            found.append((table.name, rows, first, last))
    return found


def _read(file: Path) -> tuple[int, dt.datetime | None, dt.datetime | None] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid):
        return None
    names = metadata.schema.names
    position = next((names.index(name) for name in _TIME_COLUMNS if name in names), None)
    if position is None:
        return metadata.num_rows, None, None
    ends: list[Any] = []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(position).statistics
        if statistics is not None and statistics.has_min_max:
            ends += [_naive(statistics.min), _naive(statistics.max)]
    return metadata.num_rows, min(ends, default=None), max(ends, default=None)


def _naive(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value
