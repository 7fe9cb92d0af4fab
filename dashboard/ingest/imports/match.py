"""Which table a file's rows belong to, told from what they hold, their columns, or the file's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from dashboard.errors import Problem, WatchbookError
from dashboard.ingest.imports.delimited import zone_of
from dashboard.ingest.imports.records import Record
from dashboard.ingest.schemas import known_tables

_COMMON = frozenset((
    "TenantId", "TimeGenerated", "Type", "SourceSystem", "Computer", "MG", "ManagementGroupName", "RawData", "_ResourceId",
    "_SubscriptionId", "_ItemId", "_BilledSize", "_IsBillable", "Category", "ResourceId", "Name", "Id",
    "Message", "Level", "Status", "CorrelationId",
))  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def chosen_table(name: str, folder: Path) -> str:
    """The table that --table means: a known one whatever its case, one that the folder has, else a custom table, whose name ends in _CL.
    Raises WatchbookError (IN013) where the text is no name of a table."""
    if not _NAME.fullmatch(name):
        raise WatchbookError(
            Problem(
                "IN013", f"'{name[:100]}' is no name of a table.", hint="Use letters, digits and _, as in MyApp_CL."
            )
        )
    if (folder / name).is_dir():
        return name
    known = _by_lower().get(name.lower())
    return known or (name if name.endswith("_CL") else f"{name}_CL")


def named_table(value: object) -> str | None:
    """The known table of that name, whatever its case; a custom table's name as it is; else None."""
    if not isinstance(value, str):
        return None
    return _by_lower().get(value.lower()) or (value if value.endswith("_CL") and _NAME.fullmatch(value) else None)


def proposed_table(sample: Sequence[Record], path: Path) -> tuple[str, str]:
    """The table for rows that do not tell it themselves, and why."""
    stem = re.sub(r"\.(csv|tsv|json|jsonl|ndjson|gz|zst|parquet|xlsx|txt|log)$", "", path.name.lower())
    stem = re.sub(r"\.(csv|tsv|json|jsonl|ndjson)$", "", stem)
    if stem in _by_lower():
        return _by_lower()[stem], "by the file's name"
    columns = {zone_of(key)[0] for record in sample[:200] for key in record}
    special = columns - _COMMON
    best: tuple[float, int, str] = (0.0, 0, "")
    if special:
        for name, known in known_tables().items():
            names = _names(name)
            shared = len(special & names)
            if shared >= 4 and shared / len(special) >= 0.6:
                alike = len(stem) > 5 and (stem in name.lower() or name.lower() in stem)
                best = max(best, (shared / len(special) + alike, -len(known), name))
    if best[2]:
        return best[2], f"{min(best[0] % 1 or 1, 1):.0%} of its own columns are those of {best[2]}"
    words = re.sub(r"[^A-Za-z0-9]+", "_", _stem(path)).strip("_") or "Imported"
    words = words if words[0].isalpha() else f"T_{words}"
    return (words[:90] if words.endswith("_CL") else f"{words[:90]}_CL"), "a custom table by the file's name"


def _stem(path: Path) -> str:
    name = path.name
    while (suffix := Path(name).suffix.lower()) and suffix[1:] in _ENDINGS:
        name = name[: -len(suffix)]
    return name


_ENDINGS: Iterable[str] = frozenset(
    ("csv", "tsv", "json", "jsonl", "ndjson", "gz", "zst", "parquet", "xlsx", "txt", "log", "cef", "syslog")
)


@lru_cache(maxsize=1)
def _by_lower() -> dict[str, str]:
    return {name.lower(): name for name in known_tables()}


@lru_cache(maxsize=2048)
def _names(table: str) -> frozenset[str]:
    return frozenset(name for name, _ in known_tables()[table])
