"""Files to take away, warm: a chart as PNG and SVG, a page of twelve charts as PDF, 100,000 × 12 cells as XLSX with its memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

_XLSX = """
import datetime as dt, resource, sys, time
from dashboard.export.tables import export_table
from dashboard.table import table_from_rows
kinds = ["datetime", "string", "string", "long", "real", "bool", "dynamic", "string", "int", "timespan", "guid", "string"]
now = dt.datetime(2026, 1, 1)
row = lambda i: (now + dt.timedelta(seconds=i), f"host-{i % 977}", "a sentence of some words", i, i / 7, i % 2 == 0, '{"a":1}', f"10.0.{i % 256}.{i // 256 % 256}", i % 99, i * 10_000_000, "74be27de-1e4e-49d9-b579-fe0b331d3642", "x" * (i % 40))
table = table_from_rows([(f"c{at}", kind) for at, kind in enumerate(kinds)], [row(i) for i in range(100_000)])
started, worked = time.perf_counter(), time.process_time()
size = len(export_table(table, "xlsx", title="T"))
print(time.perf_counter() - started, time.process_time() - worked, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def median_ms(work: Callable[[], object], times: int = 7) -> float:
    work()
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return 1000 * statistics.median(took)


def main(_: Sequence[str]) -> None:
    """Prints medians and what was asked."""
    from dashboard.export import chromium
    from dashboard.export.page import export_page_html
    from tests.export.test_pages import drawn, figure
    from tests.visual.tables import hours

    chart = figure()
    charts = [
        drawn({"visualization": "linechart", "title": f"Chart {at}"}, hours({"a": [1, 2], "b": [3, at]}), f"items/{at}")
        for at in range(12)
    ]
    page = export_page_html("Twelve charts", charts, {"Data source": "Sample estate"})
    print(f"chart as PNG           {median_ms(lambda: chromium.figure_picture(chart, 'png')):7.0f} ms (asked: 300)")
    print(f"chart as SVG           {median_ms(lambda: chromium.figure_picture(chart, 'svg')):7.0f} ms (asked: 300)")
    print(f"12 charts as PDF       {median_ms(lambda: chromium.page_pdf(page)):7.0f} ms (asked: 4,000)")
    done = subprocess.run([sys.executable, "-c", _XLSX], check=True, capture_output=True, text=True)
    seconds, worked, size, memory = map(float, done.stdout.split())
    print(
        f"100,000 × 12 as XLSX   {seconds:7.1f} s  (asked: 15), {worked:.1f} s of processor, {size / 1e6:.1f} MB, peak {memory:.0f} MB (asked: 500)"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
