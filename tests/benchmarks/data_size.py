"""What size costs: opening a data folder, reading its inventory, and a query of one day and of all days, by estate.

`python -m tests.benchmarks.data_size [ROWS …]` makes estates of these sizes (the small one is always first) and prints processor seconds, and
how they compare with the small estate; then files, bytes and rows of a partition.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dashboard.engines.inventory import _footers, read_inventory
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.estate import generate
from dashboard.ingest.schemas import known_tables

QUERIES = {
    "one day": "KubePodInventory | where TimeGenerated > ago(1d) | summarize count() by Namespace",
    "all days": "AzureDiagnostics | summarize count() by Category, bin(TimeGenerated, 1d)",
}


def measure(folder: Path) -> dict[str, float]:
    """Processor seconds of each step on a folder that nobody has opened before."""
    _footers.clear()
    found = {}
    engine = LocalEngine(folder, known_tables())

    def step(name: str, work: object) -> None:
        began = time.process_time()
        work()  # type: ignore[operator]
        found[name] = time.process_time() - began

    step("open", lambda: engine.run(QueryRequest("print 1")))
    for name, text in QUERIES.items():
        step(name, lambda text=text: engine.run(QueryRequest(text)))
        step(f"{name}, again", lambda text=text: engine.run(QueryRequest(text)))
    step("inventory", lambda: read_inventory(folder))
    return found


def main(arguments: Sequence[str]) -> None:
    sizes = [None, *(int(text) for text in arguments if text.isdigit())]
    with tempfile.TemporaryDirectory() as base:
        first: dict[str, float] = {}
        for size in sizes if len(sizes) > 1 else [None, 1_000_000]:
            folder = Path(base, str(size))
            made = generate(folder, rows=size)
            files = list(folder.glob("*/*/*.parquet"))
            if not first:
                measure(folder)  # imports are nobody's cost
            costs = measure(folder)
            first = first or costs
            stored = sum(file.stat().st_size for file in files)
            print(
                f"{made.rows:,} rows: made in {made.seconds:.0f} s, {len(files):,} files, {stored / 1e6:,.0f} MB, "
                f"{made.rows / len(files):,.0f} rows and {stored / len(files) / 1e3:,.0f} kB a file"
            )
            for name, seconds in costs.items():
                print(f"  {name:16} {seconds * 1000:8.1f} ms  {seconds / max(first[name], 1e-6):6.1f} × small")


if __name__ == "__main__":
    main(sys.argv[1:])
