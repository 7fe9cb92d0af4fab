"""Values of a table as Python values, and their plain text: what every visualization starts from."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from dashboard.table import KqlType, Table, json_cell
from dashboard.visual.dates import format_date, format_duration, in_zone
from dashboard.visual.numbers import as_number, plain_number

NUMERIC: frozenset[str] = frozenset({"int", "long", "real", "decimal"})

Record = Mapping[str, Any]

_REFERENCE = re.compile(r"""\[\s*(?:"([^"\]]{1,300})"|'([^'\]]{1,300})')\s*\]|\{([01])\}""")


@dataclass(frozen=True)
class Records:
    """The rows of a table by column name. Values are Python's: datetimes naive UTC, timespans ticks, dynamics parsed.

    Where a column's name occurs twice, the first one counts.
    """

    table: Table
    zone: dt.tzinfo = dt.UTC

    @cached_property
    def types(self) -> dict[str, KqlType]:
        """The KQL type of each column, in order."""
        found: dict[str, KqlType] = {}
        for column in self.table.columns:
            found.setdefault(column.name, column.type)
        return found

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return list(self.types)

    def __len__(self) -> int:
        return len(self.table)

    def first(self, limit: int) -> list[dict[str, Any]]:
        """The first `limit` rows."""
        arrow = self.table.arrow.slice(0, limit)
        columns = [_python(arrow.column(self.table.names.index(name)), kind) for name, kind in self.types.items()]
        return [dict(zip(self.types, row, strict=True)) for row in zip(*columns, strict=True)]

    @cached_property
    def all(self) -> list[dict[str, Any]]:
        """All rows."""
        return self.first(len(self.table))

    def column(self, name: str) -> list[Any]:
        """All values of one column."""
        return _python(self.table.arrow.column(self.table.names.index(name)), self.types[name])

    def text(self, name: str, value: Any) -> str:
        """The plain text of a value of the column `name`."""
        return text_of(value, self.types.get(name, "string"), self.zone)


def _python(column: Any, kind: KqlType) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if kind != "dynamic":
        return values
    return [parse_dynamic(value) for value in values]


def parse_dynamic(text: str | None) -> Any:
    """The value of a dynamic cell; JSON text that is not JSON stays text. Halves of surrogate pairs become `?`, since no page
    and no file can hold them."""
    if text is None:
        return None
    try:
        value = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return text
    return value


def text_of(value: Any, kind: KqlType, zone: dt.tzinfo = dt.UTC) -> str:
    """A value's plain text: times as dates in `zone`, timespans as durations, dynamics as short JSON, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if kind == "datetime" and isinstance(value, dt.datetime):
        return format_date(value, None, zone)
    if kind == "timespan" and isinstance(value, int):
        return format_duration(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return "NaN" if value != value else plain_number(value)
    return json_text(value)


def json_text(value: Any) -> str:
    """Short JSON of a dynamic value; a list of plain texts reads as a list."""
    return json.dumps(value, ensure_ascii=False, default=str, separators=(", ", ": "))


def sort_value(value: Any, kind: KqlType) -> Any:
    """What a cell sorts by, as JSON: numbers and texts as they are, times as ISO text, lists by their JSON."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, (list, dict)):
        return json_text(value)
    return json_cell(value, "string" if kind == "dynamic" else kind)


def number_of(value: Any, kind: KqlType) -> float | None:
    """A cell as a number to draw with: timespans in seconds; None where it is none."""
    if kind == "timespan" and isinstance(value, int):
        return value / 10_000_000
    if isinstance(value, bool):
        return None
    number = as_number(value)
    if number is None:
        return None
    amount = float(number)
    return amount if amount not in (float("inf"), float("-inf")) else None


def expand(
    text: str, record: Record, types: Mapping[str, KqlType], value: str = "", unit: str = "", zone: dt.tzinfo = dt.UTC
) -> str:
    """Text with `["column"]` replaced by the row's value and `{0}`, `{1}` by the cell's value and unit.

    What a replacement brings is not looked at again. A column that is not there becomes nothing.
    """
    if "[" not in text and "{" not in text:
        return text

    def one(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name is not None:
            return text_of(record.get(name), types.get(name, "string"), zone)
        return value if match[3] == "0" else unit

    return _REFERENCE.sub(one, text)


def numbers_in(value: Any) -> list[float | None]:
    """The numbers of a spark's array (a JSON list or text of one); other entries are gaps. Empty where it is no array."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = parse_dynamic(value)
    if not isinstance(value, list):
        return []
    found: list[float | None] = []
    for entry in value[:5_000]:
        number = as_number(entry)
        amount = None if number is None else float(number)
        found.append(amount if amount is not None and abs(amount) != float("inf") else None)
    return found


def unique_fields(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(name, field) for column names: fields hold no dot or bracket, which grid libraries read as a path."""
    used: set[str] = set()
    for i, name in enumerate(names):
        field = re.sub(r"[^\w$ -]", "_", name) or f"column {i + 1}"
        while field in used or field.startswith("_"):
            field = f"c{i}{field}"
        used.add(field)
        yield name, field


def local_iso(value: dt.datetime, zone: dt.tzinfo) -> str:
    """A naive UTC time as the reader's local time without a zone, as a chart's axis takes it."""
    return in_zone(value, zone).replace(tzinfo=None).isoformat()
