"""`watchbook import` and `watchbook export`: workbooks into the user's folder and out of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard import settings
from dashboard.commands.workbooks import workbook_files
from dashboard.document import load_workbook
from dashboard.document.packing import arm_template
from dashboard.document.writing import write_json
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.store.database import Store
from dashboard.store.files import write_whole
from dashboard.store.imports import import_workbooks
from dashboard.store.versions import Versions


def import_files(options: argparse.Namespace) -> int:
    """Takes in every file; of a folder its workbooks, in folders as there. Goes on after a failure; exit 1 where there was one."""
    folder: Path = options.workbooks or settings.workbooks_folder()
    files = [(file, _below(path, file)) for path in options.paths for file in workbook_files([path])]
    if not files:
        raise WatchbookError(Problem("CL004", "No workbook was found there.", hint="Name .json or .workbook files."))
    versions, failed = Versions(Store()), 0
    for file, below in files:
        try:
            data = _read(file)
            for done in import_workbooks(versions, folder, data, file.name, below=below, author=options.author or ""):
                print(done.file)
                for problem in done.problems:
                    print(f"  {problem.describe()}", file=sys.stderr)
        except WatchbookError as error:
            failed += 1
            print(_at(error.problem, file).describe(), file=sys.stderr)
    return int(failed > 0)


def export_file(options: argparse.Namespace) -> int:
    """Writes one workbook as a gallery or an ARM template, to a file or to standard output."""
    workbook = load_workbook(_find(options.workbook))
    title = options.title or workbook.name
    document = arm_template(workbook.raw, title) if options.format == "arm" else workbook.raw
    text = write_json(document)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write_whole(options.output, text.encode())
    return 0


def _find(named: str) -> Path:
    """A file itself, or a workbook of the user's folder or a shipped one by its name."""
    if Path(named).is_file():
        return Path(named)
    name = named.removeprefix("mine/")
    for folder in (settings.workbooks_folder(), settings.shipped("workbooks")):
        for suffix in (".json", ".workbook"):
            file = folder / f"{name}{suffix}"
            if file.is_file() and file.resolve().is_relative_to(folder.resolve()):
                return file
    raise WatchbookError(
        Problem(
            "CL004",
            f"There is no workbook '{named}'.",
            hint="Name a file, or a workbook of the gallery as its address does.",
        )
    )


def _below(path: Path, file: Path) -> str:
    return file.parent.relative_to(path).as_posix().removeprefix(".") if path.is_dir() else ""


def _read(file: Path) -> bytes:
    try:
        if file.stat().st_size > settings.integer("workbook_mb") * 1_000_000:
            # Told by its size, so that a huge file is not read.
            size = f"{file.stat().st_size / 1_000_000:.1f}"
            raise WatchbookError(
                Problem("WB004", f"The file has {size} MB; a workbook may have {settings.integer('workbook_mb')}.")
            )
        return file.read_bytes()
    except OSError as error:
        raise WatchbookError(Problem("WB001", f"The file cannot be read: {error.strerror or error}.")) from None


def _at(problem: Problem, file: Path) -> Problem:
    place = problem.place
    return Problem(
        problem.code, problem.message, place=Place(str(file), place.line, place.column, place.path), hint=problem.hint
    )
