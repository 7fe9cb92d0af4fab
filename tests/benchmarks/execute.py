"""Our translated SQL against SQL written by hand for the same question, over a generated estate (Parquet) in one process.

`WATCHBOOK_BENCH_ROWS` sets the size (default 1,000,000; the figures in docs/kql.md name theirs). The two take turns.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from dashboard.engines.local import LocalEngine, open_connection
from dashboard.engines.protocol import QueryRequest
from dashboard.ingest.schemas import known_tables

# {T} stands for the Parquet files of a table; week and day are literals of the time a week and a day before the newest.
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
        "SELECT CounterName, quantile_cont(CounterValue, 0.95), avg(CounterValue) FROM {Perf} GROUP BY 1",
    ),
)


def main(_: Sequence[str]) -> None:
    """Prints the ratio of each pair and their median; then how much a filter by time reads of the files."""
    rows = int(os.environ.get("WATCHBOOK_BENCH_ROWS", "1000000"))
    with tempfile.TemporaryDirectory() as name:
        from dashboard.ingest.estate import generate

        folder = Path(name).resolve()
        started = time.perf_counter()
        report = generate(folder, rows=rows)
        print(f"{report.rows:,} rows generated in {time.perf_counter() - started:.0f} s")
        engine, connection = LocalEngine(folder, known_tables()), open_connection(folder)
        now = report.now.replace(tzinfo=dt.UTC)
        words = {t.name: f"read_parquet('{folder}/{t.name}/*/*.parquet')" for t in engine.tables() if t.rows}
        for label, days in (("now", 0), ("day", 1), ("week", 7)):
            words[label] = f"TIMESTAMP '{(report.now - dt.timedelta(days=days)).isoformat(sep=' ')}'"
        ratios = []
        for label, kql, sql in PAIRS:
            hand = sql
            for word, text in words.items():
                hand = hand.replace("{" + word + "}", text)
            ours, other = [], []
            for _ in range(6):
                started = time.perf_counter()
                engine.run(QueryRequest(kql, now=now))
                middle = time.perf_counter()
                connection.sql(hand).to_arrow_table()
                ours.append(middle - started)
                other.append(time.perf_counter() - middle)
            # The first run of each pays for opening the files.
            a, b = statistics.median(ours[1:]), statistics.median(other[1:])
            ratios.append(a / b)
            print(f"{label:34} ours {a * 1000:8.1f} ms  by hand {b * 1000:8.1f} ms  ratio {a / b:.2f}", flush=True)
        print(f"median ratio {statistics.median(ratios):.2f}, highest {max(ratios):.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
