"""The functions of KQL, by family: one file a family, data wherever a table says it all.

In come typed operands that already are SQL, out comes SQL text and a type. A file here knows neither syntax trees nor
tables. `registry` defines the shapes, `all` collects the families, `calls` checks and makes calls.
"""

from dashboard.kql.functions.all import REGISTRY
from dashboard.kql.functions.calls import (
    call_aggregate,
    call_scalar,
    call_tuple,
    call_window,
    python_functions,
    suggestion,
)
from dashboard.kql.functions.convert import convert
from dashboard.kql.functions.dynamic_access import index, member
from dashboard.kql.functions.literals import literal
from dashboard.kql.functions.operators import between, binary, in_list, in_subquery, logical_not, unary
from dashboard.kql.functions.registry import (
    IN_ORDER,
    SHARED,
    AggregateCall,
    Context,
    FunctionRefused,
    Operand,
    PythonFunction,
    Window,
)

__all__ = [
    "IN_ORDER",
    "REGISTRY",
    "SHARED",
    "AggregateCall",
    "Context",
    "FunctionRefused",
    "Operand",
    "PythonFunction",
    "Window",
    "between",
    "binary",
    "call_aggregate",
    "call_scalar",
    "call_tuple",
    "call_window",
    "convert",
    "in_list",
    "in_subquery",
    "index",
    "literal",
    "logical_not",
    "member",
    "python_functions",
    "suggestion",
    "unary",
]
