"""Waiting for an answer without holding up anything else: quiet at first, then with the seconds that passed.

Each sentence that is sent is also where Streamlit may stop this run because a person did something else meanwhile: on the
page itself. What they do within a fragment (a row selected, a menu of a part, a button of a dialog) waits for the end of the
run, so a run of the page must not wait long: `is_there` gives up, and has the page drawn anew once there is an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from math import inf
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.engines.azure.identity import PROMPTS
from dashboard.pages import style

T = TypeVar("T")
QUIET = 0.25
STEP = 0.4
PATIENCE = 3.0
"""How many seconds a run of the page waits for the answers of its parts."""
_left: WeakKeyDictionary[Future[Any], float] = WeakKeyDictionary()
"""What a run did not wait for any longer, with the time at which the waiting began."""


def wait(future: Future[T]) -> T:
    """The result of `future`. While it takes longer, its place tells for how long already."""
    _watch(future, inf)
    return future.result()


def is_there(future: Future[Any], until: float) -> bool:
    """Whether `future` is done. Waits for it up to the moment `until` (of time.monotonic), but not again where a run has done
    that. One that is not done is told of in its place, and the page is drawn anew when it is."""
    began = _left.get(future)
    slot = None
    if began is None:
        began = time.monotonic()
        slot = _watch(future, until)
    if future.done():
        return True
    _left[future] = began
    with slot if slot is not None else st.empty():
        until_then(future.done, lambda: st.html(_seconds_html(time.monotonic() - began)))
    return False


def _watch(future: Future[Any], until: float) -> DeltaGenerator | None:
    """Waits for `future` up to the moment `until`. Gives the place where it told the seconds, if it told any."""
    began = time.monotonic()
    futures.wait([future], QUIET)
    slot = None
    while not future.done() and time.monotonic() < until:
        slot = slot if slot is not None else st.empty()
        slot.html(_seconds_html(time.monotonic() - began))
        futures.wait([future], STEP)
    if slot is not None and future.done():
        slot.empty()
    return slot


def until_then(is_over: Callable[[], bool], content: Callable[[], object], every: float = 1.0) -> None:
    """Draws `content`, and again every so many seconds, until the page is drawn anew because `is_over` says so."""

    def look() -> None:
        if is_over():
            st.rerun()
        content()

    st.fragment(look, run_every=every)()


def _seconds_html(seconds: float) -> str:
    return f'<div class="wb-waiting" role="status">{f"{seconds:.0f} s" if seconds >= 1 else "&nbsp;"}</div>'


def wait_azure(running: Future[T]) -> T:
    """The result of what asks Azure; a device code that must be entered is shown meanwhile."""
    slot, code = st.empty(), st.empty()
    while not running.done():
        prompt = PROMPTS.waiting()
        if prompt is not None:
            words = f"Open {prompt.address} and enter the code {prompt.code}."
            code.html(style.message_html("Microsoft asks you to confirm this sign-in.", "info", words))
        slot.html('<div class="wb-waiting" role="status">Asking Azure …</div>')
        try:
            running.result(STEP)
        except NotYet:
            continue
        except Exception:  # noqa: BLE001 - raised again below, once the page is tidy
            break
    slot.empty()
    code.empty()
    return running.result()
