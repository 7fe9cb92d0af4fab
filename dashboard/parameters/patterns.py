"""Regular expressions of workbook authors, run with a time limit: a hostile pattern must not hold the page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

SECONDS = 0.1
LONGEST_PATTERN = 1_000
LONGEST_TEXT = 10_000


class PatternError(Exception):
    """The pattern cannot be read, or took too long."""


def search(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text. Raises PatternError."""
    try:
        return compiled(pattern).search(text[:LONGEST_TEXT], timeout=SECONDS) is not None
    except TimeoutError:
        raise PatternError("the pattern takes too long") from None


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The compiled pattern of the `regex` package. Raises PatternError."""
    import regex

    if len(pattern) > LONGEST_PATTERN:
        raise PatternError("the pattern is too long")
    try:
        return regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        raise PatternError(str(error)) from None
