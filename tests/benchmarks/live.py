"""Live figures: a page of 20 items on a server that takes a second a query, its second opening; the query API under load
and with a long result."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dashboard.engines.loganalytics import LogAnalyticsEngine
from dashboard.runtime import Session, run_all
from dashboard.runtime.execute import Executor
from tests.engines.fault_server import fault_server
from tests.runtime.standin import book, query
from tests.server.querying import QUERY, WORKSPACE, Credential


def main(_: Sequence[str]) -> None:
    """Prints each figure beside what it must reach."""
    _page()
    _endpoint()


def _page() -> None:
    with fault_server() as server:
        engine = LogAnalyticsEngine([WORKSPACE], Credential(), server.address)
        run_all(Session(book(query("warm")), engine, executor=(executor := Executor(engine))))
        workbook = book(*(query(f"wait 1 // {n}") for n in range(20)))
        for label, wanted in (("first opening", 3), ("second opening", 0.5)):
            started = time.perf_counter()
            run_all(Session(workbook, engine, executor=executor))
            print(f"20 items of 1 s, {label}: {time.perf_counter() - started:.2f} s (under {wanted} s)")


def _endpoint() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "data").mkdir()
        code = "import sys; from dashboard.cli import main; sys.exit(main(sys.argv[1:]))"
        server = subprocess.Popen(
            [sys.executable, "-c", code, "api", "serve", "--data", f"{folder}/data", "--port", "0"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "WATCHBOOK_HOME": folder},
        )  # fmt: skip
        try:
            assert server.stdout is not None
            address = ""
            while "http" not in address:
                address = server.stdout.readline()
            address = address[address.index("http") :].split()[0]
            _load(address + QUERY)
            _long(address + QUERY, server.pid)
        finally:
            server.terminate()
            server.wait(10)


def _ask(address: str, text: str) -> bytes:
    body = json.dumps({"query": text}).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: bytes = answer.read()
        return found


def _load(address: str, rate: int = 200, seconds: int = 10) -> None:
    """Requests sent at a fixed rate, whatever the answers take: what waits counts."""
    _ask(address, "print 1")
    took: list[float] = []
    lock = threading.Lock()

    def one(due: float) -> None:
        _ask(address, "print 1")
        with lock:
            took.append(time.perf_counter() - due)

    start = time.perf_counter() + 0.1
    with ThreadPoolExecutor(32) as pool:
        for number in range(rate * seconds):
            due = start + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(one, due)
    ended = time.perf_counter() - start
    took.sort()
    print(
        f"small query at {rate}/s: {len(took) / ended:.0f}/s, median {statistics.median(took) * 1000:.1f} ms, "
        f"p99 {took[int(len(took) * 0.99)] * 1000:.1f} ms (under 50 ms)"
    )


def _long(address: str, pid: int) -> None:
    """The server's memory while it sends 100,000 rows ten times."""
    sizes = []
    for _ in range(10):
        data = _ask(address, "range x from 1 to 100000 step 1 | extend s = strcat('row ', x), t = now()")
        sizes.append(_resident(pid))
    rows = len(json.loads(data)["tables"][0]["rows"])
    print(
        f"{rows:,} rows, {len(data) / 1e6:.1f} MB each: server at {sizes[0]} MB after the first, {sizes[-1]} MB after ten"
    )


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1_000_000


if __name__ == "__main__":
    main(sys.argv[1:])
