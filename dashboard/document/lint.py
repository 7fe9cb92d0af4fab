"""What is wrong or doubtful in a workbook, found without running it: `check` gives everything as problems with places.

An error is something that cannot work; a warning very likely is not what its author meant; info is worth a look.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard.document import known
from dashboard.document.known_settings import SETTINGS, Shape
from dashboard.document.lint_names import check_names
from dashboard.document.neutral import declarations, neutral_query
from dashboard.document.references import references
from dashboard.document.resource_graph import with_table
from dashboard.document.workbook import VISUALIZATIONS, Item, Parameter, Workbook, list_of, object_of, text_of, whole_of
from dashboard.errors import Place, Problem, Severity

QueryCheck = Callable[[str], Sequence[Problem]]
"""From a query's text, neutral values in place of its parameters, to its problems; places are its lines and columns."""


def check(workbook: Workbook, check_query: QueryCheck | None = None) -> list[Problem]:
    """All findings, in document order, every one with the path of what it is about. `check_query` judges log, Resource Graph
    and Data Explorer queries; without it queries are not looked into."""
    found = list(workbook.problems)
    parameters = declarations(workbook) if check_query is not None else {}
    found += _unknown_keys(workbook.raw, known.DOCUMENT_KEYS, "", "the document")
    for item in workbook.walk():
        found += item.problems
        found += _item(item)
        if check_query is not None:
            found += _queries(item, check_query, parameters)
    found += _titles(workbook.items)
    found += check_names(workbook)
    order = {item.path: number for number, item in enumerate(workbook.walk())}
    return sorted(found, key=lambda problem: order.get(_item_path(problem.place.path), -1))


def _item_path(path: str) -> str:
    return path.partition("/content")[0]


def _problem(code: str, message: str, path: str, severity: Severity = "warning", hint: str = "") -> Problem:
    return Problem(code, message, severity, Place(path=path), hint)


def _item(item: Item) -> Iterator[Problem]:
    if not item.keys:
        return
    yield from _unknown_keys(item.keys, known.ITEM_KEYS, item.path, "an item")
    place = f"{item.path}/content"
    if item.kind in known.CONTENT_KEYS:
        yield from _unknown_keys(item.content, known.CONTENT_KEYS[item.kind], place, f"a {item.kind} item")
        for key, written in item.content.items():
            yield from _settings(key, written, SETTINGS.get(key), f"{place}/{key}")
    if isinstance(item.keys.get("content"), str):
        yield _problem("WB107", "The content is a JSON string; newer workbooks hold the object itself.", place, "info")
    if "halfWidth" in item.keys:
        yield _problem(
            "WB107", "halfWidth is an old form of customWidth.", item.path, "info", 'Write "customWidth": "50".'
        )
    for entry in [item.keys.get("conditionalVisibility"), *list_of(item.keys.get("conditionalVisibilities"))]:
        comparison = text_of(object_of(entry).get("comparison"))
        if isinstance(entry, dict) and comparison not in known.COMPARISONS:
            yield _value("comparison", comparison, known.COMPARISONS, item.path)
    match item.kind:
        case "text":
            style = item.text_style
            if style and not references(style) and style not in known.TEXT_STYLES:
                yield _value("style", style, known.TEXT_STYLES, place)
        case "query":
            yield from _query_item(item, place)
        case "parameters":
            if item.text_style and item.text_style not in known.PARAMETER_STYLES:
                yield _value("style", item.text_style, known.PARAMETER_STYLES, place)
            for parameter in item.parameters:
                yield from _parameter(parameter)
        case "links":
            if item.text_style and item.text_style not in known.LINK_STYLES:
                yield _value("style", item.text_style, known.LINK_STYLES, place)
            yield from _links(item, place)
        case "group":
            for key, values in (("loadType", known.LOAD_TYPES), ("groupType", known.GROUP_TYPES)):
                written = item.content.get(key)
                if written is not None and text_of(written) not in values:
                    yield _value(key, written, values, place)
        case "metric":
            if text_of(item.content.get("version")) == "MetricsItem/1.0":
                yield _problem("WB107", "MetricsItem/1.0 is an old form of MetricsItem/2.0.", place, "info")


def _query_item(item: Item, place: str) -> Iterator[Problem]:
    if item.visualization and item.visualization not in VISUALIZATIONS:
        yield _value("visualization", item.content.get("visualization"), VISUALIZATIONS, place)
    size = item.content.get("size")
    if size is not None and whole_of(size) not in known.SIZES:
        yield _value("size", size, known.SIZES, place)
    if item.query_type not in known.QUERY_TYPES:
        yield _value("queryType", item.content.get("queryType"), known.QUERY_TYPES, place)
    elif item.query_type == 2:
        yield _problem(
            "WB107", "The alerts data source was removed.", place, "warning", "Query alertsmanagementresources instead."
        )
    if not item.query.strip() and item.query_type in (0, 1):
        yield _problem("WB102", "The query is empty.", f"{place}/query", "warning")
    for key in ("showQuery", "showAnnotations"):
        if key in item.content:
            yield _problem("WB107", f"{key} is an old key that the portal no longer reads.", place, "info")
    if "unit" in object_of(object_of(item.content.get("chartSettings")).get("ySettings")):
        yield _problem("WB107", "ySettings.unit is an old form of numberFormatSettings.", place, "info")


def _parameter(parameter: Parameter) -> Iterator[Problem]:
    yield from _unknown_keys(parameter.raw, known.PARAMETER_KEYS, parameter.place, "a parameter")
    yield from _unknown_keys(
        parameter.settings, known.TYPE_SETTINGS_KEYS, f"{parameter.place}/typeSettings", "typeSettings"
    )
    if parameter.kind == "unknown":
        yield _value("type", parameter.raw.get("type"), (1, 2, 4, 5, 6, 7, 8, 9, 10, 11), parameter.place)
    name = parameter.name
    if not (name.isidentifier() and name.isascii()):
        yield _problem(
            "WB013", f"'{name}' cannot be referred to: a name is letters, digits and underscores.", parameter.place
        )
    if parameter.query.strip() and parameter.query_type not in known.QUERY_TYPES:
        yield _value("queryType", parameter.raw.get("queryType"), known.QUERY_TYPES, parameter.place)


def _links(item: Item, place: str) -> Iterator[Problem]:
    for number, link in enumerate(item.links):
        here = f"{place}/links/{number}"
        yield from _unknown_keys(link, known.LINK_KEYS, here, "a link")
        target = text_of(link.get("linkTarget"))
        if target and target not in known.LINK_TARGETS:
            yield _value("linkTarget", target, known.LINK_TARGETS, here)
        if target != "Url":
            continue
        address = text_of(link.get("cellValue")).strip()
        if address and not address.startswith("{") and not address.lower().startswith(known.OPENED_SCHEMES):
            yield _problem(
                "WB112", f"The address '{address[:60]}' is not opened.", here, "warning", "Use http, https or mailto."
            )


def _queries(item: Item, check_query: QueryCheck, parameters: Mapping[str, Parameter]) -> Iterator[Problem]:
    """What the check says of each query. With parameters in it, the text that runs is another: then an error is a warning."""
    sources: list[tuple[str, str, int]] = []
    if item.kind == "query":
        sources.append((f"{item.path}/content/query", item.query, item.query_type))
    sources += [(f"{each.place}/query", each.query, each.query_type) for each in item.parameters]
    for place, text, query_type in sources:
        if query_type not in (0, 1) or not text.strip():
            continue
        neutral = neutral_query(text, parameters)
        if neutral is None:
            continue
        if query_type == 1:
            neutral = with_table(neutral)
        for problem in check_query(neutral):
            severity: Severity = "warning" if neutral != text and problem.severity == "error" else problem.severity
            yield replace(problem, severity=severity, place=replace(problem.place, path=place))


def _titles(items: tuple[Item, ...], headed: bool = False) -> Iterator[Problem]:
    """A chart or grid that a reader cannot tell the subject of: no title, and no text or titled group before it."""
    for item in items:
        if item.kind == "group":
            yield from _titles(item.items, headed or bool(item.title))
        elif item.kind in ("query", "metric") and not item.title.strip() and not headed:
            yield _problem(
                "WB108", "The item has no title, and no heading before it.", item.path, "info", "Give it a title."
            )
        headed = item.kind == "text" or bool(item.title)


def _unknown_keys(written: Mapping[str, Any], keys: Collection[str], path: str, where: str) -> Iterator[Problem]:
    for key in written:
        if key in keys:
            continue
        near = difflib.get_close_matches(key, keys, 1, 0.8)
        if near:
            yield _problem("WB101", f"'{key}' is not a key of {where}.", path, "warning", f"Did you mean '{near[0]}'?")
        else:
            yield _problem("WB101", f"'{key}' is not a key of {where} that the format knows.", path, "info")


def _settings(key: str, written: Any, shape: Shape, place: str) -> Iterator[Problem]:
    """Of a setting and what is in it."""
    if isinstance(shape, frozenset):
        # Numbers stand as texts as well, and null for what is not set; a parameter may give the value.
        known_value = isinstance(written, str | int | float) and (written in shape or whole_of(written) in shape)
        if written is not None and not known_value and "{" not in text_of(written):
            yield _value(key, written, shape, place.rpartition("/")[0])
    elif isinstance(shape, Mapping) and isinstance(written, list):
        for number, each in enumerate(written):
            yield from _settings(key, each, shape, f"{place}/{number}")
    elif isinstance(shape, Mapping) and isinstance(written, Mapping):
        yield from _unknown_keys(written, shape, place, key)
        for inner, value in written.items():
            yield from _settings(inner, value, shape.get(inner), f"{place}/{inner}")


def _value(key: str, written: Any, allowed: Collection[Any], path: str) -> Problem:
    names = ", ".join(str(each) for each in sorted(allowed, key=lambda each: (isinstance(each, str), each)))
    near = difflib.get_close_matches(text_of(written), [str(each) for each in allowed], 1, 0.7)
    hint = f"Did you mean '{near[0]}'?" if near else ""
    return _problem("WB102", f"{key} must be one of {names}; got '{text_of(written)}'.", path, "warning", hint)
