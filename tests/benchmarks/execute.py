"""Our translated SQL against SQL written by hand for the same question, over a generated estate (Parquet) in one process.

`WATCHBOOK_BENCH_ROWS` sets the size (default 1,000,000; the figures in docs/kql.md name theirs). Two ratios are printed for
each pair. *SQL*: the translated SQL and the hand's, run on one connection and given as Arrow. *answer*: all that the engine
does (look-up of the tables, translation, limits, result as a table), against the hand's. All three take turns, in an order
that turns round, until each ran for a second; a ratio is the median of the ratios of the turns. *work* is the SQL's ratio in
processor time of all threads, which other processes on the machine disturb less. Both must give the same rows, as far as
the hand's has columns (make-series also gives the times).
"""

from __future__ import annotations

import datetime as dt
import json
import operator
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.engines.local import LocalEngine, open_connection
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables

if TYPE_CHECKING:
    import duckdb

# {T} stands for the Parquet files of a table, read with the options that the translated SQL reads them with; week and day are
# literals of the time a week and a day before the newest.
PAIRS: tuple[tuple[str, str, str], ...] = (
    ("count", "KubePodInventory | count", "SELECT count(*) FROM {KubePodInventory}"),
    (
        "filter by time",
        "AKSAudit | where TimeGenerated > ago(1d) | count",
        "SELECT count(*) FROM {AKSAudit} WHERE TimeGenerated > {day}",
    ),
    (
        "group by one column",
        "KubePodInventory | summarize count() by Namespace",
        "SELECT Namespace, count(*) FROM {KubePodInventory} GROUP BY 1",
    ),
    (
        "time bins",
        "AKSAudit | where TimeGenerated > ago(7d) | summarize count() by bin(TimeGenerated, 1h)",
        "SELECT date_trunc('hour', TimeGenerated), count(*) FROM {AKSAudit} WHERE TimeGenerated > {week} GROUP BY 1",
    ),
    (
        "time bins of 30 minutes by verb",
        "AKSAudit | summarize count() by Verb, bin(TimeGenerated, 30m)",
        "SELECT Verb, time_bucket(INTERVAL 30 MINUTE, TimeGenerated), count(*) FROM {AKSAudit} GROUP BY 1, 2",
    ),
    (
        "distinct count",
        "KubePodInventory | summarize dcount(Name) by ClusterName",
        "SELECT ClusterName, count(DISTINCT Name) FROM {KubePodInventory} GROUP BY 1",
    ),
    (
        "latest row a pod",
        "KubePodInventory | summarize arg_max(TimeGenerated, PodStatus, Namespace) by Name",
        "SELECT Name, max(TimeGenerated), arg_max(PodStatus, TimeGenerated), arg_max(Namespace, TimeGenerated)"
        " FROM {KubePodInventory} GROUP BY 1",
    ),
    (
        "top",
        "KubePodInventory | summarize n = sum(PodRestartCount) by Name | top 10 by n",
        "SELECT Name, sum(PodRestartCount) n FROM {KubePodInventory} GROUP BY 1 ORDER BY n DESC NULLS LAST LIMIT 10",
    ),
    (
        "contains",
        "AKSAudit | where RequestUri contains 'exec' | count",
        "SELECT count(*) FROM {AKSAudit} WHERE contains(lower(RequestUri), 'exec')",
    ),
    (
        "has",
        "AKSAudit | where RequestUri has 'secrets' | count",
        "SELECT count(*) FROM {AKSAudit} WHERE contains(lower(RequestUri), 'secrets')"
        " AND regexp_matches(RequestUri, '(?i)(?:^|[^\\pL\\pN])secrets(?:[^\\pL\\pN]|$)')",
    ),
    (
        "equality",
        "KubePodInventory | where Namespace == 'kube-system' and PodStatus != 'Running' | count",
        "SELECT count(*) FROM {KubePodInventory} WHERE Namespace = 'kube-system' AND PodStatus <> 'Running'",
    ),
    (
        "in",
        "AKSAudit | where Verb in ('create', 'delete', 'patch') | summarize count() by Verb",
        "SELECT Verb, count(*) FROM {AKSAudit} WHERE Verb IN ('create', 'delete', 'patch') GROUP BY 1",
    ),
    (
        "case-insensitive equality",
        "AKSAudit | where Verb =~ 'CREATE' | count",
        "SELECT count(*) FROM {AKSAudit} WHERE lower(Verb) = 'create'",
    ),
    (
        "one field of a dynamic column",
        "AKSAudit | summarize count() by tostring(User.username)",
        "SELECT coalesce(json_extract_string(\"User\", '$.username'), ''), count(*) FROM {AKSAudit} GROUP BY 1",
    ),
    (
        "parse_json of a text column",
        "AzureDiagnostics | where Category == 'kube-audit' | extend e = parse_json(log_s)"
        " | summarize count() by Verb = tostring(e.verb)",
        "SELECT coalesce(json_extract_string(log_s, '$.verb'), ''), count(*) FROM {AzureDiagnostics}"
        " WHERE Category = 'kube-audit' GROUP BY 1",
    ),
    (
        "inner join",
        "KubePodInventory | summarize Node = take_any(Computer) by Name"
        " | join kind=inner (KubeEvents | summarize Events = count() by Name) on Name | count",
        "SELECT count(*) FROM (SELECT Name, any_value(Computer) FROM {KubePodInventory} GROUP BY 1) a"
        " JOIN (SELECT Name, count(*) FROM {KubeEvents} GROUP BY 1) b USING (Name)",
    ),
    (
        "left semi join",
        "KubePodInventory | where Name in ((KubeEvents | where Reason == 'BackOff' | distinct Name)) | count",
        "SELECT count(*) FROM {KubePodInventory} WHERE Name IN (SELECT DISTINCT Name FROM {KubeEvents} WHERE Reason = 'BackOff')",
    ),
    (
        "series",
        "AKSAudit | make-series n = count() default = 0 on TimeGenerated from ago(7d) to now() step 1h by Verb",
        "WITH c AS (SELECT Verb, floor((epoch_us(TimeGenerated) - epoch_us({week})) / 3600000000)::BIGINT b, count(*) n"
        " FROM {AKSAudit} WHERE TimeGenerated >= {week} AND TimeGenerated < {now} GROUP BY ALL),"
        " g AS (SELECT DISTINCT Verb, r.b FROM c, range(168) r(b))"
        " SELECT g.Verb, list(coalesce(n, 0) ORDER BY g.b) FROM g LEFT JOIN c ON g.Verb = c.Verb AND g.b = c.b GROUP BY 1",
    ),
    (
        "sets",
        "AKSAudit | summarize make_set(Verb) by ClusterName = tostring(split(_ResourceId, '/')[-1])",
        "SELECT split(_ResourceId, '/')[-1], list(DISTINCT Verb) FROM {AKSAudit} GROUP BY 1",
    ),
    (
        "percentiles",
        "Perf | summarize percentile(CounterValue, 95), avg(CounterValue) by CounterName",
        "SELECT CounterName, quantile_disc(CounterValue, 0.95), avg(CounterValue) FROM {Perf} GROUP BY 1",
    ),
)


SECONDS, FEWEST, MOST = 1.0, 11, 400


def rows_of(arrow: Any, is_set: bool) -> list[str]:
    """The rows in one order and form: a dynamic array is read as the list it is (a set has no order), numbers are rounded."""
    rows = zip(*(arrow.column(i).to_pylist() for i in range(arrow.num_columns)), strict=True)
    return sorted(str([_plain(cell, is_set) for cell in row]) for row in rows)


def _plain(cell: object, is_set: bool) -> object:
    if isinstance(cell, str) and cell.startswith("["):
        cell = json.loads(cell)
    if isinstance(cell, list):
        return sorted(cell) if is_set else cell
    return float(f"{cell:.9g}") if isinstance(cell, float) else str(cell)


def measured(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processor time."""
    started, worked = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - started, time.process_time() - worked


def compare(folder: Path, newest: dt.datetime, only: Sequence[str] = ()) -> None:
    """Prints the ratios of each pair (of those named in `only`, if any), their medians and the highest."""
    engine, connection = LocalEngine(folder, known_tables()), open_connection(folder)
    now = newest.replace(tzinfo=dt.UTC)
    words = {
        t.name: f"read_parquet('{folder}/{t.name}/*/*.parquet', hive_partitioning=false)"
        for t in engine.tables()
        if t.rows
    }
    for label, days in (("now", 0), ("day", 1), ("week", 7)):
        words[label] = f"TIMESTAMP '{(newest - dt.timedelta(days=days)).isoformat(sep=' ')}'"
    ratios: list[tuple[float, ...]] = []
    for label, kql, sql in PAIRS:
        if only and label not in only:
            continue
        hand = sql
        for word, text in words.items():
            hand = hand.replace("{" + word + "}", text)
        request = QueryRequest(kql, now=now)
        translated, _ = engine.explain(request)
        runs: tuple[Callable[[], Any], ...] = (
            partial(_run, connection, hand),
            partial(_run, connection, translated),
            partial(engine.run, request),
        )
        # The first run of each pays for opening the files, and shows the answer.
        answers = [runs[0](), runs[1](), runs[2]().arrow]
        width, is_set = answers[0].num_columns, "list(DISTINCT" in hand
        expected, *others = (rows_of(answer.select(range(width)), is_set) for answer in answers)
        same = all(other == expected for other in others)
        times: list[list[float]] = [[], [], []]
        work: list[list[float]] = [[], [], []]
        turn = 0
        while turn < MOST and (turn < FEWEST or min(map(sum, times)) < SECONDS):
            for i in (range(3), (2, 1, 0))[turn % 2]:
                clock, worked = measured(runs[i])
                times[i].append(clock)
                work[i].append(worked)
            turn += 1
        a, b = (_ratio(ours, times[0]) for ours in times[1:])
        effort = _ratio(work[1], work[0])
        ratios.append((a, effort, b))
        hand_ms, sql_ms, answer_ms = (statistics.median(each) * 1000 for each in times)
        print(
            f"{label:34} by hand {hand_ms:7.1f} ms  SQL {sql_ms:7.1f} ms {a:5.2f} work {effort:5.2f}"
            f"  answer {answer_ms:7.1f} ms {b:5.2f}{'' if same else '  THE ANSWERS DIFFER'}",
            flush=True,
        )
    for what, found in zip(("SQL", "work", "answer"), zip(*ratios, strict=True), strict=True):
        print(f"{what}: median ratio {statistics.median(found):.2f}, highest {max(found):.2f}")


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return connection.sql(sql).to_arrow_table()


def _ratio(ours: Sequence[float], other: Sequence[float]) -> float:
    return float(statistics.median(map(operator.truediv, ours, other)))


def main(only: Sequence[str]) -> None:
    """Generates the estate and compares the pairs over it, or those that are named."""
    rows = int(os.environ.get("WATCHBOOK_BENCH_ROWS", "1000000"))
    with tempfile.TemporaryDirectory() as name:
        from dashboard.ingest.estate import generate

        folder = Path(name).resolve()
        started = time.perf_counter()
        report = generate(folder, rows=rows)
        print(f"{report.rows:,} rows generated in {time.perf_counter() - started:.0f} s")
        compare(folder, report.now, only)


if __name__ == "__main__":
    main(sys.argv[1:])
