"""The rules page: which rules run and how they fare, the templates to turn on, and one rule to tune, exclude and simulate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.detection.backfill import backfill
from dashboard.detection.moments import from_micros, now_micros
from dashboard.detection.query import Exclusion
from dashboard.detection.rulebook import (
    Record,
    audit_of,
    delete_rule,
    find_rule,
    last_runs,
    list_rules,
    save_rule,
    set_enabled,
)
from dashboard.detection.rules import Rule, read_rules
from dashboard.detection.rules.check import check_query, known_catalog
from dashboard.detection.rules.durations import DAY, read_duration, short_duration
from dashboard.detection.rules.write import write_yaml
from dashboard.detection.shipped import Template, newer, templates
from dashboard.detection.simulate import Simulation, simulate
from dashboard.engines.protocol import CancelToken
from dashboard.errors import WatchbookError
from dashboard.pages import bar, confirm, drawings, incidents, sentinel_live, sources, style
from dashboard.visual.investigation import hits
from dashboard.visual.view import Grid, GridColumn

_CHOSEN = "wb-rules-chosen"
_SIMULATED = "wb-rule-simulated"
_TOLD = "wb-rule-told"
_DAYS = {"1 day": DAY, "3 days": 3 * DAY, "7 days": 7 * DAY, "14 days": 14 * DAY}


def draw() -> None:
    """Draws the page."""
    bar.draw("rules")
    with st.container(key="wb-page"), style.guard():
        sources.prepare()
        chosen = st.query_params.get("rule", "")
        told = st.session_state.pop(_TOLD, None)
        if told is not None:
            st.html(style.problem_html(told))
        if chosen:
            _draw_rule(chosen)
            return
        head = st.container()
        if sentinel_live.chosen("rules"):
            head.html(style.head_html("Rules", "The analytics rules of Microsoft Sentinel, as they are now."))
            sentinel_live.draw_rules()
        else:
            _draw_lists(head)


def _draw_lists(head: DeltaGenerator) -> None:
    with sources.store().reading() as connection:
        records, runs = list_rules(connection), last_runs(connection)
    on = sum(record.enabled for record in records)
    head.html(style.head_html("Rules", f"{on} of {len(records)} rules run by the clock over {sources.labels()[sources.LOCAL].lower()}; {len(templates())} templates to choose from."))  # fmt: skip
    names = (f"Rules ({len(records)})", f"Templates ({len(templates())})", "Add")
    # Who has no rule yet came to choose one.
    mine, shipped, add = st.tabs(names, default=names[0 if records else 1])
    with mine:
        _draw_records(records, runs)
    with shipped:
        _draw_templates({record.rule.template: record for record in records if record.rule.template})
    with add:
        _draw_add()


def _open(rule_id: str) -> None:
    st.query_params["rule"] = rule_id
    st.rerun()


def _grid(rows: list[dict[str, Any]], columns: tuple[GridColumn, ...], key: str, label: str, ids: list[str]) -> None:
    """A grid whose rows are selected by the first column and opened by their names."""
    opened = st.session_state.pop("wb-rule-open", None)
    if opened is not None:
        _open(str(opened))

    def select(picked: tuple[int, ...]) -> None:
        st.session_state[_CHOSEN] = tuple(ids[i] for i in picked if i < len(ids))

    def follow(event: Any) -> None:
        rule_id = drawings.named_by(event)
        if rule_id in ids:
            st.session_state["wb-rule-open"] = rule_id

    positions = tuple(i for i, rule_id in enumerate(ids) if rule_id in st.session_state.get(_CHOSEN, ()))
    with st.container(key=f"wic-{key}"):
        view = Grid(columns, tuple(rows), 560, filter=True, selectable="many")
        drawings.draw(view, key, label, drawings.Reactions(rows=select, link=follow), positions)
    if st.session_state.get("wb-rule-open") is not None:
        _open(str(st.session_state.pop("wb-rule-open")))


def _text(value: str) -> dict[str, Any]:
    return {"v": value, "t": value}


def _link(value: str, rule_id: str) -> dict[str, Any]:
    return {**_text(value), "link": drawings.link_naming(rule_id)}


def _severity(value: str) -> dict[str, Any]:
    return {**_text(value), "icon": incidents.severity_icon(value)}


_NAME = GridColumn("name", "Name", "link", width="3fr")
_LEVEL = GridColumn("sev", "Severity", "icon", width="120px")


def _draw_records(records: list[Record], runs: dict[str, Any]) -> None:
    if not records:
        st.html(
            style.message_html(
                "No rule is turned on yet.", "quiet", "Choose templates on the next tab, or add your own."
            )
        )
        return
    chosen = [record for record in records if record.id in st.session_state.get(_CHOSEN, ())]
    with st.container(key="rules-bulk", horizontal=True, gap="small", vertical_alignment="center"):
        if st.button("Turn on", key="rules-on", disabled=not chosen):
            _set_all([record.id for record in chosen], True)
        if st.button("Turn off", key="rules-off", disabled=not chosen):
            _set_all([record.id for record in chosen], False)
        _draw_backfill([record for record in (chosen or records) if record.enabled or record in chosen])
    rows = []
    for i, record in enumerate(records):
        ran = runs.get(record.id)
        state = "on" if record.enabled else "turned off by failures" if record.turned_off else "off"
        failing = bool(record.problem) and record.enabled
        rows.append({
            "_id": i, "name": _link(record.rule.name, record.id), "sev": _severity(record.rule.severity),
            "state": {**_text("failing" if failing else state), "icon": "failed" if failing or record.turned_off else "success" if record.enabled else "unknown"},
            "every": _text(short_duration(record.rule.frequency) if record.rule.kind != "NRT" else "near real time"),
            "last": _text(f"{incidents.moment(ran.window_end)}: {ran.status}" if ran else "not yet"),
            "from": _text("template, update" if newer(record.rule) else "template, changed" if record.rule.template and record.customised else "template" if record.rule.template else "own"),
        })  # fmt: skip
    columns = (
        _NAME, _LEVEL, GridColumn("state", "State", "icon", width="170px"), GridColumn("every", "Every", "text", width="100px"),
        GridColumn("last", "Last run", "text", width="180px"), GridColumn("from", "Made of", "text", width="140px"),
    )  # fmt: skip
    _grid(rows, columns, "rules-grid", "Rules", [record.id for record in records])


def _set_all(ids: list[str], on: bool) -> None:
    with sources.store().writing() as connection:
        for rule_id in ids:
            set_enabled(connection, rule_id, on, incidents.analyst())
    st.session_state[_CHOSEN] = ()
    st.rerun()


def _draw_backfill(records: list[Record]) -> None:
    """Rules look forward from when they are turned on; this has them look back once."""
    with st.popover("Look back", key="rules-back", help="Run rules over the past once"):
        span = st.selectbox("Over the last", list(_DAYS), index=0, key="rules-back-span")
        st.html(
            f'<div class="wb-note">{style.count(len(records), "rule")}, each in its own windows. What was looked at before stays as it is.</div>'
        )
        if st.button("Run", type="primary", key="rules-back-run", disabled=not records):
            cancel = CancelToken()
            shown = st.progress(0.0, text="Starting")
            try:
                done = backfill(
                    records, sources.engine(), sources.store(), _DAYS[span], cancel=cancel,
                    progress=lambda share, what: shown.progress(min(share, 1.0), text=what),
                )  # fmt: skip
            finally:
                cancel.cancel()
            shown.empty()
            made = len({number for entry in done for number in entry.incidents})
            failed = [f"{entry.rule}: {entry.problem}" for entry in done if entry.problem]
            words = f"{style.count(sum(entry.alerts for entry in done), 'alert')} in {style.count(made, 'incident')}."
            st.html(style.message_html(words, "warning" if failed else "info", "", "", failed[:5]))


def _draw_templates(made: dict[str, Record]) -> None:
    chosen = [t for t in templates() if t.rule.id in st.session_state.get(_CHOSEN, ())]
    with st.container(key="templates-bulk", horizontal=True, gap="small", vertical_alignment="center"):
        if st.button(f"Turn on {len(chosen) or 'selected'}", type="primary", key="templates-on", disabled=not chosen):
            _enable(chosen)
        if st.button("Turn on all", key="templates-all"):
            _enable(list(templates()))
    rows = [
        {
            "_id": i, "name": _link(t.rule.name, t.rule.id), "sev": _severity(t.rule.severity), "tactics": _text(", ".join(t.rule.tactics)),
            "techniques": _text(", ".join(t.rule.techniques)), "used": _text("in use" if t.rule.id in made else ""),
        }
        for i, t in enumerate(templates())
    ]  # fmt: skip
    columns = (
        _NAME, _LEVEL, GridColumn("tactics", "Tactics", "text", width="2fr"),
        GridColumn("techniques", "Techniques", "text", width="1.2fr"), GridColumn("used", "In use", "text", width="80px"),
    )  # fmt: skip
    _grid(rows, columns, "templates-grid", "Rule templates", [t.rule.id for t in templates()])


def _enable(chosen: list[Template]) -> None:
    with sources.store().writing() as connection:
        for template in chosen:
            if find_rule(connection, template.rule.id):
                set_enabled(connection, template.rule.id, True, incidents.analyst())
            else:
                save_rule(connection, template.rule, incidents.analyst(), enabled=True, customised=False)
    st.session_state[_CHOSEN] = ()
    st.rerun()


def _draw_add() -> None:
    st.html('<p class="wb-note">Paste a rule as Sentinel YAML or ARM JSON, or take files.</p>')
    files = st.file_uploader("Files", ["yaml", "yml", "json"], accept_multiple_files=True, key="rules-files")
    text = st.text_area(
        "Rule",
        height=240,
        key="rules-text",
        label_visibility="collapsed",
        placeholder="id: …\nname: …\nkind: Scheduled",
    )
    if st.button("Add", type="primary", key="rules-add", disabled=not (files or text.strip())):
        given = [(f.name, f.getvalue().decode("utf-8-sig", "replace")) for f in files or []]
        given += [("pasted text", text)] if text.strip() else []
        added, problems = 0, []
        for name, content in given:
            for found in read_rules(content, name):
                if found.rule is None:
                    problems += [p.describe() for p in found.problems if p.severity == "error"]
                    continue
                try:
                    with sources.store().writing() as connection:
                        save_rule(connection, found.rule, incidents.analyst(), enabled=False)
                    added += 1
                except WatchbookError as error:
                    problems.append(error.problem.describe())
        words = f"{style.count(added, 'rule')} added, turned off: simulate first, then turn on."
        st.html(style.message_html(words, "warning" if problems else "info", "", "", problems[:10]))


# ---- one rule ----------------------------------------------------------------------------------------------------------


def _draw_rule(rule_id: str) -> None:
    if st.button("All rules", key="rule-back", type="tertiary"):
        st.query_params.pop("rule", None)
        st.session_state.pop(_SIMULATED, None)
        st.rerun()
    with sources.store().reading() as connection:
        record = find_rule(connection, rule_id)
        history = audit_of(connection, rule_id)
    template = next((t for t in templates() if t.rule.id == rule_id), None)
    rule = record.rule if record is not None else template.rule if template is not None else None
    if rule is None:
        st.html(style.message_html("There is no such rule.", "warning"))
        return
    st.html(_rule_head(rule, record))
    with st.container(key="incident-page", horizontal=True, gap="small"):
        with st.container(key="incident-main"):
            tuned, exclusions = _draw_tuning(rule, record)
            _draw_simulation(tuned, exclusions)
        with st.container(key="incident-side"):
            _draw_actions(rule, tuned, exclusions, record)
            _draw_history(history)


def _rule_head(rule: Rule, record: Record | None) -> str:
    state = "a template, not in use" if record is None else "on" if record.enabled else "off"
    words = f"{rule.severity} · {state} · {rule.kind} · every {short_duration(rule.frequency)} over {short_duration(rule.period)} · {rule.trigger}"
    pills = "".join(f'<span class="wb-tag">{style.text(tag)}</span> ' for tag in (*rule.tactics, *rule.techniques))
    below = ""
    if record is not None and (record.turned_off or record.problem):
        below = style.message_html(record.turned_off or record.problem, "error")
    return f"{style.head_html(rule.name, words)}<p>{style.text(rule.description)}</p><div>{pills}</div>{below}"


def _draw_tuning(rule: Rule, record: Record | None) -> tuple[Rule | None, tuple[Exclusion, ...]]:
    """The form of a rule: the rule as it stands in it (None where a value is wrong), and its exclusions."""
    key = f"{rule.id}-{record.version if record else 0}"
    exclusions = list(record.exclusions if record else ())
    with st.container(key="wic-rule-tuning"):
        st.html('<h2 class="wb-title">Tune</h2>')
        with st.container(horizontal=True, gap="small", key="rule-numbers"):
            levels = ["High", "Medium", "Low", "Informational"]
            severity = st.selectbox("Severity", levels, index=levels.index(rule.severity), key=f"rule-sev-{key}")
            scheduled = rule.kind == "Scheduled"
            threshold = st.number_input(
                "More than … results", 0, 10_000, rule.threshold, key=f"rule-thr-{key}", disabled=not scheduled
            )
            every = st.text_input(
                "Run every", value=short_duration(rule.frequency), key=f"rule-freq-{key}", disabled=not scheduled
            )
            back = st.text_input(
                "Look back", value=short_duration(rule.period), key=f"rule-per-{key}", disabled=not scheduled
            )
            quiet = st.text_input(
                "Quiet after an alert",
                value=short_duration(rule.suppression) if rule.suppress else "",
                key=f"rule-quiet-{key}",
                placeholder="not",
            )
        query = st.text_area("Query", value=rule.query, height=260, key=f"rule-query-{key}")
        st.html('<h2 class="wb-title">Exclude</h2>')
        kept = []
        for i, exclusion in enumerate(exclusions):
            why = f", because {exclusion.why}" if exclusion.why else ""
            if st.checkbox(
                f"{exclusion.describe()}{why}".replace("[", "(").replace("]", ")"), value=True, key=f"rule-ex-{key}-{i}"
            ):
                kept.append(exclusion)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="rule-exclude"):
            column = st.text_input("Column", key=f"rule-ex-col-{key}", placeholder="UserName")
            values = st.text_input("Values", key=f"rule-ex-val-{key}", placeholder="separated by commas")
            contains = st.checkbox("contains", key=f"rule-ex-has-{key}")
            why = st.text_input("Why", key=f"rule-ex-why-{key}")
        listed = tuple(part.strip() for part in values.split(",") if part.strip())
        if column.strip() and listed:
            kept.append(Exclusion(column.strip(), listed, contains, why.strip()))
    lengths = [read_duration(every), read_duration(back), read_duration(quiet) if quiet.strip() else 0]
    if any(length is None for length in lengths):
        st.html(style.message_html("A length of time cannot be read. Write 5m, 1h or 14d.", "error"))
        return None, tuple(kept)
    frequency, period, silence = (int(length or 0) for length in lengths)
    tuned = replace(
        rule, severity=severity, threshold=int(threshold), query=query, frequency=frequency if scheduled else rule.frequency,
        period=period if scheduled else rule.period, suppress=bool(silence), suppression=silence or rule.suppression,
    )  # fmt: skip
    checked = read_rules(write_yaml(tuned))[0]
    problems = [p for p in checked.problems if p.severity == "error"]
    problems += [p for p in check_query(tuned, known_catalog()) if p.severity == "error"] if query != rule.query else []
    for problem in problems[:4]:
        st.html(style.problem_html(problem))
    return (None if problems else tuned), tuple(kept)


def _draw_simulation(rule: Rule | None, exclusions: tuple[Exclusion, ...]) -> None:
    with st.container(key="wic-rule-simulation"):
        st.html('<h2 class="wb-title">Simulate</h2>')
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            span = st.selectbox("Over the last", list(_DAYS), index=0, key="rule-sim-span")
            if st.button("Simulate", key="rule-sim", disabled=rule is None) and rule is not None:
                st.session_state[_SIMULATED] = (rule.id, _simulate(rule, exclusions, _DAYS[span]), rule.threshold)
        kept = st.session_state.get(_SIMULATED)
        if rule is None or kept is None or kept[0] != rule.id or kept[1] is None:
            return
        found: Simulation = kept[1]
        view = hits([from_micros(hit.end) for hit in found.hits], [hit.rows for hit in found.hits], [hit.alerts for hit in found.hits], kept[2] if rule.operator == "GreaterThan" else None)  # fmt: skip
        drawings.draw(view, "rule-sim-chart", "Rows of each window against the threshold")
        cut = f" Only the newest {len(found.hits)} windows were looked at." if found.cut else ""
        st.html(
            f'<div class="wb-run-line" role="status">{style.count(len(found.hits), "window")} in {found.seconds:.1f} s: {style.count(len(found.alerts), "alert")}.{cut}</div>'
        )
        if found.alerts:
            from dashboard.detection.alert import entity_label
            from dashboard.pages.incident import rows_grid

            listed = [
                {"Window": incidents.moment(a.window_end), "Alert": a.row["DisplayName"], "Severity": a.row["AlertSeverity"], "Entities": ", ".join(entity_label(e) for e in a.entities[:6])}
                for a in found.alerts[-200:]
            ]  # fmt: skip
            drawings.draw(rows_grid(listed), "rule-sim-alerts", "Alerts that would have been raised")


def _simulate(rule: Rule, exclusions: tuple[Exclusion, ...], span: int) -> Simulation | None:
    shown = st.progress(0.0, text="Starting")
    cancel = CancelToken()
    end = now_micros()
    try:
        return simulate(
            rule, sources.engine(), end - span, end, exclusions=exclusions, cancel=cancel,
            progress=lambda share, what: shown.progress(min(share, 1.0), text=what),
        )  # fmt: skip
    except WatchbookError as error:
        st.html(style.problem_html(error.problem))
        return None
    finally:
        cancel.cancel()
        shown.empty()


def _draw_actions(rule: Rule, tuned: Rule | None, exclusions: tuple[Exclusion, ...], record: Record | None) -> None:
    with st.container(key="wic-rule-actions"):
        st.html('<h2 class="wb-title">This rule</h2>')
        changed = tuned is not None and (tuned != rule or exclusions != (record.exclusions if record else ()))
        if record is None:
            if st.button("Turn on", type="primary", key="rule-make", disabled=tuned is None) and tuned is not None:
                _save(tuned, exclusions, None, True, changed)
        else:
            with st.container(horizontal=True, gap="small"):
                if st.button("Save", type="primary", key="rule-save", disabled=not changed) and tuned is not None:
                    _save(tuned, exclusions, record, record.enabled, True)
                if st.button("Turn off" if record.enabled else "Turn on", key="rule-switch"):
                    _set_all([record.id], not record.enabled)
            update = newer(record.rule)
            if update is not None:
                words = f"The template has version {update.rule.version}; this rule was made of {record.rule.template_version}."
                st.html(style.message_html(words, "info"))
                if st.button("Take over the new version", key="rule-update"):
                    _save(update.rule, record.exclusions, record, record.enabled, False)
            if confirm.deleting("Its alerts and incidents stay.", "rule-delete-do", act="Delete the rule"):
                with sources.store().writing() as connection:
                    delete_rule(connection, record.id, incidents.analyst())
                st.query_params.pop("rule", None)
                st.rerun()
        from dashboard.detection.rules.arm import write_arm

        st.download_button("YAML", write_yaml(rule), f"{rule.id}.yaml", key="rule-yaml")
        st.download_button("ARM template", write_arm([rule]), f"{rule.id}.json", key="rule-arm")


def _save(rule: Rule, exclusions: tuple[Exclusion, ...], record: Record | None, on: bool, customised: bool) -> None:
    try:
        with sources.store().writing() as connection:
            save_rule(
                connection, rule, incidents.analyst(), version=record.version if record else 0, enabled=on,
                exclusions=exclusions, customised=customised,
            )  # fmt: skip
    except WatchbookError as error:
        st.session_state[_TOLD] = error.problem
    st.rerun()


def _draw_history(history: list[Any]) -> None:
    if not history:
        return
    with st.container(key="wic-rule-history"):
        lines = "".join(
            f'<div class="wb-setting"><span class="wb-note">{incidents.moment(e["at"])}, {style.text(e["by"])}</span><br>{style.text(e["action"])}{": " if e["detail"] else ""}{style.text(e["detail"])}</div>'
            for e in history[:12]
        )
        st.html(f'<h2 class="wb-title">History</h2>{lines}')
