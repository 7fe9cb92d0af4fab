"""Reading inside dynamic values: `x.a`, `x["a"]`, `x[0]`, and parse_json()."""

from __future__ import annotations

from typing import Any

from dashboard.kql.functions.convert import convert, json_string, json_value
from dashboard.kql.functions.literals import json_step, literal, once
from dashboard.kql.functions.registry import FunctionRefused, JsonPath, Operand


def member(target: Operand, key: str) -> Operand:
    """`target.key`."""
    return _step(target, key)


def index(target: Operand, key: Operand) -> Operand:
    """`target[key]`: a field by name, an array's entry by number (negative from the end)."""
    if key.is_constant and isinstance(key.constant, str | int) and not isinstance(key.constant, bool):
        return _step(target, key.constant)
    _check(target)
    guardable = target.guardable and key.guardable
    if key.type in ("int", "long"):
        path = f"'$[' || CAST({key.sql} AS VARCHAR) || ']'"
    elif key.type == "dynamic":
        path = once(
            key.sql,
            lambda it: f"CASE WHEN json_type({it}) = 'VARCHAR' THEN '$.' || {it} ELSE '$[' || {it} || ']' END",
        )
    else:
        name = convert(key, "string").sql
        path = f"'$.\"' || replace(replace(nullif({name}, ''), '\\', '\\\\'), '\"', '\\\"') || '\"'"
    sql = f"nullif(CAST(json_extract({target.sql}, {path}) AS VARCHAR), 'null')"
    return Operand(sql, "dynamic", guardable=guardable)


def _check(target: Operand) -> None:
    if target.type != "dynamic":
        raise FunctionRefused(f"Only a dynamic value has fields; this is a {target.type}.")


def _step(target: Operand, key: str | int) -> Operand:
    _check(target)
    if key == "":
        # Nothing has a field without a name, and DuckDB has no path for one: workbooks write tags['{Tag}'] with Tag unset.
        return Operand("CAST(NULL AS VARCHAR)", "dynamic", guardable=target.guardable)
    if target.is_constant:
        return literal(_value_at(target.constant, key), "dynamic")
    if target.entries is not None and isinstance(key, int):
        # In brackets, not by list_extract(): so DuckDB computes it once for each value of a dictionary.
        content = f"({target.entries})[{key + 1 if key >= 0 else key}]"
        return Operand(f"CAST(to_json({content}) AS VARCHAR)", "dynamic", content=content, guardable=target.guardable)
    base = target.json or JsonPath(target.sql, "$", True)
    path = JsonPath(base.text, base.path + json_step(key), base.is_json)
    operand = Operand("", "dynamic", json=path, guardable=target.guardable)
    return Operand(f"nullif({json_value(operand)}, 'null')", "dynamic", json=path, guardable=target.guardable)


def _value_at(value: Any, key: str | int) -> Any:
    if isinstance(value, dict) and isinstance(key, str):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def parse_json(operand: Operand) -> Operand:
    """parse_json(): the JSON value in a string; a string that is no JSON is taken as it is."""
    if operand.type == "dynamic":
        # A dynamic string holding JSON is parsed, everything else stays.
        source = json_string(operand)
    elif operand.type == "string":
        source = operand.sql
    else:
        return convert(operand, "dynamic")
    path = JsonPath(source, "$", False)
    sql = once(
        source,
        lambda it: (
            f"CASE WHEN {it} = '' OR {it} = 'null' THEN NULL WHEN json_valid({it}) THEN {it} "
            f"ELSE CAST(to_json({it}) AS VARCHAR) END"
        ),
    )
    return Operand(sql, "dynamic", name=None, json=path, guardable=operand.guardable)
