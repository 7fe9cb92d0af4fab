"""to…() functions, type tests, and the tests for emptiness."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dashboard.kql.functions.convert import NUMBERS, convert, json_string, whole
from dashboard.kql.functions.dynamic_access import parse_json
from dashboard.kql.functions.literals import literal, once
from dashboard.kql.functions.registry import Context, FunctionRefused, Operand, ScalarFunction
from dashboard.table import KqlType

function = partial(ScalarFunction, family="conversions")


def _to(name: str, kind: KqlType, *aliases: str) -> ScalarFunction:
    def build(operands: Sequence[Operand], context: Context) -> Operand:
        return convert(operands[0], kind).named(None)

    return function(name, ("any",), kind, "", aliases=aliases, build=build)


def _todynamic(operands: Sequence[Operand], context: Context) -> Operand:
    return parse_json(operands[0])


def _empty(operand: Operand) -> str:
    if operand.type == "string":
        return f"({operand.sql} = '')"
    if operand.type == "dynamic":
        # An empty array or bag is not empty, an empty string is.
        return f"(coalesce({json_string(operand)}, '') = '')"
    return f"({operand.sql} IS NULL)"


def _null(operand: Operand) -> str:
    return "FALSE" if operand.type == "string" else f"({operand.sql} IS NULL)"


def _gettype(operands: Sequence[Operand], context: Context) -> Operand:
    operand = operands[0]
    if operand.type != "dynamic":
        return literal(operand.type, "string")
    sql = once(
        operand.sql,
        lambda it: (
            f"CASE json_type({it}) WHEN 'VARCHAR' THEN 'string' WHEN 'OBJECT' THEN 'dictionary' "
            f"WHEN 'ARRAY' THEN 'array' WHEN 'BOOLEAN' THEN 'bool' WHEN 'DOUBLE' THEN 'double' "
            f"WHEN 'BIGINT' THEN 'long' WHEN 'UBIGINT' THEN 'long' ELSE 'null' END"
        ),
    )
    return Operand(f"coalesce({sql}, 'null')", "string")


def _toint(name: str, kind: KqlType, duckdb: str) -> ScalarFunction:
    def build(operands: Sequence[Operand], context: Context) -> Operand:
        operand = operands[0]
        if operand.type in NUMBERS and not operand.is_constant:
            return Operand(whole(operand.sql, operand.type, duckdb), kind)
        return convert(operand, kind).named(None)

    return function(name, ("any",), kind, "", build=build)


def _tohex(operands: Sequence[Operand]) -> str:
    # A negative number is printed as its two's complement, as long as its type.
    value = (operands[0] if operands[0].type == "int" else convert(operands[0], "long")).sql
    digits = f"lower(printf('%x', {value}))"
    if operands[0].type == "int":
        digits = f"CASE WHEN {value} < 0 THEN right({digits}, 8) ELSE {digits} END"
    if len(operands) > 1:
        width = f"CAST(least({operands[1].sql}, 16) AS INTEGER)"
        digits = once(
            digits, lambda it: f"CASE WHEN length({it}) < {width} THEN lpad({it}, {width}, '0') ELSE {it} END"
        )
    return f"coalesce({digits}, '')"


def _totype_of_extraction(kind: str) -> KqlType:
    names: dict[str, KqlType] = {
        "string": "string", "long": "long", "int": "int", "real": "real", "double": "real", "bool": "bool",
        "datetime": "datetime", "timespan": "timespan", "guid": "guid", "decimal": "decimal", "dynamic": "dynamic",
        "date": "datetime", "time": "timespan", "boolean": "bool",
    }  # fmt: skip
    if kind not in names:
        raise FunctionRefused(f"'{kind}' is not a type.")
    return names[kind]


type_named = _totype_of_extraction

FUNCTIONS = (
    _to("tostring", "string"),
    _toint("tolong", "long", "BIGINT"),
    _toint("toint", "int", "INTEGER"),
    _to("todouble", "real", "toreal"),
    _to("todecimal", "decimal"),
    _to("tobool", "bool", "toboolean"),
    _to("todatetime", "datetime"),
    _to("totimespan", "timespan", "totime"),
    _to("toguid", "guid"),
    function("parse_json", ("any",), "dynamic", "", aliases=("todynamic", "parsejson", "toobject"), build=_todynamic),
    function("isempty", ("any",), "bool", lambda o: _empty(o[0])),
    function("isnotempty", ("any",), "bool", lambda o: f"(NOT {_empty(o[0])})", aliases=("notempty",)),
    function("isnull", ("any",), "bool", lambda o: _null(o[0])),
    function("isnotnull", ("any",), "bool", lambda o: f"(NOT {_null(o[0])})", aliases=("notnull",)),
    function("gettype", ("any",), "string", "", build=_gettype),
    function("tohex", ("number", "long"), "string", _tohex, required=1),
)
