"""STIX patterns, as far as single values can be taken from them: `[ipv4-addr:value = '192.0.2.1' OR …]`.

Of comparisons that must hold together (AND) the most telling one is taken: a hash before a URL before an address. What
compares otherwise than by equality or by a set or range (LIKE, MATCHES, >) gives no value, nor does a negation.
Source: STIX 2.1, section 9 (OASIS).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from dashboard.detection.intelligence.observables import normal

Observable = tuple[str, str]
"""Key and value."""

_SIMPLE = re.compile(r"\[\s*([a-z0-9-]+:[\w.\-'\[\]*]+)\s*=\s*'([^'\\]*)'\s*\]\Z")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<string>'(?:[^'\\]|\\.)*')|(?P<typed>[tbh]'(?:[^'\\]|\\.)*')
    |(?P<path>[a-z0-9-]+:[\w\-]+(?:\.(?:[\w\-]+|'(?:[^'\\]|\\.)*')|\[(?:\d+|\*)\])*)
    |(?P<word>[A-Za-z]+)|(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<mark>!=|<=|>=|<>|==|[\[\]()=<>,])
    )""",
    re.VERBOSE,
)
_RANK: Final = ("file:hashes", "url:", "email-", "domain-name:", "ipv", "network-traffic:", "user-agent", "")
_DEEPEST = 50


def observables_of(pattern: str) -> list[Observable]:
    """The values a pattern looks for, each once, in order. Raises ValueError with a sentence where it is no pattern."""
    simple = _SIMPLE.match(pattern)
    if simple:
        return [(simple[1], normal(simple[1], simple[2]))]
    reader = _Reader(pattern)
    found = reader.observations()
    if reader.at < len(reader.tokens):
        raise ValueError(f"'{reader.tokens[reader.at][1][:40]}' is not expected there")
    return list(dict.fromkeys((key, normal(key, value)) for key, value in found))


class _Reader:
    """Reads a pattern by descent. Each step gives alternatives; AND keeps the more telling side."""

    def __init__(self, pattern: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        at, end = 0, len(pattern.rstrip())
        while at < end:
            match = _TOKEN.match(pattern, at)
            if not match:
                raise ValueError(f"'{pattern[at : at + 20].strip()}' is not understood")
            self.tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()
        self._depth = 0

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _take(self, text: str = "") -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end" or (text and token[1].upper() != text):
            raise ValueError(
                f"{text or 'more'} is expected before '{token[1][:40]}'" if token[1] else "it ends too early"
            )
        self.at += 1
        return token

    def _word(self) -> str:
        kind, text = self._peek()
        return text.upper() if kind == "word" else ""

    def observations(self) -> list[Observable]:
        found = self._observation()
        while self._word() in ("AND", "OR", "FOLLOWEDBY"):
            self.at += 1
            found += self._observation()
        return found

    def _observation(self) -> list[Observable]:
        if self._take()[1] == "(":
            found = self._nested(self.observations)
            self._take(")")
        else:
            self.at -= 1
            self._take("[")
            found = self._nested(self._either)
            self._take("]")
        while self._word() in ("WITHIN", "REPEATS", "START", "STOP", "SECONDS", "TIMES") or self._peek()[0] in (
            "number",
            "typed",
        ):
            self.at += 1
        return found

    def _nested(self, read: Callable[[], list[Observable]]) -> list[Observable]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("it is nested too deeply")
        found = read()
        self._depth -= 1
        return found

    def _either(self) -> list[Observable]:
        found = self._together()
        while self._word() == "OR":
            self.at += 1
            found += self._together()
        return found

    def _together(self) -> list[Observable]:
        found = self._comparison()
        while self._word() == "AND":
            self.at += 1
            found = min((found, self._comparison()), key=_rank)
        return found

    def _comparison(self) -> list[Observable]:
        if self._peek()[1] == "(":
            self.at += 1
            found = self._nested(self._either)
            self._take(")")
            return found
        if self._word() == "EXISTS":
            self.at += 2
            return []
        kind, path = self._take()
        if kind != "path":
            raise ValueError(f"'{path[:40]}' is no path of an object")
        negated = self._word() == "NOT"
        self.at += negated
        operator = self._take()[1].upper()
        values = []
        if operator == "IN":
            self._take("(")
            while True:
                values.append(self._take())
                if self._take()[1] == ")":
                    break
        else:
            values.append(self._take())
        if operator not in ("=", "==", "IN", "ISSUBSET") or negated:
            return []
        return [(path, _text(value)) for kind, value in values if kind == "string"]


def _text(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def _rank(found: list[Observable]) -> int:
    if not found:
        return len(_RANK)
    return min(next(at for at, start in enumerate(_RANK) if key.startswith(start)) for key, _ in found)
