"""Tenants in the memory of this process: the same promises as on a disk, for as long as the process lives."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from bf.adapters.sqlite.database import SqliteDatabase
from bf.core.ports import START, Batch, CompactedError, ConflictError, DamagedLogError, Log, Pos


@dataclass
class Generation:
    """What one generation of a log holds; it outlives those who have it open."""

    number: int = 1
    parts: list[bytes] = field(default_factory=list[bytes])
    base: Pos = START
    batches: list[Batch] = field(default_factory=list[Batch])
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def head(self) -> Pos:
        """The position after the last batch."""
        return self.batches[-1].pos if self.batches else self.base


class MemoryLog:
    """One generation of a tenant's log."""

    def __init__(self, held: Generation) -> None:
        self._held = held

    @property
    def generation(self) -> int:
        """Return the generation's number."""
        return self._held.number

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`."""
        if self._held.head != expected:
            raise ConflictError(f"expected {expected}, the log is at {self._held.head}")
        pos = Pos(expected.event + events, expected.batch + 1)
        self._held.batches.append(Batch(pos, body))
        self._held.grown.set()
        self._held.grown = asyncio.Event()
        return pos

    async def extend(self, batches: Sequence[Batch]) -> None:
        """Copy batches of an earlier generation into a draft."""
        held = self._held
        for batch in batches:
            fits = held.head in (START, batch.pos) if batch.baseline else held.head.batch == batch.pos.batch - 1
            if not fits:
                raise ConflictError(f"{batch.pos} does not follow {held.head}")
            if batch.baseline:
                held.base = batch.pos
                held.parts.append(batch.body)
            else:
                held.batches.append(batch)

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return self._held.head

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes."""
        held = self._held
        if after != START and after.batch < held.base.batch:
            raise CompactedError(f"batch {after.batch + 1} lies before the baseline of batch {held.base.batch}")
        if after == START:
            for part in held.parts:
                yield Batch(held.base, part, baseline=True)
        number = max(after.batch, held.base.batch)
        for batch in held.batches[number - held.base.batch :]:
            number += 1
            if batch.pos.batch != number:
                raise DamagedLogError(f"batch {number} is missing")
            yield batch

    async def follow(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, and then each new one, for ever."""
        while True:
            grown = self._held.grown
            async for batch in self.read(after):
                yield batch
                after = batch.pos
            await grown.wait()

    async def sync(self) -> None:
        """Memory is as durable as it gets."""

    async def size(self) -> int:
        """Return the bytes that it takes."""
        return sum(map(len, self._held.parts)) + sum(len(batch.body) for batch in self._held.batches)

    async def close(self) -> None:
        """Nothing is held open."""


@dataclass
class Tenant:
    """What a tenant has."""

    generations: list[Generation] = field(default_factory=lambda: [Generation()])
    draft: Generation | None = None
    archive: list[Generation] = field(default_factory=list[Generation])
    limits: dict[str, int] = field(default_factory=dict[str, int])


class MemoryStorage:
    """Tenants in memory; their states are gone when they are closed, as after the loss of a disk."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}

    def create(self, tenant: str) -> None:
        """Make an empty tenant."""
        assert tenant not in self._tenants, f"{tenant} exists"
        self._tenants[tenant] = Tenant()

    def tenants(self) -> list[str]:
        """Return the names of all tenants, sorted."""
        return sorted(self._tenants)

    def log(self, tenant: str) -> Log:
        """Open the present generation of a tenant's log; KeyError if there is no such tenant."""
        return MemoryLog(self._tenants[tenant].generations[-1])

    def draft(self, tenant: str) -> Log:
        """Open the generation after the present one, empty."""
        held = self._tenants[tenant]
        held.draft = Generation(held.generations[-1].number + 1)
        return MemoryLog(held.draft)

    async def publish(self, tenant: str) -> None:
        """Make the draft the present generation."""
        held = self._tenants[tenant]
        assert held.draft, "there is a draft"
        held.generations.append(held.draft)
        held.draft = None

    def truncate(self, tenant: str, generation: int, *, archive: bool) -> None:
        """Give up the generations below a number: kept as archives, or gone."""
        held = self._tenants[tenant]
        if archive:
            held.archive += [each for each in held.generations if each.number < generation]
        held.generations = [each for each in held.generations if each.number >= generation]

    def limits(self, tenant: str) -> Mapping[str, int]:
        """Return a tenant's own limits, by name."""
        return self._tenants[tenant].limits

    def databases(self, tenant: str) -> list[int]:
        """Return nothing: no state outlives its connection."""
        assert tenant in self._tenants, f"there is no {tenant}"
        return []

    def database(self, tenant: str, number: int) -> SqliteDatabase:
        """Open an empty state database."""
        assert tenant in self._tenants, f"there is no {tenant}"
        assert number >= 0, "states are numbered from 1, and 0 is for one that is not kept"
        return SqliteDatabase()

    def drop(self, tenant: str, number: int) -> None:
        """Forget a state, which is closed."""
