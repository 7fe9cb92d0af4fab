"""Calls: arguments checked and converted, then the function's SQL."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from dashboard.kql.functions.all import REGISTRY
from dashboard.kql.functions.convert import NUMBERS, convert
from dashboard.kql.functions.literals import literal
from dashboard.kql.functions.registry import (
    AggregateCall,
    AggregateFunction,
    Context,
    FunctionRefused,
    Operand,
    ScalarFunction,
    TupleFunction,
    Window,
    WindowFunction,
)
from dashboard.table import KqlType

AnyFunction = ScalarFunction | AggregateFunction | WindowFunction | TupleFunction
F = TypeVar("F", ScalarFunction, AggregateFunction, WindowFunction, TupleFunction)


def call_scalar(name: str, operands: Sequence[Operand], context: Context) -> Operand:
    """The operand of `name(operands)`."""
    function = _find(REGISTRY.scalars, name)
    arguments = prepare(function, operands)
    guardable = all(operand.guardable for operand in operands) and not function.volatile
    if function.build is not None:
        result = function.build(arguments, context)
        return replace(result, guardable=result.guardable and guardable, name=None)
    kind = function.returns(arguments) if callable(function.returns) else function.returns
    if function.fold is not None and all(argument.is_constant for argument in arguments):
        return literal(function.fold(*(argument.constant for argument in arguments)), kind)
    return Operand(_sql(function.sql, arguments), kind, guardable=guardable)


def call_aggregate(name: str, operands: Sequence[Operand], context: Context) -> AggregateCall:
    """The result columns of the aggregate `name(operands)`."""
    function = _find(REGISTRY.aggregates, name)
    arguments = prepare(function, operands)
    # Conversions keep the column's name for the result's.
    arguments = [a if a is o else replace(a, name=o.name) for a, o in zip(arguments, operands, strict=True)]
    if function.columns is not None:
        call = function.columns(arguments)
        return replace(call, columns=tuple(replace(column, guardable=False) for column in call.columns))
    kind = function.returns(arguments) if callable(function.returns) else function.returns
    sql = _sql(function.sql, arguments)
    return AggregateCall((Operand(sql, kind, name=function.result_name(arguments), guardable=False),))


def call_tuple(name: str, operands: Sequence[Operand], context: Context) -> tuple[Operand, ...]:
    """The columns of a function that gives several."""
    function = _find(REGISTRY.tuples, name)
    arguments = prepare(function, operands)
    guardable = all(operand.guardable for operand in operands)
    return tuple(replace(column, guardable=guardable) for column in function.results(arguments, context))


def call_window(name: str, operands: Sequence[Operand], context: Context, window: Window) -> Operand:
    """The operand of a window function over serialized rows."""
    function = _find(REGISTRY.windows, name)
    arguments = prepare(function, operands)
    kind = function.returns(arguments) if callable(function.returns) else function.returns
    return Operand(function.sql(arguments, window), kind, guardable=False)


def python_functions() -> list[tuple[str, Callable[..., Any], list[str], str]]:
    """The functions the engine registers on its connection: name, callable, types of arguments and result as DuckDB spells
    them. They take NULL and may give it (`null_handling="special"`): a NULL argument gives NULL without a call."""
    tables = (REGISTRY.scalars, REGISTRY.aggregates, REGISTRY.tuples)
    found = {python.name: python for table in tables for entry in table.values() for python in entry.python}
    return [
        (python.name, _skipping_null(python.call, len(python.arguments)), list(python.arguments), python.returns)
        for python in found.values()
    ]


def _skipping_null(call: Callable[..., Any], count: int) -> Callable[..., Any]:
    def skipping(*arguments: Any) -> Any:
        return None if None in arguments else call(*arguments)

    # DuckDB counts the parameters.
    names = [inspect.Parameter(f"a{i}", inspect.Parameter.POSITIONAL_ONLY) for i in range(count)]
    skipping.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    return skipping


def suggestion(name: str, known: Mapping[str, Any]) -> str:
    """` Did you mean 'x'?` where a known name is near, else nothing."""
    lowered = {key.lower(): key for key in known}
    near = lowered.get(name.lower()) or next(iter(difflib.get_close_matches(name, known, 1, 0.75)), None)
    return f" Did you mean '{near}'?" if near else ""


def _find(table: Mapping[str, F], name: str) -> F:
    function = table.get(name)
    if function is None:
        raise FunctionRefused(f"'{name}' is not a function.{suggestion(name, table)}")
    return function


def prepare(function: AnyFunction, operands: Sequence[Operand]) -> list[Operand]:
    """The arguments, as many as the function takes, each in the type it takes."""
    most = None if getattr(function, "variadic", False) else len(function.parameters)
    least = len(function.parameters) if function.required is None else function.required
    if len(operands) < least or (most is not None and len(operands) > most):
        wanted = str(least) if least == most else f"at least {least}" if most is None else f"{least} to {most}"
        raise FunctionRefused(
            f"{function.name}() takes {wanted} argument{'s' if wanted != '1' else ''}; got {len(operands)}."
        )
    arguments = []
    last = len(function.parameters) - 1
    for i, operand in enumerate(operands):
        wanted = function.parameters[i if i < last else last]
        as_it_is = wanted == "any" or operand.type == wanted
        arguments.append(operand if as_it_is else _argument(function.name, i, operand, wanted))
    return arguments


def _argument(name: str, position: int, operand: Operand, wanted: str) -> Operand:
    if wanted == "number":
        if operand.type in NUMBERS:
            return operand
        if operand.type in ("dynamic", "bool"):
            return convert(operand, "real" if operand.type == "dynamic" else "long")
        raise FunctionRefused(f"Argument {position + 1} of {name}() must be a number; this is a {operand.type}.")
    try:
        return convert(operand, cast(KqlType, wanted))
    except FunctionRefused as refused:
        raise FunctionRefused(
            f"Argument {position + 1} of {name}() must be a {wanted}; this is a {operand.type}."
        ) from refused


def _sql(template: Any, arguments: Sequence[Operand]) -> str:
    if callable(template):
        return str(template(arguments))
    return str(template.format(*(argument.sql for argument in arguments)))
