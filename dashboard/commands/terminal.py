"""What every command shares in front of a terminal: progress, questions, tables of text, and where data lives."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import settings
from dashboard.errors import Problem, WatchbookError

if TYPE_CHECKING:
    from dashboard.engines.local import LocalEngine

Progress = Callable[[float, str], None]


def progress() -> Progress:
    """A progress line on stderr for work that takes over a second; silent where stderr is no terminal."""
    started = time.monotonic()

    def show(share: float, what: str) -> None:
        if sys.stderr.isatty() and time.monotonic() - started > 1:
            end = "\n" if share >= 1 else ""
            print(f"\r\033[K{share:4.0%} {what[:100]}", end=end, file=sys.stderr, flush=True)

    return show


def data_folder(chosen: Path | None) -> Path:
    """The folder that `--data` or the setting `data` names; without either the user's own, where the sample estate is made
    on first use."""
    if chosen is not None or settings.text("data"):
        return chosen or settings.data_folder()
    from dashboard.ingest.estate import ensure_estate

    folder = settings.data_folder()
    ensure_estate(folder, progress=progress())
    return folder


def existing_folder(chosen: Path | None) -> Path | None:
    """The folder that an option names. Raises WatchbookError (CL008) where there is none: a slip in its name would look like
    data without rows."""
    if chosen is not None and not chosen.is_dir():
        raise WatchbookError(
            Problem("CL008", f"There is no folder {chosen}.", hint="Create it, or leave the option out.")
        )
    return chosen


def local_engine(chosen: Path | None) -> LocalEngine:
    """The local engine over `--data`, with every known table and what the store shows as tables. Raises WatchbookError (CL008)."""
    from dashboard.detection.workspace import open_local
    from dashboard.store.database import Store

    folder = data_folder(existing_folder(chosen))
    try:
        return open_local(folder, Store())
    except WatchbookError as error:
        # Queries need no store; who keeps incidents there is told that they are missing.
        print(error.problem.describe(), file=sys.stderr)
        from dashboard.engines.local import LocalEngine
        from dashboard.ingest.schemas import known_tables

        return LocalEngine(folder, known_tables())


def confirmed(question: str) -> bool:
    """Whether the person at the terminal says yes. Raises WatchbookError (CL009) where nobody can answer."""
    if not sys.stdin.isatty():
        raise WatchbookError(Problem("CL009", f"Nobody is there to answer: {question}", hint="Say --yes."))
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]], widest: int = 60) -> str:
    """Columns aligned for a terminal; long cells are cut with an ellipsis, control characters shown as spaces."""
    clean = [[_one_line(cell, widest) for cell in row] for row in [heads, *rows]]
    widths = [max(len(row[i]) for row in clean) for i in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in clean]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _one_line(cell: str, widest: int) -> str:
    # Log text may hold escape sequences that would drive the terminal.
    cell = "".join(character if character.isprintable() else " " for character in cell)
    return cell if len(cell) <= widest else cell[: widest - 1] + "…"
