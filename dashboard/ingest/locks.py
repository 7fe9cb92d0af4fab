"""One process at a time: a lock on an open file that ends with its process, however that ends."""

from __future__ import annotations

import os
from typing import IO, Any


def lock(file: IO[Any], *, wait: bool) -> None:
    """Locks an open file for this process until it is closed. Raises OSError where another process has it and `wait` is
    False."""
    if os.name == "nt":
        import msvcrt

        mode = "LK_LOCK" if wait else "LK_NBLCK"
        msvcrt.locking(file.fileno(), getattr(msvcrt, mode), 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
