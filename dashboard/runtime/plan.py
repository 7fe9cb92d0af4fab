"""What an evaluated workbook looks like: the shapes that pages, exports, the command line and tests read.

`path` names an item in the document: `items/3`, inside groups `items/3/items/0`. Parameters' own path is their item's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.document.workbook import Item, Parameter
from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Problem
from dashboard.parameters.options import Option as Option

Status = Literal["ready", "hidden", "unset", "unsupported", "error"]


@dataclass(frozen=True, slots=True)
class Control:
    """A parameter as it stands: its definition, what may be chosen, what is chosen, and what is wrong with it.

    `value` by kind: text str; drop-down str, or list[str] where it is a multi-select; time range
    {"durationMs": int, "endTime"?: ISO text}; None is unset. `specials` are the offered special entries
    (`value::all`, `value::1` …) with their labels. `text` is what `{name}` becomes in prose. `query` is what was asked for the
    value or the options, where a query gives them and could be asked.
    """

    parameter: Parameter
    visible: bool
    value: Any = None
    options: tuple[Option, ...] = ()
    specials: tuple[Option, ...] = ()
    text: str = ""
    problem: Problem | None = None
    query: QueryRequest | None = None


@dataclass(frozen=True, slots=True)
class Tab:
    """A link of a links item, texts substituted. `selected` is meaningful for tabs. `parameter` and `value` are set where the
    link sets a parameter; `url` where it opens an address; `target` is the format's linkTarget. `workbook` is the link's
    workbookContext where it opens another workbook, texts substituted.

    `opens` says what else pressing it does, by `kind`: `details` {text}, `resource` {id}, `file` {name, text}, `inert` {why};
    empty for the other targets."""

    label: str
    target: str
    selected: bool = False
    parameter: str = ""
    value: str = ""
    url: str = ""
    step: str = ""
    enabled: bool = True
    pre_text: str = ""
    post_text: str = ""
    style: str = ""
    icon: str = ""
    workbook: Mapping[str, Any] | None = None
    opens: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MergeInput:
    """A step that a merge reads: the request that answers it (`inputs` where that is a merge itself), or the status and
    the sentence that say why there is none."""

    request: QueryRequest | None = None
    inputs: Mapping[str, MergeInput] = field(default_factory=dict)
    status: Status = "ready"
    message: str = ""


@dataclass(frozen=True)
class PlannedItem:
    """An item with everything decided that can be decided without its own data.

    `status` `ready` means it is drawn; then a query item has `query`. Other statuses have a `message` for the reader.
    `key` is equal for two evaluations if and only if the item would give the same result and be drawn the same: an
    item whose key did not change need not run or be drawn again. A group's key covers the group alone, not what is in
    it. `settings` of a group also holds `loaded` (its content was made) and `expanded`. `inputs` are the steps that a merge
    reads, by name. `exports` are the names that a selection or a brush sets. `texts` holds substituted texts by their key in the
    content (`title`, `json` for markdown, `noDataMessage`); `settings` the substituted content that visual reads.
    """

    item: Item
    path: str
    status: Status
    key: str
    message: str = ""
    problem: Problem | None = None
    query: QueryRequest | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    tabs: tuple[Tab, ...] = ()
    items: tuple[PlannedItem, ...] = ()
    exports: tuple[str, ...] = ()
    inputs: Mapping[str, MergeInput] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """An evaluated workbook. `values` are the formatted values of all parameters by name at top level (for deep links and
    reports); `problems` are those of the document as a whole (cyclic or undefined parameters)."""

    items: tuple[PlannedItem, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def walk(self) -> list[PlannedItem]:
        """All items, nested ones included, in document order."""
        found: list[PlannedItem] = []

        def visit(items: tuple[PlannedItem, ...]) -> None:
            for item in items:
                found.append(item)
                visit(item.items)

        visit(self.items)
        return found


def requests_of(item: PlannedItem) -> list[QueryRequest]:
    """The requests that an item sends: its own, or those of the steps that it merges."""
    if item.query is None:
        return []
    if item.query.source != "merge":
        return [item.query]
    found: list[QueryRequest] = []

    def visit(inputs: Mapping[str, MergeInput]) -> None:
        for step in inputs.values():
            if step.request is not None and step.request.source != "merge":
                found.append(step.request)
            visit(step.inputs)

    visit(item.inputs)
    return found
