"""Findings about names: parameters used and declared, circles, conditions that never hold, steps that are looked up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.document.references import references
from dashboard.document.workbook import Item, Parameter, Workbook, list_of, named_parameter, object_of, text_of
from dashboard.errors import Place, Problem

_ITEM_NAMES = ("timeContextFromParameter", "resourceParameter")


@dataclass
class _Names:
    """What is declared up to a place: every name with the values it may have (None: any)."""

    here: dict[str, set[str] | None] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


def check_names(workbook: Workbook) -> list[Problem]:
    """Findings about names in the whole document."""
    found: list[Problem] = []
    everywhere = {name for item in workbook.walk() for name in declares(item)}
    used: set[str] = set()
    _walk(workbook.items, {}, everywhere, used, found)
    for item in workbook.walk():
        used |= item_uses(item)
        found += _lookups(item, workbook)
    for item in workbook.walk():
        for parameter in item.parameters:
            if parameter.name not in used:
                found.append(
                    Problem(
                        "WB104", f"The parameter {parameter.name} is never used.", "info", Place(path=parameter.place)
                    )
                )
    return found


def declares(item: Item) -> dict[str, set[str] | None]:
    """The names an item declares, each with the values it can have where these are listed."""
    names: dict[str, set[str] | None] = {}
    for parameter in item.parameters:
        names[parameter.name] = _values(parameter)
    for entry in item.exports:
        names[text_of(entry.get("parameterName"))] = None
    if item.brush_parameter:
        names[item.brush_parameter] = None
    if item.kind == "links":
        for link in item.links:
            name = text_of(link.get("cellValue"))
            if text_of(link.get("linkTarget")) != "parameter" or not name or references(name):
                continue
            value = text_of(link.get("subTarget"))
            values = names.setdefault(name, set())
            if references(value):
                names[name] = None
            elif values is not None:
                values.add(value)
    return names


def _values(parameter: Parameter) -> set[str] | None:
    """The values of a single choice from fixed JSON; None where anything may be chosen."""
    if parameter.kind not in ("dropdown", "options", "tabs") or parameter.is_multi or parameter.query.strip():
        return None
    try:
        entries = json.loads(parameter.json_data)
    except (ValueError, RecursionError):
        return None
    values: set[str] = set()
    for entry in list_of(entries):
        if isinstance(entry, dict):
            if "value" not in entry:
                return None
            values.add(text_of(entry["value"]))
        else:
            values.add(text_of(entry))
    return values | {text_of(parameter.value)} if values and not references(parameter.json_data) else None


def item_uses(item: Item) -> set[str]:
    """All names an item's own content and conditions use; of a group only the group's."""
    content = {key: value for key, value in item.content.items() if key not in ("items", "parameters")}
    used = set(references(content)) | {condition.parameter for condition in item.conditions}
    used |= {named_parameter(item.content.get(key)) for key in _ITEM_NAMES}
    for parameter in item.parameters:
        used |= parameter_uses(parameter)
    return used - {""}


def parameter_uses(parameter: Parameter) -> set[str]:
    """All names a parameter's definition uses."""
    raw = {key: value for key, value in parameter.raw.items() if key not in ("value", "description", "label", "id")}
    used = set(references(raw)) | {named_parameter(parameter.time_parameter)}
    for context in parameter.criteria:
        used.add(text_of(context.get("leftOperand")))
        for kind, operand in (("rightValType", "rightVal"), ("resultValType", "resultVal")):
            if text_of(context.get(kind)) == "param":
                used.add(text_of(context.get(operand)))
    return used - {""}


def _walk(
    items: tuple[Item, ...],
    outer: Mapping[str, set[str] | None],
    everywhere: set[str],
    used: set[str],
    found: list[Problem],
) -> dict[str, set[str] | None]:
    """Walks in document order with what is declared; gives what the items declared themselves."""
    known = dict(outer)
    own: dict[str, set[str] | None] = {}
    for item in items:
        found += _conditions(item, known)
        found += _circles(item, known)
        mine = set(known) | {parameter.name for parameter in item.parameters}
        for name in sorted(item_uses(item) - mine):
            found.append(_unknown_name(name, item, everywhere))
        if item.kind == "group":
            inner = _walk(item.items, known, everywhere, used, found)
            new = inner if item.exports_parameters else {}
        else:
            new = declares(item)
        for name, values in new.items():
            earlier = known.get(name, set())
            merged = values | earlier if values is not None and earlier is not None and name in known else values
            known[name] = merged if name in known else values
            own[name] = known[name]
    return own


def _unknown_name(name: str, item: Item, everywhere: set[str]) -> Problem:
    if name in everywhere:
        return Problem(
            "WB111",
            f"{{{name}}} is declared only further down, or inside a group that keeps it.",
            "warning",
            Place(path=item.path),
            "Move the declaration up, or export the group's parameters.",
        )
    return Problem("WB103", f"Nothing in this workbook declares {{{name}}}.", "warning", Place(path=item.path))


def _conditions(item: Item, known: Mapping[str, set[str] | None]) -> Iterator[Problem]:
    wanted: dict[str, str] = {}
    for condition in item.conditions:
        if not condition.equal:
            continue
        other = wanted.setdefault(condition.parameter, condition.value)
        if other != condition.value:
            yield Problem(
                "WB106",
                f"The item is never visible: {condition.parameter} would have to be '{other}' and '{condition.value}'.",
                "warning",
                Place(path=item.path),
            )
        values = known.get(condition.parameter)
        if condition.value and values is not None and condition.parameter in known and condition.value not in values:
            yield Problem(
                "WB106",
                f"The item is never visible: {condition.parameter} is never '{condition.value}'.",
                "warning",
                Place(path=item.path),
                f"It can be {', '.join(repr(each) for each in sorted(values) if each)}.",
            )


def _circles(item: Item, known: Mapping[str, Any]) -> Iterator[Problem]:
    """Circles among the parameters of one item: only there can a parameter use a later one. What is `known` before the item
    is meant where a name is used."""
    uses: dict[str, set[str]] = {}
    for parameter in item.parameters:
        if parameter.name in uses:
            continue
        reading = parameter.kind != "time" and (parameter.query.strip() or parameter.json_data or parameter.criteria)
        uses[parameter.name] = parameter_uses(parameter) - {parameter.time_parameter, *known} if reading else set()
    seen: set[frozenset[str]] = set()
    for name in uses:
        circle = _circle_through(name, uses)
        if circle and frozenset(circle) not in seen:
            seen.add(frozenset(circle))
            chain = " → ".join((*circle, circle[0]))
            place = next(each.place for each in item.parameters if each.name == name)
            yield Problem("WB105", f"The parameter {name} depends on itself: {chain}.", "error", Place(path=place))


def _circle_through(start: str, uses: Mapping[str, set[str]]) -> tuple[str, ...]:
    """The shortest way from a name back to itself."""
    ways: list[tuple[str, ...]] = [(start,)]
    visited: set[str] = set()
    for way in ways:
        for name in sorted(uses.get(way[-1], ())):
            if name == start:
                return way
            if name in uses and name not in visited:
                visited.add(name)
                ways.append((*way, name))
    return ()


def _lookups(item: Item, workbook: Workbook) -> Iterator[Problem]:
    """Steps that merges and links name: missing, or more than one."""
    wanted: list[tuple[str, str, str]] = []
    for place, query, query_type in _merge_sources(item):
        if query_type == 7:
            wanted += [(name, place, "merge") for name in _tables(query)]
    for number, link in enumerate(item.links if item.kind == "links" else ()):
        if text_of(link.get("linkTarget")) == "step" and not references(link.get("cellValue")):
            wanted.append((text_of(link.get("cellValue")), f"{item.path}/content/links/{number}", "link"))
    if not wanted:
        return
    names = Counter(each.name for each in workbook.walk())
    for name, place, what in dict.fromkeys(wanted):
        if names[name] == 0 and name and not references(name):
            severity: Any = "error" if what == "merge" else "warning"
            yield Problem(
                "WB110", f"The {what} names the step '{name}', which is not there.", severity, Place(path=place)
            )
        elif names[name] > 1 and what == "merge":
            yield Problem(
                "WB109",
                f"{names[name]} items have the name '{name}' that this merge reads; the nearest before it is taken.",
                "info",
                Place(path=place),
            )


def _merge_sources(item: Item) -> Iterator[tuple[str, str, int]]:
    if item.kind == "query":
        yield f"{item.path}/content/query", item.query, item.query_type
    for parameter in item.parameters:
        yield f"{parameter.place}/query", parameter.query, parameter.query_type


def _tables(query: str) -> list[str]:
    try:
        merges = object_of(json.loads(query)).get("merges")
    except (ValueError, RecursionError):
        return []
    tables = [text_of(object_of(merge).get(key)) for merge in list_of(merges) for key in ("leftTable", "rightTable")]
    return [table for table in tables if table]
