"""How tall an item is drawn, in CSS pixels: the format's size 0 medium, 1 small, 2 large, 3 as tall as its content, 4 tiny."""

from __future__ import annotations

from typing import Any

_HEIGHTS = {0: 300, 1: 200, 2: 500, 4: 150}
ROW = 32
"""A grid's row; its heading is as tall and a search box 44."""


def size_number(size: Any) -> int:
    """The size as the format's number, 0 (medium) for anything else."""
    return size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= 4 else 0


def chart_height(size: Any) -> int:
    """The height of a chart, map or graph; those "as tall as the content" are 400."""
    return _HEIGHTS.get(size_number(size), 400)


def grid_height(size: Any, rows: int, *, search: bool = False, counted: bool = False) -> int:
    """The height of a grid: of its size, but no taller than its rows need, with a line below that counts them if it has one. The
    size gives way for one row more: ten are what most authors ask for, and no one scrolls for half of the last."""
    needed = ROW * (rows + 1) + (44 if search else 0) + (24 if counted else 0) + 8
    known = size_number(size)
    most = 1_600 if known == 3 else max(180, _HEIGHTS[known] + 40)
    return max(96, needed if needed <= most + ROW else most)
