"""The search behind autocluster: a few patterns that say much of many rows.

Seed-Expand, after "Algorithms for Telemetry Data Mining using Discrete Attributes": a pattern starts as one row, the seed, and
gives up one value after the other, each time the one that lets in most rows. Of all patterns on the way the one of the highest
score is taken, a weighted geometric mean of the share of rows it holds and the share of values it keeps. Its rows are put aside,
and the search begins anew with the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.kql.functions.registry import PythonFunction, ScalarFunction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_PATTERNS = 25
# A pattern of fewer rows than this share of all is none.
_LEAST_SHARE = 0.05


def find_patterns(
    rows: Sequence[Sequence[str]] | None, weights: Sequence[float] | None, size_weight: float, seeds: int
) -> list[list[str | None]] | None:
    """Patterns of rows that differ from one another, most rows first; `weights` says how many each stands for. A pattern has
    a value or None, for any, in each column. Rows in the same order give the same patterns."""
    import numpy as np

    if not rows or weights is None:
        return None
    weight = np.array(weights, dtype=float)
    codes = np.array([np.unique(column, return_inverse=True)[1] for column in zip(*rows, strict=True)]).T
    rest, total = weight.copy(), float(weight.sum())
    found: list[tuple[float, list[str | None]]] = []
    while rest.any() and len(found) < _MOST_PATTERNS:
        score, seed, kept = max(
            (_expand(codes, rest, seed, size_weight, total) for seed in _seeds(rest, seeds)), key=lambda each: each[0]
        )
        if score <= 0:
            break
        held = (codes[:, kept] == codes[seed, kept]).all(axis=1)
        found.append(
            (float(weight[held].sum()), [value if keep else None for value, keep in zip(rows[seed], kept, strict=True)])
        )
        rest[held] = 0.0
    return [pattern for _, pattern in sorted(found, key=lambda each: -each[0])]


def _seeds(weight: NDArray[np.float64], count: int) -> list[int]:
    """Rows at even distances among those that weigh anything, by their weight."""
    import numpy as np

    places = np.flatnonzero(weight)
    sums = np.cumsum(weight[places])
    wanted = (np.arange(count) + 0.5) / count * sums[-1]
    return [int(places[at]) for at in np.unique(np.searchsorted(sums, wanted))]


def _expand(
    codes: NDArray[np.int64], weight: NDArray[np.float64], seed: int, size_weight: float, total: float
) -> tuple[float, int, NDArray[np.bool_]]:
    """The best pattern on the way from a row to no pattern at all: its score (-1 where none holds rows enough), the row, and which
    columns it keeps."""
    import numpy as np

    unlike = codes != codes[seed]
    common = weight @ ~unlike
    misses = unlike.sum(axis=1)
    columns = codes.shape[1]
    kept = np.ones(columns, dtype=bool)
    best, best_kept = -1.0, kept.copy()
    for size in range(columns, 0, -1):
        share = weight[misses == 0].sum() / total
        score = float(share**size_weight * (size / columns) ** (1 - size_weight))
        if share >= _LEAST_SHARE and score > best:
            best, best_kept = score, kept.copy()
        # Rows that miss the pattern by one column come in when that column is given up.
        near = misses == 1
        gains = weight[near] @ unlike[near]
        # Where none comes in, the rarest value goes.
        order = np.lexsort((common, -gains))
        given = next(int(at) for at in order if kept[at])
        kept[given] = False
        misses = misses - unlike[:, given]
        unlike[:, given] = False
    return best, seed, best_kept


FUNCTIONS = (
    ScalarFunction(
        "$patterns", ("dynamic", "dynamic", "real", "long"), "dynamic", "kql_patterns({0}, {1}, {2}, {3})", "plugins",
        python=(PythonFunction("kql_patterns", find_patterns, ("VARCHAR[][]", "DOUBLE[]", "DOUBLE", "BIGINT"), "VARCHAR[][]"),),
        note="the search of autocluster",
    ),
)  # fmt: skip
