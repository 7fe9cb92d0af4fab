"""Trees of rows: by a parent column, or by grouping. Rows of a cycle and rows whose parent is missing become roots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from dashboard.table import KqlType
from dashboard.visual.cells import NUMERIC, Record, Records, number_of, text_of

GROUP = "$gen_group"

_DEEPEST = 30
"""Levels of a tree that are drawn; deeper rows start a tree of their own."""
_MOST_GROUPS = 6

Numbered = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """How rows nest: with `id_column` by parent, else by `group_by`. `expander` is the column with the expanders."""

    id_column: str = ""
    parent_column: str = ""
    expander: str = ""
    group_by: tuple[str, ...] = ()
    final_by: str = ""
    open_top: bool = False


@dataclass(slots=True)
class Node:
    """A row of the tree (`row`, `number`), or a group (`column` has `value`)."""

    row: dict[str, Any] | None = None
    number: int = -1
    column: str = ""
    value: Any = None
    open: bool = False
    children: list[Node] = field(default_factory=list)

    def leaves(self) -> Iterator[Numbered]:
        """The rows below a group."""
        if self.row is not None:
            yield self.number, self.row
        for child in self.children:
            yield from child.leaves()

    def first(self) -> Record:
        """The first row of a group."""
        return next(self.leaves())[1]

    @property
    def count(self) -> int:
        """How many rows a group holds."""
        return sum(1 for _ in self.leaves())


def groups_of(nodes: Iterable[Node]) -> Iterator[Node]:
    """The groups among nodes and below them."""
    for node in nodes:
        if node.row is None:
            yield node
            yield from groups_of(node.children)


def tree_settings(settings: Any, names: Sequence[str]) -> TreeSettings | None:
    """The tree a grid asks for, None where it asks for none or its columns are not in the result."""
    if not isinstance(settings, Mapping):
        return None
    open_top = settings.get("expandTopLevel") is True
    kind = settings.get("treeType")
    if kind == 0:
        identity, parent = settings.get("idColumn"), settings.get("parentColumn")
        if identity in names and parent in names:
            expander = settings.get("expanderColumn")
            chosen = expander if expander in names else identity
            return TreeSettings(str(identity), str(parent), str(chosen), open_top=open_top)
        return None
    if kind == 1:
        asked = settings.get("groupBy")
        asked = asked if isinstance(asked, list) else [asked]
        groups = tuple(dict.fromkeys(name for name in asked if isinstance(name, str) and name in names))[:_MOST_GROUPS]
        final = settings.get("finalBy")
        if groups:
            return TreeSettings(GROUP, "", GROUP, groups, str(final) if final in names else "", open_top)
    return None


def build_tree(rows: Sequence[Numbered], settings: TreeSettings, records: Records) -> list[Node]:
    """The roots of the tree over `rows`, in their order."""
    roots = _grouped(rows, settings.group_by, records) if settings.group_by else _nested(rows, settings, records)
    for root in roots:
        root.open = settings.open_top
    return roots


def _grouped(rows: Sequence[Numbered], columns: tuple[str, ...], records: Records) -> list[Node]:
    if not columns:
        return [Node(row, number) for number, row in rows]
    name, deeper = columns[0], columns[1:]
    parts: dict[str, list[Numbered]] = {}
    for number, row in rows:
        parts.setdefault(records.text(name, row[name]), []).append((number, row))
    return [
        Node(column=name, value=part[0][1][name], children=_grouped(part, deeper, records)) for part in parts.values()
    ]


def _nested(rows: Sequence[Numbered], settings: TreeSettings, records: Records) -> list[Node]:
    def key(column: str, row: Record) -> str:
        return text_of(row[column], records.types[column])

    nodes = [Node(row, number) for number, row in rows]
    by_id: dict[str, Node] = {}
    for node, (_, row) in zip(nodes, rows, strict=True):
        by_id.setdefault(key(settings.id_column, row), node)
    parents = {
        id(node): by_id.get(key(settings.parent_column, row)) for node, (_, row) in zip(nodes, rows, strict=True)
    }
    rooted: set[int] = set()
    roots: list[Node] = []
    for node in nodes:
        chain: list[Node] = []
        seen: set[int] = set()
        step: Node | None = node
        while step is not None and id(step) not in rooted and id(step) not in seen:
            seen.add(id(step))
            chain.append(step)
            step = parents[id(step)]
        if step is not None and id(step) in seen:
            parents[id(chain[-1])] = None
        rooted.update(id(part) for part in chain)
    for node in nodes:
        parent = parents[id(node)]
        if parent is None or _too_deep(node, parents):
            roots.append(node)
        else:
            parent.children.append(node)
    return roots


def _too_deep(node: Node, parents: Mapping[int, Node | None]) -> bool:
    step: Node | None = node
    for _ in range(_DEEPEST):
        step = parents[id(step)]
        if step is None:
            return False
    return True


def _point_by_point(how: str, lists: Sequence[Sequence[Any]]) -> list[float | None]:
    """Lists of numbers (those of sparks) as one: the numbers of each place taken together."""
    made: list[float | None] = []
    for place in zip_longest(*lists):
        numbers = [number for number in (number_of(value, "real") for value in place) if number is not None]
        if not numbers:
            made.append(None)
        elif how in ("Min", "Max"):
            made.append((min if how == "Min" else max)(numbers))
        else:
            made.append(sum(numbers) / (len(numbers) if how == "Average" else 1))
    return made


def aggregate(how: Any, values: Sequence[Any], kind: KqlType) -> Any:
    """What a group's row shows of a column: Sum, Average, Min, Max, Count, Unique (how many different values), Inherit (the
    value that all share), nothing for the rest. Lists of numbers are taken together point by point."""
    known = [value for value in values if value is not None and value != ""]
    if how in ("Sum", "Average", "Min", "Max") and known and all(isinstance(value, list) for value in known):
        return _point_by_point(how, known)
    match how:
        case "Count":
            return len(known)
        case "Unique":
            return len({text_of(value, kind) for value in known})
        case "Inherit":
            texts = {text_of(value, kind) for value in known}
            return known[0] if len(texts) == 1 else None
        case "Sum" | "Average":
            numbers = [number for number in (number_of(value, kind) for value in known) if number is not None]
            if not numbers:
                return None
            total = sum(numbers) if how == "Sum" else sum(numbers) / len(numbers)
            if kind == "timespan":
                return round(total * 10_000_000)
            return int(total) if kind in NUMERIC and total == int(total) else total
        case "Min" | "Max":
            if kind in NUMERIC or kind in ("datetime", "timespan", "bool"):
                return (min if how == "Min" else max)(known, default=None)
            return (min if how == "Min" else max)((text_of(value, kind) for value in known), default=None)
    return None
