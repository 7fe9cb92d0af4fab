"""KQL text to SQL text: our translator against duckdb-kql, on the same 300 real queries in one process."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.translate import translate
from tests.kql.second_opinion import queries
from tests.shared import SHARED

COUNT = 300


def seconds(run: Callable[[str], object], text: str) -> float:
    started = time.perf_counter()
    run(text)
    return time.perf_counter() - started


def tell(label: str, ours: list[float], theirs: list[float]) -> None:
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    print(
        f"{label}: ours {statistics.median(ours) * 1000:.2f} ms, duckdb-kql {statistics.median(theirs) * 1000:.1f} ms (medians); "
        f"{statistics.median(ratios):.0f} times as fast (median of the ratios), {sum(theirs) / sum(ours):.0f} times over all"
    )


def main(_: Sequence[str]) -> None:
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

    texts: list[str] = []
    first: tuple[list[float], list[float]] = ([], [])
    for text in queries():
        try:
            a, b = seconds(ours, text), seconds(theirs, text)
        except (WatchbookError, duckdb_kql.KqlError):
            continue
        texts.append(text)
        first[0].append(a)
        first[1].append(b)
        if len(texts) == COUNT:
            break
    tell(f"{len(texts)} queries, each for the first time", *first)
    # ANTLR learns the grammar from what it has seen; a comment keeps caches of whole results out of it.
    again = [f"{text}\n// again" for text in texts]
    tell("the same once more", [seconds(ours, text) for text in again], [seconds(theirs, text) for text in again])


if __name__ == "__main__":
    main(sys.argv[1:])
