"""Copies of a tenant's log: what a backup still lacks, how a log is laid down again, and the proof that it is whole."""

from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol

from bf.core.domain import Domain
from bf.core.ports import START, Batch, CompactedError, Database, Log, Pos
from bf.core.state import State
from bf.node.contents import digest
from bf.node.history import Chapter
from bf.node.replay import Progress, replay_all

CHUNK_BATCHES_MAX = 256
CHUNK_BYTES_MAX = 4 * 1024 * 1024
"""How much is written at a time; one batch may be larger."""


class End(Protocol):
    """Where a chain of backups ends."""

    @property
    def end(self) -> Pos:
        """Return the position after its last batch."""
        ...

    @property
    def baseline(self) -> bool:
        """Say whether it ends with a baseline, and no batch after it."""
        ...

    def is_of(self, batch: Batch) -> bool:
        """Say whether a batch is its last one: another history has others under the same numbers."""
        ...


async def goes_on(log: Log, last: End) -> bool:
    """Say whether a log has what a chain ends with, so that what comes after it is all that the chain lacks."""
    if last.end == START:
        return True
    try:
        async for batch in log.read(START if last.baseline else Pos(last.end.event, last.end.batch - 1)):
            if last.is_of(batch):
                return True
            if batch.pos.batch > last.end.batch:
                break
    except CompactedError:
        pass
    return False


async def until(batches: AsyncIterator[Batch], head: Pos) -> AsyncIterator[Batch]:
    """Yield batches up to a position, whatever is written meanwhile."""
    async for batch in batches:
        if batch.pos.batch > head.batch:
            return
        yield batch


async def lay_down(batches: AsyncIterator[Batch], draft: Log, progress: Progress, last_event: int) -> Pos:
    """Write a history into an empty log, durably; return where it ends."""
    at, chunk, size = START, list[Batch](), 0
    async for batch in batches:
        chunk.append(batch)
        at, size = batch.pos, size + len(batch.body)
        if size > CHUNK_BYTES_MAX or len(chunk) == CHUNK_BATCHES_MAX:
            await draft.extend(chunk)
            chunk, size = [], 0
            progress(at.event, last_event)
    await draft.extend(chunk)
    await draft.sync()
    return at


class Proof(NamedTuple):
    """What a full replay made."""

    pos: Pos
    time_us: int
    """Of the last commit."""
    digest: str


async def prove(chapter: Chapter, domain: Domain, database: Database, progress: Progress) -> Proof:
    """Replay a whole history into an empty database; DamagedLogError names the batch that cannot be replayed."""
    state = State.create(database, domain)
    head = await chapter.head()
    await replay_all(state, chapter.read(START), progress, head.event)
    return Proof(state.pos, state.time_us, digest(state))
