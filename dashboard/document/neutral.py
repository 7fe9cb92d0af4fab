"""Queries with neutral values in place of parameters, so that they can be judged without running the workbook."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from dashboard.document.references import REFERENCE
from dashboard.document.workbook import Parameter, Workbook, list_of, text_of

_TIMES: Mapping[str, str] = {
    "": "> ago(1d)", "value": "> ago(1d)", "query": "> ago(1d)", "start": "datetime(2026-01-01)", "end": "datetime(2026-01-02)",
    "grain": "1h", "seconds": "86400", "startiso": "2026-01-01T00:00:00Z", "endiso": "2026-01-02T00:00:00Z",
    "startdateiso": "2026-01-01T00:00:00Z", "enddateiso": "2026-01-02T00:00:00Z", "durationiso": "PT24H", "label": "Last 24 hours",
}  # fmt: skip
_LITERAL = re.compile(
    r"""//[^\n]*|@'(?:[^']++|'')*+(?:'|\Z)|@"(?:[^"]++|"")*+(?:"|\Z)|'(?:[^'\\\n]++|\\.)*+(?:'|\\?(?:$|\n))"""
    r"""|"(?:[^"\\\n]++|\\.)*+(?:"|\\?(?:$|\n))|```(?:[^`]++|`(?!``))*+(?:```|\Z)""",
    re.DOTALL,
)


def neutral_query(text: str, parameters: Mapping[str, Parameter]) -> str | None:
    """The query with a value for every reference: the saved one, the first option, or a plain word inside a literal. None
    where nothing is known of a reference that stands in the code itself: it may be any piece of KQL."""
    literals = [(found.start(), found.end()) for found in _LITERAL.finditer(text)]
    parts: list[str] = []
    at = 0
    for found in REFERENCE.finditer(text):
        inside = any(start < found.start() and found.end() < end for start, end in literals)
        value = _value(parameters.get(found.group(1)), (found.group(2) or "").strip().lower(), inside)
        if value is None:
            return None
        parts += (text[at : found.start()], value)
        at = found.end()
    return "".join([*parts, text[at:]])


def declarations(workbook: Workbook) -> dict[str, Parameter]:
    """Every parameter by name; of several declarations one with a saved value."""
    found: dict[str, Parameter] = {}
    for item in workbook.walk():
        for parameter in item.parameters:
            if parameter.name not in found or not found[parameter.name].value:
                found[parameter.name] = parameter
    return found


def _value(parameter: Parameter | None, form: str, inside: bool) -> str | None:
    if parameter is not None and parameter.kind == "time":
        return _TIMES.get(form, "> ago(1d)")
    known = _known_value(parameter) if parameter is not None else None
    if inside:
        return known if known is not None and re.fullmatch(r"[\w ./:-]+", known) else "x"
    if parameter is None:
        return None
    if parameter.is_multi and form in ("", "value"):
        return f"{parameter.quote}{known if known is not None else 'x'}{parameter.quote}" if parameter.quote else known
    return known if form in ("", "value") else None


def _known_value(parameter: Parameter) -> str | None:
    """A value that the definition itself tells."""
    saved = parameter.value
    first = saved[0] if isinstance(saved, list) and saved else saved
    text = text_of(first)
    if text and not text.startswith("value::"):
        return text
    if parameter.select_all_value and text == "value::all":
        return parameter.select_all_value
    try:
        options = list_of(json.loads(parameter.json_data)) if parameter.json_data else []
    except (ValueError, RecursionError):
        options = []
    for option in options:
        value = text_of(option.get("value") if isinstance(option, dict) else option)
        if value:
            return value
    return None
