"""What cannot be taken back is asked for twice: a button opens a sentence that says what will be gone, and the second button."""

from __future__ import annotations

import streamlit as st

from dashboard.pages import style


def deleting(what: str, key: str, *, label: str = "Delete", act: str = "Delete for good") -> bool:
    """Whether a person agreed to what the sentence `what` says. `label` opens it, `act` does it."""
    with st.popover(label, key=f"{key}-ask"):
        st.html(f"<p>{style.text(what)}</p>")
        return st.button(act, key=key, type="primary")


def deleting_inside(what: str, key: str) -> bool:
    """The same where a popover is open already and none can be opened in it: the first button makes place for the second."""
    if not st.session_state.get(f"{key}-asked"):
        if st.button("Delete", key=f"{key}-ask"):
            st.session_state[f"{key}-asked"] = True
            st.rerun()
        return False
    st.html(f'<p class="wb-note">{style.text(what)}</p>')
    agreed, kept = st.button("Delete for good", key=key, type="primary"), st.button("Keep", key=f"{key}-keep")
    if agreed or kept:
        st.session_state.pop(f"{key}-asked", None)
    if kept:
        st.rerun()
    return agreed
