"""Hunting queries from files: those that ship, and those of the user's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dashboard import settings
from dashboard.errors import Place, Problem, WatchbookError

SHIPPED: Final = Path(__file__).resolve().parent / "queries"
TACTICS: Final = (
    "Reconnaissance", "ResourceDevelopment", "InitialAccess", "Execution", "Persistence", "PrivilegeEscalation", "DefenseEvasion",
    "CredentialAccess", "Discovery", "LateralMovement", "Collection", "CommandAndControl", "Exfiltration", "Impact",
)  # fmt: skip
_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class HuntingQuery:
    """One query. `id` is its identity in notes and results: the file's own, else the file's name."""

    id: str
    name: str
    description: str
    tactics: tuple[str, ...]
    techniques: tuple[str, ...]
    text: str
    own: bool = False


def queries_folder() -> Path:
    """The folder of the user's own queries."""
    chosen = settings.text("hunting")
    return Path(chosen).expanduser() if chosen else settings.home() / "hunting"


def load_queries(folder: Path | None = None) -> tuple[list[HuntingQuery], list[Problem]]:
    """The shipped queries and those of `folder` (default: the user's own), by name; and what could not be read. A query of
    the folder stands in place of a shipped one of the same id."""
    found: dict[str, HuntingQuery] = {}
    problems: list[Problem] = []
    own = queries_folder() if folder is None else folder
    for root, mine in ((SHIPPED, False), (own, True)):
        for file in sorted([*root.rglob("*.yaml"), *root.rglob("*.yml")]) if root.is_dir() else []:
            try:
                query = read_query(file, own=mine)
                found[query.id] = query
            except WatchbookError as error:
                problems += error.problems
    return sorted(found.values(), key=lambda query: query.name.lower()), problems


def read_query(file: Path, *, own: bool = True) -> HuntingQuery:
    """One file, as Microsoft Sentinel's repository has them. Raises WatchbookError (HU001)."""

    def wrong(sentence: str) -> WatchbookError:
        return WatchbookError(Problem("HU001", sentence, place=Place(file=file.name)))

    try:
        if file.stat().st_size > _LARGEST:
            raise wrong("The file is larger than 1 MB.")
        value = yaml.load(file.read_text(encoding="utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both loaders are safe ones)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise wrong(f"The file cannot be read: {str(error).splitlines()[0][:160]}.") from None
    if not isinstance(value, dict) or not _text(value.get("name")) or not _text(value.get("query")):
        raise wrong("A hunting query needs a name and a query.")
    return HuntingQuery(
        id=_text(value.get("id")) or file.stem,
        name=_text(value["name"]),
        description=_text(value.get("description")).strip("'\" "),
        tactics=_list(value.get("tactics")),
        techniques=_list(value.get("relevantTechniques")),
        text=_text(value["query"]),
        own=own,
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _list(value: Any) -> tuple[str, ...]:
    return tuple(str(entry) for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()
