"""The library duckdb-kql as a second opinion: the same query by both translators over the same Parquet files."""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.engines.local import LocalEngine
from dashboard.engines.local_tables import empty_sql, quoted
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import WatchbookError
from tests.shared import lines

SETS = ("sentinel_analytics_rules", "sentinel_hunting_queries", "workbooks_sentinel", "azure_monitor_reference")


# Why the two may differ although ours is right: what the text holds, what the rows must have in common, and the reason.
# The first that fits holds; a difference that none fits is unexplained.
REASONS: tuple[tuple[str, str, str], ...] = (
    (r"\breplace\s*\(", "count", "replace(regex, rewrite, text) is the old spelling of replace_regex; the library takes the text first"),
    (r"\bmake_?(set|list)\w*\s*\(", "sorted", "the order of make_set() and make_list() without a sorted input is free"),
    (r"\b(top|take|limit)\b", "count", "rows that tie in the sort compete for the last places, and any of them may be kept"),
    (r"\bjoin\s+(kind\s*=\s*innerunique\b|(hint\.\S+\s+)?\()", "count", "innerunique keeps any one row of the left side's equal keys"),
    (r"\bkind\s*=\s*(rightouter|leftouter|fullouter)\b", "any", "the string columns of a missing side are empty, not null: comparing them with \"\" says equal"),
)  # fmt: skip


@dataclass
class Opinion:
    """How many queries both ran, how many gave the same rows, and the ones that did not."""

    verdicts: Counter[str] = field(default_factory=Counter)
    different: list[dict[str, Any]] = field(default_factory=list)


def queries(seed: int = 11) -> list[str]:
    """The valid queries of four sets, shuffled."""
    found = [row["query"] for name in SETS for row in lines(f"corpus/queries/{name}.jsonl") if row.get("semantic_ok")]
    random.Random(seed).shuffle(found)
    return found


class Other:
    """duckdb-kql over the tables of a data folder."""

    def __init__(self, engine: LocalEngine, now: dt.datetime) -> None:
        import duckdb

        self.now = now
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone='UTC'")
        self.schema: dict[str, list[str]] = {}
        for name, table in engine.catalog().tables.items():
            source = table.sql
            if source is None:
                empty = ", ".join(f"{empty_sql(kind)} AS {quoted(column)}" for column, kind in table.columns)
                source = f"(SELECT {empty} WHERE FALSE)"
            self.connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM {source}")
            self.schema[name] = [column for column, _ in table.columns]

    def run(self, query: str) -> list[tuple[Any, ...]]:
        """Rows; raises whatever the library or DuckDB raises."""
        import duckdb_kql

        sql = duckdb_kql.to_sql(query, schema=self.schema, query_now=self.now)
        values = dict(sql.parameters) if sql.parameters else {}
        if "$kqlnow" in str(sql):
            values["kqlnow"] = self.now
        return self.connection.execute(str(sql), values or None).fetchall()


def compare(folder: Path, texts: Iterator[str] | list[str], wanted: int) -> Opinion:
    """Runs queries until `wanted` of them ran in both, and compares the rows as unordered sets."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    from dashboard.ingest.schemas import known_tables

    engine = LocalEngine(folder, known_tables())
    other = Other(engine, now.replace(tzinfo=None))
    opinion = Opinion()
    for text in texts:
        if opinion.verdicts["same"] + opinion.verdicts["different"] >= wanted:
            break
        try:
            ours = engine.run(QueryRequest(text, now=now))
        except WatchbookError:
            opinion.verdicts["refused by us"] += 1
            continue
        try:
            theirs = other.run(text)
        except Exception:
            opinion.verdicts["refused by the library"] += 1
            continue
        left = sorted(repr([_plain(cell) for cell in row]) for row in ours.rows())
        right = sorted(repr([_plain(cell) for cell in row]) for row in theirs)
        same = left == right
        opinion.verdicts["same" if same else "different"] += 1
        opinion.verdicts["same, with rows"] += same and bool(left)
        if not same:
            only = [sorted(set(a) - set(b))[:2] for a, b in ((left, right), (right, left))]
            opinion.different.append(
                {
                    "query": text,
                    "ours": len(left),
                    "theirs": len(right),
                    "only": only,
                    "reason": _reason(text, ours.rows(), theirs),
                }
            )
    return opinion


def _reason(text: str, ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> str:
    """Why a difference is none of ours; empty where nothing explains it."""
    told = {
        "any": True,
        "count": len(ours) == len(theirs),
        "sorted": sorted(map(_unordered, ours)) == sorted(map(_unordered, theirs)),
    }
    return next((reason for pattern, common, reason in REASONS if told[common] and re.search(pattern, text)), "")


def _unordered(row: tuple[Any, ...]) -> str:
    """A row whose arrays are sorted."""
    cells = []
    for cell in map(_plain, row):
        if isinstance(cell, str) and cell.startswith("["):
            cell = json.dumps(sorted(json.loads(cell), key=str))
        cells.append(cell)
    return repr(cells)


def _plain(cell: Any) -> Any:
    """A cell in a form that both engines' types come to."""
    if cell is None:
        return ""
    if isinstance(cell, dt.timedelta):
        return float(f"{cell.total_seconds() * 10_000_000:.9g}")
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, float):
        return "nan" if math.isnan(cell) else float(f"{cell:.9g}")
    if isinstance(cell, int):
        return float(f"{float(cell):.9g}")
    if isinstance(cell, str) and cell[:1] in '[{"':
        try:
            value = json.loads(cell)
        except ValueError:
            return cell
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    if isinstance(cell, str):
        try:
            return float(f"{float(cell):.9g}")
        except ValueError:
            return cell
    return str(cell) if not isinstance(cell, dt.datetime) else cell.isoformat()
