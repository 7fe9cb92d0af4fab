"""Whole columns at a time: pools to draw from, texts put together from columns, and rows of a known table.

Times are microseconds since 1970 as int64. A column may be given as one value for all rows, a NumPy array or an Arrow
array; what is not given is empty ('' in strings, null elsewhere), as the columns of the real tables are.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.ingest.schemas import known_tables
from dashboard.table import arrow_type

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_HEX = np.frombuffer("".join(f"{i:02x}" for i in range(256)).encode(), dtype=np.uint8).reshape(256, 2)
Weights = Sequence[float] | np.ndarray | None
_UUID_HYPHENS = (8, 13, 18, 23)


def text_json(value: Any) -> str:
    """JSON as the services write it: compact, not escaped to ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def micros(moment: dt.datetime) -> int:
    """Microseconds since 1970 of an aware or naive UTC time."""
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
    return int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1))


def texts(values: Iterable[Any]) -> pa.Array:
    """A pool of strings."""
    return pa.array([str(value) for value in values], type=pa.string())


def pick(pool: Sequence[Any] | pa.Array, index: np.ndarray) -> Any:
    """The pool's entries by index: an Arrow string array, or a NumPy array where the pool holds numbers."""
    if isinstance(pool, np.ndarray):
        return pool[index]
    array = pool if isinstance(pool, pa.Array) else texts(pool)
    return array.take(pa.array(index))


def draw(rng: np.random.Generator, pool: Sequence[Any] | pa.Array, n: int, weights: Weights = None) -> Any:
    """`n` entries of the pool by chance."""
    return pick(pool, choose(rng, len(pool), n, weights))


def choose(rng: np.random.Generator, size: int, n: int, weights: Weights = None) -> np.ndarray:
    """`n` indexes below `size` by chance, by weight where weights are given."""
    if weights is None:
        return rng.integers(0, size, n)
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    found: np.ndarray = np.searchsorted(edges, rng.random(n) * edges[-1], side="right").clip(0, size - 1)
    return found


def uuids(rng: np.random.Generator, n: int) -> pa.Array:
    """`n` random identifiers, lower case with hyphens."""
    digits = _HEX[rng.integers(0, 256, (n, 16), dtype=np.uint8)].reshape(n, 32)
    out = np.full((n, 36), ord("-"), dtype=np.uint8)
    position = 0
    for column in range(36):
        if column not in _UUID_HYPHENS:
            out[:, column] = digits[:, position]
            position += 1
    return _fixed_text(out)


def hexes(rng: np.random.Generator, n: int, length: int) -> pa.Array:
    """`n` random lower-case hexadecimal texts of `length` characters."""
    digits = _HEX[rng.integers(0, 256, (n, (length + 1) // 2), dtype=np.uint8)].reshape(n, (length + 1) // 2 * 2)
    return _fixed_text(np.ascontiguousarray(digits[:, :length]))


def _fixed_text(characters: np.ndarray) -> pa.Array:
    n, width = characters.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(characters.tobytes()))


def iso(times: np.ndarray, digits: int = 6) -> pa.Array:
    """ISO 8601 texts with Z, `digits` of a second's fraction (0, 3 or 6)."""
    unit: Any = {0: "s", 3: "ms", 6: "us"}[digits]
    plain = np.datetime_as_string(times.astype("datetime64[us]"), unit=unit)
    return pc.binary_join_element_wise(pa.array(plain, type=pa.string()), "Z", "")


def number_texts(values: np.ndarray) -> pa.Array:
    """Numbers as texts."""
    return pa.array(values).cast(pa.string())


def fill(template: str, **parts: Any) -> pa.Array:
    """The template with each `«name»` replaced by the rows of that part (or by its one value). At least one part has rows."""
    pieces: list[Any] = []
    for piece in re.split("(«[a-z_]+»)", template):
        if piece.startswith("«"):
            part = parts[piece[1:-1]]
            if isinstance(part, np.ndarray):
                part = number_texts(part)
            pieces.append(part)
        elif piece:
            pieces.append(piece)
    return pc.binary_join_element_wise(*pieces, "")


def where(mask: np.ndarray, yes: Any, no: Any) -> pa.Array:
    """Row by row `yes` or `no`; each an array or one text."""
    return pc.if_else(pa.array(mask), yes, no)


@lru_cache(maxsize=256)
def arrow_schema(table: str) -> tuple[tuple[str, str, pa.DataType], ...]:
    """Name, KQL type and Arrow type of each column of a known table."""
    return tuple((name, kind, arrow_type(kind)) for name, kind in known_tables()[table])


@dataclass
class Rows:
    """Rows of one known table in the making. `times` is sorted; `put` fills columns."""

    table: str
    times: np.ndarray
    columns: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.times)

    def put(self, **columns: Any) -> Rows:
        """Sets columns and returns the same rows. A name that the table does not have is an error of the generator."""
        self.columns.update(columns)
        return self

    def arrow(self) -> pa.Table:
        """The rows with every column of the table in the order of its schema, in the forms of dashboard.table."""
        n = len(self.times)
        zeros = pa.array(np.zeros(n, dtype=np.int32))
        given = dict(self.columns)
        arrays: list[Any] = []
        schema = arrow_schema(self.table)
        names = [name for name, _, _ in schema]
        unknown = set(given) - set(names)
        if unknown:
            raise ValueError(f"{self.table} has no column {sorted(unknown)}")
        for name, kind, arrow in schema:
            if name == "TimeGenerated":
                arrays.append(pa.array(self.times).cast(arrow))
            elif name == "Type" and name not in given:
                arrays.append(_constant(self.table, zeros))
            elif name not in given:
                arrays.append(_constant("", zeros) if kind == "string" else pa.nulls(n, arrow))
            else:
                arrays.append(_column(given[name], kind, arrow, n, zeros))
        return pa.Table.from_arrays(arrays, names=names)


def _constant(value: str, zeros: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(zeros, pa.array([value], type=pa.string()))


def _column(value: Any, kind: str, arrow: pa.DataType, n: int, zeros: pa.Array) -> Any:
    if isinstance(value, (pa.Array, pa.ChunkedArray)):
        return value if value.type == arrow else value.cast(arrow)
    if isinstance(value, np.ndarray):
        if kind == "datetime":
            return pa.array(value.astype(np.int64)).cast(arrow)
        if kind in ("string", "dynamic", "guid") and value.dtype.kind in "iuf":
            return number_texts(value)
        return pa.array(value, type=arrow)
    if kind == "dynamic" and not isinstance(value, str):
        value = None if value is None else text_json(value)
    if value is None:
        return _constant("", zeros) if kind == "string" else pa.nulls(n, arrow)
    if isinstance(value, str) and kind in ("string", "dynamic", "guid"):
        return _constant(value, zeros)
    if isinstance(value, dt.datetime):
        value = micros(value)
    return pa.array(np.full(n, value)).cast(arrow)


def rows_from(table: str, records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A few hand-made rows of a known table, sorted by time (`TimeGenerated`, in microseconds, where the table has it); a
    dict or list is written as JSON in any column."""
    ordered = sorted(records, key=lambda record: record.get("TimeGenerated", 0))
    schema = arrow_schema(table)
    unknown = {key for record in records for key in record} - {name for name, _, _ in schema}
    if unknown:
        raise ValueError(f"{table} has no column {sorted(unknown)}")
    arrays = []
    for name, kind, arrow in schema:
        default = table if name == "Type" else "" if kind == "string" else None
        cells = [_cell(record.get(name, default), kind) for record in ordered]
        arrays.append(
            pa.array(cells, type=pa.int64()).cast(arrow) if kind == "datetime" else pa.array(cells, type=arrow)
        )
    return pa.Table.from_arrays(arrays, names=[name for name, _, _ in schema])


def _cell(value: Any, kind: str) -> Any:
    if kind == "datetime" and isinstance(value, dt.datetime):
        return micros(value)
    if isinstance(value, (dict, list)):
        return text_json(value)
    if kind == "string":
        return "" if value is None else str(value)
    if kind == "dynamic" and value is not None and not isinstance(value, str):
        return text_json(value)
    return value
