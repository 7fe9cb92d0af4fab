"""The answer to a query: Arrow columns with KQL types, a status and notices.

Every engine returns a `Table`, everything drawn or exported starts from one. How each KQL type is held:

| KQL type | Arrow | note |
|---|---|---|
| string | string | never null; an empty string where there is no value |
| datetime | timestamp[us] | UTC, without a zone |
| timespan | int64 | ticks of 100 nanoseconds |
| dynamic | string | JSON text, null where the value is null |
| guid | string | lower case with hyphens |
| bool, int, long, real | bool, int32, int64, float64 | |
| decimal | decimal128 | |

pyarrow and pandas are imported where they are used: importing the package stays cheap.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

KqlType = Literal["string", "datetime", "int", "long", "real", "bool", "dynamic", "guid", "timespan", "decimal"]
Status = Literal["ok", "partial"]

TICKS_PER_SECOND = 10_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and KQL type."""

    name: str
    type: KqlType


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader of a result must know: rows cut off, a partial result, an old clock."""

    code: str
    message: str


@dataclass(frozen=True)
class Table:
    """Columns, rows (`arrow`, in the order of `columns`), and what is to be said about them.

    `render` holds the query's own `| render` kind and properties, where it has one. `statistics` holds what the
    engine tells of the run (`seconds`, `bytes_scanned` …).
    """

    columns: tuple[Column, ...]
    arrow: pa.Table
    status: Status = "ok"
    notices: tuple[Notice, ...] = ()
    render: dict[str, Any] | None = None
    statistics: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def type_of(self, name: str) -> KqlType | None:
        """The KQL type of the column `name`, None where there is no such column."""
        return next((column.type for column in self.columns if column.name == name), None)

    def column(self, name: str) -> list[Any]:
        """The values of one column as Python values (datetimes are naive UTC, timespans ticks, dynamics JSON text)."""
        values: list[Any] = self.arrow.column(self.names.index(name)).to_pylist()
        return values

    def rows(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of Python values, held as the module says."""
        if not self.columns:
            return [()] * len(self)
        return list(zip(*(self.arrow.column(i).to_pylist() for i in range(len(self.columns))), strict=True))

    def json_rows(self) -> list[list[Any]]:
        """All rows in the JSON form of the command line's contract (see `json_cell`)."""
        types = [column.type for column in self.columns]
        return [[json_cell(cell, kind) for cell, kind in zip(row, types, strict=True)] for row in self.rows()]

    def head(self, rows: int) -> Table:
        """The first rows."""
        return replace(self, arrow=self.arrow.slice(0, rows))

    def take(self, rows: Sequence[int]) -> Table:
        """The rows of these numbers, in this order."""
        return replace(self, arrow=self.arrow.take(list(rows)))

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with datetimes as naive UTC timestamps and timespans as timedeltas."""
        import pandas as pd

        frame = self.arrow.to_pandas()
        for column in self.columns:
            if column.type == "timespan":
                frame[column.name] = pd.to_timedelta(frame[column.name] * 100, unit="ns")
        return frame

    def with_notice(self, *notices: Notice) -> Table:
        """The same table with more notices."""
        return replace(self, notices=(*self.notices, *notices))


def render_of(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """`Table.render`: the chart's kind under `kind`, and the property of that name (`stacked`, `unstacked` …) under `style`."""
    rest = {name: value for name, value in properties.items() if name != "kind"}
    return {**rest, "kind": kind, **({"style": properties["kind"]} if properties.get("kind") else {})}


@cache
def arrow_type(kind: KqlType) -> pa.DataType:
    """The Arrow type that holds a KQL type."""
    import pyarrow as pa

    plain = {
        "string": pa.string(), "datetime": pa.timestamp("us"), "int": pa.int32(), "long": pa.int64(),
        "real": pa.float64(), "bool": pa.bool_(), "dynamic": pa.string(), "guid": pa.string(),
        "timespan": pa.int64(), "decimal": pa.decimal128(38, 17),
    }  # fmt: skip
    return plain[kind]


def table_from_rows(columns: Iterable[tuple[str, KqlType]], rows: Sequence[Sequence[Any]]) -> Table:
    """A table from rows of Python values. Dynamic values may be given as Python objects or as JSON text; a str in a
    dynamic column is taken as JSON text."""
    import pyarrow as pa

    heads = tuple(Column(name, kind) for name, kind in columns)
    arrays = []
    for i, head in enumerate(heads):
        cells = [row[i] for row in rows]
        if head.type == "dynamic":
            cells = [c if c is None or isinstance(c, str) else json.dumps(c, ensure_ascii=False) for c in cells]
        elif head.type == "string":
            cells = ["" if c is None else c for c in cells]
        elif head.type == "datetime":
            cells = [c.astimezone(dt.UTC).replace(tzinfo=None) if c is not None and c.tzinfo else c for c in cells]
        arrays.append(pa.array(cells, type=arrow_type(head.type)))
    return Table(heads, pa.Table.from_arrays(arrays, names=[head.name for head in heads]))


# JSON has no NaN and no infinities; Python's reader takes them.
_read_json = json.JSONDecoder(parse_constant=str).decode


def json_cell(cell: Any, kind: KqlType) -> Any:
    """One cell in the JSON of the command line's contract: datetime is ISO 8601 with Z, timespan `d.hh:mm:ss.fffffff`,
    dynamic its JSON value, NaN and infinities strings, null null."""
    if cell is None:
        return None
    if kind == "dynamic":
        try:
            return _read_json(cell)
        except ValueError:
            return cell
    if kind == "datetime":
        return format_datetime(cell)
    if kind == "timespan":
        return format_timespan(cell)
    if kind == "real" and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else "Infinity" if cell > 0 else "-Infinity"
    if isinstance(cell, Decimal):
        return format(cell.normalize(), "f")
    return cell


def format_datetime(value: dt.datetime) -> str:
    """ISO 8601 with Z; fractions of a second only where there are any (7 digits, as Kusto prints ticks)."""
    head = f"{value.year:04d}-{value.month:02d}-{value.day:02d}T{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    return f"{head}.{value.microsecond:06d}0Z" if value.microsecond else f"{head}Z"


def format_timespan(ticks: int) -> str:
    """KQL's text of a timespan: `[-][d.]hh:mm:ss[.fffffff]`."""
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    text = f"{sign}{days}." if days else sign
    text += f"{hour:02d}:{minute:02d}:{second:02d}"
    return f"{text}.{fraction:07d}" if fraction else text
