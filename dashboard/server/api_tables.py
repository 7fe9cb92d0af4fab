"""Tables as the JSON of the query API, in pieces: rows are turned into text a slice at a time, so that a long result
never stands in memory as text."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from dashboard.server.api_errors import partial_for_kusto, partial_for_logs
from dashboard.table import KqlType, Table, format_datetime, format_timespan

_ROWS = 2_000
_BYTES = 2_097_152
_LOGS_RENDER = {"visualization": None, "title": None, "accumulate": False, "isQuerySorted": False, "kind": None}
_KUSTO_RENDER = {
    "Visualization": None, "Title": None, "XColumn": None, "Series": None, "YColumns": None, "AnomalyColumns": None,
    "XTitle": None, "YTitle": None, "XAxis": None, "YAxis": None, "Legend": None, "YSplit": None, "Accumulate": False,
    "IsQuerySorted": False, "Kind": None, "Ymin": "NaN", "Ymax": "NaN",
}  # fmt: skip
_DOTNET: dict[KqlType, str] = {
    "string": "String", "datetime": "DateTime", "int": "Int32", "long": "Int64", "real": "Double", "bool": "SByte",
    "dynamic": "Object", "guid": "Guid", "timespan": "TimeSpan", "decimal": "SqlDecimal",
}  # fmt: skip


def to_json(value: Any) -> str:
    """`value` as JSON without spaces, in ASCII: half characters of log data stay escapes."""
    return json.dumps(value, separators=(",", ":"))


def service_time(value: dt.datetime) -> str:
    """ISO 8601 with Z; of the fraction of a second only the digits that are needed."""
    text = format_datetime(value)
    return f"{text[:-1].rstrip('0')}Z" if "." in text else text


def _real(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decimal(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _native(value: str) -> Any:
    try:
        found = json.loads(value)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return value
    return found


_CELLS: dict[KqlType, Callable[[Any], Any]] = {
    "datetime": service_time, "timespan": format_timespan, "real": _real, "decimal": _decimal,
}  # fmt: skip


def row_texts(table: Table, cells: dict[KqlType, Callable[[Any], Any]]) -> Iterator[str]:
    """The rows of a table as JSON arrays with commas between them, some rows a piece. `cells` turns a value of a type,
    held as dashboard.table says, into what JSON holds."""
    size = max(table.arrow.nbytes, 1)
    step = max(1, min(_ROWS, _BYTES * len(table) // size))
    turn = [cells.get(column.type) for column in table.columns]
    for start in range(0, len(table), step):
        part = table.arrow.slice(start, step)
        columns = []
        for i, make in enumerate(turn):
            values = part.column(i).to_pylist()
            columns.append([v if v is None else make(v) for v in values] if make else values)
        rows = list(zip(*columns, strict=True)) if columns else [()] * part.num_rows
        yield ("," if start else "") + to_json(rows)[1:-1]


# ---- Log Analytics -----------------------------------------------------------------------------------------------------


def logs_body(table: Table, *, statistics: bool, render: bool) -> Iterator[str]:
    """The answer of Log Analytics: one table, and what was asked for beside it. Dynamic values are JSON text."""
    columns = [{"name": column.name, "type": column.type} for column in table.columns]
    yield f'{{"tables":[{{"name":"PrimaryResult","columns":{to_json(columns)},"rows":['
    yield from row_texts(table, _CELLS)
    rest: dict[str, Any] = {}
    if statistics:
        rest["statistics"] = {"query": query_statistics(table)}
    if render:
        rest["render"] = _logs_render(table)
    if table.status == "partial":
        rest["error"] = partial_for_logs(len(table))
    more = to_json(rest)[1:-1]
    yield "]}]" + (f",{more}" if more else "") + "}"


def query_statistics(table: Table) -> dict[str, Any]:
    """Statistics in the service's form, of what is known here: seconds, rows and bytes of the result."""
    return {
        "executionTime": float(table.statistics.get("seconds", 0.0)),
        "datasetStatistics": [{"tableRowCount": len(table), "tableSize": int(table.arrow.nbytes)}],
    }


def _logs_render(table: Table) -> dict[str, Any]:
    told = table.render or {}
    spelt = {name.lower(): name[0].lower() + name[1:] for name in _KUSTO_RENDER}
    properties = {spelt.get(name.lower(), name): value for name, value in told.items() if name not in ("kind", "style")}
    return {**_LOGS_RENDER, **properties, "visualization": told.get("kind"), "kind": told.get("style")}


# ---- Kusto -------------------------------------------------------------------------------------------------------------


def _kusto_render(table: Table) -> str:
    told = table.render or {}
    spelt = {name.lower(): name for name in _KUSTO_RENDER}
    properties = {spelt[name.lower()]: value for name, value in told.items() if name.lower() in spelt}
    return to_json({**_KUSTO_RENDER, **properties, "Visualization": told.get("kind"), "Kind": told.get("style")})


def _v2_table(number: int, kind: str, name: str, columns: list[tuple[str, str]]) -> str:
    heads = [{"ColumnName": column, "ColumnType": of} for column, of in columns]
    head = {"FrameType": "DataTable", "TableId": number, "TableKind": kind, "TableName": name, "Columns": heads}
    return to_json(head)[:-1] + ',"Rows":['


_COMPLETION = [
    ("Timestamp", "datetime"), ("ClientRequestId", "string"), ("ActivityId", "guid"), ("SubActivityId", "guid"),
    ("ParentActivityId", "guid"), ("Level", "int"), ("LevelName", "string"), ("StatusCode", "int"),
    ("StatusCodeName", "string"), ("EventType", "int"), ("EventTypeName", "string"), ("Payload", "string"),
]  # fmt: skip


def kusto_v2_body(table: Table, request_id: str, activity: str) -> Iterator[str]:
    """Kusto's answer in frames (version 2). Dynamic values are JSON values; rows cut off end in an error."""
    yield '[{"FrameType":"DataSetHeader","IsProgressive":false,"Version":"v2.0"},'
    properties = [("TableId", "int"), ("Key", "string"), ("Value", "dynamic")]
    yield _v2_table(0, "QueryProperties", "@ExtendedProperties", properties)
    yield to_json([1, "Visualization", _kusto_render(table)]) + "]},"
    columns = [(column.name, column.type) for column in table.columns]
    yield _v2_table(1, "PrimaryResult", "PrimaryResult", [(name, str(kind)) for name, kind in columns])
    yield from row_texts(table, {**_CELLS, "dynamic": _native})
    failed = table.status == "partial"
    errors = {"OneApiErrors": [partial_for_kusto(len(table))]} if failed else {}
    if failed:
        yield ("," if len(table) else "") + to_json(errors)
    yield "]}," + _v2_table(2, "QueryCompletionInformation", "QueryCompletionInformation", _COMPLETION)
    yield ",".join(to_json(row) for row in _completion(table, request_id, activity)) + "]},"
    yield to_json({"FrameType": "DataSetCompletion", "HasErrors": failed, "Cancelled": False, **errors}) + "]"


def _completion(table: Table, request_id: str, activity: str) -> list[list[Any]]:
    head = [service_time(dt.datetime.now(dt.UTC)), request_id, activity, activity, activity]
    told = query_statistics(table)
    usage = {
        "ExecutionTime": told["executionTime"],
        "dataset_statistics": [{"table_row_count": len(table), "table_size": int(table.arrow.nbytes)}],
    }
    done = to_json({"Count": 1, "Text": "Query completed successfully"})
    rows = [
        [*head, 4, "Info", 0, "S_OK (0)", 4, "QueryInfo", done],
        [*head, 6, "Stats", 0, "S_OK (0)", 0, "QueryResourceConsumption", to_json(usage)],
    ]
    if table.status == "partial":
        failed = to_json({"Count": 1, "Text": "Query result set was cut at its limit of rows"})
        rows[0] = [*head, 2, "Error", -2133196797, "E_QUERY_RESULT_SET_TOO_LARGE", 4, "QueryInfo", failed]
    return rows


def _v1_table(name: str, columns: list[tuple[str, KqlType]]) -> str:
    heads = [{"ColumnName": column, "DataType": _DOTNET[kind], "ColumnType": kind} for column, kind in columns]
    return to_json({"TableName": name, "Columns": heads})[:-1] + ',"Rows":['


def kusto_command_body(table: Table) -> Iterator[str]:
    """Kusto's answer to a management command: one table in its first form."""
    yield from _v1_result(table)
    yield "]}"


def _v1_result(table: Table) -> Iterator[str]:
    """The first table of the first form, open to more: dynamic values are JSON text, bool is 0 or 1."""
    yield '{"Tables":[' + _v1_table("Table_0", [(column.name, column.type) for column in table.columns])
    yield from row_texts(table, {**_CELLS, "bool": int})
    yield "]}"


def kusto_v1_body(table: Table, request_id: str, activity: str) -> Iterator[str]:
    """Kusto's answer to a query in its first form: the result, its properties, its status, a table of contents."""
    yield from _v1_result(table)
    yield "," + _v1_table("Table_1", [("Value", "string")]) + to_json([_kusto_render(table)]) + "]}"
    status: list[tuple[str, KqlType]] = [
        ("Timestamp", "datetime"), ("Severity", "int"), ("SeverityName", "string"), ("StatusCode", "int"),
        ("StatusDescription", "string"), ("Count", "int"), ("RequestId", "guid"), ("ActivityId", "guid"),
        ("SubActivityId", "guid"), ("ClientActivityId", "string"),
    ]  # fmt: skip
    now = service_time(dt.datetime.now(dt.UTC))
    failed = table.status == "partial"
    said = partial_for_kusto(len(table))["error"]["@message"] if failed else "Query completed successfully"
    severity = [2, "Error", -2133196797] if failed else [4, "Info", 0]
    row = [now, *severity, said, 1, activity, activity, activity, request_id]
    yield "," + _v1_table("Table_2", status) + to_json(row) + "]}"
    contents: list[tuple[str, KqlType]] = [
        ("Ordinal", "long"), ("Kind", "string"), ("Name", "string"), ("Id", "string"), ("PrettyName", "string"),
    ]  # fmt: skip
    rows = [
        [0, "QueryResult", "PrimaryResult", activity, ""],
        [1, "QueryProperties", "@ExtendedProperties", activity, ""],
        [2, "QueryStatus", "QueryStatus", "00000000-0000-0000-0000-000000000000", ""],
    ]
    yield "," + _v1_table("Table_3", contents) + to_json(rows)[1:-1] + "]}]"
    yield (',"Exceptions":' + to_json([said]) if failed else "") + "}"
