"""Reading and changing JSON by path without changing it in place: every object on the way is copied, all else is shared.

A path may lead through a text that holds JSON itself (`content` of older saves, the `query` of a merge): the text is read,
changed, and written again in the style it had.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

Key = str | int
MISSING: Final = object()
_STYLES: tuple[dict[str, Any], ...] = (
    {"separators": (",", ":")},
    {},
    {"indent": 2},
    {"indent": 4},
    {"indent": "\t"},
    {"separators": (",", ":"), "ensure_ascii": True},
    {"ensure_ascii": True},
)


def value_at(value: Any, path: Sequence[Key]) -> Any:
    """What stands at `path`; MISSING where nothing does."""
    for key in path:
        if isinstance(value, str):
            value = _inner(value)
        if isinstance(key, str):
            value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
        else:
            value = value[key] if isinstance(value, list) and 0 <= key < len(value) else MISSING
    return value


def with_value(value: Any, path: Sequence[Key], new: Any) -> Any:
    """A copy with `new` at `path`; objects that are missing on the way are made. MISSING as `new` takes the key out, and
    an object or list on the way that is thereby empty, and was not before, stays.

    Raises KeyError where the path leads through something that is neither an object nor a list.
    """
    return _changed(value, tuple(path), lambda _: new)


def without(value: Any, path: Sequence[Key]) -> Any:
    """A copy without what stands at `path`; the value itself where nothing stands there."""
    return value if value_at(value, path) is MISSING else _changed(value, tuple(path), lambda _: MISSING)


def with_entry(value: Any, path: Sequence[Key], index: int, entry: Any) -> Any:
    """A copy with `entry` put into the list at `path` before `index`; the list is made where there is none."""

    def insert(old: Any) -> list[Any]:
        entries = list(old) if isinstance(old, list) else []
        entries.insert(max(0, min(index, len(entries))), entry)
        return entries

    return _changed(value, tuple(path), insert)


def _changed(value: Any, path: tuple[Key, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        inner = _inner(value)
        if inner is not None:
            return _written(_changed(inner, path, change), value, inner)
    key, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(key, int):
        if not 0 <= key < len(value):
            raise KeyError(key)
        at = key
        new = _changed(value[at], rest, change)
        return value[:at] + ([] if new is MISSING else [new]) + value[at + 1 :]
    if value is MISSING or value is None:
        value = {}
    if not isinstance(value, dict) or not isinstance(key, str):
        raise KeyError(key)
    new = _changed(value.get(key, MISSING), rest, change)
    if new is MISSING:
        return {name: child for name, child in value.items() if name != key}
    return {**value, key: new}


def _inner(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _written(new: Any, old_text: str, old: Any) -> str:
    """JSON text in the style of the old one, where that is one of the usual styles; compact otherwise."""
    for style in _STYLES:
        if json.dumps(old, **{"ensure_ascii": False, **style}) == old_text.strip():
            return json.dumps(new, **{"ensure_ascii": False, **style})
    return json.dumps(new, ensure_ascii=False, **({"indent": 2} if "\n" in old_text else {"separators": (",", ":")}))
