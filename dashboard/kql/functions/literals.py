"""Constants as SQL, and the small pieces of SQL text every family uses."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from dashboard.kql.functions.registry import JsonPath, Operand
from dashboard.table import KqlType

DUCKDB_TYPES: Final[dict[KqlType, str]] = {
    "string": "VARCHAR", "datetime": "TIMESTAMP", "timespan": "BIGINT", "dynamic": "VARCHAR", "guid": "VARCHAR",
    "bool": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "real": "DOUBLE", "decimal": "DECIMAL(38, 17)",
}  # fmt: skip

# Longer SQL than this is not written twice: the text would double with every nested call.
REPEATABLE: Final = 160

PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def text(value: str) -> str:
    """A SQL string literal."""
    quoted = "'" + value.replace("'", "''") + "'"
    return "(" + quoted.replace("\x00", "' || chr(0) || '") + ")" if "\x00" in value else quoted


def number(value: int) -> str:
    """A BIGINT literal."""
    if value == -(2**63):
        return "'-9223372036854775808'::BIGINT"
    return f"{value}::BIGINT" if value >= 0 else f"({value})::BIGINT"


def real(value: float) -> str:
    """A DOUBLE literal."""
    if math.isnan(value):
        return "'nan'::DOUBLE"
    if math.isinf(value):
        return "'inf'::DOUBLE" if value > 0 else "'-inf'::DOUBLE"
    digits = repr(value)
    digits = digits if "e" in digits else f"{digits}e0"
    return digits if value >= 0 and not digits.startswith("-") else f"({digits})"


def json_text(value: Any) -> str:
    """A JSON value as compact JSON text, the way dynamic values are held."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_json_default)


def _json_default(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return datetime_text(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def datetime_text(value: dt.datetime) -> str:
    """Kusto's text of a datetime: ISO 8601 with seven digits and Z."""
    return f"{value.year:04d}-{value:%m-%dT%H:%M:%S.%f}0Z"


def literal(value: Any, kind: KqlType, name: str | None = None) -> Operand:
    """The operand of a constant. `value` is held as `syntax.Literal.value` says; None is the typed null."""
    if value is None:
        if kind == "string":
            return Operand("''", kind, "", name)
        return Operand(f"NULL::{DUCKDB_TYPES[kind]}", kind, None, name)
    if kind == "dynamic":
        held = json_text(value)
        sql = text(held)
        return Operand(sql, kind, value, name, json=JsonPath(sql, "$", True))
    if kind in ("string", "guid"):
        return Operand(text(value), kind, value, name)
    if kind == "bool":
        return Operand("TRUE" if value else "FALSE", kind, value, name)
    if kind == "int":
        return Operand(f"({value})::INTEGER" if value < 0 else f"{value}::INTEGER", kind, value, name)
    if kind in ("long", "timespan"):
        return Operand(number(value), kind, value, name)
    if kind == "real":
        return Operand(real(float(value)), kind, float(value), name)
    if kind == "datetime":
        return Operand(f"TIMESTAMP '{value.isoformat(' ', 'microseconds')}'", kind, value, name)
    return Operand(f"CAST('{value}' AS DECIMAL(38, 17))", kind, value, name)


def once(sql: str, body: Callable[[str], str]) -> str:
    """`body`, which may read its argument any number of times, with the text of `sql` written once where it is long.
    The lambda's name is unlike that of any lambda inside the body."""
    if (len(sql) <= 40 and "lambda" not in sql) or "(SELECT" in body(""):
        # A lambda may not read a subquery.
        return f"({body(sql)})"
    name = f"kql_{body('').count('lambda kql_')}"
    return f"list_extract(list_transform([{sql}], lambda {name}: {body(name)}), 1)"


def is_repeatable(*operands: Operand) -> bool:
    """Whether the SQL of the operands is short enough, and free of side effects, to be written several times."""
    return all(len(operand.sql) <= REPEATABLE and operand.guardable for operand in operands)


def json_step(key: str | int) -> str:
    """One step of a JSONPath: a field or an array index."""
    if isinstance(key, int):
        return f"[{key}]"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f".{key}" if PLAIN_KEY.match(key) else f'."{escaped}"'
