"""What a reader gives: records, and what could not be read as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """Something in the file that is no record: why, and its text (cut where it is long)."""

    reason: str
    raw: str


Item = tuple[int, Record | Bad]
"""Where it stands (line or position, from 1), and what it is."""
Items = Iterator[Item]
