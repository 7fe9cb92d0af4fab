"""One stretch of time of the estate, and the families that fill it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dashboard.ingest.estate.clock import moments, snapshots
from dashboard.ingest.estate.frame import DAY
from dashboard.ingest.estate.world import World

MONTH = 30 * DAY


@dataclass(frozen=True)
class Window:
    """The time [start, end) of `world`, number `index` of its family. `scale` is 1 for the small estate."""

    world: World
    start: int
    end: int
    index: int
    scale: float

    def rng(self, table: str) -> np.random.Generator:
        """The source of chance of one table in this window."""
        return self.world.rng(table, self.index)

    def count(self, monthly: float) -> int:
        """How many of `monthly` rows (in thirty days of the small estate) fall into this window."""
        share = monthly * self.scale / MONTH
        return round(share * (self.end - self.world.start)) - round(share * (self.start - self.world.start))

    def times(self, rng: np.random.Generator, monthly: float, rhythm: str = "steady") -> np.ndarray:
        """Times of about `monthly` events in thirty days, in the given rhythm."""
        return moments(rng, self.count(monthly), self.start, self.end, rhythm)

    def snapshots(self, monthly: float) -> np.ndarray:
        """Times of an inventory taken about `monthly` times in thirty days."""
        return snapshots(self.start, self.end, self.world.now, int(monthly * self.scale))


Maker = Callable[[Window], Iterator[tuple[str, pa.Table]]]


@dataclass(frozen=True)
class Family:
    """Tables made together. `rows` is how many the small estate has, to divide the work."""

    name: str
    rows: int
    make: Maker
