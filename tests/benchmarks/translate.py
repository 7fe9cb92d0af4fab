"""KQL text to SQL text: our translator against duckdb-kql, on the same 300 real queries in one process."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.translate import translate
from tests.kql.second_opinion import queries
from tests.shared import SHARED

COUNT = 300


def timed(run: Callable[[str], object], texts: list[str]) -> list[float]:
    """Seconds of each text, the better of two runs. A comment makes each run's text new, so that no cache of results answers."""
    found = []
    for text in texts:
        tries = []
        for number in range(2):
            fresh = f"{text}\n// {number}"
            started = time.perf_counter()
            run(fresh)
            tries.append(time.perf_counter() - started)
        found.append(min(tries))
    return found


def main() -> None:
    """Prints medians in milliseconds and the median of the ratios query by query, where both translate."""
    import duckdb_kql

    if not SHARED.is_dir():
        sys.exit("The material beside the project (../shared) is not here.")
    tables = json.loads((SHARED / "schemas/tables.json").read_text(encoding="utf-8"))
    catalog = Catalog(tables={name: TableSchema(name, tuple(columns.items())) for name, columns in tables.items()})
    schema = {name: list(columns) for name, columns in tables.items()}
    now = dt.datetime(2026, 11, 24)

    def ours(text: str) -> object:
        return translate(text, catalog, now=now)

    def theirs(text: str) -> object:
        return duckdb_kql.to_sql(text, schema=schema, query_now=now)

    texts = []
    for text in queries():
        try:
            ours(text), theirs(text)
        except (WatchbookError, duckdb_kql.KqlError):
            continue
        texts.append(text)
        if len(texts) == COUNT:
            break
    a, b = timed(ours, texts), timed(theirs, texts)
    ratios = [theirs_s / ours_s for ours_s, theirs_s in zip(a, b, strict=True)]
    print(
        f"{len(texts)} queries: ours {statistics.median(a) * 1000:.2f} ms, duckdb-kql {statistics.median(b) * 1000:.1f} ms (medians)"
    )
    print(f"ours is {statistics.median(ratios):.0f} times as fast (median of the ratios; lowest {min(ratios):.1f})")


if __name__ == "__main__":
    main()
