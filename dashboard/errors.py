"""One error shape for the whole product: a stable code, a place, what was found, what to do.

A person's mistake is a `Problem`, a value that can be collected, listed and drawn. Where a function cannot go on,
it raises `WatchbookError`, which carries one or more problems and prints as sentences, never as a traceback.

Codes are two letters for the room and three digits. Every room lists its own in a `codes.py` as
`CODES: dict[str, str]` (code to the one sentence that docs/errors.md prints).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was found. Every part is optional; lines and columns count from 1.

    `path` is a place inside a document, as in `items/2/content/query`. `length` is how many characters from the column on
    are meant, where that is known.
    """

    file: str = ""
    line: int | None = None
    column: int | None = None
    path: str = ""
    length: int | None = None

    def describe(self) -> str:
        """The place as a reader says it: `rules.yaml, line 3, column 7`; empty where nothing is known."""
        parts = [part for part in (self.file, self.path) if part]
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `message` says what was found, `hint` what to do about it."""

    code: str
    message: str
    severity: Severity = "error"
    place: Place = field(default_factory=Place)
    hint: str = ""

    def describe(self) -> str:
        """One line for a terminal or a page: `KQ014 line 3, column 7: … Did you mean …?`"""
        place = self.place.describe()
        head = f"{self.code} {place}:" if place else f"{self.code}:"
        return " ".join(part for part in (head, self.message, self.hint) if part)


class WatchbookError(Exception):
    """Raised where work cannot go on. `problems` is never empty; the first one is the main one."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("a WatchbookError needs at least one problem")
        super().__init__(problems[0].describe())
        self.problems = problems

    @property
    def problem(self) -> Problem:
        """The first, and main, problem."""
        return self.problems[0]


class Cancelled(WatchbookError):
    """The person, or a newer run, asked for the work to stop."""

    def __init__(self) -> None:
        super().__init__(Problem("EN001", "The query was cancelled.", "info"))
