"""How fast a Kubernetes audit log is imported: `python -m tests.benchmarks.import_speed [EVENTS]` (200,000 where not said).

The log is made by the estate's own generator, with the object of each answer as an API server writes it at the level
RequestResponse: about two kilobytes an event. Printed are events a second, seconds of processor of all processes together, and
the largest memory that all of them held at one moment.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from tests.shared import ROOT

DEFAULT = 200_000
_AT_ONCE = 50_000


def make_log(path: Path, events: int) -> int:
    """Writes so many events to a file of lines; its size in bytes."""
    from dashboard.ingest.estate.audit import REQUESTS, audit
    from dashboard.ingest.estate.frame import MINUTE, micros
    from dashboard.ingest.estate.window import MONTH, Window
    from dashboard.ingest.estate.world import build_world

    world = build_world(7, micros(dt.datetime(2026, 11, 24, 9, 30)), 30)
    written = 0
    with path.open("wb") as out:
        while written < events:
            part = min(_AT_ONCE, events - written)
            start = world.start + written * 40 * MINUTE // 1_000
            # A window of two days with as many requests as are wanted, at the rate of a busy cluster.
            end = start + part * 40 * MINUTE // 1_000
            window = Window(world, start, min(end, world.now), written, part * MONTH / REQUESTS / (end - start) * 1.2)
            lines = dict(audit(window))["AzureDiagnostics"].column("log_s").to_pylist()[:part]
            for number, line in enumerate(lines, written):
                event = orjson.loads(line)
                event["level"], event["responseObject"] = "RequestResponse", _answer(event, number)
                out.write(orjson.dumps(event) + b"\n")
            written += len(lines)
    return path.stat().st_size


def _answer(event: dict[str, object], number: int) -> dict[str, object]:
    ref = event.get("objectRef")
    name = ref.get("name", "catalog") if isinstance(ref, dict) else "catalog"
    labels = {
        "app": name,
        "pod-template-hash": f"{number * 2_654_435_761 % 2**32:08x}",
        "tier": "backend",
        "release": f"r{number % 97}",
    }
    container = {
        "name": name, "image": f"acrcontoso.azurecr.io/shop/{name}:{number % 40}.{number % 7}", "resources": {"limits": {"cpu": "500m", "memory": f"{128 + number % 512}Mi"}, "requests": {"cpu": "50m"}},
        "env": [{"name": f"SETTING_{i}", "value": f"value-{(number + i * 7) % 911}"} for i in range(6)], "imagePullPolicy": "IfNotPresent",
        "volumeMounts": [{"name": "token", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
    }  # fmt: skip
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-11-20T08:00:00Z"}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "uid": f"{number:08x}-5b0e-4f6e-9a47-1c2b8e90d311", "resourceVersion": str(190_000 + number), "labels": labels},
        "spec": {"containers": [container], "nodeName": f"aks-apps-{number % 8:06d}", "serviceAccountName": "default", "schedulerName": "default-scheduler", "priority": 0},
        "status": {"phase": "Running", "conditions": conditions, "hostIP": "10.224.0.7", "podIP": f"10.244.{number % 200}.{number % 250}", "qosClass": "Burstable"},
    }  # fmt: skip


def _family(pid: int) -> list[int]:
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += _family(int(child))
    except OSError:
        pass
    return found


def _held(pid: int) -> int:
    """Bytes that a process and those it started hold at this moment; what they share counts once."""
    kilobytes = 0
    for member in _family(pid):
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:
            continue  # ended meanwhile
        kilobytes += int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    return kilobytes << 10


def measure(log: Path, data: Path) -> tuple[float, float, int]:
    """Seconds of the clock, seconds of processor, and the most bytes held while the log is imported."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "data", "import", str(log), "--data", str(data), "--yes"], cwd=ROOT
    )
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.25):
            most = max(most, _held(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - began
    ended.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"The import ended with {process.returncode}.")
    return took, usage.ru_utime + usage.ru_stime, most


def main(arguments: Sequence[str]) -> None:
    given = [int(word.replace(",", "").replace("_", "")) for word in arguments if word[:1].isdigit()]
    events = given[0] if given else DEFAULT
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "audit.log")
        size = make_log(log, events)
        print(f"{events:,} events, {size / 1e6:,.0f} MB of lines", flush=True)
        took, processor, most = measure(log, Path(folder, "data"))
        kept = sum(path.stat().st_size for path in Path(folder, "data").rglob("*.parquet"))
    print(
        f"{events / took:,.0f} events/s ({took:.1f} s); {processor:.1f} s of processor, {1e6 * processor / events:.1f} µs an event"
    )
    print(f"{most / 1e6:,.0f} MB of memory at most; {kept / 1e6:,.0f} MB of Parquet")


if __name__ == "__main__":
    main(sys.argv[1:])
