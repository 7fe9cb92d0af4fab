"""Feeds into the tables: a file is read to its end before anything is put in place, so nothing is ever half imported."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from dashboard.detection.intelligence import tables
from dashboard.detection.intelligence.indicator import Indicator, Other, Rejected
from dashboard.detection.intelligence.read_csv import read_csv
from dashboard.detection.intelligence.read_misp import read_misp
from dashboard.detection.intelligence.read_stix import Read, read_stix
from dashboard.engines.protocol import CancelToken
from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest.imports.source import Source
from dashboard.ingest.schemas import known_tables
from dashboard.table import arrow_type

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

FORMATS: Final = ("stix", "misp", "csv")
_AT_A_TIME: Final = 20_000
_MISP_BYTES: Final = 256 << 20
_MOST_REASONS: Final = 20
Progress = Callable[[float, str], None]


@dataclass
class ImportReport:
    """What became of a feed: `indicators` read, of which `rows` observables were written (`unmatchable` indicators have no
    single value to look for), `active` of them at once; `objects` of other STIX kinds; `rejected` by reason."""

    source: str
    indicators: int = 0
    rows: int = 0
    active: int = 0
    unmatchable: int = 0
    objects: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    first_rejected: list[Rejected] = field(default_factory=list)

    def reject(self, entry: Rejected) -> None:
        """Counts something that is no indicator."""
        self.rejected += 1
        reason = entry.reason.split(": ", 1)[-1] if entry.reason.startswith("indicator--") else entry.reason
        if reason in self.reasons or len(self.reasons) < _MOST_REASONS:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        if len(self.first_rejected) < _MOST_REASONS:
            self.first_rejected.append(entry)


def import_file(
    path: Path,
    folder: Path,
    *,
    source: str = "",
    form: str = "",
    now: dt.datetime | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> ImportReport:
    """Imports a STIX bundle, a MISP event or feed, or a CSV file (gzip and zstd are unpacked) into the data `folder`.

    `source` names the feed in the tables (default: the file's name); `form` is one of FORMATS (default: told by the content).
    Raises WatchbookError: TI001 not there, TI002 of no known format, TI003 broken (nothing was imported), TI004 no indicator.
    """
    try:
        size = path.stat().st_size
        opened = Source(path)
    except OSError as error:
        raise WatchbookError(Problem("TI001", f"{path} cannot be read: {error.strerror or error}.")) from None
    with opened:

        def told(share: float, what: str) -> None:
            if progress:
                progress(min(0.8, 0.8 * opened.position / max(1, size)) if share < 1 else 1.0, what)

        stream = io.BufferedReader(opened, 1 << 18)
        try:
            report = import_stream(
                stream,
                folder,
                source=source or path.stem,
                form=form,
                name=path.name,
                now=now,
                progress=told,
                cancel=cancel,
            )
        except OSError as error:
            raise WatchbookError(Problem("TI001", f"{path} cannot be read: {error}.")) from None
        if opened.damage:
            report.reject(Rejected(0, f"the file is damaged: {opened.damage}"))
        return report


def import_stream(
    stream: IO[bytes],
    folder: Path,
    *,
    source: str,
    form: str = "",
    name: str = "",
    now: dt.datetime | None = None,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> ImportReport:
    """The same from an open stream. `name` is told in errors."""
    moment = (now or dt.datetime.now(dt.UTC)).replace(tzinfo=None)
    buffered = cast(
        "io.BufferedReader[Any]", stream if isinstance(stream, io.BufferedReader) else io.BytesIO(stream.read())
    )
    form = form or told_format(buffered)
    if form not in FORMATS:
        hint = "Import a STIX bundle, a MISP event, or a CSV file."
        raise WatchbookError(
            Problem("TI002", f"{name or source} is of no known format.", place=Place(file=name), hint=hint)
        )
    try:
        return import_objects(
            _read(buffered, form, moment), folder, source=source, now=moment, progress=progress, cancel=cancel
        )
    except (ValueError, RecursionError) as error:
        raise WatchbookError(
            Problem(
                "TI003",
                f"{name or source} cannot be imported: {error}.",
                place=Place(file=name),
                hint="Nothing was imported.",
            )
        ) from None


def told_format(stream: io.BufferedReader[Any]) -> str:
    """The format by the beginning of the text; empty where it is none."""
    head = stream.peek(4096)[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"{", b"["):
        if b'"Event"' in head or b'"Attribute"' in head or b'"response"' in head:
            return "misp"
        return "stix" if b'"objects"' in head or b'"bundle"' in head or b'"spec_version"' in head else ""
    printable = sum(byte > 31 or byte in (9, 10, 13) for byte in head)
    return "csv" if head and printable == len(head) and head[:1] != b"<" else ""


def _read(stream: io.BufferedReader[Any], form: str, now: dt.datetime) -> Iterator[Read]:
    if form == "stix":
        return read_stix(stream, now)
    if form == "csv":
        return read_csv(stream, now)
    text = stream.read(_MISP_BYTES + 1)
    if len(text) > _MISP_BYTES:
        raise ValueError(f"a MISP file may have {_MISP_BYTES >> 20} MB; export it by event")
    return read_misp(text, now)


def import_objects(
    objects: Iterable[Read],
    folder: Path,
    *,
    source: str,
    now: dt.datetime,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> ImportReport:
    """Takes what a reader gives. Raises WatchbookError (TI004) where it gives neither indicators nor other objects, and
    whatever the reader raises: then nothing was imported."""
    report = ImportReport(source)
    with tables.changing(folder) as stage:
        rows = _Rows(stage / "staged.parquet", source, now)
        others: dict[str, Other] = {}
        for place, entry in enumerate(objects):
            if isinstance(entry, Indicator):
                report.indicators += 1
                report.unmatchable += not entry.observables
                rows.add(entry, place)
                if cancel and not place % 1000:
                    cancel.check()
                if progress and not report.indicators % 5000:
                    progress(0.0, f"{report.indicators:,} indicators read")
            elif isinstance(entry, Other):
                known = others.get(entry.id)
                if known is None or known.modified <= entry.modified:
                    others[entry.id] = entry
            else:
                report.reject(entry)
        rows.close()
        report.rows, report.active, report.objects = rows.count, rows.active, len(others)
        if not report.indicators and not others:
            why = (
                f" {report.first_rejected[0].reason[:1].upper()}{report.first_rejected[0].reason[1:]}."
                if report.rejected
                else ""
            )
            raise WatchbookError(Problem("TI004", f"{source} holds no indicator.{why}"))
        connection = tables.open_duckdb(stage)
        files: dict[str, Path | None] = {}
        buckets = sorted(rows.buckets)
        for done, bucket in enumerate(buckets):
            if cancel:
                cancel.check()
            if progress:
                progress(0.8 + 0.2 * done / len(buckets), f"{report.rows:,} rows put in order")
            files |= tables.merge(connection, folder, stage, stage / "staged.parquet", [bucket])
        if others:
            files |= _objects(connection, folder, stage, others, source, now)
        connection.close()
        tables.put_in_place(folder, stage, files)
    if progress:
        progress(1.0, f"{report.indicators:,} indicators")
    return report


class _Rows:
    """Rows of the newer table, in the order they come, as one Parquet file."""

    def __init__(self, file: Path, source: str, now: dt.datetime) -> None:
        self.count = self.active = 0
        self.buckets: set[int] = set()
        self._file, self._source, self._now = file, source, now
        self._columns = known_tables()[tables.MODERN]
        self._rows: list[tuple[Any, ...]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, entry: Indicator, place: int) -> None:
        """Takes an indicator: one row for each of its observables, one with none for an indicator that has none."""
        base = f"{self._source}---{entry.id}".replace("#", "")
        bucket = tables.bucket_of(base)
        self.buckets.add(bucket)
        active = not entry.revoked and (entry.valid_until is None or entry.valid_until > self._now)
        tags, data = json.dumps(entry.tags, ensure_ascii=False), entry.data.decode()
        for number, (key, value) in enumerate(entry.observables or (("", ""),), 1):
            self.count += 1
            self.active += active
            ident = base if number == 1 else f"{base}#{number}"
            self._rows.append((
                ident, key, value, entry.pattern, entry.confidence, active, entry.revoked, tags, data, entry.created,
                entry.modified, entry.valid_from, entry.valid_until, bucket, place,
            ))  # fmt: skip
        if len(self._rows) >= _AT_A_TIME:
            self._flush()

    def close(self) -> None:
        """Writes the rest."""
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not self._rows and self._writer is not None:
            return
        count = len(self._rows)
        taken = dict(zip(_TAKEN, zip(*self._rows, strict=True) if self._rows else [()] * len(_TAKEN), strict=True))
        constant = {
            "TimeGenerated": self._now, "SourceSystem": self._source, "Type": tables.MODERN, "IsDeleted": False,
            "LastUpdateMethod": "Import", "_IsBillable": "false",
        }  # fmt: skip
        arrays: dict[str, pa.Array] = {}
        for name, kind in self._columns:
            wanted = arrow_type(kind)
            if name in taken:
                arrays[name] = pa.array(taken[name], wanted)
            elif name in constant:
                arrays[name] = pa.repeat(pa.scalar(constant[name], wanted), count)
            else:
                arrays[name] = pa.repeat("", count) if kind == "string" else pa.nulls(count, wanted)
        arrays["Bucket"] = pa.array(taken["Bucket"], pa.int8())
        arrays["Place"] = pa.array(taken["Place"], pa.int64())
        table = pa.table(arrays)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, table.schema, compression="lz4")
        self._writer.write_table(table)
        self._rows.clear()


_TAKEN: Final = (
    "Id", "ObservableKey", "ObservableValue", "Pattern", "Confidence", "IsActive", "Revoked", "Tags", "Data", "Created",
    "Modified", "ValidFrom", "ValidUntil", "Bucket", "Place",
)  # fmt: skip


def _objects(
    connection: Any, folder: Path, stage: Path, others: dict[str, Other], source: str, now: dt.datetime
) -> dict[str, Path | None]:
    """The file of ThreatIntelObjects with these objects in place of those of the same id."""
    import pyarrow as pa

    columns = known_tables()[tables.OBJECTS]
    found = list(others.values())
    values: dict[str, list[Any]] = {
        "Id": [f"{source}---{entry.id}" for entry in found], "StixType": [entry.kind for entry in found],
        "Data": [entry.data.decode() for entry in found], "TimeGenerated": [now] * len(found),
        "SourceSystem": [source] * len(found), "Type": [tables.OBJECTS] * len(found), "IsDeleted": [False] * len(found),
    }  # fmt: skip
    rows = pa.table(
        {
            name: pa.array(values.get(name, ["" if kind == "string" else None] * len(found)), arrow_type(kind))
            for name, kind in columns
        }
    )
    connection.register("objects", rows)
    place = tables.bucket_file(folder, tables.OBJECTS, 0)
    made = stage / "objects.parquet"
    held = f" UNION ALL SELECT * FROM read_parquet('{str(place).replace(chr(39), chr(39) * 2)}') WHERE Id NOT IN (SELECT Id FROM objects)" if place.exists() else ""  # fmt: skip
    connection.execute(
        f"COPY (SELECT * FROM objects{held}) TO '{str(made).replace(chr(39), chr(39) * 2)}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return {made.name: place}
