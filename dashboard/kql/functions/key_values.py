"""The reader behind parse-kv: pairs of keys and values out of a text, as a bag of texts.

Quotes and escapes make this more than a regular expression says, so it is a registered function. Every character is looked at a
bounded number of times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from dashboard.kql.functions.registry import PythonFunction, ScalarFunction

_WORD = re.compile(r"\w+")


@lru_cache(maxsize=64)
def _options(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def key_values(text: str | None, options: str | None) -> str | None:
    """The wanted keys that a text holds, as JSON. `options`: keys, pair, kv (delimiters, empty where none are given), quotes
    (pairs of opening and closing), escapes, greedy. The first appearance of a key counts."""
    if text is None or options is None:
        return None
    chosen = _options(options)
    read = _delimited if chosen["pair"] and chosen["kv"] else _undelimited
    return json.dumps(read(text, chosen), ensure_ascii=False)


def _delimited(text: str, options: dict[str, Any]) -> dict[str, str]:
    pair, kv, wanted = options["pair"], options["kv"], set(options["keys"])
    found: dict[str, str] = {}
    at = 0
    while at < len(text) and len(found) < len(wanted):
        while text.startswith(pair, at):
            at += len(pair)
        at = _skip_space(text, at, pair)
        key, after = _quoted(text, at, options)
        if key is not None and text.startswith(kv, _skip_space(text, after, kv)):
            at = _skip_space(text, after, kv) + len(kv)
        else:
            sign = text.find(kv, at)
            if sign < 0:
                break
            start = text.rfind(pair, at, sign)
            key = text[at if start < 0 else start + len(pair) : sign].strip()
            at = sign + len(kv)
        value, at = _value(text, at, options)
        if key in wanted:
            found.setdefault(key, value)
    return found


def _value(text: str, at: int, options: dict[str, Any]) -> tuple[str, int]:
    """The value at a place, and where the next pair starts."""
    pair, kv = options["pair"], options["kv"]
    quoted, after = _quoted(text, _skip_space(text, at, pair), options)
    if quoted is not None:
        end = text.find(pair, after)
        return quoted, len(text) if end < 0 else end
    end = text.find(pair, at)
    if end >= 0 and options["greedy"]:
        sign = text.find(kv, at)
        end = text.rfind(pair, at, sign) if sign >= 0 else -1
    end = len(text) if end < 0 else end
    return text[at:end].strip(), end


def _undelimited(text: str, options: dict[str, Any]) -> dict[str, str]:
    wanted = set(options["keys"])
    found: dict[str, str] = {}
    opening = {quote[0] for quote in options["quotes"]}
    at = 0
    while len(found) < len(wanted):
        match = _WORD.search(text, at)
        if match is None:
            break
        at = match.end()
        if match[0] not in wanted:
            continue
        start = at
        while start < len(text) and not (text[start].isalnum() or text[start] == "_" or text[start] in opening):
            start += 1
        quoted, after = _quoted(text, start, options)
        if quoted is not None:
            found.setdefault(match[0], quoted)
            at = after
            continue
        value = _WORD.match(text, start)
        if value is not None:
            found.setdefault(match[0], value[0])
            at = value.end()
    return found


def _quoted(text: str, at: int, options: dict[str, Any]) -> tuple[str | None, int]:
    """The content of a quoted text that starts here and where it ends; None where none starts."""
    for opening, closing in options["quotes"]:
        if not text.startswith(opening, at):
            continue
        parts: list[str] = []
        place = at + len(opening)
        while place < len(text):
            letter = text[place]
            if letter in options["escapes"] and place + 1 < len(text):
                parts.append(text[place + 1])
                place += 2
            elif letter == closing:
                return "".join(parts), place + 1
            else:
                parts.append(letter)
                place += 1
    return None, at


def _skip_space(text: str, at: int, delimiter: str) -> int:
    """Behind white space, which a delimiter may be itself."""
    while at < len(text) and text[at].isspace() and not text.startswith(delimiter, at):
        at += 1
    return at


def options_text(
    keys: Sequence[str], pair: str, kv: str, quotes: Sequence[str], escapes: Sequence[str], greedy: bool
) -> str:
    """The options of `key_values` as text. A quote is one character, or an opening and a closing one."""
    pairs = [[quote[0], quote[-1]] for quote in quotes if quote]
    return json.dumps(
        {"keys": list(keys), "pair": pair, "kv": kv, "quotes": pairs, "escapes": list(escapes), "greedy": greedy}
    )


FUNCTIONS = (
    ScalarFunction(
        "$key_values", ("string", "string"), "dynamic", "kql_key_values({0}, {1})", "parsing",
        python=(PythonFunction("kql_key_values", key_values, ("VARCHAR", "VARCHAR"), "VARCHAR"),),
        note="the reader of parse-kv",
    ),
)  # fmt: skip
