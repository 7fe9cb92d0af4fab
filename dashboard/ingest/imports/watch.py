"""A folder whose files are imported as they come, and again as they grow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from dashboard.errors import WatchbookError
from dashboard.ingest.imports.run import Imported, import_file, propose

EVERY_SECONDS = 2.0
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".swp")

Told = Callable[[Path, Imported | WatchbookError], None]


def watch_folder(
    watched: Path,
    folder: Path,
    told: Told,
    stop: threading.Event,
    table: str | None = None,
    every: float = EVERY_SECONDS,
) -> None:
    """Imports each file of `watched`, and of the folders in it, once it has not changed between two looks; and again when it has grown, which
    adds what is new. Hidden and unfinished files (`.tmp`, `.part`) are left alone. Ends when `stop` is set."""
    seen: dict[Path, tuple[int, int]] = {}
    done: dict[Path, tuple[int, int]] = {}
    while True:
        for path in sorted(watched.rglob("*")):
            try:
                if path.name.startswith(".") or path.suffix.lower() in _UNFINISHED or not path.is_file():
                    continue
                if folder.resolve() in path.resolve().parents:
                    continue  # the data folder itself lies in the watched one
                state = path.stat()
            except OSError:
                continue
            mark = (state.st_size, state.st_mtime_ns)
            if seen.get(path) == mark and done.get(path) != mark and state.st_size:
                done[path] = mark
                try:
                    told(path, import_file(propose(path, folder, table), folder))
                except WatchbookError as error:
                    told(path, error)
            seen[path] = mark
        if stop.wait(every):
            return
