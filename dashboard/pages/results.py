"""What stands around a query's result, on the query page and in edit mode: its cost in a line, and how it came about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dashboard.engines.local import LocalEngine
from dashboard.engines.protocol import Engine, QueryRequest, TimeSpan
from dashboard.pages import controls, style
from dashboard.table import Table

SENT, SQL, PLAN = "Query sent", "SQL", "Plan"


def run_line(table: Table, seconds: float) -> str:
    """Rows, time and size; of local data also what translating took."""
    rows = f"{len(table):,} row{'' if len(table) == 1 else 's'} in {seconds:.2f} s"
    size = int(table.arrow.nbytes)
    kept = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
    parts = [rows, kept]
    if "translate_seconds" in table.statistics:
        parts.append(f"translated in {1000 * table.statistics['translate_seconds']:.0f} ms")
    return " · ".join(parts)


def sent_text(text: str, span: TimeSpan | None) -> str:
    """The text as the data source got it, and the range of time that it was limited to beside."""
    if span is None:
        return text
    return f"// Time range: {span.start:%Y-%m-%d %H:%M:%S} to {span.end:%Y-%m-%d %H:%M:%S} UTC\n{text}"


def ways(engine: Engine) -> tuple[str, ...]:
    """The names of what can be told of how a query is answered; of local data also its SQL and plan."""
    return (SENT, SQL, PLAN) if isinstance(engine, LocalEngine) else (SENT,)


def way_html(name: str, engine: Engine, request: QueryRequest) -> str:
    """One of them. Raises WatchbookError where the query cannot be translated."""
    if name == SENT or not isinstance(engine, LocalEngine):
        return style.source_html(sent_text(request.text, request.timespan))
    sql, plan = engine.explain(request)
    return style.source_html(sql if name == SQL else plan)


def draw_tabs(key: str, names: Sequence[str], shown: str, choose: Callable[[str], Any], *, folds: bool = False) -> None:
    """Tabs by name; `choose` gets the one that is pressed. With `folds` the open one can be pressed, too: to close it."""
    links = [{"label": name, "selected": name == shown, "enabled": True, "action": "set", "look": ""} for name in names]

    def act(event: controls.Event) -> None:
        at = event.get("index")
        if isinstance(at, int) and 0 <= at < len(names):
            choose(names[at])

    controls.draw("links", key, {"style": "tabs", "big": False, "folds": folds, "links": links}, act)
