"""The columns of one table in an import: which key of a record goes where, and with which type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from dashboard.engines.arrow import TYPES_KEY
from dashboard.ingest.imports.convert import column as convert_column
from dashboard.ingest.imports.convert import infer
from dashboard.ingest.imports.delimited import zone_of
from dashboard.ingest.imports.records import Record
from dashboard.ingest.schemas import known_tables
from dashboard.table import KqlType, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

TIME = "TimeGenerated"
_TIMES = (
    "time", "timestamp", "eventtime", "timecreated", "createddatetime", "creationtime", "activitydatetime", "starttimeutc",
    "starttime", "firstseen", "dateadded", "date", "datetime", "stagetimestamp", "eventtimestamp", "eventsubmissiontimestamp",
)  # fmt: skip
_SUFFIXES: dict[KqlType, str] = {"datetime": "t", "real": "d", "long": "l", "bool": "b", "dynamic": "o", "guid": "g"}

Misfits = dict[int, tuple[str, Any, KqlType]]


class Layout:
    """Columns of `table`. Known columns have their known type; others get the type their values have, or the one they have
    in the files of `folder` already. A known column whose values are mostly of another type is kept under another name."""

    def __init__(self, table: str, folder: Path) -> None:
        self.table = table
        self.known: dict[str, KqlType] = dict(known_tables().get(table, ()))
        self.extra = _stored_types(folder, self.known)
        self.timed = TIME in self.known or not self.known
        self.aside: list[str] = []
        """Known columns whose values were put under another name."""
        self.unknown_zones: set[str] = set()
        self.time_from = ""
        self._places: dict[str, tuple[str, str]] = {}
        self._used: dict[str, str] = {}
        self._lower = {name.lower(): name for name in {**self.known, **self.extra}}

    def types(self) -> dict[str, KqlType]:
        """Every column's type: the known ones in their order, then the others."""
        time: dict[str, KqlType] = {TIME: "datetime"} if self.timed else {}
        return {**self.known, **time, **self.extra}

    def convert(self, rows: Sequence[Record]) -> tuple[pa.Table, Misfits]:
        """The rows as columns, and for rows that do not fit the first column that says so, its value and its type."""
        import pyarrow as pa

        keys = list(dict.fromkeys(key for row in rows for key in row))
        for key in keys:
            if key not in self._places:
                self._place(key, [row.get(key) for row in rows])
        self._choose_time(keys)
        arrays: dict[str, pa.Array] = {}
        misfits: Misfits = {}
        for key in keys:
            name, zone = self._places[key]
            cells = [row.get(key) for row in rows]
            kind = self.known.get(name) or self.extra.get(name) or ("datetime" if name == TIME else "string")
            arrays[name], wrong = convert_column(cells, kind, zone)
            further = {
                i: value for i, value in wrong.items() if name != TIME and (name not in self.known or _is_number(value))
            }
            if further:
                spare = self._spare(name, "string")
                arrays[spare] = convert_column([further.get(i) for i in range(len(rows))], "string")[0]
            for position, value in wrong.items():
                if position not in further:
                    misfits.setdefault(position, (name, value, kind))
        if self.timed and TIME not in arrays and self.time_from in keys:
            name, zone = self._places[self.time_from]
            arrays[TIME] = convert_column([row.get(self.time_from) for row in rows], "datetime", zone)[0]
        if self.timed and TIME not in arrays:
            arrays[TIME] = pa.nulls(len(rows), arrow_type("datetime"))
        if not arrays:
            arrays["Empty"] = pa.nulls(len(rows), pa.string())
        return pa.table(arrays), misfits

    def complete(self, arrow: pa.Table) -> pa.Table:
        """With every column of the table, in order; strings without nulls."""
        import pyarrow as pa
        import pyarrow.compute as pc

        n = arrow.num_rows
        zeros = pa.array(np.zeros(n, dtype=np.int8))
        names = [*(name for name in self.types() if name in self.known or name in arrow.column_names)]
        arrays = []
        for name in names:
            kind = self.types()[name]
            if name not in arrow.column_names:
                text = self.table if name == "Type" else ""
                arrays.append(
                    pa.DictionaryArray.from_arrays(zeros, pa.array([text]))
                    if kind == "string"
                    else pa.nulls(n, arrow_type(kind))
                )
                continue
            array = arrow.column(name)
            arrays.append(pc.fill_null(array, "") if kind == "string" and array.null_count else array)
        return pa.Table.from_arrays(arrays, names=names)

    def _place(self, key: str, cells: list[Any]) -> None:
        name, zone = zone_of(key)
        if zone:
            from dashboard.ingest.imports.times import zone_info

            if zone_info(zone) is None:
                self.unknown_zones.add(zone)
        name = self._lower.get(name.lower(), name) if name not in self.known else name
        name = name or "Column"
        if name.lower() in self._used:
            name = self._free(name)
        kind = self.known.get(name)
        sample = cells[:5_000]
        if kind is not None and kind != "string":
            if name != TIME and self._mostly_wrong(sample, kind, zone):
                self.aside.append(name)
                name = self._spare(name, "string")
        elif kind is None and not (name == TIME and self.timed):
            found = infer(sample, zone)
            held = self.extra.get(name)
            if held is None:
                self.extra[name] = found
                self._lower[name.lower()] = name
            elif held not in (found, "string") and convert_column(sample, held, zone)[1]:
                name = self._spare(name, found)
        self._used.setdefault(name.lower(), key)
        self._places[key] = (name, zone)

    def _mostly_wrong(self, cells: list[Any], kind: KqlType, zone: str) -> bool:
        wrong = len(convert_column(cells, kind, zone)[1])
        return wrong * 2 > sum(cell not in (None, "") for cell in cells)

    def _spare(self, name: str, kind: KqlType) -> str:
        """A column for values of a type that the column `name` cannot hold, as Log Analytics names them: `name_s`."""
        spare = f"{name}_{_SUFFIXES.get(kind, 's')}"
        mark = f"\0{name}"
        while self.types().get(spare, kind) != kind or self._used.get(spare.lower(), mark) != mark:
            spare += "_"
        if spare not in self.known:
            self.extra[spare] = kind
        self._used[spare.lower()] = mark
        return spare

    def _free(self, name: str) -> str:
        count = 2
        while f"{name}_{count}".lower() in self._used or f"{name}_{count}" in self.known:
            count += 1
        return f"{name}_{count}"

    def _choose_time(self, keys: list[str]) -> None:
        if self.time_from or not self.timed or any(self._places[key][0] == TIME for key in keys):
            return
        plain = {
            zone_of(key)[0].lower().replace(" ", "").replace("_", "").removesuffix("utc"): key for key in reversed(keys)
        }
        self.time_from = next(
            (plain[name.removesuffix("utc")] for name in _TIMES if name.removesuffix("utc") in plain), ""
        )


def _is_number(value: Any) -> bool:
    """A number that its column has no room for (a fraction, a large one) is kept; a text there is a mistake."""
    if isinstance(value, str):
        return re.fullmatch(r"\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*", value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _stored_types(folder: Path, known: dict[str, KqlType]) -> dict[str, KqlType]:
    """The types of further columns in files that were imported before."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, KqlType] = {}
    for file in sorted(folder.glob("date=*/import-*.parquet")):
        try:
            types = orjson.loads((pq.read_schema(file).metadata or {}).get(TYPES_KEY, b"{}"))
        except (OSError, pa.ArrowException, orjson.JSONDecodeError):
            continue
        found |= {name: kind for name, kind in types.items() if name not in known and name != TIME}
    return found
