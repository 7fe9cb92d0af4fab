"""The import tab of the data page: files in, what they would become, confirmed, followed, reported."""

from __future__ import annotations

import streamlit as st

from dashboard import settings
from dashboard.errors import Problem, WatchbookError
from dashboard.ingest.imports.run import Imported, Proposal
from dashboard.ingest.uploads import Upload, receive
from dashboard.pages import bar, sources, style, waiting
from dashboard.table import format_datetime

_UPLOAD = "wb-upload"
_ROUND = "wb-upload-round"
_MOST_REJECT_BYTES = 20_000_000
_KINDS = (
    "CSV, TSV, JSON, JSON lines, Parquet, Avro, Excel, Kubernetes audit logs, kubectl get pods -A -o json, CEF, Syslog, answers of the query API, "
    "exports of Azure; also as .gz and .zst."
)


def draw() -> None:
    """Draws the tab."""
    with st.container(key="import-page"):
        if sources.chosen() != sources.LOCAL:
            st.html(
                style.message_html(
                    "Files are imported into local data. Choose it as the data source to see them.", "info"
                )
            )
        upload: Upload | None = st.session_state.get(_UPLOAD)
        if upload is None:
            _draw_choosing()
        elif upload.running is None:
            _draw_confirming(upload)
        elif not upload.over:
            _draw_running(upload)
        else:
            _draw_report(upload)


def _draw_choosing() -> None:
    number = st.session_state.get(_ROUND, 0)
    st.html(
        f'<h2 class="wb-section">Import your own logs</h2><p class="wb-note">{style.text(_KINDS)} '
        "For files of more than 512 MB use <code>watchbook data import</code>.</p>"
    )
    files = st.file_uploader("Files", accept_multiple_files=True, key=f"import-files-{number}")
    table = st.text_input(
        "Table", key=f"import-table-{number}", placeholder="told from what the files hold", max_chars=100,
        help="A table of Log Analytics, or a name of your own; it gets the ending _CL",
    )  # fmt: skip
    if not st.button("Look at the files", type="primary", key="import-look", disabled=not files):
        return
    try:
        found = sources.pool().submit(
            receive, [(file.name, file) for file in files or []], settings.data_folder(), (table or "").strip()
        )
        st.session_state[_UPLOAD] = waiting.wait(found)
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return
    st.rerun()


def _draw_confirming(upload: Upload) -> None:
    count = len(upload.proposals)
    st.html('<h2 class="wb-section">What the files would become</h2>')
    for problem in upload.failed:
        st.html(style.problem_html(problem))
    for proposal in upload.proposals:
        st.html(_proposal_html(proposal))
    with st.container(key="import-buttons", horizontal=True, gap="small"):
        words = "Import" if count == 1 else f"Import {count} files"
        if count and st.button(words, type="primary", key="import-start"):
            upload.start(sources.pool())
            st.rerun()
        if st.button("Other files", key="import-back"):
            _begin_anew(upload)


def _draw_running(upload: Upload) -> None:
    def content() -> None:
        st.progress(min(max(upload.share, 0.0), 1.0), text=upload.doing or "Starting")
        if st.button(
            "Stop", key="import-stop", help="What is in the tables by then stays; importing again adds the rest"
        ):
            upload.cancel()

    st.html('<h2 class="wb-section">Importing</h2>')
    waiting.until_then(lambda: upload.over, content, 0.5)


def _draw_report(upload: Upload) -> None:
    st.html('<h2 class="wb-section">What became of them</h2>')
    if upload.stopped:
        text = "The import was stopped. What was in the tables by then stays; importing the file again adds the rest."
        st.html(style.message_html(text, "warning"))
    fault = upload.running.exception() if upload.running is not None else None
    if fault is not None:
        st.html(style.problem_html(Problem("IN014", f"The import failed: {fault}.")))
    for problem in upload.failed:
        st.html(style.problem_html(problem))
    for number, done in enumerate(upload.done):
        st.html(_done_html(done))
        if done.rejects is not None and done.rejects.is_file():
            size = done.rejects.stat().st_size
            if size <= _MOST_REJECT_BYTES:
                st.download_button(
                    f"Rejected rows of {done.path.name}", done.rejects.read_bytes(), done.rejects.name, "application/x-ndjson",
                    key=f"import-rejects-{number}",
                )  # fmt: skip
            else:
                st.html(f'<p class="wb-note">The rejected rows are in {style.text(str(done.rejects))}.</p>')
    names = sorted({name for done in upload.done for name in done.tables})
    with st.container(key="import-buttons", horizontal=True, gap="small"):
        if names and st.button("Query " + names[0], type="primary", key="import-query"):
            st.session_state["wb-query-open"] = {"text": f"{names[0]}\n| take 100"}
            bar.go("query")
        if st.button("More files", key="import-more"):
            _begin_anew(upload)


def _begin_anew(upload: Upload) -> None:
    upload.drop()
    st.session_state.pop(_UPLOAD, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    st.rerun()


def _proposal_html(proposal: Proposal) -> str:
    parts = [
        f'<h3 class="wb-import-file">{style.text(proposal.path.name)} <span class="wb-kind">{style.text(proposal.format.describe())}</span></h3>'
    ]
    if not proposal.tables:
        parts.append(style.message_html("There are no rows in it.", "warning"))
    for name, columns in proposal.tables.items():
        why = f" ({proposal.why})" if name == proposal.fallback and proposal.why else ""
        cells = "".join(
            f'<div role="listitem"><span>{style.text(column)}</span><span class="wb-kind">{kind}</span></div>'
            for column, kind in columns
        )
        parts.append(
            f'<p class="wb-note">to <strong>{style.text(name)}</strong>{style.text(why)}, {len(columns)} columns</p>'
            f'<div class="wb-fields" role="list" aria-label="Columns of {style.text(name)}">{cells}</div>'
        )
    return f'<section class="wb-import">{"".join(parts)}</section>'


def _done_html(done: Imported) -> str:
    lines = []
    for name, landed in done.tables.items():
        there = f", {landed.doubles:,} were there already" if landed.doubles else ""
        span = (
            f", {format_datetime(landed.first)} to {format_datetime(landed.last)}"
            if landed.first and landed.last
            else ""
        )
        lines.append(f"{landed.rows:,} rows to {name}{there}{span}")
    if done.rejected:
        lines.append(f"{sum(done.rejected.values()):,} rejected:")
        lines += [
            f"{count:,} × {reason[:200]}"
            for reason, count in sorted(done.rejected.items(), key=lambda pair: -pair[1])[:5]
        ]
    lines += [f"Note: {notice}" for notice in done.notices]
    if done.damage:
        lines.append(f"Read only in part: {done.damage}")
    tone = "warning" if done.rejected or done.damage else "info"
    return style.message_html(f"{done.path.name}: {done.records:,} records", tone, lines=lines)
