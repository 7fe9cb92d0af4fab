"""Workbooks to and from Azure in a dialog: publish the open one to a resource group, fetch all of a subscription.

Nothing is asked of Azure before a person presses a button, and nothing is sent before they saw what would change.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.document import Workbook
from dashboard.export.azure_workbooks import Fetched, Preview, fetch_all, preview, publish
from dashboard.pages import azure_asked, dialogs, sources, style
from dashboard.store.files import file_in
from dashboard.store.versions import Versions, digest_of

_STATE = "wb-azure-exchange"
_GALLERIES = {"workbook": "Azure Monitor", "sentinel": "Microsoft Sentinel"}
FOLDER = "azure"
"""Where fetched workbooks stand in the user's folder."""


def draw_publishing(name: str, title: str, workbook: Workbook) -> None:
    """Draws the form that publishes a workbook; `name` is its id here."""
    with style.guard():
        state = azure_asked.state(_STATE)
        subscription = _subscription("publish")
        if subscription is None:
            return
        groups = dict(
            azure_asked.kept(_STATE, f"groups {subscription}", lambda azure: azure.resource_groups(subscription))
        )
        if not groups:
            st.html(style.message_html("This subscription has no resource group that you can see.", "warning"))
            return
        group = st.selectbox("Resource group", list(groups), format_func=groups.__getitem__, key="wb-azure-group")
        named = st.text_input("Title in Azure", title, max_chars=200, key=f"wb-azure-title-{name}").strip()
        gallery = st.radio(
            "Gallery", list(_GALLERIES), format_func=_GALLERIES.__getitem__, horizontal=True, key="wb-azure-gallery"
        )
        source = "Azure Monitor"
        if gallery == "sentinel":
            workspaces = {
                resource: label
                for _, label, resource in azure_asked.kept(_STATE, "workspaces", lambda azure: azure.workspaces())
            }
            source = (
                st.selectbox("Workspace of Microsoft Sentinel", list(workspaces), format_func=workspaces.__getitem__)
                or ""
            )
        wanted = (group, named, gallery, source, digest_of(repr(workbook.raw)))
        if st.button("Show what would change", key="wb-azure-preview", disabled=not named or not source):
            state.pop("published", None)
            state["seen"] = wanted, azure_asked.ask(
                lambda azure: preview(azure, workbook, group, named, source=source, category=gallery)
            )  # fmt: skip
        asked, seen = state.get("seen", (None, None))
        if asked == wanted:
            _draw_preview(state, seen)


def _draw_preview(state: dict[str, Any], seen: Preview) -> None:
    published = state.get("published")
    if published:
        st.html(style.message_html(f"'{seen.title}' is published.", "success", published))
        return
    if seen.is_same:
        st.html(style.message_html(f"'{seen.title}' is there already, and is the same.", "info", seen.path))
        return
    words = "is there already and would be changed:" if seen.exists else "is not there yet and would be created:"
    st.html(style.message_html(f"'{seen.title}' {words}", "info") + style.source_html("\n".join(seen.lines()[1:])))
    if st.button("Publish", type="primary", key="wb-azure-publish"):
        state["published"] = azure_asked.ask(lambda azure: publish(azure, seen))
        st.rerun(scope="fragment")


def draw_import() -> None:
    """Draws the form that fetches all workbooks of a subscription."""
    with style.guard():
        state = azure_asked.state(_STATE)
        subscription = _subscription("import")
        if subscription is None:
            return
        st.caption(
            f"Every shared workbook of Azure Monitor and Microsoft Sentinel comes into the folder '{FOLDER}' among yours. "
            "One that is there already gets a new version."
        )
        if st.button("Import all workbooks", type="primary", key="wb-azure-import"):
            versions, folder = Versions(sources.store()), settings.workbooks_folder()

            def write(name: str, text: str) -> None:
                file = file_in(folder, f"{FOLDER}/{name}")
                versions.save(file, text, base=None, over=True, message="Fetched from Azure")

            state["fetched"] = azure_asked.ask(lambda azure: list(fetch_all(azure, subscription, write)))
        if "fetched" in state:
            _draw_fetched(state["fetched"])


def _draw_fetched(found: list[Fetched]) -> None:
    failed = [each for each in found if each.problem is not None]
    count = len(found) - len(failed)
    if not found:
        st.html(style.message_html("This subscription has no shared workbook that you can see.", "info"))
    elif count:
        st.html(style.message_html(f"{count} workbook{'s are' if count > 1 else ' is'} in '{FOLDER}' now.", "success"))
        if st.button("Show them", key="wb-azure-show"):
            dialogs.close()
            st.rerun()
    for each in failed[:20]:
        if each.problem is not None:
            st.html(style.message_html(each.title, "warning", each.problem.describe()))
    if len(failed) > 20:
        st.caption(f"And {len(failed) - 20} more that could not be read.")


# ---- what both ask -----------------------------------------------------------------------------------------------------


def _subscription(what: str) -> str | None:
    """The subscription that a person chose; None before they had theirs looked up."""
    state = azure_asked.state(_STATE)
    if "subscriptions" not in state:
        st.caption("Signs in as the settings page says, and asks which subscriptions you see. Nothing is sent.")
        if not st.button("Look up my subscriptions", key=f"wb-azure-look-{what}"):
            return None
        azure_asked.kept(_STATE, "subscriptions", lambda azure: azure.subscriptions())
        st.rerun(scope="fragment")
    known: dict[str, str] = dict(state["subscriptions"])
    if not known:
        st.html(style.message_html("You see no subscription.", "warning", "You need the role Reader on one at least."))
        return None
    return st.selectbox(
        "Subscription", list(known), format_func=lambda each: known[each] or each, key=f"wb-azure-in-{what}"
    )
