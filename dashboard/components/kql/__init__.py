"""The query editor: Monaco with Microsoft's Kusto language service, and a plain text area until it is there or instead of it.

`kql_schema` tells the editors of a page what a query may name, `kql_editor` draws one. The page gets a few kilobytes; Monaco
(2.3 MB compressed) is asked for by the first editor that is drawn.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dashboard.components import component


def encode_schema(
    source: str,
    tables: Iterable[tuple[str, Sequence[tuple[str, str]]]],
    functions: Iterable[tuple[str, str, str]] = (),
) -> bytes:
    """Tables as (name, columns as (name, KQL type)) and stored functions as (name, parameters, body), packed for
    `kql_schema`. A thousand tables are a fifteenth of their JSON, so this is worth keeping between runs of a page."""
    content = {"source": source, "tables": [*tables], "functions": [*functions]}
    return gzip.compress(_json(content), 6, mtime=0)


def kql_schema(schema: bytes, *, key: str) -> None:
    """Tells all editors of the page what a query may name. Draws nothing; Streamlit sends the same bytes once."""
    component("kql")(key=key, data=schema, on_event_change=lambda: None)


def kql_editor(
    text: str,
    *,
    key: str,
    revision: int = 0,
    label: str = "KQL query",
    bar: Mapping[str, Any] | None = None,
    parameters: Sequence[tuple[str, str]] | None = None,
    marks: Sequence[Mapping[str, Any]] = (),
    repair: Mapping[str, Any] | None = None,
    utc: bool = True,
    plain: bool = False,
    live: bool = False,
    on_event: Callable[[], None] = lambda: None,
) -> Mapping[str, Any] | None:
    """Draws an editor. Returns the event of this run or None: {run, text, selection} (run the text `run`, of the whole
    `text`), {range, text} (another time range was chosen), with `live` also {text} (the text changed).

    The reader's text stays until `revision` changes; then it is `text`. `bar` holds range, presets, examples and history of
    the bar above; None leaves the bar out. `parameters` are the workbook parameters, by name and a word about each, that the
    text may hold in braces. `marks` are problems {line, column, message, severity}. `repair` offers a corrected text {text,
    why, diff}. `plain` keeps the text area. `on_event` is called before the run that an event causes; there
    `st.session_state[key]["event"]` is the event.
    """
    content = {
        "text": text, "revision": revision, "label": label, "bar": bar, "parameters": parameters, "marks": [*marks],
        "repair": repair, "utc": utc, "plain": plain, "live": live,
    }  # fmt: skip
    event = component("kql")(key=key, data=_json(content), on_event_change=on_event).get("event")
    return event if isinstance(event, Mapping) else None


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
