"""The automation page: automation rules, playbooks, reports, and what they did."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.detection.jobs import engine_of
from dashboard.detection.response import automation, running
from dashboard.detection.response import playbook as playbooks
from dashboard.detection.response.addresses import allowed_entries
from dashboard.detection.response.automation import AutomationRule
from dashboard.detection.response.playbook import Playbook
from dashboard.errors import WatchbookError
from dashboard.export.workbook import FORMATS
from dashboard.pages import automation_rule, bar, confirm, controls, incident_response, lists, sources, style, waiting
from dashboard.reporting import report as reports
from dashboard.reporting.report import Report
from dashboard.reporting.running import run_now
from dashboard.schedule.cron import parse_cron

_TABS = (("", "Automation rules"), ("playbooks", "Playbooks"), ("reports", "Reports"), ("runs", "Runs"))
_NEW = "new"


def draw() -> None:
    """Draws the page."""
    bar.draw("automation")
    with st.container(key="wb-page"), style.guard():
        st.html(
            style.head_html(
                "Automation", "What happens when an incident is made or changed, and what is sent by the clock."
            )
        )
        tab = controls.page_tabs("automation-tabs", _TABS)
        {"": _draw_rules, "playbooks": _draw_playbooks, "reports": _draw_reports, "runs": _draw_runs}[tab]()


def _told(error: WatchbookError) -> None:
    st.html("".join(style.problem_html(problem) for problem in error.problems))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


# ---- automation rules --------------------------------------------------------------------------------------------------


def _draw_rules() -> None:
    store = sources.store()
    found = automation.list_rules(store)
    names = {each.id: each.name for each in playbooks.list_playbooks(store)}
    heads = (
        ("Order", "number", "90px"),
        ("Rule", "text", "2fr"),
        ("When", "text", "1fr"),
        ("If", "text", "2fr"),
        ("Then", "text", "2fr"),
        ("State", "text", "80px"),
    )
    rows: list[list[lists.Cell]] = [
        [
            rule.position,
            rule.name,
            rule.trigger,
            _conditions(rule),
            _actions(rule, names),
            "on" if rule.enabled else "off",
        ]
        for rule in found
    ]
    if found:
        chosen = lists.draw("automation-rules", "Automation rules", heads, rows, [rule.id for rule in found], 300)
    else:
        chosen = ""
        st.html(
            style.message_html(
                "No automation rule is made yet.",
                "quiet",
                "A rule can tag, assign, close, or run a playbook by itself.",
            )
        )
    opened = next((rule for rule in found if rule.id == chosen), None)
    if opened is not None:
        with st.container(horizontal=True, gap="small", key="automation-rule-do"):
            if st.button("Turn off" if opened.enabled else "Turn on", key="rule-switch"):
                automation.save_rule(store, replace(opened, enabled=not opened.enabled))
                st.rerun()
            if confirm.deleting(f"The rule '{opened.name}' is deleted for good; what it did stays.", "rule-delete"):
                automation.delete_rule(store, opened.id)
                st.rerun()
    with st.expander("Change this rule" if opened else "New rule", expanded=not found):
        automation_rule.draw(opened, names)


def _conditions(rule: AutomationRule) -> str:
    return (
        "; ".join(f"{each.property} {each.operator} {' or '.join(each.values)}" for each in rule.conditions) or "always"
    )


def _actions(rule: AutomationRule, names: dict[str, str]) -> str:
    return "; ".join(
        f"{automation.ACTIONS[each.kind].lower()}: {names.get(each.value, each.value)}" for each in rule.actions
    )


# ---- playbooks ---------------------------------------------------------------------------------------------------------


def _draw_playbooks() -> None:
    store = sources.store()
    allowed = allowed_entries()
    st.html(
        f'<p class="wb-note">Addresses that may be contacted: {style.text(", ".join(allowed) or "none; set WATCHBOOK_RESPONSE_HOSTS")}.</p>'
    )
    found = playbooks.list_playbooks(store)
    heads = (
        ("Playbook", "text", "2fr"),
        ("Kind", "text", "1fr"),
        ("Goes to", "text", "2fr"),
        ("Signed", "text", "90px"),
        ("Tries", "number", "70px"),
    )
    rows: list[list[lists.Cell]] = [
        [each.name, each.kind, _where(each), "yes" if each.secret else "", len(each.retries) + 1] for each in found
    ]
    if found:
        chosen = lists.draw("automation-playbooks", "Playbooks", heads, rows, [each.id for each in found], 260)
    else:
        chosen = ""
        st.html(
            style.message_html(
                "No playbook is made yet.",
                "quiet",
                "A playbook sends an incident to a webhook, a chat, by e-mail, or to a local command.",
            )
        )
    opened = next((each for each in found if each.id == chosen), None)
    if opened is not None:
        _draw_playbook_do(opened)
    with st.expander("Change this playbook" if opened else "New playbook", expanded=not found):
        _draw_playbook_form(opened)


def _where(each: Playbook) -> str:
    if each.kind == "email":
        return ", ".join(each.to)
    # What follows the host may be a secret.
    return each.command or "/".join(each.address.split("/")[:3])


def _draw_playbook_do(opened: Playbook) -> None:
    store = sources.store()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="playbook-do"):
        number = st.text_input("Incident", key="playbook-incident", placeholder="number")
        usable = number.strip().isdigit()
        dry = st.button("Dry run", key="playbook-dry", disabled=not usable)
        wet = st.button("Run", key="playbook-run", disabled=not usable)
        users = [
            rule.name
            for rule in automation.list_rules(store)
            if any(action.kind == "playbook" and action.value == opened.id for action in rule.actions)
        ]
        told = f" Automation rules run it: {', '.join(users)}. They stay, and that action fails." if users else ""
        if confirm.deleting(
            f"The playbook '{opened.name}' is deleted for good; its runs stay.{told}", "playbook-delete"
        ):
            playbooks.delete_playbook(store, opened.id)
            st.rerun()
    if dry or wet:
        incident_response.run_by_hand(opened.id, int(number), dry=dry)


def _draw_playbook_form(each: Playbook | None) -> None:
    key = each.id if each else _NEW
    base = each or Playbook("", "webhook")
    kinds = list(playbooks.KINDS)
    name = st.text_input("Name", base.name, key=f"playbook-name-{key}")
    kind = st.selectbox(
        "Kind",
        kinds,
        index=kinds.index(base.kind),
        format_func=lambda one: playbooks.KINDS[one],
        key=f"playbook-kind-{key}",
    )
    made = replace(base, name=name, kind=kind)
    if kind in ("webhook", "teams", "slack"):
        made = replace(
            made, address=st.text_input("Address", base.address, key=f"playbook-address-{key}", placeholder="https://…")
        )
    if kind == "email":
        made = replace(made, to=_split(st.text_input("To", ", ".join(base.to), key=f"playbook-to-{key}")))
    if kind == "command":
        made = replace(
            made,
            command=st.text_input(
                "Command", base.command, key=f"playbook-command-{key}", help="A file of WATCHBOOK_RESPONSE_COMMANDS"
            ),
        )
    if kind == "webhook":
        made = replace(
            made,
            secret=st.text_input(
                "Variable that holds the secret", base.secret, key=f"playbook-secret-{key}", placeholder="HOOK_SECRET"
            ),
            body=st.text_area(
                "Body as JSON (empty: the body of Sentinel's trigger)", base.body, key=f"playbook-body-{key}", height=90
            ),
        )
    if kind in ("teams", "slack", "email"):
        made = replace(
            made,
            title=st.text_input("Title", base.title, key=f"playbook-title-{key}"),
            text=st.text_area(
                "Text",
                base.text,
                key=f"playbook-text-{key}",
                height=140,
                help="Placeholders: " + ", ".join(playbooks.PLACEHOLDERS),
            ),
        )
    if st.button("Save playbook", type="primary", key=f"playbook-save-{key}"):
        try:
            playbooks.save_playbook(sources.store(), made)
        except WatchbookError as error:
            _told(error)
            return
        st.rerun()


# ---- reports -----------------------------------------------------------------------------------------------------------


def _draw_reports() -> None:
    store = sources.store()
    found = reports.list_reports(store)
    last = {each.report: each for each in reversed(reports.deliveries(store, most=500))}
    heads = (
        ("Report", "text", "2fr"),
        ("Workbook", "text", "2fr"),
        ("When", "text", "2fr"),
        ("Form", "text", "70px"),
        ("Goes to", "text", "2fr"),
        ("Last", "text", "150px"),
        ("Outcome", "text", "90px"),
    )
    rows: list[list[lists.Cell]] = []
    for each in found:
        done = last.get(each.id)
        rows.append([
            each.name, each.workbook.rsplit("/", 1)[-1], _rhythm(each), each.format, each.folder or ", ".join(each.to) or "/".join(each.address.split("/")[:3]),
            lists.when(done.due) if done else "", {"v": done.state, "t": done.state, "tip": done.message} if done else "",
        ])  # fmt: skip
    if found:
        chosen = lists.draw("automation-reports", "Reports", heads, rows, [each.id for each in found], 260)
    else:
        chosen = ""
        st.html(
            style.message_html(
                "No report is made yet.", "quiet", "A report renders a workbook by the clock and delivers it."
            )
        )
    opened = next((each for each in found if each.id == chosen), None)
    if opened is not None:
        _draw_report_do(opened)
    with st.expander("New report", expanded=not found):
        _draw_report_form()


def _rhythm(each: Report) -> str:
    cron = parse_cron(each.cron, each.zone)
    return ("" if each.enabled else "off: ") + f"{cron.describe()} {each.zone}"


def _draw_report_do(opened: Report) -> None:
    store = sources.store()
    with st.container(horizontal=True, gap="small", key="report-do"):
        if st.button("Run now", type="primary", key="report-run"):
            try:
                st.toast(waiting.wait(sources.pool().submit(lambda: run_now(store, opened, engine_of(store)))))
            except WatchbookError as error:
                _told(error)
        if st.button("Turn off" if opened.enabled else "Turn on", key="report-switch"):
            reports.save_report(store, replace(opened, enabled=not opened.enabled))
            st.rerun()
        if confirm.deleting(
            f"The report '{opened.name}' is deleted for good; files that it wrote stay.", "report-delete"
        ):
            reports.delete_report(store, opened.id)
            st.rerun()
    for each in reports.deliveries(store, opened.id, 10):
        st.html(f'<p class="wb-note">{style.text(f"{lists.when(each.due)}: {each.state}. {each.message}")}</p>')


def _draw_report_form() -> None:
    from dashboard import settings

    folders = (settings.workbooks_folder(), settings.shipped("workbooks"))
    names = sorted({file.stem for folder in folders if folder.is_dir() for file in folder.glob("*.json")})
    with st.form("report-new", border=False):
        name = st.text_input("Name")
        workbook = st.selectbox("Workbook", names)
        with st.container(horizontal=True, gap="small"):
            cron = st.text_input(
                "When (cron)", "0 7 * * 1", help="minute hour day-of-month month day-of-week, or @daily, @weekly …"
            )
            zone = st.text_input("Time zone", bar.zone())
            form = st.selectbox("Form", FORMATS)
            span = st.text_input("Time range", "7d", help="empty leaves the workbook's own")
        way = st.selectbox("Deliver", list(reports.DELIVER), format_func=lambda one: reports.DELIVER[one])
        where = st.text_input("Folder, receivers or address")
        if st.form_submit_button("Save report", type="primary"):
            made = Report(
                name=name, workbook=workbook or "", cron=cron, zone=zone, format=form, time_range=span.strip(), deliver=way, folder=where.strip() if way == "folder" else "",
                to=_split(where) if way == "email" else (), address=where.strip() if way == "webhook" else "",
            )  # fmt: skip
            try:
                reports.save_report(sources.store(), made)
            except WatchbookError as error:
                _told(error)
                return
            st.rerun()


# ---- runs --------------------------------------------------------------------------------------------------------------


def _draw_runs() -> None:
    found = running.list_runs(sources.store())
    if not found:
        st.html(style.message_html("Nothing has run yet.", "quiet"))
        return
    heads = (
        ("Asked", "text", "150px"),
        ("What", "text", "90px"),
        ("Name", "text", "2fr"),
        ("Incident", "text", "90px"),
        ("State", "text", "90px"),
        ("Tries", "number", "70px"),
        ("Outcome", "text", "3fr"),
    )
    rows: list[list[lists.Cell]] = [
        [lists.when(run.created), run.kind, run.name, str(run.incident), run.state, run.attempts, run.message]
        for run in found
    ]
    chosen = lists.draw("automation-runs", "Runs", heads, rows, [str(run.id) for run in found], 480)
    run = next((run for run in found if str(run.id) == chosen), None)
    if run is not None and run.message:
        st.html(style.message_html(run.message, "error" if run.state == "failed" else "info"))
