"""An import from beginning to end: what a file is proposed to become, and its rows into their tables."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path

from dashboard.errors import Place, Problem, WatchbookError
from dashboard.ingest import locks
from dashboard.ingest.compact import compact_table
from dashboard.ingest.imports.audit_lane import audit_parts
from dashboard.ingest.imports.azure import (
    audit_diagnostics_rows,
    diagnostic_rows,
    is_audit_row,
    is_diagnostic_record,
)
from dashboard.ingest.imports.columns import Layout
from dashboard.ingest.imports.detect import WHOLE, Format, detect, read
from dashboard.ingest.imports.identity import Occurrences, identity
from dashboard.ingest.imports.json_reader import is_lines, line_items
from dashboard.ingest.imports.kubernetes import (
    AUDIT_TABLES,
    Row,
    audit_rows,
    diagnostics_row,
    is_audit_event,
    pod_rows,
)
from dashboard.ingest.imports.land import TableLanding
from dashboard.ingest.imports.match import chosen_table, named_table, proposed_table
from dashboard.ingest.imports.records import Bad, Record
from dashboard.ingest.imports.rejects import Rejects
from dashboard.ingest.imports.source import Source
from dashboard.table import KqlType

Progress = Callable[[float, str], None]
SAMPLE = 1_000


@dataclass(frozen=True)
class Proposal:
    """What a file is and what its rows are to become: `fallback` is the table of rows that do not tell it themselves, `chosen` the one the user
    named. `tables` are the tables of the first rows with their columns and types."""

    path: Path
    format: Format
    fallback: str
    why: str
    chosen: str = ""
    tables: dict[str, tuple[tuple[str, KqlType], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Landed:
    """New rows of one table, rows that were there, and the times of the new ones (naive UTC)."""

    rows: int
    doubles: int
    first: dt.datetime | None
    last: dt.datetime | None


@dataclass(frozen=True)
class Imported:
    """What became of one file. `records` are those read; `notices` what the reader should know; `damage` why reading
    ended early, where it did."""

    path: Path
    records: int
    tables: dict[str, Landed]
    rejected: dict[str, int]
    rejects: Path | None
    notices: tuple[str, ...]
    damage: str


def propose(path: Path, folder: Path, table: str | None = None, now: dt.datetime | None = None) -> Proposal:
    """Looks at the first rows. Raises WatchbookError where the file cannot be read or is of no known format."""
    moment = now or _now()
    chosen = chosen_table(table, folder) if table else ""
    form = detect(path)
    with ExitStack() as stack:
        source = None if form.key in WHOLE else stack.enter_context(Source(path))
        items = read(path, form, source, moment)
        sample = [record for _, record in islice(items, SAMPLE) if not isinstance(record, Bad)]
    if chosen:
        fallback, why = chosen, "as --table says"
    elif form.key in ("cef", "syslog"):
        fallback, why = ("CommonSecurityLog", "CEF") if form.key == "cef" else ("Syslog", "Syslog lines")
    else:
        fallback, why = proposed_table(sample, path)
    rows: dict[str, list[Record]] = {}
    for record in sample:
        for name, row in rows_of(record, fallback, chosen):
            rows.setdefault(name, []).append(row)
    tables = {}
    for name, found in rows.items():
        layout = Layout(name, folder / name)
        arrow, _ = layout.convert(found)
        types = layout.types()
        tables[name] = tuple((column, types[column]) for column in arrow.column_names if column in types)
    return Proposal(path, form, fallback, why, chosen, tables)


def rows_of(record: Record, fallback: str, chosen: str) -> Iterator[Row]:
    """The rows that one record becomes, with their tables."""
    if is_audit_event(record) and (not chosen or chosen in (*AUDIT_TABLES, "AKSAuditAdmin")):
        for table, row in (*audit_rows(record, {}), diagnostics_row(record)):
            if not chosen or table == chosen or (table, chosen) == ("AKSAudit", "AKSAuditAdmin"):
                yield chosen or table, row
    elif record.get("kind") == "Pod" and "spec" in record and chosen in ("", "KubePodInventory"):
        yield from pod_rows(record)
    elif is_audit_row(record):
        for table, row in audit_diagnostics_rows(record):
            if not chosen or table == chosen:
                yield table, row
    elif is_diagnostic_record(record):
        rows = diagnostic_rows({**record, "Type": chosen} if chosen else record)
        for table, row in rows:
            if not chosen or table == chosen:
                yield table, row
    else:
        yield chosen or named_table(record.get("Type")) or named_table(record.get("$table")) or fallback, record


def import_file(
    proposal: Proposal,
    folder: Path,
    progress: Progress | None = None,
    now: dt.datetime | None = None,
    *,
    salt: bytes = b"",
) -> Imported:
    """Imports the rows of a file as proposed. One import at a time writes to a folder; another waits. With a `salt`, which names the file for good,
    a row's identity is its place in it and not its content (audit events keep theirs)."""
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder), _without_collector():
        return _import(proposal, folder, progress or (lambda share, text: None), now or _now(), salt)


def _import(proposal: Proposal, folder: Path, progress: Progress, now: dt.datetime, salt: bytes) -> Imported:
    path, size = proposal.path, max(1, proposal.path.stat().st_size)
    rejects = Rejects(folder, path.name)
    landings: dict[str, TableLanding] = {}
    occurrences = Occurrences()
    records = 0
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        source = None if proposal.format.key in WHOLE else stack.enter_context(Source(path))

        def take(place: int, item: Record | Bad) -> None:
            nonlocal records
            records += 1
            if isinstance(item, Bad):
                rejects.add(place, item.reason, item.raw, item.reason.split(":")[0])
            else:
                _take(item, place, proposal, folder, landings, pool, occurrences, rejects, now, salt)

        def tell() -> None:
            if source is not None:
                progress(min(0.99, source.position / size), f"{path.name}: {records:,} records")

        try:
            if source is not None and _is_audit_log(proposal, folder) and is_lines(source):
                for part in audit_parts(source, size):
                    for place, line in part.others:
                        for number, item in line_items(place, line):
                            take(number, item)
                    for table, arrow in part.tables.items():
                        if table not in landings:
                            landings[table] = TableLanding(folder, table, pool, now)
                        landings[table].add_columns(arrow, part.identities)
                    records += len(part.identities)
                    tell()
            else:
                for place, item in read(path, proposal.format, source, now):
                    take(place, item)
                    if records % 5_000 == 0:
                        tell()
            for landing in landings.values():
                landing.settle(rejects)
                landing.finish()
                compact_table(folder / landing.table)
            written = rejects.finish()
        except BaseException:
            rejects.drop()
            raise
    progress(1.0, f"{path.name}: {records:,} records")
    return Imported(
        path, records,
        {name: Landed(one.rows, one.doubles, one.first, one.last) for name, one in sorted(landings.items())},
        dict(rejects.reasons), written, tuple(_notices(source, landings, now)), source.damage if source else "",
    )  # fmt: skip


def _is_audit_log(proposal: Proposal, folder: Path) -> bool:
    """Whether the lines may go straight into columns: audit events, with nothing stored that would want another form."""
    if proposal.format.key != "json" or proposal.chosen or set(proposal.tables) != set(AUDIT_TABLES):
        return False
    return Layout("AKSAudit", folder / "AKSAudit").extra.get("AdditionalFields", "dynamic") == "dynamic"


def _take(
    record: Record, place: int, proposal: Proposal, folder: Path, landings: dict[str, TableLanding], pool: ThreadPoolExecutor,
    occurrences: Occurrences, rejects: Rejects, now: dt.datetime, salt: bytes,
) -> None:  # fmt: skip
    try:
        rows = list(rows_of(record, proposal.fallback, proposal.chosen))
        digest = identity(record)
    except (TypeError, AttributeError, ValueError, RecursionError) as error:
        rejects.add(place, f"its parts are not of the shape they should have ({type(error).__name__})", record)
        return
    if salt:
        digest = blake2b(salt + place.to_bytes(8, "big"), digest_size=16).digest()
    elif not is_audit_event(record):
        digest = occurrences.next(digest)
    size = 500
    seen: dict[str, int] = {}
    for table, row in rows:
        landing = landings.get(table)
        if landing is None:
            landing = landings[table] = TableLanding(folder, table, pool, now)
        count = seen[table] = seen.get(table, 0) + 1
        own = digest if count == 1 else blake2b(digest + count.to_bytes(4, "big"), digest_size=16).digest()
        landing.add(place, row, own, size + 200 * len(row), rejects)


def _notices(source: Source | None, landings: dict[str, TableLanding], now: dt.datetime) -> Iterator[str]:
    if source is not None:
        yield from source.notices
        if source.encoding != "utf-8":
            yield f"read as {source.encoding.upper()}"
    for name, landing in landings.items():
        layout = landing.layout
        for column in layout.aside:
            yield f"{name}.{column}: most values are not of its type {layout.known[column]}; kept as text in another column"
        for zone in sorted(layout.unknown_zones):
            yield f"{name}: the time zone '{zone[:60]}' is unknown; its times are read as UTC"
        if layout.time_from and not landing.untimed:
            yield f"{name}: TimeGenerated is the column {layout.time_from}"
        if landing.untimed:
            yield f"{name}: {landing.untimed:,} rows have no time; theirs is that of the import"
        if landing.last and landing.last > now + dt.timedelta(days=1):
            yield f"{name}: times go on to {landing.last:%Y-%m-%d}, which is yet to come; kept as they are"
        if landing.first and landing.first < now - dt.timedelta(days=90):
            yield f"{name}: times begin on {landing.first:%Y-%m-%d}; kept as they are, so choose a time range that long"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Records hold no cycles; looking for some in thousands of them costs a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One import at a time; the lock ends with its process, however that ends."""
    try:
        with (folder / ".import.lock").open("w") as lock:
            locks.lock(lock, wait=True)
            yield
    except OSError as error:
        raise WatchbookError(
            Problem("IN014", f"The rows cannot be written: {error.strerror or error}.", place=Place(file=str(folder)))
        ) from None
