"""Arrays, property bags and sets."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from dashboard.kql.functions.convert import convert, to_dynamic
from dashboard.kql.functions.literals import json_text, once, text
from dashboard.kql.functions.registry import (
    Context,
    FunctionRefused,
    Operand,
    PythonFunction,
    ScalarFunction,
    TupleFunction,
)
from dashboard.kql.functions.strings import joined, string_array, strings_of

function = partial(ScalarFunction, family="dynamics")

# No array grows beyond what the service allows: a range of a few characters could fill any memory.
MOST_ENTRIES = 1_048_576


def json_list(array: Operand) -> str:
    """The entries of a dynamic array as a list of JSON texts; anything else gives an empty list."""
    return f"CAST(json_extract({array.sql}, '$[*]') AS VARCHAR[])"


def from_json_list(entries: str) -> str:
    """A dynamic array's JSON text from a list of JSON texts."""
    return f"('[' || array_to_string(list_transform({entries}, lambda kql_e: coalesce(kql_e, 'null')), ',') || ']')"


def element(operand: Operand) -> str:
    """An operand's JSON text, never NULL: as an entry of an array or a bag."""
    sql = to_dynamic(operand)
    return (
        sql if operand.type == "string" or (operand.is_constant and not operand.is_null) else f"coalesce({sql}, 'null')"
    )


def _pack_array(operands: Sequence[Operand]) -> str:
    if not operands:
        return "'[]'"
    return "concat('[', " + ", ',', ".join(element(operand) for operand in operands) + ", ']')"


def bag_of(pairs: Sequence[tuple[Operand, Operand]]) -> str:
    """The JSON text of a bag from pairs of a key and a value."""
    parts: list[str] = []
    for i, (key, value) in enumerate(pairs):
        comma = "," if i else ""
        if key.is_constant:
            parts.append(text(f"{comma}{json_text(str(key.constant))}:"))
        else:
            parts += [text(comma)] if comma else []
            parts += [f"CAST(to_json({convert(key, 'string').sql}) AS VARCHAR)", "':'"]
        parts.append(element(value))
    return "concat('{', " + ", ".join(parts) + ", '}')" if parts else "'{}'"


def filled_bag(operands: Sequence[Operand]) -> Operand:
    """The bag of names and values, in turns, that leaves out what is null or empty."""
    parts: list[str] = []
    for key, value in zip(operands[::2], operands[1::2], strict=True):
        given = (
            f"{convert(value, 'string').sql} <> ''"
            if value.type in ("string", "dynamic")
            else f"{value.sql} IS NOT NULL"
        )
        parts.append(f"CASE WHEN {given} THEN {text(json_text(str(key.constant)) + ':')} || {to_dynamic(value)} END")
    return Operand(f"concat('{{', concat_ws(',', {', '.join(parts)}), '}}')" if parts else "'{}'", "dynamic")


def _bag_pack(operands: Sequence[Operand]) -> str:
    if len(operands) % 2:
        raise FunctionRefused("bag_pack() takes pairs of a key and a value.")
    return bag_of(list(zip(operands[::2], operands[1::2], strict=True)))


def _bag_pack_columns(operands: Sequence[Operand]) -> str:
    if any(operand.name is None for operand in operands):
        raise FunctionRefused("bag_pack_columns() takes columns.")
    return bag_of([(Operand(text(o.name or ""), "string", o.name), o) for o in operands])


def is_array(sql: str) -> str:
    """Whether a JSON text is an array."""
    return f"starts_with({sql}, '[')"


def _array_length(operands: Sequence[Operand], context: Context) -> Operand:
    array = operands[0]
    if array.entries is not None:
        return Operand(f"CAST(len({array.entries}) AS BIGINT)", "long")
    return Operand(
        once(array.sql, lambda it: f"CASE WHEN {is_array(it)} THEN CAST(json_array_length({it}) AS BIGINT) END"), "long"
    )


def _array_concat(operands: Sequence[Operand]) -> str:
    joined = operands[0]
    lists = ", ".join(f"coalesce({json_list(o)}, [])" for o in operands)
    if len(operands) == 1:
        return joined.sql
    return from_json_list(f"list_concat({lists})")


def _array_slice(operands: Sequence[Operand]) -> str:
    array, start, end = operands
    return once(
        json_list(array),
        lambda it: from_json_list(
            f"list_slice({it}, CASE WHEN {start.sql} < 0 THEN greatest(len({it}) + {start.sql}, 0) ELSE {start.sql} END + 1, "
            f"CASE WHEN {end.sql} < 0 THEN len({it}) + {end.sql} ELSE {end.sql} END + 1)"
        ),
    )


def _array_index_of(operands: Sequence[Operand]) -> str:
    array, wanted = operands[0], element(operands[1])
    if len(operands) == 2:
        return f"coalesce(CAST(list_position({json_list(array)}, {wanted}) AS BIGINT), 0) - 1"
    start = operands[2].sql
    length = operands[3].sql if len(operands) > 3 else "-1::BIGINT"
    occurrence = operands[4].sql if len(operands) > 4 else "1::BIGINT"

    def search(it: str) -> str:
        first = f"CASE WHEN {start} < 0 THEN greatest(len({it}) + {start}, 0) ELSE {start} END"
        last = f"CASE WHEN {length} < 0 THEN len({it}) ELSE least({first} + {length}, len({it})) END"
        found = f"list_filter(range({first}, {last}), lambda kql_at: list_extract({it}, kql_at + 1) = {wanted})"
        return f"coalesce(list_extract({found}, {occurrence}), -1)"

    return f"CAST({once(json_list(array), search)} AS BIGINT)"


def _sorted(name: str, order: str) -> TupleFunction:
    def results(operands: Sequence[Operand], context: Context) -> Sequence[Operand]:
        *arrays, last = operands
        nulls_last = True
        if last.type == "bool":
            if not isinstance(last.constant, bool):
                raise FunctionRefused(f"Whether {name}() puts nulls last must be a constant.", "unsupported")
            nulls_last = last.constant
        else:
            arrays.append(last)
        first = arrays[0]
        found = []
        for position, array in enumerate(arrays):
            label = f"{array.name}_sorted" if array.name else f"array{position}_sorted"
            sql = _in_order_of(array, first, order, nulls_last)
            found.append(
                Operand(
                    f"CASE WHEN {is_array(first.sql)} AND {is_array(array.sql)} THEN {sql} END", "dynamic", name=label
                )
            )
        return found

    return TupleFunction(name, ("dynamic", "any"), results, "dynamics", required=1, variadic=True)


def _in_order_of(array: Operand, first: Operand, order: str, nulls_last: bool) -> str:
    """An array's entries in the order that sorting the first array makes; null where their lengths differ."""
    places = (
        f"list_filter(list_transform({json_list(first)}, lambda kql_e, kql_i: {{'n': TRY_CAST(kql_e AS DOUBLE), "
        f"'s': json_extract_string(kql_e, '$'), 'i': kql_i, 'j': kql_e}}), lambda kql_e: kql_e.j {{0}} 'null')"
    )
    ordered = f"list_sort({places.replace('{0}', '<>')}, '{order}', 'NULLS LAST')"
    lists = (ordered, places.replace("{0}", "="))
    joined = f"list_concat({', '.join(lists if nulls_last else lists[::-1])})"
    if array is first:
        return from_json_list(f"list_transform({joined}, lambda kql_e: kql_e.j)")
    moved = f"list_transform({joined}, lambda kql_e: list_extract({json_list(array)}, kql_e.i))"
    return f"CASE WHEN json_array_length({array.sql}) = json_array_length({first.sql}) THEN {from_json_list(moved)} END"


def _distinct(entries: str) -> str:
    """A list without repeats, in the order of first sight."""
    return once(entries, lambda it: f"list_filter({it}, lambda kql_e, kql_i: list_position({it}, kql_e) = kql_i)")


def _set_union(operands: Sequence[Operand]) -> str:
    lists = ", ".join(f"coalesce({json_list(operand)}, [])" for operand in operands)
    return from_json_list(_distinct(f"list_concat({lists})"))


def _without(others: str, kept: str, word: str) -> str:
    return once(others, lambda it: f"list_filter({kept}, lambda kql_e: {word} list_contains({it}, kql_e))")


def _set_intersect(operands: Sequence[Operand]) -> str:
    kept = json_list(operands[0])
    for other in operands[1:]:
        kept = _without(json_list(other), kept, "")
    return from_json_list(_distinct(kept))


def _set_difference(operands: Sequence[Operand]) -> str:
    kept = json_list(operands[0])
    for other in operands[1:]:
        kept = _without(f"coalesce({json_list(other)}, [])", kept, "NOT")
    return from_json_list(_distinct(kept))


def _set_has_element(operands: Sequence[Operand]) -> str:
    array, wanted = operands
    if wanted.type == "string":
        return f"coalesce(list_contains({strings_of(array)}, {wanted.sql}), FALSE)"
    return f"coalesce(list_contains({json_list(array)}, {element(wanted)}), FALSE)"


def _bag_keys(operands: Sequence[Operand], context: Context) -> Operand:
    keys = once(operands[0].sql, lambda it: f"CASE WHEN starts_with({it}, '{{') THEN json_keys({it}) END")
    return string_array(keys)


def _bag_has_key(operands: Sequence[Operand]) -> str:
    bag, key = operands
    if isinstance(key.constant, str) and key.constant.startswith("$"):
        return f"coalesce(json_exists({bag.sql}, {key.sql}), FALSE)"
    return f"coalesce(list_contains(json_keys({bag.sql}), {key.sql}), FALSE)"


def bag_entries(bag: str) -> str:
    """The entries of a bag as a list of structs: k the key, v the JSON text."""
    return (
        f"list_transform(list_zip(json_keys({bag}), CAST(json_extract({bag}, '$.*') AS VARCHAR[])), "
        "lambda kql_e: {'k': kql_e[1], 'v': kql_e[2]})"
    )


def from_bag_entries(entries: str) -> str:
    """A bag's JSON text from such a list."""
    return (
        f"('{{' || array_to_string(list_transform({entries}, lambda kql_e: CAST(to_json(kql_e.k) AS VARCHAR) || ':' || "
        "coalesce(kql_e.v, 'null')), ',') || '}')"
    )


def _bag_remove_keys(operands: Sequence[Operand]) -> str:
    bag, keys = operands
    if not keys.is_constant or any(str(key).startswith("$") for key in keys.constant or ()):
        return f"kql_bag_remove({bag.sql}, {keys.sql})"
    names = strings_of(keys)
    return from_bag_entries(f"list_filter({bag_entries(bag.sql)}, lambda kql_b: NOT list_contains({names}, kql_b.k))")


def remove_keys(bag: str, keys: str) -> str | None:
    """A bag without some keys, which are names or paths like `$.a.b`."""
    value, wanted = json.loads(bag), json.loads(keys)
    if not isinstance(value, dict):
        return None
    for key in wanted if isinstance(wanted, list) else [wanted]:
        steps = _path_steps(str(key))
        place: Any = value
        for step in steps[:-1]:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict) and steps:
            place.pop(steps[-1], None)
    return json_text(value)


REMOVE = PythonFunction("kql_bag_remove", remove_keys, ("VARCHAR", "VARCHAR"), "VARCHAR")


def _bag_merge(operands: Sequence[Operand]) -> str:
    # Of a key found several times, the first stays.
    lists = ", ".join(f"coalesce({bag_entries(operand.sql)}, [])" for operand in operands)
    kept = once(
        f"list_concat({lists})",
        lambda it: (
            f"list_filter({it}, lambda kql_b, kql_i: "
            f"list_position(list_transform({it}, lambda kql_c: kql_c.k), kql_b.k) = kql_i)"
        ),
    )
    return from_bag_entries(kept)


def set_key(bag: str, key: str, value: str) -> str | None:
    """A bag with a value at a key, which is a name or a path like `$.a.b`; bags on the way are made."""
    held = json.loads(bag)
    if not isinstance(held, dict):
        return None
    steps = _path_steps(key)
    place = held
    for step in steps[:-1]:
        inner = place.get(step)
        if not isinstance(inner, dict):
            inner = place[step] = {}
        place = inner
    place[steps[-1]] = json.loads(value)
    return json_text(held)


def _path_steps(key: str) -> list[str]:
    if not key.startswith("$"):
        return [key]
    return [a or b for a, b in re.findall(r"\.([^.\[\]]+)|\['([^']*)'\]", key)] or [key]


SET_KEY = PythonFunction("kql_bag_set", set_key, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR")


def sorted_json(value: str) -> str:
    """The JSON text with keys in order at every level."""
    return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


SORTED = PythonFunction("kql_sorted_json", sorted_json, ("VARCHAR",), "VARCHAR")


def _bag_set_key(operands: Sequence[Operand]) -> str:
    return f"kql_bag_set({operands[0].sql}, {operands[1].sql}, {element(operands[2])})"


def _bag_zip(operands: Sequence[Operand]) -> str:
    keys, values = operands
    # Only strings are keys; the values of other entries are skipped with them.
    entries = (
        f"list_transform(list_zip({json_list(keys)}, coalesce({json_list(values)}, [])), "
        "lambda kql_z: {'k': kql_z[1], 'v': kql_z[2]})"
    )
    kept = f"list_filter({entries}, lambda kql_z: starts_with(kql_z.k, '\"'))"
    named = f"list_transform({kept}, lambda kql_z: {{'k': json_extract_string(kql_z.k, '$'), 'v': kql_z.v}})"
    return f"CASE WHEN {is_array(keys.sql)} THEN {from_bag_entries(named)} END"


def _array_reverse(operands: Sequence[Operand]) -> str:
    return from_json_list(f"list_reverse({json_list(operands[0])})")


def _rotated(sign: str) -> ScalarFunction:
    def sql(operands: Sequence[Operand]) -> str:
        count = f"({'-' if sign == 'right' else ''}{operands[1].sql})"
        return once(
            json_list(operands[0]),
            lambda it: from_json_list(
                f"list_transform({it}, lambda kql_e, kql_i: list_extract({it}, "
                f"(((kql_i - 1 + {count}) % len({it})) + len({it})) % len({it}) + 1))"
            ),
        )

    return function(f"array_rotate_{sign}", ("dynamic", "long"), "dynamic", sql)


def _shifted(sign: str) -> ScalarFunction:
    def sql(operands: Sequence[Operand]) -> str:
        count = f"({'-' if sign == 'right' else ''}{operands[1].sql})"
        fill = element(operands[2]) if len(operands) > 2 else "'null'"
        return once(
            json_list(operands[0]),
            lambda it: from_json_list(
                f"list_transform({it}, lambda kql_e, kql_i: CASE WHEN kql_i + {count} BETWEEN 1 AND len({it}) "
                f"THEN list_extract({it}, kql_i + {count}) ELSE {fill} END)"
            ),
        )

    return function(f"array_shift_{sign}", ("dynamic", "long", "any"), "dynamic", sql, required=2)


def _array_iff(operands: Sequence[Operand]) -> str:
    condition, yes, no = operands
    pick = []
    for branch in (yes, no):
        pick.append(
            f"coalesce(list_extract({json_list(branch)}, kql_i), 'null')"
            if branch.type == "dynamic"
            else element(branch)
        )
    test = (
        "CASE WHEN kql_e = 'true' OR TRY_CAST(kql_e AS DOUBLE) <> 0 THEN {} "
        "WHEN kql_e = 'false' OR TRY_CAST(kql_e AS DOUBLE) = 0 THEN {} ELSE 'null' END"
    ).format(*pick)
    return from_json_list(f"list_transform({json_list(condition)}, lambda kql_e, kql_i: {test})")


def _array_sum(operands: Sequence[Operand]) -> str:
    return f"list_sum(list_transform({json_list(operands[0])}, lambda kql_e: TRY_CAST(kql_e AS DOUBLE)))"


def _array_split(operands: Sequence[Operand]) -> str:
    array, at = operands
    if at.is_constant and isinstance(at.constant, int):
        places = [at.constant]
    elif at.is_constant and isinstance(at.constant, list):
        places = [int(place) for place in at.constant]
    else:
        raise FunctionRefused("array_split() takes constant indexes only.", "unsupported")

    def split(it: str) -> str:
        edges = ["0"] + [f"least(len({it}), {p})" if p >= 0 else f"greatest(len({it}) + ({p}), 0)" for p in places]
        edges.append(f"len({it})")
        parts = [from_json_list(f"list_slice({it}, {first} + 1, {last})") for first, last in itertools.pairwise(edges)]
        return "concat('[', " + ", ',', ".join(parts) + ", ']')"

    return once(json_list(array), split)


def _zip(operands: Sequence[Operand]) -> str:
    lists = ", ".join(json_list(operand) for operand in operands)
    row = from_json_list("[" + ", ".join(f"kql_z[{i + 1}]" for i in range(len(operands))) + "]")
    return from_json_list(f"list_transform(list_zip({lists}), lambda kql_z: {row})")


def _repeat(operands: Sequence[Operand]) -> str:
    count = f"least({operands[1].sql}, {MOST_ENTRIES})"
    return from_json_list(f"list_transform(range({count}), lambda kql_n: {element(operands[0])})")


def _strcat_array(operands: Sequence[Operand]) -> str:
    array, delimiter = operands
    return joined(f"list_transform({strings_of(array)}, lambda kql_e: coalesce(kql_e, ''))", delimiter)


def _range(operands: Sequence[Operand], context: Context) -> Operand:
    """range(start, stop [, step]): at most as many entries as the service gives; the step is 1 or an hour."""
    unit = operands[0].type
    if unit not in ("datetime", "timespan"):
        numbers = [convert(o, "real") if o.type in ("dynamic", "decimal") else o for o in operands]
        whole = all(number.type in ("int", "long") for number in numbers)
        start, stop = numbers[0].sql, numbers[1].sql
        step = numbers[2].sql if len(numbers) > 2 else "1::BIGINT"
        item = Operand(f"({start} + kql_n * {step})", "long" if whole else "real")
    else:
        whole = True
        start, stop = (convert(convert(o, unit), "long").sql for o in operands[:2])
        step = convert(operands[2], "timespan").sql if len(operands) > 2 else "36000000000::BIGINT"
        place = Operand(f"({start} + kql_n * {step})", "long")
        item = convert(place, unit)
    if whole:
        count = f"(CAST({stop} AS HUGEINT) - {start}) // nullif({step}, 0) + 1"
    else:
        count = f"floor(({stop} - {start}) / {step} + 1e-12) + 1"
    limited = f"CAST(least(greatest({count}, 0), {MOST_ENTRIES}) AS BIGINT)"
    entries = f"list_transform(range(0, {limited}), lambda kql_n: {to_dynamic(item)})"
    return Operand(f"CASE WHEN {step} <> 0 THEN {from_json_list(entries)} END", "dynamic")


def _jaccard(operands: Sequence[Operand]) -> str:
    a, b = (f"list_distinct({json_list(operand)})" for operand in operands)
    both = f"len(list_intersect({a}, {b}))"
    return f"(CAST({both} AS DOUBLE) / nullif(len({a}) + len({b}) - {both}, 0))"


FUNCTIONS = (
    function("pack_array", ("any",), "dynamic", _pack_array, required=0, variadic=True),
    function(
        "bag_pack", ("any",), "dynamic", _bag_pack, required=0, variadic=True, aliases=("pack", "pack_dictionary")
    ),
    function("bag_pack_columns", ("any",), "dynamic", _bag_pack_columns, required=1, variadic=True),
    function("array_length", ("dynamic",), "long", "", aliases=("arraylength",), build=_array_length),
    function("array_concat", ("dynamic",), "dynamic", _array_concat, required=1, variadic=True),
    function("array_slice", ("dynamic", "long", "long"), "dynamic", _array_slice),
    function("array_index_of", ("dynamic", "any", "long", "long", "long"), "long", _array_index_of, required=2),
    function("array_reverse", ("dynamic",), "dynamic", _array_reverse),
    function("array_sum", ("dynamic",), "real", _array_sum),
    function("array_split", ("dynamic", "any"), "dynamic", _array_split),
    function("array_iff", ("dynamic", "any", "any"), "dynamic", _array_iff, aliases=("array_iif",)),
    _sorted("array_sort_asc", "ASC"),
    _sorted("array_sort_desc", "DESC"),
    _rotated("left"),
    _rotated("right"),
    _shifted("left"),
    _shifted("right"),
    function("set_union", ("dynamic",), "dynamic", _set_union, required=1, variadic=True),
    function("set_intersect", ("dynamic",), "dynamic", _set_intersect, required=1, variadic=True),
    function("set_difference", ("dynamic",), "dynamic", _set_difference, required=1, variadic=True),
    function("set_has_element", ("dynamic", "any"), "bool", _set_has_element),
    function(
        "set_equals",
        ("dynamic", "dynamic"),
        "bool",
        lambda o: (
            f"(len(list_distinct({json_list(o[0])})) = len(list_distinct({json_list(o[1])})) AND list_has_all({json_list(o[0])}, {json_list(o[1])}))"
        ),
    ),
    function("jaccard_index", ("dynamic", "dynamic"), "real", _jaccard),
    function("bag_keys", ("dynamic",), "dynamic", "", build=_bag_keys),
    function("bag_has_key", ("dynamic", "string"), "bool", _bag_has_key),
    function("bag_remove_keys", ("dynamic", "dynamic"), "dynamic", _bag_remove_keys, python=(REMOVE,)),
    function("bag_merge", ("dynamic",), "dynamic", _bag_merge, required=1, variadic=True),
    function("bag_set_key", ("dynamic", "string", "any"), "dynamic", _bag_set_key, python=(SET_KEY,)),
    function("bag_zip", ("dynamic", "dynamic"), "dynamic", _bag_zip),
    function("zip", ("dynamic",), "dynamic", _zip, required=2, variadic=True),
    function("repeat", ("any", "long"), "dynamic", _repeat),
    function("range", ("any", "any", "any"), "dynamic", "", required=2, build=_range),
    function("strcat_array", ("dynamic", "string"), "string", _strcat_array, aliases=("array_strcat",)),
    function("dynamic_to_json", ("dynamic",), "string", "coalesce(kql_sorted_json({0}), '')", python=(SORTED,)),
)
