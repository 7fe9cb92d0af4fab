"""What a cell, tile or link item may open. Only http, https and mailto addresses ever become links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from dashboard.table import KqlType
from dashboard.visual.cells import Record, text_of
from dashboard.visual.resources import portal_address

_SCHEMES = frozenset({"http", "https", "mailto"})


def safe_address(text: str) -> str:
    """The address if it may be opened from a page, else nothing: no scripts, no files, no relative paths, no hidden
    characters, no user names that disguise a host."""
    trimmed = text.strip()
    if (
        not trimmed
        or len(trimmed) > 4_000
        or any(ord(c) < 33 or c in "\"'<>`\\" or 0x7F <= ord(c) <= 0xA0 for c in trimmed)
    ):
        return ""
    try:
        parts = urlsplit(trimmed)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme.lower() not in _SCHEMES:
        return ""
    if parts.scheme.lower() == "mailto":
        return trimmed if parts.path and not parts.netloc else ""
    return trimmed if host and "@" not in parts.netloc else ""


def cell_link(
    options: Mapping[str, Any], value: Any, kind: KqlType, record: Record, types: Mapping[str, KqlType]
) -> dict[str, Any] | None:
    """The link that a formatter's options give a cell (see `view.Grid`), None where there is none."""
    target = options.get("linkTarget")
    if not isinstance(target, str) or not target:
        return None
    source = options.get("linkColumn")
    text = text_of(value, kind)
    if isinstance(source, str) and source in types:
        text = text_of(record.get(source), types[source])
    match target.lower():
        case "celldetails":
            return {"kind": "cell"}
        case "genericdetails":
            return {"kind": "row"}
        case "url":
            href = safe_address(text)
            if href:
                return {"kind": "url", "href": href}
            return None if not text else {"kind": "inert", "why": "This is not an address that may be opened."}
        case "resource":
            href = portal_address(text)
            return {"kind": "url", "href": href} if href else None
        case "workbooktemplate":
            return _workbook(options.get("workbookContext"), text, record, types)
    return {"kind": "inert", "why": f"This opens a view of the Azure portal ({target}), which is not available here."}


def workbook_link(
    context: Any, resolve: Callable[[Any, Any], str] = lambda source, value: str(value or "")
) -> dict[str, Any]:
    """The link that a workbookContext describes: `template`, the `parameters` it sets, those it takes `from` this workbook by
    name, and whether it passes `all` of this workbook's parameters. `resolve` gives the text of a source's value."""
    settings = context if isinstance(context, Mapping) else {}
    template = resolve(settings.get("templateIdSource"), settings.get("templateId"))
    parameters: dict[str, str] = {}
    taken: dict[str, str] = {}
    passed = settings.get("templateParameters")
    for entry in passed if isinstance(passed, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            if entry.get("source") == "parameter":
                taken[entry["name"]] = str(entry.get("value") or "")
            else:
                parameters[entry["name"]] = resolve(entry.get("source"), entry.get("value"))
    is_all = settings.get("passSpecificParams") is not True
    return {"kind": "workbook", "template": template, "parameters": parameters, "from": taken, "all": is_all}


def _workbook(context: Any, text: str, record: Record, types: Mapping[str, KqlType]) -> dict[str, Any]:
    def resolve(source: Any, value: Any) -> str:
        if source == "column" and isinstance(value, str):
            return text_of(record.get(value), types.get(value, "string"))
        return text if source == "cell" else str(value or "")

    return workbook_link(context, resolve)
