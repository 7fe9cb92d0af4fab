"""Pairs of queries that must agree whatever the data is: generated, run on rows with nulls of every type.

Each relation makes two queries whose results are equal by the meaning of KQL, so no second engine is needed to judge.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import QueryRequest
from dashboard.table import KqlType, arrow_type
from tests.shared import write_rows

COLUMNS: tuple[tuple[str, KqlType], ...] = (
    ("TimeGenerated", "datetime"),
    ("S", "string"),
    ("T", "string"),
    ("I", "int"),
    ("L", "long"),
    ("R", "real"),
    ("B", "bool"),
    ("D", "dynamic"),
    ("W", "timespan"),
)
WORDS = [
    "",
    "pod",
    "Pod",
    "pod-1",
    "kube system",
    "kube-system",
    "exec",
    "Exec into pod",
    "10.0.0.4",
    "é",
    "a_b",
    "x' y",
]


def make_engine(folder: Path, rows: int = 90, seed: int = 3) -> LocalEngine:
    """An engine over one table `E` with nulls, empty strings and repeats in every column."""
    rnd = random.Random(seed)
    start = dt.datetime(2026, 11, 1)

    def maybe(value: object) -> object:
        return None if rnd.random() < 0.15 else value

    columns = {
        "TimeGenerated": [maybe(start + dt.timedelta(minutes=rnd.randrange(5_000))) for _ in range(rows)],
        "S": [rnd.choice(WORDS) for _ in range(rows)],
        "T": [rnd.choice(WORDS) for _ in range(rows)],
        "I": [maybe(rnd.randrange(-5, 6)) for _ in range(rows)],
        "L": [maybe(rnd.randrange(-3, 4) * 10**9) for _ in range(rows)],
        "R": [maybe(rnd.randrange(-40, 41) / 8) for _ in range(rows)],
        "B": [maybe(rnd.random() < 0.5) for _ in range(rows)],
        "D": [maybe(json.dumps(rnd.choice([1, "pod", [1, 2], {"a": 1}, {"a": "x"}, True]))) for _ in range(rows)],
        "W": [maybe(rnd.randrange(-5, 6) * 600_000_000) for _ in range(rows)],
    }
    table = pa.table({name: pa.array(columns[name], arrow_type(kind)) for name, kind in COLUMNS})
    write_rows(folder, "E", "2026-11-01", table)
    return LocalEngine(folder, {"E": COLUMNS})


class Maker:
    """Random well-typed pieces of KQL over the table `E`."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd

    def text(self) -> str:
        return json.dumps(self.rnd.choice(WORDS), ensure_ascii=False)

    def scalar(self, kind: str) -> str:
        """An expression of a comparable type, with a column in it."""
        pick = self.rnd.choice
        return {
            "string": lambda: pick(
                ["S", "T", "tolower(S)", "strcat(S, T)", "substring(T, 1, 3)", "tostring(D.a)", "trim('p', S)"]
            ),
            "number": lambda: pick(
                ["I", "L", "R", "I + 1", "L * 2", "R / 2", "strlen(S)", "abs(I)", "toint(D)", "I % 3"]
            ),
            "time": lambda: pick(
                ["TimeGenerated", "startofday(TimeGenerated)", "TimeGenerated + W", "bin(TimeGenerated, 1h)"]
            ),
        }[kind]()

    def constant(self, kind: str) -> str:
        rnd = self.rnd
        return {
            "string": self.text,
            "number": lambda: rnd.choice([str(rnd.randrange(-4, 5)), f"{rnd.randrange(-9, 9)}.5", "1000000000"]),
            "time": lambda: f"datetime(2026-11-0{rnd.randrange(1, 5)} {rnd.randrange(24):02d}:00)",
        }[kind]()

    def predicate(self, depth: int = 2) -> str:
        """A boolean expression."""
        rnd = self.rnd
        if depth and rnd.random() < 0.4:
            return f"({self.predicate(depth - 1)} {rnd.choice(['and', 'or'])} {self.predicate(depth - 1)})"
        if rnd.random() < 0.1:
            return rnd.choice(["B", "not(B)", "isnull(I)", "isempty(S)", "isnotnull(TimeGenerated)", "isnotempty(T)"])
        kind = rnd.choice(["string", "number", "time"])
        operators = (
            ["==", "!=", "<", "<=", ">", ">="]
            if kind != "string"
            else ["==", "!=", "=~", "!~", "has", "!has", "contains"]
        )
        operators += (
            ["startswith", "endswith", "has_cs", "contains_cs", "!contains", "hasprefix"] if kind == "string" else []
        )
        return f"{self.scalar(kind)} {rnd.choice(operators)} {self.constant(kind)}"


def _split(m: Maker) -> tuple[str, str]:
    p = m.predicate()
    return f"E | where {p} | union (E | where not({p})), (E | where isnull({p})) | count", "E | count"


def _and_is_two_filters(m: Maker) -> tuple[str, str]:
    p, q = m.predicate(), m.predicate()
    return f"E | where ({p}) and ({q})", f"E | where {p} | where {q}"


def _filters_commute(m: Maker) -> tuple[str, str]:
    p, q = m.predicate(), m.predicate()
    return f"E | where {p} | where {q}", f"E | where {q} | where {p}"


def _extend_then_filter(m: Maker) -> tuple[str, str]:
    p = m.predicate()
    return f"E | extend P = {p} | where P | project-away P", f"E | where {p}"


def _filter_passes_projection(m: Maker) -> tuple[str, str]:
    p = m.predicate(0)
    return f"E | extend Z = 1 | where {p} | project-away Z", f"E | where {p}"


def _count_if(m: Maker) -> tuple[str, str]:
    p = m.predicate()
    return f"E | summarize n = countif({p})", f"E | where {p} | summarize n = count()"


def _groups_add_up(m: Maker) -> tuple[str, str]:
    key = m.scalar(m.rnd.choice(["string", "number", "time"]))
    return f"E | summarize c = count() by K = {key} | summarize n = sum(c)", "E | summarize n = count()"


def _distinct_is_summarize(m: Maker) -> tuple[str, str]:
    keys = ", ".join(m.rnd.sample(["S", "T", "I", "B", "R", "L"], 2))
    return f"E | distinct {keys}", f"E | summarize by {keys}"


def _dcount_counts_distinct(m: Maker) -> tuple[str, str]:
    key = m.rnd.choice(["S", "T", "I", "L", "R"])
    return (
        f"E | summarize n = count_distinct({key})",
        f"E | where isnotnull({key}) | distinct {key} | summarize n = count()",
    )


def _between(m: Maker) -> tuple[str, str]:
    kind = m.rnd.choice(["number", "time"])
    x, low, high = m.scalar(kind), m.constant(kind), m.constant(kind)
    return f"E | where {x} between ({low} .. {high})", f"E | where {x} >= {low} and {x} <= {high}"


def _in_is_or(m: Maker) -> tuple[str, str]:
    kind = m.rnd.choice(["string", "number"])
    x, a, b = m.scalar(kind), m.constant(kind), m.constant(kind)
    return f"E | where {x} in ({a}, {b})", f"E | where {x} == {a} or {x} == {b}"


def _not_in(m: Maker) -> tuple[str, str]:
    x, a, b = m.scalar("string"), m.text(), m.text()
    return f"E | where {x} !in ({a}, {b})", f"E | where not({x} in ({a}, {b}))"


def _iff_is_case(m: Maker) -> tuple[str, str]:
    p, a, b = m.predicate(), m.scalar("string"), m.scalar("string")
    return f"E | project X = iff({p}, {a}, {b})", f"E | project X = case({p}, {a}, {b})"


def _top_is_sorted_take(m: Maker) -> tuple[str, str]:
    key, n = m.rnd.choice(["I", "L", "R", "TimeGenerated", "S"]), m.rnd.randrange(1, 20)
    way = m.rnd.choice(["asc", "desc"])
    return f"E | top {n} by {key} {way} | project {key}", f"E | sort by {key} {way} | take {n} | project {key}"


def _semi_join_is_in(m: Maker) -> tuple[str, str]:
    p, key = m.predicate(), m.rnd.choice(["S", "T", "I"])
    keys = f"(E | where {p} | where isnotempty(tostring({key})) | distinct {key})"
    return (
        f"E | where isnotempty(tostring({key})) | join kind=leftsemi {keys} on {key}",
        f"E | where isnotempty(tostring({key})) | where {key} in ({keys})",
    )


def _anti_join_is_the_rest(m: Maker) -> tuple[str, str]:
    p = m.predicate()
    keys = f"(E | where {p} | distinct S)"
    return (
        f"E | join kind=leftanti {keys} on S | union (E | join kind=leftsemi {keys} on S) | count",
        "E | count",
    )


def _inner_join_counts_pairs(m: Maker) -> tuple[str, str]:
    p = m.predicate(1)
    side = f"(E | where {p} | summarize c = count() by S)"
    return (
        f"E | where {p} | join kind=inner (E | where {p}) on S | summarize n = count()",
        f"{side} | summarize n = tolong(coalesce(sum(c * c), 0))",
    )


def _let_is_substitution(m: Maker) -> tuple[str, str]:
    p = m.predicate(1)
    return f"let F = E | where {p}; F | union F | count", f"E | where {p} | union (E | where {p}) | count"


def _series_adds_up(m: Maker) -> tuple[str, str]:
    span = "datetime(2026-11-01) .. datetime(2026-11-03)"
    return (
        "E | make-series c = count() default=0 on TimeGenerated from datetime(2026-11-01) to datetime(2026-11-03) step 6h"
        " | mv-expand c to typeof(long) | summarize n = sum(c)",
        f"E | where TimeGenerated between ({span}) and TimeGenerated < datetime(2026-11-03) | summarize n = count()",
    )


def _expand_undoes_list(m: Maker) -> tuple[str, str]:
    key = m.rnd.choice(["S", "T"])
    return (
        f"E | summarize X = make_list({key}) | mv-expand X to typeof(string) | summarize n = count() by X",
        f"E | summarize n = count() by X = {key}",
    )


RELATIONS: tuple[Callable[[Maker], tuple[str, str]], ...] = (
    _split, _and_is_two_filters, _filters_commute, _extend_then_filter, _filter_passes_projection, _count_if, _groups_add_up,
    _distinct_is_summarize, _dcount_counts_distinct, _between, _in_is_or, _not_in, _iff_is_case, _top_is_sorted_take,
    _semi_join_is_in, _anti_join_is_the_rest, _inner_join_counts_pairs, _let_is_substitution, _series_adds_up,
    _expand_undoes_list,
)  # fmt: skip


def difference(engine: LocalEngine, seed: int) -> str | None:
    """Makes the pair of `seed`, runs both queries and says how they differ; None where they agree."""
    rnd = random.Random(seed)
    relation = rnd.choice(RELATIONS)
    one, other = relation(Maker(rnd))
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    left, right = (engine.run(QueryRequest(query, now=now)) for query in (one, other))
    rows = [sorted(map(repr, table.rows())) for table in (left, right)]
    if rows[0] == rows[1]:
        return None
    return f"{relation.__name__} (seed {seed})\n  {one}\n  {other}\n  {rows[0][:3]} … {len(rows[0])}\n  {rows[1][:3]} … {len(rows[1])}"
