"""Replay: bringing a state to where its log is. A state is never trusted over its log."""

import logging
from collections.abc import Callable

from bf.core.domain import Domain
from bf.core.ports import Batch, DamagedLogError, Log, LogError, Storage
from bf.core.state import State
from bf.node import answers
from bf.node.api import commit_pb2

logger = logging.getLogger("bf.replay")

Progress = Callable[[int, int], None]
"""Called with the events replayed so far and the events to replay."""

REPLAY_EVENTS_PER_COMMIT = 5_000
"""How often a replay keeps what it has: after a crash it goes on from there."""


class NotReplayableError(DamagedLogError):
    """A batch that cannot be applied: it is damaged, or the state before it is."""


async def open_state(tenant: str, domain: Domain, storage: Storage, log: Log, progress: Progress) -> State:
    """Open a tenant's state where its log is: catch up, or rebuild it if it is ahead, damaged or of another shape."""
    database = storage.database(tenant, fresh=False)
    try:
        state = State.open(database, domain)
        if state and state.pos.cursor <= (await log.head()).cursor:
            await catch_up(state, log, progress)
            return state
    except Exception as error:
        if isinstance(error, LogError) and not isinstance(error, NotReplayableError):
            database.close()
            raise
        logger.warning("tenant %s: the state is damaged and will be rebuilt", tenant, exc_info=True)
    database.close()
    database = storage.database(tenant, fresh=True)
    try:
        state = State.create(database, domain)
        await catch_up(state, log, progress)
    except BaseException:
        database.close()
        raise
    return state


async def catch_up(state: State, log: Log, progress: Progress) -> None:
    """Apply every event of the log that the state does not have; DamagedLogError at a hole."""
    begun_at, head = state.pos, await log.head()
    kept = begun_at
    at = begun_at
    state.begin()
    try:
        async for batch in log.read(begun_at):
            replay(state, batch)
            at = batch.pos
            if at.event - kept.event >= REPLAY_EVENTS_PER_COMMIT:
                state.commit(at)
                kept = at
                progress(at.event - begun_at.event, head.event - begun_at.event)
                state.begin()
        state.commit(at)
    except BaseException:
        state.rollback()
        raise


def replay(state: State, batch: Batch) -> None:
    """Apply one batch inside an open transaction; NotReplayableError if it and the state do not fit together."""
    types = state.domain.events
    try:
        for commit in commit_pb2.Batch.FromString(batch.body).commits:
            state.replay((types[event.type].FromString(event.body) for event in commit.events), commit.time_us)
            answers.note(state.database, commit)
    except Exception as error:
        raise NotReplayableError(f"batch {batch.pos.cursor} of the log cannot be replayed: {error!r}") from error
    if state.pos.event != batch.pos.event:
        raise NotReplayableError(f"the log says event {batch.pos.event}, replay is at {state.pos.event}")
