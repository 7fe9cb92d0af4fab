"""The choices of a parameter: from the rows of a query by position, from JSON by key name (section 2.4)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.errors import Place, Problem

MOST_OPTIONS = 1_000
_FALSY = (None, False, 0, "", 0.0)
_COMMENT_OR_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|//[^\n]*|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+(?:"|\\?\Z))|,(\s*+[\]}])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a drop-down, options group or resource picker."""

    value: str
    label: str
    group: str = ""
    selected: bool = False


def options_from_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[Option, ...]:
    """Options from a result: columns 1 to 3 are value, label, selected; a column named `group` after those is the heading.
    Rows without a value and repeated values are left out; at most 1,000 are kept."""
    group_at = next((at for at, name in enumerate(names) if at > 2 and name == "group"), None)
    if group_at is None:
        group_at = next((at for at, name in enumerate(names) if at > 0 and name == "group"), None)
    label_at = 1 if len(names) > 1 and group_at != 1 else 0
    selected_at = 2 if len(names) > 2 and group_at != 2 else None
    found: dict[str, Option] = {}
    for row in rows:
        value = cell_text(row[0]) if row else ""
        if not value or value in found:
            continue
        found[value] = Option(
            value,
            cell_text(row[label_at]) or value,
            cell_text(row[group_at]) if group_at is not None else "",
            selected_at is not None and truthy(row[selected_at]),
        )
        if len(found) >= MOST_OPTIONS:
            break
    return tuple(found.values())


def options_from_json(text: str, place: Place | None = None) -> tuple[tuple[Option, ...], Problem | None]:
    """Options from JSON text: a list of objects {value, label?, selected?, group?} or of plain values, read leniently
    (comments and trailing commas are let pass). What cannot be read is a problem PA002, and no options."""
    try:
        data = lenient_json(text)
    except ValueError as error:
        problem = Problem("PA002", f"The list of options is not JSON: {error}.", place=place or Place())
        return (), problem
    if isinstance(data, dict):
        nested = next((child for child in data.values() if isinstance(child, list)), None)
        data = nested if nested is not None else [data]
    if not isinstance(data, list):
        data = [data]
    found: dict[str, Option] = {}
    for entry in data[: MOST_OPTIONS * 2]:
        option = _option(entry)
        if option is not None and option.value not in found and len(found) < MOST_OPTIONS:
            found[option.value] = option
    return tuple(found.values()), None


def _option(entry: Any) -> Option | None:
    if not isinstance(entry, dict):
        text = cell_text(entry)
        return Option(text, text) if text else None
    named = {key.lower(): child for key, child in entry.items()}
    cells = list(entry.values())
    value = named["value"] if "value" in named else cells[0] if cells else None
    label = named["label"] if "label" in named else value if "value" in named or len(cells) < 2 else cells[1]
    selected = named["selected"] if "selected" in named else None if "value" in named or len(cells) < 3 else cells[2]
    text = cell_text(value)
    if not text and "value" not in named:
        return None
    return Option(text, cell_text(label) or text, cell_text(named.get("group")), truthy(selected))


def lenient_json(text: str) -> Any:
    """The JSON value of a text that may hold comments and trailing commas. Raises ValueError with one phrase."""
    text = text.strip().removeprefix("\ufeff")
    try:
        return _loads(text)
    except ValueError:
        pass
    bare = _COMMENT_OR_STRING.sub(lambda found: found.group() if found.group().startswith('"') else "", text)
    bare = _TRAILING_COMMA.sub(lambda found: found.group(1) or found.group(2), bare)
    return _loads(bare)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it nests too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno} cannot be read") from None
    except ValueError:
        raise ValueError("a number has too many digits") from None


def truthy(value: Any) -> bool:
    """JavaScript's truth: false, 0, an empty text and nothing are false; the text 'false' is true there, but a query that
    gives it means false."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "false", "0")
    return value not in _FALSY


def cell_text(value: Any) -> str:
    """A cell of a result, or a JSON value, as the text that a parameter holds."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        moment = value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
        return moment if moment.endswith("Z") or value.tzinfo else f"{moment}Z"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
