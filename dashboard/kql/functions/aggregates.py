"""Aggregates: counts, sums, extremes, lists, sets and bags, arg_max and take_any.

`IN_ORDER` in an aggregate's SQL stands where the order of the input rows would be written, for the aggregates that keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from dashboard.kql.functions.convert import convert, to_dynamic
from dashboard.kql.functions.dynamics import bag_entries, from_bag_entries, json_list
from dashboard.kql.functions.literals import once
from dashboard.kql.functions.registry import (
    IN_ORDER,
    SHARED,
    AggregateCall,
    AggregateFunction,
    FunctionRefused,
    Operand,
)
from dashboard.table import KqlType

function = partial(AggregateFunction, family="aggregates")

SUMMABLE: Final = ("int", "long", "real", "decimal", "timespan")
EARLIEST, LATEST = "TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"
Template = Callable[[Sequence[Operand]], str]
Typed = Callable[[Sequence[Operand]], KqlType]


def named(prefix: str) -> Callable[[Sequence[Operand]], str]:
    """Result names like `sum_x`."""

    def name(operands: Sequence[Operand]) -> str:
        return f"{prefix}_{(operands[0].name or '') if operands else ''}"

    return name


def own_name(operands: Sequence[Operand]) -> str:
    """The argument's own name."""
    return operands[0].name or ""


def where(condition: Operand) -> str:
    """The FILTER clause of the …if() forms."""
    return f"FILTER (WHERE {convert(condition, 'bool').condition})"


def summable(operand: Operand) -> Operand:
    """A number or timespan; a dynamic is read as a real."""
    if operand.type in ("dynamic", "string"):
        return convert(operand, "real")
    if operand.type == "bool":
        return convert(operand, "long")
    return operand


def promoted(operands: Sequence[Operand]) -> KqlType:
    """The type of a sum: long for int."""
    kind = summable(operands[0]).type
    return "long" if kind == "int" else kind


def _first(operands: Sequence[Operand]) -> KqlType:
    return operands[0].type


def _sum(operands: Sequence[Operand], clause: str = "") -> str:
    value = summable(operands[0])
    if value.type not in SUMMABLE:
        raise FunctionRefused(f"sum() takes numbers and timespans; this is a {value.type}.")
    total = f"sum({value.sql}) {clause}".strip()
    if value.type in ("int", "long", "timespan"):
        return f"CAST(coalesce({total}, 0) AS BIGINT)"
    return f"coalesce({total}, 0)" if value.type == "real" else f"CAST(coalesce({total}, 0) AS DECIMAL(38, 17))"


def _avg_type(operands: Sequence[Operand]) -> KqlType:
    return operands[0].type if operands[0].type in ("timespan", "datetime", "decimal") else "real"


def _avg(operands: Sequence[Operand], clause: str = "") -> str:
    value = operands[0]
    if value.type == "datetime":
        return f"make_timestamp(CAST(avg(epoch_us({value.sql})) {clause} AS BIGINT))"
    value = summable(value)
    mean = f"avg({value.sql}) {clause}".strip()
    if value.type == "timespan":
        return f"CAST(trunc({mean}) AS BIGINT)"
    if value.type == "decimal":
        return f"CAST({mean} AS DECIMAL(38, 17))"
    # No rows to average: not a number.
    return f"coalesce({mean}, 'nan'::DOUBLE)"


def _extreme(word: str) -> Callable[[Sequence[Operand], str], str]:
    def sql(operands: Sequence[Operand], clause: str = "") -> str:
        value = operands[0]
        if value.type == "dynamic":
            # Numbers inside dynamics compare as numbers.
            sorted_by = f"{{'n': TRY_CAST({value.sql} AS DOUBLE), 's': {value.sql}}}"
            return f"struct_extract({word}({sorted_by}) {clause}, 's')"
        found = f"{word}({value.sql}) {clause}".strip()
        return f"coalesce({found}, '')" if value.type == "string" else found

    return sql


_max, _min = _extreme("max"), _extreme("min")


def _dcount(operands: Sequence[Operand]) -> str:
    return f"count(DISTINCT {operands[0].sql})"


def _pair(
    prefix: str, sql: Callable[[Sequence[Operand], str], str], returns: Typed | KqlType
) -> tuple[AggregateFunction, ...]:
    """The aggregate and its …if() form."""
    return (
        function(prefix, ("any",), returns, lambda o: sql(o, ""), named(prefix)),
        function(f"{prefix}if", ("any", "any"), returns, lambda o: sql(o, where(o[1])), named(f"{prefix}if")),
    )


def _not_null(value: Operand, condition: Operand | None) -> str:
    tests = [f"{value.sql} IS NOT NULL"] if value.type != "string" else []
    tests += [convert(condition, "bool").condition] if condition is not None else []
    return f" FILTER (WHERE {' AND '.join(tests)})" if tests else ""


def _limited(entries: str, limit: Operand | None) -> str:
    return f"list_slice({entries}, 1, {limit.sql})" if limit is not None else entries


def collected(entries: str, value: Operand) -> Operand:
    """A dynamic array from an aggregated list of values (NULL where there were none)."""
    if value.type == "string":
        entries = f"coalesce({entries}, [])"
        return Operand(f"CAST(to_json({entries}) AS VARCHAR)", "dynamic", entries=entries)
    item = to_dynamic(Operand("kql_e", value.type))
    texts = entries if item == "kql_e" else f"list_transform({entries}, lambda kql_e: {item})"
    return Operand(f"('[' || coalesce(array_to_string({texts}, ','), '') || ']')", "dynamic")


def _make_list(conditional: bool) -> Callable[[Sequence[Operand]], AggregateCall]:
    def columns(operands: Sequence[Operand]) -> AggregateCall:
        value, limit, condition = _collection_arguments(operands, conditional)
        values = f"list({value.sql}{IN_ORDER}){_not_null(value, condition)}"
        entries = _limited(_flattened(values) if value.type == "dynamic" else values, limit)
        return AggregateCall((collected(entries, value).named(named("list")(operands)),))

    return columns


def _flattened(values: str) -> str:
    """The entries of arrays, one level deep, as the service joins them; what is no array is an entry itself."""
    parts = "CASE WHEN starts_with(kql_d, '[') THEN CAST(json_extract(kql_d, '$[*]') AS VARCHAR[]) ELSE [kql_d] END"
    return f"flatten(list_transform({values}, lambda kql_d: {parts}))"


def _make_set(conditional: bool) -> Callable[[Sequence[Operand]], AggregateCall]:
    def columns(operands: Sequence[Operand]) -> AggregateCall:
        value, limit, condition = _collection_arguments(operands, conditional)
        if value.type == "dynamic":
            entries = _flat_set(value, condition)
        else:
            # The order is not defined in KQL; sorted, it is the same in every run.
            entries = f"list_sort(list(DISTINCT {value.sql}){_not_null(value, condition)})"
        return AggregateCall((collected(_limited(entries, limit), value).named(named("set")(operands)),))

    return columns


def _flat_set(value: Operand, condition: Operand | None) -> str:
    """The distinct entries of arrays; what is no array is an entry itself."""
    lists = _flattened(f"list(DISTINCT {value.sql}){_not_null(value, condition)}")
    keyed = f"list_transform(list_distinct({lists}), lambda kql_e: {{'n': TRY_CAST(kql_e AS DOUBLE), 's': kql_e}})"
    return f"list_transform(list_filter(list_sort({keyed}), lambda kql_e: kql_e.s <> 'null'), lambda kql_e: kql_e.s)"


def _collection_arguments(
    operands: Sequence[Operand], conditional: bool
) -> tuple[Operand, Operand | None, Operand | None]:
    rest = list(operands[1:])
    condition = rest.pop(0) if conditional else None
    return operands[0], rest[0] if rest else None, condition


def _make_list_with_nulls(operands: Sequence[Operand]) -> str:
    item = to_dynamic(operands[0])
    return f"('[' || coalesce(array_to_string(list(coalesce({item}, 'null'){IN_ORDER}), ','), '') || ']')"


def _make_bag(conditional: bool) -> Callable[[Sequence[Operand]], str]:
    def sql(operands: Sequence[Operand]) -> str:
        value, _, condition = _collection_arguments(operands, conditional)
        bags = f"list({value.sql}{IN_ORDER}) FILTER (WHERE starts_with({value.sql}, '{{')" + (
            f" AND {convert(condition, 'bool').condition})" if condition is not None else ")"
        )
        entries = f"flatten(list_transform({bags}, lambda kql_bag: {bag_entries('kql_bag')}))"
        # Of a key found several times, the last stays, where the first stood.
        merged = once(
            entries,
            lambda it: (
                f"list_transform(list_filter({it}, lambda kql_b, kql_i: list_position(list_transform({it}, "
                f"lambda kql_c: kql_c.k), kql_b.k) = kql_i), lambda kql_b: {{'k': kql_b.k, 'v': "
                f"list_extract(list_filter({it}, lambda kql_c: kql_c.k = kql_b.k), -1).v}})"
            ),
        )
        return f"coalesce({from_bag_entries(merged)}, '{{}}')"

    return sql


def _extreme_row(largest: bool, old_names: bool = False) -> Callable[[Sequence[Operand]], AggregateCall]:
    """arg_max, arg_min. Every column is an aggregate of its own, which is twice as fast as one over a struct; all see the
    rows in the same order, so that they agree on the row where several have the greatest key."""
    prefix = "max" if largest else "min"

    def columns(operands: Sequence[Operand]) -> AggregateCall:
        key = operands[0]
        found = []
        for i, operand in enumerate(operands):
            name = operand.name or (f"{prefix}_" if i == 0 else f"{prefix}_{key.name or ''}_arg{i}")
            if old_names:
                name = f"{prefix}_{key.name or ''}" + (f"_{operand.name or f'arg{i}'}" if i else "")
            sql = f"arg_{prefix}_null({operand.sql}, {_rank(key, largest)})"
            # Without rows the result is NULL.
            found.append(Operand(f"coalesce({sql}, '')" if operand.type == "string" else sql, operand.type, name=name))
        return AggregateCall(tuple(found))

    return columns


def _rank(key: Operand, largest: bool) -> str:
    """The key of arg_max() in a form that is never NULL: where all are null, some row is still picked."""
    if key.type in ("string", "guid"):
        return key.sql if key.type == "string" else f"coalesce({key.sql}, '')"
    if key.type == "dynamic":
        key = convert(key, "real")
    if key.type == "datetime":
        # Both take no notice of a NULL, in less time than coalesce().
        return f"greatest({key.sql}, {EARLIEST})" if largest else f"least({key.sql}, {LATEST})"
    lowest = {
        "bool": "FALSE" if largest else "TRUE",
        "real": "'-inf'::DOUBLE" if largest else "'inf'::DOUBLE",
        "int": str(-(2**31)) if largest else str(2**31 - 1),
    }.get(key.type, "'-9223372036854775808'::BIGINT" if largest else "9223372036854775807::BIGINT")
    return f"coalesce({key.sql}, {lowest})"


def _take_any(old_names: bool) -> Callable[[Sequence[Operand]], AggregateCall]:
    def columns(operands: Sequence[Operand]) -> AggregateCall:
        if len(operands) == 1:
            operand = operands[0]
            name = f"any_{operand.name or ''}" if old_names else operand.name or "any_arg0"
            sql = f"any_value({operand.sql})"
            return AggregateCall(
                (Operand(f"coalesce({sql}, '')" if operand.type == "string" else sql, operand.type, name=name),)
            )
        fields = ", ".join(f"'f{i}': {operand.sql}" for i, operand in enumerate(operands))
        taken = []
        for i, operand in enumerate(operands):
            read = f"coalesce({SHARED}.f{i}, '')" if operand.type == "string" else f"{SHARED}.f{i}"
            taken.append(Operand(read, operand.type, name=operand.name or f"{'' if old_names else 'any_'}arg{i}"))
        return AggregateCall(tuple(taken), f"any_value({{{fields}}})")

    return columns


def _take_any_if(operands: Sequence[Operand]) -> str:
    sql = f"any_value({operands[0].sql}) {where(operands[1])}"
    return f"coalesce({sql}, '')" if operands[0].type == "string" else sql


def _bits(name: str, word: str) -> AggregateFunction:
    return function(
        f"binary_all_{name}",
        ("any",),
        "long",
        lambda o: f"CAST({word}({convert(o[0], 'long').sql}) AS BIGINT)",
        own_name,
    )


def _hll(operands: Sequence[Operand]) -> str:
    return f"('[' || array_to_string(list(DISTINCT {to_dynamic(operands[0])}), ',') || ']')"


def _hll_merge(operands: Sequence[Operand]) -> str:
    return f"('[' || coalesce(array_to_string(list_distinct(flatten(list({json_list(operands[0])}))), ','), '') || ']')"


SKETCH = "holds the distinct values themselves, so counts are exact"

FUNCTIONS = (
    function(
        "count",
        ("any",),
        "long",
        lambda o: f"count(*) {where(o[0])}" if o and o[0].type == "bool" else "count(*)",
        named("count"),
        required=0,
        aliases=("cnt",),
    ),
    function("countif", ("any",), "long", lambda o: f"count(*) {where(o[0])}", named("countif")),
    *_pair("sum", _sum, promoted),
    *_pair("avg", _avg, _avg_type),
    *_pair("max", _max, _first),
    *_pair("min", _min, _first),
    function("dcount", ("any", "any"), "long", _dcount, named("dcount"), required=1, note="exact"),
    function(
        "dcountif",
        ("any", "any", "any"),
        "long",
        lambda o: f"{_dcount(o)} {where(o[1])}",
        named("dcountif"),
        required=2,
        note="exact",
    ),
    function("count_distinct", ("any",), "long", _dcount, named("count_distinct")),
    function(
        "count_distinctif", ("any", "any"), "long", lambda o: f"{_dcount(o)} {where(o[1])}", named("count_distinctif")
    ),
    function(
        "make_list",
        ("any", "long"),
        "dynamic",
        "",
        named("list"),
        required=1,
        aliases=("makelist",),
        columns=_make_list(False),
    ),
    function(
        "make_list_if", ("any", "any", "long"), "dynamic", "", named("list"), required=2, columns=_make_list(True)
    ),
    function("make_list_with_nulls", ("any",), "dynamic", _make_list_with_nulls, named("list")),
    function(
        "make_set",
        ("any", "long"),
        "dynamic",
        "",
        named("set"),
        required=1,
        aliases=("makeset",),
        columns=_make_set(False),
        note="entries come sorted",
    ),
    function(
        "make_set_if",
        ("any", "any", "long"),
        "dynamic",
        "",
        named("set"),
        required=2,
        columns=_make_set(True),
        note="entries come sorted",
    ),
    function(
        "make_bag",
        ("dynamic", "long"),
        "dynamic",
        _make_bag(False),
        named("bag"),
        required=1,
        aliases=("make_dictionary",),
    ),
    function("make_bag_if", ("dynamic", "any", "long"), "dynamic", _make_bag(True), named("bag"), required=2),
    function("arg_max", ("any",), "string", "", own_name, required=1, variadic=True, columns=_extreme_row(True)),
    function("arg_min", ("any",), "string", "", own_name, required=1, variadic=True, columns=_extreme_row(False)),
    function("argmax", ("any",), "string", "", own_name, required=1, variadic=True, columns=_extreme_row(True, True)),
    function("argmin", ("any",), "string", "", own_name, required=1, variadic=True, columns=_extreme_row(False, True)),
    function("take_any", ("any",), "string", "", own_name, required=1, variadic=True, columns=_take_any(False)),
    function("any", ("any",), "string", "", own_name, required=1, variadic=True, columns=_take_any(True)),
    function("take_anyif", ("any", "any"), _first, _take_any_if, own_name),
    function("anyif", ("any", "any"), _first, _take_any_if, named("anyif")),
    _bits("and", "bit_and"),
    _bits("or", "bit_or"),
    _bits("xor", "bit_xor"),
    function("hll", ("any", "any"), "dynamic", _hll, named("hll"), required=1, note=SKETCH),
    function("hll_merge", ("dynamic",), "dynamic", _hll_merge, named("hll_merge"), note=SKETCH),
)
