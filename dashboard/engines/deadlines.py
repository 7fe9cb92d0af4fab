"""What must be stopped when its time is over, watched by one thread for all: a timer thread a query costs more than a small
query does."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

_MOST_OVER = 4_096


class Deadline:
    """One thing that is watched. `cancel` before its time has it forgotten."""

    __slots__ = ("act", "cancelled")

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.cancelled = False

    def cancel(self) -> None:
        """It is over in time."""
        self.cancelled = True
        self.act = _nothing


class Watch:
    """Calls each deadline's act once its time is over, in the watching thread. Safe to use from any thread."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._due: list[tuple[float, int, Deadline]] = []
        self._number = itertools.count()
        self._thread: threading.Thread | None = None

    def after(self, seconds: float, act: Callable[[], None]) -> Deadline:
        """Has `act` called in so many seconds. It must be short and not raise."""
        deadline = Deadline(act)
        entry = (time.monotonic() + seconds, next(self._number), deadline)
        with self._wake:
            if len(self._due) > _MOST_OVER and sum(each[2].cancelled for each in self._due) > len(self._due) // 2:
                self._due = [each for each in self._due if not each[2].cancelled]
                heapq.heapify(self._due)
            heapq.heappush(self._due, entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0] is entry:
                self._wake.notify()
        return deadline

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._due or self._due[0][0] > time.monotonic():
                    self._wake.wait(self._due[0][0] - time.monotonic() if self._due else None)
                deadline = heapq.heappop(self._due)[2]
            if not deadline.cancelled:
                deadline.act()


def _nothing() -> None:
    return


WATCH = Watch()
"""The watch of this process."""
