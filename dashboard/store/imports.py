"""Workbooks from elsewhere into the user's folder: any packaging, several in one file, under names that are safe and free."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dashboard.document import parse_workbooks
from dashboard.document.reading import decode
from dashboard.document.writing import write_json
from dashboard.errors import Problem
from dashboard.store.files import file_in, free_name, safe_name
from dashboard.store.versions import Versions


@dataclass(frozen=True)
class Imported:
    """A workbook that was taken in: its name below the folder, its file, and what is malformed in it without keeping it from
    opening."""

    name: str
    file: Path
    title: str
    problems: tuple[Problem, ...] = ()


def import_workbooks(
    versions: Versions, folder: Path, data: bytes, source: str, *, below: str = "", author: str = ""
) -> tuple[Imported, ...]:
    """Takes in all workbooks of a file, as gallery JSON. `source` is the file's name; `below` a folder in the user's folder.

    Raises WatchbookError: as `parse_workbooks` for what is no workbook (then nothing is written), SO101 for an unsafe `below`, SO102
    where a file cannot be written.
    """
    found = parse_workbooks(decode(data, source), source)
    inside = "/".join(safe_name(part) for part in below.split("/") if part.strip())
    done = []
    for workbook in found:
        name = free_name(folder, workbook.name, inside)
        file = file_in(folder, name)
        versions.save(file, write_json(workbook.raw), base=None, author=author, message=f"Imported from {source}")
        problems = (*workbook.problems, *(problem for item in workbook.walk() for problem in item.problems))
        done.append(Imported(name, file, workbook.name, problems))
    return tuple(done)
