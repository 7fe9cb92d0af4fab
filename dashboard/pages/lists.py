"""Lists of a page's own things (queries, playbooks, watchlists) in the grid that results have, one row chosen at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.pages import bar, drawings, layout
from dashboard.visual.view import Grid, GridColumn

Cell = str | int | float | dict[str, Any] | None


def draw(
    key: str,
    label: str,
    heads: Sequence[tuple[str, str, str]],
    rows: Sequence[Sequence[Cell]],
    ids: Sequence[str],
    height: int = 420,
) -> str:
    """Draws a list and gives the id of the chosen row, empty for none. `heads` are title, kind and width of the columns, as
    GridColumn has them."""
    state = f"{key}-chosen"
    columns = tuple(
        GridColumn(f"c{at}", title, kind, "right" if kind == "number" else "left", width)
        for at, (title, kind, width) in enumerate(heads)
    )
    cells = tuple({"_id": at, **{f"c{i}": _cell(value) for i, value in enumerate(row)}} for at, row in enumerate(rows))

    def select(picked: tuple[int, ...]) -> None:
        st.session_state[state] = ids[picked[0]] if picked and picked[0] < len(ids) else ""

    now = str(st.session_state.get(state, ""))
    selected = (list(ids).index(now),) if now in ids else ()
    with st.container(key=f"wic-{key}"):
        drawings.draw(
            Grid(columns, cells, height, filter=len(cells) > 12, selectable="one"),
            key,
            label,
            drawings.Reactions(rows=select),
            selected,
        )
    return now if now in ids else ""


def _cell(value: Cell) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if isinstance(value, (int, float)):
        return {"v": value, "t": f"{value:,}"}
    return {"v": value or "", "t": value or ""}


def when(moment: dt.datetime | None) -> str:
    """A time as the page shows times, empty for none."""
    if moment is None:
        return ""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return aware.astimezone(layout.zone(bar.zone())).strftime("%Y-%m-%d %H:%M:%S")
