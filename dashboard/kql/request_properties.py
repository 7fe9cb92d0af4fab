"""`set` statements: the properties of a request that change its answer. All others say how Microsoft's service works, and
change nothing here.

Source: Kusto documentation, request properties.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from dashboard.kql import syntax as s
from dashboard.kql.bound import Bound
from dashboard.kql.functions.registry import Context
from dashboard.kql.literals import read_datetime

if TYPE_CHECKING:
    from dashboard.kql.binder import Binder

_FIRST = dt.datetime(1, 1, 1)
_LAST = dt.datetime(9999, 12, 31)


def take_property(binder: Binder, statement: s.SetOption) -> None:
    """Has the rest of the query heed the property. Raises BindFailure where the value is none that the property takes."""
    value = getattr(statement.value, "value", getattr(statement.value, "name", True))
    name = statement.name.lower()
    low, high = binder.timespan or (_FIRST, _LAST)
    if name == "query_now":
        binder.context = Context(_moment(binder, statement, value), binder.context.values)
    elif name == "query_datetimescope_from":
        binder.timespan = (_moment(binder, statement, value), high)
    elif name == "query_datetimescope_to":
        binder.timespan = (low, _moment(binder, statement, value))
    elif name == "query_datetimescope_column" and value not in ("", "TimeGenerated"):
        raise binder.failure(statement, "KQ204", f"'{statement.name}' can only be TimeGenerated here.")
    elif name == "query_take_max_records":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise binder.failure(statement, "KQ104", f"'{statement.name}' takes a number of rows, such as 1000.")
        binder.most_rows = Bound(str(value), "long")


def _moment(binder: Binder, statement: s.SetOption, value: Any) -> dt.datetime:
    moment = read_datetime(value) if isinstance(value, str) else value
    if not isinstance(moment, dt.datetime):
        raise binder.failure(
            statement, "KQ104", f"'{statement.name}' takes a time, such as datetime(2026-11-29 08:00:00)."
        )
    return moment
