"""How many rows each local table has and what time they span, read from Parquet footers without touching the rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

Inventory = dict[str, tuple[int, dt.datetime | None, dt.datetime | None]]

_footers: dict[tuple[str, int, int], tuple[int, dt.datetime | None, dt.datetime | None]] = {}


_TIME_COLUMNS = ("TimeGenerated", "timestamp", "Timestamp")


def read_inventory(folder: Path) -> Inventory:
    """Rows, first and last time (naive UTC; None where it has no times) of every table in `folder` that has rows. Footers are kept by path, size and modification time,
    so that asking again costs a directory listing. A file that cannot be read counts no rows."""
    found: Inventory = {}
    for table in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []:
        rows, first, last = 0, None, None
        for file in table.glob("*/*.parquet"):
            count, low, high = _footer(file)
            rows += count
            first = min(x for x in (first, low) if x) if first or low else None
            last = max(x for x in (last, high) if x) if last or high else None
        if rows:
            found[table.name] = (rows, first, last)
    return found


def times_of(file: Path) -> tuple[int, dt.datetime | None, dt.datetime | None]:
    """Rows, first and last time of one file."""
    return _footer(file)


def _footer(file: Path) -> tuple[int, dt.datetime | None, dt.datetime | None]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        stat = file.stat()
        key = (str(file), stat.st_size, stat.st_mtime_ns)
        if key in _footers:
            return _footers[key]
        metadata = pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid):
        return 0, None, None
    lows, highs = [], []
    names = metadata.schema.names
    position = next((names.index(name) for name in _TIME_COLUMNS if name in names), None)
    if position is not None:
        for i in range(metadata.num_row_groups):
            statistics = metadata.row_group(i).column(position).statistics
            if statistics is not None and statistics.has_min_max:
                lows.append(_naive(statistics.min))
                highs.append(_naive(statistics.max))
    result = metadata.num_rows, min(lows, default=None), max(highs, default=None)
    _footers[key] = result
    return result


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment
