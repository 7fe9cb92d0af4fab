"""Threshold rules of grids, tiles, stats, maps and graphs: the first row that holds decides icon or colour and text."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.table import KqlType
from dashboard.visual.cells import Record, expand, text_of
from dashboard.visual.numbers import as_number
from dashboard.visual.patterns import matches


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says: `representation` is an icon's or colour's name, `text` a format with `{0}` and `{1}`."""

    representation: str
    text: str
    tooltip: str = ""


def first_match(
    rules: Any, value: Any, kind: KqlType, record: Record, types: Mapping[str, KqlType], zone: dt.tzinfo = dt.UTC
) -> Outcome | None:
    """The first rule that holds for a cell, else the `Default` one wherever it stands, else None.

    A rule with `sourceColumn` looks at that column's cell instead.
    """
    fallback: Outcome | None = None
    for rule in rules if isinstance(rules, Sequence) and not isinstance(rules, str) else ():
        if not isinstance(rule, Mapping):
            continue
        operator = str(rule.get("operator") or "")
        source = rule.get("sourceColumn")
        left, left_kind = value, kind
        if isinstance(source, str) and source in types:
            left, left_kind = record.get(source), types[source]
        if operator.lower() == "default":
            fallback = fallback or _outcome(rule)
            continue
        right = rule.get("thresholdValue")
        wanted = expand(right, record, types, zone=zone) if isinstance(right, str) else _plain(right)
        if holds(left, left_kind, operator, wanted):
            return _outcome(rule)
    return fallback


def holds(value: Any, kind: KqlType, operator: str, wanted: str) -> bool:
    """Whether `value operator wanted` is true. Numbers are compared as numbers where both sides are numbers; texts without
    regard to case."""
    text = text_of(value, kind)
    if kind == "timespan" and isinstance(value, int):
        value = value / 10_000_000
    name = operator.replace(" ", "").lower()
    match name:
        case "isempty" | "isnull":
            return value is None or text == "" or text in ("[]", "{}")
        case "isnotempty" | "isnotnull":
            return not (value is None or text == "")
        case "regex":
            return matches(wanted, text)
        case "contains":
            return wanted.casefold() in text.casefold()
        case "notcontains":
            return wanted.casefold() not in text.casefold()
        case "startswith":
            return text.casefold().startswith(wanted.casefold())
        case "notstartswith":
            return not text.casefold().startswith(wanted.casefold())
        case "endswith":
            return text.casefold().endswith(wanted.casefold())
        case "notendswith":
            return not text.casefold().endswith(wanted.casefold())
    left: Any = as_number(value)
    right: Any = as_number(wanted)
    if left is None or right is None:
        if value is None and name not in ("==", "!="):
            return False
        left, right = text.casefold(), wanted.casefold()
    match name:
        case "==" | "=":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
    return False


def _outcome(rule: Mapping[str, Any]) -> Outcome:
    tip = rule.get("tooltipFormat")
    tooltip = tip.get("tooltip") if isinstance(tip, Mapping) else None
    representation = rule.get("representation")
    return Outcome(
        representation if isinstance(representation, str) else "",
        str(rule.get("text") or ""),
        tooltip if isinstance(tooltip, str) else "",
    )


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
