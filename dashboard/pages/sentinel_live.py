"""Incidents and analytics rules of Microsoft Sentinel, as they are in the workspace now. Reading changes nothing; an incident is
changed only where the settings page allows it, and after a person saw what changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

from dashboard.detection.moments import from_iso
from dashboard.detection.rulebook import save_rule
from dashboard.detection.rules import read_rules
from dashboard.detection.rules.durations import read_duration, short_duration
from dashboard.engines.azure import connections
from dashboard.engines.azure.management import Management
from dashboard.engines.azure.sentinel import (
    CLASSIFICATIONS,
    NOBODY,
    SEVERITIES,
    STATUSES,
    Change,
    Sentinel,
    find_workspace,
    matching,
)
from dashboard.pages import azure_asked, incidents, lists, sources, style

T = TypeVar("T")
_STATE = "wb-sentinel"
_MOST = 500
_MOST_WORDS = 3_000
HERE, THERE = "Watchbook", "Microsoft Sentinel"


def chosen(key: str) -> bool:
    """Whether the page shows what Microsoft Sentinel has: offered where the data source is live. Nothing is asked otherwise."""
    if sources.chosen() != sources.LIVE or not connections.workspaces():
        return False
    return (
        st.segmented_control(
            "Of", (HERE, THERE), default=THERE, required=True, label_visibility="collapsed", key=f"{key}-of"
        )
        == THERE
    )


# ---- incidents ---------------------------------------------------------------------------------------------------------


def draw_incidents() -> None:
    """Draws the incidents, and the one that is chosen below them."""
    with st.container(key="sentinel-filters", horizontal=True, gap="small", vertical_alignment="bottom"):
        workspace = _workspace("incidents")
        statuses = st.multiselect("Status", STATUSES, default=["New", "Active"], key="sentinel-status")
        severities = st.multiselect("Severity", SEVERITIES, key="sentinel-severity")
        words = st.text_input("Search", placeholder="title, number, owner", key="sentinel-words").lower().split()
        if st.button("Refresh", key="sentinel-refresh"):
            azure_asked.state(_STATE).clear()
    where = matching(statuses, severities)
    found = _kept((workspace.id, where), workspace, lambda service: service.incidents(where, _MOST))
    rows = [each for each in found if all(word in _searched(each) for word in words)]
    st.html(f'<div class="wb-note" role="status">{_count(rows, "incident")} in {style.text(workspace.label)}'
            f"{f', the newest {_MOST}' if len(found) == _MOST else ''}</div>")  # fmt: skip
    if not rows:
        st.html(style.message_html("No incident matches.", "quiet"))
        return
    heads = (("Severity", "icon", "120px"), ("Number", "number", "90px"), ("Title", "text", "3fr"), ("Status", "text", "90px"),
             ("Owner", "text", "1fr"), ("Alerts", "number", "80px"), ("Created", "text", "160px"))  # fmt: skip
    name = lists.draw(
        "sentinel-incidents", "Incidents of Microsoft Sentinel", heads, [_incident_cells(each) for each in rows],
        [str(each["name"]) for each in rows],
    )  # fmt: skip
    incident = next((each for each in rows if each["name"] == name), None)
    if incident is not None:
        with st.container(key="sentinel-incident", border=True), style.guard():
            _draw_incident(workspace, incident)


def _incident_cells(incident: Mapping[str, Any]) -> list[lists.Cell]:
    told = incident.get("properties") or {}
    severity = str(told.get("severity") or "")
    icon = {"v": severity, "t": severity, "icon": incidents.severity_icon(severity)}
    alerts = (told.get("additionalData") or {}).get("alertsCount")
    return [icon, _number(told.get("incidentNumber")), str(told.get("title") or ""), str(told.get("status") or ""), _owner(told),
            _number(alerts), _time(told.get("createdTimeUtc"))]  # fmt: skip


def _draw_incident(workspace: connections.Workspace, incident: Mapping[str, Any]) -> None:
    name, told = str(incident["name"]), incident.get("properties") or {}
    extra = told.get("additionalData") or {}
    tags = [*(extra.get("tactics") or []), *(str(each.get("labelName", "")) for each in told.get("labels") or [])]
    pills = "".join(f'<span class="wb-tag">{style.text(str(tag))}</span> ' for tag in tags[:20])
    facts = f"{told.get('severity')} · {told.get('status')} · {_owner(told) or 'assigned to nobody'} · last change {_time(told.get('lastModifiedTimeUtc'))}"
    st.html(f"<h2>{style.text(str(told.get('title')))} <span class='wb-note'>{_number(told.get('incidentNumber'))}</span></h2>"
            f"<p>{style.text(facts)}</p><div>{pills}</div><p class='wb-text'>{style.text(str(told.get('description') or ''))}</p>")  # fmt: skip
    etag = str(incident.get("etag"))
    # What tells of the waiting has a place of its own: the tabs below it keep theirs, and so the one that is open.
    with st.container():
        alerts = _kept((workspace.id, name, etag, "alerts"), workspace, lambda service: service.alerts(name))
        comments = _kept((workspace.id, name, etag, "comments"), workspace, lambda service: service.comments(name))
    alert_tab, comment_tab, change_tab = st.tabs([f"Alerts ({len(alerts)})", f"Comments ({len(comments)})", "Change"])
    with alert_tab:
        heads = (
            ("Severity", "text", "110px"),
            ("Alert", "text", "3fr"),
            ("Product", "text", "1fr"),
            ("Time", "text", "160px"),
        )
        lists.draw("sentinel-alerts", "Alerts of the incident", heads, [_alert_cells(each) for each in alerts],
                   [str(each.get("name")) for each in alerts], 260)  # fmt: skip
    with comment_tab:
        for each in comments[:100]:
            by = (each.get("properties") or {}).get("author") or {}
            who = by.get("name") or by.get("userPrincipalName") or by.get("email") or "somebody"
            message = str((each.get("properties") or {}).get("message") or "")
            when = _time((each.get("properties") or {}).get("createdTimeUtc"))
            st.html(f'<div class="wb-detail"><b>{style.text(str(who))}</b> <span class="wb-note">{when}</span>'
                    f'<p class="wb-text">{style.text(message)}</p></div>')  # fmt: skip
        if not comments:
            st.html(style.message_html("Nobody commented yet.", "quiet"))
    with change_tab:
        if connections.changes_allowed():
            _draw_change(workspace, name, told, len(comments))
        else:
            words = "Incidents of Microsoft Sentinel are only read here."
            st.html(style.message_html(words, "info", "Whether they may be changed is chosen on the settings page."))


def _alert_cells(alert: Mapping[str, Any]) -> list[lists.Cell]:
    told = alert.get("properties") or {}
    return [str(told.get("severity") or ""), str(told.get("alertDisplayName") or told.get("friendlyName") or alert.get("name")),
            str(told.get("productName") or ""), _time(told.get("timeGenerated") or told.get("startTimeUtc"))]  # fmt: skip


def _draw_change(workspace: connections.Workspace, name: str, told: Mapping[str, Any], comments: int) -> None:
    with st.container(key="sentinel-change", horizontal=True, gap="small", vertical_alignment="bottom"):
        status = st.selectbox("Status", STATUSES, index=_place(STATUSES, told.get("status")), key=f"sentinel-to-{name}")
        severity = st.selectbox(
            "Severity", SEVERITIES, index=_place(SEVERITIES, told.get("severity")), key=f"sentinel-level-{name}"
        )
        owner = st.text_input(
            "Assigned to", _owner(told), help=f"A user name, or {NOBODY}", max_chars=200, key=f"sentinel-owner-{name}"
        )
    fields: dict[str, str] = {}
    if status != told.get("status"):
        fields["status"] = status
    if severity != told.get("severity"):
        fields["severity"] = severity
    if owner.strip() != _owner(told):
        fields["owner"] = owner.strip() or NOBODY
    if status == "Closed":
        fields |= _draw_closing(name, told)
    state = azure_asked.state(_STATE)
    if st.button("Show what would change", key="sentinel-look", disabled=not fields):
        state["change"] = fields, _ask(workspace, lambda service: service.change(name, **fields))
    asked, change = state.get("change", (None, None))
    if change is not None and asked == fields and change.incident == name:
        _draw_seen(workspace, change)
    comment = st.text_area("New comment", max_chars=30_000, key=f"sentinel-comment-{name}-{comments}")
    if st.button("Add the comment", key="sentinel-comment-add"):
        _ask(workspace, lambda service: service.add_comment(name, comment, allowed=connections.changes_allowed()))
        state.clear()
        st.rerun()


def _draw_closing(name: str, told: Mapping[str, Any]) -> dict[str, str]:
    """What an incident is closed as; the fields that differ from what it has. What a closed one lacks is not made up."""
    had, reason_had = told.get("classification"), told.get("classificationReason")
    words_had = str(told.get("classificationComment") or "")[:_MOST_WORDS]
    unset = None if told.get("status") == "Closed" else 0
    kinds = list(CLASSIFICATIONS)
    with st.container(key="sentinel-close", horizontal=True, gap="small", vertical_alignment="bottom"):
        at = kinds.index(had) if had in kinds else unset
        kind = st.selectbox("Classification", kinds, index=at, key=f"sentinel-class-{name}")
        reasons, reason = CLASSIFICATIONS.get(kind or "", ()), None
        if reasons:
            at = reasons.index(reason_had) if reason_had in reasons else unset if kind == had else 0
            reason = st.selectbox("Reason", reasons, index=at, key=f"sentinel-reason-{name}-{kind}")
        words = st.text_input("Why", words_had, max_chars=_MOST_WORDS, key=f"sentinel-why-{name}").strip()
    wanted = (("classification", kind, had), ("reason", reason, reason_had), ("comment", words, words_had.strip()))
    return {field: value for field, value, before in wanted if value and value != before}


def _draw_seen(workspace: connections.Workspace, change: Change) -> None:
    st.html(style.source_html("\n".join(change.lines())))
    if st.button("Change it in Microsoft Sentinel", type="primary", key="sentinel-send"):
        azure_asked.state(_STATE).pop("change")
        _ask(workspace, lambda service: service.apply(change, allowed=connections.changes_allowed()))
        azure_asked.state(_STATE).clear()
        st.rerun()


# ---- rules -------------------------------------------------------------------------------------------------------------


def draw_rules() -> None:
    """Draws the analytics rules, and the one that is chosen below them."""
    with st.container(key="sentinel-rule-filters", horizontal=True, gap="small", vertical_alignment="bottom"):
        workspace = _workspace("rules")
        if st.button("Refresh", key="sentinel-rules-refresh"):
            azure_asked.state(_STATE).clear()
    found = _kept((workspace.id, "rules"), workspace, lambda service: service.rules())
    rules = sorted(found, key=lambda each: _name(each).lower())
    on = sum(bool((each.get("properties") or {}).get("enabled")) for each in rules)
    st.html(
        f'<div class="wb-note" role="status">{_count(rules, "rule")} in {style.text(workspace.label)}, {on} turned on</div>'
    )
    if not rules:
        st.html(style.message_html("This workspace has no analytics rule.", "quiet"))
        return
    heads = (("Severity", "icon", "120px"), ("Name", "text", "3fr"), ("Kind", "text", "140px"), ("State", "text", "80px"),
             ("Tactics", "text", "1fr"), ("Last change", "text", "160px"))  # fmt: skip
    name = lists.draw("sentinel-rules", "Rules of Microsoft Sentinel", heads, [_rule_cells(each) for each in rules],
                      [str(each.get("name")) for each in rules])  # fmt: skip
    rule = next((each for each in rules if each.get("name") == name), None)
    if rule is not None:
        with st.container(key="sentinel-rule", border=True), style.guard():
            _draw_rule(rule)


def _rule_cells(rule: Mapping[str, Any]) -> list[lists.Cell]:
    told = rule.get("properties") or {}
    severity = str(told.get("severity") or "")
    return [{"v": severity, "t": severity, "icon": incidents.severity_icon(severity)} if severity else "", _name(rule),
            str(rule.get("kind") or ""), "on" if told.get("enabled") else "off", ", ".join(map(str, told.get("tactics") or [])),
            _time(told.get("lastModifiedUtc"))]  # fmt: skip


def _draw_rule(rule: Mapping[str, Any]) -> None:
    told = rule.get("properties") or {}
    named = (("queryFrequency", "every"), ("queryPeriod", "over the last"))
    facts = [f"{words} {_length(str(told[key]))}" for key, words in named if told.get(key)]
    st.html(f"<h2>{style.text(_name(rule))}</h2><p>{style.text(', '.join([str(rule.get('kind')), *facts]))}</p>"
            f"<p class='wb-text'>{style.text(str(told.get('description') or ''))}</p>")  # fmt: skip
    if told.get("query"):
        st.html(style.source_html(str(told["query"])))
    template = json.dumps({"resources": [{"type": "Microsoft.SecurityInsights/alertRules", **rule}]})
    with st.container(horizontal=True, gap="small"):
        st.download_button("Save as JSON", template, f"{rule.get('name')}.json", "application/json", on_click="ignore")
        taken = told.get("query") and st.button("Take it into Watchbook", key="sentinel-take")
    if taken:
        for found in read_rules(template, f"{_name(rule)}.json"):
            problems = [each.describe() for each in found.problems if each.severity == "error"]
            if found.rule is None:
                st.html(style.message_html("This rule cannot be used here.", "warning", lines=problems[:5]))
                continue
            with sources.store().writing() as connection:
                save_rule(connection, found.rule, incidents.analyst(), enabled=False)
            st.html(style.message_html(f"'{found.rule.name}' is among the rules of Watchbook, turned off.", "success"))


# ---- what both ask -----------------------------------------------------------------------------------------------------


def _workspace(key: str) -> connections.Workspace:
    known = connections.workspaces()
    if len(known) == 1:
        return known[0]
    return st.selectbox("Workspace", known, format_func=lambda each: each.label, key=f"sentinel-workspace-{key}")


def _kept(key: tuple[str, ...], workspace: connections.Workspace, work: Callable[[Sentinel], T]) -> T:
    return azure_asked.kept(_STATE, key, _of(workspace, work))


def _ask(workspace: connections.Workspace, work: Callable[[Sentinel], T]) -> T:
    return azure_asked.ask(_of(workspace, work))


def _of(workspace: connections.Workspace, work: Callable[[Sentinel], T]) -> Callable[[Management], T]:
    return lambda management: work(Sentinel(management, find_workspace(management, workspace)))


def _name(rule: Mapping[str, Any]) -> str:
    return str((rule.get("properties") or {}).get("displayName") or rule.get("name"))


def _owner(told: Mapping[str, Any]) -> str:
    owner = told.get("owner") or {}
    return str(owner.get("userPrincipalName") or owner.get("email") or owner.get("assignedTo") or "")


def _searched(incident: Mapping[str, Any]) -> str:
    told = incident.get("properties") or {}
    return f"{told.get('title')} {told.get('incidentNumber')} {_owner(told)}".lower()


def _time(text: Any) -> str:
    try:
        return incidents.moment(from_iso(str(text)[:19] + "+00:00")) if text else ""
    except ValueError:
        return str(text)[:19]


def _length(text: str) -> str:
    micros = read_duration(text)
    return text if micros is None else short_duration(micros)


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _place(names: tuple[str, ...], value: Any) -> int:
    return names.index(value) if value in names else 0


def _count(things: list[Any], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"
