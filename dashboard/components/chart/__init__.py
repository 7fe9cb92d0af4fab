"""A chart: a Plotly figure of lines, bars and pies, drawn when it comes near the screen.

The script carries the part of plotly.js that draws scatter, bar and pie traces: a quarter of the whole. It draws each chart
once, at its final size, where `st.plotly_chart` draws it up to three times and all charts of a page at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.components import component


@dataclass(frozen=True, slots=True)
class ChartEvent:
    """What a reader did in a chart. `points` are the marks selected now, each as the numbers of its trace and of its point;
    `range` both ends of the brushed range of x, as the axis writes them, or None."""

    points: tuple[tuple[int, int], ...] = ()
    range: tuple[Any, Any] | None = None


def chart(
    figure: Mapping[str, Any],
    *,
    key: str,
    height: int,
    label: str,
    points: bool = False,
    brush: bool = False,
    picked: Iterable[tuple[int, int]] = (),
    on_event: Callable[[ChartEvent], None] | None = None,
) -> None:
    """Draws `figure` ({"data": […], "layout": {…}}, plain values alone) at the width of its place and `height` pixels.

    `label` names it for screen readers. With `brush` a drag selects a range of x, otherwise with `points` a click selects
    marks; `picked` are the marks selected now. `on_event` gets either before the script runs again, as callbacks of widgets do;
    marks of a drawing that is no longer this one are not told, since their numbers mean others here.
    """
    import streamlit as st

    content = _bytes({"figure": figure, "height": height, "label": label, "points": points, "brush": brush})
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    # Two lines: what is selected changes without the drawing. As bytes: Streamlit looks into a dict for data frames, for which
    # it imports pandas.
    data = _bytes({"picked": [list(mark) for mark in picked], "digest": digest}) + b"\n" + content

    def told() -> None:
        event = _event(st.session_state[key].get("event"), digest)
        if on_event is not None and event is not None:
            on_event(event)

    component("chart")(key=key, data=data, height=height, on_event_change=told)


def _bytes(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def _event(told: Any, digest: str) -> ChartEvent | None:
    """The script's answer, which comes from a browser, as typed values; anything malformed or old counts as nothing."""
    if not isinstance(told, Mapping):
        return None
    ends = told.get("range")
    if isinstance(ends, list) and len(ends) == 2:
        return ChartEvent(range=(ends[0], ends[1]))
    marks = told.get("points")
    if not isinstance(marks, list) or told.get("digest") != digest:
        return None
    pairs = [mark for mark in marks if isinstance(mark, list) and len(mark) == 2]
    return ChartEvent(tuple((trace, at) for trace, at in pairs if isinstance(trace, int) and isinstance(at, int)))
