"""The store keeps whole transactions only, is brought up to date once, and says why it cannot be opened."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.errors import WatchbookError
from dashboard.store.database import Migration, Store


def _things(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE things (name TEXT PRIMARY KEY, number INTEGER)")


def _colour(connection: sa.Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE things ADD COLUMN colour TEXT")


FIRST = Migration("things", _things)
SECOND = Migration("things-colour", _colour)


def _open(folder: Path, *steps: Migration) -> Store:
    return Store(f"sqlite:///{folder / 'store.db'}", steps)


def test_a_block_that_raises_writes_nothing(tmp_path: Path) -> None:
    store = _open(tmp_path, FIRST)

    def insert_and_fail() -> None:
        with store.writing() as connection:
            connection.exec_driver_sql("INSERT INTO things VALUES ('a', 1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        insert_and_fail()
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM things").scalar() == 0


def test_an_older_store_is_backed_up_then_updated_and_keeps_its_rows(tmp_path: Path) -> None:
    with _open(tmp_path, FIRST).writing() as connection:
        connection.exec_driver_sql("INSERT INTO things VALUES ('a', 1)")
    with _open(tmp_path, FIRST, SECOND).reading() as connection:
        assert connection.exec_driver_sql("SELECT name, colour FROM things").all() == [("a", None)]
    backup = sqlite3.connect(tmp_path / "store.db.before-things-colour")
    assert backup.execute("SELECT * FROM things").fetchall() == [("a", 1)]
    _open(tmp_path, FIRST, SECOND)


def test_a_failing_step_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    def fail(connection: sa.Connection) -> None:
        _colour(connection)
        raise RuntimeError

    _open(tmp_path, FIRST)
    with pytest.raises(RuntimeError):
        _open(tmp_path, FIRST, Migration("broken", fail))
    with _open(tmp_path, FIRST, SECOND).reading() as connection:
        assert connection.exec_driver_sql("SELECT colour FROM things").all() == []


def test_a_store_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    _open(tmp_path, FIRST, SECOND)
    with pytest.raises(WatchbookError) as caught:
        _open(tmp_path, FIRST)
    assert caught.value.problem.code == "SO002"


def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    for address in ("sqlite:////proc/no/store.db", "nonsense", "mysterydb://host/x"):
        with pytest.raises(WatchbookError) as caught:
            Store(address)
        assert caught.value.problem.code == "SO001"


def test_writers_in_threads_wait_for_each_other_and_lose_nothing(tmp_path: Path) -> None:
    store = _open(tmp_path, FIRST)
    with store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO things VALUES ('a', 0)")

    def count() -> None:
        for _ in range(25):
            with store.writing() as connection:
                number = connection.exec_driver_sql("SELECT number FROM things").scalar_one()
                connection.exec_driver_sql("UPDATE things SET number = ?", (number + 1,))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT number FROM things").scalar() == 100
