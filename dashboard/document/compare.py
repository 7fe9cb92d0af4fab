"""What differs between two versions of a workbook: item by item, setting by setting, as a person reads it; and line by line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboard.document.editing import split, walk
from dashboard.document.paths import MISSING, Key
from dashboard.document.workbook import ITEM_KINDS, object_of, text_of, whole_of

Kind = Literal["added", "removed", "moved", "changed"]
_SHOWN = 400


@dataclass(frozen=True)
class SettingChange:
    """A setting that differs: its keys below the item, and its value before and after as text; None where it was absent."""

    keys: tuple[Key, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ItemChange:
    """An item that differs. `before` and `after` are its paths, empty where it is not there; a moved item may have changes of
    settings, too. The document's own settings have neither path."""

    kind: Kind
    title: str
    type: str
    before: str = ""
    after: str = ""
    settings: tuple[SettingChange, ...] = ()


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[ItemChange, ...]:
    """The items that differ between two documents, in the order of the new one, removed ones last."""
    before, after = dict(walk(old)), dict(walk(new))
    pairs = _pair(before, after)
    from_old = {there: here for here, there in pairs.items()}
    found: list[ItemChange] = []
    own = tuple(_settings(_without(old, "items"), _without(new, "items")))
    if own:
        found.append(ItemChange("changed", "The workbook itself", "workbook", settings=own))
    for path, item in after.items():
        source = from_old.get(path)
        if source is None:
            found.append(ItemChange("added", title_of(item), kind_of(item), after=path))
            continue
        changes = tuple(_settings(_own(before[source]), _own(item)))
        moved = _moved(source, path, pairs, from_old)
        if moved or changes:
            found.append(
                ItemChange("moved" if moved else "changed", title_of(item), kind_of(item), source, path, changes)
            )
    found += [
        ItemChange("removed", title_of(item), kind_of(item), before=path)
        for path, item in before.items()
        if path not in pairs
    ]
    return tuple(found)


def compare_lines(old: str, new: str, context: int = 3) -> tuple[tuple[str, str], ...]:
    """A unified diff as (sign, line) with sign one of ` `, `-`, `+`, `@`."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=context)
    return tuple((line[0], line if line[0] == "@" else line[1:]) for line in list(lines)[2:])


def title_of(item: Mapping[str, Any]) -> str:
    """What a person calls an item: its title, the first words of its text, else its name."""
    content = object_of(item.get("content"))
    first = next((line.strip("#* ") for line in text_of(content.get("json")).splitlines() if line.strip("#* ")), "")
    labels = [
        text_of(object_of(each).get("label")) or text_of(object_of(each).get("name"))
        for each in _list(content.get("parameters"))
    ]
    links = [text_of(object_of(each).get("linkLabel")) for each in _list(content.get("links"))]
    told = text_of(content.get("title")) or first or ", ".join(filter(None, labels or links))
    return (told or text_of(item.get("name")) or kind_of(item))[:80]


def kind_of(item: Mapping[str, Any]) -> str:
    """The item's kind by name."""
    return ITEM_KINDS.get(whole_of(item.get("type")) or -1, "unknown")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _without(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: child for name, child in value.items() if name != key}


def _own(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """An item without what stands in it: that is compared on its own."""
    if kind_of(item) != "group" or not isinstance(item.get("content"), dict):
        return item
    return {**item, "content": _without(item["content"], "items")}


def _pair(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Which old path became which new one: equal JSON first, at the same place before elsewhere; then a name that only one
    item has in each; then the same place with the same type."""
    pairs: dict[str, str] = {}
    taken: set[str] = set()

    def take(keys_before: Mapping[str, Any], keys_after: Mapping[str, Any], *, only: bool) -> None:
        places: dict[Any, list[str]] = {}
        for path, key in keys_after.items():
            if path not in taken and key is not None:
                places.setdefault(key, []).append(path)
        sources: dict[Any, list[str]] = {}
        for path, key in keys_before.items():
            if path not in pairs and key is not None:
                sources.setdefault(key, []).append(path)
        for key, paths in sources.items():
            there = places.get(key, [])
            if only and (len(paths) != 1 or len(there) != 1):
                continue
            same = [path for path in paths if path in there]
            rest = [path for path in paths if path not in same]
            others = [path for path in there if path not in same]
            for path, target in [*((path, path) for path in same), *zip(rest, others, strict=False)]:
                pairs[path] = target
                taken.add(target)

    def whole(items: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        return {path: json.dumps(item, sort_keys=True) for path, item in items.items()}

    def named(items: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            path: (kind_of(item), text_of(item.get("name"))) if item.get("name") else None
            for path, item in items.items()
        }

    def placed(items: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {path: (kind_of(item), path) for path, item in items.items()}

    take(whole(before), whole(after), only=False)
    take(named(before), named(after), only=True)
    take(placed(before), placed(after), only=False)
    return pairs


def _moved(source: str, target: str, pairs: Mapping[str, str], from_old: Mapping[str, str]) -> bool:
    """Whether an item stands in another group, or in another order among those that stayed beside it."""
    old_group, old_index = split(source)
    new_group, new_index = split(target)
    if (pairs.get(old_group, old_group) if old_group else "") != new_group:
        return True
    stayed = sorted(
        (split(there)[1], split(here)[1])
        for here, there in pairs.items()
        if split(here)[0] == old_group and split(there)[0] == new_group
    )
    keep = _longest_rising([old for _, old in stayed])
    return old_index not in keep and new_index >= 0 and target in from_old


def _longest_rising(numbers: list[int]) -> set[int]:
    """The members of a longest rising run of numbers in order: what did not move."""
    best: list[list[int]] = []
    for number in numbers:
        longest: list[int] = max((run for run in best if run[-1] < number), key=len, default=[])
        best.append([*longest, number])
    longest = max(best, key=len, default=[])
    return set(longest)


def _settings(old: Any, new: Any, keys: tuple[Key, ...] = ()) -> Iterator[SettingChange]:
    if type(old) is type(new) and old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            yield from _settings(old.get(key, MISSING), new.get(key, MISSING), (*keys, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _settings(one, other, (*keys, index))
    else:
        yield SettingChange(keys, _shown(old), _shown(new))


def _shown(value: Any) -> str | None:
    if value is MISSING:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
