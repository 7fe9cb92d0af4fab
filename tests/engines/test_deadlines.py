"""The watch over deadlines: in time, in order, forgotten where they are over."""

from __future__ import annotations

import threading
import time

from dashboard.engines.deadlines import Watch


def test_acts_are_called_when_their_time_is_over_and_cancelled_ones_are_not() -> None:
    watch, called, done = Watch(), [], threading.Event()
    watch.after(1, lambda: (called.append("late"), done.set())[0])
    watch.after(0.05, lambda: called.append("early"))
    watch.after(0.6, lambda: called.append("cancelled")).cancel()
    assert done.wait(30)
    assert called == ["early", "late"]


def test_many_deadlines_that_are_over_in_time_are_forgotten() -> None:
    watch = Watch()
    for _ in range(20_000):
        watch.after(60, time.monotonic).cancel()
    assert len(watch._due) < 10_000
