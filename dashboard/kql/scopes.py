"""What names mean at a place in the text: let values, tabular lets, functions and their parameters, innermost first."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound, Shared


class ScalarValue(Struct, frozen=True):
    """A name for a scalar value."""

    value: Bound


class TableValue(Struct, frozen=True):
    """A name for a table."""

    shared: Shared


class FunctionValue(Struct, frozen=True):
    """A name for a function; its body is bound at each call, with the names that were in reach where it was defined.
    `stored` where its text is not the query's: places in it mean nothing to the query's reader."""

    name: str
    function: s.Function
    scope: Scope
    stored: bool = False


class Pending(Struct):
    """A let whose value nobody has asked for yet. A let that is never used costs nothing and refuses nothing."""

    value: s.Expression
    scope: Scope
    resolved: ScalarValue | TableValue | None = None
    busy: bool = False


Entry = ScalarValue | TableValue | FunctionValue | Pending


class Scope:
    """Names of one block, over those of the blocks around it."""

    __slots__ = ("_names", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self._names: dict[str, Entry] = {}

    def child(self) -> Scope:
        """A block inside this one."""
        return Scope(self)

    def define(self, name: str, entry: Entry) -> None:
        """Gives a name its meaning in this block; a later meaning hides an earlier one."""
        self._names[name] = entry

    def find(self, name: str) -> Entry | None:
        """The meaning of a name, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            entry = scope._names.get(name)
            if entry is not None:
                return entry
            scope = scope.parent
        return None

    def names(self) -> Iterator[str]:
        """All names in reach."""
        scope: Scope | None = self
        while scope is not None:
            yield from scope._names
            scope = scope.parent
