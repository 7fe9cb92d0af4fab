"""The query editor on a page: it knows the tables of the chosen data source, and hands what a person does to a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from dashboard.components.kql import encode_schema, kql_editor, kql_schema
from dashboard.document.resource_graph import GRAPH_COLUMNS, GRAPH_TABLES
from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import TableInfo
from dashboard.errors import Problem
from dashboard.pages import bar, sources

Event = Mapping[str, Any]


def draw(
    key: str,
    text: str,
    on_event: Callable[[Event], None],
    *,
    revision: int = 0,
    label: str = "KQL query",
    tools: Mapping[str, Any] | None = None,
    parameters: Sequence[tuple[str, str]] | None = None,
    problems: Sequence[Problem] = (),
    repair: Mapping[str, Any] | None = None,
    live: bool = False,
    plain: bool = False,
    graph: bool = False,
) -> None:
    """Draws an editor over the tables of this session's data source, or those of Azure Resource Graph. The arguments are those
    of `components.kql.kql_editor`; `problems` are marked at their places. `on_event` gets {run, text, selection}, {range,
    text} or, with `live`, {text}, before the page runs anew."""

    def changed() -> None:
        event = st.session_state[key].get("event")
        if isinstance(event, Mapping):
            on_event(event)

    schema = _graph_schema() if graph else _schema()
    if schema:
        with st.container(key=f"{key}-schema"):
            kql_schema(schema, key=f"{key}-names")
    kql_editor(
        text,
        key=key,
        revision=revision,
        label=label,
        bar=tools,
        parameters=parameters,
        marks=[mark for problem in problems if (mark := _mark(problem))],
        repair=repair,
        utc=bar.utc(),
        live=live,
        plain=plain,
        on_event=changed,
    )


def _mark(problem: Problem) -> dict[str, Any] | None:
    if problem.place.line is None:
        return None
    return {
        "line": problem.place.line, "column": problem.place.column or 1,
        "message": " ".join(part for part in (problem.message, problem.hint) if part),
        "severity": "error" if problem.severity == "error" else "warning",
    }  # fmt: skip


def _schema() -> bytes:
    """What a query of the chosen source may name; nothing while it is being asked for."""
    try:
        engine = sources.engine()
        if engine.name == sources.LOCAL:
            return _local(engine.version())
        # A workspace is asked in the background, and a later run of the page has its answer.
        asked = sources.live_tables(engine)
        return _live(engine.name, tuple(asked.result())) if asked.done() else b""
    except Exception:  # noqa: BLE001 - an editor without completion is better than none
        return b""


@lru_cache(maxsize=1)
def _graph_schema() -> bytes:
    return encode_schema("resource_graph", [(table, GRAPH_COLUMNS) for table in GRAPH_TABLES])


@lru_cache(maxsize=2)
def _local(_version: str) -> bytes:
    engine = sources.engine()
    functions = []
    if isinstance(engine, LocalEngine):
        functions = [(f.name, f.parameters, f.body) for f in engine.catalog().functions.values()]
    return encode_schema(engine.name, [(table.name, table.columns) for table in engine.tables()], functions)


@lru_cache(maxsize=4)
def _live(name: str, tables: tuple[TableInfo, ...]) -> bytes:
    return encode_schema(name, [(table.name, table.columns) for table in tables])
