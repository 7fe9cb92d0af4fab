"""Plugins that turn values into columns and columns into rows: bag_unpack, pivot, narrow.

The columns of bag_unpack and pivot depend on the data. Without a declared schema the data is asked while binding; where it has no
rows, the result stays open: any name asked for later is a column without values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from dashboard.kql import functions as f
from dashboard.kql import syntax as s
from dashboard.kql.bound import Aggregate, Bound, Column, Extend, Relation, Unnest, column_operand
from dashboard.kql.functions.literals import literal
from dashboard.kql.operators.opening import opened
from dashboard.table import KqlType

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder
    from dashboard.kql.operators.evaluate import Plugin
    from dashboard.kql.scopes import Scope

MAX_COLUMNS = 1_000
RELATION = "\0relation\0"
_JSON_TYPES: dict[str, KqlType] = {
    "VARCHAR": "string", "BIGINT": "long", "UBIGINT": "long", "DOUBLE": "real", "BOOLEAN": "bool",
}  # fmt: skip
# What a pivot shows where no row is.
_EMPTY = {
    "count": 0, "countif": 0, "sum": 0, "sumif": 0, "dcount": 0, "dcountif": 0, "make_list": [], "make_set": [],
    "makelist": [], "makeset": [], "make_bag": {},
}  # fmt: skip


# ---- arguments -----------------------------------------------------------------------------------------------------


def column_argument(binder: Binder, relation: Relation, node: s.Expression) -> Column:
    """The column that an argument names."""
    if isinstance(node, s.Named):
        node = node.value
    if isinstance(node, s.Literal) and isinstance(node.value, str):
        node = s.Name(span=node.span, name=node.value)
    if not isinstance(node, s.Name):
        raise binder.failure(node, "KQ113", "A column name was expected here.")
    column = relation.column(node.name)
    if column is None and relation.opened is not None:
        return relation.opened(node.name)
    if column is None:
        raise binder.failure(node, "KQ102", f"There is no column '{node.name}' here.")
    return column


def split_arguments(node: s.Evaluate) -> tuple[list[s.Expression], dict[str, s.Expression]]:
    """The arguments by place, and those by name."""
    placed: list[s.Expression] = [argument for argument in node.arguments if not isinstance(argument, s.Named)]
    named: dict[str, s.Expression] = {
        argument.names[0]: argument.value for argument in node.arguments if isinstance(argument, s.Named)
    }
    return placed, named


# ---- asking the data -----------------------------------------------------------------------------------------------


def asked(binder: Binder, node: s.Node, relation: Relation, columns: list[Column], sql: str) -> list[tuple[Any, ...]]:
    """The rows that a query over some columns of a relation gives now; `RELATION` in the text stands for the relation, its
    columns named as `Column.sql` says."""
    from dashboard.kql.lowering import lower

    if binder.discover is None:
        hint = "Declare them, as in evaluate bag_unpack(…) : (*, Name:type)."
        raise binder.failure(node, "KQ207", "The columns of this result depend on the data.", hint)
    inner = lower(replace(relation, order=()).showing(columns), binder.shares, binder.limits.sql)
    heads = ", ".join(column.sql for column in columns)
    try:
        return binder.discover(sql.replace(RELATION, f"(SELECT * FROM ({inner}) AS asked({heads}))"))
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("duckdb", "_duckdb"):
            raise
        message = "The columns of this result depend on data that cannot be asked here."
        raise binder.failure(node, "KQ207", message, "Declare the columns behind a colon.") from error


# ---- bag_unpack ----------------------------------------------------------------------------------------------------


def bag_unpack(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`bag_unpack(column[, prefix][, columnsConflict][, ignoredProperties])`."""
    placed, named = split_arguments(node)
    if not placed:
        raise binder.failure(node, "KQ104", "bag_unpack() takes the column to unpack.")
    bag = column_argument(binder, source, placed[0])
    if bag.type != "dynamic":
        message = f"bag_unpack() unpacks a bag; '{bag.name}' is {bag.type}."
        raise binder.failure(placed[0], "KQ104", message, "Make it one with todynamic().")
    reader = binder.scalar_row(scope)

    def option(place: int, name: str, kind: KqlType, default: Any) -> Any:
        found = named.get(name) or (placed[place] if len(placed) > place else None)
        return default if found is None else reader.constant(found, kind)

    prefix = option(1, "OutputColumnPrefix", "string", "")
    conflict = option(2, "columnsConflict", "string", "error")
    ignored = set(option(3, "ignoredProperties", "dynamic", []) or [])
    kept = [column for column in source.columns if column.name != bag.name]
    if node.schema is not None:
        return _unpacked(source, binder, bag, kept if node.schema_star else [], dict(node.schema), prefix, kept)
    keys = (
        "SELECT DISTINCT p.k, json_type(p.v) FROM (SELECT unnest(list_transform(list_zip("
        f"json_keys({bag.sql}), json_extract({bag.sql}, '$.*')), lambda e: {{'k': e[1], 'v': e[2]}})) AS p "
        f"FROM {RELATION} WHERE starts_with({bag.sql}, '{{')) WHERE json_type(p.v) <> 'NULL' LIMIT {MAX_COLUMNS * 5}"
    )
    types: dict[str, set[KqlType]] = {}
    for key, kind in asked(binder, node, source, [bag], keys):
        if key not in ignored:
            types.setdefault(key, set()).add(_JSON_TYPES.get(kind, "dynamic"))
    if len(types) > MAX_COLUMNS:
        raise binder.failure(node, "KQ003", f"The bags have more than {MAX_COLUMNS:,} different keys.")
    if not types:
        return opened(binder, source.showing(kept))
    schema: dict[str, KqlType] = {}
    taken = {column.name for column in kept}
    for key in sorted(types):
        name = prefix + key
        if name in taken and conflict == "keep_source":
            continue
        if name in taken and conflict != "replace_source":
            message = f"The bags have a key '{key}', and there is a column '{name}' already."
            raise binder.failure(node, "KQ107", message, "Give a prefix: bag_unpack(column, 'p_').")
        schema[name] = next(iter(types[key])) if len(types[key]) == 1 else "dynamic"
    return _unpacked(source, binder, bag, kept, schema, prefix, kept)


def _unpacked(
    source: Relation,
    binder: Binder,
    bag: Column,
    shown: list[Column],
    schema: dict[str, KqlType],
    prefix: str,
    kept: list[Column],
) -> Relation:
    """The columns shown, then those of the schema: fields of the bag, or columns of the table where no star stands before."""
    own = {column.name: column for column in kept}
    result = {column.name: column for column in shown}
    assignments: list[tuple[Column, Bound]] = []
    target = column_operand(bag)
    for name, kind in schema.items():
        if not shown and name in own and own[name].type == kind:
            result[name] = own[name]
            continue
        value = f.index(target, literal(name.removeprefix(prefix), "string"))
        column = binder.column(name, kind)
        converted = value if kind == "dynamic" else f.convert(value, kind)
        assignments.append((column, binder.bound(converted, frozenset((bag.id,)))))
        result[name] = column
    return source.computed(assignments).showing(result.values())


# ---- pivot ---------------------------------------------------------------------------------------------------------


def pivot(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`pivot(column[, aggregate][, key …])`: a column for each value."""
    if not node.arguments:
        raise binder.failure(node, "KQ104", "pivot() takes the column whose values become columns.")
    turned = column_argument(binder, source, node.arguments[0])
    aggregate = node.arguments[1] if len(node.arguments) > 1 else s.Call(span=node.span, name="count", arguments=())
    call = aggregate.value if isinstance(aggregate, s.Named) else aggregate
    if not isinstance(call, s.Call):
        raise binder.failure(aggregate, "KQ104", "The second argument of pivot() is an aggregate, as in sum(x).")
    keys = [column_argument(binder, source, argument) for argument in node.arguments[2:]]
    if not keys:
        inside = call.arguments[0].name if call.arguments and isinstance(call.arguments[0], s.Name) else None
        keys = [column for column in source.columns if column.name not in (turned.name, inside)]
    by = (*(s.Name(span=node.span, name=column.name) for column in keys), node.arguments[0])
    named = s.Named(span=call.span, names=("$value",), value=call)
    grouped = binder.operators(source, (s.Summarize(span=node.span, aggregates=(named,), by=by),), scope.child())
    *shown, label, value = grouped.columns
    heading = f.convert(column_operand(label), "string").sql
    if node.schema is not None:
        own = {column.name for column in shown}
        names = [name for name, _ in node.schema if name not in own]
    else:
        sql = f"SELECT DISTINCT {heading} FROM {RELATION} ORDER BY 1 LIMIT {MAX_COLUMNS + 1}"
        names = [str(row[0] or "") for row in asked(binder, node, grouped, [label], sql)]
        if len(names) > MAX_COLUMNS:
            raise binder.failure(node, "KQ003", f"'{turned.name}' has more than {MAX_COLUMNS:,} different values.")
        if not names:
            return opened(binder, grouped.showing(shown))
    pairs = [(binder.column(column.name, column.type), column_operand(column)) for column in shown]
    refs = frozenset((label.id, value.id))
    cells: list[tuple[Column, Bound]] = []
    for name in names:
        only = f"FILTER (WHERE {heading} = {literal(name, 'string').sql})"
        sql = f"any_value({value.sql}) {only}"
        if call.name in _EMPTY:
            sql = f"coalesce({sql}, {f.convert(literal(_EMPTY[call.name], _kind(_EMPTY[call.name])), value.type).sql})"
        elif value.type == "string":
            sql = f"coalesce({sql}, '')"
        cells.append((binder.column(name, value.type), Bound(sql, value.type, refs=refs, guardable=False)))
    made = Aggregate(grouped.node, tuple(pairs), tuple(cells))
    return Relation(made, (*(column for column, _ in pairs), *(column for column, _ in cells)))


def _kind(value: object) -> KqlType:
    return "long" if isinstance(value, int) else "dynamic"


# ---- narrow --------------------------------------------------------------------------------------------------------


def narrow(binder: Binder, scope: Scope, source: Relation, node: s.Evaluate) -> Relation:
    """`narrow()`: a row for each cell."""
    row = binder.row(source, scope)
    key = row.row_order()
    assert row.relation is not None  # noqa: S101
    cells = []
    for column in source.columns:
        text = f.convert(column_operand(column), "string").sql
        cells.append(f"{{'c': {literal(column.name, 'string').sql}, 'v': {text}}}")
    refs = frozenset(column.id for column in source.columns)
    cell = binder.column("", "dynamic")
    unnested = Unnest(row.relation.node, cell, Bound(f"[{', '.join(cells)}]", "dynamic", refs=refs, guardable=False))
    number, name, value = (
        binder.column("Row", "long"),
        binder.column("Column", "string"),
        binder.column("Value", "string"),
    )
    assignments = (
        (number, Bound(f"({key.column.sql} - 1)", "long", refs=frozenset((key.column.id,)))),
        (name, Bound(f"{cell.sql}.c", "string", refs=frozenset((cell.id,)))),
        (value, Bound(f"{cell.sql}.v", "string", refs=frozenset((cell.id,)))),
    )
    return Relation(Extend(unnested, assignments), (number, name, value), order=(key,))


PLUGINS: dict[str, Plugin] = {"bag_unpack": bag_unpack, "pivot": pivot, "narrow": narrow}
