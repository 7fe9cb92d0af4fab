"""Tables that the local data does not have: an answer without rows that says so, instead of a red error.

A workbook over a connector's own table (`netflow_CL`) cannot be wrong about the table: it is the data that is not there. The
same holds for the columns that AzureDiagnostics only has once somebody logged them (`clientIp_s`), and for columns of tables
and functions that connectors and solutions bring: of those a few columns are known, the others come with the rows.
"""

from __future__ import annotations

import re

from dashboard.engines.protocol import Engine, QueryRequest
from dashboard.errors import Problem
from dashboard.table import Notice, Table

_TABLE = re.compile(r"'(\w+_CL)'", re.IGNORECASE)
_CUSTOM = re.compile(r"'(\w+_(?:s|d|b|t|g))'")
_COLUMN = re.compile(r"no column(?: or variable)? '([^']+)'")
_FUNCTION = re.compile(r"no function '(\w+)'")


def absent(problem: Problem, request: QueryRequest, engine: Engine) -> Table | None:
    """The answer to a log query that failed for want of something that only comes with rows, None where it failed for
    another reason."""
    if request.source != "logs":
        return None
    table = _TABLE.search(problem.message) if problem.code == "KQ101" else None
    if table is not None:
        return _nothing(f"The table {table[1]} is not in the local data. Import its rows to see them here.")
    column = _CUSTOM.search(problem.message) if problem.code == "KQ102" else None
    if column is not None and "AzureDiagnostics" in request.text:
        return _nothing(f"No row of AzureDiagnostics in the local data has the column {column[1]}.")
    wanted = _COLUMN.search(problem.message) if problem.code == "KQ102" else _FUNCTION.search(problem.message)
    if wanted is None:
        return None
    names = _partly_known(request.text, engine)
    if problem.code == "KQ102" and names:
        known = f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'} no rows in the local data"
        return _nothing(f"{known}, so that the column {wanted[1]} is not known here. Import rows to see them here.")
    if wanted[1] in names:
        return _nothing(f"{wanted[1]} has no rows in the local data. Import rows to see them here.")
    return None


def _partly_known(text: str, engine: Engine) -> list[str]:
    """Tables in the text without rows, of which only some columns are known: they lack the standard column `Type`."""
    words = dict.fromkeys(re.findall(r"\w+", text))
    empty = {info.name: info for info in engine.tables() if not info.rows and info.name in words}
    return [word for word in words if word in empty and all(column != "Type" for column, _ in empty[word].columns)]


def _nothing(why: str) -> Table:
    import pyarrow as pa

    return Table((), pa.table({}), notices=(Notice("RT014", why),))
