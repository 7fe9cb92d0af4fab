"""The merge data source: joins and unions of other steps' results, then chosen, renamed and added columns (section 5.2).

A column of a joined table is known as `[Table].Column`; a bare name means the first that has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.document.workbook import list_of, object_of, text_of
from dashboard.errors import Problem, WatchbookError
from dashboard.parameters.criteria import evaluate
from dashboard.parameters.options import cell_text, lenient_json
from dashboard.table import KqlType, Table, json_cell, table_from_rows

MOST_ROWS = 100_000
JOINS = (
    "inner",
    "innerunique",
    "leftouter",
    "rightouter",
    "outer",
    "fullouter",
    "leftanti",
    "rightanti",
    "leftsemi",
    "rightsemi",
)


@dataclass(frozen=True)
class _Frame:
    """A table on its way: heads are (table name, column name, type)."""

    heads: tuple[tuple[str, str, KqlType], ...]
    rows: list[tuple[Any, ...]]

    def at(self, column: str, table: str = "") -> int | None:
        found = [n for n, head in enumerate(self.heads) if head[1] == column and (not table or head[0] == table)]
        if not found:
            folded = column.lower()
            found = [
                n for n, head in enumerate(self.heads) if head[1].lower() == folded and (not table or head[0] == table)
            ]
        return found[0] if found else None


def table_names(payload: str) -> tuple[str, ...]:
    """The steps that a merge reads, by name; results of its own earlier merges are not among them."""
    names: dict[str, None] = {}
    for merge in _merges(_payload(payload)):
        for key in ("leftTable", "rightTable"):
            if name := text_of(merge.get(key)):
                names[name] = None
    return tuple(names)


def run_merge(payload: str, tables: Mapping[str, Table]) -> Table:
    """The merged table. Raises WatchbookError: RT004 a step is missing, RT005 the settings cannot be read or a column they
    name is not there."""
    settings = _payload(payload)
    merges = _merges(settings)
    if not merges:
        raise WatchbookError(Problem("RT005", "The merge has no steps to merge."))
    frames = {name: _frame(name, table) for name, table in tables.items()}
    merged: dict[str, _Frame] = {}
    result: _Frame | None = None
    ids: dict[str, _Frame] = {}
    for merge in merges:
        left_name, right_name = text_of(merge.get("leftTable")), text_of(merge.get("rightTable"))
        left = merged.get(left_name) or _named(frames, left_name)
        kind = text_of(merge.get("mergeType")).lower()
        if kind in ("table", "") and not right_name:
            result = left
        else:
            right = (
                _named(frames, right_name) if right_name not in merged or left_name in merged else merged[right_name]
            )
            if kind == "union":
                result = _union(left, right)
            elif kind in JOINS:
                result = _join(
                    left,
                    right,
                    kind,
                    text_of(merge.get("leftColumn")),
                    text_of(merge.get("rightColumn")),
                    left_name,
                    right_name,
                )
            else:
                raise WatchbookError(
                    Problem("RT005", f"'{kind}' is not a kind of merge; known are table, union, {', '.join(JOINS)}.")
                )
        merged[left_name] = result
        if right_name:
            merged[right_name] = result
        ids[text_of(merge.get("id"))] = result
    if result is None:
        raise WatchbookError(Problem("RT005", "The merge has no steps to merge."))
    return _project(result, [object_of(entry) for entry in list_of(settings.get("projectRename"))])


def _payload(payload: str) -> Mapping[str, Any]:
    try:
        return object_of(lenient_json(payload))
    except ValueError as error:
        raise WatchbookError(Problem("RT005", f"The merge's settings are not JSON: {error}.")) from None


def _merges(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [object_of(merge) for merge in list_of(settings.get("merges")) if isinstance(merge, dict)]


def _named(frames: Mapping[str, _Frame], name: str) -> _Frame:
    if name not in frames:
        raise WatchbookError(Problem("RT004", f"The merge reads the step '{name}', which is not there."))
    return frames[name]


def _frame(name: str, table: Table) -> _Frame:
    return _Frame(tuple((name, column.name, column.type) for column in table.columns), table.rows())


def _union(left: _Frame, right: _Frame) -> _Frame:
    """All rows of both; columns are matched by name, types that differ become strings."""
    heads = list(left.heads)
    places = [left.at(head[1]) for head in right.heads]
    for head, place in zip(right.heads, places, strict=True):
        if place is None:
            heads.append(head)
    targets: list[int] = []
    following = len(left.heads)
    for place in places:
        targets.append(following if place is None else place)
        following += place is None
    mixed = {target for head, target in zip(right.heads, targets, strict=True) if heads[target][2] != head[2]}
    old = {target: heads[target][2] for target in mixed}
    for target in mixed:
        heads[target] = (heads[target][0], heads[target][1], "string")
    width = len(heads)
    rows = []
    for row in left.rows:
        cells = list(row) + [None] * (width - len(row))
        for target in mixed:
            cells[target] = _text(cells[target], old[target])
        rows.append(tuple(cells))
    for row in right.rows:
        cells = [None] * width
        for cell, target, head in zip(row, targets, right.heads, strict=True):
            cells[target] = _text(cell, head[2]) if target in mixed else cell
        rows.append(tuple(cells))
    return _Frame(tuple(heads), rows[:MOST_ROWS])


def _join(
    left: _Frame, right: _Frame, kind: str, left_column: str, right_column: str, left_name: str, right_name: str
) -> _Frame:
    left_at = _join_column(left, left_column, left_name)
    right_at = _join_column(right, right_column, right_name)
    left_keys = [_key(row[left_at]) for row in left.rows]
    right_keys = [_key(row[right_at]) for row in right.rows]
    if kind in ("leftsemi", "leftanti"):
        there = set(right_keys) - {None}
        keep = [row for row, key in zip(left.rows, left_keys, strict=True) if (key in there) is (kind == "leftsemi")]
        return _Frame(left.heads, keep)
    if kind in ("rightsemi", "rightanti"):
        there = set(left_keys) - {None}
        keep = [row for row, key in zip(right.rows, right_keys, strict=True) if (key in there) is (kind == "rightsemi")]
        return _Frame(right.heads, keep)
    index: dict[Any, list[int]] = {}
    for number, key in enumerate(right_keys):
        if key is not None:
            index.setdefault(key, []).append(number)
    rows: list[tuple[Any, ...]] = []
    matched: set[int] = set()
    seen: set[Any] = set()
    empty_right = tuple(_nothing(head[2]) for head in right.heads)
    empty_left = tuple(_nothing(head[2]) for head in left.heads)
    for row, key in zip(left.rows, left_keys, strict=True):
        if kind == "innerunique":
            if key in seen:
                continue
            seen.add(key)
        found = index.get(key, []) if key is not None else []
        for number in found:
            rows.append(row + right.rows[number])
            matched.add(number)
        if not found and kind in ("leftouter", "outer", "fullouter"):
            rows.append(row + empty_right)
        if len(rows) > MOST_ROWS:
            raise WatchbookError(
                Problem("RT005", f"The merge gives more than {MOST_ROWS:,} rows.", hint="Summarize the steps first.")
            )
    if kind in ("rightouter", "outer", "fullouter"):
        rows += [empty_left + row for number, row in enumerate(right.rows) if number not in matched]
    return _Frame(left.heads + right.heads, rows)


def _join_column(frame: _Frame, column: str, name: str) -> int:
    at = frame.at(column, name)
    at = frame.at(column) if at is None else at
    if at is None:
        raise WatchbookError(
            Problem("RT005", f"The merge joins on the column '{column}', which the step '{name}' does not have.")
        )
    return at


def _key(cell: Any) -> Any:
    if cell is None:
        return None
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _nothing(kind: KqlType) -> Any:
    return "" if kind == "string" else None


def _text(cell: Any, kind: KqlType) -> str:
    return cell_text(json_cell(cell, kind))


def _project(frame: _Frame, entries: Sequence[Mapping[str, Any]]) -> Table:
    """Chosen columns in order; without any the joined columns, a name that repeats gets a number."""
    chosen: list[tuple[str, int | Mapping[str, Any]]] = []
    originals = [_split(text_of(entry.get("originalName"))) for entry in entries]
    exact = {frame.at(column, table) for table, column in originals if table}
    for entry, (table, column) in zip(entries, originals, strict=True):
        name = text_of(entry.get("mergedName"))
        if not name:
            continue
        if entry.get("isNewItem") is True:
            chosen.append((name, entry))
            continue
        at = frame.at(column, table) if table else None
        if at is None:
            # A union made one column of both tables': the editor still lists the second table's, and it must not come twice.
            at = frame.at(column)
            at = None if at in exact or at in [source for _, source in chosen] else at
        if at is not None:
            chosen.append((name, at))
    if not any(isinstance(source, int) for _, source in chosen):
        chosen = [(head[1], at) for at, head in enumerate(frame.heads)] + [
            each for each in chosen if not isinstance(each[1], int)
        ]
    heads: list[tuple[str, KqlType]] = []
    columns: list[list[Any]] = []
    for name, source in chosen:
        free, number = name, 1
        while free in (head[0] for head in heads):
            free, number = f"{name}{number}", number + 1
        if isinstance(source, int):
            heads.append((free, frame.heads[source][2]))
            columns.append([row[source] for row in frame.rows])
        else:
            kind, cells = _added(frame, source, heads, columns)
            heads.append((free, kind))
            columns.append(cells)
    return table_from_rows(heads, list(zip(*columns, strict=True)) if columns else [])


def _split(original: str) -> tuple[str, str]:
    """`[Table].Column` as table and column; a bare name has no table."""
    if original.startswith("[") and "]." in original:
        table, _, column = original[1:].partition("].")
        return table, column
    return "", original


def _added(
    frame: _Frame,
    entry: Mapping[str, Any],
    heads: Sequence[tuple[str, KqlType]],
    columns: Sequence[list[Any]],
) -> tuple[KqlType, list[Any]]:
    """A computed column. A name in its criteria means an output column that stands before it, else one of the joined table."""
    contexts = [object_of(object_of(each).get("criteriaContext", each)) for each in list_of(entry.get("newItemData"))]
    outputs = {head[0]: at for at, head in enumerate(heads)}
    cells: list[str] = []
    for number, row in enumerate(frame.rows):

        def cell(name: str, number: int = number, row: tuple[Any, ...] = row) -> str:
            name = name.strip().removeprefix('["').removesuffix('"]')
            if name in outputs:
                return _text(columns[outputs[name]][number], heads[outputs[name]][1])
            table, column = _split(name)
            at = frame.at(column, table)
            return _text(row[at], frame.heads[at][2]) if at is not None else ""

        def filled(text: str) -> str:
            return fill(text, cell)

        def numbers(text: str) -> str:
            return fill(text, cell, numeric=True)

        cells.append(evaluate(contexts, cell, filled, numbers, cell))
    if cells and all(_is_number(text) for text in cells if text) and any(cells):
        return "real", [float(text) if text else None for text in cells]
    return "string", cells


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.strip().lower().lstrip("+-") not in ("nan", "inf", "infinity")


def fill(text: str, cell: Any, numeric: bool = False) -> str:
    """A text with each `["Column"]` replaced by the row's cell; with `numeric`, what is no number becomes 0."""

    def value(found: re.Match[str]) -> str:
        filled = str(cell(found.group(1)))
        return filled if not numeric or _is_number(filled) else "0"

    return re.sub(r'\["([^"\]]+)"\]', value, text)
