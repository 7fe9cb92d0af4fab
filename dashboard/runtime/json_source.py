"""The JSON data source: JSON text, and JSONPath transformers that make rows and columns of it (section 5.1)."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

from dashboard.document.workbook import list_of, object_of, text_of
from dashboard.errors import Problem, WatchbookError
from dashboard.parameters.options import lenient_json
from dashboard.parameters.patterns import LONGEST_TEXT, SECONDS, PatternError, compiled
from dashboard.parameters.times import read_time
from dashboard.table import KqlType, Table, table_from_rows

MOST_ROWS = 10_000
MOST_COLUMNS = 500
_REPLACEMENT = re.compile(r"\$(\$|&|\d{1,2})")


def run_json(text: str) -> Table:
    """The table of a request's text: {"content": JSON text, "transformers": list or null}. Raises WatchbookError: RT006 the
    content is not JSON, RT009 a path cannot be read."""
    payload = json.loads(text)
    content = text_of(payload.get("content"))
    if not content.strip():
        return table_from_rows([], [])
    try:
        data = lenient_json(content)
    except ValueError as error:
        raise WatchbookError(Problem("RT006", f"The JSON of this query cannot be read: {error}.")) from None
    return transform(data, payload.get("transformers"))


JSON_SOURCES = frozenset(("arm", "endpoint"))
"""Sources whose engines answer with JSON in one cell, of which the query's transformers make rows."""


def rows_of(payload: str, answer: Table) -> Table:
    """The rows of such an answer."""
    if answer.names != ("json",) or len(answer) != 1:
        return answer
    cell = answer.column("json")[0]
    return transform(json.loads(cell) if cell else None, object_of(json.loads(payload)).get("transformers"))


def transform(data: Any, transformers: Any) -> Table:
    """Rows of a JSON value: by the first JSONPath transformer, else a list's elements, or an object as one row."""
    for transformer in list_of(transformers):
        if text_of(object_of(transformer).get("type")).lower() == "jsonpath":
            return _by_paths(data, object_of(object_of(transformer).get("settings")))
    return table_of(data if isinstance(data, list) else [data])


def _by_paths(data: Any, settings: dict[str, Any] | Any) -> Table:
    path = text_of(settings.get("tablePath"))
    found = find(path, data) if path.strip() else [data]
    rows: list[Any] = []
    for match in found:
        if isinstance(match, list):
            rows += match
        else:
            rows.append(match)
    columns = [object_of(column) for column in list_of(settings.get("columns"))][:MOST_COLUMNS]
    columns = [column for column in columns if text_of(column.get("path")) or text_of(column.get("columnid"))]
    if not columns:
        return table_of(rows)
    cells = [[_cell(row, column) for column in columns] for row in rows[:MOST_ROWS]]
    heads: list[tuple[str, KqlType]] = []
    for at, column in enumerate(columns):
        name = text_of(column.get("columnid")) or text_of(column.get("path"))
        kind = _asked_type(text_of(column.get("columnType"))) or _type_of([row[at] for row in cells])
        heads.append((_free_name(name, heads), kind))
        for row in cells:
            row[at] = _as(row[at], kind)
    return table_from_rows(heads, cells)


def _cell(row: Any, column: dict[str, Any] | Any) -> Any:
    path = text_of(column.get("path"))
    matches = find(path, row) if path.strip() else [row]
    value = matches[0] if len(matches) == 1 else matches if matches else None
    pattern = text_of(column.get("substringRegexMatch"))
    if not pattern or value is None:
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    replacement = text_of(column.get("substringReplace")) or "$&"
    try:
        match = compiled(pattern).search(text[:LONGEST_TEXT], timeout=SECONDS)
    except (PatternError, TimeoutError):
        return value
    if match is None:
        return value

    def part(found: re.Match[str]) -> str:
        which = found.group(1)
        if which == "$":
            return "$"
        if which == "&":
            return str(match.group())
        number = int(which)
        return (match.group(number) or "") if 0 < number <= len(match.groups()) else found.group()

    return _REPLACEMENT.sub(part, replacement)


def find(path: str, data: Any) -> list[Any]:
    """All values that a JSONPath finds; `$.` may be left out. Raises WatchbookError (RT009)."""
    import jsonpath

    path = path.strip()
    if not path.startswith("$"):
        path = f"$.{path}" if not path.startswith("[") else f"${path}"
    try:
        # Paths often write a missing operator's spaces away, or single quotes in filters: both are let pass.
        found: list[Any] = jsonpath.findall(path, data)
    except (jsonpath.JSONPathError, ValueError, TypeError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "its form is not known"
        raise WatchbookError(Problem("RT009", f"The JSONPath '{path[:80]}' cannot be read: {reason[:120]}.")) from None
    return found


def table_of(rows: list[Any]) -> Table:
    """Objects become rows with the union of their keys, plain values one column `value`."""
    rows = rows[:MOST_ROWS]
    if any(isinstance(row, dict) for row in rows):
        names: dict[str, None] = {}
        for row in rows:
            if isinstance(row, dict):
                names.update(dict.fromkeys(row))
        keys = list(names)[:MOST_COLUMNS]
        cells = [[row.get(key) if isinstance(row, dict) else None for key in keys] for row in rows]
    elif rows and all(isinstance(row, list) for row in rows):
        width = min(max(len(row) for row in rows), MOST_COLUMNS)
        keys = [f"Column{number + 1}" for number in range(width)]
        cells = [[row[at] if at < len(row) else None for at in range(width)] for row in rows]
    else:
        keys, cells = ["value"], [[row] for row in rows]
    heads: list[tuple[str, KqlType]] = []
    for at, key in enumerate(keys):
        kind = _type_of([row[at] for row in cells])
        heads.append((_free_name(key or "value", heads), kind))
        for row in cells:
            row[at] = _as(row[at], kind)
    return table_from_rows(heads, cells)


def _free_name(name: str, taken: list[tuple[str, KqlType]]) -> str:
    names = {head for head, _ in taken}
    free, number = name, 1
    while free in names:
        free, number = f"{name}{number}", number + 1
    return free


def _asked_type(name: str) -> KqlType | None:
    known: dict[str, KqlType] = {
        "string": "string", "long": "long", "int": "long", "real": "real", "double": "real", "number": "real",
        "datetime": "datetime", "date": "datetime", "bool": "bool", "boolean": "bool", "dynamic": "dynamic", "guid": "string",
    }  # fmt: skip
    return known.get(name.lower())


def _type_of(cells: list[Any]) -> KqlType:
    """The type that holds every cell; texts stay texts."""
    kinds = {_kind(cell) for cell in cells if cell is not None}
    if not kinds:
        return "string"
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= {"long", "real"}:
        return "real"
    return "dynamic" if "dynamic" in kinds else "string"


def _kind(cell: Any) -> KqlType:
    if isinstance(cell, bool):
        return "bool"
    if isinstance(cell, int):
        return "long" if -(2**63) <= cell < 2**63 else "real"
    if isinstance(cell, float):
        return "real"
    return "dynamic" if isinstance(cell, (dict, list)) else "string"


def _as(cell: Any, kind: KqlType) -> Any:
    if cell is None:
        return None
    try:
        match kind:
            case "string":
                return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
            case "long":
                number = int(cell) if not isinstance(cell, str) else int(float(cell))
                return number if -(2**63) <= number < 2**63 else None
            case "real":
                return float(cell)
            case "bool":
                return cell if isinstance(cell, bool) else str(cell).lower() in ("true", "1")
            case "datetime":
                if isinstance(cell, (int, float)) and not isinstance(cell, bool):
                    return (
                        dt.datetime.fromtimestamp(cell / 1000, dt.UTC)
                        if cell > 1e11
                        else dt.datetime.fromtimestamp(cell, dt.UTC)
                    )
                return read_time(cell)
            case _:
                return json.dumps(cell, ensure_ascii=False)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
