"""Dialogs that stay, whatever is drawn anew behind them, until a person closes them or leaves the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from dashboard.pages import style

_OPEN = "wb-dialog"
_PAGE = "wb-dialog-page"
_Width = Literal["small", "medium", "large"]


@dataclass(frozen=True)
class _Dialog:
    title: str
    width: _Width
    content: Callable[[], object]
    closed: Callable[[], object] | None = None

    def draw(self) -> None:
        def content() -> None:
            with style.guard():
                self.content()

        # Streamlit reads the title as Markdown; a workbook's author did not write it as that.
        title = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", self.title)
        st.dialog(title, width=self.width, on_dismiss=close)(content)()


def show(title: str, content: Callable[[], object], width: _Width = "large") -> None:
    """Opens a dialog in place of the one that is open. `content` draws what stands in it, once in each run of the page."""
    has_other = _OPEN in st.session_state
    ask(title, content, width)
    if has_other:
        st.rerun()  # a run of the page can draw one
    st.session_state[_OPEN].draw()


def ask(
    title: str, content: Callable[[], object], width: _Width = "large", closed: Callable[[], object] | None = None
) -> None:
    """Has the next run of the page open a dialog, as `show` does. `closed` is called once when it is closed, however that
    comes about."""
    close()
    st.session_state[_OPEN] = _Dialog(title, width, content, closed)


def close() -> None:
    """Has no dialog open in the next run of the page."""
    dialog: _Dialog | None = st.session_state.pop(_OPEN, None)
    if dialog is not None and dialog.closed is not None:
        dialog.closed()


def keep(page: str) -> None:
    """Draws the dialog that an earlier run of this page opened; one of another page is closed. `page` tells pages apart."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        close()
    dialog: _Dialog | None = st.session_state.get(_OPEN)
    if dialog is not None:
        dialog.draw()
