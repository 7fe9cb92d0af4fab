"""What is known at one place of a document while it is evaluated from top to bottom (sections 2.7 and 8)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from dashboard.document.workbook import Item, list_of, object_of, text_of, whole_of
from dashboard.errors import WatchbookError
from dashboard.parameters.values import Value
from dashboard.runtime.merge import table_names
from dashboard.runtime.plan import MergeInput
from dashboard.runtime.sources import SOURCES


@dataclass
class Scope:
    """`values` are the parameters that can be seen here, `own` those that were declared in this group, `steps` what a merge
    here may read. `waits` names what is not known yet because a query still runs: parameters, and steps as `step name`."""

    values: dict[str, Value] = field(default_factory=dict)
    own: dict[str, Value] = field(default_factory=dict)
    steps: dict[str, MergeInput] = field(default_factory=dict)
    waits: set[str] = field(default_factory=set)

    def inside(self) -> Scope:
        """The scope of a group here: it sees all of this one, and keeps what it declares to itself."""
        return Scope(dict(self.values), {}, dict(self.steps), set(self.waits))

    def declare(self, name: str, value: Value) -> None:
        """A later declaration shadows an earlier one for what follows."""
        self.values[name] = value
        self.own[name] = value
        self.waits.discard(name)

    def wait(self, names: Iterable[str]) -> None:
        """What these names mean is not known in this pass."""
        self.waits.update(names)

    def take(self, group: Scope, overwrite: bool = True) -> None:
        """Brings what a group declared out of it."""
        for name, value in group.own.items():
            if overwrite or name not in self.values:
                self.declare(name, value)


def setters(item: Item) -> tuple[str, ...]:
    """The names that acts on an item set: exports, the brush, links."""
    names: dict[str, None] = {}
    if item.kind in ("query", "metric"):
        names.update((text_of(entry.get("parameterName")), None) for entry in item.exports)
        if item.brush_parameter:
            names[item.brush_parameter] = None
    elif item.kind == "links":
        for link in item.links:
            if text_of(link.get("linkTarget")) == "parameter" and text_of(link.get("cellValue")):
                names[text_of(link.get("cellValue"))] = None
    return tuple(names)


def merged_steps(item: Item) -> set[str]:
    """The steps that an item's merges name."""
    payloads = [each.query for each in item.parameters if SOURCES.get(each.query_type) == "merge"]
    if item.kind == "query" and SOURCES.get(item.query_type) == "merge":
        payloads.append(item.query)
    names: set[str] = set()
    for payload in payloads:
        with contextlib.suppress(WatchbookError):
            names.update(table_names(payload))
    return names


def shows_subscriptions(item: Item) -> bool:
    """Whether a grid of the item has columns that show subscriptions or resources, of which a reader wants the names."""
    rules = list_of(object_of(item.content.get("gridSettings")).get("formatters"))
    return any(whole_of(object_of(rule).get("formatter")) in (13, 15) for rule in rules)


def declared(item: Item) -> Mapping[str, bool]:
    """The names that an item brings into its scope once it is evaluated, and whether each blocks while it is unset."""
    names = dict.fromkeys(setters(item), True)
    if item.kind == "parameters":
        names.update((parameter.name, parameter.is_required) for parameter in item.parameters)
    elif item.kind == "group" and item.exports_parameters:
        for child in item.items:
            names.update(declared(child))
    return names


def with_prefix(items: tuple[Item, ...], prefix: str) -> tuple[Item, ...]:
    """The items of a template as if they stood in the group at `prefix`."""
    return tuple(
        replace(
            item,
            path=f"{prefix}/{item.path}",
            items=with_prefix(item.items, prefix),
            parameters=tuple(
                replace(each, path=f"{prefix}/{each.path}", place=f"{prefix}/{each.place}") for each in item.parameters
            ),
        )
        for item in items
    )


def without_parameters(items: tuple[Item, ...], names: Iterable[str]) -> tuple[Item, ...]:
    """A template's items without the parameters that are there already; a parameters item left empty disappears."""
    known = set(names)
    kept = []
    for item in items:
        if item.kind == "parameters" and item.parameters:
            left = tuple(each for each in item.parameters if each.name not in known)
            if not left:
                continue
            item = replace(item, parameters=left)
        kept.append(item)
    return tuple(kept)
