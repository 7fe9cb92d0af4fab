"""Points in time and timespans: now, ago, bin, parts, differences, starts and ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dashboard.kql.functions.convert import NUMBERS, convert
from dashboard.kql.functions.literals import literal, once
from dashboard.kql.functions.operators import WIDTH, binary
from dashboard.kql.functions.registry import Context, FunctionRefused, Operand, ScalarFunction

function = partial(ScalarFunction, family="datetimes")

TICKS_PER_DAY = 864_000_000_000
ORIGIN = "TIMESTAMP '0001-01-01'"
TRUNCATIONS = {10_000_000: "second", 600_000_000: "minute", 36_000_000_000: "hour", TICKS_PER_DAY: "day"}


def _now(operands: Sequence[Operand], context: Context) -> Operand:
    now = literal(context.now, "datetime")
    return binary("+", now, operands[0]) if operands else now


def _ago(operands: Sequence[Operand], context: Context) -> Operand:
    return binary("-", literal(context.now, "datetime"), operands[0])


def floor_to(value: Operand, step: Operand) -> Operand:
    """bin(value, step): the multiple of step at or below value; datetimes count from 0001-01-01."""
    if value.type == "dynamic":
        value = convert(value, "datetime" if step.type == "timespan" else "real")
    if value.type in NUMBERS and step.type in (*NUMBERS, "dynamic"):
        return _floor_number(value, convert(step, "real") if step.type == "dynamic" else step)
    step = convert(step, "timespan")
    if value.type == "timespan":
        return Operand(_floor_whole(value.sql, step), "timespan")
    if value.type != "datetime":
        raise FunctionRefused(f"bin() takes a number, a datetime or a timespan; this is a {value.type}.")
    return Operand(_floor_datetime(value, step), "datetime")


def _floor_datetime(value: Operand, step: Operand) -> str:
    ticks = step.constant if step.is_constant else None
    if step.is_constant and (ticks is None or ticks <= 0):
        return "NULL::TIMESTAMP"
    if isinstance(ticks, int):
        if ticks in TRUNCATIONS:
            return f"date_trunc('{TRUNCATIONS[ticks]}', {value.sql})"
        if ticks < 10:
            return value.sql
        return f"time_bucket(to_microseconds({ticks // 10}), {value.sql}, {ORIGIN})"
    return f"time_bucket(to_microseconds(nullif({step.sql} // 10, 0)), {value.sql}, {ORIGIN})"


def _floor_whole(value: str, step: Operand) -> str:
    size = step.sql if step.is_constant and step.constant else f"nullif({step.sql}, 0)"
    return once(value, lambda it: f"{it} - (({it} % {size}) + {size}) % {size}")


def _floor_number(value: Operand, step: Operand) -> Operand:
    kind = max(value.type, step.type, key=WIDTH.index)
    if kind in ("int", "long"):
        kind, value = "long", convert(value, "long")
        if step.is_constant and step.constant == 1:
            return Operand(convert(value, kind).sql, kind)
        return Operand(_floor_whole(value.sql, step), kind)
    size = step.sql if step.is_constant and step.constant else f"nullif({step.sql}, 0)"
    return Operand(f"(floor({value.sql} / {size}) * {size})", kind)


def _bin(operands: Sequence[Operand], context: Context) -> Operand:
    value = operands[0]
    if len(operands) == 1:
        if value.type not in NUMBERS:
            raise FunctionRefused("floor() of one argument takes a number.")
        return Operand(f"floor({value.sql})", "real" if value.type == "decimal" else value.type)
    return floor_to(value, operands[1])


def _bin_at(operands: Sequence[Operand], context: Context) -> Operand:
    value, step, fixed = operands
    if value.type == "datetime":
        step = convert(step, "timespan")
        return Operand(
            f"time_bucket(to_microseconds(nullif({step.sql} // 10, 0)), {value.sql}, {convert(fixed, 'datetime').sql})",
            "datetime",
        )
    moved = binary("-", value, fixed)
    return binary("+", floor_to(moved, step), fixed)


def _start(unit: str) -> ScalarFunction:
    def sql(operands: Sequence[Operand]) -> str:
        return _moved_start(unit, operands)

    return function(f"startof{unit}", ("datetime", "long"), "datetime", sql, required=1)


def _moved_start(unit: str, operands: Sequence[Operand]) -> str:
    value = operands[0].sql
    if unit == "week":
        # Weeks begin on Sunday.
        start = f"(date_trunc('week', {value} + INTERVAL 1 DAY) - INTERVAL 1 DAY)"
    else:
        start = f"date_trunc('{unit}', {value})"
    return f"({start} + {_interval(unit, operands[1].sql)})" if len(operands) > 1 else start


def _interval(unit: str, count: str) -> str:
    return f"to_{unit}s(CAST({count} AS INTEGER))"


def _end(unit: str) -> ScalarFunction:
    def sql(operands: Sequence[Operand]) -> str:
        return f"({_moved_start(unit, operands)} + {_interval(unit, '1')} - INTERVAL 1 MICROSECOND)"

    return function(f"endof{unit}", ("datetime", "long"), "datetime", sql, required=1)


UNITS = (
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
)
MICROSECONDS = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1000, "microsecond": 1}


def _unit(operand: Operand, name: str) -> str:
    unit = operand.constant.lower() if isinstance(operand.constant, str) else None
    if unit is None:
        raise FunctionRefused(f"The part of {name}() must be a constant string.", "unsupported")
    return str(unit)


def _datetime_add(operands: Sequence[Operand], context: Context) -> Operand:
    unit = _unit(operands[0], "datetime_add")
    count, moment = operands[1].sql, operands[2].sql
    if unit == "quarter":
        return Operand(f"({moment} + to_months(CAST({count} * 3 AS INTEGER)))", "datetime")
    if unit in ("year", "month", "week", "day"):
        return Operand(f"({moment} + {_interval(unit, count)})", "datetime")
    if unit in MICROSECONDS:
        return Operand(f"({moment} + to_microseconds({count} * {MICROSECONDS[unit]}))", "datetime")
    if unit == "nanosecond":
        return Operand(f"({moment} + to_microseconds({count} // 1000))", "datetime")
    raise FunctionRefused(f"'{unit}' is not a part that datetime_add() knows.")


def _datetime_diff(operands: Sequence[Operand], context: Context) -> Operand:
    unit = _unit(operands[0], "datetime_diff")
    later, earlier = operands[1].sql, operands[2].sql
    if unit == "week":
        # Weeks begin on Sunday.
        weeks = (f"date_trunc('week', {moment} + INTERVAL 1 DAY)" for moment in (earlier, later))
        sql = f"datediff('day', {', '.join(weeks)}) // 7"
    elif unit == "nanosecond":
        raise FunctionRefused("Times are held to the microsecond: there are no nanoseconds to tell.", "unsupported")
    elif unit in UNITS:
        sql = f"datediff('{unit}', {earlier}, {later})"
    else:
        raise FunctionRefused(f"'{unit}' is not a part that datetime_diff() knows.")
    return Operand(f"CAST({sql} AS BIGINT)", "long")


def _datetime_part(operands: Sequence[Operand], context: Context) -> Operand:
    unit = _unit(operands[0], "datetime_part")
    moment = operands[1].sql
    parts = {
        "year": f"year({moment})", "quarter": f"quarter({moment})", "month": f"month({moment})", "day": f"day({moment})",
        "week_of_year": f"week({moment})", "weekofyear": f"week({moment})", "dayofyear": f"dayofyear({moment})",
        "day_of_year": f"dayofyear({moment})", "hour": f"hour({moment})", "minute": f"minute({moment})",
        "second": f"second({moment})", "millisecond": f"(microsecond({moment}) % 1000000 // 1000)",
        "microsecond": f"(microsecond({moment}) % 1000000)",
    }  # fmt: skip
    if unit not in parts:
        raise FunctionRefused(f"'{unit}' is not a part that datetime_part() knows.")
    return Operand(f"CAST({parts[unit]} AS INTEGER)", "int")


def _part(name: str, sql: str, *aliases: str) -> ScalarFunction:
    return function(name, ("datetime",), "int", f"CAST({sql} AS INTEGER)", aliases=aliases)


def _make_datetime(operands: Sequence[Operand]) -> str:
    if len(operands) == 1:
        return convert(operands[0], "datetime").sql
    parts = [convert(o, "real" if i == 5 else "long").sql for i, o in enumerate(operands)]
    while len(parts) < 5:
        parts.append("1::BIGINT" if len(parts) < 3 else "0::BIGINT")
    second = parts[5] if len(parts) > 5 else "0e0"
    return f"TRY(make_timestamp({', '.join(parts[:5])}, {second}))"


def _make_timespan(operands: Sequence[Operand]) -> str:
    values = [convert(o, "real" if i == len(operands) - 1 else "long").sql for i, o in enumerate(operands)]
    if len(values) == 1:
        return convert(operands[0], "timespan").sql
    # Two are hours and minutes, three have seconds, four days as well.
    day, hour, minute, second = values if len(values) == 4 else ("0", *values, *("0",) * (3 - len(values)))
    return f"CAST(round(((({day} * 24 + {hour}) * 60 + {minute}) * 60 + {second}) * 10000000) AS BIGINT)"


def _unixtime(name: str, factor: int) -> ScalarFunction:
    # Fractions below a microsecond are lost.
    template = (
        f"TRY(make_timestamp(CAST(trunc({{0}} * {factor}) AS BIGINT)))"
        if factor
        else "TRY(make_timestamp({0} // 1000))"
    )

    def build(operands: Sequence[Operand], context: Context) -> Operand:
        operand = operands[0]
        whole = operand.type == "int" or (not factor and operand.type != "long")
        sql = convert(operand, "long").sql if whole else operand.sql
        if not operand.guardable:
            return Operand(template.format(sql).removeprefix("TRY"), "datetime")
        return Operand(template.format(sql), "datetime")

    return function(f"unixtime_{name}_todatetime", ("number",), "datetime", "", build=build)


ZONES = "time zones by their IANA names"


def _local_to_utc(operands: Sequence[Operand]) -> str:
    zone = operands[1].sql

    def moved(it: str) -> str:
        utc = f"timezone('UTC', timezone({zone}, {it}))"
        # A time that the clocks skip is taken with the offset after the change.
        back = f"timezone({zone}, timezone('UTC', {utc}))"
        return f"({utc} - ({back} - {it}))"

    return once(operands[0].sql, moved)


_all_starts = tuple(_start(unit) for unit in ("day", "week", "month", "year"))
_all_ends = tuple(_end(unit) for unit in ("day", "week", "month", "year"))

FUNCTIONS = (
    function("now", ("timespan",), "datetime", "", required=0, build=_now),
    function("ago", ("timespan",), "datetime", "", build=_ago),
    function("bin", ("any", "any"), "datetime", "", build=_bin),
    function("floor", ("any", "any"), "datetime", "", required=1, build=_bin),
    function("bin_at", ("any", "any", "any"), "datetime", "", build=_bin_at),
    *_all_starts,
    *_all_ends,
    function("datetime_add", ("string", "long", "datetime"), "datetime", "", build=_datetime_add),
    function("datetime_diff", ("string", "datetime", "datetime"), "long", "", build=_datetime_diff),
    function("datetime_part", ("string", "datetime"), "int", "", aliases=("datepart",), build=_datetime_part),
    function("dayofweek", ("datetime",), "timespan", f"(CAST(dayofweek({{0}}) AS BIGINT) * {TICKS_PER_DAY})"),
    _part("dayofmonth", "day({0})"),
    _part("dayofyear", "dayofyear({0})"),
    _part("monthofyear", "month({0})", "getmonth"),
    _part("getyear", "year({0})"),
    _part("hourofday", "hour({0})"),
    _part("week_of_year", "week({0})", "weekofyear"),
    function("make_datetime", ("any",) * 6, "datetime", _make_datetime, required=1),
    function("make_timespan", ("any",) * 4, "timespan", _make_timespan, required=1),
    _unixtime("seconds", 1_000_000),
    _unixtime("milliseconds", 1000),
    _unixtime("microseconds", 1),
    _unixtime("nanoseconds", 0),
    function(
        "datetime_utc_to_local", ("datetime", "string"), "datetime", "timezone({1}, timezone('UTC', {0}))", note=ZONES
    ),
    function("datetime_local_to_utc", ("datetime", "string"), "datetime", _local_to_utc, note=ZONES),
)
