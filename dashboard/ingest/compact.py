"""Many small files of a day into few: rows that arrive every few seconds would leave thousands.

The merged file is written and synced beside its place, then a plan that names what it replaces, then the old files go and the new one is
renamed into place. A kill in between leaves the plan, and the next import ends what it began.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from dashboard.engines.arrow import TYPES_KEY

MANY = 12
"""So many small files of one day are merged."""
SMALL_BYTES = 8 << 20
MERGED_BYTES = 48 << 20
"""Both before compression: what a merge holds in memory."""


def compact_table(place: Path) -> int:
    """Merges the small imported files of each day of a table's folder; how many went. Nobody else may write there meanwhile."""
    merged = 0
    for day in sorted(place.glob("date=*")):
        for plan in day.glob("*.plan"):
            _finish(plan)
        files = sorted(day.glob("import-*.parquet"))
        if len(files) < MANY:
            continue
        sizes = {file: _size(file) for file in files}
        small: list[Path] = []
        for file in sorted((f for f in files if sizes[f] < SMALL_BYTES), key=lambda f: sizes[f]):
            if sum(sizes[f] for f in small) + sizes[file] <= MERGED_BYTES:
                small.append(file)
        if len(small) >= MANY:
            merged += _merge(day, small)
    return merged


def _size(file: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return MERGED_BYTES
    return sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))


def _merge(day: Path, files: list[Path]) -> int:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(file) for file in files]
    types: dict[str, Any] = {}
    for table in tables:
        types |= orjson.loads((table.schema.metadata or {}).get(TYPES_KEY, b"{}"))
    try:
        merged = pa.concat_tables(
            [table.replace_schema_metadata(None) for table in tables], promote_options="permissive"
        )
    except pa.ArrowException:
        return 0  # columns of one name with types that cannot be one: the files stay
    merged = pa.table(
        {
            name: column.fill_null("") if column.null_count and types.get(name) == "string" else column
            for name, column in zip(merged.column_names, merged.columns, strict=True)
        }
    )
    timed = "TimeGenerated" in merged.column_names
    if timed:
        merged = merged.sort_by("TimeGenerated")
    identities = b"".join(file.with_suffix(".ids").read_bytes() for file in files if file.with_suffix(".ids").exists())
    order = np.sort(np.frombuffer(identities[: len(identities) // 16 * 16], dtype="S16"))
    name = f"import-{blake2b(order.tobytes() or os.urandom(16), digest_size=8).hexdigest()}"
    beside = day / f"{name}.merged"
    pq.write_table(
        merged.replace_schema_metadata({TYPES_KEY: orjson.dumps(types)}), beside, compression="zstd",
        write_statistics=["TimeGenerated"] if timed else False, row_group_size=100_000,
    )  # fmt: skip
    _sync(beside)
    (day / f"{name}.ids").write_bytes(identities)
    _sync(day / f"{name}.ids")
    plan = day / f"{name}.plan"
    temporary = plan.with_suffix(".tmp")
    temporary.write_bytes(orjson.dumps([file.name for file in files]))
    _sync(temporary)
    os.replace(temporary, plan)
    _finish(plan)
    return len(files)


def _finish(plan: Path) -> None:
    """Does what the plan says, from wherever it was left."""
    beside = plan.with_suffix(".merged")
    place = plan.with_suffix(".parquet")
    old = [plan.parent / str(name) for name in orjson.loads(plan.read_bytes())]
    if beside.exists() or place.exists():
        for file in old:
            file.unlink(missing_ok=True)
        if beside.exists():
            os.replace(beside, place)
        for file in old:
            file.with_suffix(".ids").unlink(missing_ok=True)
    plan.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    with suppress(OSError), path.open("rb+") as file:
        os.fsync(file.fileno())
