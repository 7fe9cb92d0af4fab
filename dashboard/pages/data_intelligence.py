"""The tab of threat intelligence: feeds imported, indicators found, rated, revoked, deleted, added by hand."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import streamlit as st

from dashboard import settings
from dashboard.detection.intelligence import editing, taxii
from dashboard.detection.intelligence.importing import ImportReport, import_file
from dashboard.errors import WatchbookError
from dashboard.pages import bar, confirm, lists, sources, style, waiting

_TOLD = "wb-ti-told"
_SHOWN = 500
_SAMPLE = """ThreatIntelIndicators
| summarize arg_max(TimeGenerated, ObservableKey, ObservableValue, Confidence, IsActive, ValidUntil, SourceSystem) by Id
| order by Confidence desc"""
_HEADS = (
    ("Value", "text", "3fr"), ("Kind", "text", "1fr"), ("Confidence", "number", "125px"), ("State", "text", "100px"),
    ("Valid until", "text", "150px"), ("Feed", "text", "1fr"), ("Name", "text", "2fr"),
)  # fmt: skip


def draw() -> None:
    """Draws the tab."""
    folder = settings.data_folder()
    told = st.session_state.pop(_TOLD, None)
    if told is not None:
        st.html(style.message_html(*told))
    feeds = waiting.wait(sources.pool().submit(editing.summaries, folder))
    st.html(f'<p class="wb-note">{style.text(_origin(feeds))}</p>')
    with st.container(key="ti-bar", horizontal=True, gap="small", vertical_alignment="bottom"):
        text = st.text_input("Search", key="ti-text", placeholder="Value, name or tag")
        state = st.selectbox("State", editing.STATES, key="ti-state", format_func=str.capitalize)
        feed = st.selectbox(
            "Feed", ["", *(each.source for each in feeds)], key="ti-feed", format_func=lambda name: name or "All"
        )
        with st.popover("Import"):
            _draw_import(folder)
        with st.popover("TAXII"):
            _draw_taxii(folder)
        with st.popover("Add"):
            _draw_add(folder)
    found = waiting.wait(sources.pool().submit(editing.find, folder, text=text, source=feed, state=state, most=_SHOWN))
    names = [column.name for column in found.columns]
    records = [dict(zip(names, row, strict=True)) for row in found.rows()]
    if not records:
        hint = (
            "Import a STIX bundle, a MISP event or a CSV file, or add one by hand."
            if not feeds
            else "Choose another state or feed."
        )
        st.html(style.message_html("No indicator is here.", "quiet", hint))
        if not feeds and st.button("See the sample estate's indicators in Query", key="ti-query"):
            st.session_state["wb-query-open"] = {"text": _SAMPLE}
            bar.go("query")
        return
    rows: list[list[lists.Cell]] = [
        [
            str(each["ObservableValue"]), str(each["ObservableKey"]).split(":")[0], each["Confidence"], str(each["State"]),
            lists.when(each["ValidUntil"]), str(each["SourceSystem"]), str(each["Name"]),
        ]
        for each in records
    ]  # fmt: skip
    chosen = lists.draw("ti-list", "Indicators", _HEADS, rows, [str(each["Id"]) for each in records])
    if len(records) == _SHOWN:
        st.html(f'<p class="wb-note">The newest {_SHOWN} are shown; search for others.</p>')
    record = next((each for each in records if each["Id"] == chosen), None)
    if record is not None:
        _draw_chosen(folder, record)


def _origin(feeds: list[editing.Summary]) -> str:
    if not feeds:
        return "Indicators of feeds become rows of ThreatIntelIndicators. None is imported yet; the sample estate has some of its own."
    rows, active = sum(each.rows for each in feeds), sum(each.active for each in feeds)
    return f"{rows:,} observables of {len(feeds)} feeds, {active:,} of them active, in ThreatIntelIndicators."


def _draw_import(folder: Path) -> None:
    file = st.file_uploader("STIX bundle, MISP event or CSV", key="ti-file")
    name = st.text_input("Name of the feed", key="ti-source", placeholder="the file's name")
    if st.button("Import", type="primary", disabled=file is None, key="ti-import") and file is not None:
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / (Path(file.name).name or "feed")
            path.write_bytes(file.getbuffer())
            try:
                report = waiting.wait(sources.pool().submit(import_file, path, folder, source=name.strip()))
                st.session_state[_TOLD] = _told(report)
            except WatchbookError as error:
                st.session_state[_TOLD] = (error.problem.message, "error", error.problem.hint, error.problem.code)
        st.rerun()


def _told(report: ImportReport) -> tuple[str, str, str]:
    words = f"{report.indicators:,} indicators with {report.rows:,} observables came to '{report.source}', {report.active:,} of them active."
    why = "; ".join(f"{count:,} × {reason}" for reason, count in list(report.reasons.items())[:3])
    below = f"{report.rejected:,} entries were left out: {why}" if report.rejected else ""
    return words, "warning" if report.rejected else "info", below


def _draw_taxii(folder: Path) -> None:
    store = sources.store()
    for feed in taxii.list_feeds(store):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            said = f"{feed.name}, every {feed.hours} h, read up to {feed.added_after or 'nothing yet'}"
            st.html(f'<p class="wb-note">{style.text(said)}</p>')
            if st.button("Pull", key=f"taxii-pull-{feed.name}"):
                try:
                    st.session_state[_TOLD] = _told(
                        waiting.wait(sources.pool().submit(taxii.pull_and_note, store, feed, folder))
                    )
                except WatchbookError as error:
                    st.session_state[_TOLD] = (error.problem.message, "error", error.problem.hint, error.problem.code)
                st.rerun()
            if confirm.deleting_inside(
                f"No more is pulled from '{feed.name}'; its indicators stay.", f"taxii-delete-{feed.name}"
            ):
                taxii.delete_feed(store, feed.name)
                st.rerun()
    with st.form("taxii-new", border=False):
        name = st.text_input("Name of the feed")
        address = st.text_input("Address of the collection", placeholder="https://host/api-root/collections/ID")
        secret = st.text_input("Variable that holds user:password or a token")
        hours = st.number_input("Every hours", 1, 720, 6)
        if st.form_submit_button("Save feed", type="primary"):
            try:
                taxii.save_feed(store, taxii.Feed(name.strip(), address.strip(), int(hours), secret.strip()))
            except WatchbookError as error:
                st.html(style.problem_html(error.problem))
                return
            st.rerun()


def _draw_add(folder: Path) -> None:
    with st.form("ti-add", border=False):
        value = st.text_input("Address, range, domain, URL, e-mail address or hash")
        name = st.text_input("Name")
        confidence = st.slider("Confidence", 0, 100, 50)
        days = st.number_input("Valid for days (0 for ever)", 0, 3650, 30)
        if st.form_submit_button("Add", type="primary"):
            until = dt.datetime.now(dt.UTC) + dt.timedelta(days=int(days)) if days else None
            try:
                editing.add(folder, value, name=name, confidence=confidence, valid_until=until)
            except WatchbookError as error:
                st.html(style.problem_html(error.problem))
                return
            st.rerun()


def _draw_chosen(folder: Path, record: dict[str, object]) -> None:
    ident = str(record["Id"])
    revoked = record["State"] == "revoked"
    st.html(f'<h2 class="wb-section">{style.text(str(record["ObservableValue"]))}</h2>')
    with st.container(key="ti-do", horizontal=True, gap="small", vertical_alignment="bottom"):
        if st.button("Bring back" if revoked else "Revoke", key="ti-revoke"):
            editing.set_revoked(folder, [ident], not revoked)
            st.rerun()
        if st.button("Expire now", key="ti-expire", disabled=record["State"] != "active"):
            editing.set_valid_until(folder, [ident], dt.datetime.now(dt.UTC))
            st.rerun()
        with st.popover("Rate"):
            now = record["Confidence"]
            rated = st.slider("Confidence", 0, 100, int(now) if isinstance(now, int) else 50, key=f"ti-rate-{ident}")
            if st.button("Save", key="ti-save-rate"):
                editing.set_confidence(folder, [ident], rated)
                st.rerun()
        gone = f"{record['ObservableValue']} of the feed '{record['SourceSystem']}' is deleted for good; to end it and keep what is known, revoke it."
        if confirm.deleting(gone, "ti-delete"):
            editing.delete(folder, [ident])
            st.rerun()
