"""A round of many rules and the first page of a long queue, in seconds of processor time and of the clock:
`python -m tests.benchmarks.detection [DATA [ROUNDS]]`."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dashboard.detection.incidents import Wanted, list_incidents
from dashboard.detection.incidents.incident import Incident, columns_of
from dashboard.detection.moments import iso, now_micros
from dashboard.detection.rulebook import list_rules, save_rule
from dashboard.detection.rules.durations import MINUTE
from dashboard.detection.run import run_rule
from dashboard.detection.shipped import templates
from dashboard.detection.workspace import open_local
from dashboard.store.database import Store
from dashboard.store.incidents import INCIDENTS

RULES = 200
INCIDENT_COUNT = 100_000


def _took(what: str, work: Callable[[], object]) -> None:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    print(f"{what}: {time.perf_counter() - clock:.3f} s, {time.process_time() - processor:.3f} s of processor")


def queue(folder: Path) -> None:
    """The first page among a hundred thousand incidents, and a search through all of them."""
    store = Store(f"sqlite:///{folder / 'queue.db'}")
    now = now_micros()
    rows = []
    for i in range(INCIDENT_COUNT):
        at = now - i * MINUTE
        state = {
            "Title": f"Incident about host-{i % 977}", "Severity": ("Low", "Medium", "High")[i % 3], "Status": "Closed" if i % 20 else "New",
            "Owner": {}, "Labels": [], "AlertIds": [str(i)], "CreatedTime": iso(at), "LastModifiedTime": iso(at), "LastActivityTime": iso(at),
        }  # fmt: skip
        rows.append(
            {
                "number": i + 1,
                "name": str(uuid.uuid4()),
                "rule_id": "r",
                "group_key": "",
                **columns_of(Incident(i + 1, 1, state)),
            }
        )
    with store.writing() as connection:
        connection.execute(INCIDENTS.insert(), rows)
    with store.reading() as connection:
        list_incidents(connection, Wanted())
        _took("first page of 100,000", lambda: list_incidents(connection, Wanted()))
        _took("open ones", lambda: list_incidents(connection, Wanted(status=("New", "Active"))))
        _took("a search", lambda: list_incidents(connection, Wanted(text="host-13")))


def rounds(folder: Path, data: Path, count: int) -> None:
    """Rounds of two hundred rules over five minutes each."""
    store = Store(f"sqlite:///{folder / 'rules.db'}")
    shipped = [template.rule for template in templates()]
    with store.writing() as connection:
        for i in range(RULES):
            rule = replace(shipped[i % len(shipped)], id=str(uuid.uuid5(uuid.NAMESPACE_URL, str(i))), template="")
            save_rule(connection, rule, "benchmark", enabled=True)
    with store.reading() as connection:
        records = list_rules(connection, enabled_only=True)
    engine = open_local(data, store)
    end = now_micros()
    for i in range(count):

        def run(at: int = end + i * 5 * MINUTE) -> None:
            for record in records:
                run_rule(record, at, engine, store)

        _took(f"round {i + 1} of {RULES} rules", run)
        print(json.dumps({"memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


def main(arguments: Sequence[str]) -> None:
    """The queue, and the rounds over a data folder where one is given, as many as are asked for (2)."""
    with tempfile.TemporaryDirectory() as made:
        queue(Path(made))
        if arguments:
            rounds(Path(made), Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 2)


if __name__ == "__main__":
    main(sys.argv[1:])
