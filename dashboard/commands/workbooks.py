"""`watchbook check` and `watchbook render`: workbooks without a browser."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard import settings
from dashboard.commands.terminal import local_engine, progress
from dashboard.document import Workbook, load_workbook
from dashboard.document import check as lint
from dashboard.document.heading import heading
from dashboard.document.templates import template_file
from dashboard.errors import Place, Problem, WatchbookError

if TYPE_CHECKING:
    from dashboard.runtime.evaluate import Session

RENDERED = ("json", "html", "pdf", "png", "xlsx", "md")
SUFFIXES = (".json", ".workbook")


def workbook_files(paths: Iterable[Path]) -> list[Path]:
    """The files that the paths mean: a file itself, of a folder its workbooks (below it, too) by name."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
        else:
            files.append(path)
    return files


def check(options: argparse.Namespace) -> int:
    """Lints every file; exit 1 where one has an error."""
    entries = []
    for file in workbook_files(options.paths):
        entry: dict[str, Any] = {"file": str(file), "items": 0, "drawn": 0, "findings": []}
        try:
            workbook = load_workbook(file)
            problems = lint(workbook, kql_problems)
            entry["items"], entry["drawn"] = workbook.count_items(), workbook.count_drawn()
        except WatchbookError as error:
            problems = list(error.problems)
        entry["findings"] = [
            {
                "code": p.code,
                "severity": p.severity,
                "path": p.place.path,
                "message": " ".join((p.message, p.hint)).strip(),
            }
            for p in problems
        ]
        entries.append(entry)
        if options.format == "text":
            _print_findings(entry)
    if options.format == "json":
        for entry in entries:
            print(json.dumps(entry, ensure_ascii=False))
    elif options.format == "sarif":
        from dashboard.commands.sarif import sarif
        from dashboard.document.codes import CODES
        from dashboard.kql.codes import CODES as KQL_CODES

        print(sarif(entries, {**KQL_CODES, **CODES}))
    return int(any(f["severity"] == "error" for entry in entries for f in entry["findings"]))


def _print_findings(entry: dict[str, Any]) -> None:
    print(f"{entry['file']}: {entry['items']} items, {len(entry['findings'])} findings")
    for finding in entry["findings"]:
        print(f"  {finding['severity']:7} {finding['code']} {finding['path']}: {finding['message']}")


def kql_problems(text: str) -> list[Problem]:
    """What is wrong with a query by the known tables, for the linter."""
    import datetime as dt

    from dashboard.ingest.schemas import known_tables
    from dashboard.kql.catalog import Catalog, TableSchema
    from dashboard.kql.translate import translate

    tables = {name: TableSchema(name, columns) for name, columns in known_tables().items()}
    # What another workspace holds is no fault of the workbook.
    catalog = Catalog(tables, places=frozenset("*"))
    try:
        return list(translate(text, catalog, now=dt.datetime(2026, 1, 1)).problems)
    except WatchbookError as error:
        return list(error.problems)


def render(options: argparse.Namespace) -> int:
    """Evaluates each workbook and writes it; goes on after a failure. Exit 0 when every file was written."""
    files = workbook_files(options.paths)
    if not files:
        raise WatchbookError(Problem("CL004", "No workbook was found there.", hint="Name .json or .workbook files."))
    several = len(files) > 1 or options.output.is_dir() or any(path.is_dir() for path in options.paths)
    form = options.format or options.output.suffix.lstrip(".").lower()
    if form not in RENDERED:
        raise WatchbookError(
            Problem(
                "CL005",
                f"Output must be one of {', '.join(RENDERED)}; got '{form or options.output}'.",
                hint="Use -o OUT.json or --format.",
            )
        )
    from dashboard.runtime.evaluate import Session

    values = _parameter_values(options.param)
    span = time_range_ms(options.time_range) if options.time_range else None
    engine = local_engine(options.data)
    if several:
        options.output.mkdir(parents=True, exist_ok=True)
    templates = _templates(files)
    show, failed = progress(), 0
    for i, file in enumerate(files):
        target = options.output / f"{file.stem}.{form}" if several else options.output
        show(i / len(files), str(file))
        try:
            session = Session(
                load_workbook(file), engine, values=values, time_range_ms=span, all_items=options.all_items,
                templates=templates,
            )  # fmt: skip
            done = lambda share, what, i=i, file=file: show((i + share) / len(files), f"{file}: {what}")  # noqa: E731
            target.write_bytes(_render_one(session, form, options, done))
        except WatchbookError as error:
            failed += 1
            for problem in error.problems:
                place = problem.place if problem.place.file else Place(file=str(file))
                print(
                    Problem(problem.code, problem.message, place=place, hint=problem.hint).describe(), file=sys.stderr
                )
    show(1, f"{len(files) - failed} of {len(files)} written")
    return int(failed > 0)


def _templates(files: Sequence[Path]) -> Callable[[str], Workbook | None]:
    """Finds what a group loads by a template's id: among the files themselves, beside them, and in the workbooks folders."""
    folders = (settings.workbooks_folder(), settings.shipped("workbooks"))
    beside = [near for folder in dict.fromkeys(file.parent for file in files) for near in sorted(folder.glob("*"))]
    known = [*files, *(each for each in beside if each.suffix.lower() in SUFFIXES), *workbook_files(folders)]

    def find(template: str) -> Workbook | None:
        path = template_file(template, known)
        try:
            return load_workbook(path) if path is not None else None
        except WatchbookError:
            return None

    return find


def _render_one(session: Session, form: str, options: argparse.Namespace, show: Callable[[float, str], None]) -> bytes:
    from dashboard.runtime.execute import run_all
    from dashboard.runtime.report import report

    if form == "json":
        results = run_all(session)
        return json.dumps(report(session.workbook, session, results), ensure_ascii=False, indent=1).encode()
    from dashboard.export.run import run_workbook
    from dashboard.export.workbook import export_workbook

    name = heading(session.workbook) or session.workbook.name
    run = run_workbook(name, session, all_tabs=options.all_tabs, progress=show)
    return export_workbook(run, form, paper=options.paper, portrait=options.portrait, progress=show)


def _parameter_values(pairs: Iterable[str]) -> dict[str, str]:
    values = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise WatchbookError(Problem("CL006", f"--param must be NAME=VALUE; got '{pair}'."))
        values[name] = value
    return values


_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def time_range_ms(text: str) -> int:
    """Milliseconds of `30m`, `24h`, `7d`. Raises CL007 for anything else."""
    match = re.fullmatch(r"(\d{1,6})([smhdw])", text.strip().lower())
    if match is None or int(match[1]) == 0:
        raise WatchbookError(Problem("CL007", f"--time-range must be like 30m, 24h or 7d; got '{text}'."))
    return int(match[1]) * _UNITS[match[2]]
