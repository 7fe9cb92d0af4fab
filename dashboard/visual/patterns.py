"""Regular expressions that a workbook brings: matched by RE2, which cannot be made to run for ever.

What RE2 refuses (look-ahead, back references) matches nothing, as an invalid pattern does.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PLAIN = re.compile(r"[\w\s|:/@#,;=<>!%&'\"~-]*\Z")


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`."""
    if len(pattern) > 2_000 or len(text) > 20_000:
        return False
    if _PLAIN.match(pattern):
        return any(part in text for part in pattern.split("|"))
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = pc.match_substring_regex(pa.scalar(text, pa.string()), pattern=pattern)
    except (pa.ArrowInvalid, ValueError):
        return False
    return bool(found.as_py())
