"""The embedded log: one SQLite file per tenant, one fsync per batch.

WAL with synchronous=FULL: a batch is on the disk before append returns. The file is the truth; nothing is ever updated.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TypeVar

import apsw

from bf.adapters.sqlite.database import SqliteDatabase
from bf.core.limits import REPLAY_BATCHES_MAX
from bf.core.ports import START, Batch, ConflictError, DamagedLogError, Pos, UnknownOutcomeError

Result = TypeVar("Result")

SCHEMA = """
-- One row is one batch of commits. `event` is the number of the last event in it.
CREATE TABLE IF NOT EXISTS batch (
    cursor INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
"""


class SqliteLog:
    """A tenant's log in a file; blocking calls run in the executor's threads, one at a time."""

    def __init__(self, path: Path, executor: Executor) -> None:
        self._path = path
        self._executor = executor
        try:
            self._database = SqliteDatabase(path)
            for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", SCHEMA):
                self._database.execute(statement)
        except apsw.Error as error:
            raise DamagedLogError(f"{path}: {error}") from error

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`, durably."""
        return await self._run(lambda: self._append(expected, events, body))

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return await self._run(partial(self._look, self._head))

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes."""
        cursor = after.cursor
        while batches := await self._run(partial(self._look, partial(self._read, cursor))):
            for batch in batches:
                if batch.pos.cursor != cursor + 1:
                    raise DamagedLogError(f"{self._path}: batch {cursor + 1} is missing")
                cursor = batch.pos.cursor
                yield batch

    async def close(self) -> None:
        """Close the file."""
        await self._run(self._database.close)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _look(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except apsw.Error as error:
            raise DamagedLogError(f"{self._path}: {error}") from error

    def _append(self, expected: Pos, events: int, body: bytes) -> Pos:
        execute = self._database.execute
        pos = Pos(expected.event + events, expected.cursor + 1)
        try:
            execute("BEGIN IMMEDIATE")
            head = self._head()
            if head == expected:
                execute("INSERT INTO batch VALUES (?, ?, ?)", (pos.cursor, pos.event, body))
            execute("COMMIT")
        except apsw.Error as error:
            raise UnknownOutcomeError(f"{self._path}: {error}") from error
        if head != expected:
            raise ConflictError(f"{self._path}: expected {expected}, the log is at {head}")
        return pos

    def _head(self) -> Pos:
        row = self._database.execute("SELECT event, cursor FROM batch ORDER BY cursor DESC LIMIT 1").fetchone()
        return Pos(*row) if row else START

    def _read(self, cursor: int) -> list[Batch]:
        rows = self._database.execute(
            "SELECT event, cursor, body FROM batch WHERE cursor > ? ORDER BY cursor LIMIT ?",
            (cursor, REPLAY_BATCHES_MAX),
        ).fetchall()
        return [Batch(Pos(event, cursor), body) for event, cursor, body in rows]
