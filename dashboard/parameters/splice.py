"""Where in a text a value lands, and how it is escaped there.

A value is spliced exactly as the format says. One that the workbook's author did not write (typed by a reader, from an
address, out of a cell) must not end the string literal or the comment it lands in: there it is escaped for just that
place. Outside literals it is spliced as it is; what keeps that safe is that an engine accepts one read-only statement.
"""

from __future__ import annotations

import json
import re
from typing import Literal

Language = Literal["kql", "json"]
State = Literal["code", "'", '"', "@'", '@"', "```", "~~~", "//"]

_OPENING = re.compile(r"//|```|~~~|@'|@\"|'|\"")
_CLOSING: dict[str, re.Pattern[str]] = {
    "'": re.compile(r"\\[^\r\n]|'|[\r\n]"),
    '"': re.compile(r"\\[^\r\n]|\"|[\r\n]"),
    "@'": re.compile(r"''|'|[\r\n]"),
    '@"': re.compile(r'""|"|[\r\n]'),
    "```": re.compile(r"```"),
    "~~~": re.compile(r"~~~"),
    "//": re.compile(r"[\r\n\u2028\u2029]"),
}
_JSON_END = re.compile(r"\\.|\"", re.DOTALL)


def advance(state: State, text: str, language: Language) -> State:
    """The state after `text`, which starts in `state`."""
    at = 0
    while at < len(text):
        if state == "code":
            if language == "json":
                at = text.find('"', at)
                if at < 0:
                    return "code"
                state, at = '"', at + 1
                continue
            opening = _OPENING.search(text, at)
            if opening is None:
                return "code"
            state, at = opening.group(), opening.end()  # type: ignore[assignment]
            continue
        pattern = _JSON_END if language == "json" else _CLOSING[state]
        closing = pattern.search(text, at)
        if closing is None:
            return state
        at = closing.end()
        if len(closing.group()) == 1 or state in ("```", "~~~"):
            state = "code"
    return state


def escape_at(state: State, text: str, language: Language) -> str:
    """`text` so that it stays inside the literal or comment that `state` says; as it is in code."""
    if state == "code":
        return text
    if language == "json":
        return escape_json(text)
    match state:
        case "'" | '"':
            return escape_kql(text, state)
        case "@'" | '@"':
            quote = state[1]
            return _one_line(text).replace(quote, quote * 2)
        case "```" | "~~~":
            mark = state[0]
            return re.sub(re.escape(mark) + "{3,}", lambda run: " ".join(run.group()), text).rstrip(mark)
        case _:
            return _one_line(text)


def escape_kql(text: str, quote: str | None = None) -> str:
    """`text` for the inside of a KQL string literal: backslashes, line ends, and the given quote (both where None)."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t").replace("\0", "")
    for mark in (quote,) if quote else ("'", '"'):
        text = text.replace(mark, "\\" + mark)
    return text


def escape_json(text: str) -> str:
    """`text` for the inside of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\u2028\u2029\0]+", " ", text)
