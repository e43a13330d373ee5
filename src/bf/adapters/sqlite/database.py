"""SQLite through APSW: a tenant's tables in memory, in a file, or in a file whose pages are encrypted.

Rules for encrypted files, since a repeated nonce reveals what it hid:
1. The key is given as raw bytes; nothing is derived from it when a file is opened, which would take 20 ms.
2. The cipher is AEGIS-256: its nonces have 256 bits and are drawn at random, and each page is authenticated, so a
   changed byte is an error and never an answer.
3. A process that was forked from one that had used encrypted files opens none: it could draw the same nonces.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Self, cast

import apsw

from bf.adapters.lua.scripts import LuaScripts
from bf.core.domain import Domain
from bf.core.ports import Rows
from bf.core.state import State

STATEMENTS_COUNT_MAX = 256
"""How many prepared statements a connection keeps; more than any domain has."""

LOCKED_MS_MAX = 2_000
"""How long a file that another process has locked is waited for: who opens, closes or copies it does so for moments."""

WRITABLE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
FROZEN = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


class ForkedError(Exception):
    """An encrypted file was asked for after a fork."""


class _Nonces:
    """Whether this process, or one that it was forked from, has drawn nonces."""

    drawn = False
    shared = False

    @classmethod
    def forked(cls) -> None:
        cls.shared = cls.drawn


os.register_at_fork(after_in_child=_Nonces.forked)


class SqliteDatabase:
    """One connection and the one cursor through which it is used.

    `Connection.execute` makes a cursor for each call and keeps a weak reference to every one that returned no row, so
    each call is slower than the one before. One cursor costs half as much and nothing later.
    """

    def __init__(self, path: Path | None = None, key: bytes = b"", *, frozen: bool = False) -> None:
        """Open a file, encrypted if there is a key of 32 bytes, or a new database in memory.

        A `frozen` file is read as it is: nobody may change it meanwhile, and nothing is left beside it.
        """
        self._path = path
        self._key = key
        filename, flags = ":memory:" if path is None else str(path), WRITABLE
        if path and frozen:
            filename, flags = f"{path.absolute().as_uri()}?immutable=1", FROZEN
        self.connection = apsw.Connection(filename, flags, statementcachesize=STATEMENTS_COUNT_MAX)
        # Plans must not depend on bound values: else SQLite, built with STAT4, prepares a statement with a range or an
        # ORDER BY anew at every call (12 µs instead of 2).
        self.connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        self.changes = self.connection.changes
        self.execute = cast("Callable[..., Rows]", self.connection.cursor().execute)
        if key:
            self._encrypt(key)
        if path:
            self.connection.set_busy_timeout(LOCKED_MS_MAX)
            self.execute("PRAGMA temp_store = MEMORY")  # what is sorted does not touch the disk

    def snapshot(self) -> Self:
        """Open a view of what is committed now, in a file by a read transaction, in memory by a copy."""
        view = type(self)(self._path, self._key)
        if self._path:
            view.execute("BEGIN")
            view.execute("SELECT 1 FROM sqlite_schema").fetchone()
        else:
            with view.connection.backup("main", self.connection, "main") as copy:
                copy.step()
        return view

    def in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        return self.connection.in_transaction

    def is_damage(self, error: Exception) -> bool:
        """Say whether SQLite found the file to be damaged."""
        return isinstance(error, apsw.CorruptError | apsw.NotADBError)

    def size(self) -> int:
        """Return the bytes that it takes."""
        row = self.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()
        assert row is not None, "a database has a size"
        return int(row[0])

    def close(self) -> None:
        """Close the file; waits for nothing."""
        self.connection.close(True)  # noqa: FBT003  # apsw names it `force`, positional only

    def _encrypt(self, key: bytes) -> None:
        if _Nonces.shared:
            self.close()
            raise ForkedError("this process was forked from one that used encrypted files: fork before the first")
        _Nonces.drawn = True
        self.execute("PRAGMA cipher = 'aegis'")
        self.execute(f"PRAGMA key = 'raw:{key.hex()}'")


def empty_state(domain: Domain) -> State:
    """Make the state of an empty tenant in memory, with what runs its scripts."""
    state = State.create(SqliteDatabase(), domain)
    state.scripts = LuaScripts()
    return state
