"""A log on a machine of its own: what a clustered log is to its owners, reached by messages that may not come.

Rules of this file:
1. Who gets no answer to an append sends the same bytes for the same position again. If they are there already, that
   is the answer; so an append that was sent twice is in the log once.
2. If no answer comes for long, the outcome is unknown, and the owner has to look.
3. Generations are not made here yet: a remote log is never compacted.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random
from typing import Any, TypeVar
from zlib import crc32

from bf.core.ports import Batch, ConflictError, Log, LogError, Pos, UnknownOutcomeError
from bf.sim.disk import Disk
from bf.sim.loop import Life, SimLoop
from bf.sim.machine import Machine
from bf.sim.net import Network
from bf.sim.post import HEAD_BYTES
from bf.sim.storage import SimStorage

Result = TypeVar("Result")

PATIENCE_S = 1.0
"""How long an owner waits before it asks again."""

PAUSE_S = 0.2
GIVE_UP_S = 6.0
"""How long it asks in all."""

PAGE_BATCHES = 64
"""How many batches one message carries."""


class LogMachine(Machine):
    """A machine that keeps the logs of tenants which live elsewhere."""

    def __init__(self, loop: SimLoop, name: str, number: int, seed: str, *, sync_s: float) -> None:
        super().__init__(loop, name, number)
        self.disk = Disk(loop, name, Random(f"{seed}/{name}/disk"))
        self.disk.sync_s = sync_s
        self._dice = Random(f"{seed}/{name}/keys")
        self.storage: SimStorage
        self._logs: dict[str, asyncio.Task[Log]] = {}

    def boot(self, domain: object = None) -> None:
        """Start a process on what lies on the disk."""
        del domain
        if not self.up:
            self.new_life()
        self.storage = SimStorage(self.disk, self.life, self._dice.randbytes, sealed=False)
        self._logs = {}

    def cut_power(self) -> None:
        """End the process, and lose what the disk had not synced."""
        self.kill()
        self.disk.cut_power()

    async def append(self, tenant: str, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch, or find that it is there already."""
        log = await self.log(tenant)
        try:
            return await log.append(expected, events, body)
        except ConflictError:
            pos = Pos(expected.event + events, expected.batch + 1)
            if expected.batch < (await log.head()).batch and await anext(log.read(expected)) == Batch(pos, body):
                await log.sync()  # the first time may not have come to its sync
                return pos
            raise

    async def page(self, tenant: str, after: Pos) -> list[Batch]:
        """Return the next batches after a position."""
        log, page = await self.log(tenant), list[Batch]()
        async for batch in log.read(after):
            page.append(batch)
            if len(page) == PAGE_BATCHES:
                break
        return page

    async def head(self, tenant: str) -> Pos:
        """Return the position after the last batch."""
        return await (await self.log(tenant)).head()

    async def size(self, tenant: str) -> int:
        """Return the bytes that a log takes."""
        return await (await self.log(tenant)).size()

    async def log(self, tenant: str) -> Log:
        """Return a tenant's log, opened and synced before it is believed."""
        opening = self._logs.get(tenant)
        if opening is None or (opening.done() and opening.exception()):
            opening = self._logs[tenant] = self.loop.create_task(self._opened(tenant))
        return await asyncio.shield(opening)

    async def _opened(self, tenant: str) -> Log:
        log = self.storage.log(tenant)
        await log.sync()
        return log


class Wire:
    """Questions from one machine to another, and what comes back."""

    def __init__(self, network: Network, near: Machine, far: Machine) -> None:
        self._loop = near.loop
        self._near = near
        self._far = far
        self._there = network.link(near.name, far.name)
        self._back = network.link(far.name, near.name)

    async def ask(self, checksum: int, work: Callable[[], Awaitable[Result]]) -> Result:
        """Let the other machine do something, and return what it gives or raise what it raises; TimeoutError."""
        answered: asyncio.Future[Any] = self._loop.create_future()
        self._there.send(self._far, HEAD_BYTES, checksum, self._arrive, self._near.life, work, answered)
        patience = self._loop.call_later(PATIENCE_S, _settle, answered, None, TimeoutError("no answer came"))
        try:
            return await answered
        finally:
            patience.cancel()

    def _arrive(self, asker: Life, work: Callable[[], Awaitable[Any]], answered: "asyncio.Future[Any]") -> None:
        if self._far.up:
            self._far.run(self._loop.create_task, self._do(asker, work, answered))

    async def _do(self, asker: Life, work: Callable[[], Awaitable[Any]], answered: "asyncio.Future[Any]") -> None:
        result, failure = None, None
        try:
            result = await work()
        except (LogError, KeyError) as error:
            failure = error
        self._back.send(asker, HEAD_BYTES, 0, _settle, answered, result, failure)


class RemoteLog:
    """A tenant's log on another machine."""

    generation = 1

    def __init__(self, wire: Wire, far: LogMachine, tenant: str) -> None:
        self._wire = wire
        self._far = far
        self._tenant = tenant

    async def append(self, expected: Pos, events: int, body: bytes) -> Pos:
        """Append a batch of so many `events` after `expected`, durably."""
        return await self._insist(
            lambda: self._far.append(self._tenant, expected, events, body), crc32(body), UnknownOutcomeError
        )

    async def extend(self, batches: Sequence[Batch]) -> None:
        """Refuse: there are no drafts here."""
        raise LogError(f"{self._tenant}: a remote log has no drafts, {len(batches)} batches were not copied")

    async def head(self) -> Pos:
        """Return the position after the last batch."""
        return await self._insist(lambda: self._far.head(self._tenant), 1, LogError)

    async def read(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, in order and without holes."""
        while page := await self._page(after):
            for batch in page:
                yield batch
                after = batch.pos

    async def _page(self, after: Pos) -> list[Batch]:
        return await self._insist(lambda: self._far.page(self._tenant, after), after.batch, LogError)

    async def follow(self, after: Pos) -> AsyncIterator[Batch]:
        """Yield the batches after a position, and then each new one, for ever."""
        while True:
            async for batch in self.read(after):
                yield batch
                after = batch.pos
            await asyncio.sleep(PAUSE_S)

    async def sync(self) -> None:
        """The other machine answers for what it has synced, and for nothing else."""

    async def size(self) -> int:
        """Return the bytes that it takes."""
        return await self._insist(lambda: self._far.size(self._tenant), 2, LogError)

    async def close(self) -> None:
        """Nothing is held open here."""

    async def _insist(self, work: Callable[[], Awaitable[Result]], checksum: int, otherwise: type[LogError]) -> Result:
        """Ask until an answer comes, the same each time; `otherwise` if none does."""
        loop = asyncio.get_running_loop()
        until = loop.time() + GIVE_UP_S
        while True:
            try:
                return await self._wire.ask(checksum, work)
            except (TimeoutError, UnknownOutcomeError) as error:
                if loop.time() > until:
                    raise otherwise(f"{self._tenant}: {self._far.name} does not answer: {error}") from error
            await asyncio.sleep(PAUSE_S)


class RemoteStorage(SimStorage):
    """A server whose tenants' logs are elsewhere; states and what else it keeps are on its own disk."""

    def reach(self, wire: Wire, far: LogMachine) -> None:
        """Use the logs of another machine."""
        self._wire = wire
        self._far = far

    def log(self, tenant: str) -> Log:
        """Reach for a tenant's log; KeyError if there is no such tenant."""
        return RemoteLog(self._wire, self._far, self._known(tenant))


def _settle(answered: "asyncio.Future[Any]", result: object, failure: Exception | None) -> None:
    if answered.done():
        return
    if failure:
        answered.set_exception(failure)
    else:
        answered.set_result(result)
