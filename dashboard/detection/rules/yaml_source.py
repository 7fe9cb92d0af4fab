"""YAML as plain values, with the line of each: who mends a rule must be told where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from dashboard.errors import Place, Problem, WatchbookError

Path = tuple[str | int, ...]
_MOST_NODES = 100_000
_DEEPEST = 50


@dataclass
class Source:
    """`value` is the document; `lines` has the line (from 1) of every value by its path, `texts` how scalars were written
    (a version `1.10` is not the number 1.1)."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    file: str = ""

    def place(self, *path: str | int) -> Place:
        """Where a value stands, or the nearest that is there around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return Place(file=self.file, line=self.lines[path[:end]])
        return Place(file=self.file, line=1)


def read_yaml(text: str, file: str = "") -> list[Source]:
    """The documents of a YAML text (JSON is YAML, too). Raises WatchbookError (DT001) where it is none."""
    try:
        nodes = list(
            yaml.compose_all(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        place = Place(file=file, line=mark.line + 1, column=mark.column + 1) if mark else Place(file=file)
        raise WatchbookError(Problem("DT001", f"This is no YAML: {what}.", place=place, hint=_hint(what))) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        what = str(error).split("\n", 1)[0]
        raise WatchbookError(Problem("DT001", f"This is no YAML: {what}.", place=Place(file=file))) from None
    return [_Reader(file).read(node) for node in nodes if node is not None]


def _hint(what: str) -> str:
    if "tab" in what or "\\t" in what:
        return "Indent with spaces, not tabs."
    if "mapping values" in what:
        return "Put a text that holds ': ' in quotes, and check the indentation."
    return "Check indentation, colons and quotes on this line and the one before."


class _Reader:
    def __init__(self, file: str) -> None:
        self.source = Source(file=file)
        self.count = 0

    def read(self, node: yaml.Node) -> Source:
        self.source.value = self._value(node, (), 0)
        return self.source

    def _value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self.count += 1
        if self.count > _MOST_NODES or depth > _DEEPEST:
            raise WatchbookError(
                Problem(
                    "DT001", "The YAML is too large or nested too deeply for a rule.", place=Place(self.source.file)
                )
            )
        # A block text begins on the line after its mark.
        block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        self.source.lines[path] = node.start_mark.line + (2 if block else 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, i), depth + 1) for i, item in enumerate(node.value)]
        self.source.texts[path] = node.value
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in found:
                place = Place(file=self.source.file, line=key_node.start_mark.line + 1)
                raise WatchbookError(
                    Problem("DT001", f"The key '{key}' stands twice.", place=place, hint="Remove one of them.")
                )
            found[key] = self._value(value_node, (*path, key), depth + 1)
        return found


def _scalar(node: Any) -> Any:
    kind = str(node.tag).rpartition(":")[2]
    if node.style is None or node.style == "":
        if kind == "null":
            return None
        if kind == "bool":
            return node.value.lower() in ("true", "yes", "on")
        if kind == "int" and node.value.lstrip("+-").isdigit():
            return int(node.value)
    return node.value
