"""Text → tokens: one compiled expression finds each token, a second look is taken only at string constants.

A token has a kind, its text and its place. For words and punctuation the parser compares the text alone; every other
kind carries a text that no word or punctuation can have. Kinds:

| kind | what |
|---|---|
| name | a word, keywords included (`where`, `mv-expand`, `!contains` are one token each) |
| op | punctuation |
| string | a string constant in any spelling |
| long, real, timespan, guid | a bare constant: `5`, `0xFF`, `1.5`, `1h`, `74be27de-…` |
| typed | a constant with its type: `datetime(2024-01-01)`, `int(null)` |
| curly | a text in curly quotes, which KQL does not know |
| open | a string that does not end on its line |
| bad | a character that KQL does not know |
| end | the end of the text |
"""

from __future__ import annotations

import re
from typing import NamedTuple

# White space as KQL knows it; no-break and zero-width spaces of pasted text are among it.
_SPACE = " \\t\\r\\n\\f\\v\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"

_DASHED = (
    "project-(?:away|keep|rename|reorder|smart|by-names)|mv-(?:expand|apply)|make-(?:series|graph)|parse-(?:where|kv)|"
    "sample-distinct|top-(?:nested|hitters)|granny-(?:asc|desc)|assert-schema|macro-expand|materialized-view-combine|"
    "partitioned-by|graph-(?:match|to-table|shortest-paths|mark-components|where-nodes|where-edges)"
)
_SPANS = (
    "milliseconds?|millisec|millis?|microseconds?|microsec|micros?|nanoseconds?|nanosec|nanos?|ms|"
    "minutes?|min|m|seconds?|sec|s|days?|d|hours?|hrs?|h|ticks?"
)
_TYPES = "datetime|date|timespan|time|int32|int64|int|long|real|double|decimal|bool|guid"

_CURLY_DOUBLE = "\u201c\u201d\u201e\u201f"
_CURLY_SINGLE = "\u2018\u2019\u201a\u201b"
CURLY = _CURLY_DOUBLE + _CURLY_SINGLE

# Most tokens are punctuation, or words behind which nothing stands that could make something else of them: these two are
# tried first. What they leave is looked at in the order of the language.
_TOKEN = re.compile(
    rf"""[{_SPACE}]*+(?://[^\r\n\u2028\u2029]*+[{_SPACE}]*+)*+
    (?:
      ([-+*/%()\[\]{{}}|,;:?]|==|=~|=>|!=|!~|<=|>=|<>|<\||\.\.|[=<>.])
    | ((?!matches\ )[A-Za-z_$][A-Za-z0-9_]*+(?![-~"'`@(]))
    | ((?:{_DASHED}|(?:matches\ +regex)|in~)(?![A-Za-z0-9_])|in~)
    | ((?:{_TYPES})\([^)\r\n]*\))
    | ([hH]?(?:"[^"\\\r\n]*+(?:\\[^\r\n][^"\\\r\n]*+)*+"|'[^'\\\r\n]*+(?:\\[^\r\n][^'\\\r\n]*+)*+'
        |@"[^"\r\n]*+(?:""[^"\r\n]*+)*+"|@'[^'\r\n]*+(?:''[^'\r\n]*+)*+'
        |```(?:[^`]|`(?!``))*+```|~~~(?:[^~]|~(?!~~))*+~~~))
    | ([hH]?@?["'`](?:[^\r\n])*)
    | ([0-9a-fA-F]{{8}}-(?:[0-9a-fA-F]{{4}}-){{3}}[0-9a-fA-F]{{12}}(?![A-Za-z0-9_]))
    | ([A-Za-z_$][A-Za-z0-9_]*+)
    | ((?:\d++\.(?!\.(?!\.))\d*+(?:[eE][+-]?\d++)?|\d++[eE][+-]?\d++)(?![A-Za-z0-9_]))
    | (\d++(?:\.\d++)?(?:{_SPANS})(?![A-Za-z0-9_]))
    | ((?:0[xX][0-9a-fA-F]++|\d++)(?![A-Za-z0-9_]))
    | (\d++[A-Za-z_][A-Za-z0-9_]*+)
    | (!(?:in~|(?:contains_cs|contains|hasprefix_cs|hasprefix|hassuffix_cs|hassuffix|has_cs|has|startswith_cs|startswith
        |endswith_cs|endswith|between|in)(?![A-Za-z0-9_])))
    | (@)
    | ([{_CURLY_DOUBLE}][^{_CURLY_DOUBLE}\r\n]*+[{_CURLY_DOUBLE}]|[{_CURLY_SINGLE}][^{_CURLY_SINGLE}\r\n]*+[{_CURLY_SINGLE}])
    | (\Z)
    | (.)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_KINDS = (
    "", "op", "name", "name", "typed", "string", "open", "guid", "name", "real", "timespan", "long", "name", "name", "op", "curly",
    "end", "bad",
)  # fmt: skip


class Tokens(NamedTuple):
    """The tokens of a text as parallel lists. The last five have the kind `end` and an empty text, so that a parser may look
    a few tokens ahead anywhere."""

    kinds: list[str]
    texts: list[str]
    starts: list[int]
    ends: list[int]


def tokenize(text: str) -> Tokens:
    """All tokens of a text. Never fails: what KQL does not know becomes a token of the kinds curly, open or bad."""
    kinds: list[str] = []
    texts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _TOKEN.finditer(text):
        group = match.lastindex or 0
        start, end = match.span(group)
        kinds.append(_KINDS[group])
        texts.append(text[start:end])
        starts.append(start)
        ends.append(end)
    # After spaces at the end the end is found twice.
    more = 4 - (kinds[-2:] == ["end", "end"])
    kinds += ["end"] * more
    texts += [""] * more
    starts += [len(text)] * more
    ends += [len(text)] * more
    return Tokens(kinds, texts, starts, ends)


_ESCAPE = re.compile(
    r"""\\(?:([\\'"abfnrtv])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-3][0-7]{0,2}|[4-7][0-7]?)|(.?))""",
    re.DOTALL,
)
_SIMPLE = {"\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class UnknownEscape(ValueError):
    """A backslash that starts no escape; `offset` counts from the start of the token."""

    def __init__(self, offset: int, escape: str) -> None:
        super().__init__(escape)
        self.offset = offset
        self.escape = escape


def string_value(token: str) -> str:
    """The text that a string token stands for. Raises UnknownEscape."""
    head = 1 if token[0] in "hH" else 0
    if token[head] == "@":
        quote = token[head + 1]
        return token[head + 2 : -1].replace(quote + quote, quote)
    if token[head] in "`~":
        return token[head + 3 : -3]
    body = token[head + 1 : -1]
    if "\\" not in body:
        return body

    def unescape(match: re.Match[str]) -> str:
        simple, short, long, hexadecimal, octal, unknown = match.groups()
        if simple:
            return _SIMPLE[simple]
        if unknown is not None:
            raise UnknownEscape(head + 1 + match.start(), match[0])
        if octal:
            return chr(int(octal, 8))
        number = int(short or long or hexadecimal, 16)
        if number > 0x10FFFF:
            raise UnknownEscape(head + 1 + match.start(), match[0])
        return chr(number)

    return _ESCAPE.sub(unescape, body)
