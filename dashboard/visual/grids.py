"""Grids: which columns are drawn how, in what order the rows stand, and the trees they form."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal, cast

from dashboard.table import Table
from dashboard.visual import formatters as fmt
from dashboard.visual.cells import Record, Records, number_of, unique_fields
from dashboard.visual.formatters import Formatter, Rule, Scale, rule_for, scale_of
from dashboard.visual.sizes import grid_height
from dashboard.visual.trees import GROUP, Node, TreeSettings, aggregate, build_tree, groups_of, tree_settings
from dashboard.visual.view import Grid, GridColumn

DEFAULT_ROWS = 250
MOST_ROWS = 10_000

_GENERATED = re.compile(r"\$gen_[A-Za-z]+_(.+)_\d+\Z")
_WIDTH = re.compile(r"\s*(\d{1,4}(?:\.\d{1,3})?)\s*(ch|px|%|fr|rem|em)?\s*\Z")

Order = tuple[tuple[str, Literal["asc", "desc"]], ...]


def grid_view(table: Table, settings: Mapping[str, Any], *, zone: dt.tzinfo = dt.UTC) -> Grid:
    """The grid of a query item: `settings` is the item's content."""
    own = _mapping(settings.get("gridSettings"))
    records = Records(table, zone)
    limit = row_limit(own.get("rowLimit"))
    order = sort_order(own.get("sortBy") or settings.get("sortBy"), records.names)
    rows = ordered(records, order, limit)
    rules = {name: rule_for(name, own.get("formatters"), records.names) for name in records.names}
    tree = tree_settings(own.get("hierarchySettings"), records.names)
    nodes = build_tree(rows, tree, records) if tree is not None else []
    scales = shared_scales(rules, records, [row for _, row in rows], nodes)
    timelines = _timelines(rules, records, [row for _, row in rows])
    names = _mapping(settings.get("subscriptionNames"))
    made = {
        name: Formatter(
            name,
            records.types[name],
            rule,
            records.types,
            scales[name],
            zone,
            timelines.get(rule.key, Scale()),
            names=names,
        )
        for name, rule in rules.items()
    }
    labels = _labels(own.get("labelSettings"))
    visible = [name for name in records.names if rules[name].formatter != fmt.HIDDEN]
    fields = dict(unique_fields(records.names))
    columns = [
        GridColumn(
            fields[name],
            labels.get(name) or name,
            made[name].view_kind,
            cast(Literal["left", "right", "center"], made[name].align),
            width(rules[name].options.get("customColumnWidthSetting")),
            name in visible,
            tooltip=_labels(own.get("labelSettings"), "comment").get(name, ""),
            options=column_options(rules[name]),
            group=tree is not None and tree.expander == name,
        )
        for name in records.names
    ]
    cells = _Cells({name: made[name] for name in visible}, fields)
    if tree is not None and tree.group_by:
        group = _GroupColumn(tree, made, own.get("formatters"), records, zone)
        columns.insert(0, group.column(labels.get(GROUP) or "", labels))
        body = [_tree_row(node, cells, records, group, made, rules) for node in nodes]
    elif tree is not None:
        body = [_tree_row(node, cells, records, None, made, rules) for node in nodes]
    else:
        body = [{"_id": number, **cells.of(row)} for number, row in rows]
    notices: tuple[str, ...] = ()
    if len(records) > limit:
        notices = (f"Results were limited to the first {limit:,} of {len(records):,} rows.",)
    return Grid(
        tuple(columns),
        tuple(body),
        grid_height(
            settings.get("size"),
            _shown_rows(body),
            search=bool(own.get("filter")) or _folds(tree, settings),
            counted=bool(own.get("filter")) or selectable(settings) == "many",
        ),
        bool(own.get("filter")),
        tuple((fields[name], way) for name, way in order if name in fields),
        selectable(settings),
        tree is not None,
        notices,
        _folds(tree, settings),
    )


class _Cells:
    """Makes all visible cells of a row."""

    def __init__(self, made: Mapping[str, Formatter], fields: Mapping[str, str]) -> None:
        self._made = [(name, fields[name], formatter) for name, formatter in made.items()]

    def of(self, row: Record) -> dict[str, Any]:
        """The cells of a row by field."""
        return {field: formatter.cell(row[name], row) for name, field, formatter in self._made}

    def summary(self, node: Node, rules: Mapping[str, Rule], records: Records) -> dict[str, Any]:
        """The cells of a row that stands for a group."""
        cells: dict[str, Any] = {}
        for name, field, formatter in self._made:
            how = rules[name].options.get("aggregation")
            if rules[name].formatter == fmt.COMPOSITE and how not in (None, "None"):
                cells[field] = formatter.cell(*_composite_sum(name, node, rules[name], records))
                continue
            value = aggregate(how, [row[name] for _, row in node.leaves()], records.types[name])
            if value is None:
                cells[field] = {"v": None, "t": ""}
            elif how == "Count" or (how == "Unique" and not isinstance(value, str)):
                cells[field] = {"v": value, "t": f"{value:,}"}
            else:
                cells[field] = formatter.cell(value, {name: value})
        return cells


class _GroupColumn:
    """The generated first column of a grouped grid: group names, and at the leaves the `finalBy` column."""

    def __init__(
        self, tree: TreeSettings, made: Mapping[str, Formatter], formatters: Any, records: Records, zone: dt.tzinfo
    ) -> None:
        self._tree, self._records = tree, records
        # Authors know the generated column by this name alone: a rule for `group` means a column of theirs.
        given = [e for e in formatters if isinstance(e, Mapping)] if isinstance(formatters, Sequence) else []
        meant = [e for e in given if "gen_group" in str(e.get("columnMatch"))]
        own = rule_for(GROUP, meant, records.names)
        self._rule = own if own.key >= 0 and own.formatter != fmt.HIDDEN else None
        self._made, self._zone = made, zone

    def column(self, label: str, labels: Mapping[str, str]) -> GridColumn:
        """The column as drawn: it has the name of a column where groups and leaves show the same one."""
        final = self._tree.final_by
        if self._tree.group_by == (final,):
            label = label or labels.get(final) or final
        wide = width(self._rule.options.get("customColumnWidthSetting")) if self._rule else ""
        return GridColumn(GROUP, label or "Group", "text", width=wide, group=True)

    def group_cell(self, node: Node) -> dict[str, Any]:
        """The cell of a group row: its value and how many rows it holds."""
        cell = self._formatter(node.column).cell(node.value, node.first())
        count = node.count
        cell["t"] = f"{cell['t'] or '(empty)'} ({count:,})"
        return cell

    def leaf_cell(self, row: Record) -> dict[str, Any]:
        """The cell of a leaf row."""
        name = self._tree.final_by
        return self._formatter(name).cell(row[name], row) if name else {"v": None, "t": ""}

    def _formatter(self, name: str) -> Formatter:
        rule = self._rule
        if rule is None:
            own = self._made[name].rule
            rule = Rule() if own.formatter == fmt.HIDDEN else own
        return replace(self._made[name], rule=rule)


def _tree_row(
    node: Node,
    cells: _Cells,
    records: Records,
    group: _GroupColumn | None,
    made: Mapping[str, Formatter],
    rules: Mapping[str, Rule],
) -> dict[str, Any]:
    """A row with its nested rows."""
    children = [_tree_row(child, cells, records, group, made, rules) for child in node.children]
    if node.row is not None:
        row: dict[str, Any] = {"_id": node.number, **cells.of(node.row)}
        if group is not None:
            row[GROUP] = group.leaf_cell(node.row)
    else:
        row = {"_id": -1, **cells.summary(node, rules, records)}
        if group is not None:
            row[GROUP] = group.group_cell(node)
    if children:
        row["_children"] = children
        row["_open"] = node.open
    return row


def _composite_sum(name: str, node: Node, rule: Rule, records: Records) -> tuple[Any, dict[str, Any]]:
    rows = [row for _, row in node.leaves()]
    summed: dict[str, Any] = {}
    for column, kind in records.types.items():
        numbers = [n for n in (number_of(row[column], kind) for row in rows) if n is not None]
        summed[column] = sum(numbers) if numbers and kind != "timespan" else None
    return summed[name], summed


def row_limit(value: Any) -> int:
    """The rows a grid shows: the setting as a number or text, else 250; never more than 10,000."""
    try:
        limit = int(value)
    except (TypeError, ValueError, OverflowError):
        return DEFAULT_ROWS
    return min(limit, MOST_ROWS) if limit > 0 else DEFAULT_ROWS


def sort_order(entries: Any, names: Sequence[str]) -> Order:
    """The columns a grid is sorted by; `$gen_heatmap_Count_2` means the column Count. Columns that are not there are left out."""
    order: list[tuple[str, Literal["asc", "desc"]]] = []
    for entry in entries if isinstance(entries, list) else ():
        key = entry.get("itemKey") if isinstance(entry, Mapping) else None
        if not isinstance(key, str):
            continue
        generated = _GENERATED.match(key)
        name = key if key in names else generated[1] if generated else key
        if name in names or name == GROUP:
            order.append((name, "desc" if entry.get("sortOrder") == 2 else "asc"))
    return tuple(order)


def ordered(records: Records, order: Order, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """The first `limit` rows, after sorting, each with its number in the table."""
    keys = [(name, way) for name, way in order if name in records.types]
    if not keys:
        return list(enumerate(records.first(limit)))
    numbers = list(range(len(records)))
    for name, way in reversed(keys):
        values = [sort_key(value) for value in records.column(name)]
        numbers.sort(key=values.__getitem__, reverse=way == "desc")
    if len(records) <= 4 * limit:
        rows = records.all
        return [(number, rows[number]) for number in numbers[:limit]]
    chosen = numbers[:limit]
    part = Table(records.table.columns, records.table.arrow.take(chosen))
    return list(zip(chosen, Records(part, records.zone).all, strict=True))


def sort_key(value: Any) -> tuple[int, Any]:
    """Orders values of one column: nothing first, then numbers, then times, then texts without regard to case."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return (0, 0)
    if isinstance(value, (bool, int, float, Decimal)):
        return (1, value)
    if isinstance(value, dt.datetime):
        return (2, value)
    return (3, str(value).casefold())


def shared_scales(
    rules: Mapping[str, Rule], records: Records, rows: Sequence[Record], nodes: Sequence[Node] = ()
) -> dict[str, Scale]:
    """The scale of each column, over its rows and what its groups show; columns of one rule share one."""
    scaled = {fmt.BAR, fmt.BAR_UNDER, fmt.HEATMAP, fmt.BIG_NUMBER, fmt.HEAT_TEXT}
    numbers: dict[int, list[float]] = {}
    for name, rule in rules.items():
        if rule.formatter in scaled:
            kind = records.types[name]
            values = [row[name] for row in rows]
            how = rule.options.get("aggregation")
            if how in ("Sum", "Average", "Min", "Max"):
                values += [aggregate(how, [row[name] for _, row in node.leaves()], kind) for node in groups_of(nodes)]
            found = (number_of(value, kind) for value in values)
            numbers.setdefault(rule.key, []).extend(number for number in found if number is not None)
    scales = {}
    for name, rule in rules.items():
        if rule.formatter == fmt.COMPOSITE:
            scales[name] = fmt.composite_scale(rule, rows, records.types)
        else:
            scales[name] = scale_of(rule, numbers.get(rule.key, [])) if rule.formatter in scaled else Scale()
    return scales


def _timelines(rules: Mapping[str, Rule], records: Records, rows: Sequence[Record]) -> dict[int, Scale]:
    found: dict[int, Scale] = {}
    for name, rule in rules.items():
        if rule.formatter != fmt.TIMELINE:
            continue
        bounds = [b for b in (fmt.timeline_bounds(rule, row[name], records.types[name], row) for row in rows) if b]
        if bounds:
            found[rule.key] = Scale(min(b[0] for b in bounds), max(b[1] for b in bounds))
    return found


def column_options(rule: Rule) -> dict[str, Any]:
    """`GridColumn.options` of a rule."""
    if rule.formatter in (fmt.BAR, fmt.BAR_UNDER):
        return {"under": rule.formatter == fmt.BAR_UNDER}
    styles = {fmt.SPARK_LINE: "line", fmt.SPARK_BAR: "bar", fmt.SPARK_AREA: "area"}
    return {"style": styles[rule.formatter]} if rule.formatter in styles else {}


def width(setting: Any) -> str:
    """A column's width as a CSS length; a bare number counts characters. Empty for anything else."""
    match = _WIDTH.match(str(setting)) if setting is not None else None
    return f"{match[1]}{match[2] or 'ch'}" if match and float(match[1]) > 0 else ""


def selectable(settings: Mapping[str, Any]) -> Literal["none", "one", "many"]:
    """Whether rows, tiles or marks can be chosen, because something is exported."""
    if settings.get("exportParameterName") or settings.get("exportedParameters"):
        return "many" if settings.get("exportMultipleValues") is True else "one"
    return "none"


def _labels(entries: Any, key: str = "label") -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("columnId"), str) and isinstance(entry.get(key), str):
            found.setdefault(entry["columnId"], entry[key])
    return found


def _folds(tree: TreeSettings | None, settings: Mapping[str, Any]) -> bool:
    """Whether the whole tree can be opened and closed at once."""
    return tree is not None and settings.get("showExpandCollapseGrid") is True


def _shown_rows(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 + (_shown_rows(row["_children"]) if row.get("_open") else 0) for row in rows)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
