"""What a file is, told from its first bytes, not from its name."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.imports import columnar, delimited, json_reader, text_logs
from dashboard.ingest.imports.records import Items
from dashboard.ingest.imports.source import Source

_NAMES = {
    "json": "JSON",
    "csv": "CSV",
    "tsv": "TSV",
    "cef": "CEF",
    "syslog": "Syslog",
    "parquet": "Parquet",
    "avro": "Avro",
    "excel": "Excel",
}


@dataclass(frozen=True, slots=True)
class Format:
    """A file format by its key; `packed` is gzip, zstd or empty."""

    key: str
    packed: str = ""

    def describe(self) -> str:
        """`JSON (gzip)`."""
        return f"{_NAMES[self.key]} ({self.packed})" if self.packed else _NAMES[self.key]


def detect(path: Path) -> Format:
    """The file's format. Raises WatchbookError: IN010 it cannot be read, IN012 it is none that is known."""
    try:
        if not path.is_file():
            raise WatchbookError(Problem("IN010", "There is no such file.", place=Place(file=str(path))))
        with path.open("rb") as file:
            magic = file.read(4)
        if magic == b"PAR1":
            return Format("parquet")
        if magic == b"Obj\1":
            return Format("avro")
        if magic == b"PK\3\4":
            return Format("excel")
        with Source(path) as source:
            head = source.head()
            packed, damage = source.packed, source.damage
    except OSError as error:
        raise WatchbookError(
            Problem("IN010", f"The file cannot be read: {error.strerror or error}.", place=Place(file=str(path)))
        ) from None
    key = _text_format(head, path)
    if key is None:
        found = damage or ("it is empty" if not head.strip() else "it is no log file in a known format")
        raise WatchbookError(
            Problem(
                "IN012", f"Nothing can be imported: {found}.", place=Place(file=path.name),
                hint="Known are CSV, TSV, JSON, JSON lines, Parquet, Avro, Excel, CEF and Syslog, also as .gz and .zst.",
            )
        )  # fmt: skip
    return Format(key, packed)


def _text_format(head: bytes, path: Path) -> str | None:
    text = head.lstrip(b" \t\r\n\x1e")
    if not text or b"\0" in text[:4096]:
        return None
    if text[:1] in b"{[":
        return "json"
    if text_logs.looks_like_cef(text):
        return "cef"
    if text_logs.looks_like_syslog(text):
        return "syslog"
    names = path.name.lower()
    mark = delimited.separator(text)
    line = text.split(b"\n", 1)[0]
    if mark.encode() in line:
        return "tsv" if mark == "\t" else "csv"
    if any(ending in names for ending in (".csv", ".tsv")):
        return "csv"
    if any(ending in names for ending in (".json", ".jsonl", ".ndjson")) or b"\n{" in text:
        return "json"
    return None


WHOLE = ("parquet", "avro", "excel")
"""Formats that are read from the file itself and not as a stream."""


def read(path: Path, form: Format, source: Source | None, now: dt.datetime) -> Items:
    """The records of the file; `source` is its stream where the format is read from one."""
    if form.key == "parquet":
        return columnar.read_parquet(path)
    if form.key == "avro":
        return columnar.read_avro(path)
    if form.key == "excel":
        return columnar.read_excel(path)
    assert source is not None  # noqa: S101
    if form.key == "json":
        return json_reader.read_json(source)
    if form.key == "cef":
        return text_logs.read_cef(source, now)
    if form.key == "syslog":
        return text_logs.read_syslog(source, now)
    return delimited.read_delimited(source)
