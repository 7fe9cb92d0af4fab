"""JSON in every wrapping: one value a line, an array, one object, objects after one another; containers are unwrapped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from dashboard.ingest.imports.records import Bad, Item, Items
from dashboard.ingest.imports.source import LENIENT, LINE_BYTES, Source

_PIECE = 1 << 20
_SPACE = " \t\r\n,\ufeff\x1e"
_LISTS = ("items", "records", "value", "Records")


def read_json(source: Source) -> Items:
    """The records of a JSON file."""
    if is_lines(source):
        yield from _lines(source)
    else:
        yield from _stream(source)


def is_lines(source: Source) -> bool:
    """Whether the file is one record a line."""
    head = source.head()
    first = head.lstrip().split(b"\n", 1)[0].strip()
    return _loads(first.rstrip(b",")) is not _NO_VALUE or (not first.startswith(b"[") and _second_line_is_whole(head))


def parse(text: bytes | str) -> Any:
    """One JSON value; NaN, lone surrogates and bytes of another encoding are lived with. Raises ValueError."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if isinstance(text, bytes):
            text = text.decode("utf-8", LENIENT)
        try:
            return _clean(json.loads(text))
        except RecursionError:
            raise ValueError("nested too deeply") from None


class _NoValue:
    pass


_NO_VALUE = _NoValue()


def _loads(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return _NO_VALUE


def _second_line_is_whole(head: bytes) -> bool:
    """The first line is broken, but the file is one record a line all the same."""
    lines = [line for line in head.split(b"\n")[1:6] if line.strip()]
    return bool(lines) and isinstance(_loads(lines[0].strip()), dict)


def _lines(source: Source) -> Items:
    for number, line in enumerate(source.lines(), 1):
        yield from line_items(number, line)


def line_items(number: int, line: bytes | None) -> Items:
    """The records of one line; None is a line that was too long to be read."""
    if line is None:
        yield number, Bad(f"a line longer than {LINE_BYTES >> 20} MB", "")
        return
    if not (line := line.strip(b" \t\r,\x1e")):
        return
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = parse(line)
        except ValueError as error:
            yield number, Bad(f"not JSON: {error}", cut(line))
            return
    if type(value) is dict and value.keys().isdisjoint(CONTAINERS):
        yield number, value
    else:
        yield from unwrapped(number, value)


def _stream(source: Source) -> Items:
    """Values one after the other, or the elements of one array, from a buffer that holds little more than one of them."""
    text = source.text()
    decoder = json.JSONDecoder()
    buffer, at, count, ended, in_array, step = "", 0, 0, False, False, _PIECE
    while True:
        while at < len(buffer) and buffer[at] in _SPACE:
            at += 1
        if at < len(buffer):
            if count == 0 and not in_array and buffer[at] == "[":
                in_array, at = True, at + 1
                continue
            if in_array and buffer[at] == "]":
                in_array, at = False, at + 1
                continue
            try:
                value, end = decoder.raw_decode(buffer, at)
                # A number at the end of the buffer may go on in the next piece.
                whole = ended or end < len(buffer)
            except RecursionError:
                yield count + 1, Bad("JSON that is nested too deeply", cut(buffer[at : at + 2000]))
                return
            except ValueError as error:
                whole, reason = False, str(error)
                if ended or len(buffer) - at > LINE_BYTES:
                    why = f"not JSON: {reason}" if ended else f"a value longer than {LINE_BYTES >> 20} MB"
                    yield count + 1, Bad(why, cut(buffer[at:]))
                    if not source.damage:
                        source.damage = "what follows a broken value cannot be told apart"
                    return
            if whole:
                count += 1
                yield from unwrapped(count, _clean(value))
                at, step = end, _PIECE
                continue
        elif ended:
            if in_array and not source.damage:
                source.damage = "the array is not closed: the file ends in the middle"
            return
        piece = text.read(step)
        # Twice as much each time, so that one long value is not scanned a thousand times.
        step = min(step * 2, LINE_BYTES)
        ended = not piece
        buffer, at = buffer[at:] + piece, 0


CONTAINERS = frozenset((*_LISTS, "tables", "Tables", "body", "FrameType"))


def unwrapped(place: int, value: Any) -> Iterator[Item]:
    """The records in a value: elements of lists, rows of the query API's tables, entries of Kubernetes lists."""
    if isinstance(value, list):
        for entry in value:
            yield from unwrapped(place, entry)
        return
    if not isinstance(value, dict):
        yield place, Bad("not an object", cut(orjson.dumps(value, default=str)))
        return
    tables = value.get("tables", value.get("Tables"))
    if isinstance(tables, list) and any(_is_table(table) for table in tables):
        for table in tables:
            yield from _rows(place, table)
        return
    if "FrameType" in value:
        if value.get("TableKind") == "PrimaryResult" and _is_table(value):
            yield from _rows(place, value)
        return
    if "body" in value and "statusCode" in value and isinstance(value["body"], (dict, list)):
        yield from unwrapped(place, value["body"])
        return
    for key in _LISTS:
        entries = value.get(key)
        if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries) and _is_wrapper(value, key):
            kind = str(value.get("kind", ""))
            kind = kind[:-4] if kind.endswith("List") and kind != "List" else ""
            for entry in entries:
                yield from unwrapped(place, {"kind": kind, **entry} if kind and key == "items" else entry)
            return
    yield place, value


def _is_wrapper(value: dict[str, Any], key: str) -> bool:
    """Whether the object says nothing but "here is a list"."""
    rest = {name for name in value if name != key and not name.startswith(("@odata", "odata"))}
    return rest <= {"kind", "apiVersion", "metadata", "nextLink", "count", "statusCode", "headers"}


def _is_table(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    columns, rows = value.get("columns", value.get("Columns")), value.get("rows", value.get("Rows"))
    return isinstance(columns, list) and isinstance(rows, list) and all(isinstance(c, dict) for c in columns)


def _rows(place: int, table: Any) -> Iterator[Item]:
    if not _is_table(table) or table.get("TableKind", "PrimaryResult") != "PrimaryResult":
        return
    columns = table.get("columns", table.get("Columns"))
    names = [str(c.get("name", c.get("ColumnName", f"Column{i}"))) for i, c in enumerate(columns, 1)]
    for number, row in enumerate(table.get("rows", table.get("Rows")), 1):
        if isinstance(row, list) and len(row) == len(names):
            yield number, dict(zip(names, row, strict=True))
        else:
            count = len(row) if isinstance(row, list) else "no"
            yield (
                number,
                Bad(f"{count} cells where the table has {len(names)} columns", cut(orjson.dumps(row, default=str))),
            )


def _clean(value: Any) -> Any:
    """The same without lone surrogates, which no file can hold."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_clean(key): _clean(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_clean(entry) for entry in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value


def cut(raw: bytes | str, most: int = 100_000) -> str:
    """A text for the reject file, not longer than `most` characters."""
    text = raw.decode("utf-8", LENIENT) if isinstance(raw, bytes) else raw
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
