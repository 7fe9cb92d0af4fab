"""Waiting for an answer without holding up anything else: quiet at first, then with the seconds that passed.

Each sentence that is sent is also where Streamlit may stop this run because a person did something else meanwhile.
"""

from __future__ import annotations

import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Any, TypeVar

import streamlit as st

from dashboard.engines.azure.identity import PROMPTS
from dashboard.pages import style

T = TypeVar("T")
QUIET = 0.25
STEP = 0.4


def wait(future: Future[T], slot: Any = None) -> T:
    """The result of `future`. While it takes longer, `slot` (an st.empty) tells for how long already."""
    try:
        return future.result(QUIET)
    except NotYet:
        pass
    started = time.monotonic() - QUIET
    slot = slot if slot is not None else st.empty()
    while True:
        seconds = time.monotonic() - started
        slot.html(f'<div class="wb-waiting" role="status">{f"{seconds:.0f} s" if seconds >= 1 else "&nbsp;"}</div>')
        try:
            result = future.result(STEP)
        except NotYet:
            continue
        slot.empty()
        return result


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
