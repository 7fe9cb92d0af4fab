"""When things happen: office hours and quiet nights, machines that tick, and snapshots that are denser near now."""

from __future__ import annotations

import numpy as np

from dashboard.ingest.estate.frame import DAY, HOUR, MINUTE

# How busy each hour of the day is, UTC, for people in Europe with some in Asia and America; and for machines.
_PEOPLE = np.array(
    [1, 1, 1, 1, 2, 3, 6, 12, 20, 22, 22, 20, 16, 19, 21, 20, 17, 12, 8, 6, 5, 4, 3, 2], dtype=np.float64
)
_SHOPPERS = np.array(
    [5, 4, 3, 3, 3, 4, 6, 9, 12, 14, 15, 16, 16, 15, 15, 16, 18, 20, 22, 23, 22, 18, 12, 8], dtype=np.float64
)
_STEADY = np.ones(24)
RHYTHMS = {
    "people": (_PEOPLE, np.array([1, 1, 1, 1, 0.9, 0.18, 0.15])),
    "shoppers": (_SHOPPERS, np.array([1, 0.95, 0.95, 1, 1.15, 1.35, 1.25])),
    "steady": (_STEADY, np.ones(7)),
}


def moments(rng: np.random.Generator, n: int, start: int, end: int, rhythm: str = "steady") -> np.ndarray:
    """`n` sorted times in [start, end), denser where the rhythm is. The last one is at most a minute before `end` when
    there are enough of them, since logs never stop."""
    if n <= 0 or end <= start:
        return np.empty(0, dtype=np.int64)
    day_hours, week_days = RHYTHMS[rhythm]
    first = start // HOUR
    hours = np.arange(first, (end - 1) // HOUR + 1)
    # 1970-01-01 was a Thursday: day 3 of a week that starts on Monday.
    weights = day_hours[hours % 24] * week_days[(hours // 24 + 3) % 7]
    left = np.maximum(hours * HOUR, start)
    right = np.minimum((hours + 1) * HOUR, end)
    weights = weights * (right - left)
    # Days differ: a slow swing of up to a quarter, the same whatever the window.
    weights *= 1 + 0.25 * np.sin(hours / 24 * 1.7) * np.cos(hours / 24 * 0.61)
    edges = np.concatenate([[0], np.cumsum(weights)])
    at = np.sort(rng.random(n)) * edges[-1]
    slot = np.searchsorted(edges, at, side="right").clip(1, len(hours)) - 1
    inside = (at - edges[slot]) / np.maximum(weights[slot], 1e-12)
    times: np.ndarray = (left[slot] + inside * (right[slot] - left[slot])).astype(np.int64)
    return times.clip(max=end - 1)


def ticks(start: int, end: int, every: int, now: int) -> np.ndarray:
    """Regular times in [start, end), counted back from `now`, so that the newest is always just before it."""
    offset = (now - start) // every * every
    times = now - 10_000_000 - np.arange(offset, -1, -every) // every * every
    return times[(times >= start) & (times < end)]


def snapshots(start: int, end: int, now: int, budget: int) -> np.ndarray:
    """About `budget` times of an inventory over thirty days, denser near now: every 10 minutes of the last two hours,
    every hour of the last day, some times a day before. The larger the budget, the more even, down to a minute."""
    older = max(MINUTE, 30 * DAY // max(budget - 34, 1))
    parts = [
        ticks(start, min(end, now - DAY), older, now),
        ticks(max(start, now - DAY), min(end, now - 2 * HOUR), min(HOUR, older), now),
        ticks(max(start, now - 2 * HOUR), end, min(10 * MINUTE, older), now),
    ]
    return np.unique(np.concatenate(parts))
