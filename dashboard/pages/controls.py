"""Mounts of the controls and layout components, with the event handed to a function before the page runs anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.components.controls import controls
from dashboard.components.layout import layout

Event = Mapping[str, Any]


def draw(kind: str, key: str, data: Mapping[str, Any], on_event: Callable[[Event], None] | None = None) -> Event | None:
    """Draws one control and returns what a person just did with it. `on_event`, where given, is called with that event
    before the page runs anew, so that the run already sees its effect."""

    return controls(kind, data, key, _handed(key, on_event))


def edit(kind: str, key: str, data: Mapping[str, Any], on_event: Callable[[Event], None] | None = None) -> Event | None:
    """The same for a part of edit mode."""
    return layout(kind, data, key, _handed(key, on_event))


def _handed(key: str, on_event: Callable[[Event], None] | None) -> Callable[[], None]:
    def changed() -> None:
        event = st.session_state[key].get("event")
        if on_event is not None and isinstance(event, Mapping):
            on_event(event)

    return changed


def page_tabs(key: str, tabs: Sequence[tuple[str, str]]) -> str:
    """Draws the tabs of a page, pairs of name in its address and label, and gives the name of the open one. The first
    one's name is empty: the address without a tab opens it."""
    names = [name for name, _ in tabs]
    chosen = st.query_params.get("tab", "")
    chosen = chosen if chosen in names else ""
    links = [
        {"label": label, "action": "set", "selected": name == chosen, "enabled": True, "look": ""}
        for name, label in tabs
    ]
    event = draw("links", key, {"style": "tabs", "links": links})
    at = event.get("index") if event else None
    if isinstance(at, int) and 0 <= at < len(names) and names[at] != chosen:
        st.query_params.clear()
        if names[at]:
            st.query_params["tab"] = names[at]
        st.rerun()
    return chosen
