"""The incidents page: the queue with filters, saved views and bulk actions; one incident where the address names it."""

from __future__ import annotations

import getpass
from dataclasses import asdict, replace
from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.detection.adoption import adopt
from dashboard.detection.incidents import Change, Page, Wanted, change_incident, list_incidents
from dashboard.detection.incidents.incident import CLASSIFICATIONS, SEVERITIES, STATUSES
from dashboard.detection.incidents.queue import ORDERS, Row
from dashboard.detection.incidents.views import delete_view, list_views, save_view
from dashboard.detection.moments import from_micros
from dashboard.errors import WatchbookError
from dashboard.pages import bar, confirm, drawings, layout, sources, style
from dashboard.visual import icons
from dashboard.visual.view import Grid, GridColumn

PAGE_ROWS = 50
_WANTED = "wb-incidents-wanted"
_PAGE = "wb-incidents-page"
_CHOSEN = "wb-incidents-chosen"
_ADOPTED = "wb-incidents-adopted"
OPEN = Wanted(status=("New", "Active"))
BUILT_IN = {
    "Open": OPEN,
    "Mine": replace(OPEN, owner="me"),
    "Unassigned": replace(OPEN, owner="nobody"),
    "High and open": replace(OPEN, severity=("High",)),
    "All": Wanted(),
}


def draw() -> None:
    """Draws the page."""
    bar.draw("incidents")
    with st.container(key="wb-page"), style.guard():
        number = st.query_params.get("incident", "")
        if number.isdecimal():
            from dashboard.pages import incident

            incident.draw(int(number))
            return
        from dashboard.pages import sentinel_live

        st.html(style.head_html("Incidents"))
        if sentinel_live.chosen("incidents"):
            sentinel_live.draw_incidents()
        else:
            _draw_queue()


def analyst() -> str:
    """Who works here: what was entered in this session, else the setting, else the user the dashboard runs as."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "analyst"
    return str(st.session_state.get("wb-analyst") or settings.text("analyst") or user)


def moment(micros: int) -> str:
    """A time as the page shows times."""
    return from_micros(micros).astimezone(layout.zone(bar.zone())).strftime("%Y-%m-%d %H:%M")


def _wanted() -> Wanted:
    found: Wanted = st.session_state.setdefault(_WANTED, OPEN)
    return found


def _draw_queue() -> None:
    sources.prepare()
    store = sources.store()
    _adopt_once()
    wanted = _draw_filters()
    asked = replace(wanted, owner=analyst()) if wanted.owner == "me" else wanted
    first = int(st.session_state.get(_PAGE, 0)) * PAGE_ROWS
    with store.reading() as connection:
        page = list_incidents(connection, asked, first, PAGE_ROWS)
    st.html(_counts_html(page))
    if not page.rows:
        hint = "Turn on rules on the Rules page, or run them over the last days there."
        st.html(style.message_html("No incident matches.", "quiet", hint if not page.by_status else ""))
        return
    _draw_rows(page)
    _draw_pager(page, first)


def _adopt_once() -> None:
    """Incidents of the data become workable the first time that the queue is opened over it."""
    if sources.chosen() != sources.LOCAL:
        return
    engine = sources.engine()
    key = engine.version().split(" ")[0]
    if st.session_state.get(_ADOPTED) == key:
        return
    try:
        adopt(engine, sources.store())
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
    st.session_state[_ADOPTED] = key


def _counts_html(page: Page) -> str:
    status = "".join(f"<span><b>{page.by_status.get(name, 0):,}</b> {name.lower()}</span>" for name in STATUSES)
    severity = "".join(
        f'<span class="wb-sev is-{name.lower()}"><b>{page.by_severity.get(name, 0):,}</b> {name.lower()}</span>'
        for name in reversed(SEVERITIES)
    )
    return f'<div class="wb-counts" role="status">{status}<span class="wb-counts-line"></span><span class="wb-note">open:</span>{severity}</div>'  # fmt: skip


def _draw_filters() -> Wanted:
    store = sources.store()
    with store.reading() as connection:
        saved = list_views(connection)
    views = {**BUILT_IN, **saved}
    with st.container(key="incidents-filters", horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.selectbox("View", list(views), key="incidents-view", on_change=_take_view, args=(views,))
        wanted = _wanted()
        text = st.text_input(
            "Search", value=wanted.text, placeholder="title, label, tactic, number", key=f"incidents-text-{name}"
        )
        status = st.multiselect("Status", STATUSES, default=list(wanted.status), key=f"incidents-status-{name}")
        severity = st.multiselect(
            "Severity", SEVERITIES[::-1], default=list(wanted.severity), key=f"incidents-severity-{name}"
        )
        orders = list(ORDERS)
        order = st.selectbox("Order", orders, index=orders.index(wanted.order), key=f"incidents-order-{name}")
        with st.popover("More", key="incidents-more"):
            owner = st.text_input(
                "Assigned to", value=wanted.owner, help="me, nobody, or an address", key=f"incidents-owner-{name}"
            )
            st.text_input("Working as", value=analyst(), key="wb-analyst-input", on_change=_take_analyst)
            saving = st.text_input("Save these filters as a view", key="incidents-save-name")
            if st.button("Save view", disabled=not saving.strip(), key="incidents-save"):
                with store.writing() as connection:
                    save_view(connection, saving.strip(), wanted, analyst())
                st.rerun()
            if name in saved and confirm.deleting_inside(f"The view “{name}” is deleted for good.", "incidents-delete"):
                with store.writing() as connection:
                    delete_view(connection, name)
                st.session_state.pop("incidents-view", None)
                st.rerun()
    chosen = Wanted(
        tuple(status), tuple(severity), owner.strip(), wanted.label, wanted.rule_id, text.strip(), order=order
    )
    if asdict(chosen) != asdict(wanted):
        st.session_state[_WANTED] = chosen
        st.session_state[_PAGE] = 0
    return chosen


def _take_view(views: dict[str, Wanted]) -> None:
    st.session_state[_WANTED] = views[st.session_state["incidents-view"]]
    st.session_state[_PAGE] = 0


def _take_analyst() -> None:
    st.session_state["wb-analyst"] = str(st.session_state["wb-analyst-input"]).strip()


def queue_grid(rows: tuple[Row, ...]) -> Grid:
    """The lines of the queue as a grid whose titles open the incident."""
    columns = (
        GridColumn("sev", "Severity", "icon", width="120px"), GridColumn("n", "Number", "number", "right", "90px"),
        GridColumn("title", "Title", "link", width="34%"), GridColumn("status", "Status", "text", width="90px"),
        GridColumn("owner", "Owner", "text", width="16%"), GridColumn("alerts", "Alerts", "number", "right", "76px"),
        GridColumn("created", "Created", "date", width="140px"), GridColumn("modified", "Last change", "date", width="140px"),
    )  # fmt: skip
    cells = tuple(
        {
            "_id": i, "sev": {"v": row.severity, "t": row.severity, "icon": severity_icon(row.severity)},
            "n": {"v": row.number, "t": str(row.number)},
            "title": {"v": row.title, "t": row.title, "link": drawings.link_naming(str(row.number))},
            "status": {"v": row.status, "t": row.status}, "owner": {"v": row.owner, "t": row.owner or "nobody"},
            "alerts": {"v": row.alerts, "t": str(row.alerts)},
            "created": {"v": moment(row.created), "t": moment(row.created)},
            "modified": {"v": moment(row.modified), "t": moment(row.modified)},
        }
        for i, row in enumerate(rows)
    )  # fmt: skip
    return Grid(columns, cells, 620, selectable="many")


def severity_icon(severity: str) -> str:
    """The name of a severity's icon."""
    return icons.SEVERITIES.get(severity.lower(), "info")


def _draw_rows(page: Page) -> None:
    rows = page.rows
    chosen: tuple[int, ...] = tuple(n for n in st.session_state.get(_CHOSEN, ()) if n in {row.number for row in rows})

    def select(picked: tuple[int, ...]) -> None:
        st.session_state[_CHOSEN] = tuple(rows[i].number for i in picked if i < len(rows))

    def follow(event: Any) -> None:
        number = drawings.named_by(event)
        if number.isdecimal():
            st.session_state["wb-incident-open"] = int(number)

    opened = st.session_state.pop("wb-incident-open", None)
    if opened is not None:
        st.query_params["incident"] = str(opened)
        st.rerun()
    if chosen:
        _draw_bulk([row for row in rows if row.number in chosen])
    with st.container(key="wic-incidents"):
        positions = tuple(i for i, row in enumerate(rows) if row.number in chosen)
        drawings.draw(
            queue_grid(rows), "incidents-grid", "Incidents", drawings.Reactions(rows=select, link=follow), positions
        )
    if st.session_state.get("wb-incident-open") is not None:
        st.rerun()


def _draw_bulk(rows: list[Row]) -> None:
    """What is done to all selected incidents; those that others changed meanwhile are told and left."""
    with st.container(key="incidents-bulk", horizontal=True, gap="small", vertical_alignment="bottom"):
        st.html(f'<div class="wb-note">{len(rows)} selected</div>')
        if st.button("Assign to me", key="bulk-me"):
            _change_all(rows, Change(owner=analyst()))
        status = st.selectbox(
            "Status", ["", "New", "Active"], key="bulk-status", label_visibility="collapsed", placeholder="Status"
        )
        severity = st.selectbox("Severity", ["", *SEVERITIES], key="bulk-severity", label_visibility="collapsed")
        label = st.text_input("Label", key="bulk-label", placeholder="add label", label_visibility="collapsed")
        if st.button("Apply", key="bulk-apply", disabled=not (status or severity or label)):
            _change_all(
                rows, Change(status=status or None, severity=severity or None, add_labels=(label,) if label else ())
            )
        with st.popover("Close", key="bulk-close"):
            kind = st.selectbox("Classification", list(CLASSIFICATIONS), key="bulk-class")
            reason = st.selectbox("Reason", list(CLASSIFICATIONS[kind]), key="bulk-reason")
            words = st.text_input("Comment", key="bulk-words")
            if st.button(f"Close {len(rows)}", type="primary", key="bulk-close-do"):
                _change_all(
                    rows,
                    Change(
                        status="Closed", classification=kind, classification_reason=reason, classification_comment=words
                    ),
                )
    told = st.session_state.pop("wb-bulk-told", None)
    if told:
        st.html(style.message_html(told[0], "warning", "", "DT020", told[1:]))


def _change_all(rows: list[Row], change: Change) -> None:
    refused = []
    for row in rows:
        try:
            with sources.store().writing() as connection:
                change_incident(connection, row.number, row.version, change, analyst())
        except WatchbookError as error:
            refused.append(error.problem.message)
    if refused:
        st.session_state["wb-bulk-told"] = [
            f"{len(rows) - len(refused)} changed, {len(refused)} left as they are.",
            *refused[:5],
        ]
    else:
        st.session_state[_CHOSEN] = ()
    st.rerun()


def _draw_pager(page: Page, first: int) -> None:
    last = first + len(page.rows)
    with st.container(key="incidents-pager", horizontal=True, gap="small", vertical_alignment="center"):
        if st.button("Newer", disabled=first == 0, key="incidents-newer"):
            st.session_state[_PAGE] = max(0, st.session_state.get(_PAGE, 0) - 1)
            st.rerun()
        st.html(f'<div class="wb-note">{first + 1:,} to {last:,} of {page.total:,}</div>')
        if st.button("Older", disabled=last >= page.total, key="incidents-older"):
            st.session_state[_PAGE] = st.session_state.get(_PAGE, 0) + 1
            st.rerun()
