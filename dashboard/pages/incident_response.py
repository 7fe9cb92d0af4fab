"""What answers an incident: playbooks to run, what ran, and the bookmarks that hunters kept with it."""

from __future__ import annotations

import uuid

import streamlit as st

from dashboard.detection.hunting.bookmarks import list_bookmarks
from dashboard.detection.incidents import Incident
from dashboard.detection.response import running
from dashboard.detection.response.playbook import list_playbooks
from dashboard.errors import WatchbookError
from dashboard.pages import bar, lists, sources, style

_MOST = 8


def draw(incident: Incident) -> None:
    """Draws the card beside the incident."""
    store = sources.store()
    playbooks = list_playbooks(store)
    runs = running.list_runs(store, _MOST, incident.number)
    marks = list_bookmarks(store, incident.number)
    with st.container(key="wic-incident-response"):
        st.html('<h2 class="wb-title">Response</h2>')
        for run in runs:
            said = f"{lists.when(run.created)}: {run.name}, {run.state}. {run.message}"
            st.html(f'<div class="wb-note">{style.text(said)}</div>')
        for mark in marks:
            st.html(
                f'<div class="wb-note">{style.text(f"Bookmark: {mark.name}, from {mark.query}. {mark.notes}")}</div>'
            )
        if not playbooks:
            if st.button("Make a playbook", key="inc-make-playbook"):
                bar.go("automation", tab="playbooks")
            return
        with st.popover("Run playbook", key="inc-playbook"):
            names = {each.id: each.name for each in playbooks}
            chosen = st.selectbox(
                "Playbook", list(names), format_func=lambda ident: names[ident], key="inc-playbook-id"
            )
            with st.container(horizontal=True, gap="small"):
                dry = st.button("Dry run", key="inc-playbook-dry")
                wet = st.button("Run", type="primary", key="inc-playbook-run")
            if dry or wet:
                run_by_hand(chosen, incident.number, dry=dry)


def run_by_hand(playbook: str, number: int, *, dry: bool) -> None:
    """Runs a playbook on an incident, or, `dry`, shows what would be sent."""
    store = sources.store()
    try:
        if dry:
            message = running.dry_run(store, playbook, number)
            st.html(f'<p class="wb-note">This would be sent; nothing was. {style.text(message.title)}</p>')
            body = message.body.decode()
            st.code(body, language="json" if body.startswith("{") else None)
        else:
            running.run_playbook(store, playbook, number, f"hand:{uuid.uuid4()}")
            st.toast("The run is asked for; see its line among the runs")
    except WatchbookError as error:
        st.html("".join(style.problem_html(problem) for problem in error.problems))
