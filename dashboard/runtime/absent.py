"""Custom tables that the local data does not have: an answer without rows that says so, instead of a red error.

A workbook over a connector's own table (`netflow_CL`) cannot be wrong about the table: it is the data that is not there. The
same holds for the columns that AzureDiagnostics only has once somebody logged them (`clientIp_s`).
"""

from __future__ import annotations

import re

from dashboard.engines.protocol import QueryRequest
from dashboard.errors import Problem
from dashboard.table import Notice, Table

_TABLE = re.compile(r"'(\w+_CL)'", re.IGNORECASE)
_COLUMN = re.compile(r"'(\w+_(?:s|d|b|t|g))'")


def absent(problem: Problem, request: QueryRequest) -> Table | None:
    """The answer to a log query that failed for want of a custom table, None where it failed for another reason."""
    if request.source != "logs":
        return None
    table = _TABLE.search(problem.message) if problem.code == "KQ101" else None
    if table is not None:
        return _nothing(f"The table {table[1]} is not in the local data. Import its rows to see them here.")
    column = _COLUMN.search(problem.message) if problem.code == "KQ102" else None
    if column is not None and "AzureDiagnostics" in request.text:
        return _nothing(f"No row of AzureDiagnostics in the local data has the column {column[1]}.")
    return None


def _nothing(why: str) -> Table:
    import pyarrow as pa

    return Table((), pa.table({}), notices=(Notice("RT014", why),))
