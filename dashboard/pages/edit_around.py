"""What the form of edit mode may offer: columns of results, parameters, steps, and what parameters offer just now."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

from dashboard.document.forms import Around
from dashboard.document.forms.data import MERGE
from dashboard.document.workbook import Item, whole_of
from dashboard.pages import library
from dashboard.pages.board import Board
from dashboard.pages.edit_session import Edit
from dashboard.runtime.plan import PlannedItem
from dashboard.runtime.results import ItemResult
from dashboard.table import Table

_WAIT = 1.0
"""How long a form waits for results whose columns it would offer, in seconds."""
_RENDERED = {"columnchart": "barchart"}


def find(board: Board, found: Edit) -> tuple[Around, str]:
    """What may be offered around what is selected, and how a query is drawn whose own text says so."""
    path = found.selected
    before: list[Item] = []
    for item in board.workbook.walk():
        if item.path == path:
            break
        before.append(item)
    planned = board.current(path) if path else None
    names, times = _parameters(before, planned, found.inside)
    table = _table(_asked(board, planned), time.monotonic() + _WAIT)
    columns = tuple((column.name, str(column.type)) for column in table.columns) if table is not None else ()
    kind = str((table.render or {}).get("kind") or "") if table is not None else ""
    steps = tuple(dict.fromkeys(item.name for item in before if item.kind in ("query", "metric") and item.name))
    around = Around(
        columns=columns,
        parameters=names,
        times=times,
        steps=steps,
        options=_options(planned),
        merged=_merged(board, planned, before),
        workbooks=tuple(sorted({path.stem for path, _ in library.files().values()} - {found.file.stem})),
    )
    return around, _RENDERED.get(kind, kind)


def _parameters(
    before: Sequence[Item], planned: PlannedItem | None, inside: int | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of parameters that something above sets, or, of a parameters item, the other ones of the same item."""
    names: list[str] = []
    times: list[str] = []
    for item in before:
        names += [parameter.name for parameter in item.parameters]
        times += [parameter.name for parameter in item.parameters if parameter.kind == "time"]
        names += [str(entry.get("parameterName")) for entry in item.exports]
        names += [str(link.get("cellValue")) for link in item.links if link.get("linkTarget") == "parameter"]
    if planned is not None and inside is not None:
        own = planned.item.parameter_at(inside)
        beside = [each for each in planned.item.parameters if each is not own]
        names += [parameter.name for parameter in beside]
        times += [parameter.name for parameter in beside if parameter.kind == "time"]
    return tuple(dict.fromkeys(filter(None, names))), tuple(dict.fromkeys(times))


def _asked(board: Board, planned: PlannedItem | None) -> Future[ItemResult] | None:
    """The item's result, asked for where it can be."""
    if planned is None or planned.status != "ready" or planned.query is None:
        return None
    return board.submit(planned)


def _table(asked: Future[ItemResult] | None, until: float) -> Table | None:
    """The rows, if they come by that moment of the monotonic clock."""
    try:
        return asked.result(max(until - time.monotonic(), 0.0)).table if asked is not None else None
    except NotYet:
        return None


def _options(planned: PlannedItem | None) -> Mapping[str, tuple[str, ...]]:
    controls = planned.controls if planned is not None else ()
    return {each.parameter.name: tuple(option.value for option in each.options) for each in controls}


def _merged(board: Board, planned: PlannedItem | None, before: Sequence[Item]) -> Mapping[str, tuple[str, ...]]:
    """The columns of the steps that a merge may read, by name."""
    if planned is None or planned.item.kind != "query" or whole_of(planned.item.content.get("queryType")) != MERGE:
        return {}
    steps = [item for item in before if item.kind in ("query", "metric") and item.name]
    asked = [(item.name, _asked(board, board.current(item.path))) for item in steps]
    until = time.monotonic() + _WAIT
    found = ((name, _table(future, until)) for name, future in asked)
    return {name: table.names for name, table in found if table is not None}
