"""A Grid view as compact bytes for the browser: columns of values, deflated JSON.

Rows as dicts would be 24 MB of JSON for 100,000 rows of 8 cells; columns of values deflate to about a tenth, and the
browser inflates and parses them in a fraction of a second. Streamlit passes bytes on as they are, while it would write
a dict as JSON twice.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_LEVEL = 1


def encode(
    view: Mapping[str, Any] | object,
    *,
    height: int | None = None,
    icons: Mapping[str, str] | None = None,
    selected: Sequence[int] | None = None,
    label: str = "",
) -> tuple[bytes, str]:
    """The bytes that the grid's script reads, and a digest of all in them but `selected`.

    JSON of {digest, selected, columns, ids, depths, opens, cells, icons, …}, where `cells[c]` is {"v": values, "t": texts, "x": further
    parts} of column c with one entry a row in depth-first order; a text equal to its value is null in `t`, and "t" or "x"
    is left out where it holds nothing.
    """
    columns = [
        {name: _part(column, name, default) for name, default in _COLUMN.items()}
        for column in _part(view, "columns", ())
    ]
    rows, depths = _flat(_part(view, "rows", ()), bool(_part(view, "tree", False)))
    names = _names(rows, columns)
    content = {
        "columns": columns,
        "ids": [row.get("_id", -1) for row in rows],
        "depths": depths,
        "opens": [number for number, row in enumerate(rows) if row.get("_open")],
        "cells": [_cells(rows, column["field"]) for column in columns],
        "icons": {name: svg for name, svg in (icons or {}).items() if name in names},
        "height": height or _part(view, "height", 0) or 300,
        "filter": bool(_part(view, "filter", False)),
        "foldAll": bool(_part(view, "fold_all", False)),
        "sort": [list(pair) for pair in _part(view, "sort", ())],
        "selectable": _part(view, "selectable", "none"),
        "label": label,
    }
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)
    body_bytes = body.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(body_bytes, digest_size=12).hexdigest()
    head = json.dumps(
        {"digest": digest, "selected": None if selected is None else list(selected)}, separators=(",", ":")
    )
    return zlib.compress(head[:-1].encode() + b"," + body_bytes[1:], _LEVEL), digest


_COLUMN: Mapping[str, Any] = {
    "field": "", "title": "", "kind": "text", "align": "left", "width": "", "visible": True, "tooltip": "", "options": {},
    "group": False,
}  # fmt: skip


def _part(view: Mapping[str, Any] | object, name: str, default: Any) -> Any:
    """A field of a view in mapping or object form. (Turning a large view into dicts first would copy every cell.)"""
    if isinstance(view, Mapping):
        return view.get(name, default)
    return getattr(view, name, default)


def _flat(rows: Sequence[Mapping[str, Any]], tree: bool) -> tuple[list[Mapping[str, Any]], list[int] | None]:
    """The rows depth first, and how deep each one is; None for a table without a tree."""
    if not tree:
        return list(rows), None
    flat: list[Mapping[str, Any]] = []
    depths: list[int] = []
    waiting = [(row, 0) for row in reversed(rows)]
    while waiting:
        row, depth = waiting.pop()
        flat.append(row)
        depths.append(depth)
        waiting.extend((child, depth + 1) for child in reversed(row.get("_children") or ()))
    return flat, depths


_NO_CELL: Mapping[str, Any] = {"v": None, "t": ""}


def _cells(rows: Sequence[Mapping[str, Any]], field: str) -> dict[str, list[Any]]:
    values: list[Any] = []
    texts: list[str | None] = []
    extras: list[Mapping[str, Any] | None] = []
    told = more = False
    for row in rows:
        cell = row.get(field) or _NO_CELL
        value, text = cell.get("v"), cell.get("t", "")
        values.append(value)
        if value == text:
            texts.append(None)
        else:
            texts.append(text)
            told = True
        if len(cell) > 2:  # every cell has v and t; sending them twice costs less than copying the rest
            extras.append(cell)
            more = True
        else:
            extras.append(None)
    found: dict[str, list[Any]] = {"v": values}
    if told:
        found["t"] = texts
    if more:
        found["x"] = extras
    return found


def _names(rows: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]]) -> set[str]:
    """The icons that some cell shows."""
    fields = [column["field"] for column in columns]
    found = {cell.get("icon") for row in rows for field in fields if (cell := row.get(field))}
    return {name for name in found if isinstance(name, str)}
