"""Arrow as DuckDB and files give it, brought to the forms of dashboard.table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dashboard.table import Column, KqlType, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa


def conform(arrow: pa.Table, columns: tuple[Column, ...]) -> pa.Table:
    """`arrow` with the names and Arrow types of `columns`, position by position; strings without nulls."""
    import pyarrow as pa

    arrays = []
    for i, column in enumerate(columns):
        array = arrow.column(i)
        wanted = arrow_type(column.type)
        # A decimal keeps its own scale: large ones (parse_version) have no room for the usual one.
        if array.type != wanted and not (column.type == "decimal" and pa.types.is_decimal(array.type)):
            array = array.cast(wanted, safe=False)
        if column.type == "string" and array.null_count:
            import pyarrow.compute as pc  # a tenth of what a first query costs, and few results need it

            array = pc.fill_null(array, "")
        if column.type == "datetime":
            array = _within_the_calendar(array)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first microsecond of the year 1 and the last of 9999, from 1970."""


def _within_the_calendar(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times beyond KQL's range, which DuckDB holds and Python does not, become null."""
    import numpy as np

    for chunk in times.chunks:
        # A look at the buffer, where nulls hold anything, costs next to nothing; importing pyarrow.compute does.
        data = chunk.buffers()[1] if len(chunk) else None
        if data is None:
            continue
        found = np.frombuffer(data, "int64", len(chunk), chunk.offset * 8)
        if found.min() < EARLIEST or found.max() > LATEST:
            import pyarrow as pa
            import pyarrow.compute as pc

            numbers = times.cast(pa.int64())
            inside = pc.and_(pc.greater_equal(numbers, EARLIEST), pc.less_equal(numbers, LATEST))
            return pc.if_else(inside, times, pa.scalar(None, times.type))
    return times


TYPES_KEY = b"watchbook.types"
"""Where an imported file keeps the KQL types of its columns as JSON: Parquet itself has no dynamic, guid or timespan."""


def kql_columns(schema: pa.Schema) -> tuple[tuple[str, KqlType], ...]:
    """Names and KQL types of an Arrow schema: what the file says of itself, else by Arrow's types. Nested types are dynamic;
    what has no KQL type is a string."""
    said = json.loads((schema.metadata or {}).get(TYPES_KEY, b"{}"))
    return tuple((field.name, said.get(field.name) or kql_type(field.type)) for field in schema)


def kql_type(kind: pa.DataType) -> KqlType:
    """The KQL type that an Arrow type means."""
    import pyarrow.types as t

    if t.is_timestamp(kind) or t.is_date(kind):
        return "datetime"
    if t.is_boolean(kind):
        return "bool"
    if t.is_int64(kind) or t.is_uint32(kind) or t.is_uint64(kind):
        return "long"
    if t.is_integer(kind):
        return "int"
    if t.is_floating(kind):
        return "real"
    if t.is_decimal(kind):
        return "decimal"
    if t.is_duration(kind):
        return "timespan"
    if t.is_nested(kind):
        return "dynamic"
    return "string"
