"""A tenant's log on a simulated disk: records one after the other in a file, one sync per batch.

    kind 1 | size of the body 4 | event 8 | batch 8 | CRC-32 of all that and of the body 4 | body

A record that ends with the file, or whose checksum is wrong with nothing after it, or whose first sector never came, so
that it begins with zeros, was being written when the power went: it was never acknowledged, and it goes. Anything else
that does not fit is damage.
"""

import asyncio
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from zlib import crc32

from bf.core.ports import START, Batch, CompactedError, ConflictError, DamagedLogError, Pos, UnknownOutcomeError
from bf.sim.disk import Disk, File
from bf.sim.loop import Life

HEAD = struct.Struct(">BIQQI")
BATCH, BASELINE = 1, 2

LOCK_PAUSE_S = 0.001
"""How long a process waits before it looks again whether another one has let a file go."""


class Records:
    """What a process knows of a log's file: every record in it, read once, and again when the file has changed."""

    def __init__(self, disk: Disk, file: File, life: Life) -> None:
        self.disk = disk
        self.life = life
        self.file = file
        self.path = file.name
        self.writing = asyncio.Lock()
        self.grown = asyncio.Event()
        self.held = 0
        """How many logs have it open."""
        self._known: tuple[int, int | None] = (-1, None)
        self._size = 0
        self._parts: list[Batch] = []
        self._batches: list[Batch] = []
        self._head = START
        self.base = START

    @property
    def size(self) -> int:
        """Return the bytes that hold records."""
        self.refresh()
        return self._size

    @property
    def head(self) -> Pos:
        """Return the position after the last record."""
        self.refresh()
        return self._head

    @property
    def parts(self) -> list[Batch]:
        """Return the parts of the baseline."""
        self.refresh()
        return self._parts

    @property
    def batches(self) -> list[Batch]:
        """Return the batches."""
        self.refresh()
        return self._batches

    def refresh(self) -> None:
        """Read the file again if it is not what was read; DamagedLogError."""
        file, known = self.file, self._key()
        if known == self._known:
            return
        content = bytes(file.content[: known[1]])
        self._parts, self._batches, self._head, self.base, self._size = [], [], START, START, 0
        while self._size < len(content):
            end = self._record(content, self._size)
            if not end:
                break
            self._size = end
        if self._size < len(content):
            file.truncate(self._size)
        self._known = self._key()

    def _key(self) -> tuple[int, int | None]:
        """Say which content is read: its version, and where what is being written begins, which nobody sees yet."""
        file = self.file
        return file.version, None if file.writer is None or file.writer.dead else file.visible

    @asynccontextmanager
    async def locked(self) -> AsyncGenerator[None]:
        """Lock the file against other processes; a lock dies with its process."""
        file = self.file
        while file.writer and file.writer is not self.life and not file.writer.dead:  # noqa: ASYNC110  # a process that dies sets no event
            await asyncio.sleep(LOCK_PAUSE_S)
        file.writer, file.visible = self.life, None
        try:
            yield
        finally:
            file.writer = None

    def write(self, batch: Batch) -> int:
        """Write a record at the end, and return where; nobody sees it before it is kept. OSError: the disk is full."""
        kind = BASELINE if batch.baseline else BATCH
        head = HEAD.pack(kind, len(batch.body), batch.pos.event, batch.pos.batch, 0)
        head = HEAD.pack(kind, len(batch.body), batch.pos.event, batch.pos.batch, crc32(head + batch.body))
        at = self.size
        self.disk.write(self.file, at, head + batch.body)
        self.file.visible = at if self.file.writer else None
        self._known = self._key()
        return at

    def keep(self, batch: Batch) -> None:
        """Let everybody see the record that was written."""
        self.file.visible = None
        self.file.version += 1
        self._keep(batch)
        self._size = len(self.file.content)
        self._known = self._key()

    def take_back(self, at: int) -> None:
        """Cut the file where a record began that could not be synced."""
        self.file.visible = None
        self.file.truncate(at)

    def write_again(self) -> None:
        """Write what the cache shows, as a checkpoint does; OSError if the disk is full."""
        self.refresh()
        if self.file.content:
            self.disk.write(self.file, 0, bytes(self.file.content))
            self._known = self._key()

    def _record(self, content: bytes, at: int) -> int:
        """Read the record at a place, and return where it ends; 0 if it was never finished."""
        if at + HEAD.size > len(content):
            return 0
        kind, size, event, number, checksum = HEAD.unpack_from(content, at)
        end = at + HEAD.size + size
        body = content[at + HEAD.size : end]
        if not any(content[at : at + HEAD.size]):
            return 0
        if kind not in (BATCH, BASELINE):
            raise DamagedLogError(f"{self.path}: after batch {self._head.batch} there is no record")
        if end > len(content):
            return 0
        if crc32(HEAD.pack(kind, size, event, number, 0) + body) != checksum:
            if end == len(content):
                return 0
            raise DamagedLogError(f"{self.path}: the record after batch {self._head.batch} is damaged")
        self._keep(Batch(Pos(event, number), body, kind == BASELINE))
        return end

    def _keep(self, batch: Batch) -> None:
        if batch.baseline:
            self._parts.append(batch)
            self.base = batch.pos
        else:
            self._batches.append(batch)
        self._head = batch.pos


class SimLog:
    """One generation of a tenant's log."""

    def __init__(self, records: Records, generation: int) -> None:
        """Open a file that is there."""
        self.records = records
        self._generation = generation
        self._open = True
        records.refresh()
        records.held += 1

    @property
    def generation(self) -> int:
        """Return the generation's number."""
        return self._generation

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`, durably."""
        records = self.records
        async with records.writing, records.locked():
            if records.head != expected:
                raise ConflictError(f"expected {expected}, the log is at {records.head}")
            pos = Pos(expected.event + events, expected.batch + 1)
            try:
                at = records.write(Batch(pos, body))
                await self.synced(at)
            except OSError as error:
                raise UnknownOutcomeError(f"{records.path}: {error.strerror}") from error
            records.keep(Batch(pos, body))
        grown, records.grown = records.grown, asyncio.Event()
        grown.set()
        return pos

    async def synced(self, at: int) -> None:
        """Sync what was written at a place, or take it back."""
        try:
            await self.records.disk.sync(self.records.file)
        except OSError:
            self.records.take_back(at)
            raise

    async def extend(self, batches: Sequence[Batch]) -> None:
        """Copy batches of an earlier generation into a draft."""
        records = self.records
        for batch in batches:
            head = records.head
            fits = head in (START, batch.pos) if batch.baseline else head.batch == batch.pos.batch - 1
            if not fits:
                raise ConflictError(f"{batch.pos} does not follow {head}")
            records.write(batch)
            records.keep(batch)

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return self.records.head

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes."""
        records = self.records
        number, parts = after.batch, records.parts
        if after != START and number < records.base.batch:
            raise CompactedError(f"batch {number + 1} lies before the baseline of batch {records.base.batch}")
        if after == START and parts:
            for part in parts:
                yield part
            number = records.base.batch
        while number < records.head.batch:
            batches = records.batches
            index = number - records.base.batch
            if index >= len(batches) or batches[index].pos.batch != number + 1:
                raise DamagedLogError(f"{records.path}: batch {number + 1} is missing")
            yield batches[index]
            number += 1

    async def follow(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, and then each new one, for ever."""
        while True:
            grown = self.records.grown
            async for batch in self.read(after):
                yield batch
                after = batch.pos
            await grown.wait()

    async def sync(self) -> None:
        """Make everything durable, written anew: what an earlier sync could not keep, another one would not either."""
        try:
            async with self.records.writing, self.records.locked():
                self.records.write_again()
                await self.records.disk.sync(self.records.file)
        except OSError as error:
            raise DamagedLogError(f"{self.records.path}: {error.strerror}") from error

    async def size(self) -> int:
        """Return the bytes that it takes."""
        return self.records.size

    async def close(self) -> None:
        """Give the file back."""
        if self._open:
            self._open = False
            self.records.held -= 1
