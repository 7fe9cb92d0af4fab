"""`watchbook data external`: copies of the lists that externaldata names. Hosts are contacted for the addresses given here, and
for nothing else."""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dashboard import settings
from dashboard.commands.terminal import confirmed, data_folder, text_table
from dashboard.detection.response.http import exchange
from dashboard.engines.externaldata import FOLDER, STAND_INS, path_of
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.table import format_datetime

_SECONDS = 120.0
_LARGEST = 256 << 20


def external(options: argparse.Namespace) -> int:
    """Without addresses lists the copies; with addresses fetches each. 1 where one could not be fetched."""
    if not options.addresses:
        return _listed(data_folder(options.data), options.format)
    folder = options.data or settings.data_folder()
    hosts = sorted({urlsplit(address).hostname or "" for address in options.addresses})
    count = len(options.addresses)
    question = f"Fetch {count} {'list' if count == 1 else 'lists'} from {', '.join(hosts)}?"
    if not options.yes and not confirmed(question):
        return 1
    failed = False
    for address in options.addresses:
        try:
            path, size = fetch(address, folder)
            print(f"{address}: {size:,} bytes, in {path}", file=sys.stderr)
        except WatchbookError as error:
            print(f"{address[:300]}: {error.problem.describe()}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


def fetch(address: str, folder: Path) -> tuple[Path, int]:
    """Fetches one list to its place in the data folder; an archive is unpacked into a folder of its name, in the place of an
    earlier copy. The place and the
    bytes. Raises WatchbookError: RS001 for an address that may not be contacted, RS002 where the server does not give it, CL011
    where it is too large or no such place can be written."""
    parts = urlsplit(address)
    root = (folder / FOLDER).resolve()
    path = (root / path_of(address)).resolve()
    if parts.scheme not in ("http", "https") or not path.is_relative_to(root) or path == root:
        raise WatchbookError(Problem("CL011", "This is not the address of a list.", hint="Give https://HOST/PATH."))
    body = exchange(
        address, entries=[f"{parts.scheme}://{parts.netloc}"], seconds=_SECONDS, largest=_LARGEST + 1
    ).body  # fmt: skip
    if len(body) > _LARGEST:
        raise WatchbookError(Problem("CL011", f"The list is larger than {_LARGEST >> 20} MB."))
    try:
        if path.suffix.lower() == ".zip":
            _replace_folder(path, _unpacked(body))
        else:
            _write(path, body)
    except OSError as error:
        raise WatchbookError(
            Problem("CL011", f"The copy cannot be written: {error.strerror or error}.", place=Place(file=str(path)))
        ) from None
    return path, len(body)


def _unpacked(body: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise WatchbookError(Problem("CL011", f"The archive holds more than {_LARGEST >> 20} MB."))
            found: dict[str, bytes] = {}
            for entry in entries:
                # A name may not lead out of the folder; what is read is no longer than the archive said.
                name = _free_name(Path(entry.filename).name, found)
                found[name] = archive.open(entry).read(entry.file_size)
            return found
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise WatchbookError(Problem("CL011", "The archive cannot be unpacked.")) from None


def _free_name(name: str, taken: Collection[str]) -> str:
    """The name, or where a file of another folder of the archive has it, `name-2.csv` for `name.csv`."""
    stem, dot, suffix = name.partition(".")
    tries = (name, *(f"{stem}-{number}{dot}{suffix}" for number in range(2, len(taken) + 2)))
    return next(each for each in tries if each not in taken)


def _replace_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files beside and puts the whole folder in the place of an earlier copy, so that none of that is left."""
    fresh, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, content in files.items():
        (fresh / name).write_bytes(content)
    if path.is_file():
        path.unlink()
    elif path.exists():
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_bytes(content)
    os.replace(beside, path)


def _listed(folder: Path, form: str) -> int:
    root = folder / FOLDER
    entries = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            stand_in = relative.parts[0] == STAND_INS
            about = path.stat()
            entries.append(
                {
                    "list": "/".join(relative.parts[1 if stand_in else 0 :]),
                    "kind": "stand-in" if stand_in else "copy",
                    "bytes": about.st_size,
                    "changed": format_datetime(dt.datetime.fromtimestamp(about.st_mtime, dt.UTC).replace(tzinfo=None)),
                }
            )
    if form == "json":
        print(json.dumps(entries, indent=2))
    else:
        rows = [[str(e["list"]), str(e["kind"]), f"{e['bytes']:,}", str(e["changed"])] for e in entries]
        print(text_table(["list", "kind", "bytes", "changed"], rows))
    return 0
