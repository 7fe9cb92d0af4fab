"""externaldata from one allowed folder: the operator's address names a file there, never the network.

An address may be a path below the folder, or a web address whose copy lies there as `HOST/PATH`. Text formats are read as
text and brought to the declared types; what cannot be read as its type is null.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from dashboard.errors import Problem, WatchbookError
from dashboard.kql import syntax as s
from dashboard.kql.functions.literals import DUCKDB_TYPES
from dashboard.table import KqlType

_DELIMITERS = {"csv": ",", "tsv": "\t", "psv": "|", "scsv": ";", "txt": "\x1f"}
_JSON = {"json": "newline_delimited", "multijson": "array"}


def select_from(node: s.ExternalData, folder: Path | None) -> str:
    """The SELECT that reads the operator's files, its columns in the declared order.

    Raises WatchbookError: EN020 where no folder is allowed, EN021 where a file is outside or absent, EN022 for a format that
    cannot be read.
    """
    if folder is None:
        raise WatchbookError(
            Problem(
                "EN020", "externaldata may not read anything here.",
                hint="Set WATCHBOOK_EXTERNALDATA_FOLDER to a folder that holds copies of the files.",
            )
        )  # fmt: skip
    properties = dict(node.properties)
    parts = [_read(_file(address, folder), node.columns, properties) for address in node.addresses]
    return " UNION ALL ".join(parts)


def _file(address: s.Expression, folder: Path) -> Path:
    if not isinstance(address, s.Literal) or not isinstance(address.value, str):
        raise WatchbookError(Problem("EN021", "The address of externaldata must be a text."))
    text = address.value.split(";", 1)[0]
    parts = urlsplit(text)
    relative = f"{parts.hostname}/{unquote(parts.path).lstrip('/')}" if parts.scheme and parts.hostname else text
    try:
        path = (folder / relative).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):
        inside = False
    if not inside:
        raise WatchbookError(
            Problem(
                "EN021",
                f"externaldata finds no copy of '{text[:120]}'.",
                hint=f"Put it at {relative[:120]} in the allowed folder.",
            )
        )
    return path


def _read(path: Path, columns: tuple[tuple[str, KqlType], ...], properties: dict[str, object]) -> str:
    suffixes = [suffix.lstrip(".").lower() for suffix in path.suffixes]
    suffix = next((x for x in reversed(suffixes) if x not in ("gz", "zst")), "csv")
    form = str(properties.get("format", suffix)).lower()
    form = {"jsonl": "json", "ndjson": "json", "list": "txt", "netset": "txt"}.get(form, form)
    file = "'" + str(path).replace("'", "''") + "'"
    if form in _DELIMITERS:
        skip = int(str(properties.get("ignorefirstrecord", False)).lower() in ("true", "1"))
        heads = ", ".join(f"'x{i}': 'VARCHAR'" for i in range(len(columns)))
        quote = "" if form == "txt" else '"'
        source = (
            f"read_csv({file}, auto_detect=false, header=false, skip={skip}, delim='{_DELIMITERS[form]}', quote='{quote}', "
            f"escape='{quote}', null_padding=true, columns={{{heads}}})"
        )
        cells = [_cast(f"x{i}", kind) for i, (_, kind) in enumerate(columns)]
    elif form in _JSON:
        heads = ", ".join(f"'{_quoted(name)}': 'JSON'" for name, _ in columns)
        source = f"read_json({file}, format='{_JSON[form]}', columns={{{heads}}})"
        cells = [_cast_json('"' + name.replace('"', '""') + '"', kind) for name, kind in columns]
    else:
        raise WatchbookError(
            Problem(
                "EN022",
                f"externaldata cannot read the format '{form}'.",
                hint=f"Use one of {', '.join([*_DELIMITERS, *_JSON])}.",
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
