"""The connectors tab of the data page: what each brings, how healthy it is, what depends on it, and how to connect it."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from functools import lru_cache

import streamlit as st

from dashboard.detection.rulebook import list_rules
from dashboard.errors import WatchbookError
from dashboard.ingest.connectors import Health, TableHealth, check
from dashboard.pages import bar, layout, library, sources, style, waiting

_STATES = {
    "healthy": ("Healthy", "is-good"),
    "late": ("Late", "is-warning"),
    "silent": ("Silent", "is-bad"),
    "none": ("No data", "is-none"),
}


def draw() -> None:
    """Draws the tab."""
    try:
        sources.prepare()
        healths = waiting.wait(sources.pool().submit(check, sources.engine()))
    except WatchbookError as error:
        st.html(style.problem_html(error.problem, error.problems[1:]))
        return
    active = sum(health.state == "healthy" for health in healths)
    st.html(
        f'<p class="wb-note">{active} of {len(healths)} connectors sent data lately. Rows are those of the last seven days.</p>'
    )
    workbooks, rules = _users()
    with st.container(key="connectors-page"):
        for health in healths:
            _draw_connector(health, workbooks, rules)


def _draw_connector(health: Health, workbooks: dict[str, frozenset[str]], rules: dict[str, frozenset[str]]) -> None:
    label, look = _STATES[health.state]
    last = health.last
    facts = [f"{health.rows_a_day:,.0f} rows a day", f"last {_time(last)}, {_age(last)} ago" if last else "no row yet"]
    st.html(
        f'<details class="wb-connector"><summary><span class="wb-state {look}">{label}</span><strong>{style.text(health.connector.name)}</strong>'
        f'<span class="wb-note">{style.text(health.connector.about)}</span><span class="wb-note wb-facts">{style.text(" · ".join(facts))}</span></summary>'
        f"{_detail_html(health, workbooks, rules)}</details>"
    )


def _detail_html(health: Health, workbooks: dict[str, frozenset[str]], rules: dict[str, frozenset[str]]) -> str:
    parts = []
    if health.tables:
        head = "".join(
            f"<th>{name}</th>" for name in ("Table", "Rows a day", "Last row", "Delay", "Longest gap", "Schema")
        )
        rows = "".join(_row_html(table) for table in health.tables)
        parts.append(
            f'<div class="wb-table-scroll"><table class="wb-plain"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
    if health.empty:
        parts.append(f'<p class="wb-note">Without rows: {style.text(", ".join(health.empty))}</p>')
    mine = {table.table for table in health.tables} | set(health.connector.tables)
    for words, users in (("Workbooks", workbooks), ("Rules", rules)):
        found = sorted((name for name, tables in users.items() if tables & mine), key=str.lower)
        shown = ", ".join(found[:12]) + (f" and {len(found) - 12} more" if len(found) > 12 else "")
        parts.append(f"<p><strong>{words} that depend on it:</strong> {style.text(shown) if found else 'none'}</p>")
    for words, steps in (
        ("Connect it in Azure", health.connector.azure),
        ("Bring its data here", health.connector.here),
    ):
        items = "".join(f"<li>{style.text(step)}</li>" for step in steps)
        parts.append(f"<p><strong>{words}</strong></p><ol>{items}</ol>")
    return f'<div class="wb-connector-detail">{"".join(parts)}</div>'


def _row_html(table: TableHealth) -> str:
    drift = (
        f"{len(table.drift)} further columns: {', '.join(table.drift[:4])}{' …' if len(table.drift) > 4 else ''}"
        if table.drift
        else "as known"
    )
    cells = (
        table.table, f"{table.rows_a_day:,.0f}", _time(table.last), _age(table.last) if table.last else "",
        f"{table.gap} h" if table.gap > 0 else "none", drift,
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{style.text(cell)}</td>" for cell in cells) + "</tr>"


def _users() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Workbooks and rules by name, with the tables that their queries name."""
    workbooks = {entry.title: frozenset(entry.tables) for entry in library.entries()}
    rules: dict[str, frozenset[str]] = {}
    with suppress(WatchbookError), sources.store().reading() as connection:
        rules = {record.rule.name: _tables_of(record.rule.query) for record in list_rules(connection)}
    return workbooks, rules


@lru_cache(maxsize=2_000)
def _tables_of(query: str) -> frozenset[str]:
    return frozenset(library.tables_in(query))


def _time(moment: dt.datetime | None) -> str:
    if moment is None:
        return ""
    return moment.replace(tzinfo=dt.UTC).astimezone(layout.zone(bar.zone())).strftime("%Y-%m-%d %H:%M")


def _age(moment: dt.datetime) -> str:
    seconds = max(0.0, (dt.datetime.now(dt.UTC).replace(tzinfo=None) - moment).total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
