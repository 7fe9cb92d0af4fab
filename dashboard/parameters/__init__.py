"""Workbook parameters: their kinds, what depends on what, how a value becomes text, and substitution.

In come parameter definitions and values, out come resolved texts. It knows no engine: options that come from a query
are handed in.
"""

from dashboard.parameters.conditions import visible
from dashboard.parameters.options import Option, options_from_json, options_from_rows
from dashboard.parameters.substitute import Context, references, substitute, substitute_deep
from dashboard.parameters.times import TimeRange, read_range
from dashboard.parameters.values import Value, text_value

__all__ = [
    "Context",
    "Option",
    "TimeRange",
    "Value",
    "options_from_json",
    "options_from_rows",
    "read_range",
    "references",
    "substitute",
    "substitute_deep",
    "text_value",
    "visible",
]
