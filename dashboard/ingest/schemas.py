"""The tables of Log Analytics and Resource Graph that are known by name, with their columns and KQL types.

They come from `sample_data/tables.json`: one line a table, its columns in order, separated by `|`, as `name:letter`; a column without a
letter is a string. The file is read on first use, a table's columns when somebody asks for that table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from dashboard import settings
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.table import KqlType

Columns = tuple[tuple[str, KqlType], ...]

_LETTERS: dict[str, KqlType] = {
    "": "string", "t": "datetime", "r": "real", "i": "int", "d": "dynamic", "l": "long", "b": "bool", "g": "guid",
    "s": "timespan", "m": "decimal",
}  # fmt: skip


class _KnownTables(Mapping[str, Columns]):
    """Name → columns, parsed table by table on demand: a page that shows three tables pays for three."""

    def __init__(self, lines: Mapping[str, str]) -> None:
        self._lines = lines
        self._parsed: dict[str, Columns] = {}

    def __getitem__(self, name: str) -> Columns:
        known = self._parsed.get(name)
        if known is None:
            parts = (column.partition(":") for column in self._lines[name].split("|"))
            known = self._parsed[name] = tuple((column, _LETTERS[letter]) for column, _, letter in parts)
        return known

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@lru_cache(maxsize=1)
def known_tables() -> Mapping[str, Columns]:
    """Every known table: name → ((column, KQL type), …). Raises WatchbookError (IN003) where the file is missing."""
    path = settings.shipped("sample_data") / "tables.json"
    try:
        return _KnownTables(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise WatchbookError(
            Problem(
                "IN003",
                f"The list of known tables cannot be read: {error}.",
                place=Place(file=path.name),
                hint="Install again.",
            )
        ) from None
