"""Loads a workbook from any of its packagings, and saves it back into the same one.

A file is the document itself (gallery JSON), or an ARM template: the document as JSON text in `serializedData`, as an
object in `templateData`, or as a variable that `serializedData` names. In ARM templates a literal that starts with `[`
and ends with `]` is written `[[…]`; it is unescaped on loading and escaped again on saving.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.document.reading import decode, parse_json
from dashboard.document.workbook import (
    ITEM_KINDS,
    Item,
    Package,
    Parameter,
    Workbook,
    list_of,
    parameter_place,
    text_of,
    whole_of,
)
from dashboard.errors import Place, Problem, WatchbookError


def load_workbook(path: str | Path) -> Workbook:
    """The workbook in the file at `path`; the first one where there are several (a WB007 problem then says so).

    Raises WatchbookError: WB001 unreadable, WB002 not JSON, WB003 no workbook in it, WB004 too large, WB005 too deep,
    WB006 the text inside the package is not JSON, WB008 an ARM expression hides the document.
    """
    return _first(load_workbooks(path))


def load_workbooks(path: str | Path) -> tuple[Workbook, ...]:
    """All workbooks in the file at `path`, at least one. Raises as `load_workbook`."""
    file = Path(path)
    try:
        data = file.read_bytes()
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise WatchbookError(Problem("WB001", f"The file cannot be read: {reason}.", place=Place(file.name))) from None
    return _parse(decode(data, file.name), file.name)


def parse_workbook(text: str, name: str) -> Workbook:
    """The workbook in `text`; `name` is its file's name, for messages. Raises as `load_workbook`."""
    return _first(parse_workbooks(text, name))


def parse_workbooks(text: str, name: str) -> tuple[Workbook, ...]:
    """All workbooks in `text`, at least one. Raises as `load_workbook`."""
    limit = settings.integer("workbook_mb")
    if len(text) > limit * 1_000_000:
        raise WatchbookError(
            Problem(
                "WB004", f"The text has {len(text) / 1_000_000:.1f} MB; a workbook may have {limit}.", place=Place(name)
            )
        )
    return _parse(text, name)


def dump_workbook(workbook: Workbook) -> str:
    """The file's text: the document in the package it came in, equal JSON and the same order of keys where nothing was
    changed."""
    return json.dumps(workbook.package.outer, ensure_ascii=False, indent=2) + "\n"


def dump_document(workbook: Workbook) -> str:
    """The document alone, as gallery JSON, whatever it was packed in."""
    return json.dumps(workbook.raw, ensure_ascii=False, indent=2) + "\n"


def replace_document(workbook: Workbook, document: Mapping[str, Any]) -> Workbook:
    """The same file holding another document, which is a new JSON object (never the old one changed in place)."""
    package = workbook.package
    content: Any = document
    if package.form == "document":
        return _workbook(document, workbook.name, replace(package, outer=document))
    if package.form == "string":
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    elif package.escaped:
        content = _escape(document, _expressions(_value_at(package.outer, package.path)))
    outer = _with_value(package.outer, package.path, content)
    return _workbook(document, workbook.name, replace(package, outer=outer))


def parse_item(text: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """One item from its JSON text, and what is malformed in it or in what it holds without keeping it from standing in a
    workbook. Raises WatchbookError: WB002 not JSON, WB004 too large, WB005 too deep, WB010 no object, WB011 no known type, WB012 no
    content."""
    limit = settings.integer("workbook_mb")
    if len(text) > limit * 1_000_000:
        raise WatchbookError(Problem("WB004", f"The text has {len(text) / 1_000_000:.1f} MB; {limit} are allowed."))
    raw = parse_json(text, Place())
    item = _item(raw, "item", 1)
    wrong = [problem for problem in item.problems if problem.code in ("WB010", "WB011", "WB012", "WB006")]
    if wrong:
        raise WatchbookError(*(replace(problem, place=Place()) for problem in wrong))
    return raw, tuple(problem for each in item.walk() for problem in each.problems)


# ---- finding the document ------------------------------------------------------------------------------------------


def _first(found: tuple[Workbook, ...]) -> Workbook:
    if len(found) == 1:
        return found[0]
    names = ", ".join(workbook.name for workbook in found[1:])
    problem = Problem(
        "WB007", f"The file holds {len(found)} workbooks; this is the first. The others: {names}.", "info"
    )
    return replace(found[0], problems=(problem, *found[0].problems))


def _parse(text: str, name: str) -> tuple[Workbook, ...]:
    place = Place(name)
    outer = parse_json(text, place)
    stem = Path(name).stem.removesuffix(".workbook")
    if _is_document(outer):
        return (_workbook(outer, stem, Package("document", outer)),)
    found: list[Workbook] = []
    failed: list[WatchbookError] = []
    is_template = isinstance(outer, dict) and isinstance(outer.get("resources"), list)
    for path, value in _candidates(outer):
        title = _display_name(outer, path) or (stem if not found else f"{stem} {len(found) + 1}")
        if isinstance(value, str):
            try:
                document = parse_json(value, Place(name, path="/".join(map(str, path))), "WB006")
            except WatchbookError as error:
                failed.append(error)
                continue
            if _is_document(document):
                found.append(_workbook(document, title, Package("string", outer, path)))
        else:
            document = _unescape(value) if is_template else value
            found.append(_workbook(document, title, Package("object", outer, path, is_template)))
    if found:
        return tuple(found)
    if failed:
        raise failed[0]
    if any(text_of(value).startswith("[") for _, value in _packed(outer, ())):
        raise WatchbookError(
            Problem(
                "WB008",
                "serializedData is an ARM expression that cannot be worked out without deploying it.",
                place=place,
                hint="Export the workbook from the portal as a gallery template.",
            )
        )
    raise WatchbookError(
        Problem(
            "WB003",
            "This JSON is not a workbook: it has no `items` list, and nothing in it holds one.",
            place=place,
            hint="A workbook is JSON of version Notebook/1.0, or an ARM template of one.",
        )
    )


def _is_document(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return False
    items = value["items"]
    if text_of(value.get("version")).startswith("Notebook") or not items:
        return True
    return any(isinstance(item, dict) and whole_of(item.get("type")) in ITEM_KINDS for item in items)


def _candidates(outer: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Packed documents: text or objects under the format's keys first, then any other object that is a document."""
    packed = list(_packed(outer, ()))
    for path, value in packed:
        if isinstance(value, dict) or text_of(value).lstrip("\ufeff \r\n\t").startswith("{"):
            yield path, value
    taken = [path for path, _ in packed]
    for path, value in _documents(outer, ()):
        if path not in taken:
            yield path, value


def _packed(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for key, child in _children(value):
        here = (*path, key)
        is_text = key == "serializedData" and isinstance(child, str)
        if is_text or (key in ("serializedData", "templateData") and _is_document(child)):
            yield here, child
        elif not _is_document(child):
            yield from _packed(child, here)


def _documents(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for key, child in _children(value):
        if _is_document(child):
            yield (*path, key), child
        else:
            yield from _documents(child, (*path, key))


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _display_name(outer: Any, path: tuple[str | int, ...]) -> str:
    """The literal displayName beside the document, empty where it is an expression."""
    if len(path) < 2:
        return ""
    beside = _value_at(outer, path[:-1])
    name = text_of(beside.get("displayName")) if isinstance(beside, dict) else ""
    return "" if name.startswith("[") else name


def _value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _with_value(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _with_value(value[path[0]], path[1:], new)
    return copy


# ---- ARM's escaping of literals ------------------------------------------------------------------------------------


def _map_strings(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _map_strings(child, change) for key, child in value.items()}
    if isinstance(value, list):
        return [_map_strings(child, change) for child in value]
    return value


def _unescape(value: Any) -> Any:
    return _map_strings(value, lambda text: text[1:] if text.startswith("[[") and text.endswith("]") else text)


def _expressions(value: Any) -> set[str]:
    """The real ARM expressions of the packed document: they stay unescaped."""
    found: set[str] = set()

    def note(text: str) -> str:
        if text.startswith("[") and not text.startswith("[[") and text.endswith("]"):
            found.add(text)
        return text

    _map_strings(value, note)
    return found


def _escape(value: Any, expressions: set[str]) -> Any:
    def escape(text: str) -> str:
        literal = text.startswith("[") and text.endswith("]") and text not in expressions
        return "[" + text if literal else text

    return _map_strings(value, escape)


# ---- typing the document -------------------------------------------------------------------------------------------


def _workbook(document: Mapping[str, Any], name: str, package: Package) -> Workbook:
    problems: list[Problem] = []
    version = text_of(document.get("version"))
    if version != "Notebook/1.0":
        said = f"'{version}'" if version else "absent"
        problems.append(
            Problem("WB014", f"The version should be 'Notebook/1.0'; it is {said}.", "warning", Place(path="version"))
        )
    return Workbook(document, name, _items(document.get("items"), "items", 1), package, tuple(problems))


def _items(entries: Any, path: str, depth: int) -> tuple[Item, ...]:
    return tuple(_item(entry, f"{path}/{number}", depth) for number, entry in enumerate(list_of(entries)))


def _item(raw: Any, path: str, depth: int) -> Item:
    place = Place(path=path)
    if not isinstance(raw, dict):
        return Item(
            raw, path, problems=(Problem("WB010", f"An item must be an object; got {_shown(raw)}.", place=place),)
        )
    problems: list[Problem] = []
    number = whole_of(raw.get("type"))
    if number not in ITEM_KINDS:
        known = ", ".join(f"{key} ({kind})" for key, kind in ITEM_KINDS.items())
        problems.append(
            Problem("WB011", f"The item's type must be one of {known}; got {_shown(raw.get('type'))}.", place=place)
        )
    content = raw.get("content")
    if isinstance(content, str):
        try:
            content = parse_json(content, Place(path=f"{path}/content"), "WB006")
        except WatchbookError as error:
            problems.append(error.problem)
            content = {}
    if not isinstance(content, dict):
        problems.append(Problem("WB012", f"The item's content must be an object; got {_shown(content)}.", place=place))
        content = {}
    parameters: tuple[Parameter, ...] = ()
    items: tuple[Item, ...] = ()
    kind = ITEM_KINDS.get(number) if number is not None else None
    if kind == "parameters":
        parameters = tuple(_parameters(content, path, problems))
    elif kind == "group":
        limit = settings.integer("workbook_groups")
        if depth >= limit and content.get("items"):
            problems.append(
                Problem("WB005", f"Groups nest deeper than {limit} levels; what is deeper is left out.", place=place)
            )
        else:
            items = _items(content.get("items"), f"{path}/items", depth + 1)
            if content.get("items") is not None and not isinstance(content.get("items"), list):
                problems.append(
                    Problem(
                        "WB012", f"A group's items must be a list; got {_shown(content.get('items'))}.", place=place
                    )
                )
    return Item(raw, path, content, items, parameters, tuple(problems))


def _parameters(content: Mapping[str, Any], path: str, problems: list[Problem]) -> Iterator[Parameter]:
    entries = content.get("parameters")
    if entries is not None and not isinstance(entries, list):
        problems.append(
            Problem("WB012", f"The item's parameters must be a list; got {_shown(entries)}.", place=Place(path=path))
        )
    for number, entry in enumerate(list_of(entries)):
        place = parameter_place(path, number)
        if not isinstance(entry, dict):
            problems.append(
                Problem("WB013", f"A parameter must be an object; got {_shown(entry)}.", place=Place(path=place))
            )
            continue
        if not text_of(entry.get("name")):
            problems.append(Problem("WB013", "The parameter has no name.", place=Place(path=place)))
            continue
        yield Parameter(entry, path, place)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}…"
