"""An import that a person follows from a page: proposed, confirmed, running in the background with progress, stopped, reported."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from dashboard.errors import Cancelled, Problem, WatchbookError
from dashboard.ingest.imports.run import Imported, Proposal, import_file, propose


@dataclass
class Upload:
    """Files on their way into `folder`. `proposals` and `failed` tell what they would become; after `start`, `share` and `doing` how far it is,
    and `done` what became of each."""

    folder: Path
    place: Path
    proposals: list[Proposal] = field(default_factory=list)
    failed: list[Problem] = field(default_factory=list)
    share: float = 0.0
    doing: str = ""
    done: list[Imported] = field(default_factory=list)
    stopped: bool = False
    running: Future[None] | None = None
    _cancel: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        """Whether it was started and has ended."""
        return self.running is not None and self.running.done()

    def cancel(self) -> None:
        """Stops after the rows in hand. What is in the tables by then stays; importing again adds the rest."""
        self._cancel.set()

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Imports all files as proposed, in the background."""
        self.running = pool.submit(self._run)

    def drop(self) -> None:
        """Removes the copies of the files."""
        shutil.rmtree(self.place, ignore_errors=True)

    def _run(self) -> None:
        try:
            for number, proposal in enumerate(self.proposals):
                try:
                    self.done.append(import_file(proposal, self.folder, progress=partial(self._tell, number)))
                except Cancelled:
                    self.stopped = True
                    return
                except WatchbookError as error:
                    self.failed.append(error.problem)
            self.share = 1.0
        finally:
            self.drop()

    def _tell(self, number: int, share: float, text: str) -> None:
        if self._cancel.is_set():
            raise Cancelled
        self.share, self.doing = (number + min(max(share, 0.0), 1.0)) / max(len(self.proposals), 1), text


def receive(files: Sequence[tuple[str, IO[bytes]]], folder: Path, table: str = "") -> Upload:
    """Copies what was uploaded to a place of its own and looks at the first rows of each file. Raises WatchbookError (IN013) where `table` is no
    name of a table."""
    place = Path(tempfile.mkdtemp(prefix="watchbook-upload-"))
    upload = Upload(folder, place)
    try:
        for number, (name, stream) in enumerate(files):
            # The name tells the table of some files; it is a stranger's text and only its harmless part is used.
            path = (
                place
                / str(number)
                / (re.sub(r"[^\w .\-()]", "_", Path(name.replace("\\", "/")).name).strip(". ")[:120] or "upload")
            )
            path.parent.mkdir()
            with path.open("wb") as out:
                shutil.copyfileobj(stream, out, 1 << 20)
            try:
                upload.proposals.append(propose(path, folder, table or None))
            except WatchbookError as error:
                if error.problem.code == "IN013":
                    raise
                upload.failed.append(error.problem)
    except BaseException:
        upload.drop()
        raise
    return upload
