"""One incident: what happened in what order, its alerts with their rows, entities and their graph, similar ones, and what
people do about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.detection.adoption import alerts_in_data, entities_of
from dashboard.detection.alert import entity_key, entity_label, entity_name
from dashboard.detection.incidents import Change, Incident, change_incident, history_of, read_incident
from dashboard.detection.incidents.change import describe_changes
from dashboard.detection.incidents.history import Entry
from dashboard.detection.incidents.incident import CLASSIFICATIONS, SEVERITIES, STATUSES
from dashboard.detection.incidents.queue import find_alerts, similar_incidents
from dashboard.detection.moments import from_iso
from dashboard.detection.rulebook import find_rule
from dashboard.errors import WatchbookError
from dashboard.pages import bar, drawings, incident_response, incidents, links, sources, style
from dashboard.visual.investigation import investigation
from dashboard.visual.view import Grid, GridColumn

_TOLD = "wb-incident-told"
_SEEN = "wb-incident-seen"
Alerts = Sequence[Mapping[str, Any]]


def draw(number: int) -> None:
    """Draws the incident of that number."""
    sources.prepare()
    store = sources.store()
    if st.button("Back to the queue", key="incident-back", type="tertiary"):
        st.query_params.pop("incident", None)
        st.session_state.pop(_SEEN, None)
        st.rerun()
    try:
        with store.reading() as connection:
            incident = read_incident(connection, number)
            history = history_of(connection, number)
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return
    alerts = _alerts(incident)
    st.html(_head_html(incident))
    seen = _seen(incident)
    told = st.session_state.pop(_TOLD, None)
    if told is not None:
        st.html(style.problem_html(told))
    if seen != incident.version:
        _draw_newer(history, seen)
    with st.container(key="incident-page", horizontal=True, gap="small"):
        with st.container(key="incident-main"):
            _draw_main(incident, alerts, history)
        with st.container(key="incident-side"):
            _draw_side(incident, seen)


def _seen(incident: Incident) -> int:
    """The version that the forms on the page were filled with: what is typed into them stays until it is written, or the
    person asks to see the incident as it is now."""
    number, version = st.session_state.get(_SEEN, (0, 0))
    if number != incident.number:
        number, version = st.session_state[_SEEN] = (incident.number, incident.version)
    return int(version)


def _draw_newer(history: Sequence[Entry], seen: int) -> None:
    """Says what others changed since the page was opened."""
    lines = [f"{e.by}, {incidents.moment(e.at)}: {describe_changes(e.changes)}" for e in history if e.version > seen]
    with st.container(key="incident-newer", horizontal=True, gap="small", vertical_alignment="center"):
        st.html(style.message_html("This incident was changed while you looked at it.", "warning", "", "", lines[-4:]))
        if st.button("Show it as it is now", key="incident-newer-show"):
            st.session_state.pop(_SEEN, None)
            st.rerun()


def _alerts(incident: Incident) -> Alerts:
    try:
        return alerts_in_data(sources.engine(), incident.alert_ids)
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return []


def _time(text: Any) -> str:
    """A time of a state as the page shows times."""
    if not text:
        return ""
    try:
        return incidents.moment(from_iso(str(text)[:26].rstrip("Z") + "+00:00"))
    except ValueError:
        return str(text)[:19]


def _head_html(incident: Incident) -> str:
    state = incident.state
    extra = state.get("AdditionalData") or {}
    tags = [*(extra.get("tactics") or []), *(extra.get("techniques") or []), *incident.labels]
    pills = "".join(f'<span class="wb-tag">{style.text(str(tag))}</span> ' for tag in tags[:14])
    facts = (
        f"{incident.severity} · {incident.status} · {incident.owner or 'assigned to nobody'} · "
        f"{style.count(len(incident.alert_ids), 'alert')} · {_time(state.get('FirstActivityTime'))} to {_time(state.get('LastActivityTime'))} {bar.zone()}"
    )
    closed = ""
    if incident.status == "Closed":
        why = " ".join(
            str(state.get(name) or "") for name in ("Classification", "ClassificationReason", "ClassificationComment")
        )
        closed = f'<div class="wb-note">Closed {_time(state.get("ClosedTime"))}: {style.text(why)}</div>'
    return (
        f'<div class="wb-page-head"><h1><span class="wb-sevdot is-{style.text(incident.severity.lower())}"></span>'
        f"{style.text(incident.title)} <span class='wb-note'>{incident.number}</span></h1>"
        f"<p>{style.text(facts)}</p></div>{closed}<div>{pills}</div>"
    )


def _draw_main(incident: Incident, alerts: Alerts, history: Sequence[Entry]) -> None:
    overview, alert_tab, entity_tab, similar_tab, audit_tab = st.tabs(
        ["Timeline", f"Alerts ({len(alerts)})", "Entities", "Similar", f"History ({len(history)})"]
    )
    entities: dict[str, dict[str, Any]] = {}
    for alert in alerts:
        for entity in entities_of(alert):
            entities.setdefault(entity_key(entity), entity)
    with overview:
        if incident.state.get("Description"):
            st.html(f'<p class="wb-text">{style.text(str(incident.state["Description"]))}</p>')
        st.html(_timeline_html(alerts, history))
    with alert_tab:
        _draw_alerts(incident, alerts)
    with entity_tab:
        _draw_entities(incident, alerts, entities)
    with similar_tab:
        _draw_similar(incident)
    with audit_tab:
        st.html(_history_html(history))


def _timeline_html(alerts: Alerts, history: Sequence[Entry]) -> str:
    moments: list[tuple[str, str, str, str]] = []
    for alert in alerts:
        who = ", ".join(dict.fromkeys(entity_label(entity) for entity in entities_of(alert)))
        moments.append((str(alert.get("StartTime") or alert.get("TimeGenerated")), str(alert.get("AlertName") or ""), who, str(alert.get("AlertSeverity") or "")))  # fmt: skip
    for entry in history:
        if entry.action == "updated":
            moments.append((str(entry.state["LastModifiedTime"]), describe_changes(entry.changes), entry.by, "person"))
        elif entry.action == "created":
            moments.append((str(entry.state["CreatedTime"]), "Incident created", "", "made"))
    if not moments:
        return style.message_html("Nothing is known of what happened.", "quiet")
    lines = "".join(
        f'<li class="is-{style.text(kind.lower())}"><time>{_time(at)}</time><div><b>{style.text(what)}</b>'
        f'<div class="wb-note">{style.text(who)}</div></div></li>'
        for at, what, who, kind in sorted(moments)
    )
    return f'<ol class="wb-timeline">{lines}</ol>'


def _history_html(history: Sequence[Entry]) -> str:
    rows = "".join(
        f"<tr><td>{incidents.moment(e.at)}</td><td>{style.text(e.by)}</td>"
        f"<td>{style.text(describe_changes(e.changes) if e.action in ('updated', 'alerts') else e.action)}</td></tr>"
        for e in reversed(history)
    )
    return f'<div class="wb-settings"><table><thead><tr><th>When</th><th>Who</th><th>What</th></tr></thead><tbody>{rows}</tbody></table></div>'  # fmt: skip


# ---- alerts ------------------------------------------------------------------------------------------------------------


def _draw_alerts(incident: Incident, alerts: Alerts) -> None:
    if not alerts:
        st.html(style.message_html("The alerts are not in the data that is open.", "quiet"))
        return
    with sources.store().reading() as connection:
        own = {alert.alert_id: alert for alert in find_alerts(connection, [str(a["SystemAlertId"]) for a in alerts])}
    for i, alert in enumerate(alerts[:60]):
        title = f"{_time(alert.get('StartTime'))}  {alert.get('AlertName')}  ({alert.get('AlertSeverity')})"
        with st.expander(
            title.replace("[", "(").replace("]", ")").replace("`", "'"), expanded=i == 0 and len(alerts) < 4
        ):
            st.html(f"<p>{style.text(str(alert.get('Description') or ''))}</p>{_facts_html(alert)}")
            found = own.get(str(alert["SystemAlertId"]))
            if found is not None and found.events:
                drawings.draw(rows_grid(found.events), f"alert-rows-{i}", "Rows of the alert")
            query, start, end = _query_of(alert)
            if query and st.button("Run the rule's query at that time", key=f"alert-query-{i}"):
                _open_query(query, start, end)
    if len(alerts) > 60:
        st.html(style.message_html(f"{len(alerts) - 60} further alerts are not listed here.", "info"))
    if incident.rule_id:
        with sources.store().reading() as connection:
            record = find_rule(connection, incident.rule_id)
        if record is not None and st.button(f"Open the rule “{record.rule.name}”", key="incident-rule"):
            bar.go("rules", rule=record.id)


def _facts_html(alert: Mapping[str, Any]) -> str:
    facts = {
        "Entities": ", ".join(dict.fromkeys(entity_label(entity) for entity in entities_of(alert))),
        "Tactics": str(alert.get("Tactics") or ""), "Product": str(alert.get("ProductName") or ""),
    }  # fmt: skip
    try:
        properties = json.loads(str(alert.get("ExtendedProperties") or "{}"))
    except ValueError:
        properties = {}
    if isinstance(properties, dict) and properties.get("Custom Details"):
        facts["Details"] = str(properties["Custom Details"])
    return "".join(f'<div class="wb-setting"><span class="wb-kind">{name}</span> {style.text(text)}</div>' for name, text in facts.items() if text)  # fmt: skip


def rows_grid(rows: Sequence[Mapping[str, Any]]) -> Grid:
    """Rows of an alert as a grid: the columns that any of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))[:40]
    columns = tuple(GridColumn(f"c{i}", name, "text") for i, name in enumerate(names))

    def cell(value: Any) -> dict[str, Any]:
        text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
        return {"v": text, "t": text}

    cells = tuple(
        {"_id": n, **{f"c{i}": cell(row.get(name)) for i, name in enumerate(names)}} for n, row in enumerate(rows)
    )
    return Grid(columns, cells, 240)


def _query_of(alert: Mapping[str, Any]) -> tuple[str, str, str]:
    try:
        properties = json.loads(str(alert.get("ExtendedProperties") or "{}"))
        return (
            str(properties.get("Query") or ""), str(properties.get("Query Start Time UTC") or ""),
            str(properties.get("Query End Time UTC") or ""),
        )  # fmt: skip
    except (ValueError, AttributeError):
        return "", "", ""


def _open_query(query: str, start: str, end: str) -> None:
    span = None
    try:
        first, last = from_iso(start), from_iso(end)
        span = {"durationMs": (last - first) // 1_000, "endTime": end}
    except ValueError:
        pass
    # The rule's now() was the end of its window.
    text = query.replace("now()", f"datetime({end})").replace("ago(", f"(datetime({end}) - ") if end else query
    st.session_state["wb-query-open"] = {"text": text, "range": span}
    bar.go("query")


# ---- entities ----------------------------------------------------------------------------------------------------------


def _draw_entities(incident: Incident, alerts: Alerts, entities: Mapping[str, Mapping[str, Any]]) -> None:
    if not entities:
        st.html(style.message_html("The alerts name no entities.", "quiet"))
        return
    keys = list(entities)
    connected = [
        (i, keys.index(key)) for i, alert in enumerate(alerts) for key in {entity_key(e) for e in entities_of(alert)} if key in keys
    ]  # fmt: skip
    view = investigation(
        f"Incident {incident.number}",
        [(str(alert.get("AlertName") or ""), str(alert.get("AlertSeverity") or "")) for alert in alerts],
        [(entity_label(entity), str(entity.get("Type") or "")) for entity in entities.values()], connected,
    )  # fmt: skip
    drawings.draw(view, "incident-graph", "Investigation graph: the incident, its alerts, their entities")
    names = {entity_name(entity): str(entity.get("Type") or "") for entity in entities.values()}
    with st.container(key="incident-entity", horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Entity", list(names), format_func=lambda name: f"{name} ({names[name]})", key="incident-entity-pick"
        )
        if st.button("Open the entity workbook at that time", key="incident-workbook"):
            _open_workbook(incident, str(chosen))
        if st.button("Search all logs", key="incident-search"):
            start, end = _span(incident)
            from dashboard.detection.query import quoted

            _open_query(f"search {quoted(str(chosen))}\n| summarize Rows = count(), First = min(TimeGenerated), Last = max(TimeGenerated) by $table", start, end)  # fmt: skip


def _span(incident: Incident) -> tuple[str, str]:
    """An hour before the first to an hour after the last activity."""
    state = incident.state
    first = from_iso(state.get("FirstActivityTime") or state["CreatedTime"])
    last = from_iso(state.get("LastActivityTime") or state["CreatedTime"])
    from dashboard.detection.moments import iso

    return iso(first - 3_600_000_000), iso(last + 3_600_000_000)


def _open_workbook(incident: Incident, entity: str) -> None:
    start, end = _span(incident)
    length = (from_iso(end) - from_iso(start)) // 1_000
    values = {"Entity": entity, "TimeRange": {"durationMs": length, "endTime": end}}
    bar.go("workbook", w="entity", **links.write_values(values))


def _draw_similar(incident: Incident) -> None:
    with sources.store().reading() as connection:
        found = similar_incidents(connection, incident)
    if not found:
        st.html(style.message_html("No other incident has the same entities or the same rule.", "quiet"))
        return
    for similar in found:
        row = similar.row
        why = [
            *(["same rule or title"] if similar.same_rule else []),
            *(name.partition(":")[2] for name in similar.entities[:4]),
        ]
        with st.container(key=f"settings-seen-{row.number}", horizontal=True, gap="small"):
            st.html(
                f'<div class="wb-setting"><b>{style.text(row.title)}</b> <span class="wb-note">{row.number} · {style.text(row.severity)} · '
                f"{style.text(row.status)} · {incidents.moment(row.created)}</span><br>{style.text(', '.join(why))}</div>"
            )
            if st.button("Open", key=f"similar-{row.number}"):
                st.query_params["incident"] = str(row.number)
                st.rerun()


# ---- what a person does ------------------------------------------------------------------------------------------------


def _draw_side(now: Incident, seen: int) -> None:
    # Written with the version that was seen: whoever was faster is not overwritten.
    incident = replace(now, version=seen)
    key = f"{incident.number}-{incident.version}"
    me = incidents.analyst()
    with st.container(key="wic-incident-state"):
        st.html('<h2 class="wb-title">Work on it</h2>')
        owner = st.text_input("Assigned to", value=incident.owner, key=f"inc-owner-{key}", placeholder="nobody")
        statuses = list(STATUSES[:2]) if incident.status != "Closed" else list(STATUSES)
        status = st.selectbox("Status", statuses, index=statuses.index(incident.status), key=f"inc-status-{key}")
        levels = list(SEVERITIES[::-1])
        at = levels.index(incident.severity) if incident.severity in levels else 0
        severity = st.selectbox("Severity", levels, index=at, key=f"inc-severity-{key}")
        labels = st.text_input(
            "Labels", value=", ".join(incident.labels), key=f"inc-labels-{key}", help="Separated by commas"
        )
        wanted = tuple(part.strip() for part in labels.split(",") if part.strip())
        with st.container(horizontal=True, gap="small"):
            if st.button("Save", type="primary", key="inc-save"):
                changed = Change(
                    owner=owner if owner != incident.owner else None, severity=severity if severity != incident.severity else None,
                    status=status if status != incident.status else None, labels=wanted if list(wanted) != incident.labels else None,
                )  # fmt: skip
                _change(incident, changed)
            if st.button("Take it", key="inc-take", disabled=incident.owner == me):
                _change(incident, Change(owner=me, status="Active" if incident.status == "New" else None))
            if incident.status != "Closed":
                with st.popover("Close", key="inc-close"):
                    kind = st.selectbox("Classification", list(CLASSIFICATIONS), key=f"inc-class-{key}")
                    reason = st.selectbox("Reason", list(CLASSIFICATIONS[kind]), key=f"inc-reason-{key}-{kind}")
                    words = st.text_area("What was found", key=f"inc-words-{key}")
                    if st.button("Close the incident", type="primary", key="inc-close-do"):
                        _change(
                            incident,
                            Change(
                                status="Closed",
                                classification=kind,
                                classification_reason=reason,
                                classification_comment=words,
                            ),
                        )
    _draw_tasks(incident, key)
    incident_response.draw(now)
    _draw_comments(incident, key)


def _draw_tasks(incident: Incident, key: str) -> None:
    with st.container(key="wic-incident-tasks"):
        st.html('<h2 class="wb-title">Tasks</h2>')
        for task in incident.state.get("Tasks") or []:
            task_id, done = str(task.get("taskId")), task.get("status") == "Completed"
            ticked = st.checkbox(
                str(task.get("title")).replace("[", "(").replace("]", ")"), value=done, key=f"inc-task-{key}-{task_id}"
            )
            if ticked != done:
                _change(incident, Change(complete_tasks=(task_id,)) if ticked else Change(reopen_tasks=(task_id,)))
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            title = st.text_input(
                "New task", key=f"inc-new-task-{key}", label_visibility="collapsed", placeholder="What is to be done"
            )
            if st.button("Add", key="inc-add-task", disabled=not title.strip()):
                _change(incident, Change(add_tasks=(title,)))


def _draw_comments(incident: Incident, key: str) -> None:
    with st.container(key="wic-incident-comments"):
        st.html('<h2 class="wb-title">Comments</h2>')
        for comment in incident.state.get("Comments") or []:
            author = comment.get("author") or {}
            name = author.get("name") or author.get("email") or "somebody"
            when = _time(comment.get("createdTimeUtc"))
            st.html(f'<div class="wb-comment"><div class="wb-note">{style.text(str(name))}, {when}</div>{style.text(str(comment.get("message") or ""))}</div>')  # fmt: skip
        text = st.text_area(
            "Comment", key=f"inc-comment-{key}", label_visibility="collapsed", placeholder="Write a comment"
        )
        if st.button("Comment", key="inc-add-comment", disabled=not text.strip()):
            _change(incident, Change(comment=text))


def _change(incident: Incident, change: Change) -> None:
    """Writes a change of the incident as it is shown; where somebody was faster, they are told and see it as it is now."""
    try:
        with sources.store().writing() as connection:
            change_incident(connection, incident.number, incident.version, change, incidents.analyst())
        st.session_state.pop(_SEEN, None)
    except WatchbookError as error:
        st.session_state[_TOLD] = error.problem
    st.rerun()
