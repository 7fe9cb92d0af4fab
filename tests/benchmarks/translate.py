"""KQL text to SQL text: our translator against duckdb-kql, on the same 300 real queries in one process.

What is measured is the first translation of each query in the process, so that neither side has seen it: which queries both
translate is found out by another process. The queries come shuffled, in blocks: one side translates a block in one go, then
the other does, the garbage collected before each, and every second block the other one begins. So each side runs as it does
where it is used, with its own code and data in the processor's caches. Query by query in turns, as the last line has it, the
quick side finds the caches full of what an interpreted ANTLR parser of a hundred times its size left there, and is measured
at reading its own code from memory.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from dashboard.errors import WatchbookError
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.translate import translate
from tests.kql.second_opinion import queries
from tests.shared import SHARED

COUNT, BLOCK = 300, 50
Side = Callable[[str], object]


def seconds(run: Side, text: str) -> float:
    started = time.perf_counter()
    run(text)
    return time.perf_counter() - started


def tell(label: str, ours: Sequence[float], theirs: Sequence[float]) -> None:
    ratios = [b / a for a, b in zip(ours, theirs, strict=True)]
    print(
        f"{label}: ours {statistics.median(ours) * 1000:.2f} ms, duckdb-kql {statistics.median(theirs) * 1000:.1f} ms (medians); "
        f"{statistics.median(ratios):.0f} times as fast (median of the ratios), {sum(theirs) / sum(ours):.0f} times over all",
        flush=True,
    )


def in_blocks(sides: tuple[Side, Side], texts: Sequence[str]) -> tuple[list[float], list[float]]:
    """The seconds of each side for each text, block by block."""
    found: tuple[list[float], list[float]] = ([], [])
    for number, start in enumerate(range(0, len(texts), BLOCK)):
        for i in (number % 2, 1 - number % 2):
            gc.collect()
            found[i].extend([seconds(sides[i], text) for text in texts[start : start + BLOCK]])
    return found


def sides() -> tuple[Side, Side]:
    """Our translator and the other one, over the same tables."""
    import duckdb_kql

    tables = json.loads((SHARED / "schemas/tables.json").read_text(encoding="utf-8"))
    catalog = Catalog(tables={name: TableSchema(name, tuple(columns.items())) for name, columns in tables.items()})
    schema = {name: list(columns) for name, columns in tables.items()}
    now = dt.datetime(2026, 11, 24)
    return (
        lambda text: translate(text, catalog, now=now),
        lambda text: duckdb_kql.to_sql(text, schema=schema, query_now=now),
    )


def choose() -> None:
    """Prints the first texts that both sides translate, as JSON."""
    import duckdb_kql

    both, texts = sides(), list[str]()
    for text in queries():
        try:
            for side in both:
                side(text)
        except (WatchbookError, duckdb_kql.KqlError):
            continue
        texts.append(text)
        if len(texts) == COUNT:
            break
    print(json.dumps(texts))


def main(arguments: Sequence[str]) -> None:
    """Prints medians in milliseconds and the median of the ratios query by query, where both translate."""
    if not SHARED.is_dir():
        sys.exit("The material beside the project (../shared) is not here.")
    if list(arguments) == ["choose"]:
        choose()
        return
    chosen = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.translate", "choose"], check=True, capture_output=True, text=True
    )
    texts: list[str] = json.loads(chosen.stdout)
    random.Random(1).shuffle(texts)
    both = sides()
    tell(f"{len(texts)} queries, each for the first time", *in_blocks(both, texts))
    # ANTLR learns the grammar from what it has seen; a comment keeps caches of whole results out of it.
    tell("the same once more", *in_blocks(both, [f"{text}\n// again" for text in texts]))
    turns = [[seconds(side, f"{text}\n// in turns") for side in both] for text in texts]
    tell("the same query by query in turns", *zip(*turns, strict=True))


if __name__ == "__main__":
    main(sys.argv[1:])
