"""iff, case, coalesce, max_of, min_of: values of several operands under one type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from dashboard.kql.functions.convert import NUMBERS, convert, to_dynamic
from dashboard.kql.functions.operators import WIDTH, binary, logical_not
from dashboard.kql.functions.registry import Context, FunctionRefused, Operand, ScalarFunction
from dashboard.table import KqlType

function = partial(ScalarFunction, family="conditional")


def unify(operands: Sequence[Operand], branches: bool = False) -> tuple[KqlType, list[Operand]]:
    """The one type of several operands, and the operands in it: the widest of numbers. Mixed with a dynamic the type is
    dynamic. Of the `branches` of iff and case a dynamic takes the type of the others, and where these have no common one,
    all become dynamic."""
    kinds = [operand.type for operand in operands]
    others = [operand for operand in operands if operand.type != "dynamic"]
    if branches and 0 < len(others) < len(operands):
        shared, _ = unify(others, branches)
        if shared != "dynamic":
            return shared, [convert(operand, shared) for operand in operands]
    if len(set(kinds)) == 1:
        return kinds[0], list(operands)
    kind: KqlType
    if set(kinds) <= set(NUMBERS):
        kind = max(kinds, key=WIDTH.index)
    elif "dynamic" in kinds:
        kind = "dynamic"
    else:
        # An untyped null takes the type of the others.
        known = {operand.type for operand in operands if not operand.is_null}
        if len(known) != 1 and branches:
            known = {"dynamic"}
        if len(known) != 1:
            raise FunctionRefused(f"The values must have one type; these are {', '.join(dict.fromkeys(kinds))}.")
        kind = known.pop()
    if kind == "dynamic":
        return kind, [o if o.type == "dynamic" else Operand(to_dynamic(o), "dynamic") for o in operands]
    return kind, [convert(operand, kind) for operand in operands]


def _condition(operand: Operand) -> str:
    return convert(operand, "bool").condition


def _iff(operands: Sequence[Operand], context: Context) -> Operand:
    kind, (yes, no) = unify(operands[1:], True)
    return Operand(f"(CASE WHEN {_condition(operands[0])} THEN {yes.sql} ELSE {no.sql} END)", kind)


def _case(operands: Sequence[Operand], context: Context) -> Operand:
    if len(operands) % 2 == 0:
        raise FunctionRefused("case() takes pairs of a condition and a value, and a last value for everything else.")
    kind, values = unify([*operands[1::2], operands[-1]], True)
    branches = " ".join(
        f"WHEN {_condition(test)} THEN {value.sql}" for test, value in zip(operands[:-1:2], values[:-1], strict=True)
    )
    return Operand(f"(CASE {branches} ELSE {values[-1].sql} END)", kind)


def _coalesce(operands: Sequence[Operand], context: Context) -> Operand:
    kind, values = unify(operands)
    if kind == "string":
        return Operand(f"coalesce({', '.join(f'''nullif({v.sql}, '')''' for v in values)}, '')", kind)
    return Operand(f"coalesce({', '.join(value.sql for value in values)})", kind)


def _extreme(word: str) -> ScalarFunction:
    def build(operands: Sequence[Operand], context: Context) -> Operand:
        kind, values = unify(operands)
        return Operand(f"{word}({', '.join(value.sql for value in values)})", kind)

    return function(
        "max_of" if word == "greatest" else "min_of", ("any",), "long", "", required=1, variadic=True, build=build
    )


def _not(operands: Sequence[Operand], context: Context) -> Operand:
    return logical_not(operands[0])


def _around(operands: Sequence[Operand], context: Context) -> Operand:
    value, middle, delta = operands
    low, high = binary("-", middle, delta), binary("+", middle, delta)
    return binary("and", binary(">=", value, low), binary("<=", value, high))


FUNCTIONS = (
    function("iff", ("any", "any", "any"), "string", "", aliases=("iif",), build=_iff),
    function("case", ("any",), "string", "", required=3, variadic=True, build=_case),
    function("coalesce", ("any",), "string", "", required=2, variadic=True, build=_coalesce),
    _extreme("greatest"),
    _extreme("least"),
    function("not", ("any",), "bool", "", build=_not),
    function("around", ("any", "any", "any"), "bool", "", build=_around),
)
