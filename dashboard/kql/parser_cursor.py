"""Walking over tokens: looking, taking, refusing, and going on after a mistake.

A parser is made of layers, one file each: `Cursor` (here), `Literals`, `Expressions`, `Operators`, `Parser`. A mistake is
recorded as a `Problem` and raises `Unparsable`, which the nearest pipe catches: it goes on behind the next `|`, so that
several mistakes are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from dashboard.errors import Problem, Severity
from dashboard.kql.diagnostics import did_you_mean, problem_at
from dashboard.kql.literals import TYPE_NAMES
from dashboard.kql.syntax import Span
from dashboard.kql.tokens import Tokens, tokenize
from dashboard.table import KqlType

T = TypeVar("T")

# Far above real queries (deepest known: 23), and low enough that neither this parser nor a later pass that recurses over
# the tree meets Python's own limit.
MAX_NESTING = 60
MAX_PROBLEMS = 50
# What may stand between two operands, for those who wrote AND or conatins.
WORD_OPERATORS = (
    "and", "or", "in", "has", "contains", "startswith", "endswith", "between", "has_any", "has_all", "has_cs",
    "contains_cs", "hasprefix", "hassuffix", "startswith_cs", "endswith_cs",
)  # fmt: skip
_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = frozenset(")]}")


class Unparsable(Exception):
    """The construct at hand cannot be read; its problem is recorded."""


class TooDeep(Exception):
    """The query is nested beyond the limit; its problem is recorded."""


class Cursor:
    """A place in a list of tokens, and the problems found so far."""

    __slots__ = ("deepest", "depth", "ends", "index", "kinds", "longest_chain", "problems", "starts", "text", "texts")

    def __init__(self, text: str, tokens: Tokens | None = None) -> None:
        self.text = text
        self.kinds, self.texts, self.starts, self.ends = tokens or tokenize(text)
        self.index = 0
        self.depth = 0
        self.deepest = 0
        self.longest_chain = 0
        self.problems: list[Problem] = []

    # ---- spans and nesting

    def span_from(self, start: int) -> Span:
        """From a character offset to the end of the last token taken."""
        return Span(start, self.ends[self.index - 1])

    def here(self) -> Span:
        """The token at hand."""
        return Span(self.starts[self.index], self.ends[self.index])

    def enter(self) -> None:
        """One level deeper. Every caller leaves by `self.depth -= 1` after success; a failure is reset by the pipe that
        catches it."""
        self.depth += 1
        if self.depth > self.deepest:
            self.deepest = self.depth
            if self.depth > MAX_NESTING:
                self.too_deep(self.here())

    def too_deep(self, span: Span) -> NoReturn:
        """Refuses the whole text."""
        message = "The query is nested too deeply here."
        hint = f"At most {MAX_NESTING} brackets stand inside one another. Move inner parts into let statements."
        self.problems.append(problem_at(self.text, span, "KQ002", message, hint))
        raise TooDeep

    # ---- problems

    def report(
        self, code: str, message: str, hint: str = "", span: Span | None = None, severity: Severity = "error"
    ) -> None:
        """Records a problem; only the first one at a place is kept, since the rest follow from it."""
        if len(self.problems) >= MAX_PROBLEMS:
            return
        problem = problem_at(self.text, span or self.here(), code, message, hint, severity)
        if not any(known.place == problem.place for known in self.problems):
            self.problems.append(problem)

    def fail(self, code: str, message: str, hint: str = "", span: Span | None = None) -> NoReturn:
        """Records a problem and gives up on the construct at hand."""
        self.report(code, message, hint, span)
        raise Unparsable

    def fail_expected(self, what: str, hint: str = "") -> NoReturn:
        """Gives up because `what` should stand here, in the words that suit what does stand here."""
        kind, text = self.kinds[self.index], self.texts[self.index]
        if kind == "open":
            quote = next(c for c in text if c in "'\"`")
            multi = quote == "`"
            self.fail(
                "KQ018",
                f"The string that starts here is not closed{'' if multi else ' on its line'}.",
                "Close it with ```." if multi else f"Close it with {quote}, or write a text of several lines in ```.",
            )
        if kind == "bad":
            if text == "\\" and self.text[self.ends[self.index] : self.ends[self.index] + 1] in ("'", '"'):
                self.fail("KQ016", "A backslash stands before a quotation mark.", "Remove the backslash.")
            hint = "Remove it."
            if text.isalpha():
                at = self.starts[self.index]
                name = next(word[0] for word in re.finditer(r"\w+", self.text) if word.end() > at)
                hint = f"A name with other letters than a–z is written ['{short(name)}']."
            self.fail("KQ016", f"The character '{text}' does not belong to KQL.", hint)
        if kind == "name" and not hint:
            hint = did_you_mean(text, WORD_OPERATORS) if len(text) > 1 else ""
        found = "the query ends" if kind == "end" else f"found '{short(text)}'"
        self.fail("KQ010", f"Expected {what}, {found}.", hint)

    # ---- looking and taking

    def starts_line(self, index: int) -> bool:
        """Whether a token is the first one on its line."""
        if index == 0:
            return True
        return "\n" in self.text[self.ends[index - 1] : self.starts[index]]

    def take(self, text: str) -> bool:
        """Takes the token at hand if it is this word or punctuation."""
        if self.texts[self.index] == text:
            self.index += 1
            return True
        return False

    def expect(self, text: str, why: str = "") -> None:
        """Takes this word or punctuation, or gives up."""
        if self.texts[self.index] != text:
            self.fail_expected(f"'{text}'{' ' + why if why else ''}")
        self.index += 1

    def expect_closer(self, closer: str, opened_at: int) -> None:
        """Takes the bracket that closes the one at token `opened_at`, or gives up, saying where it was opened."""
        if self.texts[self.index] != closer:
            if self.kinds[self.index] == "end":
                span = Span(self.starts[opened_at], self.ends[opened_at])
                self.fail("KQ013", f"The '{self.texts[opened_at]}' here is never closed.", f"Add '{closer}'.", span)
            self.fail_expected(f"'{closer}'")
        self.index += 1

    def name_text(self) -> str | None:
        """Takes a name (a word, or `['…']`) and gives it as it is meant; None where there is none."""
        index = self.index
        if self.kinds[index] == "name":
            self.index = index + 1
            return self.texts[index]
        if self.texts[index] == "[" and self.kinds[index + 1] == "string":
            return self.bracketed_name()
        return None

    def bracketed_name(self) -> str:
        """Takes `['…']`."""
        opened = self.index
        self.index += 1
        name = self.string_text()
        self.expect_closer("]", opened)
        return name

    def expect_name(self, what: str) -> str:
        """Takes a name, or gives up."""
        name = self.name_text()
        if name is None:
            self.fail_expected(what)
        return name

    def string_text(self) -> str:
        """Takes one or more string constants side by side, which are one text."""
        raise NotImplementedError

    def type_name(self) -> KqlType:
        """Takes the name of a type."""
        text = self.texts[self.index]
        kind = TYPE_NAMES.get(text)
        if kind is None:
            if self.kinds[self.index] != "name":
                self.fail_expected("a type")
            hint = (
                did_you_mean(text, TYPE_NAMES)
                or "Types are string, long, int, real, datetime, timespan, bool, dynamic."
            )
            self.fail("KQ021", f"'{text}' is not a type.", hint)
        self.index += 1
        return kind

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        """One or more items with commas between them."""
        found = [item()]
        while self.texts[self.index] == ",":
            self.index += 1
            found.append(item())
        return tuple(found)

    def typed_names(self, closer: str = ")") -> tuple[tuple[str, KqlType], ...]:
        """Takes `(name:type, …)`, the bracket at hand; a comma may stand at the end."""
        opened = self.index
        self.expect("(", "before the columns")
        columns: list[tuple[str, KqlType]] = []
        while self.texts[self.index] != closer:
            name = self.expect_name("a column name")
            self.expect(":", "between the column's name and its type")
            columns.append((name, self.type_name()))
            if not self.take(","):
                break
        self.expect_closer(closer, opened)
        return tuple(columns)

    def recover(self) -> None:
        """Goes on to where a new operator or statement may start: the next `|`, `;` or closing bracket on this level."""
        open_brackets = 0
        while self.kinds[self.index] != "end":
            text = self.texts[self.index]
            if text in _OPENERS:
                open_brackets += 1
            elif text in _CLOSERS:
                if open_brackets == 0:
                    return
                open_brackets -= 1
            elif ((text == "|" or text == ";") and open_brackets == 0) or (
                text == ";" and self.texts[self.index + 1] == "let"
            ):
                return
            self.index += 1


def short(text: str) -> str:
    """A token's text cut to what fits in a sentence."""
    text = text.replace("\n", " ").replace("\r", "")
    return text if len(text) <= 40 else text[:39] + "…"
