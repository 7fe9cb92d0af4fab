"""What was looked up in Azure in this session, with the sign-in in force: asked once, and kept until it is cleared."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

from dashboard.engines.azure import connections
from dashboard.engines.azure.management import Management
from dashboard.pages import sources, waiting

T = TypeVar("T")


def state(place: str) -> dict[Any, Any]:
    """What is kept under the key `place` of the session; empty again once somebody signs in another way."""
    who = connections.chosen("azure_cloud"), connections.chosen("azure_credential"), sources.user_token()
    found: dict[Any, Any] = st.session_state.setdefault(place, {})
    if found.get("who") != who:
        found.clear()
        found["who"] = who
    return found


def kept(place: str, key: Hashable, work: Callable[[Management], T]) -> T:
    """What `work` gave for `key`; it is asked where it was not yet. Raises WatchbookError."""
    known = state(place)
    if key not in known:
        known[key] = ask(work)
    found: T = known[key]
    return found


def ask(work: Callable[[Management], T]) -> T:
    """What `work` gives, while the page tells that Azure is asked. Raises WatchbookError."""
    engine = sources.live_engine(tuple(each.id for each in connections.workspaces()), sources.user_token())
    return waiting.wait_azure(sources.pool().submit(lambda: work(engine.management())))
