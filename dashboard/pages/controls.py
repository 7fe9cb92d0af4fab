"""Mounts of the controls and layout components, with the event handed to a function before the page runs anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
