"""Operators by the types of their operands: arithmetic, comparison, logic. String operators are in `string_operators`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from dashboard.kql.functions.convert import NUMBERS, convert, json_string, real_to_decimal
from dashboard.kql.functions.literals import is_repeatable, literal, text
from dashboard.kql.functions.registry import FunctionRefused, Operand
from dashboard.kql.functions.string_operators import STRING_OPERATORS, has_all, has_any, string_operator
from dashboard.table import KqlType

ARITHMETIC = ("+", "-", "*", "/", "%")
COMPARISONS = {"==": "=", "!=": "<>", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}

# The smallest first: an operation on two numbers gives the wider type.
WIDTH: tuple[KqlType, ...] = ("int", "long", "real", "decimal")


def binary(operator: str, left: Operand, right: Operand) -> Operand:
    """`left operator right`. Raises FunctionRefused where the types do not fit."""
    if operator in ("and", "or"):
        result = _logic(operator, left, right)
    elif operator in COMPARISONS:
        result = compare(operator, left, right)
    elif operator in STRING_OPERATORS:
        result = string_operator(operator, left, right)
    elif operator in ARITHMETIC:
        result = _arithmetic(operator, left, right)
    else:
        raise FunctionRefused(f"'{operator}' is not an operator.")
    return replace(result, guardable=left.guardable and right.guardable)


def unary(operator: str, operand: Operand) -> Operand:
    """`-operand` or `+operand`."""
    if operand.type == "dynamic":
        operand = convert(operand, "real")
    if operand.type not in (*NUMBERS, "timespan"):
        raise FunctionRefused(f"'{operator}' does not apply to a {operand.type}.")
    if operator == "+":
        return replace(operand, name=None)
    if operand.is_constant and operand.constant is not None:
        return literal(-operand.constant, operand.type)
    return Operand(f"(-{operand.sql})", operand.type, guardable=operand.guardable)


def logical_not(operand: Operand) -> Operand:
    """`not(operand)`."""
    operand = convert(operand, "bool")
    if operand.is_constant and operand.constant is not None:
        return literal(not operand.constant, "bool")
    return Operand(f"(NOT {operand.sql})", "bool", guardable=operand.guardable)


def between(operand: Operand, low: Operand, high: Operand, negated: bool = False) -> Operand:
    """`operand between (low .. high)`, both ends included; `high` may be a timespan after a datetime `low`."""
    if low.type == "datetime" and high.type == "timespan":
        high = _arithmetic("+", low, high)
    low, high = (_towards(operand, side) for side in (low, high))
    guardable = operand.guardable and low.guardable and high.guardable
    if negated:
        both = _logic("or", compare("<", operand, low), compare(">", operand, high))
    elif operand.type == low.type == high.type or {operand.type, low.type, high.type} <= set(NUMBERS):
        both = Operand(f"({operand.sql} BETWEEN {low.sql} AND {high.sql})", "bool")
    else:
        both = _logic("and", compare(">=", operand, low), compare("<=", operand, high))
    return replace(both, guardable=guardable)


def _towards(operand: Operand, side: Operand) -> Operand:
    if operand.type == "datetime" and side.type in ("string", "dynamic"):
        return convert(side, "datetime")
    return side


def in_list(operator: str, operand: Operand, items: Sequence[Operand]) -> Operand:
    """`operand in (items)` and its kin: in, !in, in~, !in~, has_any, has_all. A dynamic array among the items stands for
    its entries. Items that are subqueries are the binder's: see `in_subquery`."""
    if operator in ("has_any", "has_all"):
        result = has_any(operand, items) if operator == "has_any" else has_all(operand, items)
        return replace(result, guardable=all(o.guardable for o in (operand, *items)))
    negated, folded = operator.startswith("!"), operator.endswith("~")
    entries: list[Operand] = []
    arrays: list[Operand] = []
    for item in items:
        if item.is_constant and item.type == "dynamic":
            entries.extend(_scalar(entry) for entry in _flat(item.constant))
        elif item.type == "dynamic" and operand.type != "dynamic":
            arrays.append(item)
        else:
            entries.append(item)
    key, options = _membership(operand, entries, folded)
    tests = [f"({key} IN ({', '.join(options)}))"] if options else []
    for array in arrays:
        values = f"json_extract_string({array.sql}, '$[*]')"
        wanted = convert(operand, "string").sql
        if folded:
            values, wanted = f"list_transform({values}, lambda kql_entry: lower(kql_entry))", f"lower({wanted})"
        # A dynamic that is no array counts as its only entry.
        single = f"[{json_string(array)}]"
        tests.append(f"coalesce(list_contains(coalesce(nullif({values}, []), {single}), {wanted}), FALSE)")
    sql = f"({' OR '.join(tests)})" if len(tests) > 1 else tests[0] if tests else "FALSE"
    guardable = all(o.guardable for o in (operand, *items))
    return _truth(f"(NOT {sql})" if negated else sql, operand.nullable, negated, guardable)


def in_subquery(operator: str, operand: Operand, select: str, column: Operand) -> Operand:
    """`operand in (subquery)`. `select` is the SQL of a SELECT of one column; `column` speaks of that column's type. Of a
    dynamic column the entries of its arrays count: `summarize make_set(x)` makes a list of values as well."""
    negated, folded = operator.startswith("!"), operator.endswith("~")
    if operand.type == "dynamic":
        operand = convert(operand, "string" if column.type == "dynamic" else column.type)
    if column.type == "dynamic":
        entries = "CASE WHEN starts_with(kql_array, '[') THEN CAST(json_extract(kql_array, '$[*]') AS VARCHAR[]) ELSE [kql_array] END"
        select = f"SELECT unnest({entries}) FROM ({select}) AS kql_arrays(kql_array)"
    source = f"SELECT {{0}} FROM ({select}) AS kql_members(kql_member)"
    member = Operand("kql_member", column.type)
    if operand.type == "string" or column.type == "dynamic":
        member, operand = convert(member, "string"), convert(operand, "string")
    elif not (operand.type in NUMBERS and column.type in NUMBERS):
        member = convert(member, operand.type)
    read = f"lower({member.sql})" if folded else member.sql
    key = f"lower({operand.sql})" if folded else operand.sql
    # NOT IN over a NULL member would reject every row.
    where = f" WHERE {member.sql} IS NOT NULL" if member.nullable else ""
    sql = f"({key} {'NOT IN' if negated else 'IN'} ({source.format(read)}{where}))"
    return _truth(sql, operand.nullable, negated, False)


def _truth(sql: str, nullable: bool, negated: bool, guardable: bool) -> Operand:
    if not nullable:
        return Operand(sql, "bool", guardable=guardable)
    whole = f"coalesce({sql}, {'TRUE' if negated else 'FALSE'})"
    return Operand(whole, "bool", filter=None if negated else sql, guardable=guardable)


def _flat(value: Any) -> list[Any]:
    """The values of a constant array, those of arrays within it too."""
    return [entry for part in value for entry in _flat(part)] if isinstance(value, list) else [value]


def _scalar(value: Any) -> Operand:
    if isinstance(value, bool):
        return literal(value, "bool")
    if isinstance(value, int):
        return literal(value, "long")
    if isinstance(value, float):
        return literal(value, "real")
    if isinstance(value, str):
        return literal(value, "string")
    return literal(value, "dynamic")


def _membership(operand: Operand, entries: Sequence[Operand], folded: bool) -> tuple[str, list[str]]:
    if folded:
        key = f"lower({convert(operand, 'string').sql})"
        return key, [
            text(entry.constant.lower())
            if isinstance(entry.constant, str)
            else f"lower({convert(entry, 'string').sql})"
            for entry in entries
        ]
    if operand.type == "dynamic":
        # Entries decide the type, a mix is compared as text.
        kinds = {entry.type for entry in entries}
        kind: KqlType = kinds.pop() if len(kinds) == 1 else "string"
        operand = convert(operand, "string" if kind == "dynamic" else kind)
    if operand.type in NUMBERS:
        usable = [entry if entry.type in NUMBERS else convert(entry, operand.type) for entry in entries]
    else:
        usable = [convert(entry, operand.type) for entry in entries]
    return operand.sql, [entry.sql for entry in usable]


def _logic(operator: str, left: Operand, right: Operand) -> Operand:
    left, right = convert(left, "bool"), convert(right, "bool")
    word = operator.upper()
    sql = f"({left.sql} {word} {right.sql})"
    condition = f"({left.condition} {word} {right.condition})"
    return Operand(sql, "bool", filter=condition if condition != sql else None)


def compare(operator: str, left: Operand, right: Operand) -> Operand:
    """A comparison. Equality with one null side is false and inequality true; between two nulls both are null. All others
    are null where a side is."""
    left, right = comparable(left, right)
    sign = COMPARISONS[operator]
    plain = f"({left.sql} {sign} {right.sql})"
    if sign not in ("=", "<>") or not (left.nullable or right.nullable):
        return Operand(plain, "bool")
    if left.is_null or right.is_null:
        if left.is_null and right.is_null:
            return Operand("NULL::BOOLEAN", "bool", None)
        other = right if left.is_null else left
        return Operand(f"(CASE WHEN {other.sql} IS NOT NULL THEN {'FALSE' if sign == '=' else 'TRUE'} END)", "bool")
    word = "IS NOT DISTINCT FROM" if sign == "=" else "IS DISTINCT FROM"
    exact = f"({left.sql} {word} {right.sql})"
    if left.nullable and right.nullable:
        if not is_repeatable(left, right):
            return Operand(plain, "bool")
        exact = f"(CASE WHEN {left.sql} IS NOT NULL OR {right.sql} IS NOT NULL THEN {exact} END)"
    return Operand(exact, "bool", filter=plain if sign == "=" else None)


def comparable(left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """Both sides in types that DuckDB compares as Kusto does."""
    if left.type == right.type:
        if left.type == "dynamic":
            return _canonical(left), _canonical(right)
        return left, right
    if left.type in NUMBERS and right.type in NUMBERS:
        return left, right
    for first, second, swap in ((left, right, False), (right, left, True)):
        changed = _meet(first, second)
        if changed is not None:
            return (changed[1], changed[0]) if swap else changed
    raise FunctionRefused(f"A {left.type} cannot be compared with a {right.type}.")


def _meet(first: Operand, second: Operand) -> tuple[Operand, Operand] | None:
    if first.type == "dynamic":
        if second.type in NUMBERS:
            # A string that looks like a number is not that number.
            return Operand(f"TRY_CAST({first.sql} AS DOUBLE)", "real"), second
        if second.type == "bool":
            return Operand(f"CASE {first.sql} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END", "bool"), second
        return convert(first, second.type), second
    if first.type == "string" and second.type in ("datetime", "timespan", "guid"):
        return convert(first, second.type), second
    if first.type == "bool" and second.type in NUMBERS:
        return convert(first, "long"), second
    if first.type == "timespan" and second.type in ("int", "long"):
        return first, convert(second, "timespan")
    if first.type == "string":
        # `EventID == "4624"`: the text decides.
        return first, convert(second, "string")
    return None


def _canonical(operand: Operand) -> Operand:
    if operand.is_constant:
        return operand
    return Operand(f"CAST(json_extract({operand.sql}, '$') AS VARCHAR)", "dynamic")


# ---- arithmetic ----------------------------------------------------------------------------------------------------


def _arithmetic(operator: str, left: Operand, right: Operand) -> Operand:
    if left.type == "dynamic" and right.type == "dynamic":
        return _dynamic_arithmetic(operator, left, right)
    left, right = _undynamic(operator, left, right)
    kinds = (left.type, right.type)
    if left.type in NUMBERS and right.type in NUMBERS:
        return _numeric(operator, left, right)
    if kinds == ("datetime", "datetime") and operator == "-":
        return _folded(left, right, "timespan", lambda a, b: _ticks(a - b)) or Operand(
            f"((epoch_us({left.sql}) - epoch_us({right.sql})) * 10)", "timespan"
        )
    if kinds == ("datetime", "timespan") and operator in "+-":
        return _shift(left, right, operator)
    if kinds == ("timespan", "datetime") and operator == "+":
        return _shift(right, left, operator)
    if kinds == ("timespan", "timespan"):
        return _timespans(operator, left, right)
    if left.type == "timespan" and right.type in NUMBERS and operator in "*/":
        return _scale(operator, left, right)
    if left.type in NUMBERS and right.type == "timespan" and operator == "*":
        return _scale(operator, right, left)
    if left.type == "datetime" and right.type in NUMBERS and operator in "*/":
        ticks = _scale(operator, convert(convert(left, "long"), "timespan"), right)
        return convert(convert(ticks, "long"), "datetime")
    raise FunctionRefused(f"'{operator}' does not apply to a {left.type} and a {right.type}.")


def _dynamic_arithmetic(operator: str, left: Operand, right: Operand) -> Operand:
    """Two dynamics give a dynamic: whole numbers stay whole."""
    whole = _numeric(operator, *(Operand(f"TRY_CAST({side} AS BIGINT)", "long") for side in ("kql_d.a", "kql_d.b")))
    broken = _numeric(operator, *(Operand(f"TRY_CAST({side} AS DOUBLE)", "real") for side in ("kql_d.a", "kql_d.b")))
    sql = (
        f"list_extract(list_transform([{{'a': {left.sql}, 'b': {right.sql}}}], lambda kql_d: "
        f"CASE WHEN regexp_full_match(concat(kql_d.a, kql_d.b), '[-0-9]*') THEN CAST({whole.sql} AS VARCHAR) "
        f"ELSE CAST(to_json({broken.sql}) AS VARCHAR) END), 1)"
    )
    return Operand(sql, "dynamic")


def _undynamic(operator: str, left: Operand, right: Operand) -> tuple[Operand, Operand]:
    if left.type == "dynamic":
        return convert(left, _partner(operator, right.type)), right
    if right.type == "dynamic":
        return left, convert(right, _partner(operator, left.type))
    if left.type == "bool" and right.type in NUMBERS:
        return convert(left, "long"), right
    if right.type == "bool" and left.type in NUMBERS:
        return left, convert(right, "long")
    return left, right


def _partner(operator: str, kind: KqlType) -> KqlType:
    """What a dynamic is taken for beside a value of a type."""
    if kind == "datetime" and operator == "+":
        return "timespan"
    return "long" if kind in ("int", "bool") else kind


def _folded(left: Operand, right: Operand, kind: KqlType, compute: Any) -> Operand | None:
    if not (left.is_constant and right.is_constant):
        return None
    if left.constant is None or right.constant is None:
        return literal(None, kind)
    try:
        value = compute(left.constant, right.constant)
    except (ArithmeticError, ValueError):
        return None
    if kind in ("long", "timespan") and not -(2**63) <= value < 2**63:
        return None
    return literal(value, kind)


def _ticks(delta: dt.timedelta) -> int:
    return (delta.days * 86_400_000_000 + delta.seconds * 1_000_000 + delta.microseconds) * 10


def _numeric(operator: str, left: Operand, right: Operand) -> Operand:
    kind = max(left.type, right.type, key=WIDTH.index)
    if kind == "int":
        kind, left, right = "long", convert(left, "long"), convert(right, "long")
    if kind in ("long", "real"):
        folded = _folded(left, right, kind, lambda a, b: _compute(operator, a, b, kind))
        if folded is not None:
            return folded
    a, b = left.sql, right.sql
    if kind == "real":
        left, right = convert(left, "real"), convert(right, "real")
        if operator == "%":
            return Operand(f"mod({left.sql}, {right.sql})", kind)
        return Operand(f"({left.sql} {operator} {right.sql})", kind)
    if kind == "decimal":
        if operator in "+-":
            return Operand(f"CAST(({a} {operator} {b}) AS DECIMAL(38, 17))", kind)
        # A product of two DECIMAL(38, 17) has no room for digits before the point.
        return Operand(real_to_decimal(f"(CAST({a} AS DOUBLE) {operator} CAST({b} AS DOUBLE))"), kind)
    if operator in "+-*":
        return Operand(f"({a} {operator} {b})", kind)
    divisor = b if right.is_constant and right.constant else f"nullif({b}, 0)"
    if operator == "/":
        return Operand(f"({a} // {divisor})", kind)
    if right.is_constant and right.constant:
        size = abs(right.constant)
        return Operand(f"((({a} % {size}) + {size}) % {size})", kind)
    return Operand(f"((({a} % abs({divisor})) + abs({divisor})) % abs({divisor}))", kind)


def _compute(operator: str, a: Any, b: Any, kind: KqlType) -> Any:
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    if kind == "real":
        return a / b if operator == "/" else math.fmod(a, b)
    return (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1) if operator == "/" else a % abs(b)


def _shift(moment: Operand, span: Operand, operator: str) -> Operand:
    sign = 1 if operator == "+" else -1
    folded = _folded(moment, span, "datetime", lambda a, b: a + dt.timedelta(microseconds=sign * (b // 10)))
    if folded is not None:
        return folded
    if span.is_constant and span.constant is not None:
        return Operand(f"({moment.sql} {operator} to_microseconds({span.constant // 10}))", "datetime")
    return Operand(f"({moment.sql} {operator} to_microseconds({span.sql} // 10))", "datetime")


def _timespans(operator: str, left: Operand, right: Operand) -> Operand:
    if operator in "+-":
        folded = _folded(left, right, "timespan", lambda a, b: a + b if operator == "+" else a - b)
        return folded or Operand(f"({left.sql} {operator} {right.sql})", "timespan")
    if operator == "/":
        folded = _folded(left, right, "real", lambda a, b: a / b)
        return folded or Operand(f"(CAST({left.sql} AS DOUBLE) / CAST({right.sql} AS DOUBLE))", "real")
    if operator == "%":
        return Operand(f"({left.sql} % nullif({right.sql}, 0))", "timespan")
    raise FunctionRefused("A timespan cannot be multiplied by a timespan.")


def _scale(operator: str, span: Operand, factor: Operand) -> Operand:
    whole = factor.type in ("int", "long")
    if operator == "*":
        folded = _folded(span, factor, "timespan", lambda a, b: int(a * b))
        if folded is not None:
            return folded
        if whole:
            return Operand(f"({span.sql} * {factor.sql})", "timespan")
        return Operand(f"TRY_CAST(trunc({span.sql} * CAST({factor.sql} AS DOUBLE)) AS BIGINT)", "timespan")
    folded = _folded(span, factor, "timespan", lambda a, b: int(a / b) if not whole else a // b)
    if folded is not None:
        return folded
    if whole:
        return Operand(f"({span.sql} // nullif({factor.sql}, 0))", "timespan")
    return Operand(f"TRY_CAST(trunc(CAST({span.sql} AS DOUBLE) / CAST({factor.sql} AS DOUBLE)) AS BIGINT)", "timespan")
