"""The tab of watchlists: made from CSV, their items edited in place."""

from __future__ import annotations

import streamlit as st

from dashboard import settings
from dashboard.detection.watchlists import watchlist as watchlists
from dashboard.errors import WatchbookError
from dashboard.pages import confirm, lists, sources, style

_TOLD = "wb-watchlist-told"
_MOST = 5_000
_HEADS = (("Alias", "text", "2fr"), ("Name", "text", "2fr"), ("Items", "number", "90px"), ("Search key", "text", "1fr"), ("File", "text", "1fr"), ("Changed", "text", "160px"))  # fmt: skip


def draw() -> None:
    """Draws the tab."""
    store = sources.store()
    told = st.session_state.pop(_TOLD, None)
    if told is not None:
        st.html(style.message_html(*told))
    with st.container(key="watchlist-bar", horizontal=True, gap="small", vertical_alignment="center"):
        st.html(
            '<p class="wb-note">Queries see a watchlist at once, by <code>_GetWatchlist(&#39;alias&#39;)</code>.</p>'
        )
        with st.popover("Import CSV"):
            _draw_import()
    found = watchlists.list_watchlists(store)
    if not found:
        st.html(style.message_html("No watchlist is made yet.", "quiet", "Import a CSV file with a header."))
        return
    rows: list[list[lists.Cell]] = [
        [each.alias, each.name, each.items, each.key, each.source, lists.when(each.modified)] for each in found
    ]
    chosen = lists.draw("watchlists", "Watchlists", _HEADS, rows, [each.alias for each in found], 240)
    opened = next((each for each in found if each.alias == chosen), None)
    if opened is None:
        st.html(style.message_html("Choose a watchlist to see and edit its items.", "quiet"))
    else:
        _draw_items(opened)


def _draw_import() -> None:
    file = st.file_uploader("CSV file with a header", type=["csv", "txt"], key="watchlist-file")
    alias = st.text_input("Alias", key="watchlist-alias", placeholder="VIPUsers")
    key = st.text_input("Search key", key="watchlist-key", placeholder="a column of the file")
    doubles: dict[watchlists.Duplicates, str] = {
        "refuse": "refuse the file",
        "keep": "keep all",
        "last": "keep the last of each",
    }
    how: watchlists.Duplicates = st.selectbox(
        "Keys that come more than once", list(doubles), format_func=lambda name: doubles[name], key="watchlist-doubles"
    )
    if st.button("Import", type="primary", disabled=file is None, key="watchlist-import") and file is not None:
        try:
            done = watchlists.import_csv(
                sources.store(), file.getvalue(), alias=alias.strip(), key=key.strip(), duplicates=how, folder=settings.data_folder(), file=file.name
            )  # fmt: skip
        except WatchbookError as error:
            st.session_state[_TOLD] = (error.problem.message, "error", error.problem.hint, error.problem.code)
        else:
            notes = [f"{done.left_out:,} doubles left out."] if done.left_out else []
            notes += (
                [f"{done.formulas:,} cells begin like formulas: kept as text, guarded in exports."]
                if done.formulas
                else []
            )
            st.session_state[_TOLD] = (
                f"{done.watchlist.alias} has {done.watchlist.items:,} items.",
                "info",
                " ".join(notes),
            )
        st.rerun()


def _draw_items(opened: watchlists.Watchlist) -> None:
    import pandas as pd

    store = sources.store()
    st.html(f'<h2 class="wb-section">{style.text(opened.name)}</h2>')
    items = watchlists.items_of(store, opened.alias, _MOST)
    ids = [ident for ident, _ in items]
    frame = pd.DataFrame([item for _, item in items], columns=list(opened.columns), dtype="str")
    state = f"watchlist-edit-{opened.alias}-{opened.modified.timestamp()}"
    edited = st.data_editor(frame, key=state, num_rows="dynamic", hide_index=True, width="stretch")
    with st.container(key="watchlist-do", horizontal=True, gap="small"):
        if st.button("Save changes", type="primary", key="watchlist-save", disabled=edited.equals(frame)):
            _save(opened, ids, frame.to_dict("records"), edited.fillna("").to_dict("index"))
            st.rerun()
        gone = f"{opened.alias} and its {opened.items:,} items are deleted for good."
        if confirm.deleting(gone, "watchlist-delete", label="Delete watchlist"):
            watchlists.delete_watchlist(store, opened.alias)
            st.rerun()
    if opened.items > _MOST:
        st.html(f'<p class="wb-note">The first {_MOST:,} items are shown; import the file anew to change others.</p>')


def _save(
    opened: watchlists.Watchlist, ids: list[str], before: list[dict[str, str]], after: dict[int, dict[str, str]]
) -> None:
    """Saves what was edited; rows of `after` keep the positions they had, new ones have further ones."""
    store = sources.store()
    gone = [ident for at, ident in enumerate(ids) if at not in after]
    if gone:
        watchlists.delete_items(store, opened.alias, gone)
    for at, item in after.items():
        values = {str(name): str(value) for name, value in item.items()}
        if at >= len(ids):
            watchlists.put_item(store, opened.alias, values)
        elif values != before[at]:
            watchlists.put_item(store, opened.alias, values, ids[at])
