"""externaldata from copies in folders: the operator's address names a file there, never the network.

A copy of `https://HOST/PATH` lies as `HOST/PATH`; other addresses are paths below a folder. The folders are that of the setting
`externaldata_folder` and `external/` in the data folder, in this order. Below `external/_stand-ins/` lie those that the sample
estate made: lists with the columns of well-known public ones and invented values, of which a notice tells. Text formats are
read as text and brought to the declared types; what cannot be read as its type is null.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dashboard.errors import Problem, WatchbookError
from dashboard.kql import syntax as s
from dashboard.kql.functions.literals import DUCKDB_TYPES
from dashboard.table import KqlType, Notice

FOLDER = "external"
STAND_INS = "_stand-ins"
"""No host may be called so: names of hosts have no underscore."""
_DELIMITERS = {"csv": ",", "tsv": "\t", "psv": "|", "scsv": ";", "txt": "\x1f"}
_JSON = ("json", "multijson")
_RAW = "raw"


def copy_folders(data: Path, setting: Path | None) -> tuple[Path, ...]:
    """Where copies are looked for, the first that has one counts."""
    own = data / FOLDER
    return (*((setting,) if setting is not None else ()), own, own / STAND_INS)


def path_of(address: str) -> str:
    """Where the copy of an address lies below a folder: `HOST/PATH` of a web address, decoded and without its query; a path
    that ends in a slash has its copy as `index`. Other texts are paths already."""
    parts = urlsplit(address)
    if not (parts.scheme and parts.hostname):
        return address
    path = unquote(parts.path).strip("/")
    return f"{parts.hostname}/{path or 'index'}" + ("/index" if path and parts.path.endswith("/") else "")


def copies_version(folders: Iterable[Path]) -> str:
    """Changes when a copy in one of the folders comes, goes or is replaced."""
    newest, count = 0, 0
    for folder in folders:
        for place, _, files in os.walk(folder):
            for name in files:
                count += 1
                try:
                    newest = max(newest, os.stat(f"{place}/{name}").st_mtime_ns)
                except OSError:
                    continue  # just replaced
    return f"{count}-{newest}"


def select_from(node: s.ExternalData, folders: Sequence[Path], told: dict[str, Notice]) -> str:
    """The SELECT that reads the operator's files, its columns in the declared order. A stand-in adds its notice to
    `told`, by its address.

    Raises WatchbookError: EN021 where a file is outside or absent, EN022 for a format that cannot be read.
    """
    properties = dict(node.properties)
    parts = []
    for address in node.addresses:
        text = _text(address)
        path = _copy(text, folders)
        if STAND_INS in path.parts and path.is_relative_to(folders[-1].resolve()):
            told[text] = _stand_in(text)
        parts += [_read(file, node.columns, properties) for file in _files(path, text, properties)]
    return " UNION ALL ".join(parts)


def _text(address: s.Expression) -> str:
    if not isinstance(address, s.Literal) or not isinstance(address.value, str):
        raise WatchbookError(Problem("EN021", "The address of externaldata must be a text."))
    return address.value.split(";", 1)[0]


def _copy(text: str, folders: Sequence[Path]) -> Path:
    try:
        relative = path_of(text)
        for folder in folders:
            path = (folder / relative).resolve()
            if path.is_relative_to(folder.resolve()) and path.exists():
                return path
    except (OSError, ValueError):
        relative = "a path below it"
    shown = text[:300]
    web = text.startswith(("https://", "http://"))
    hint = f'`watchbook data external "{shown}"` fetches one, or put' if web else "Put"
    raise WatchbookError(
        Problem(
            "EN021",
            f"externaldata finds no copy of '{shown}'.",
            hint=f"{hint} it at {FOLDER}/{relative[:300]} in the data folder.",
        )
    )


def _stand_in(address: str) -> Notice:
    return Notice(
        "EN024",
        f"The list {address[:300]} is a stand-in of the sample estate: its columns are the list's, its values are invented.",
    )


def _files(path: Path, address: str, properties: dict[str, object]) -> list[Path]:
    """The file, or those of an unpacked archive, which lie in a folder of its name."""
    if not path.is_dir():
        return [path]
    pattern = str(properties.get("zippattern", "*"))
    found = sorted(file for file in path.iterdir() if file.is_file() and fnmatch.fnmatch(file.name, pattern))
    if not found:
        raise WatchbookError(
            Problem("EN021", f"The copy of '{address[:300]}' is a folder without a file '{pattern[:80]}'.")
        )
    return found


def _read(path: Path, columns: tuple[tuple[str, KqlType], ...], properties: dict[str, object]) -> str:
    suffixes = [suffix.lstrip(".").lower() for suffix in path.suffixes]
    suffix = next((x for x in reversed(suffixes) if x not in ("gz", "zst")), "csv")
    form = str(properties.get("format", suffix)).lower()
    form = {"jsonl": "json", "ndjson": "json", "list": "txt", "netset": "txt"}.get(form, form)
    file = "'" + str(path).replace("'", "''") + "'"
    if form == _RAW:
        return f"SELECT {_cast('content', columns[0][1])} FROM read_text({file})"
    if form in _DELIMITERS:
        skip = int(str(properties.get("ignorefirstrecord", False)).lower() in ("true", "1"))
        heads = ", ".join(f"'x{i}': 'VARCHAR'" for i in range(len(columns)))
        mark = "" if form == "txt" else '"'
        source = (
            f"read_csv({file}, auto_detect=false, header=false, skip={skip}, delim='{_DELIMITERS[form]}', quote='{mark}', "
            f"escape='{mark}', null_padding=true, strict_mode=false, columns={{{heads}}})"
        )
        cells = [_cast(f"x{i}", kind) for i, (_, kind) in enumerate(columns)]
    elif form in _JSON:
        heads = ", ".join(f"'{_quoted(name)}': 'JSON'" for name, _ in columns)
        source = f"read_json({file}, format='auto', columns={{{heads}}})"
        cells = [_cast_json('"' + name.replace('"', '""') + '"', kind) for name, kind in columns]
    else:
        raise WatchbookError(
            Problem(
                "EN022",
                f"externaldata cannot read the format '{form}'.",
                hint=f"Use one of {', '.join([*_DELIMITERS, *_JSON, _RAW])}; unpack an archive into a folder of its name.",
            )
        )
    return f"SELECT {', '.join(cells)} FROM {source}"


def _quoted(name: str) -> str:
    return name.replace("'", "''")


def _cast(sql: str, kind: KqlType) -> str:
    if kind in ("string", "dynamic", "guid"):
        return f"coalesce({sql}, '')" if kind == "string" else sql
    return f"TRY_CAST({sql} AS {DUCKDB_TYPES[kind]})"


def _cast_json(sql: str, kind: KqlType) -> str:
    return f"CAST({sql} AS VARCHAR)" if kind == "dynamic" else _cast(f"({sql} ->> '$')", kind)
