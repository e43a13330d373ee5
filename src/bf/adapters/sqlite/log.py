"""The embedded log: one SQLite file per generation of a tenant's log, one fsync per batch.

WAL with synchronous=FULL: a batch is on the disk before append returns. The file is the truth; nothing is ever updated.
A draft, which nobody believes before it is published, is synced only when it is told to.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

import apsw

from bf.adapters.machine.files import sync_file
from bf.adapters.sqlite.database import SqliteDatabase
from bf.core.ports import START, Batch, CompactedError, ConflictError, DamagedLogError, Pos, UnknownOutcomeError

Result = TypeVar("Result")

REPLAY_BATCHES_MAX = 64
"""How many batches are read at a time."""

FOLLOW_PAUSE_S = 0.02
"""How long a follower waits before it looks again; another process may be the writer."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
    -- One row is one batch of commits.
    batch INTEGER PRIMARY KEY,
    event INTEGER NOT NULL,  -- the number of the last event in it
    body BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS baseline (
    -- What stands for everything before the first batch of a generation; the first generation has none.
    part INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    event INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
"""


class SqliteLog:
    """One generation in a file; blocking calls run in the executor's threads, one at a time."""

    def __init__(
        self, path: Path, executor: Executor, *, generation: int = 1, key: bytes = b"", draft: bool = False
    ) -> None:
        self.path = path
        self._executor = executor
        self._generation = generation
        self._lock = Lock()
        is_new = not path.exists()
        try:
            self._database = SqliteDatabase(path, key)
            synchronous = "OFF" if draft else "FULL"
            for statement in ("PRAGMA journal_mode = WAL", f"PRAGMA synchronous = {synchronous}"):
                self._database.execute(statement)
            if not is_new and not self._database.execute("SELECT 1 FROM sqlite_schema").fetchone():
                raise DamagedLogError(f"{path} is empty: restore it from a backup")
            self._database.execute(SCHEMA)
        except apsw.Error as error:
            raise DamagedLogError(f"{path}: {error}") from error

    @property
    def generation(self) -> int:
        """Return the generation's number."""
        return self._generation

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`, durably."""
        return await self._run(lambda: self._append(expected, events, body))

    async def extend(self, batches: Sequence[Batch]) -> None:
        """Copy batches of an earlier generation into a draft."""
        await self._run(partial(self._look, partial(self._extend, batches)))

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return await self._run(partial(self._look, self._head))

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes."""
        base = await self._run(partial(self._look, self._base))
        if after != START and after.batch < base.batch:
            raise CompactedError(f"{self.path}: batch {after.batch + 1} lies before the baseline of batch {base.batch}")
        number = after.batch
        if after == START and base != START:
            part = 0
            while body := await self._run(partial(self._look, partial(self._part, part))):
                yield Batch(base, body, baseline=True)
                part += 1
            number = base.batch
        while batches := await self._run(partial(self._look, partial(self._read, number))):
            for batch in batches:
                if batch.pos.batch != number + 1:
                    raise DamagedLogError(f"{self.path}: batch {number + 1} is missing")
                number = batch.pos.batch
                yield batch

    async def follow(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, and then each new one, for ever."""
        while True:
            async for batch in self.read(after):
                yield batch
                after = batch.pos
            await asyncio.sleep(FOLLOW_PAUSE_S)

    async def sync(self) -> None:
        """Make everything durable: a draft before it is published, a log before it is believed."""
        await self._run(partial(self._look, self._sync))

    async def size(self) -> int:
        """Return the bytes that it takes."""
        return await self._run(partial(self._look, self._database.size))

    async def close(self) -> None:
        """Close the file."""
        await self._run(self.close_now)

    def close_now(self) -> None:
        """Close the file, in the caller's thread."""
        self._database.close()

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._alone, work)

    def _alone(self, work: Callable[[], Result]) -> Result:
        with self._lock:  # one connection, one cursor: what reads waits for what appends
            return work()

    def _look(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except apsw.Error as error:
            raise DamagedLogError(f"{self.path}: {error}") from error

    def _append(self, expected: Pos, events: int, body: bytes) -> Pos:
        execute = self._database.execute
        pos = Pos(expected.event + events, expected.batch + 1)
        try:
            execute("BEGIN IMMEDIATE")
            head = self._head()
            if head == expected:
                execute("INSERT INTO batch VALUES (?, ?, ?)", (pos.batch, pos.event, body))
            execute("COMMIT")
        except apsw.Error as error:
            raise UnknownOutcomeError(f"{self.path}: {error}") from error
        if head != expected:
            raise ConflictError(f"{self.path}: expected {expected}, the log is at {head}")
        return pos

    def _extend(self, batches: Sequence[Batch]) -> None:
        execute = self._database.execute
        execute("BEGIN IMMEDIATE")
        try:
            for batch in batches:
                if batch.baseline:
                    self._require(self._head() in (START, batch.pos), batch)
                    execute(
                        "INSERT INTO baseline SELECT coalesce(max(part) + 1, 0), ?, ?, ? FROM baseline",
                        (batch.pos.batch, batch.pos.event, batch.body),
                    )
                else:
                    self._require(self._head().batch == batch.pos.batch - 1, batch)
                    execute("INSERT INTO batch VALUES (?, ?, ?)", (batch.pos.batch, batch.pos.event, batch.body))
        except BaseException:
            execute("ROLLBACK")
            raise
        execute("COMMIT")

    def _require(self, fits: bool, batch: Batch) -> None:  # noqa: FBT001  # the batch says what
        if not fits:
            raise ConflictError(f"{self.path}: {batch.pos} does not follow {self._head()}")

    def _base(self) -> Pos:
        row = self._database.execute("SELECT event, batch FROM baseline WHERE part = 0").fetchone()
        return Pos(*row) if row else START

    def _part(self, part: int) -> bytes | None:
        row = self._database.execute("SELECT body FROM baseline WHERE part = ?", (part,)).fetchone()
        return row[0] if row else None

    def _head(self) -> Pos:
        row = self._database.execute("SELECT event, batch FROM batch ORDER BY batch DESC LIMIT 1").fetchone()
        return Pos(*row) if row else self._base()

    def _read(self, number: int) -> list[Batch]:
        rows = self._database.execute(
            "SELECT event, batch, body FROM batch WHERE batch > ? ORDER BY batch LIMIT ?", (number, REPLAY_BATCHES_MAX)
        ).fetchall()
        return [Batch(Pos(event, batch), body) for event, batch, body in rows]

    def _sync(self) -> None:
        wal = self.path.with_name(f"{self.path.name}-wal")
        if wal.exists():
            sync_file(wal)  # a reader elsewhere may keep the checkpoint from doing so
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        sync_file(self.path)
