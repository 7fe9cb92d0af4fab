"""Workbook files in the user's folder: names that are safe on every system, and writing that is whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
import unicodedata
from pathlib import Path

from dashboard.errors import Problem, WatchbookError

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')
_LONGEST = 120
_DEEPEST = 8
_TEMPORARY = ".watchbook-tmp"
_LEFT_OVER_SECONDS = 3_600


def file_in(folder: Path, name: str, suffix: str = ".json") -> Path:
    """The file for a workbook's name, which may have folders in it (`team/pods`).

    Raises WatchbookError (SO101) for a name that leads out of the folder, by itself or through a link, or that is no file's name on
    some system: control characters, NUL, a reserved name, a dot at its start, too long.
    """
    parts = name.split("/")
    reason = ""
    if len(parts) > _DEEPEST:
        reason = f"it has more than {_DEEPEST} folders"
    for part in parts:
        reason = reason or _why_unsafe(part, len((part + suffix).encode()))
    file = folder.joinpath(*parts).with_name(parts[-1] + suffix) if not reason else folder
    if not reason and not file.resolve().is_relative_to(folder.resolve()):
        reason = "it leads out of the folder"
    if reason:
        shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name[:80])
        hint = "Use letters, digits, spaces and hyphens; a / makes a folder."
        raise WatchbookError(Problem("SO101", f"'{shown}' cannot be a workbook's name: {reason}.", hint=hint))
    return file


def safe_name(title: str) -> str:
    """A file's name made from any title: `AKS: pods/overview` becomes `aks-pods-overview`. Never empty."""
    text = unicodedata.normalize("NFC", title).casefold()
    text = re.sub(r"[^\w]+", "-", text).strip("-_")[:80].strip("-_")
    while len(text.encode()) > _LONGEST - 20:
        text = text[:-1]
    if not text or _RESERVED.fullmatch(text):
        text = f"workbook-{text}".strip("-")
    return text


def free_name(folder: Path, title: str, below: str = "") -> str:
    """A safe name made from a title that no file of the folder has yet; `below` is a folder in it."""
    stem = f"{below}/{safe_name(title)}".lstrip("/")
    tries = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 100_000))
    return next(each for each in tries if not _taken(folder, each))


def _taken(folder: Path, name: str) -> bool:
    return any(file_in(folder, name, suffix).exists() for suffix in (".json", ".workbook"))


def write_whole(file: Path, data: bytes, *, new: bool = False) -> None:
    """Writes a file so that at any moment, a power cut included, it holds all of the old or all of the new bytes.

    With `new`, an existing file is not replaced. Raises WatchbookError: SO102 where it cannot be written, and then the earlier content is
    there; SO105 where a new file exists already.
    """
    temporary = file.with_name(f".{secrets.token_hex(6)}{_TEMPORARY}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _clean(file.parent)
        mode = stat.S_IMODE(file.stat().st_mode) if file.exists() else 0o644
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as written:
            written.write(data)
            written.flush()
            os.fsync(written.fileno())
        if new:
            os.link(temporary, file)
            temporary.unlink()
        else:
            # A link to a file elsewhere in the folder stays a link.
            os.replace(temporary, file.resolve())
        _sync_folder(file.parent)
    except FileExistsError:
        _remove(temporary)
        raise WatchbookError(
            Problem("SO105", f"There is a workbook '{file.name}' already.", hint="Choose another name.")
        ) from None
    except OSError as error:
        _remove(temporary)
        raise WatchbookError(
            Problem(
                "SO102",
                f"'{file.name}' cannot be written: {error.strerror or error}. The earlier content is unchanged.",
                hint="Free some space or choose a folder that may be written to; what you edited is kept.",
            )
        ) from None


def _why_unsafe(part: str, size: int) -> str:
    if not part or part != part.strip() or part.endswith("."):
        return "a part of it is empty, or begins or ends with a space or a dot"
    if part.startswith("."):
        return "a part of it begins with a dot"
    if _FORBIDDEN.search(part) or not part.isprintable():
        return "it holds a character that no file's name may hold everywhere"
    if _RESERVED.fullmatch(part):
        return f"'{part}' is a reserved name"
    if size > _LONGEST:
        return f"a part of it is longer than {_LONGEST - 5} bytes"
    return ""


def _sync_folder(folder: Path) -> None:
    # Without this the new name may be lost in a power cut though the bytes are there. Windows cannot, and need not.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink(missing_ok=True)


def _clean(folder: Path) -> None:
    """Takes away what a killed process left behind; not what one is writing now."""
    for left in folder.glob(f".*{_TEMPORARY}"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                left.unlink()
