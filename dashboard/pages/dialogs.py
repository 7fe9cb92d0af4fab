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


@dataclass(frozen=True)
class _Dialog:
    title: str
    width: Literal["small", "large"]
    content: Callable[[], object]

    def draw(self) -> None:
        def content() -> None:
            with style.guard():
                self.content()

        # Streamlit reads the title as Markdown; a workbook's author did not write it as that.
        title = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", self.title)
        st.dialog(title, width=self.width, on_dismiss=close)(content)()


def show(title: str, content: Callable[[], object], width: Literal["small", "large"] = "large") -> None:
    """Opens a dialog in place of the one that is open. `content` draws what stands in it, once in each run of the page."""
    has_other = _OPEN in st.session_state
    dialog = st.session_state[_OPEN] = _Dialog(title, width, content)
    if has_other:
        st.rerun()  # a run of the page can draw one
    dialog.draw()


def close() -> None:
    """Has no dialog open in the next run of the page."""
    st.session_state.pop(_OPEN, None)


def keep(page: str) -> None:
    """Draws the dialog that an earlier run of this page opened; one of another page is closed. `page` tells pages apart."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        close()
    dialog: _Dialog | None = st.session_state.get(_OPEN)
    if dialog is not None:
        dialog.draw()
