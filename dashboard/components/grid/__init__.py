"""The grid: a table of up to some hundred thousand rows with bars, icons, sparks, trees, a filter, selection and keyboard.

It draws a Grid view, or a mapping of the same form. Every text in it is shown as text; only `icons` are drawings, and they are
taken from the product's own catalogue by whoever calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.components import component
from dashboard.components.grid.encode import encode


@dataclass(frozen=True, slots=True)
class GridState:
    """What a reader did. `rows` are the `_id` of the selected rows, in the order of selection. `event` is set in the one
    run that follows a click on a link which the grid cannot follow itself: {"row": _id, "field": …, "link": the link}."""

    rows: tuple[int, ...] = ()
    event: Mapping[str, Any] | None = None


def grid(
    view: Mapping[str, Any] | object,
    *,
    key: str,
    height: int | None = None,
    icons: Mapping[str, str] | None = None,
    selected: Sequence[int] | None = None,
    label: str = "",
    on_select: Callable[[tuple[int, ...]], None] | None = None,
    on_event: Callable[[Mapping[str, Any]], None] | None = None,
) -> GridState:
    """Draws a grid and gives what was selected in it.

    `view` has the fields of a Grid view, as attributes or as a mapping; `height` in pixels is the most it takes (default: the view's), short tables take
    less. `icons` maps the icon names used in cells to `<svg>` texts; names that no cell shows are left out. `selected` are
    the rows selected now: None leaves the selection to the reader. A selection belongs to the rows it was made in: after
    `view` changed, it is `selected` again. `label` names the grid for screen readers. `on_select` gets the rows now
    selected and `on_event` the event; both run before the script does, as callbacks of widgets do.
    """
    import streamlit as st

    payload, digest = encode(view, height=height, icons=icons, selected=selected, label=label)

    def chosen() -> None:
        if on_select is not None:
            on_select(_state(st.session_state[key], digest, selected or ()).rows)

    def followed() -> None:
        event = _state(st.session_state[key], digest, ()).event
        if on_event is not None and event is not None:
            on_event(event)

    result = component("grid")(key=key, data=payload, on_selection_change=chosen, on_event_change=followed)
    return _state(result, digest, selected or ())


def _state(result: Mapping[str, Any], digest: str, selected: Sequence[int]) -> GridState:
    """The component's answer, which comes from a browser, as typed values; anything malformed counts as nothing."""
    chosen = result.get("selection")
    event = result.get("event")
    rows: Sequence[object] = selected
    if isinstance(chosen, Mapping) and chosen.get("digest") == digest and isinstance(chosen.get("rows"), list):
        rows = chosen["rows"]
    numbers = tuple(row for row in rows if isinstance(row, int) and not isinstance(row, bool) and row >= 0)
    return GridState(numbers, event if isinstance(event, Mapping) else None)
