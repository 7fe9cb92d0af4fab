"""Titles that tell of their part's own result: `{$rowCount}`, how many rows it has, and `{$queryTime}`, how long it took."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.runtime.plan import PlannedItem
    from dashboard.runtime.results import ItemResult

_OF_RESULT = re.compile(r"\{\$(rowCount|queryTime)\}")


def names_result(item: PlannedItem) -> bool:
    """Whether the item's title holds `{$rowCount}` or `{$queryTime}`: it can only be told once the result is there."""
    return item.item.kind in ("query", "metric") and _OF_RESULT.search(item.texts.get("title") or "") is not None


def titled(item: PlannedItem, results: Mapping[str, ItemResult]) -> PlannedItem:
    """The item, and what is in it, with `{$rowCount}` and `{$queryTime}` of titles in place; `results` are by path. A dash
    stands for what has no rows to count."""
    items = tuple(titled(each, results) for each in item.items)
    if any(new is not old for new, old in zip(items, item.items, strict=True)):
        item = replace(item, items=items)
    if not names_result(item):
        return item
    result = results.get(item.path)

    def told(found: re.Match[str]) -> str:
        if result is None or result.table is None:
            return "\u2013"
        if found[1] == "rowCount":
            return f"{len(result.table):,}"
        return f"{result.ms:,.0f} ms" if result.ms < 1_000 else f"{result.ms / 1_000:,.1f} s"

    return replace(item, texts={**item.texts, "title": _OF_RESULT.sub(told, item.texts["title"])})
