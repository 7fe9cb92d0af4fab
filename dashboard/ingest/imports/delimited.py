"""CSV and TSV: separator and header are told from the first lines."""

from __future__ import annotations

import csv
import re

from dashboard.ingest.imports.json_reader import cut
from dashboard.ingest.imports.records import Bad, Items
from dashboard.ingest.imports.source import LENIENT, LINE_BYTES, Source

_DATA = re.compile(r"^\s*(-?\d[\d.,:/ -]*|\d+\.\d+\.\d+\.\d+\S*|[0-9a-fA-F-]{32,}|\d+[/-]\d+[/-]\d+.*|\S+@\S+)\s*$")
_ZONE = re.compile(r"^(.*\S) \[(.+)\]$")


def separator(head: bytes) -> str:
    """The separator that the header line has most of: comma, tab, semicolon or bar."""
    line = head.decode("utf-8", LENIENT).lstrip("\r\n").split("\n", 1)[0]
    return max(",\t;|", key=line.count)


def read_delimited(source: Source) -> Items:
    """The rows of a CSV or TSV file as records of texts, with the line each begins on. A file without a header (its first line looks like data)
    gets the columns Column1, Column2 …"""
    csv.field_size_limit(LINE_BYTES)
    mark = separator(source.head())
    lines = csv.reader(source.text(), delimiter=mark, strict=False)
    names: list[str] = []
    line = 1
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Bad(f"not {_kind(mark)}: {error}", "")
            line = lines.line_num + 1
            continue
        place, line = line, lines.line_num + 1
        if not any(cells):
            continue
        if not names:
            if any(_DATA.match(cell) for cell in cells):
                names = [f"Column{i}" for i in range(1, len(cells) + 1)]
            else:
                names = unique_names(cells)
                continue
        if len(cells) > len(names) and not any(cells[len(names) :]):
            del cells[len(names) :]
        if len(cells) == len(names):
            yield place, dict(zip(names, cells, strict=True))
        else:
            yield place, Bad(f"{len(cells)} cells where the header has {len(names)}", cut(mark.join(cells)))


def unique_names(cells: list[str]) -> list[str]:
    """Column names of a header: an index column without a name is `Index`, names that come twice are numbered."""
    names: list[str] = []
    for i, cell in enumerate(cells, 1):
        name = cell.strip().lstrip("\ufeff") or ("Index" if i == 1 else f"Column{i}")
        base, count = name, 1
        while name in names:
            count += 1
            name = f"{base}_{count}"
        names.append(name)
    return names


def zone_of(name: str) -> tuple[str, str]:
    """`TimeGenerated [UTC]`, as the portal exports it: the column's name and its time zone ('' where none is said)."""
    match = _ZONE.match(name)
    return (match[1], match[2]) if match else (name, "")


def _kind(mark: str) -> str:
    return "TSV" if mark == "\t" else "CSV"
