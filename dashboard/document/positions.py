"""Where in a file's text a path of the document stands: tools that show findings beside lines need it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*+")
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]*+")


def line_of(text: str, path: str) -> int:
    """The line, from 1, of what `path` (`items/3/items/0/content/query`) names in a workbook's JSON text; where the text does
    not go that far, because a part is packed in a string, the line of the last part that is there."""
    at = _space(text, 0)
    for step in _steps(path):
        found = next((place for key, place in _members(text, at) if key == step), None)
        if found is None:
            break
        at = found
    return text.count("\n", 0, at) + 1


def _steps(path: str) -> Iterator[str]:
    """The keys of a path. A group's items stand in its content, which a path leaves out."""
    before = ""
    for step in filter(None, path.split("/")):
        if step == "items" and before.isdigit():
            yield "content"
        yield step
        before = step


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """Key and place of each value in the object or list at a place; nothing for other values or broken text."""
    opening = text[at : at + 1]
    if opening not in ("{", "["):
        return
    at, number = _space(text, at + 1), 0
    while at < len(text) and text[at] not in "]}":
        key = str(number)
        if opening == "{":
            name = _STRING.match(text, at)
            if name is None:
                return
            try:
                key = json.loads(name.group())
            except ValueError:
                return
            at = _space(text, name.end())
            if text[at : at + 1] != ":":
                return
            at = _space(text, at + 1)
        yield key, at
        at = _space(text, _end(text, at))
        if text[at : at + 1] == ",":
            at = _space(text, at + 1)
        number += 1


def _end(text: str, at: int) -> int:
    """The place after the value at a place."""
    if text[at : at + 1] not in ("{", "["):
        found = _STRING.match(text, at) or _SCALAR.match(text, at)
        return max(found.end() if found else at, at + 1)
    depth = 0
    for token in _TOKEN.finditer(text, at):
        mark = token.group()
        depth += mark in ("{", "[")
        depth -= mark in ("}", "]")
        if depth == 0:
            return token.end()
    return len(text)


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
