"""What could not be imported, with reasons, in a file that can be corrected and imported again."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

FOLDER = "rejects"


class Rejects:
    """Rejects of one imported file: a line each with `file`, `place`, `reason` and `row`."""

    def __init__(self, folder: Path, file: str) -> None:
        self._folder = folder / FOLDER
        self._file = file
        self._out: Any = None
        self._hash = blake2b(digest_size=6)
        self.reasons: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(self.reasons.values())

    def add(self, place: int, reason: str, row: Any, kind: str = "") -> None:
        """Adds one. `kind` is the reason without the parts that differ from row to row."""
        self.reasons[kind or reason] += 1
        line = orjson.dumps(
            {"file": self._file, "place": place, "reason": reason, "row": row},
            default=str,
            option=orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE,
        )
        if self._out is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._out = tempfile.NamedTemporaryFile(dir=self._folder, suffix=".tmp", delete=False)  # noqa: SIM115
        self._out.write(line)
        self._hash.update(line)

    def finish(self) -> Path | None:
        """The file, in its place; None where nothing was rejected. The same rejects give the same file."""
        if self._out is None:
            return None
        self._out.close()
        path = self._folder / f"{self._file[:100]}-{self._hash.hexdigest()}.jsonl"
        os.replace(self._out.name, path)
        return path

    def drop(self) -> None:
        """Leaves no half-written file behind."""
        if self._out is not None:
            self._out.close()
            Path(self._out.name).unlink(missing_ok=True)
