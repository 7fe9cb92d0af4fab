"""Which rows are there already: a row's identity is the hash of its content, 16 bytes kept beside the file that holds the row."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import orjson

_WIDTH = "S16"


def identity(record: Any) -> bytes:
    """The hash of a record, whatever the order of its keys."""
    try:
        text = orjson.dumps(record, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        text = orjson.dumps(record, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return blake2b(text, digest_size=16).digest()


class Occurrences:
    """Tells equal records of one file apart: the second of two equal lines is a row of its own, and the same one when the
    file comes again."""

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def next(self, digest: bytes) -> bytes:
        """The identity of this occurrence of the content."""
        count = self._seen.get(digest, 0)
        self._seen[digest] = count + 1
        return digest if not count else blake2b(digest + count.to_bytes(8, "big"), digest_size=16).digest()


def packed(identities: list[bytes]) -> np.ndarray:
    """Identities as an array."""
    return np.frombuffer(b"".join(identities), dtype=_WIDTH)


class Known:
    """The identities of rows that are there. Sorted runs, each more than twice as long as the next: adding and asking stay cheap."""

    def __init__(self) -> None:
        self._runs: list[np.ndarray] = []

    def load(self, file: Path) -> None:
        """Adds those of a file of identities, if the rows it speaks of are there."""
        if file.with_suffix(".parquet").exists():
            data = file.read_bytes()
            self.add(np.frombuffer(data[: len(data) // 16 * 16], dtype=_WIDTH))

    def add(self, identities: np.ndarray) -> None:
        """Adds more."""
        self._runs.append(np.sort(identities))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")

    def fresh(self, identities: np.ndarray) -> np.ndarray:
        """Which of them are new, as a mask; of equal ones only the first."""
        mask = np.zeros(len(identities), dtype=bool)
        mask[np.unique(identities, return_index=True)[1]] = True
        for run in self._runs:
            if len(run):
                at = np.searchsorted(run, identities).clip(0, len(run) - 1)
                mask &= run[at] != identities
        return mask
