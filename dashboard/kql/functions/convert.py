"""Values from one KQL type to another: the to…() functions and the conversions an operator or a call makes by itself."""

from __future__ import annotations

import math
import re

from msgspec.structs import replace

from dashboard.kql.functions.literals import DUCKDB_TYPES, is_repeatable, json_text, literal, once, text
from dashboard.kql.functions.registry import FunctionRefused, Operand
from dashboard.kql.literals import read_datetime, read_timespan, unit_ticks
from dashboard.table import KqlType, format_timespan

NUMBERS: tuple[KqlType, ...] = ("int", "long", "real", "decimal")

# Ticks of 100 ns from 0001-01-01 to 1970-01-01.
EPOCH_TICKS = 621_355_968_000_000_000

PLAIN_NUMBER = re.compile(r"-?[0-9]{1,18}\Z")

ISO_FORMAT = "'%Y-%m-%dT%H:%M:%S.%f0Z'"

# Spellings of a point in time that DuckDB's own cast does not read, without the weekday before and the GMT behind them.
OTHER_DATETIMES = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%m-%d-%Y", "%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M", "%b %d %Y %H:%M:%S", "%b %d %Y",
    "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%Y-%m", "%Y%m%d", "%Y, %m, %d", "%Y", "%Y-%m-%dT%H", "%Y-%m-%d %H",
    "%m/%d/%Y %I:%M:%S.%f %p", "%m/%d/%Y %H:%M:%S.%f", "%Y-%m-%d %I:%M:%S %p", "%b %d %H:%M:%S %Y",
    # RFC 822 and RFC 850. A year of two digits is tried first: %Y would take it for one of the first century.
    *(
        f"%d{mark}%b{mark}{year}{clock}"
        for mark in " -" for year in ("%y", "%Y") for clock in ("", " %H:%M", " %H:%M:%S")
    ),
)  # fmt: skip
OTHER_DATETIMES_SQL = "[" + ", ".join(text(f) for f in OTHER_DATETIMES) + "]"
WEEKDAY_AND_ZONE = (
    r"'^\s*(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,?\s+)?(.*?)(?:\s*(?:GMT|UTC|Z))?\s*$'"
)

UNIT_WORDS = (
    "d", "day", "days", "h", "hr", "hrs", "hour", "hours", "m", "min", "minute", "minutes", "s", "sec", "second", "seconds",
    "ms", "milli", "millis", "millisecond", "milliseconds", "micro", "micros", "microsecond", "microseconds", "tick", "ticks",
)  # fmt: skip
UNIT_BRANCHES = " ".join(f"WHEN '{word}' THEN {int(unit_ticks(word))}" for word in UNIT_WORDS)


def convert(operand: Operand, to: KqlType) -> Operand:
    """The operand as another type; what cannot be converted becomes null (an empty string for string)."""
    if operand.type == to:
        return operand
    if operand.is_constant:
        folded = _fold(operand, to)
        if folded is not None:
            return folded
    sql = _sql(operand, to)
    return Operand(sql, to, name=operand.name, guardable=operand.guardable)


def _fold(operand: Operand, to: KqlType) -> Operand | None:
    value = operand.constant
    if value is None:
        return literal(None, to, operand.name)
    if to == "dynamic" and operand.type in ("int", "long", "bool", "string", "guid"):
        return literal(value, to, operand.name)
    if operand.type in ("int", "long") and to in ("long", "real", "timespan"):
        return literal(float(value) if to == "real" else value, to, operand.name)
    if operand.type == "long" and to == "int" and -(2**31) <= value < 2**31:
        return literal(value, to, operand.name)
    if operand.type == "real" and to in ("long", "int") and math.isfinite(value) and abs(value) < 2**31:
        return literal(math.trunc(value), to, operand.name)
    if operand.type == "timespan" and to == "string":
        return literal(format_timespan(value), to, operand.name)
    if operand.type == "timespan" and to == "long":
        return literal(value, to, operand.name)
    if to == "string" and operand.type in ("int", "long", "guid"):
        return literal(str(value), to, operand.name)
    if to == "string" and operand.type == "bool":
        return literal("true" if value else "false", to, operand.name)
    if operand.type == "string" and to in ("int", "long", "real", "datetime", "timespan", "guid"):
        return _fold_text(value, to, operand.name)
    if operand.type == "dynamic" and to == "string" and isinstance(value, str | dict | list):
        return literal(value if isinstance(value, str) else json_text(value), to, operand.name)
    return None


def _fold_text(value: str, to: KqlType, name: str | None) -> Operand | None:
    """The constant that a plain text stands for; None where SQL must decide."""
    if to in ("int", "long") and PLAIN_NUMBER.match(value):
        number = int(value)
        bits = 31 if to == "int" else 63
        return literal(number if -(2**bits) <= number < 2**bits else None, to, name)
    if to == "real" and PLAIN_NUMBER.match(value):
        return literal(float(value), to, name)
    if to in ("datetime", "timespan"):
        found = read_datetime(value) if to == "datetime" else read_timespan(value)
        return literal(found, to, name) if found is not None else None
    return None


def _sql(operand: Operand, to: KqlType) -> str:
    if to == "string":
        return to_string(operand)
    if to == "dynamic":
        return to_dynamic(operand)
    source = json_string(operand) if operand.type == "dynamic" else operand.sql
    if operand.type in ("string", "dynamic"):
        return _from_text(source, to)
    if to == "bool":
        if operand.type not in NUMBERS:
            raise FunctionRefused(f"A {operand.type} cannot be converted to bool.")
        return f"({source} <> 0)"
    if to == "guid":
        raise FunctionRefused(f"A {operand.type} cannot be converted to guid.")
    if to == "datetime":
        if operand.type not in ("long", "int"):
            raise FunctionRefused(f"A {operand.type} cannot be converted to datetime.")
        return f"make_timestamp(({source} - {EPOCH_TICKS}) // 10)"
    ticks = f"(epoch_us({source}) * 10 + {EPOCH_TICKS})" if operand.type == "datetime" else source
    if to == "timespan":
        return whole(ticks, operand.type, "BIGINT")
    if to in ("int", "long"):
        return whole(ticks, operand.type, DUCKDB_TYPES[to])
    if to == "decimal" and operand.type == "real":
        return real_to_decimal(source)
    return f"TRY_CAST({ticks} AS {DUCKDB_TYPES[to]})"


def real_to_decimal(source: str) -> str:
    """A real as the decimal that its text tells: 1.1 is 1.1. DuckDB's own cast shows the binary fraction."""
    return f"TRY_CAST(CAST({source} AS VARCHAR) AS {DUCKDB_TYPES['decimal']})"


def whole(sql: str, source: KqlType, target: str) -> str:
    """A number cut to an integer; DuckDB's own cast rounds."""
    return f"TRY_CAST(trunc({sql}) AS {target})" if source in ("real", "decimal") else f"TRY_CAST({sql} AS {target})"


def _from_text(source: str, to: KqlType) -> str:
    if to == "bool":
        return once(
            source,
            lambda it: (
                f"CASE lower(trim({it})) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE "
                f"ELSE TRY_CAST({it} AS DOUBLE) <> 0 END"
            ),
        )
    if to == "guid":
        return once(
            source,
            lambda it: (
                f"CASE WHEN regexp_full_match({it}, '\\s*\\{{?[0-9a-fA-F]{{8}}(-?[0-9a-fA-F]{{4}}){{3}}-?"
                f"[0-9a-fA-F]{{12}}\\}}?\\s*') THEN CAST(TRY_CAST(trim({it}, '{{}} ') AS UUID) AS VARCHAR) END"
            ),
        )
    if to == "datetime":
        return text_to_datetime(source)
    if to == "timespan":
        return text_to_timespan(source)
    if to in ("int", "long"):
        target = DUCKDB_TYPES[to]
        # "1_000" and "1e3" are no integers in KQL, "12.7" is 12.
        return once(
            source,
            lambda it: (
                f"CASE WHEN regexp_full_match({it}, '\\s*[-+]?(\\d+|0[xX][0-9a-fA-F]+)\\s*') "
                f"THEN TRY_CAST(trim({it}) AS {target}) "
                f"WHEN contains({it}, '.') THEN TRY_CAST(trunc(TRY_CAST({it} AS DOUBLE)) AS {target}) "
                f"WHEN {it} = 'true' THEN 1 WHEN {it} = 'false' THEN 0 END"
            ),
        )
    return f"TRY_CAST({source} AS {DUCKDB_TYPES[to]})"


def text_to_datetime(source: str) -> str:
    """A point in time from its text; texts with an offset are moved to UTC. The common spelling is tried first; DuckDB's
    cast reads more than Kusto (`infinity`, years beyond 9999), so it sees only what begins with a year."""
    return once(
        source,
        lambda it: (
            "coalesce("
            f"CASE WHEN NOT regexp_matches({it}, '^\\s*\\d{{4}}[-/]') THEN NULL "
            f"WHEN regexp_matches({it}, '[0-9][zZ]?$') AND NOT regexp_matches({it}, ':\\d\\d(\\.\\d+)?\\s*[-+]\\d') "
            f"THEN TRY_CAST(trim({it}) AS TIMESTAMP) "
            f"ELSE make_timestamp(epoch_us(TRY_CAST(regexp_replace(trim({it}), '\\s+([-+]\\d)', '\\1') AS TIMESTAMPTZ))) END, "
            f"CAST(CASE WHEN regexp_matches({it}, '\\d') THEN try_strptime(regexp_replace({it}, {WEEKDAY_AND_ZONE}, '\\1', 'i'), "
            f"{OTHER_DATETIMES_SQL}) END AS TIMESTAMP))"
        ),
    )


def text_to_timespan(source: str) -> str:
    """Ticks from `[-][d.]hh:mm[:ss[.fffffff]]`, a whole number of days, or a number with a unit (`1d`, `5m`, `30s`)."""
    pattern = r"'^\s*(-)?(?:(\d+)[.:])??(\d+):(\d+)(?::(\d+)(?:\.(\d{1,7})\d*)?)?\s*$'"
    clock = once(
        f"regexp_extract({{it}}, {pattern}, ['sign', 'd', 'h', 'm', 's', 'f'])",
        lambda p: (
            f"CASE WHEN {p}.sign = '-' THEN -1 ELSE 1 END * ((((coalesce(TRY_CAST({p}.d AS BIGINT), 0) * 24"
            f" + TRY_CAST({p}.h AS BIGINT)) * 60 + TRY_CAST({p}.m AS BIGINT)) * 60"
            f" + coalesce(TRY_CAST({p}.s AS BIGINT), 0)) * 10000000 + TRY_CAST(rpad({p}.f, 7, '0') AS BIGINT))"
        ),
    )
    units = "CASE regexp_extract({it}, '[a-zA-Z]+\\s*$') " + UNIT_BRANCHES + " WHEN '' THEN 864000000000 END"
    return once(
        source,
        lambda it: (
            "CASE WHEN contains({it}, ':') THEN {clock} ELSE TRY_CAST(TRY_CAST(regexp_extract({it}, "
            "'^\\s*(-?[0-9.]+)\\s*[a-z]*\\s*$', 1) AS DOUBLE) * {units} AS BIGINT) END".replace("{clock}", clock)
            .replace("{units}", units)
            .replace("{it}", it)
        ),
    )


def to_string(operand: Operand) -> str:
    """tostring(): never NULL."""
    source = operand.sql
    match operand.type:
        case "string":
            return source
        case "dynamic" if operand.content is not None:
            # concat() takes a NULL for nothing and, unlike coalesce(), is computed once for each value of a dictionary.
            return f"concat({operand.content})"
        case "dynamic":
            return f"coalesce({json_string(operand)}, '')"
        case "datetime":
            return f"coalesce(strftime({source}, {ISO_FORMAT}), '')"
        case "timespan":
            return f"coalesce({timespan_text(source)}, '')"
        case "real":
            return f"coalesce({real_text(source)}, '')"
        case "decimal":
            return f"coalesce(regexp_replace(CAST({source} AS VARCHAR), '\\.?0+$', ''), '')"
        case _:
            return f"coalesce(CAST({source} AS VARCHAR), '')"


def real_text(source: str) -> str:
    """A real as Kusto prints it: `1.0`, `1e+20`, `NaN`, `Infinity`."""
    return once(
        source,
        lambda it: (
            f"CASE WHEN isfinite({it}) THEN CAST({it} AS VARCHAR) WHEN isnan({it}) THEN 'NaN' "
            f"WHEN {it} > 0 THEN 'Infinity' WHEN {it} < 0 THEN '-Infinity' END"
        ),
    )


def timespan_text(source: str) -> str:
    """A timespan as `[-][d.]hh:mm:ss[.fffffff]`."""
    return once(
        source,
        lambda it: (
            f"CASE WHEN {it} < 0 THEN '-' ELSE '' END"
            f" || CASE WHEN abs({it}) >= 864000000000 THEN (abs({it}) // 864000000000)::VARCHAR || '.' ELSE '' END"
            f" || printf('%02d:%02d:%02d', (abs({it}) // 36000000000) % 24, (abs({it}) // 600000000) % 60,"
            f" (abs({it}) // 10000000) % 60)"
            f" || CASE WHEN abs({it}) % 10000000 <> 0 THEN printf('.%07d', abs({it}) % 10000000) ELSE '' END"
        ),
    )


def to_dynamic(operand: Operand) -> str:
    """A scalar as JSON text. Strings become JSON strings: parse_json() is something else."""
    source = operand.sql
    match operand.type:
        case "dynamic":
            return source
        case "string" | "guid":
            return f"CAST(to_json({source}) AS VARCHAR)"
        case "datetime":
            return f"('\"' || strftime({source}, {ISO_FORMAT}) || '\"')"
        case "timespan":
            return f"('\"' || {timespan_text(source)} || '\"')"
        case "real":
            return once(
                source,
                lambda it: (
                    f"CASE WHEN isfinite({it}) THEN CAST(to_json({it}) AS VARCHAR) ELSE '\"' || {real_text(it)} || '\"' END"
                ),
            )
        case "decimal":
            return f"CAST(to_json(CAST({source} AS DOUBLE)) AS VARCHAR)"
        case _:
            return f"CAST({source} AS VARCHAR)"


def json_string(operand: Operand) -> str:
    """A dynamic as text, NULL where it is null: a string's own characters, everything else as compact JSON."""
    path = operand.json
    if operand.content is not None:
        return operand.content
    if path is None:
        return f"json_extract_string({operand.sql}, '$')"
    if path.path == "$" and not path.is_json:
        return f"coalesce({read_json('json_extract_string', operand, path.text, path.path, False)}, nullif({path.text}, 'null'))"
    return read_json("json_extract_string", operand, path.text, path.path, path.is_json)


def json_value(operand: Operand) -> str:
    """The JSON text at an operand's path; `null` stays a text here."""
    path = operand.json
    if path is None:
        return operand.sql
    return f"CAST({read_json('json_extract', operand, path.text, path.path, path.is_json)} AS VARCHAR)"


def read_json(function: str, operand: Operand, source: str, path: str, is_json: bool) -> str:
    """A read of JSON text at a path. Where the text may be anything, a failure gives NULL: with TRY, after a look at the
    first character where the text is short enough to write twice (a failure inside TRY is slow)."""
    if is_json:
        return f"{function}({source}, {text(path)})"
    if not operand.guardable:
        return once(source, lambda it: f"CASE WHEN json_valid({it}) THEN {function}({it}, {text(path)}) END")
    if is_repeatable(replace(operand, sql=source)):
        return f"CASE WHEN {source} <> '' THEN TRY({function}({source}, {text(path)})) END"
    return f"TRY({function}(nullif({source}, ''), {text(path)}))"
