"""The form of an automation rule: when, if, and the actions one after another, each chosen from what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.detection.incidents.incident import CLASSIFICATIONS, SEVERITIES, STATUSES
from dashboard.detection.response import automation
from dashboard.detection.response.automation import Action, AutomationRule, Condition
from dashboard.errors import WatchbookError
from dashboard.pages import sources, style

_TEXTS = {"owner": "Owner, empty for nobody", "tag": "Tags, separated by commas", "task": "Task", "comment": "Comment"}
_NO_REASON = "no reason"


def draw(rule: AutomationRule | None, names: Mapping[str, str]) -> None:
    """Draws the form of a rule, or of a new one, and saves it. `names` are the playbooks by id."""
    import pandas as pd

    key = rule.id if rule else "new"
    name = st.text_input("Name", rule.name if rule else "", key=f"rule-name-{key}")
    triggers = list(automation.TRIGGERS)
    trigger = st.selectbox(
        "When", triggers, index=triggers.index(rule.trigger) if rule else 0, format_func=lambda each: automation.TRIGGERS[each],
        key=f"rule-trigger-{key}",
    )  # fmt: skip
    given = rule.conditions if rule else (Condition("severity", "equals", ("High",)),)
    columns = ("property", "operator", "values")
    conditions = st.data_editor(
        pd.DataFrame([(each.property, each.operator, ", ".join(each.values)) for each in given], columns=columns, dtype="str"),
        num_rows="dynamic", hide_index=True, width="stretch", key=f"rule-if-{key}",
        column_config={
            "property": st.column_config.SelectboxColumn("If", options=list(automation.PROPERTIES), required=True),
            "operator": st.column_config.SelectboxColumn("Comparison", options=list(automation.OPERATORS), required=True),
            "values": st.column_config.TextColumn("one of (separated by commas)", required=True),
        },
    )  # fmt: skip
    actions = _draw_actions(rule.actions if rule else (Action("tag", "triage"),), key, names)
    order = st.number_input(
        "Order", 0, 1000, rule.position if rule else 0, key=f"rule-order-{key}", help="0: after the others"
    )
    expires = st.text_input(
        "Ends", rule.expires if rule else "", key=f"rule-ends-{key}", placeholder="2027-01-31, empty for never"
    )
    if st.button("Save rule", type="primary", key=f"rule-save-{key}"):
        made = AutomationRule(
            id=rule.id if rule else "", name=name, trigger=trigger, position=int(order), enabled=rule.enabled if rule else True,
            expires=expires.strip(), extra=rule.extra if rule else {}, actions=actions,
            conditions=tuple(
                Condition(str(name), str(operator), _split(str(values or "")))
                for name, operator, values in conditions.itertuples(index=False)
            ),
        )  # fmt: skip
        try:
            automation.save_rule(sources.store(), made)
        except WatchbookError as error:
            st.html("".join(style.problem_html(problem) for problem in error.problems))
            return
        st.session_state.pop(_rows_key(key), None)
        st.rerun()


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace("\n", ",").split(",") if part.strip())


def _rows_key(key: str) -> str:
    return f"rule-actions-{key}"


def _draw_actions(actions: Sequence[Action], key: str, names: Mapping[str, str]) -> tuple[Action, ...]:
    """The rows of actions; gives them as they are chosen now."""
    rows: dict[int, Action] = st.session_state.setdefault(_rows_key(key), dict(enumerate(actions)))
    st.html('<p class="wb-note">Then, one after another:</p>')
    chosen = []
    for number in list(rows):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key=f"rule-action-{key}-{number}"):
            chosen.append(_draw_action(rows[number], f"{key}-{number}", names))
            st.button(
                "✕", key=f"rule-action-out-{key}-{number}", help="Take this action out", disabled=len(rows) == 1,
                on_click=rows.__delitem__, args=(number,),
            )  # fmt: skip
    added = Action("playbook", next(iter(names), "")) if names else Action("tag", "triage")
    st.button("Add an action", key=f"rule-action-add-{key}", on_click=rows.__setitem__, args=(max(rows) + 1, added))
    return tuple(chosen)


def _draw_action(action: Action, key: str, names: Mapping[str, str]) -> Action:
    kinds = list(automation.ACTIONS)
    kind = st.selectbox(
        "Action", kinds, index=kinds.index(action.kind), format_func=lambda each: automation.ACTIONS[each],
        key=f"rule-kind-{key}",
    )  # fmt: skip
    value, where = action.value if kind == action.kind else "", f"rule-value-{kind}-{key}"
    if kind == "playbook":
        if not names:
            st.html('<p class="wb-note">No playbook is made yet: make one under Playbooks.</p>')
            return Action(kind, "")
        return Action(kind, _choose("Playbook", names, value, where))
    if kind == "severity":
        return Action(kind, _choose("Severity", {each: each for each in reversed(SEVERITIES)}, value, where))
    if kind == "status":
        return Action(kind, _choose("Status", {each: each for each in STATUSES if each != "Closed"}, value, where))
    if kind == "close":
        closing = _choose("As", {each: each for each in CLASSIFICATIONS}, value, where)
        reasons = {"": _NO_REASON} | {each: each for each in CLASSIFICATIONS[closing] if each}
        reason = _choose("Because", reasons, action.reason, f"rule-reason-{closing}-{key}")
        return Action(kind, closing, reason)
    return Action(kind, st.text_input(_TEXTS[kind], value, key=where))


def _choose(label: str, options: Mapping[str, str], value: str, key: str) -> str:
    """One of `options` (value to what is shown); one that is gone is not chosen in silence."""
    values = list(options)
    at = values.index(value) if value in options else None if value else 0
    return (
        st.selectbox(label, values, index=at, format_func=lambda each: options[each], key=key, placeholder="gone") or ""
    )
