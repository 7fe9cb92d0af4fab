"""Which workbooks there are: the shipped ones and those of the user's folder, each with what a gallery says of it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard import settings
from dashboard.document import Workbook, load_workbook
from dashboard.document.heading import heading, leading_texts, plain
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.schemas import known_tables
from dashboard.pages import shelves

_SUFFIXES = (".json", ".workbook")
_CATALOGUE = "gallery.json"
_MOST = 2_000
_TABLE = re.compile(r"(?:^|;|\blet\s+\w+\s*=|\()\s*(?://[^\n]*\n\s*)*([A-Z]\w{2,})\s*(?=\||\)|\n|;|$)")
_UNION = re.compile(r"\bunion\b([^|()]*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A workbook as the gallery shows it. `problem` says why it cannot be opened; then only `title` is known beside it."""

    id: str
    path: Path
    title: str
    text: str = ""
    category: str = ""
    tables: tuple[str, ...] = ()
    shipped: bool = True
    problem: Problem | None = None


_cache: dict[tuple[str, int, int], Entry] = {}
_lock = threading.Lock()


def entries() -> list[Entry]:
    """All workbooks: the shipped ones as they stand on their shelves, then the user's by category and title."""
    found = [*_folder(settings.shipped("workbooks"), True), *_folder(settings.workbooks_folder(), False)]
    return sorted(
        found,
        key=lambda entry: (
            not entry.shipped,
            shelves.place(entry.id) if entry.shipped else (0, 0),
            entry.category,
            entry.title.lower(),
        ),
    )


def files() -> dict[str, tuple[Path, bool]]:
    """Every workbook's id with its file and whether it is shipped, without opening any."""
    found: dict[str, tuple[Path, bool]] = {}
    for folder, shipped in ((settings.shipped("workbooks"), True), (settings.workbooks_folder(), False)):
        for path in _workbook_files(folder):
            found[_id(folder, path, shipped)] = (path, shipped)
    return found


def open_workbook(chosen: str) -> Workbook:
    """The workbook with the id `chosen`. Raises WatchbookError (PG001, or what keeps the file from opening)."""
    known = files().get(chosen)
    if known is None:
        hint = "Open one from the list of workbooks."
        what = f"There is no workbook '{chosen[:120]}' here." if chosen else "The address names no workbook."
        raise WatchbookError(Problem("PG001", what, hint=hint))
    return load_workbook(known[0])


def stamp(path: Path | None) -> tuple[int, int]:
    """Tells one content of a workbook's file from another, without opening it."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        found = None
    return (found.st_mtime_ns, found.st_size) if found else (0, 0)


def title_of(workbook: Workbook, chosen: str = "") -> str:
    """The title a page shows: the catalogue's, the first heading of the text, or the file's name."""
    known = files().get(chosen)
    listed = _catalogue(known[0].parent).get(known[0].stem, {}) if known else {}
    return str(listed.get("title") or heading(workbook) or _readable(workbook.name))


def starts_with_title(workbook: Workbook) -> bool:
    """Whether the workbook's own first text is its heading, so that a page need not repeat it."""
    first = next(iter(leading_texts(workbook)), "")
    return bool(re.match(r"\s{0,3}#{1,3}\s*\S", first))


def _workbook_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = [p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES and p.name != _CATALOGUE]
    return sorted(
        p for p in found if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    )[:_MOST]


def _id(folder: Path, path: Path, shipped: bool) -> str:
    name = path.relative_to(folder).with_suffix("").as_posix()
    return name if shipped else f"mine/{name}"


def _folder(folder: Path, shipped: bool) -> Iterator[Entry]:
    listed = _catalogue(folder)
    for path in _workbook_files(folder):
        stat = path.stat()
        key = (str(path), stat.st_mtime_ns, stat.st_size)
        with _lock:
            entry = _cache.get(key)
        if entry is None:
            entry = _read(folder, path, shipped, listed.get(path.stem, {}))
            with _lock:
                _cache[key] = entry
        yield entry


def _read(folder: Path, path: Path, shipped: bool, listed: Mapping[str, Any]) -> Entry:
    chosen = _id(folder, path, shipped)
    try:
        workbook = load_workbook(path)
    except WatchbookError as error:
        problem = error.problem
        place = Place(path.name, problem.place.line, problem.place.column, problem.place.path)
        return Entry(
            chosen,
            path,
            path.name,
            shipped=shipped,
            problem=Problem(problem.code, problem.message, place=place, hint=problem.hint),
        )
    below = path.relative_to(folder).parent
    category = str(
        listed.get("category")
        or (
            shelves.shelf(chosen) or "Shipped with Watchbook"
            if shipped
            else below.as_posix()
            if below.parts
            else "Your workbooks"
        )
    )
    tables = listed.get("tables") if isinstance(listed.get("tables"), list) else None
    return Entry(
        id=chosen,
        path=path,
        title=str(listed.get("title") or heading(workbook) or _readable(path.stem)),
        text=str(listed.get("description") or _first_sentence(workbook)),
        category=category,
        tables=tuple(map(str, tables)) if tables is not None else tuple(_tables(workbook)),
        shipped=shipped,
    )


def _catalogue(folder: Path) -> dict[str, dict[str, Any]]:
    """What gallery.json of a folder says, by the workbook's file name without its ending."""
    try:
        found = json.loads((folder / _CATALOGUE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if isinstance(found, dict) and isinstance(found.get("workbooks"), (list, dict)):
        found = found["workbooks"]
    if isinstance(found, list):
        found = {
            str(entry.get("file") or entry.get("id") or "").removesuffix(".json"): entry
            for entry in found
            if isinstance(entry, dict)
        }
    return (
        {key.removesuffix(".json"): value for key, value in found.items() if isinstance(value, dict)}
        if isinstance(found, dict)
        else {}
    )


def _first_sentence(workbook: Workbook) -> str:
    for markdown in leading_texts(workbook):
        for line in markdown.splitlines():
            text = plain(line)
            if len(text) > 20 and not re.match(r"\s*(#|---|===|\||!\[|<)", line):
                end = re.search(r"[.!?](\s|$)", text)
                return (text[: end.end()].strip() if end else text)[:240]
    return ""


def _readable(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-_]+", " ", name).strip()
    return f"{spaced[:1].upper()}{spaced[1:]}"


def tables_in(text: str) -> list[str]:
    """Known tables that a query names where a table can stand: at the start of a statement or of a subquery, in a union."""
    known = known_tables()
    words = _TABLE.findall(text)
    for union in _UNION.findall(text):
        words += re.findall(r"(?:^|,|\s)\s*([A-Z]\w{2,})\s*(?=,|$)", union.strip())
    return list(dict.fromkeys(word for word in words if word in known))


def _tables(workbook: Workbook) -> list[str]:
    found: dict[str, None] = {}
    for item in workbook.walk():
        texts = [item.query] if item.kind == "query" else [parameter.query for parameter in item.parameters]
        for text in texts:
            found |= dict.fromkeys(tables_in(text))
    return list(found)
