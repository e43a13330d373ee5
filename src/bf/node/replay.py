"""Replay: bringing a state to where its log is. A state is never trusted over its log.

Rules of this file:
1. Replay runs appliers, never handlers.
2. A baseline is one transaction with nothing before it: half of one is worth nothing.
3. After each slice of events the loop may do something else, so that a replay beside traffic delays nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from google.protobuf.message import Message

from bf.core.domain import Domain
from bf.core.ports import START, Batch, DamagedLogError, Log
from bf.core.state import State
from bf.node import answers
from bf.node.api import commit_pb2

Progress = Callable[[int, int], None]
"""Called with the events replayed so far and the events to replay."""

REPLAY_EVENTS_PER_COMMIT = 5_000
"""How often a replay keeps what it has: after a crash it goes on from there."""

SLICE_EVENTS_MAX = 256
"""How many events are replayed before others have their turn; one batch may be longer."""


class NotReplayableError(DamagedLogError):
    """A batch that cannot be applied: it is damaged, or the state before it is."""


class UnknownEventError(NotReplayableError):
    """An event of features that this tenant does not have here."""

    def __init__(self, event: str) -> None:
        package, dot, _ = event.rpartition(".")
        remedy = "start a release that knows it"
        if dot:
            remedy = f"load the package {package} with bf serve --features MODULE, and let it name this tenant"
        super().__init__(f"the log has the event {event}, which no feature of this tenant applies: {remedy}")


def unwatched(done: int, total: int) -> None:
    """Take no notice of the progress."""


async def catch_up(state: State, log: Log, progress: Progress) -> None:
    """Apply every event of the log that the state does not have; DamagedLogError at a hole, CompactedError."""
    head = await log.head()
    await replay_all(state, log.read(state.pos), progress, head.event)


async def replay_all(state: State, batches: AsyncIterator[Batch], progress: Progress, last_event: int) -> None:
    """Apply batches in transactions of many; what was begun when it fails is rolled back."""
    begun_at = kept = at = state.pos
    rested_at = applied = 0
    whole = True
    state.begin()
    try:
        async for batch in batches:
            applied += replay(state, batch)
            at, whole = state.pos, not batch.baseline or state.pos == batch.pos
            if whole and at.event - kept.event >= REPLAY_EVENTS_PER_COMMIT:
                state.keep(at)
                state.commit()
                kept = at
                progress(at.event - begun_at.event, last_event - begun_at.event)
                state.begin()
            if applied - rested_at >= SLICE_EVENTS_MAX:
                rested_at = applied
                await asyncio.sleep(0)
        _require(whole, "the baseline of the log has no end")
        state.keep(at)
        state.commit()
    except BaseException:
        state.rollback()
        raise


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # a sentence follows it
    if not holds:
        raise NotReplayableError(otherwise)


def replay(state: State, batch: Batch) -> int:
    """Apply one batch inside an open transaction, and return how many events it had; raises NotReplayableError."""
    before = state.pos.event
    try:
        message = commit_pb2.Batch.FromString(batch.body)
        if batch.baseline:
            state.last_answer = message.baseline.last_answer
        for commit in message.commits:
            replay_commit(state, commit)
    except UnknownEventError:
        raise
    except Exception as error:
        why = type(error).__name__  # its text may quote the tenant's data
        raise NotReplayableError(f"batch {batch.pos.batch} of the log cannot be replayed: {why}") from error
    events = state.pos.event - before
    if batch.baseline:
        _settle(state, batch, message.baseline)
    elif state.pos.event != batch.pos.event:
        raise NotReplayableError(f"the log says event {batch.pos.event}, replay is at {state.pos.event}")
    else:
        state.pos = batch.pos
    return events


def replay_commit(state: State, commit: commit_pb2.Commit) -> None:
    """Apply what one commit says inside an open transaction."""
    events = _read(state.domain, commit)
    if events:
        state.replay(events, commit.time_us)
    if len(events) != len(commit.events):  # positions count events as they were written, whatever is made of them
        state.pos = state.pos._replace(event=state.pos.event + len(commit.events) - len(events))
    state.time_us = commit.time_us
    answers.note(state, commit)


def _read(domain: Domain, commit: commit_pb2.Commit) -> list[Message]:
    try:
        if domain.upcasters:
            old, version = commit.events, commit.domain_version
            return [new for event in old for new in domain.read_event(event.type, event.body, version)]
        return [domain.events[event.type].FromString(event.body) for event in commit.events]
    except KeyError as unknown:
        raise UnknownEventError(str(unknown.args[0])) from unknown


def _settle(state: State, batch: Batch, baseline: commit_pb2.Baseline) -> None:
    """After the last part of a baseline, stand where it stands."""
    if baseline.last:
        state.pos = batch.pos
        state.time_us, state.last_uid = baseline.time_us, baseline.last_uid
    else:
        state.pos = START
