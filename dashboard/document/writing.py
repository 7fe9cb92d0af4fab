"""Workbook files as text that is stable, readable and makes small diffs.

A file that exists is written again with only what differs: every line that holds nothing new stays as it is, whatever style
its author had. A new file has two spaces and one setting a line; equal documents give equal texts.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.document.workbook import Workbook

_MARK = re.compile(r'[ \t\r\n]*+("(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++)', re.DOTALL)
Step = int | str | None


@dataclass(slots=True)
class _Node:
    """A value in a text: from where to where, and what it holds: each with the place its key, or itself, begins at."""

    start: int
    end: int = 0
    kind: str = "value"
    keys: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    nodes: list[_Node] = field(default_factory=list)


def write_workbook(workbook: Workbook, like: str = "") -> str:
    """A workbook's file as text, in the package it came in; `like` is the text that the file has now, where there is one."""
    return write_json(workbook.package.outer, like)


def write_json(value: Any, like: str = "") -> str:
    """JSON text of `value`; `like` is the text it replaces, of which it keeps all that is still true.

    A text on one line is taken as machine-made: it is written readably from its first change on.
    """
    if like.strip():
        mark = "\ufeff" if like.startswith("\ufeff") else ""
        body = like[len(mark) :]
        try:
            old = json.loads(body)
        except (ValueError, RecursionError):
            old = None
        if _same(old, value) and "\n" in body.strip():
            return like
        if old is not None and "\n" in body.strip():
            text = _Rewriting(body).write(old, value)
            if text is not None and _same(json.loads(text), value):
                return mark + text
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, 1 is not 1.0, and the order of keys counts."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one is other or (list(one) == list(other) and all(_same(one[key], other[key]) for key in one))
    if isinstance(one, list) and isinstance(other, list):
        return one is other or (len(one) == len(other) and all(map(_same, one, other)))
    return type(one) is type(other) and bool(one == other)


class _Rewriting:
    """One text that is written again with another value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text[:10_000] else "\n"
        found = re.match(r"\s*[\[{]\s*?\n([ \t]+)\S", text)
        self.step: Step = "\t" if found and found[1].startswith("\t") else len(found[1]) if found else 2
        self.ascii_only = text.isascii() and bool(re.search(r"\\u[0-9a-fA-F]{4}", text))

    def write(self, old: Any, new: Any) -> str | None:
        """The text with `new` in place of `old`; None where it has a form that cannot be kept (a key given twice)."""
        root = _scan(self.text)
        if root is None:
            return None
        return self.text[: root.start] + self._value(root, old, new, "") + self.text[root.end :]

    def _value(self, node: _Node, old: Any, new: Any, indent: str) -> str:
        if _same(old, new):
            return self.text[node.start : node.end]
        if node.nodes and isinstance(old, dict) and isinstance(new, dict) and new:
            places = {key: place for place, key in enumerate(node.keys)}
            entries = [(places.get(key), key, new[key]) for key in new]
            return self._members(node, entries, old)
        if node.nodes and isinstance(old, list) and isinstance(new, list) and new:
            return self._members(node, [(place, None, each) for place, each in _align(old, new)], old)
        return self._fresh(new, indent)

    def _members(self, node: _Node, entries: list[tuple[int | None, str | None, Any]], old: Any) -> str:
        text = self.text
        lead = text[node.start + 1 : node.starts[0]]
        indent = lead.rpartition("\n")[2] if "\n" in lead else ""
        usual = "," + (
            lead if "\n" in lead or len(node.nodes) < 2 else text[node.nodes[0].end : node.starts[1]].lstrip(",")
        )
        found = [text[node.start], lead]
        before: int | None = None
        for at, (place, key, value) in enumerate(entries):
            if at:
                follows = place is not None and before is not None and place == before + 1
                found.append(text[node.nodes[before or 0].end : node.starts[place or 0]] if follows else usual)
            if place is None:
                name = "" if key is None else f"{json.dumps(key, ensure_ascii=self.ascii_only)}: "
                found.append(name + self._fresh(value, indent, compact="\n" not in lead))
            else:
                child = node.nodes[place]
                was = old[key] if key is not None else old[place]
                found += [text[node.starts[place] : child.start], self._value(child, was, value, indent)]
            before = place
        return "".join([*found, text[node.nodes[-1].end : node.end]])

    def _fresh(self, value: Any, indent: str, *, compact: bool = False) -> str:
        if compact:
            return json.dumps(value, ensure_ascii=self.ascii_only)
        written = json.dumps(value, ensure_ascii=self.ascii_only, indent=self.step)
        return written.replace("\n", self.newline + indent)


def _align(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[int | None, Any]]:
    """Each new entry with the place of the old one it comes from, None where it is new."""
    if len(old) == len(new):
        yield from enumerate(new)
        return
    one, other = ([json.dumps(each) for each in entries] for entries in (old, new))
    for what, start, end, from_, to in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what == "equal":
            yield from ((start + step, new[from_ + step]) for step in range(to - from_))
        elif what in ("replace", "insert"):
            pairs = end - start if what == "replace" else 0
            yield from ((start + step if step < pairs else None, new[from_ + step]) for step in range(to - from_))


def _scan(text: str) -> _Node | None:
    """The places of all values in a JSON text that is known to be valid; None where an object has a key twice."""
    root: _Node | None = None
    open_: list[_Node] = []
    key: tuple[str, int] | None = None
    for found in _MARK.finditer(text):
        mark, start = found[1], found.start(1)
        if mark in ",:":
            continue
        if mark in "}]":
            open_.pop().end = found.end()
            continue
        around = open_[-1] if open_ else None
        if around is not None and around.kind == "{" and key is None:
            key = (json.loads(mark), start)
            continue
        node = _Node(start, found.end(), mark if mark in "{[" else "value")
        if around is None:
            root = node
        else:
            around.nodes.append(node)
            around.starts.append(key[1] if key else start)
            if key is not None:
                if key[0] in around.keys:
                    return None
                around.keys.append(key[0])
        key = None
        if node.kind != "value":
            open_.append(node)
    return root
