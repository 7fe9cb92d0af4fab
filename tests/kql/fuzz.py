"""Damaged real queries, and noise, through the whole translation: each is answered or refused, quickly."""

from __future__ import annotations

import datetime as dt
import random
import sys
import time

from dashboard.errors import WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.kql.catalog import Catalog, TableSchema
from dashboard.kql.translate import translate
from tests.kql.corpus import corpus_queries
from tests.kql.test_parser_fuzz import broken


def fuzz(count: int, seed: int = 5) -> tuple[int, int]:
    """How many of `count` texts made the translator crash, and how many took over 2 s; each is printed to stderr."""
    catalog = Catalog(tables={name: TableSchema(name, columns) for name, columns in known_tables().items()})
    queries = [case["query"] for case in corpus_queries()]
    chance = random.Random(seed)
    now = dt.datetime(2026, 11, 24)
    crashes = slow = 0
    for _ in range(count):
        text = broken(chance.choice(queries), chance)
        started = time.process_time()
        try:
            translate(text, catalog, now=now)
        except WatchbookError:
            pass
        except Exception as fault:  # anything else is what is looked for
            crashes += 1
            print(f"{type(fault).__name__}: {fault}\n  {text[:300]!r}", file=sys.stderr)
        if time.process_time() - started > 2:
            slow += 1
            print(f"slow\n  {text[:300]!r}", file=sys.stderr)
    return crashes, slow
