"""Bytes to text to JSON, with limits of our own: a hostile file gets a sentence, never a recursion error."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from dashboard import settings
from dashboard.errors import Place, Problem, WatchbookError

# Possessive, and an unclosed string ends with the text: looking must take linear time on any input.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def decode(data: bytes, name: str) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte order mark. Raises WatchbookError (WB001, WB004)."""
    limit = settings.integer("workbook_mb")
    if len(data) > limit * 1_000_000:
        raise WatchbookError(
            Problem(
                "WB004",
                f"The file has {len(data) / 1_000_000:.1f} MB; a workbook may have {limit}.",
                place=Place(name),
                hint="Raise WATCHBOOK_WORKBOOK_MB if it is really a workbook.",
            )
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data[:2] == b"{\x00" or data[:2] == b"[\x00":
        encoding = "utf-16-le"
    elif data[:2] == b"\x00{" or data[:2] == b"\x00[":
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise WatchbookError(
            Problem(
                "WB001",
                f"Byte {error.start + 1} is not {'UTF-16' if encoding.startswith('utf-16') else 'UTF-8'} text.",
                place=Place(name),
                hint="Save the workbook as UTF-8.",
            )
        ) from None


def parse_json(text: str, place: Place, code: str = "WB002") -> Any:
    """The JSON value of `text`. Raises WatchbookError: `code` where it is not JSON, WB005 where it nests too deep."""
    text = text.removeprefix("\ufeff")
    _check_depth(text, place)
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_no_constant)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise WatchbookError(
            Problem(
                code,
                f"This is not JSON: {_sentence(error.msg)} at line {error.lineno}, column {error.colno}.",
                place=Place(place.file, error.lineno, error.colno, place.path),
            )
        ) from None
    except UnicodeEncodeError:
        raise WatchbookError(
            Problem(code, "A text holds half of a character (a lone surrogate).", place=place)
        ) from None
    except ValueError as error:
        raise WatchbookError(Problem(code, f"This is not JSON: {_sentence(str(error))}.", place=place)) from None
    except RecursionError:
        raise WatchbookError(_too_deep(place)) from None
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> float:
    raise ValueError(f"it has no value {name}")


def _sentence(message: str) -> str:
    known = {
        "Expecting value": "a value is missing",
        "Extra data": "there is more text after the end",
        "Expecting ',' delimiter": "a comma is missing, or a bracket is not closed",
        "Expecting ':' delimiter": "a colon is missing",
        "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
        "Illegal trailing comma before end of object": "a comma stands before the closing brace",
        "Illegal trailing comma before end of array": "a comma stands before the closing bracket",
        "Unterminated string starting at": "a string is not closed that starts",
        "Invalid control character at": "a control character stands in a string",
        "Invalid \\escape": "a backslash is followed by a character that needs none",
    }
    message = message.rstrip(": ")
    if "integer string conversion" in message:
        return "a number has too many digits"
    return known.get(message, message[:1].lower() + message[1:])


def _check_depth(text: str, place: Place) -> None:
    limit = settings.integer("workbook_depth")
    if text.count("{") + text.count("[") <= limit:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        mark = found.group()
        if mark in "[{":
            depth += 1
            if depth > limit:
                raise WatchbookError(_too_deep(place))
        elif mark in "]}":
            depth -= 1


def _too_deep(place: Place) -> Problem:
    limit = settings.integer("workbook_depth")
    return Problem("WB005", f"The JSON nests deeper than {limit} levels.", place=place)
