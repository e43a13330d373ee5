"""Traps of APSW and SQLite."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from bf.adapters.sqlite import storage
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


def test_what_states_keep_in_memory_is_bounded_for_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most, piece = 8 << 20, 1_000
    before = apsw.soft_heap_limit(-1)
    monkeypatch.setattr(storage, "CACHES_BYTES_MAX", apsw.memory_used() + most)
    try:
        tenants = storage.DirectoryStorage(tmp_path)
        begun = apsw.memory_used()
        for name in ("acme", "zeta"):
            tenants.create(name)
            state = tenants.database(name, 1)
            state.execute("CREATE TABLE filler (content BLOB)")
            state.execute("BEGIN")
            for _ in range(most // piece):
                state.execute("INSERT INTO filler VALUES (randomblob(?))", (piece,))
            state.execute("COMMIT")
            assert state.execute("SELECT sum(length(content)) FROM filler").fetchone() == (most // piece * piece,)
        assert most // 2 < apsw.memory_used() - begun < most + (1 << 20)
        assert most < storage.STATE_CACHE_KIB_MAX * 1_024, "one alone would take all"
    finally:
        apsw.soft_heap_limit(before)


def test_trap_a_log_that_another_process_has_locked_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with ThreadPoolExecutor(1) as executor:
        SqliteLog(path, executor).close_now()
        other = SqliteDatabase(path)
        other.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        other.execute("BEGIN EXCLUSIVE")
        executor.submit(lambda: (time.sleep(0.2), other.close()))
        SqliteLog(path, executor).close_now()
