"""Indicators as Parquet: sixteen buckets by id in ThreatIntelIndicators, the older table beside it with the same rows.

Each indicator is there once, in its newest version, so that queries which forget to take the newest by id are right too.
New files are made beside the tables with a list of what goes where, and then moved: an import that is killed before the list
is whole leaves nothing, one that is killed after it is finished at the next look.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dashboard.errors import Problem, WatchbookError
from dashboard.ingest import locks
from dashboard.ingest.schemas import known_tables

if TYPE_CHECKING:
    import duckdb

MODERN: Final = "ThreatIntelIndicators"
LEGACY: Final = "ThreatIntelligenceIndicator"
OBJECTS: Final = "ThreatIntelObjects"
BUCKETS: Final = 16
_FILE: Final = "indicators.parquet"
_STAGE: Final = ".ti-"
_LIST: Final = "ready.json"
_ABANDONED_SECONDS: Final = 86_400

# The older table's columns from the newer one's. Source: the reference of both tables.
_LEGACY_SQL: Final = {
    "TimeGenerated": "TimeGenerated", "SourceSystem": "SourceSystem", "Tags": "Tags", "Type": f"'{LEGACY}'",
    "Active": "IsActive", "Action": "'alert'", "ConfidenceScore": "CAST(Confidence AS DOUBLE)",
    "ExpirationDateTime": "coalesce(ValidUntil, TIMESTAMP '9999-12-31')",
    "IndicatorId": "CAST(CAST(md5(Id) AS UUID) AS VARCHAR)", "ExternalIndicatorId": "split_part(split_part(Id, '---', 2), '#', 1)",
    "Description": "coalesce(nullif(Data->>'$.description', ''), Data->>'$.name', '')",
    "ThreatType": "coalesce(Data->>'$.indicator_types[0]', '')", "TrafficLightProtocolLevel": "coalesce(Data->>'$.tlp', '')",
    "NetworkIP": "CASE WHEN ObservableKey IN ('ipv4-addr:value', 'ipv6-addr:value') AND NOT contains(ObservableValue, '/') THEN ObservableValue ELSE '' END",
    "NetworkCidrBlock": "CASE WHEN ObservableKey IN ('ipv4-addr:value', 'ipv6-addr:value') AND contains(ObservableValue, '/') THEN ObservableValue ELSE '' END",
    "DomainName": "CASE WHEN ObservableKey = 'domain-name:value' THEN ObservableValue ELSE '' END",
    "Url": "CASE WHEN ObservableKey = 'url:value' THEN ObservableValue ELSE '' END",
    "EmailSenderAddress": "CASE WHEN ObservableKey = 'email-addr:value' THEN ObservableValue ELSE '' END",
    "FileName": "CASE WHEN ObservableKey = 'file:name' THEN ObservableValue ELSE '' END",
    "FileHashValue": "CASE WHEN starts_with(ObservableKey, 'file:hashes.') THEN ObservableValue ELSE '' END",
    "FileHashType": "CASE WHEN starts_with(ObservableKey, 'file:hashes.') THEN upper(replace(replace(ObservableKey[13:], chr(39), ''), '-', '')) ELSE '' END",
    "UserAgent": "CASE WHEN contains(ObservableKey, 'User-Agent') THEN ObservableValue ELSE '' END",
}  # fmt: skip
_ACTIVE_SQL: Final = "NOT Revoked AND NOT IsDeleted AND (ValidUntil IS NULL OR ValidUntil > {now})"
_BASE: Final = "split_part(Id, '#', 1)"


def bucket_of(ident: str) -> int:
    """The bucket of an indicator by its `Id`."""
    return zlib.crc32(ident.split("#", 1)[0].encode()) % BUCKETS


def bucket_file(folder: Path, table: str, bucket: int) -> Path:
    """Where a bucket of a table is held."""
    return folder / table / f"bucket={bucket:02}" / _FILE


@contextlib.contextmanager
def changing(folder: Path) -> Iterator[Path]:
    """The right to change the indicators of a data folder, and an empty folder for what is being made. One at a time among
    all processes; what a killed one left is finished or swept away first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".ti.lock").open("w") as lock:
        locks.lock(lock, wait=True)
        _finish(folder)
        stage = Path(tempfile.mkdtemp(prefix=_STAGE, dir=folder))
        try:
            yield stage
        except OSError as error:
            raise WatchbookError(
                Problem("TI005", f"The indicators cannot be written to {folder}: {error.strerror or error}.")
            ) from error
        finally:
            if not (stage / _LIST).exists():
                shutil.rmtree(stage, ignore_errors=True)


def put_in_place(folder: Path, stage: Path, files: dict[str, Path | None]) -> None:
    """Moves files of the stage (by their names there) into their places; None deletes nothing but the staged file."""
    listed = {name: str(place.relative_to(folder)) for name, place in files.items() if place is not None}
    beside = stage / f"{_LIST}.tmp"
    with beside.open("w", encoding="utf-8") as out:
        json.dump(listed, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(beside, stage / _LIST)
    _move(folder, stage)


def _move(folder: Path, stage: Path) -> None:
    for name, place in json.loads((stage / _LIST).read_text(encoding="utf-8")).items():
        if (stage / name).exists():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            os.replace(stage / name, folder / place)
    shutil.rmtree(stage, ignore_errors=True)


def _finish(folder: Path) -> None:
    for stage in folder.glob(f"{_STAGE}*"):
        if (stage / _LIST).exists():
            _move(folder, stage)
        elif time.time() - stage.stat().st_mtime > _ABANDONED_SECONDS or stage.is_dir():
            # We hold the lock, so nobody is at it.
            shutil.rmtree(stage, ignore_errors=True)


def finish_interrupted(folder: Path) -> None:
    """Ends what a killed import had begun to put in place. Cheap where there is nothing."""
    if any(folder.glob(f"{_STAGE}*/{_LIST}")):
        with changing(folder):
            pass


def open_duckdb(stage: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB of little memory for making files; it spills into the stage."""
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET memory_limit='600MB'")
    connection.execute("SET threads=2")
    connection.execute(f"SET temp_directory='{_quoted(stage / 'spill')}'")
    connection.execute("SET preserve_insertion_order=false")
    connection.execute("SET TimeZone='UTC'")
    return connection


def merge(
    connection: duckdb.DuckDBPyConnection, folder: Path, stage: Path, staged: Path, buckets: Iterable[int]
) -> dict[str, Path | None]:
    """Makes the new files of `buckets` from what is there and the rows of the Parquet file `staged` (columns of the newer
    table, and `Bucket` and `Place`): of each indicator the newest version wins, of equally old ones the one that came last."""
    files: dict[str, Path | None] = {}
    columns = ", ".join(f'"{name}"' for name, _ in known_tables()[MODERN])
    for bucket in buckets:
        held = bucket_file(folder, MODERN, bucket)
        new = f"SELECT *, {_BASE} AS base FROM read_parquet('{_quoted(staged)}') WHERE Bucket = {bucket} QUALIFY rank() OVER (PARTITION BY base ORDER BY Modified DESC, Place DESC) = 1"
        if held.exists():
            old = f"SELECT *, {_BASE} AS base FROM read_parquet('{_quoted(held)}')"
            rows = (
                f"WITH new AS ({new}), old AS ({old}), newest AS (SELECT base, max(Modified) AS at FROM new GROUP BY base), "
                f"oldest AS (SELECT base, max(Modified) AS at FROM old GROUP BY base) "
                f"SELECT {columns} FROM new ANTI JOIN oldest ON new.base = oldest.base AND oldest.at > new.Modified "
                f"UNION ALL SELECT {columns} FROM old ANTI JOIN newest ON old.base = newest.base AND newest.at >= old.Modified"
            )
        else:
            rows = f"WITH new AS ({new}) SELECT {columns} FROM new"
        files |= write_bucket(connection, folder, stage, bucket, rows)
    return files


def write_bucket(
    connection: duckdb.DuckDBPyConnection, folder: Path, stage: Path, bucket: int, rows: str
) -> dict[str, Path | None]:
    """Makes both tables' files of a bucket from a SELECT of rows of the newer table."""
    modern, legacy = stage / f"modern-{bucket}.parquet", stage / f"legacy-{bucket}.parquet"
    connection.execute(f"COPY ({rows}) TO '{_quoted(modern)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)")
    shown = ", ".join(f'{_LEGACY_SQL[name]} AS "{name}"' for name, _ in known_tables()[LEGACY] if name in _LEGACY_SQL)
    connection.execute(
        f"COPY (SELECT {shown} FROM read_parquet('{_quoted(modern)}')) TO '{_quoted(legacy)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
    )
    return {modern.name: bucket_file(folder, MODERN, bucket), legacy.name: bucket_file(folder, LEGACY, bucket)}


def held_buckets(folder: Path) -> list[int]:
    """The buckets that have a file."""
    return [bucket for bucket in range(BUCKETS) if bucket_file(folder, MODERN, bucket).exists()]


def change(
    folder: Path,
    replacements: dict[str, str],
    where: str,
    parameters: Sequence[Any],
    buckets: Iterable[int] | None = None,
) -> int:
    """Rewrites the rows for which the SQL condition `where` holds, with SQL expressions for columns; how many. Internal: no
    text of a person is part of either, values come by `parameters` (named $1, $2 …)."""
    changed = 0
    with changing(folder) as stage:
        connection = open_duckdb(stage)
        files: dict[str, Path | None] = {}
        for bucket in held_buckets(folder) if buckets is None else sorted(set(buckets)):
            held = bucket_file(folder, MODERN, bucket)
            if not held.exists():
                continue
            source = f"read_parquet('{_quoted(held)}')"
            count = _one(connection, f"SELECT count(*) FROM {source} WHERE {where}", parameters)
            if not count:
                continue
            changed += count
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE hit AS SELECT Id FROM " + source + " WHERE " + where, list(parameters)
            )
            if replacements:
                shown = ", ".join(
                    f'CASE WHEN hit THEN {sql} ELSE "{name}" END AS "{name}"' for name, sql in replacements.items()
                )
                rows = f"SELECT * EXCLUDE (hit) REPLACE ({shown}) FROM (SELECT *, Id IN (SELECT Id FROM hit) AS hit FROM {source})"
            else:
                rows = f"SELECT * FROM {source} WHERE Id NOT IN (SELECT Id FROM hit)"
            files |= write_bucket(connection, folder, stage, bucket, rows)
        connection.close()
        if files:
            put_in_place(folder, stage, files)
    return changed


def active_sql(now: str) -> str:
    """The SQL of "matches may be reported" at a moment given as SQL."""
    return _ACTIVE_SQL.format(now=now)


def _one(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> int:
    row = connection.execute(sql, list(parameters)).fetchone()
    return int(row[0]) if row else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
