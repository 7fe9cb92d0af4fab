"""A pasted query made readable: straight quotation marks, missing pipes and semicolons, characters from web pages.

Queries copied from articles, chats and JSON come with curly quotes, no-break spaces or lost pipes. `repair` changes only
what stands outside of strings and comments, or makes up the string's own quotes, and offers its text only where that
parses better.
"""

from __future__ import annotations

import re

from msgspec import Struct

from dashboard.errors import Problem
from dashboard.kql.parser import ParseResult, parse
from dashboard.kql.tokens import CURLY, tokenize

_MAX_ROUNDS = 4
# Look-alikes that pages and word processors put in place of KQL's own characters.
_LOOKALIKES = {
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2010": "-", "\u2011": "-", "\u00ad": "", "\u2060": "",
    "\u200c": "", "\u200d": "", "\u200e": "", "\u200f": "", "\uff5c": "|", "\uff1d": "=", "\uff08": "(",
    "\uff09": ")", "\uff0c": ",", "\uff1b": ";", "\uff1a": ":", "\u00a6": "|", "\u2260": "!=", "\u2264": "<=",
    "\u2265": ">=", "\u2026": "..", "\u00b4": "'", "\u2032": "'", "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
}  # fmt: skip
_ENTITIES = {"&quot;": '"', "&#39;": "'", "&apos;": "'", "&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES))


class Repair(Struct, frozen=True):
    """A repaired query text and what was changed, as sentences."""

    text: str
    changes: tuple[str, ...]


def repair(text: str) -> Repair | None:
    """The text as it was probably meant, where it has syntax errors and a mechanical change takes some away without
    bringing others; None otherwise."""
    before = parse(text)
    if _errors(before) == 0 or before.problems[0].code == "KQ001":
        return None
    changes: list[str] = []
    changed = text
    for change in (_unescape, _entities, _characters, _quotes):
        changed, sentence = change(changed)
        if sentence:
            changes.append(sentence)
    changed, inserted = _separators(changed)
    changes += inserted
    if not changes or _errors(parse(changed)) >= _errors(before):
        return None
    return Repair(changed, tuple(changes))


def _errors(result: ParseResult) -> int:
    return sum(problem.severity == "error" for problem in result.problems)


def _count(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.format(number)


def _unescape(text: str) -> tuple[str, str]:
    r"""Takes away the backslashes of a query copied out of JSON: `where a == \"x\"`."""
    tokens = tokenize(text)
    escaped = any(
        kind == "bad" and found == "\\" and text[end : end + 1] in ('"', "'")
        for kind, found, end in zip(tokens.kinds, tokens.texts, tokens.ends, strict=True)
    )
    if not escaped:
        return text, ""
    plain = text.replace('\\"', '"').replace("\\'", "'").replace("\\n", "\n").replace("\\\\", "\\")
    return plain, "Removed the backslashes before quotation marks."


def _entities(text: str) -> tuple[str, str]:
    """Turns HTML's `&quot;` and its like into the characters they name."""
    if not _ENTITY.search(text):
        return text, ""
    return _ENTITY.sub(
        lambda match: _ENTITIES[match[0]], text
    ), "Turned HTML's &quot;, &gt; and the like into characters."


def _characters(text: str) -> tuple[str, str]:
    """Replaces look-alikes outside of strings and comments."""
    pieces: list[str] = []
    done = 0
    count = 0
    tokens = tokenize(text)
    for kind, found, start, end in zip(*tokens, strict=True):
        if kind == "bad" and found in _LOOKALIKES:
            pieces += (text[done:start], _LOOKALIKES[found])
            done = end
            count += 1
    if not count:
        return text, ""
    sentence = _count(
        count, "Replaced a look-alike character by KQL's own.", "Replaced {} look-alike characters by KQL's own."
    )
    return "".join((*pieces, text[done:])), sentence


def _quotes(text: str) -> tuple[str, str]:
    """Straightens curly quotation marks that stand where a string's own would; those inside of strings stay."""
    pieces: list[str] = []
    done = 0
    count = 0
    tokens = tokenize(text)
    for kind, found, start, end in zip(*tokens, strict=True):
        if kind == "curly":
            body = found[1:-1]
            quote = "'" if '"' in body and "'" not in body else '"'
            if "\\" in body:  # a path or a pattern, as it was typed
                straight = "@" + quote + body.replace(quote, quote * 2) + quote
            else:
                straight = quote + body.replace(quote, "\\" + quote) + quote
            pieces += (text[done:start], straight)
            count += 1
        elif kind == "bad" and found in CURLY:
            pieces += (text[done:start], '"' if found in CURLY[:4] else "'")
            count += 1
        elif kind == "open" and any(c in CURLY for c in found):  # “x" or "x”: one of the two is straight
            pieces += (text[done:start], "".join('"' if c in CURLY[:4] else "'" if c in CURLY else c for c in found))
            count += 1
        else:
            continue
        done = end
    if not count:
        return text, ""
    sentence = _count(
        count, "Straightened the quotation marks of a string.", "Straightened the quotation marks of {} strings."
    )
    return "".join((*pieces, text[done:])), sentence


def _separators(text: str) -> tuple[str, list[str]]:
    """Adds the pipes and semicolons that the parser finds missing."""
    pipes: list[int] = []
    semicolons: list[int] = []
    for _ in range(_MAX_ROUNDS):
        problems = parse(text).problems
        missing = [problem for problem in problems if problem.code in ("KQ012", "KQ015")]
        if not missing:
            break
        for problem in reversed(missing):  # from the end, so that earlier places stay right
            offset = _offset(text, problem)
            if problem.code == "KQ012":
                text = f"{text[:offset]}| {text[offset:]}"
                pipes.append(problem.place.line or 0)
            else:
                end = _end_before(text, offset)
                text = f"{text[:end]};{text[end:]}"
                semicolons.append(problem.place.line or 0)
    sentences: list[str] = []
    if pipes:
        sentences.append(f"Added the missing {'pipe' if len(pipes) == 1 else 'pipes'} at {_lines(pipes)}.")
    if semicolons:
        noun = "semicolon" if len(semicolons) == 1 else "semicolons"
        sentences.append(f"Added the missing {noun} before {_lines(semicolons)}.")
    return text, sentences


def _offset(text: str, problem: Problem) -> int:
    """The character offset of a problem's place."""
    line, column = problem.place.line or 1, problem.place.column or 1
    offset = 0
    for _ in range(line - 1):
        offset = text.index("\n", offset) + 1
    return offset + column - 1


def _end_before(text: str, offset: int) -> int:
    """Where the last token before an offset ends: a semicolon must not fall into a comment."""
    tokens = tokenize(text[:offset])
    return tokens.ends[-6] if len(tokens.ends) > 5 else 0


def _lines(lines: list[int]) -> str:
    numbers = sorted(set(lines))
    return f"line {numbers[0]}" if len(numbers) == 1 else f"lines {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
