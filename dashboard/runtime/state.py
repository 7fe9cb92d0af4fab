"""What a reader did to a workbook: values set, rows selected, tabs pressed, ranges brushed, groups opened.

A `State` is never changed; each act makes a new one. Acts are numbered, because the latest setter of a name wins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class State:
    """`values` by (scope path, parameter name); `selections`, `tabs` and `brushes` by item path; each with its number."""

    values: Mapping[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    selections: Mapping[str, tuple[int, tuple[Mapping[str, Any], ...]]] = field(default_factory=dict)
    tabs: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    brushes: Mapping[str, tuple[int, tuple[dt.datetime, dt.datetime]]] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    acts: int = 0

    def with_value(self, scope_path: str, name: str, value: Any) -> State:
        """Sets a parameter; None takes the reader's choice back."""
        values = {key: old for key, old in self.values.items() if key != (scope_path, name)}
        if value is not None:
            values[(scope_path, name)] = (self.acts + 1, value)
        elif not scope_path:
            values = {key: old for key, old in values.items() if key[1] != name}
        return replace(self, values=values, acts=self.acts + 1)

    def with_selection(self, path: str, rows: tuple[Mapping[str, Any], ...]) -> State:
        """Selects rows; none takes the selection back."""
        selections = {key: old for key, old in self.selections.items() if key != path}
        if rows:
            selections[path] = (self.acts + 1, rows)
        return replace(self, selections=selections, acts=self.acts + 1)

    def with_tab(self, path: str, index: int) -> State:
        """Presses a tab or link."""
        return replace(self, tabs={**self.tabs, path: (self.acts + 1, index)}, acts=self.acts + 1)

    def with_brush(self, path: str, bounds: tuple[dt.datetime, dt.datetime] | None) -> State:
        """Brushes a range of time; None takes it back."""
        brushes = {key: old for key, old in self.brushes.items() if key != path}
        if bounds is not None:
            brushes[path] = (self.acts + 1, bounds)
        return replace(self, brushes=brushes, acts=self.acts + 1)

    def with_group(self, path: str, is_open: bool) -> State:
        """Opens or closes a group."""
        opened, closed = self.opened - {path}, self.closed - {path}
        if is_open:
            opened |= {path}
        else:
            closed |= {path}
        return replace(self, opened=opened, closed=closed, acts=self.acts + 1)

    def moved(self, paths: Mapping[str, str]) -> State:
        """With what was done to items where these items are now: `paths` leads from old to new, an item that is not in it is gone."""
        return replace(
            self,
            values={
                (paths[scope] if scope else "", name): kept
                for (scope, name), kept in self.values.items()
                if not scope or scope in paths
            },
            selections={paths[path]: kept for path, kept in self.selections.items() if path in paths},
            tabs={paths[path]: kept for path, kept in self.tabs.items() if path in paths},
            brushes={paths[path]: kept for path, kept in self.brushes.items() if path in paths},
            opened=frozenset(paths[path] for path in self.opened if path in paths),
            closed=frozenset(paths[path] for path in self.closed if path in paths),
            acts=self.acts + 1,
        )

    def given(self, name: str, item_path: str) -> tuple[int, Any] | None:
        """The latest value set for the parameter `name` of the item at `item_path`: set there, in a group around it, or for
        the whole workbook."""
        found = None
        scope = item_path
        while True:
            candidate = self.values.get((scope, name))
            if candidate is not None and (found is None or candidate[0] > found[0]):
                found = candidate
            if not scope:
                return found
            scope = scope.rpartition("/items/")[0]
