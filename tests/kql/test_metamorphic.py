"""Pairs of queries that must agree, agree: 300 in the suite, 10,000 in the soak."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kql.metamorphic import difference, make_engine


def run(folder: Path, count: int, start: int) -> None:
    engine = make_engine(folder)
    found = [text for seed in range(start, start + count) if (text := difference(engine, seed))]
    assert not found, "\n".join(found[:5])


def test_pairs_of_queries_that_mean_the_same_agree(tmp_path: Path) -> None:
    run(tmp_path, 300, 0)


@pytest.mark.soak
def test_ten_thousand_pairs_of_queries_that_mean_the_same_agree(tmp_path: Path) -> None:
    run(tmp_path, 10_000, 1_000)
