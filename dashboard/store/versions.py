"""Versions and drafts of workbooks. A workbook is its file; its versions are every content that was saved or found in it.

`save` writes the file and the version in one step: killed at any moment, the file holds all of the old or all of the new
content, and what was acknowledged is both in the file and among the versions. A content that came into the file in another way
(an editor, a pull from Git) becomes a version of its own before anything replaces it, so that nothing is ever lost.
"""

from __future__ import annotations

import datetime as dt
import getpass
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dashboard import settings
from dashboard.errors import Problem, WatchbookError
from dashboard.store.database import Migration, Store
from dashboard.store.files import write_whole

_METADATA = sa.MetaData()
_VERSIONS = sa.Table(
    "workbook_versions",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("workbook", sa.String(1000), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("time", sa.String(40), nullable=False),
    sa.Column("message", sa.String(2000), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("workbook", "number", name="one_number_a_version"),
)
_DRAFTS = sa.Table(
    "workbook_drafts",
    _METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("workbook", sa.String(1000), nullable=False, index=True),
    sa.Column("author", sa.String(200), nullable=False),
    sa.Column("started", sa.String(40), nullable=False),
    sa.Column("updated", sa.String(40), nullable=False),
    sa.Column("base", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
MIGRATION = Migration("workbook-versions", lambda connection: _METADATA.create_all(connection))
FOUND = "As it was found in the folder"
CHANGED = "Changed in the folder"
OUTSIDE = "someone outside Watchbook"
_DRAFT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Version:
    """One saved content. `number` counts from 1 for each workbook; `digest` names the content."""

    id: int
    number: int
    author: str
    time: dt.datetime
    message: str
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has edited and not saved. `base` is the digest of the content that the edit began with."""

    id: str
    author: str
    started: dt.datetime
    updated: dt.datetime
    base: str


class Conflict(WatchbookError):
    """The file was changed since `base`. `theirs` is what it holds now, and `version` says who saved that."""

    def __init__(self, theirs: str, version: Version) -> None:
        self.theirs, self.version = theirs, version
        super().__init__(
            Problem(
                "SO103",
                f"{version.author} changed this workbook at {version.time:%Y-%m-%d %H:%M} UTC, after you began to edit it.",
                hint="Nothing is lost: compare both, then save yours as a copy, or over theirs, which stays among the versions.",
            )
        )


def digest_of(text: str) -> str:
    """The name of a content: equal contents have equal names."""
    return hashlib.sha256(_bytes(text)).hexdigest()


def default_author() -> str:
    """Who saves where nobody says: the setting `author`, else the user of this process."""
    try:
        return settings.text("author") or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


class Versions:
    """Versions and drafts of the workbooks whose files are on this machine, in a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def save(
        self, file: Path, text: str, *, base: str | None, author: str = "", message: str = "", over: bool = False
    ) -> Version:
        """Writes a workbook's file and the version that goes with it.

        `base` is the digest of the content that the edit began with, None for a new file. Raises WatchbookError: Conflict (SO103) where the
        file holds another content than `base` and not `over`; SO102 where it cannot be written; SO105 where a new file exists; SO001
        where the store cannot be written. In every such case file and versions are as before.
        """
        author = _line(author, 200) or default_author()
        put_back: Callable[[], None] | None = None
        try:
            with self.store.writing() as connection:
                version = self._check(connection, file, text, base, over)
                if version is None:
                    now = read_text(file)
                    what = _line(message, 2000) or ("Created" if now is None else "Changed")
                    version = _insert(connection, file, text, author, what)
                    write_whole(file, _bytes(text), new=now is None)
                    put_back = partial(_put_back, file, now)
        except sa.exc.SQLAlchemyError as error:
            if put_back is not None:
                # The version could not be kept: then the file must not have changed either.
                put_back()
            raise _store_failed(error) from error
        return version

    def _check(self, connection: sa.Connection, file: Path, text: str, base: str | None, over: bool) -> Version | None:
        """The version that holds the text already, None where one is to be made. Raises as `save`."""
        if connection.dialect.name == "postgresql":
            # On SQLite the one writer's lock is held already.
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": _name(file)})
        now = read_text(file)
        if now is None:
            return None
        if base is None and not over:
            raise WatchbookError(
                Problem("SO105", f"There is a workbook '{file.name}' already.", hint="Choose another name.")
            )
        found = self._note(connection, file, now)
        if found.digest != base and not over:
            raise Conflict(now, found)
        return found if now == text else None

    def _note(self, connection: sa.Connection, file: Path, text: str) -> Version:
        """The version of what the file holds now; one is made where it came into the file in another way."""
        newest = _newest(connection, file)
        if newest is not None and newest.digest == digest_of(text):
            return newest
        message = FOUND if newest is None else CHANGED
        changed = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
        return _insert(connection, file, text, OUTSIDE, message, changed)

    def list(self, file: Path) -> tuple[Version, ...]:
        """All versions of a workbook, the newest first; what stands in the file now is among them."""
        text = read_text(file)
        with self.store.reading() as connection:
            newest = _newest(connection, file)
        if text is not None and (newest is None or newest.digest != digest_of(text)):
            with self.store.writing() as connection:
                self._note(connection, file, text)
        with self.store.reading() as connection:
            rows = connection.execute(
                sa.select(*_SHOWN).where(_VERSIONS.c.workbook == _name(file)).order_by(_VERSIONS.c.number.desc())
            )
            return tuple(_version(row) for row in rows)

    def content(self, file: Path, number: int) -> str:
        """The text of a version. Raises WatchbookError (SO104) where there is none."""
        with self.store.reading() as connection:
            found = connection.scalar(
                sa.select(_VERSIONS.c.content).where(_VERSIONS.c.workbook == _name(file), _VERSIONS.c.number == number)
            )
        if found is None:
            raise WatchbookError(Problem("SO104", f"There is no version {number} of '{file.name}'."))
        return _unpack(found)

    # ---- drafts ------------------------------------------------------------------------------------------------------

    def keep_draft(self, id: str, workbook: str, text: str, *, base: str, author: str = "") -> None:
        """Keeps what somebody has edited so far, in place of what was kept under the same id."""
        now = _now()
        with self.store.writing() as connection:
            started = connection.scalar(sa.select(_DRAFTS.c.started).where(_DRAFTS.c.id == id)) or now
            old = (dt.datetime.now(dt.UTC) - dt.timedelta(days=_DRAFT_DAYS)).isoformat()
            connection.execute(sa.delete(_DRAFTS).where(sa.or_(_DRAFTS.c.id == id, _DRAFTS.c.updated < old)))
            connection.execute(
                _DRAFTS.insert().values(
                    id=id, workbook=workbook, author=_line(author, 200) or default_author(), started=started, updated=now,
                    base=base, content=_pack(text),
                )
            )  # fmt: skip

    def drafts(self, workbook: str) -> tuple[Draft, ...]:
        """The drafts of a workbook, the latest first."""
        with self.store.reading() as connection:
            rows = connection.execute(
                sa.select(_DRAFTS).where(_DRAFTS.c.workbook == workbook).order_by(_DRAFTS.c.updated.desc())
            )
            return tuple(
                Draft(
                    row.id,
                    row.author,
                    dt.datetime.fromisoformat(row.started),
                    dt.datetime.fromisoformat(row.updated),
                    row.base,
                )
                for row in rows
            )

    def draft(self, id: str) -> str:
        """The text of a draft. Raises WatchbookError (SO104) where there is none."""
        with self.store.reading() as connection:
            found = connection.scalar(sa.select(_DRAFTS.c.content).where(_DRAFTS.c.id == id))
        if found is None:
            raise WatchbookError(Problem("SO104", "This draft is no longer there: it was saved or discarded."))
        return _unpack(found)

    def drop_draft(self, id: str) -> None:
        """Forgets a draft."""
        with self.store.writing() as connection:
            connection.execute(sa.delete(_DRAFTS).where(_DRAFTS.c.id == id))


def read_text(file: Path) -> str | None:
    """A file's bytes as text; None where there is no file. Raises WatchbookError (SO102) where it cannot be read."""
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WatchbookError(Problem("SO102", f"'{file.name}' cannot be read: {error.strerror or error}.")) from None


_SHOWN = [column for column in _VERSIONS.c if column.name != "content"]


def _insert(
    connection: sa.Connection, file: Path, text: str, author: str, message: str, time: dt.datetime | None = None
) -> Version:
    newest = _newest(connection, file)
    values: dict[str, Any] = {
        "workbook": _name(file), "number": newest.number + 1 if newest else 1, "author": author, "message": message,
        "time": time.isoformat() if time else _now(), "digest": digest_of(text),
    }  # fmt: skip
    key = connection.execute(_VERSIONS.insert().values(**values, content=_pack(text))).inserted_primary_key
    return Version(
        int(key[0]) if key else 0,
        int(values["number"]),
        author,
        dt.datetime.fromisoformat(str(values["time"])),
        message,
        str(values["digest"]),
    )


def _newest(connection: sa.Connection, file: Path) -> Version | None:
    row = connection.execute(
        sa.select(*_SHOWN).where(_VERSIONS.c.workbook == _name(file)).order_by(_VERSIONS.c.number.desc()).limit(1)
    ).first()
    return _version(row) if row else None


def _version(row: Any) -> Version:
    return Version(row.id, row.number, row.author, dt.datetime.fromisoformat(row.time), row.message, row.digest)


def _put_back(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink(missing_ok=True)
    else:
        write_whole(file, _bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _name(file: Path) -> str:
    return file.resolve().as_posix()


def _line(text: str, longest: int) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:longest]


def _pack(text: str) -> bytes:
    return zlib.compress(_bytes(text), 6)


def _unpack(data: bytes) -> str:
    return zlib.decompress(data).decode("utf-8", "surrogateescape")


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def _store_failed(error: sa.exc.SQLAlchemyError) -> WatchbookError:
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return WatchbookError(
        Problem(
            "SO001",
            f"The store cannot be written: {reason}. The workbook is unchanged.",
            hint="Free some space, or check WATCHBOOK_STORE.",
        )
    )
