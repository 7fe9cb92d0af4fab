"""The connection to the store, its transactions, and how an older store is brought up to date."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dashboard import settings
from dashboard.errors import Problem, WatchbookError

_APPLIED = sa.Table(
    "migrations",
    sa.MetaData(),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("applied", sa.String(40), nullable=False),
)
# Any number will do as long as every Watchbook asks for the same one.
_POSTGRES_LOCK = 7_226_114
_BUSY_SECONDS = 30


@dataclass(frozen=True)
class Migration:
    """One step: a name that is never used again, and what it does inside the one transaction of all pending steps."""

    name: str
    apply: Callable[[sa.Connection], None]


class Store:
    """An open store. Safe to use from any thread; several processes may have the same store open."""

    def __init__(self, address: str = "", migrations: Sequence[Migration] | None = None) -> None:
        """Opens the store at the SQLAlchemy `address` (empty: as the settings say), creating or updating it.

        Raises WatchbookError: SO001 where it cannot be opened, SO002 where a newer Watchbook wrote it.
        """
        if migrations is None:
            # Imported here: every subject's file imports this one.
            from dashboard.store.migrations import MIGRATIONS

            migrations = MIGRATIONS
        try:
            url = sa.make_url(address or default_address())
            self.file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
            if self.file is not None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
            self.engine = _engine(url)
            self._migrate(migrations)
        except (sa.exc.SQLAlchemyError, OSError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise WatchbookError(
                Problem("SO001", f"The store cannot be opened: {reason}.", hint="Check the setting WATCHBOOK_STORE.")
            ) from error

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the store and changes nothing."""
        with self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is written whole at the end of the block, or not at all where the block raises.

        On SQLite the one writer's lock is taken at once, so that what is read in the block still holds when it writes.
        """
        with self.engine.connect().execution_options(writing=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Lets go of all connections."""
        self.engine.dispose()

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        with self.reading() as connection:
            pending = _pending(connection, migrations)
            older = sa.inspect(connection).has_table(_APPLIED.name)
        if not pending and older:
            return
        if older and self.file is not None:
            _back_up(self.file, self.file.with_name(f"{self.file.name}.before-{pending[0].name}"))
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
            _APPLIED.create(connection, checkfirst=True)
            # Another process may have been first while this one waited.
            for step in _pending(connection, migrations):
                step.apply(connection)
                now = dt.datetime.now(dt.UTC).isoformat()
                connection.execute(_APPLIED.insert().values(name=step.name, applied=now))


def default_address() -> str:
    """The SQLAlchemy address of the store in force."""
    return settings.text("store") or f"sqlite:///{settings.home() / 'watchbook.db'}"


def _pending(connection: sa.Connection, migrations: Sequence[Migration]) -> list[Migration]:
    if not sa.inspect(connection).has_table(_APPLIED.name):
        return list(migrations)
    applied = set(connection.scalars(sa.select(_APPLIED.c.name)))
    unknown = sorted(applied - {step.name for step in migrations})
    if unknown:
        raise WatchbookError(
            Problem(
                "SO002",
                f"The store was written by a newer Watchbook: it has '{unknown[0]}', which this one does not know.",
                hint="Update Watchbook, or set WATCHBOOK_STORE to another store.",
            )
        )
    return [step for step in migrations if step.name not in applied]


def _back_up(file: Path, to: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql" and url.drivername == "postgresql":
        url = url.set(drivername="postgresql+pg8000")
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    def prepare(connection: Any, _record: Any) -> None:
        # The driver begins transactions late and as readers; we begin them ourselves, below.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    def begin(connection: sa.Connection) -> None:
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", begin)
    return engine
