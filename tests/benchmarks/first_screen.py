"""What the first screen of each shipped workbook costs, warm: `python -m tests.benchmarks.first_screen [DATA] [NAME …]`.

The engine, its catalog and the workbook have been used before, results are not kept: every query that a reader's first screen
asks is translated and run, and its view is made. Prints seconds by the clock and of the processor for each workbook, the
median of RUNS openings (5), over DATA or a small sample estate.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dashboard.document import load_workbook
from dashboard.document.workbook import Workbook
from dashboard.engines.local import LocalEngine
from dashboard.export.page import item_view
from dashboard.ingest.estate import ensure_estate
from dashboard.ingest.schemas import known_tables
from dashboard.runtime import Session, run_all
from dashboard.runtime.execute import Executor
from tests.shared import ROOT

# What a workbook is opened with, so that its first screen is not empty.
OPENED_WITH = {"entity": {"Entity": "quinn.harper@fabrikam.com"}}


def open_first_screen(workbook: Workbook, engine: LocalEngine, values: dict[str, str]) -> int:
    """Everything that a first screen needs, results of before not used; how many queries it asked."""
    session = Session(workbook, engine, values=values, executor=Executor(engine))
    for item, result in run_all(session):
        item_view(item, result, "UTC")
    return session.statistics.queries


def measure(name: str, engine: LocalEngine, runs: int) -> tuple[int, float, float]:
    """Queries, and the median seconds by the clock and of the processor."""
    workbook = load_workbook(ROOT / "workbooks" / f"{name}.json")
    values = OPENED_WITH.get(name, {})
    queries = open_first_screen(workbook, engine, values)
    walls, processors = [], []
    for _ in range(runs):
        wall, processor = time.perf_counter(), time.process_time()
        open_first_screen(workbook, engine, values)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return queries, statistics.median(walls), statistics.median(processors)


def main(arguments: Sequence[str]) -> None:
    """Prints one line a workbook, the dearest last."""
    known = sorted(path.stem for path in (ROOT / "workbooks").glob("*.json"))
    names = [name for name in arguments if name in known] or known
    given = [Path(text) for text in arguments if text not in known]
    runs = int(os.environ.get("RUNS", "5"))
    with tempfile.TemporaryDirectory() as folder:
        data = given[0] if given else Path(folder)
        ensure_estate(data)
        engine = LocalEngine(data, known_tables())
        measured = {name: measure(name, engine, runs) for name in names}
    print(f"{'workbook':24} queries    wall s   CPU s")
    for name, (queries, wall, processor) in sorted(measured.items(), key=lambda each: each[1][2]):
        print(f"{name:24} {queries:7} {wall:9.2f} {processor:7.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
