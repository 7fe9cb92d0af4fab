"""`{name}` and `{name:format}` in the texts of a workbook."""

from __future__ import annotations

import re
from typing import Any

REFERENCE = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}\n]*))?\}")


def references(value: Any) -> frozenset[str]:
    """All names that the texts in a JSON value refer to, whether anything declares them or not."""
    found: set[str] = set()
    _collect(value, found)
    return frozenset(found)


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, str):
        if "{" in value:
            found.update(match.group(1) for match in REFERENCE.finditer(value))
    elif isinstance(value, dict):
        for child in value.values():
            _collect(child, found)
    elif isinstance(value, list):
        for child in value:
            _collect(child, found)
