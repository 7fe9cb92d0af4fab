"""The settings page: how to sign in to Azure and which workspaces are asked, tried on the spot; then every setting in force."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from html import escape
from typing import Any

import streamlit as st

from dashboard import settings
from dashboard.engines.azure import connections
from dashboard.engines.azure.check import Report, WorkspaceCheck, check, check_workspace
from dashboard.engines.azure.clouds import CLOUDS
from dashboard.engines.azure.connections import Workspace
from dashboard.engines.azure.identity import KINDS
from dashboard.errors import WatchbookError
from dashboard.pages import bar, confirm, sources, style, waiting
from dashboard.runtime.execute import shared_executor

_REPORT = "wb-azure-report"
_RUNNING = "wb-azure-running"
_TRIED = "wb-azure-tried"
_CHANGES = "settings-changes"
_SECRETS = ("token", "store")


def draw() -> None:
    """Draws the page."""
    bar.draw("settings")
    with st.container(key="wb-page"), style.guard():
        st.html(style.head_html("Settings", "Live data from Azure, and what is in force on this server."))
        with st.container(key="settings-page"):
            try:
                connections.load()
            except WatchbookError as error:
                st.html(style.problem_html(error.problem))
                return
            _draw_sign_in()
            _draw_workspaces()
            _draw_kept()
            _draw_settings()


# ---- sign-in -----------------------------------------------------------------------------------------------------------


def _draw_sign_in() -> None:
    st.html('<h2 class="wb-section">Sign-in to Azure</h2>')
    with st.container(key="settings-sign-in", horizontal=True, gap="small", vertical_alignment="bottom"):
        _choice("Cloud", "azure_cloud", {name: each.label for name, each in CLOUDS.items()})
        _choice("Way to sign in", "azure_credential", KINDS)
        if st.button("Check", type="primary", key="settings-check", help="Signs in and tries every workspace"):
            st.session_state[_RUNNING] = _start()
            st.session_state.pop(_REPORT, None)
    fixed = settings.is_set("azure_changes")
    # What is stored goes before what this tab showed: somebody may have changed it in another one.
    st.session_state[_CHANGES] = connections.changes_allowed()
    st.checkbox(
        "Incidents of Microsoft Sentinel may be changed from here, each after a look at what changes",
        key=_CHANGES, disabled=fixed, on_change=_save_changes,
        help="Set by WATCHBOOK_AZURE_CHANGES in the environment" if fixed else None,
    )  # fmt: skip
    running: Future[Report] | None = st.session_state.get(_RUNNING)
    if running is not None:
        st.session_state[_REPORT] = waiting.wait_azure(running)
        st.session_state.pop(_RUNNING, None)
    report: Report | None = st.session_state.get(_REPORT)
    if report is not None:
        st.html(_identity_html(report))


def _save_changes() -> None:
    with style.guard():
        connections.save(replace(connections.load(), changes=bool(st.session_state[_CHANGES])))


def _choice(label: str, setting: str, names: dict[str, str]) -> None:
    """A drop-down of what may be set up, kept when somebody chooses; the environment goes before it."""
    now, key = connections.chosen(setting), f"settings-{setting}"
    fixed = settings.is_set(setting)
    # As with the permission: what is stored goes before what this tab showed.
    st.session_state[key] = now if now in names else None

    def save() -> None:
        wanted: dict[str, Any] = {setting.removeprefix("azure_"): st.session_state[key] or ""}
        with style.guard():
            connections.save(replace(connections.load(), **wanted))
            st.session_state.pop(_REPORT, None)

    st.selectbox(
        label, list(names), index=0 if now in names else None, key=key, disabled=fixed, on_change=save,
        format_func=lambda name: names[name] if setting == "azure_cloud" else f"{name}: {names[name]}",
        help=f"Set by WATCHBOOK_{setting.upper()} in the environment" if fixed else None,
    )  # fmt: skip


def _start() -> Future[Report]:
    token = sources.user_token()
    return sources.pool().submit(
        lambda: check(lambda ids: sources.live_engine(ids, token), connections.workspaces())
    )  # fmt: skip


def _identity_html(report: Report) -> str:
    if report.identity is None:
        return style.problem_html(report.problem) if report.problem else ""
    who = report.identity
    lines = [f"{who.kind.capitalize()} of tenant {who.tenant or 'unknown'}, in {report.cloud}; renewed by itself"]
    if report.management is not None:
        lines.append(f"Azure Resource Manager: {report.management.message} {report.management.hint}")
    else:
        lines.append(
            f"{_count(report.subscriptions, 'subscription')} and {_count(report.visible, 'workspace')} to be seen"
        )
    return style.message_html(f"You are {who.name}.", "info", lines=lines)


# ---- workspaces --------------------------------------------------------------------------------------------------------


def _draw_workspaces() -> None:
    st.html('<h2 class="wb-section">Workspaces</h2>')
    report: Report | None = st.session_state.get(_REPORT)
    checked = {each.workspace.id: each for each in report.workspaces} if report else {}
    checked |= st.session_state.get(_TRIED, {})
    known = connections.workspaces()
    own = {each.id for each in connections.load().workspaces}
    if not known:
        st.html(style.message_html("No workspace is set yet. Add the first one below.", "info"))
    for workspace in known:
        with st.container(key=f"settings-ws-{_slug(workspace.id)}", horizontal=True, gap="small"):
            st.html(_workspace_html(workspace, checked.get(workspace.id), workspace.id in own))
            if st.button("Test", key=f"test-{workspace.id}"):
                _test(workspace)
            told = "It is no longer asked. It can be added again."
            if workspace.id in own and confirm.deleting(
                told, f"remove-{workspace.id}", label="Remove", act="Remove it"
            ):
                connections.remove_workspace(workspace.id)
                st.rerun()
    _draw_adding()
    others = [each for each in report.visible if each.id not in {w.id for w in known}] if report else []
    if others:
        st.html('<div class="wb-note">Workspaces that you can see and have not added:</div>')
    for workspace in others[:30]:
        with st.container(key=f"settings-seen-{_slug(workspace.id)}", horizontal=True, gap="small"):
            st.html(_workspace_html(workspace, None, True))
            if st.button("Add and test", key=f"add-{workspace.id}"):
                _add(workspace.id, workspace.name, workspace.resource)


def _draw_adding() -> None:
    with st.form("settings-add", border=False, clear_on_submit=False):  # noqa: SIM117 (the row is inside the form)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            written = st.text_input("Workspace id", placeholder="11111111-2222-3333-4444-555555555555", max_chars=400)
            name = st.text_input("Name (optional)", placeholder="Production", max_chars=100)
            asked = st.form_submit_button("Add and test")
    if asked:
        _add(written, name, "")


def _add(written: str, name: str, resource: str) -> None:
    try:
        workspace = connections.add_workspace(written, name, resource)
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return
    _test(workspace)


def _test(workspace: Workspace) -> None:
    """Tries a workspace, then draws the page anew with what came of it."""
    token = sources.user_token()
    work: Callable[[], WorkspaceCheck] = lambda: check_workspace(  # noqa: E731 (one line for the pool)
        sources.live_engine((workspace.id,), token), workspace
    )
    try:
        found = waiting.wait_azure(sources.pool().submit(work))
    except WatchbookError as error:
        found = WorkspaceCheck(workspace, error.problem)
    st.session_state.setdefault(_TRIED, {})[workspace.id] = found
    st.rerun()


def _workspace_html(workspace: Workspace, found: WorkspaceCheck | None, own: bool) -> str:
    name = escape(workspace.label)
    below = "" if workspace.label == workspace.id else f'<span class="wb-kind">{escape(workspace.id)}</span>'
    origin = "" if own else '<span class="wb-tag">from WATCHBOOK_WORKSPACES</span>'
    state, detail = '<span class="wb-tag">not tested</span>' if not found else "", ""
    if found is not None and found.problem is not None:
        state = f'<span class="wb-tag is-missing">{escape(found.problem.code)}</span>'
        detail = f'<div class="wb-detail">{escape(found.problem.message)} {escape(found.problem.hint)}</div>'
    elif found is not None:
        count = f"{len(found.readable)} of {len(found.tables)} tables with data can be read"
        state = f'<span class="wb-tag">{count}</span>'
        refused = [table for table in found.tables if table.problem is not None]
        detail = "".join(
            f'<div class="wb-detail">{escape(table.name)}: {escape(table.problem.message if table.problem else "")}</div>'
            for table in refused[:10]
        )
        if found.readable:
            detail += (
                f'<details class="wb-detail"><summary>Tables</summary>{escape(", ".join(found.readable))}</details>'
            )
    return f'<div class="wb-setting"><div><strong>{name}</strong> {below} {origin} {state}</div>{detail}</div>'


def _count(things: tuple[object, ...], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())


# ---- kept results ------------------------------------------------------------------------------------------------------


def _draw_kept() -> None:
    """What is kept of live results, and a button that forgets it."""
    try:
        engine = sources.live_engine(tuple(each.id for each in connections.workspaces()), sources.user_token())
    except WatchbookError:
        return  # the sign-in above says why
    cache = shared_executor(engine).cache
    count, size = cache.size
    folder = settings.result_cache_folder()
    st.html('<h2 class="wb-section">Kept results of live queries</h2>')
    with st.container(key="settings-ws-kept", horizontal=True, gap="small"):
        where = f"in memory, and on disk in {folder}" if folder else "in memory"
        told = f"{_count((None,) * count, 'result')} {where}, {size / 1e6:,.1f} MB"
        st.html(f'<div class="wb-setting">{escape(told)}</div>')
        if st.button("Forget them", key="settings-forget", disabled=not count and folder is None):
            cache.clear()
            st.rerun()


# ---- everything that is set --------------------------------------------------------------------------------------------


def _draw_settings() -> None:
    st.html('<h2 class="wb-section">Everything that is set</h2>')
    rows = []
    for each in settings.SETTINGS:
        try:
            value = str(settings.setting(each.name))
        except WatchbookError as error:
            value = error.problem.message
        if each.name in _SECRETS and value:
            value = "set"
        changed = ' class="is-changed"' if settings.is_set(each.name) else ""
        rows.append(
            f"<tr{changed}><td><code>{escape(each.variable)}</code></td><td>{escape(value)}</td>"
            f"<td>{escape(each.sentence)}</td></tr>"
        )
    st.html(
        '<details class="wb-settings"><summary>Settings in force on this server, read from its environment</summary>'
        '<div class="wb-table-scroll"><table><thead><tr><th>Variable</th><th>Value</th><th>What it does</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )
