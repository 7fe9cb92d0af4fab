"""The dialog that takes workbooks into the user's folder: from files, from a folder, from an address in a Git host."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import streamlit as st

from dashboard import settings
from dashboard.errors import WatchbookError
from dashboard.pages import azure_exchange, bar, dialogs, sources, style
from dashboard.store import git_hosts
from dashboard.store.imports import import_workbooks
from dashboard.store.versions import Versions

_SUFFIXES = ["json", "workbook"]
_DONE = "wb-imported"


def draw() -> None:
    """Opens the dialog."""
    st.session_state.pop(_DONE, None)
    dialogs.show("Import workbooks", _draw)


def _draw() -> None:
    done = st.session_state.get(_DONE)
    if done is not None:
        _draw_done(*done)
        return
    files, folder, address, azure = st.tabs(["Files", "A folder", "A Git host", "Azure"])
    with files:
        chosen = st.file_uploader("Workbooks (JSON, ARM templates)", type=_SUFFIXES, accept_multiple_files=True)
        if chosen:
            _take((file.name, file.getvalue()) for file in chosen)
    with folder:
        found = st.file_uploader("A folder of workbooks", type=_SUFFIXES, accept_multiple_files="directory")
        if found:
            _take((file.name, file.getvalue()) for file in found)
    with address:
        _draw_address()
    with azure:
        azure_exchange.draw_import()


def _draw_address() -> None:
    text = st.text_input(
        "Address of the file", placeholder="https://github.com/owner/repository/blob/main/workbook.json"
    )
    if not text.strip():
        hosts = ", ".join(git_hosts.allowed_hosts())
        st.caption(f"Nothing is contacted before you agree. Hosts that may be asked: {hosts or 'none'}.")
        return
    try:
        raw = git_hosts.raw_address(text)
        host = urlsplit(raw).hostname
        st.caption(f"This asks **{host}** for `{raw}` and saves the answer among your workbooks.")
        if st.button(f"Fetch from {host}", type="primary"):
            with st.spinner(f"Asking {host}"):
                data = git_hosts.fetch(text)
            _take([(git_hosts.file_name(raw), data)])
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))


def _take(files: Iterable[tuple[str, bytes]]) -> None:
    """Checks and saves the files, then shows what came of them."""
    saved: list[str] = []
    failed: list[WatchbookError] = []
    for name, data in files:
        try:
            saved += save(name, data)
        except WatchbookError as error:
            failed.append(error)
    st.session_state[_DONE] = (saved, failed)
    st.rerun(scope="fragment")


def save(name: str, data: bytes) -> list[str]:
    """Saves the workbooks of a file among the user's and gives their ids in the gallery; a name that is taken gets a number.

    Raises WatchbookError: WBnnn where it is no workbook, SO102 where it cannot be written.
    """
    done = import_workbooks(Versions(sources.store()), settings.workbooks_folder(), data, name)
    return [f"mine/{each.name}" for each in done]


def _draw_done(saved: list[str], failed: list[WatchbookError]) -> None:
    if saved:
        what = "One workbook is" if len(saved) == 1 else f"{len(saved)} workbooks are"
        st.html(style.message_html(f"{what} among yours now.", "success"))
        if len(saved) == 1 and st.button("Open it", type="primary"):
            bar.go("workbook", w=saved[0])
        elif len(saved) > 1 and st.button("Show them", type="primary"):
            dialogs.close()
            st.rerun()
    for error in failed:
        st.html(style.problem_html(error.problem))
