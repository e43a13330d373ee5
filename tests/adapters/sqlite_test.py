"""Traps of APSW and SQLite."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw

from bf.adapters.sqlite.database import SqliteDatabase
from bf.adapters.sqlite.log import SqliteLog


def test_trap_one_database_uses_one_cursor_for_ever() -> None:
    """Connection.execute slows down with every statement that returned no row; one cursor does not."""
    database = SqliteDatabase()
    cursors = set[int]()
    for number in range(100):
        cursors.add(id(database.execute("CREATE TABLE IF NOT EXISTS one (number INTEGER) STRICT")))
        cursors.add(id(database.execute("INSERT INTO one VALUES (?)", (number,))))
        cursors.add(id(database.execute("SELECT number FROM one WHERE number < 0")))
    assert len(cursors) == 1
    database.close()


def test_trap_a_plan_does_not_depend_on_bound_values() -> None:
    """SQLite built with STAT4 prepares a statement with a range anew at every call, unless it is told not to."""
    database = SqliteDatabase()
    assert database.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1
    database.close()


def test_trap_a_log_that_another_process_has_locked_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with ThreadPoolExecutor(1) as executor:
        SqliteLog(path, executor).close_now()
        other = SqliteDatabase(path)
        other.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        other.execute("BEGIN EXCLUSIVE")
        executor.submit(lambda: (time.sleep(0.2), other.close()))
        SqliteLog(path, executor).close_now()
