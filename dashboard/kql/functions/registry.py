"""What a function is: its name, what it takes, what it gives, and how DuckDB says it.

How KQL values are held in DuckDB, everywhere in this room:

| KQL | DuckDB | null |
|---|---|---|
| string | VARCHAR | never NULL: a function whose SQL could give NULL wraps it in coalesce(…, '') |
| datetime | TIMESTAMP (UTC, 1 µs) | NULL |
| timespan | BIGINT ticks of 100 ns | NULL |
| dynamic | VARCHAR holding JSON text | NULL (a JSON `null` at the top is NULL too) |
| guid | VARCHAR, lower case with hyphens | NULL |
| bool, int, long, real | BOOLEAN, INTEGER, BIGINT, DOUBLE | NULL |
| decimal | DECIMAL(38, 17) | NULL |

The connection runs with `TimeZone = 'UTC'`; nothing else of its settings matters here.

How the binder uses this room (all imported from `dashboard.kql.functions`):

- `literal(value, type)` makes the operand of a constant; a column is `Operand('"T"."x"', type, name="x")`.
- `binary(operator, left, right)`, `unary`, `logical_not`, `between`, `in_list`, `member`, `index` and `convert` build
  operands of operands.
- `call_scalar(name, operands, context)` gives an operand, `call_aggregate(name, operands, context)` the columns of an
  aggregate, `call_window(name, operands, context, window)` a window function. All raise `FunctionRefused`.
- `now()` and everything relative to it is `Context.now`, fixed for one query, so that scans prune by time.
- In `where`, `join … on` and `countif` the binder uses `Operand.condition`: KQL's `==` and `!=` say false and true for one
  null side, which costs a scan its pruning; the condition may say NULL instead of false.
- `typeof(long)` as an argument is the constant string of the type's name.
- Names that need tables or columns (`column_ifexists`, `toscalar`, `pack_all`, `ingestion_time`, `typeof`) are the binder's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from dashboard.table import KqlType


class _NotConstant:
    def __repr__(self) -> str:
        return "NOT_CONSTANT"


NOT_CONSTANT: Final = _NotConstant()

IN_ORDER: Final = "\0"
"""Stands in an aggregate's SQL where the rows' order belongs: `list({0}\0)`. The binder puts ` ORDER BY …` there where the
rows come sorted, and nothing where they do not. No literal can hold this character."""


class JsonPath(Struct, frozen=True, gc=False):
    """Where a dynamic operand is a place inside a JSON text: the SQL of that text, a JSONPath into it (`$.a[0]`), and
    whether the text is known to be JSON (a dynamic column) or may be anything (`parse_json(SomeString)`)."""

    text: str
    path: str
    is_json: bool


class Operand(Struct, frozen=True, gc=False):
    """An argument: SQL text (parenthesised where it needs to be, so that it can stand anywhere), its KQL type, and its value
    where it is known before the query runs (held as `syntax.Literal.value` is). `name` is the column it came from where it
    is a plain column: aggregates and `extend` make result names of it.

    `filter` is the SQL to use as a condition where it differs (see the module). `json` keeps a path into a JSON text
    together, so that `tostring(parse_json(x).a.b)` reads the text once. `guardable` is False where the SQL holds an
    aggregate, a subquery or a volatile call: DuckDB's TRY takes none of them. `entries` is the SQL of a VARCHAR[] where a
    dynamic is an array of strings, `content` that of a VARCHAR where it is a string or null: what reads them need not go
    through JSON."""

    sql: str
    type: KqlType
    constant: Any = NOT_CONSTANT
    name: str | None = None
    filter: str | None = None
    json: JsonPath | None = None
    guardable: bool = True
    entries: str | None = None
    content: str | None = None

    @property
    def is_constant(self) -> bool:
        """Whether the value is known before the query runs."""
        return self.constant is not NOT_CONSTANT

    @property
    def is_null(self) -> bool:
        """Whether it is the null literal."""
        return self.constant is None

    @property
    def nullable(self) -> bool:
        """Whether the SQL may give NULL: strings and constants other than null never do."""
        return self.type != "string" and (not self.is_constant or self.constant is None)

    @property
    def condition(self) -> str:
        """The SQL as a condition, where NULL counts as false."""
        return self.filter or self.sql

    def named(self, name: str | None) -> Operand:
        """The same operand under another result name."""
        return replace(self, name=name)


class Context(Struct, frozen=True):
    """What is fixed for one query: its time (UTC, naive), and the session's values for current_user() and its like."""

    now: dt.datetime
    values: dict[str, str] = field(default_factory=dict)


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


class PythonFunction(Struct, frozen=True):
    """A function the engine registers on its connection before a query runs, because SQL cannot say it in one
    expression. `call` takes one row's values (VARCHAR, BIGINT, DOUBLE … as `arguments` names DuckDB's types) and gives one
    value; a NULL argument gives NULL without a call."""

    name: str
    call: Callable[..., Any]
    arguments: tuple[str, ...]
    returns: str


class ScalarFunction(Struct, frozen=True):
    """A scalar function. `parameters` names the type each argument is converted to before the call ("any": left as it is;
    "number": int, long, real or decimal as it is; the last entry repeats where `variadic`); fewer than `required` or more
    than there are is a semantic error. `fold` computes the result from constant arguments (already converted), for the
    cases that must be known while binding. `build` makes the operand itself, where SQL text and a type do not say it all
    (constants, JSON paths, the query's time). `notice` gives a sentence that the reader of a result must know when the
    function was called, or nothing."""

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
    build: Callable[[Sequence[Operand], Context], Operand] | None = None
    python: tuple[PythonFunction, ...] = ()
    volatile: bool = False
    notice: Callable[[], str] | None = None


class AggregateFunction(Struct, frozen=True):
    """An aggregate. `sql` gives one DuckDB aggregate expression (which may use FILTER and ORDER BY). `result_name` makes the
    default column name from the operands (`sum_x`, `count_`). `columns` gives several result columns instead
    (arg_max, percentiles, take_any): see `AggregateCall`."""

    name: str
    parameters: tuple[str, ...]
    returns: Returns
    sql: Sql
    result_name: Callable[[Sequence[Operand]], str]
    required: int | None = None
    variadic: bool = False
    aliases: tuple[str, ...] = ()
    note: str = ""
    columns: Callable[[Sequence[Operand]], AggregateCall] | None = None
    family: str = "aggregates"
    python: tuple[PythonFunction, ...] = ()


class AggregateCall(Struct, frozen=True):
    """The result columns of one aggregate call: operands whose `name` is the default result name.

    Where `shared` is given, it is the one aggregate expression, and each column's SQL reads `SHARED` (a plain word to be
    replaced): either by the aggregate's own text, or better by the name under which an inner SELECT computed it."""

    columns: tuple[Operand, ...]
    shared: str | None = None

    def inline(self) -> tuple[Operand, ...]:
        """The columns with the shared aggregate's own text in them."""
        if self.shared is None:
            return self.columns
        return tuple(replace(column, sql=column.sql.replace(SHARED, self.shared)) for column in self.columns)


SHARED: Final = "__shared__"


class Window(Struct, frozen=True):
    """The serialized order a window function runs in: the SQL of ORDER BY's content (`"TimeGenerated" DESC NULLS LAST`, or
    a row number the binder made when it serialized), and of PARTITION BY, empty where there is none.

    Some functions need two steps, a window over the result of a window, which SQL takes only from an inner SELECT: `settle`
    computes an expression there and gives the SQL of the column that holds it."""

    order: str
    partition: str = ""
    settle: Callable[[str, KqlType], str] | None = None

    def over(self, frame: str = "", partition: str = "") -> str:
        """The OVER clause, with a frame and a further partition."""
        parts = ", ".join(part for part in (self.partition, partition) if part)
        inside = [f"PARTITION BY {parts}" if parts else "", f"ORDER BY {self.order}", frame]
        return f"OVER ({' '.join(part for part in inside if part)})"


class WindowFunction(Struct, frozen=True):
    """A function over serialized rows. `sql` gives the window expression from operands and window."""

    name: str
    parameters: tuple[str, ...]
    returns: Returns
    sql: Callable[[Sequence[Operand], Window], str]
    required: int | None = None
    note: str = ""
    family: str = "windows"


class TupleFunction(Struct, frozen=True):
    """A scalar function that gives several columns (`series_fit_line`, `series_stats`). `results` gives an operand for each
    column, its default name in `name`; as a plain scalar the call stands for its first column."""

    name: str
    parameters: tuple[str, ...]
    results: Callable[[Sequence[Operand], Context], Sequence[Operand]]
    family: str
    required: int | None = None
    variadic: bool = False
    aliases: tuple[str, ...] = ()
    note: str = ""
    python: tuple[PythonFunction, ...] = ()


class Registry(Struct, frozen=True):
    """All functions by name (aliases included, names as KQL spells them: case-sensitive)."""

    scalars: dict[str, ScalarFunction] = field(default_factory=dict)
    aggregates: dict[str, AggregateFunction] = field(default_factory=dict)
    windows: dict[str, WindowFunction] = field(default_factory=dict)
    tuples: dict[str, TupleFunction] = field(default_factory=dict)

    def add(self, *functions: ScalarFunction | AggregateFunction | WindowFunction | TupleFunction) -> None:
        """Adds functions; a name given twice is a programming error."""
        for function in functions:
            aliases = () if isinstance(function, WindowFunction) else function.aliases
            for name in (function.name, *aliases):
                self._put(name, function)

    def _put(self, name: str, function: ScalarFunction | AggregateFunction | WindowFunction | TupleFunction) -> None:
        if any(name in table for table in (self.scalars, self.aggregates, self.windows, self.tuples)):
            raise ValueError(f"function {name} is defined twice")
        match function:
            case ScalarFunction():
                self.scalars[name] = function
            case AggregateFunction():
                self.aggregates[name] = function
            case WindowFunction():
                self.windows[name] = function
            case TupleFunction():
                self.tuples[name] = function
