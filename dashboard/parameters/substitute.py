"""`{name}` and `{name:format}` in any text of a workbook become the values of parameters.

A name that nothing declares stays as it is: KQL and JSON are full of braces. What was put in is not looked at again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.document.references import REFERENCE
from dashboard.document.references import references as references
from dashboard.parameters.formats import format_value
from dashboard.parameters.splice import State, advance, escape_at
from dashboard.parameters.values import Value

Use = Literal["query", "json", "prose"]

_ALREADY_ESCAPED = ("escape", "escapejson", "base64")


@dataclass(frozen=True, slots=True)
class Context:
    """Where the text is used: in a KQL query, in JSON or another payload, or for a reader (markdown, titles, labels).

    `now` (aware, UTC) ends relative time ranges; `zone` is the reader's, for times in prose.
    """

    use: Use
    now: dt.datetime
    zone: dt.tzinfo = dt.UTC


def substitute(text: str, values: Mapping[str, Value], context: Context) -> str:
    """`text` with every known parameter in place of its reference."""
    if "{" not in text:
        return text
    parts: list[str] = []
    state: State = "code"
    language: Literal["kql", "json"] | None = {"query": "kql", "json": "json"}.get(context.use)  # type: ignore[assignment]
    at = 0
    in_query = context.use != "prose"
    for found in REFERENCE.finditer(text):
        value = values.get(found.group(1))
        if value is None:
            continue
        form = found.group(2) or ""
        before = text[at : found.start()]
        if language is None or value.time is not None:
            # A time range's text is made here, from numbers: it can hold nothing to escape.
            inserted = format_value(value, form, context.now, context.zone, in_query)
            if language:
                state = advance(state, before, language)
        else:
            state = advance(state, before, language)
            outside = state == "code"
            inserted = format_value(
                value,
                form,
                context.now,
                context.zone,
                in_query,
                escaped=outside and language == "kql" and not value.trusted,
            )
            twice = form.strip().lower() in _ALREADY_ESCAPED and state in ("'", '"')
            if not value.trusted and not outside and not twice:
                inserted = escape_at(state, inserted, language)
        if language:
            state = advance(state, inserted, language)
        parts += (before, inserted)
        at = found.end()
    parts.append(text[at:])
    return "".join(parts)


def substitute_deep(value: Any, values: Mapping[str, Value], context: Context) -> Any:
    """A JSON value with every text in it substituted; unchanged parts are shared, not copied."""
    if isinstance(value, str):
        return substitute(value, values, context)
    if isinstance(value, dict):
        changed = {key: substitute_deep(child, values, context) for key, child in value.items()}
        return value if all(changed[key] is value[key] for key in value) else changed
    if isinstance(value, list):
        items = [substitute_deep(child, values, context) for child in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value
