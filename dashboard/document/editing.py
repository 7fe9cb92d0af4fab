"""Changes to a workbook's document, each giving a new one: add, duplicate, move, resize, group, nest, delete, set.

A document is JSON as it was loaded. Nothing is changed in place and what an operation does not touch is shared with the old
document, so that a stack of documents (`History`) costs little, keys keep their order, and unknown keys stay. Items are named by
their path as everywhere (`items/3/items/0`). All raise WatchbookError: WB020 for a path without an item, WB021 for a move
that is not possible, WB022 for a setting that cannot stand where it should.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import settings
from dashboard.document.paths import MISSING, Key, value_at, with_entry, with_value, without
from dashboard.document.workbook import list_of, number_of, object_of, text_of, whole_of
from dashboard.errors import Place, Problem, WatchbookError

Document = Mapping[str, Any]
_PATH = re.compile(r"items/\d{1,6}(/items/\d{1,6})*")


@dataclass(frozen=True)
class Placed:
    """An item in an arrangement: where it stands now, the width it gets (None: as it is), and what a group then holds
    (None: what it held)."""

    path: str
    width: float | None = None
    items: tuple[Placed, ...] | None = None


@dataclass(frozen=True)
class History:
    """A stack of documents: what was, what is, and what was undone."""

    present: Document
    past: tuple[Document, ...] = ()
    future: tuple[Document, ...] = ()
    limit: int = field(default=200, repr=False)

    def changed(self, document: Document) -> History:
        """With a new document; what was undone can no longer be redone."""
        if document == self.present:
            return self
        return History(document, (*self.past, self.present)[-self.limit :], (), self.limit)

    def replaced(self, document: Document) -> History:
        """With a new document in place of the present one: the next keystroke of a text is no step of its own."""
        return History(document, self.past, (), self.limit)

    def undo(self) -> History:
        """One step back, as far as there is one."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.present, *self.future), self.limit)

    def redo(self) -> History:
        """One undone step forward again, as far as there is one."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.present), self.future[1:], self.limit)


# ---- places ----------------------------------------------------------------------------------------------------------


def keys_of(path: str) -> tuple[Key, ...]:
    """The keys in the JSON that lead to an item, or to the list of a group where the path ends so."""
    if not _PATH.fullmatch(path):
        raise WatchbookError(Problem("WB020", f"There is no item '{path[:80]}'.", place=Place(path=path[:80])))
    keys: list[Key] = []
    for number in re.findall(r"\d+", path):
        keys += ["content", "items", int(number)] if keys else ["items", int(number)]
    return tuple(keys)


def item_at(document: Document, path: str) -> dict[str, Any]:
    """The JSON of an item."""
    item = value_at(document, keys_of(path))
    if not isinstance(item, dict):
        raise WatchbookError(Problem("WB020", f"There is no item '{path}'.", place=Place(path=path)))
    return item


def split(path: str) -> tuple[str, int]:
    """The group an item stands in (empty: the document itself), and its place there."""
    group, _, number = path.rpartition("items/")
    return group.rstrip("/"), int(number)


def child(group: str, index: int) -> str:
    """The path of a place in a group, or in the document itself."""
    return f"{group}/items/{index}" if group else f"items/{index}"


def children(document: Document, group: str) -> list[Any]:
    """The items of a group, or of the document itself."""
    found = value_at(document, _list_keys(document, group))
    return list_of(found)


def _list_keys(document: Document, group: str) -> tuple[Key, ...]:
    if not group:
        return ("items",)
    if whole_of(item_at(document, group).get("type")) != 12:
        raise WatchbookError(
            Problem("WB021", "Items can be put into a group only.", place=Place(path=group), hint="Group items first.")
        )
    return (*keys_of(group), "content", "items")


def walk(document: Document, group: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All items that are objects, nested ones included, with their paths, in document order."""
    for index, item in enumerate(children(document, group)):
        if isinstance(item, dict):
            path = child(group, index)
            yield path, item
            if whole_of(item.get("type")) == 12:
                yield from walk(document, path)


# ---- one setting -----------------------------------------------------------------------------------------------------


def setting(document: Document, path: str, keys: Sequence[Key], default: Any = None) -> Any:
    """What an item holds at `keys` below itself (`("content", "chartSettings", "xAxis")`)."""
    found = value_at(item_at(document, path) if path else document, keys)
    return default if found is MISSING else found


def set_setting(document: Document, path: str, keys: Sequence[Key], value: Any) -> Document:
    """With one setting of an item, or of the document where `path` is empty; None takes it out."""
    if path:
        item_at(document, path)
    if not keys:
        raise WatchbookError(Problem("WB022", "No setting is named.", place=Place(path=path)))
    whole = (*(keys_of(path) if path else ()), *keys)
    try:
        changed = without(document, whole) if value is None else with_value(document, whole, value)
    except KeyError as error:
        raise WatchbookError(
            Problem(
                "WB022",
                f"The setting {'/'.join(map(str, keys))} cannot be changed: what stands at '{error.args[0]}' has another form.",
                place=Place(path=path),
                hint="Change it in the item's JSON.",
            )
        ) from None
    return object_of(changed)


def add_entry(document: Document, path: str, keys: Sequence[Key], entry: Any, index: int | None = None) -> Document:
    """With an entry in a list of an item's settings: at `index`, else at the end."""
    item_at(document, path)
    at = len(list_of(setting(document, path, keys))) if index is None else index
    try:
        return object_of(with_entry(document, (*keys_of(path), *keys), at, entry))
    except KeyError:
        raise WatchbookError(
            Problem("WB022", f"{'/'.join(map(str, keys))} cannot become a list here.", place=Place(path=path))
        ) from None


def move_entry(document: Document, path: str, keys: Sequence[Key], index: int, by: int) -> Document:
    """With an entry of a list moved up (negative) or down."""
    entries = list(list_of(setting(document, path, keys)))
    target = index + by
    if not (0 <= index < len(entries) and 0 <= target < len(entries)):
        return document
    entries.insert(target, entries.pop(index))
    return set_setting(document, path, keys, entries)


def set_conditions(document: Document, path: str, conditions: Sequence[Mapping[str, Any]]) -> Document:
    """With the conditions under which an item is visible. One is written as one, several as a list, whose first is then also the
    single one, as the portal writes it."""
    item = item_at(document, path)
    several = list(conditions) if len(conditions) > 1 else None
    had_list = isinstance(item.get("conditionalVisibilities"), list)
    if had_list and len(conditions) == 1:
        several = list(conditions)
    changed = document
    single = item.get("conditionalVisibility")
    if several is None or (single is not None and single not in several):
        changed = set_setting(changed, path, ("conditionalVisibility",), conditions[0] if conditions else None)
    return set_setting(changed, path, ("conditionalVisibilities",), several)


def conditions_of(item: Mapping[str, Any]) -> list[Any]:
    """The conditions under which an item is visible, in whichever form they are written."""
    several = item.get("conditionalVisibilities")
    if isinstance(several, list) and several:
        return several
    single = item.get("conditionalVisibility")
    return [single] if isinstance(single, dict) else []


# ---- whole items -----------------------------------------------------------------------------------------------------


def insert_item(document: Document, group: str, index: int, item: Mapping[str, Any]) -> tuple[Document, str]:
    """With an item in a group, or in the document itself, before `index`; and the path where it is now."""
    keys = _list_keys(document, group)
    _check_depth(group, item)
    at = max(0, min(index, len(children(document, group))))
    return object_of(with_entry(document, keys, at, item)), child(group, at)


def replace_item(document: Document, path: str, item: Mapping[str, Any]) -> Document:
    """With other JSON for an item."""
    item_at(document, path)
    return object_of(with_value(document, keys_of(path), item))


def delete_item(document: Document, path: str) -> Document:
    """Without an item and all in it."""
    item_at(document, path)
    return object_of(without(document, keys_of(path)))


def duplicate_item(document: Document, path: str) -> tuple[Document, str]:
    """With a copy of an item right after it. Names that steps go by, and ids, become new ones in the copy."""
    copy = _renamed(item_at(document, path), {text_of(item.get("name")) for _, item in walk(document)})
    group, index = split(path)
    return insert_item(document, group, index + 1, copy)


def move_item(document: Document, path: str, group: str, index: int) -> tuple[Document, str]:
    """With an item moved into a group (empty: the document itself) before what stands at `index` there now."""
    item = item_at(document, path)
    if group == path or group.startswith(f"{path}/"):
        raise WatchbookError(Problem("WB021", "A group cannot be moved into itself.", place=Place(path=path)))
    _list_keys(document, group)
    _check_depth(group, item)
    placed, at = insert_item(document, group, index, item)
    old = _after_change(path, at, 1)
    return delete_item(placed, old), _after_change(at, old, -1)


def shift_item(document: Document, path: str, by: int) -> tuple[Document, str]:
    """With an item one place up (-1) or down (1); past the edge of its group it leaves the group."""
    group, index = split(path)
    target = index + by
    if 0 <= target < len(children(document, group)):
        return move_item(document, path, group, target if by < 0 else target + 1)
    if not group:
        return document, path
    outer, at = split(group)
    return move_item(document, path, outer, at if by < 0 else at + 1)


def nest_item(document: Document, path: str) -> tuple[Document, str]:
    """With an item moved to the end of the group right before it, else to the start of the one right after it."""
    group, index = split(path)
    around = children(document, group)
    for at in (index - 1, index + 1):
        if 0 <= at < len(around) and _is_group(around[at]):
            target = child(group, at)
            return move_item(document, path, target, len(children(document, target)) if at < index else 0)
    raise WatchbookError(
        Problem("WB021", "There is no group beside this item.", place=Place(path=path), hint="Group the items first.")
    )


def unnest_item(document: Document, path: str) -> tuple[Document, str]:
    """With an item moved out of its group, right after it."""
    group, _ = split(path)
    if not group:
        raise WatchbookError(Problem("WB021", "The item stands in no group.", place=Place(path=path)))
    outer, at = split(group)
    return move_item(document, path, outer, at + 1)


def resize_item(document: Document, path: str, width: float | None) -> Document:
    """With an item's width in percent of its row (more than 0, at most 100); None or 100 is the whole row."""
    if width is not None and not 0 < width <= 100:
        raise WatchbookError(
            Problem(
                "WB022", f"A width must be more than 0 and at most 100 percent; got {width:g}.", place=Place(path=path)
            )
        )
    if width is None or width == 100:
        return set_setting(document, path, ("customWidth",), None)
    return set_setting(document, path, ("customWidth",), f"{width:g}")


def group_items(document: Document, paths: Sequence[str]) -> tuple[Document, str]:
    """With items of one group put together into a new group where the first of them stood."""
    ordered = sorted(set(paths), key=split)
    if not ordered:
        raise WatchbookError(Problem("WB021", "No items are chosen."))
    groups = {split(path)[0] for path in ordered}
    if len(groups) > 1:
        raise WatchbookError(Problem("WB021", "Only items that stand side by side can be grouped."))
    group = groups.pop()
    inside = [item_at(document, path) for path in ordered]
    new = new_item("group", names(document))
    new["content"]["items"] = inside
    _check_depth(group, new)
    for path in reversed(ordered):
        document = delete_item(document, path)
    return insert_item(document, group, split(ordered[0])[1], new)


def ungroup(document: Document, path: str) -> Document:
    """With a group replaced by what stands in it. Its own visibility goes with it, so items that have none of their own
    take it over."""
    group = item_at(document, path)
    inside = children(document, path)
    if not _is_group(group):
        raise WatchbookError(Problem("WB021", "This item is no group.", place=Place(path=path)))
    kept = {key: group[key] for key in ("conditionalVisibility", "conditionalVisibilities") if group.get(key)}
    outer, index = split(path)
    document = delete_item(document, path)
    for item in reversed(inside):
        if (
            isinstance(item, dict)
            and kept
            and not any(item.get(key) for key in ("conditionalVisibility", "conditionalVisibilities"))
        ):
            item = {**item, **kept}
        document, _ = insert_item(document, outer, index, item)
    return document


def own_items(document: Document, path: str, items: Sequence[Any]) -> Document:
    """With a group that held another workbook's items holding them itself, in copies of their own."""
    taken = names(document)
    copies = [_renamed(item, taken) if isinstance(item, dict) else item for item in items]
    for item in copies:
        if isinstance(item, dict):
            _check_depth(path, item)
    document = set_setting(document, path, ("content", "groupType"), "editable")
    document = set_setting(document, path, ("content", "loadFromTemplateId"), None)
    return set_setting(document, path, ("content", "items"), copies)


def arrange(document: Document, placed: Sequence[Placed]) -> Document:
    """With all items as an arrangement says: order, nesting, widths. It must name every item exactly once."""
    named = Counter(_named(placed))
    there = {path for path, _ in walk(document)}
    if set(named) != there or any(count > 1 for count in named.values()):
        raise WatchbookError(
            Problem("WB021", "The arrangement does not name every item once.", hint="Reload the page.")
        )
    return object_of(with_value(document, ("items",), _arranged(document, placed, "")))


def _arranged(document: Document, placed: Sequence[Placed], inside: str) -> list[Any]:
    found: list[Any] = []
    for each in placed:
        item = item_at(document, each.path)
        if each.width is not None:
            item = dict(item)
            if each.width >= 100:
                item.pop("customWidth", None)
            else:
                item["customWidth"] = f"{each.width:g}"
        if _is_group(item) and each.items is not None:
            new = _arranged(document, each.items, each.path)
            if new != children(document, each.path):
                item = dict(with_value(item, ("content", "items"), new))
        elif each.items:
            raise WatchbookError(Problem("WB021", "Items can be put into a group only.", place=Place(path=each.path)))
        found.append(item)
    # What is no object cannot be arranged, and stays where it can: at the end.
    return found + [item for item in children(document, inside) if not isinstance(item, dict)]


def _named(placed: Sequence[Placed]) -> Iterator[str]:
    for each in placed:
        yield each.path
        yield from _named(each.items or ())


# ---- new items -------------------------------------------------------------------------------------------------------


def names(document: Document) -> set[str]:
    """The names of all items."""
    return {text_of(item.get("name")) for _, item in walk(document)}


def new_item(kind: str, taken: set[str]) -> dict[str, Any]:
    """A new item of a kind (text, query, parameters, links, tabs, metric, group), with a name that none has yet."""
    base = "links" if kind == "tabs" else kind
    name = next(each for number in range(10_000) if (each := f"{base} - {number}") not in taken)
    contents: dict[str, tuple[int, dict[str, Any]]] = {
        "text": (1, {"json": "## New text\nWrite *markdown* here; {parameters} are filled in."}),
        "query": (
            3,
            {
                "version": "KqlItem/1.0",
                "query": "",
                "size": 0,
                "title": "New query",
                "queryType": 0,
                "resourceType": "microsoft.operationalinsights/workspaces",
            },
        ),
        "parameters": (
            9,
            {
                "version": "KqlParameterItem/1.0",
                "parameters": [],
                "style": "pills",
                "queryType": 0,
                "resourceType": "microsoft.operationalinsights/workspaces",
            },
        ),
        "links": (11, {"version": "LinkItem/1.0", "style": "list", "links": []}),
        "tabs": (11, {"version": "LinkItem/1.0", "style": "tabs", "links": []}),
        "metric": (
            10,
            {
                "chartId": f"workbook{uuid.uuid4()}",
                "version": "MetricsItem/2.0",
                "size": 0,
                "chartType": 2,
                "metricScope": 0,
                "resourceType": "microsoft.compute/virtualmachines",
                "metrics": [],
                "gridSettings": {"rowLimit": 10000},
            },
        ),
        "group": (12, {"version": "NotebookGroup/1.0", "groupType": "editable", "items": []}),
    }
    if kind not in contents:
        raise WatchbookError(Problem("WB022", f"There is no kind of item '{kind[:40]}'."))
    number, content = contents[kind]
    return {"type": number, "content": content, "name": name}


def new_parameter(name: str, kind: int) -> dict[str, Any]:
    """A new parameter of one of the format's kinds, by number."""
    found: dict[str, Any] = {"id": str(uuid.uuid4()), "version": "KqlParameterItem/1.0", "name": name, "type": kind}
    if kind == 4:
        found["value"] = {"durationMs": 86_400_000}
        lengths = (3_600_000, 14_400_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000, 2_592_000_000)
        found["typeSettings"] = {"selectableValues": [{"durationMs": each} for each in lengths], "allowCustom": True}
    elif kind in (2, 10):
        found["jsonData"] = '["one", "two"]'
        found["value"] = "one"
    return found


def new_link(label: str, parameter: str = "") -> dict[str, Any]:
    """A new link or tab; a tab sets `parameter` to its label."""
    found = {
        "id": str(uuid.uuid4()),
        "cellValue": parameter,
        "linkTarget": "parameter",
        "linkLabel": label,
        "subTarget": label,
        "style": "link",
    }
    return found if parameter else {**found, "cellValue": "https://", "linkTarget": "Url", "subTarget": ""}


# ---- inside ----------------------------------------------------------------------------------------------------------


def _after_change(path: str, at: str, by: int) -> str:
    """Where the item at `path` is after one was put in (1), or taken out (-1), at `at`."""
    group, index = split(at)
    prefix = f"{group}/items/" if group else "items/"
    if not path.startswith(prefix):
        return path
    number, slash, rest = path[len(prefix) :].partition("/")
    shifts = int(number) >= index if by > 0 else int(number) > index
    return f"{prefix}{int(number) + (by if shifts else 0)}{slash}{rest}"


def _is_group(item: Any) -> bool:
    return isinstance(item, dict) and whole_of(item.get("type")) == 12


def _check_depth(group: str, item: Mapping[str, Any]) -> None:
    limit = settings.integer("workbook_groups")
    depth = group.count("items/") + _depth(item)
    if depth > limit:
        raise WatchbookError(Problem("WB021", f"Groups nest at most {limit} levels deep.", place=Place(path=group)))


def _depth(item: Mapping[str, Any]) -> int:
    if not _is_group(item):
        return 0
    inside = list_of(value_at(item, ("content", "items")))
    return 1 + max((_depth(each) for each in inside if isinstance(each, dict)), default=0)


def _renamed(item: Mapping[str, Any], taken: set[str]) -> dict[str, Any]:
    """A copy with names that none has yet, and new ids for what has one."""
    copy = dict(item)
    name = text_of(copy.get("name"))
    if name:
        stem = re.sub(r" - Copy( \d+)?$", "", name)
        tries = (f"{stem} - Copy" if number == 1 else f"{stem} - Copy {number}" for number in range(1, 10_000))
        copy["name"] = next(each for each in tries if each not in taken)
        taken.add(copy["name"])
    if "id" in copy:
        copy["id"] = str(uuid.uuid4())
    for key in ("parameters", "links"):
        entries = value_at(copy, ("content", key))
        if isinstance(entries, list):
            fresh = [
                {**each, "id": str(uuid.uuid4())} if isinstance(each, dict) and "id" in each else each
                for each in entries
            ]
            copy = dict(with_value(copy, ("content", key), fresh))
    if _is_group(copy):
        inside = list_of(value_at(copy, ("content", "items")))
        fresh = [_renamed(each, taken) if isinstance(each, dict) else each for each in inside]
        copy = dict(with_value(copy, ("content", "items"), fresh))
    return copy


def width_of(item: Mapping[str, Any]) -> float:
    """An item's width in percent of its row."""
    width = number_of(item.get("customWidth"))
    if width is None or width <= 0:
        return 50.0 if item.get("halfWidth") is True else 100.0
    return min(width, 100.0)
