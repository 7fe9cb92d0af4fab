"""What a function is: its name, what it takes, what it gives, and how DuckDB says it.

How KQL values are held in DuckDB, everywhere in this room:

| KQL | DuckDB | null |
|---|---|---|
| string | VARCHAR | never NULL: a function whose SQL could give NULL wraps it in coalesce(…, '') |
| datetime | TIMESTAMP (UTC, 1 µs) | NULL |
| timespan | BIGINT ticks of 100 ns | NULL |
| dynamic | VARCHAR holding JSON text | NULL |
| guid | VARCHAR, lower case with hyphens | NULL |
| bool, int, long, real | BOOLEAN, INTEGER, BIGINT, DOUBLE | NULL |
| decimal | DECIMAL(38, 17) | NULL |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dashboard.table import KqlType


class _NotConstant:
    def __repr__(self) -> str:
        return "NOT_CONSTANT"


NOT_CONSTANT: Final = _NotConstant()


@dataclass(frozen=True, slots=True)
class Operand:
    """An argument: SQL text (parenthesised where it needs to be, so that it can stand anywhere), its KQL type, and its value
    where it is known before the query runs (held as `syntax.Literal.value` is). `name` is the column it came from where it
    is a plain column: aggregates and `extend` make result names of it."""

    sql: str
    type: KqlType
    constant: Any = NOT_CONSTANT
    name: str | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the value is known before the query runs."""
        return self.constant is not NOT_CONSTANT


class FunctionRefused(Exception):
    """A call that cannot be translated: wrong argument types or count (`semantic`), or a form that is not supported
    (`unsupported`), with one sentence that says so. The binder adds code and place."""

    def __init__(self, message: str, kind: str = "semantic") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


Returns = KqlType | Callable[[Sequence[Operand]], KqlType]
# A template with {0}, {1} … for the operands' SQL, or a function of the operands.
Sql = str | Callable[[Sequence[Operand]], str]


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    """A scalar function. `parameters` names the type each argument is converted to before the call ("any": left as it is;
    the last entry repeats where `variadic`); fewer than `required` or more than there are is a semantic error.
    `fold` computes the result from constant arguments, for the cases that must be known while binding."""

    name: str
    parameters: tuple[str, ...]
    returns: Returns
    sql: Sql
    family: str
    required: int | None = None
    variadic: bool = False
    aliases: tuple[str, ...] = ()
    fold: Callable[..., Any] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """An aggregate. `sql` gives one DuckDB aggregate expression (which may use FILTER and ORDER BY). `result_name` makes the
    default column name from the operands (`sum_x`, `count_`)."""

    name: str
    parameters: tuple[str, ...]
    returns: Returns
    sql: Sql
    result_name: Callable[[Sequence[Operand]], str]
    required: int | None = None
    variadic: bool = False
    aliases: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Registry:
    """All functions by name (aliases included, names as KQL spells them: case-sensitive)."""

    scalars: dict[str, ScalarFunction] = field(default_factory=dict)
    aggregates: dict[str, AggregateFunction] = field(default_factory=dict)

    def add(self, *functions: ScalarFunction | AggregateFunction) -> None:
        """Adds functions; a name given twice is a programming error."""
        for function in functions:
            table: dict[str, Any] = self.scalars if isinstance(function, ScalarFunction) else self.aggregates
            for name in (function.name, *function.aliases):
                if name in table:
                    raise ValueError(f"function {name} is defined twice")
                table[name] = function
