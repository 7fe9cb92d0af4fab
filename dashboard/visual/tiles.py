"""Tiles: one for each row, with up to five slots that are formatted like cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from dashboard.table import Table
from dashboard.visual import formatters as fmt
from dashboard.visual.cells import NUMERIC, Record, Records, number_of
from dashboard.visual.formatters import Formatter, rule_from, scale_of
from dashboard.visual.grids import MOST_ROWS, column_options, ordered, row_limit, selectable
from dashboard.visual.palette import series_color
from dashboard.visual.sizes import size_number
from dashboard.visual.view import Message, Tile, Tiles

MOST_TILES = 100

SLOTS = {
    "title": "titleContent", "subtitle": "subtitleContent", "left": "leftContent", "right": "rightContent",
    "secondary": "secondaryContent",
}  # fmt: skip


def tiles_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Tiles | Message:
    """The tiles of a query item. Without settings the first text column is the title and the first number the figure."""
    own = settings.get("tileSettings")
    own = own if isinstance(own, Mapping) else {}
    records = Records(table, zone)
    entries = {slot: own[key] for slot, key in SLOTS.items() if isinstance(own.get(key), Mapping) and own[key]}
    if not entries:
        entries = default_slots(records)
    found = {slot: entry for slot, entry in entries.items() if entry.get("columnMatch") in records.names}
    if not found:
        wanted = ", ".join(f"'{entry.get('columnMatch')}'" for entry in entries.values())
        return Message(
            "The tiles name columns that the result does not have.", "warning",
            f"Named: {wanted}. In the result: {', '.join(records.names[:20])}", "VI002",
        )  # fmt: skip
    limit = min(MOST_TILES, row_limit(own.get("rowLimit")) if own.get("rowLimit") is not None else MOST_TILES)
    rows = ordered(records, _order(own, records), limit)
    makers = {slot: _maker(slot, entry, records, [row for _, row in rows]) for slot, entry in found.items()}
    tiles = [
        Tile(
            **{slot: _slot(makers[slot], row, at) if slot in makers else None for slot in SLOTS},
            row=number,
        )
        for at, (number, row) in enumerate(rows)
    ]
    notices = (f"The first {limit:,} of {len(records):,} tiles are shown.",) if len(records) > limit else ()
    size = own.get("size")
    return Tiles(
        tuple(tiles),
        own.get("showBorder") is not False,
        size if size in ("auto", "full") else "fixed",
        selectable(settings),
        {0: 340, 1: 220, 2: 540, 3: 0, 4: 160}[size_number(settings.get("size"))],
        min(len(records), MOST_ROWS),
        notices,
    )


def default_slots(records: Records) -> dict[str, Mapping[str, Any]]:
    """What a tile shows where its settings say nothing."""
    slots: dict[str, Mapping[str, Any]] = {}
    text = next((name for name, kind in records.types.items() if kind == "string"), None)
    number = next((name for name, kind in records.types.items() if kind in NUMERIC), None)
    if text or not number:
        slots["title"] = {"columnMatch": text or (records.names or [""])[0], "formatter": fmt.TEXT}
    if number:
        slots["left"] = {"columnMatch": number, "formatter": fmt.BIG_NUMBER}
    return slots


def _order(own: Mapping[str, Any], records: Records) -> tuple[tuple[str, Any], ...]:
    column, way = own.get("sortCriteriaField"), own.get("sortOrderField")
    if isinstance(column, str) and column in records.types and way in (1, 2):
        return ((column, "desc" if way == 2 else "asc"),)
    return ()


def _maker(slot: str, entry: Mapping[str, Any], records: Records, rows: list[dict[str, Any]]) -> Formatter:
    name = entry["columnMatch"]
    rule = rule_from(entry, list(SLOTS).index(slot))
    kind = records.types[name]
    numbers = [number for number in (number_of(row[name], kind) for row in rows) if number is not None]
    composite = rule.formatter == fmt.COMPOSITE
    scale = fmt.composite_scale(rule, rows, records.types) if composite else scale_of(rule, numbers)
    return Formatter(name, kind, rule, records.types, scale, records.zone)


def _slot(maker: Formatter, row: Record, at: int) -> Mapping[str, Any] | None:
    if maker.rule.formatter == fmt.HIDDEN:
        return None
    cell = maker.cell(row[maker.column], row)
    cell["kind"], cell["column"] = maker.view_kind, maker.column
    if maker.rule.formatter == fmt.BIG_NUMBER and maker.rule.options.get("palette") == "auto":
        cell["color"] = series_color(at)
    return {**cell, **column_options(maker.rule)}
