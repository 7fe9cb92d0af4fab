"""The bar on top of every page, and what its buttons do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard.pages import controls, sources

_UTC = "wb-utc"
PAGES = (
    ("gallery", "Workbooks", ""),
    ("incidents", "Incidents", "incidents"),
    ("rules", "Rules", "rules"),
    ("hunting", "Hunting", "hunting"),
    ("automation", "Automation", "automation"),
    ("query", "Query", "query"),
    ("data", "Data", "data"),
)


def utc() -> bool:
    """Whether times are shown in UTC; else in the browser's own zone."""
    return bool(st.session_state.get(_UTC, True))


def zone() -> str:
    """The name of the zone that times are shown in."""
    return "UTC" if utc() else (st.context.timezone or "UTC")


def draw(here: str, on_event: Callable[[controls.Event], None] | None = None, **more: Any) -> None:
    """Draws the bar of the page `here`, and goes where a person asks. `on_event` acts on what only the page can do.

    `more` may hold refreshed (time), auto (seconds), wall (bool), workbook (bool).
    """
    source = sources.chosen()
    refreshed: dt.datetime | None = more.pop("refreshed", None)
    data = {
        "pages": [
            {"id": name, "label": label, "href": f"/{path}", "here": name == here} for name, label, path in PAGES
        ],
        "sources": [
            {
                "id": name,
                "label": label,
                "here": name == source,
                "hint": sources.live_hint() if name == sources.LIVE else "",
            }
            for name, label in sources.labels().items()
        ],
        "refreshed": refreshed.isoformat() if refreshed else None,
        "utc": utc(),
        "settings": {"id": "settings", "label": "Settings", "href": "/settings", "here": here == "settings"},
        **more,
    }

    def act(event: controls.Event) -> None:
        _act(event)
        if on_event is not None:
            on_event(event)

    event = controls.draw("bar", "wb-bar", data, act)
    if event and event.get("do") == "go":
        go(str(event.get("value")))


def go(page: str, **query: str | list[str]) -> None:
    """Leaves for another page."""
    st.switch_page(st.session_state["wb-pages"][page], query_params=query)


def _act(event: controls.Event) -> None:
    if event.get("do") == "utc":
        st.session_state[_UTC] = bool(event.get("value"))
    elif event.get("do") == "source":
        sources.choose(str(event.get("value")))
