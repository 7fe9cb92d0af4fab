"""What a start costs: importing the package, the first query, and `watchbook --help`, each in a fresh process beside a bare
`python -c pass`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

FIRST_QUERY = """
import sys, time
from pathlib import Path
started = time.perf_counter()
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables
LocalEngine(Path(sys.argv[1]), known_tables()).run(QueryRequest("KubePodInventory | summarize count() by Namespace"))
print(time.perf_counter() - started)
"""


def seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return time.perf_counter() - started


def main(_: Sequence[str]) -> None:
    """Prints medians of seven runs, in milliseconds."""
    seconds("-m", "dashboard.cli", "--help")  # writes the bytecode
    seconds("-c", "import dashboard.kql.translate")
    bare = statistics.median(seconds("-c", "pass") for _ in range(7))
    for label, command in {
        "import dashboard": ("-c", "import dashboard"),
        "import dashboard.kql.translate": ("-c", "import dashboard.kql.translate"),
        "watchbook --help": ("-m", "dashboard.cli", "--help"),
    }.items():
        took = statistics.median(seconds(*command) for _ in range(7))
        print(f"{label:32} {1000 * (took - bare):6.0f} ms over a bare interpreter ({1000 * bare:.0f} ms)")
    with tempfile.TemporaryDirectory() as folder:
        from dashboard.ingest.estate import generate

        generate(Path(folder))
        runs = [
            float(
                subprocess.run(
                    [sys.executable, "-c", FIRST_QUERY, folder], check=True, capture_output=True, text=True
                ).stdout
            )
            for _ in range(8)
        ][1:]
        print(f"{'first query in a new process':32} {1000 * statistics.median(runs):6.0f} ms, imports included")


if __name__ == "__main__":
    main(sys.argv[1:])
