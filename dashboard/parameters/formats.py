"""What `{name:format}` becomes, for every format (section 3 of the format's description).

Format names are matched without regard to case, but for the label of a time range; one that is not known gives the values
without their quotes.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from dashboard.parameters import resources
from dashboard.parameters.splice import escape_json, escape_kql
from dashboard.parameters.values import ALL_LABEL, UNSET_LABEL, Value

LABEL_DELIMITER = ", "


def format_value(
    value: Value, form: str, now: dt.datetime, zone: dt.tzinfo, in_query: bool, escaped: bool = False
) -> str:
    """The text of a value. `in_query` decides what a bare time range becomes; `escaped` escapes each element of a
    multi-select for the quotes that the format puts around it."""
    path = form.strip()
    name = path.lower()
    if path.startswith("$"):
        return json_path(default_text(value, now, zone, in_query), path)
    if value.time is not None:
        if name == "label" and path != "label":
            # Microsoft's own workbooks write `where _TimeReceived {T:Label}` in queries: only the range itself can stand there.
            name = ""
        text = value.time.format(name, now, zone, in_query)
        if text is not None:
            return text
    elif name in _RESOURCE_FORMS:
        return LABEL_DELIMITER.join(_RESOURCE_FORMS[name](each) for each in value.values)
    if name == "label":
        return label_text(value)
    if name == "id":
        ids = [resources.subscription(each) or each if value.kind == "subscription" else each for each in value.values]
        return LABEL_DELIMITER.join(ids)
    if name == "grid":
        return _grid(value)
    if name not in _CONVERSIONS and name not in ("", "value"):
        return _unformatted(value, now, zone, in_query)
    plain = default_text(value, now, zone, in_query, escaped and name not in _CONVERSIONS)
    convert = _CONVERSIONS.get(name)
    return convert(plain) if convert else plain


def default_text(value: Value, now: dt.datetime, zone: dt.tzinfo, in_query: bool, escaped: bool = False) -> str:
    """What a bare `{name}` becomes: the raw value, the quoted list of a multi-select, a time range by its place."""
    if value.time is not None:
        return value.time.query(now) if in_query else value.time.label(now, zone)
    if value.instead is not None:
        # `[]` stands for an empty array: dynamic([{P}]) must give one without elements, not one holding a list.
        if value.instead == "[]":
            return ""
        return f"{value.quote}{value.instead}{value.quote}" if value.many else value.instead
    if not value.many:
        return value.values[0] if value.values else ""
    quote = value.quote
    elements = [escape_kql(each, quote) if escaped and quote in ("'", '"') else each for each in value.values]
    return value.delimiter.join(f"{quote}{each}{quote}" for each in elements)


def _unformatted(value: Value, now: dt.datetime, zone: dt.tzinfo, in_query: bool) -> str:
    """What an unknown format gives: the values without their quotes. Many workbooks misspell `:label`, compare it with
    "All", and work: for a list the default text, in quotes, would not."""
    if value.time is not None or not value.many:
        return default_text(value, now, zone, in_query)
    return value.instead if value.instead is not None else LABEL_DELIMITER.join(value.values)


def label_text(value: Value) -> str:
    """What a person reads: the labels of the choice, `All`, or `<unset>`."""
    if not value.is_set:
        return UNSET_LABEL
    if value.all_chosen:
        return ALL_LABEL
    return LABEL_DELIMITER.join(value.labels or value.values)


def json_path(text: str, path: str) -> str:
    """The part of a JSON text that `path` names: a text as it is, other values as JSON, several as a list; empty where
    the text is no JSON, the path cannot be read, or nothing is there."""
    import jsonpath

    try:
        found: list[Any] = jsonpath.findall(path, json.loads(text))
    except (ValueError, RecursionError, TypeError, jsonpath.JSONPathError):
        return ""
    if not found:
        return ""
    result = found[0] if len(found) == 1 else found
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def _toml_to_json(text: str) -> str:
    import tomllib

    try:
        return json.dumps(tomllib.loads(text), ensure_ascii=False, indent=2, default=str)
    except (tomllib.TOMLDecodeError, RecursionError):
        return ""


def _grid(value: Value) -> str:
    lines = ["| Name | Type | Resource group | Subscription |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {resources.name(each)} | {resources.kind(each)} | {resources.group(each)} | {resources.subscription(each)} |"
        for each in value.values
    ]
    return "\n".join(lines)


_RESOURCE_FORMS: dict[str, Callable[[str], str]] = {
    "name": resources.name,
    "subscriptionid": lambda each: resources.subscription(each) or each,
    "subscription": lambda each: resources.subscription(each) or each,
    "subid": lambda each: f"'{resources.subscription(each) or each}'",
    "resourcegroup": resources.group,
    "resourcetype": resources.kind,
}
_CONVERSIONS: dict[str, Callable[[str], str]] = {
    "escape": escape_kql,
    "escapejson": escape_json,
    "base64": lambda text: base64.b64encode(text.encode("utf-8", "replace")).decode(),
    "tomltojson": _toml_to_json,
}
