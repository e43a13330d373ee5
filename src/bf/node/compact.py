"""Compaction: a log as short as its state, made beside the one in use while traffic goes on.

    generation 1   ├──┬──┬──┬──┬──┬──┬──┬──┤ batches 1 … 9,000
                                     P
    generation 2   ╞═ baseline ══════╪──┬──┤ the fewest events that make the state at P, then the batches after it

Rules of this file:
1. Positions stay what they were: the baseline stands for everything up to P, and the next batch has the next number.
2. The new generation is proved before anybody believes it: a state made of its baseline equals the state at P.
3. Traffic waits only for the last few batches to be copied, and for one file to be renamed, which is the switch.
4. Whatever fails before the switch leaves a draft that the next attempt removes. If the switch itself fails, the cell
   stops: the next one opens whichever generation the storage says.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bf.core.ports import Batch as BatchAt
from bf.core.ports import Env, Log, LogError, Pos, UnknownOutcomeError
from bf.core.state import State
from bf.core.tx import Tx
from bf.node import answers
from bf.node.api.commit_pb2 import Baseline, Batch, Commit
from bf.node.cell import Cell, Derived
from bf.node.contents import contents
from bf.node.mischief import linger
from bf.node.pace import Pace
from bf.node.replay import catch_up, unwatched

logger = logging.getLogger("bf.compact")

PART_BYTES_MAX = 256 * 1024
"""How much of a baseline is written at a time; one answer more may make it larger."""

CHUNK_BATCHES_MAX = 64
"""How many batches are copied at a time."""

TAIL_BATCHES_MAX = 8
"""How many batches may be left to copy when traffic is made to wait."""

ROUNDS_COUNT_MAX = 100
"""How often the copy may run after traffic before it gives up."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is; 0 if nobody knows."""


def _unwatched(what: str, done: int, total: int) -> None:
    """Take no notice of the progress."""


class CompactionError(LogError):
    """The compaction did not come to its end; the tenant goes on as it was."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did."""

    generation: int
    pos: Pos
    events: int
    """How many events the baseline has."""
    bytes_before: int
    bytes_after: int
    pause_us: int
    """How long traffic waited."""


async def compact(
    cell: Cell, env: Env, *, archive: bool = True, pace: Pace | None = None, progress: Progress = _unwatched
) -> Compacted:
    """Give a tenant a new generation of its log, and a state made of it; both are under its newest key."""
    async with cell.change:
        return await _Compaction(cell, env, pace or Pace(env.clock), progress).run(archive=archive)


class _Compaction:
    def __init__(self, cell: Cell, env: Env, pace: Pace, progress: Progress) -> None:
        self._cell = cell
        self._tenant = cell.tenant
        self._storage = env.storage
        self._clock = env.clock
        self._meter = env.meter
        self._env = env
        self._pace = pace
        self._progress = progress

    async def run(self, *, archive: bool) -> Compacted:
        """Do it: look, write, prove, copy, switch, tidy up."""
        cell, storage, tenant = self._cell, self._storage, self._tenant
        before = await cell.log.size()
        view = await cell.exclusively(self._look)
        draft: Log | None = None
        made: Derived | None = None
        try:
            draft = storage.draft(tenant)
            events = await self._lay(view, draft)
            made = await self._prove(view, draft)
            at = await self._copy_most(draft, view.pos)
            await catch_up(made.state, draft, unwatched)
            await linger(self._env, "a compaction is slow before its switch")
            pause_us = await self._switch(draft, made, at)
            self._meter.observe("pause_seconds", pause_us / 1e6, why="compact")
            await linger(self._env, "a compaction is slow to tidy up")
        except BaseException as error:
            if draft:
                await draft.close()
            if made and cell.derived.number != made.number:
                made.state.database.close()
                storage.drop(tenant, made.number)
            if isinstance(error, Exception) and not isinstance(error, CompactionError):
                why = error if isinstance(error, LogError) else type(error).__name__  # a foreign text may quote data
                raise CompactionError(f"tenant {tenant} was not compacted: {why}") from error
            raise
        finally:
            view.database.close()
        for number in storage.databases(tenant):
            if number != made.number:
                storage.drop(tenant, number)
        storage.truncate(tenant, cell.log.generation, archive=archive)
        after = await cell.log.size()
        logger.info("tenant %s: generation %s has %s bytes instead of %s", tenant, cell.log.generation, after, before)
        return Compacted(cell.log.generation, view.pos, events, before, after, pause_us)

    async def _look(self) -> State:
        state = self._cell.derived.state
        if state.domain.baseline is None:
            raise CompactionError(f"the domain {state.domain.name} says no baseline")
        return State(state.database.snapshot(), state.domain)

    async def _lay(self, view: State, draft: Log) -> int:
        events = 0
        for part in _parts(view) if view.pos.batch else ():  # an empty log has nothing to say
            body = part.SerializeToString()
            await draft.extend([BatchAt(view.pos, body, baseline=True)])
            events += sum(len(commit.events) for commit in part.commits)
            self._progress("writing the baseline, in events", events, 0)
            await self._pace.step(len(body))
        return events

    async def _prove(self, view: State, draft: Log) -> Derived:
        """Make a state of the baseline, and compare all of it."""
        number = max(self._storage.databases(self._tenant), default=0) + 1
        made = Derived(number, State.create(self._storage.database(self._tenant, number), view.domain))
        same = False
        try:
            await catch_up(made.state, draft, lambda done, total: self._progress("replaying the baseline", done, total))
            self._progress("comparing the states", 0, 0)
            same = await self._digest(made.state) == await self._digest(view)
        finally:
            if not same:
                made.state.database.close()
                self._storage.drop(self._tenant, number)
        if not same:
            raise CompactionError(f"tenant {self._tenant}: the baseline does not make the same state")
        return made

    async def _digest(self, state: State) -> str:
        result = hashlib.sha256()
        for each in contents(state):
            body = repr(each).encode()
            result.update(body)
            await self._pace.step(len(body))
        return result.hexdigest()

    async def _copy_most(self, draft: Log, base: Pos) -> Pos:
        """Copy what came meanwhile, until little is left."""
        at = base
        for _ in range(ROUNDS_COUNT_MAX):
            at = await self._copy(draft, at)
            await draft.sync()
            head = await self._cell.log.head()
            self._progress("copying what came meanwhile, in batches", at.batch - base.batch, head.batch - base.batch)
            if head.batch - at.batch <= TAIL_BATCHES_MAX:
                return at
        raise CompactionError(f"tenant {self._tenant}: traffic is faster than the copy")

    async def _copy(self, draft: Log, at: Pos) -> Pos:
        chunk: list[BatchAt] = []
        async for batch in self._cell.log.read(at):
            chunk.append(batch)
            if len(chunk) == CHUNK_BATCHES_MAX:
                await draft.extend(chunk)
                await self._pace.step(sum(len(each.body) for each in chunk))
                chunk = []
            at = batch.pos
        await draft.extend(chunk)
        return at

    async def _switch(self, draft: Log, made: Derived, at: Pos) -> int:
        """Let the tenant go on with the new log and state; return how long it waited, in microseconds."""
        cell, storage, tenant = self._cell, self._storage, self._tenant

        async def switch() -> int:
            began_us = self._clock.elapsed_us()
            await self._copy(draft, at)
            await catch_up(made.state, draft, unwatched)
            if made.state.pos != cell.derived.state.pos:
                raise CompactionError(f"tenant {tenant}: the copy ends at {made.state.pos}")
            await draft.sync()
            await draft.close()
            if self._env.buggify("a compaction gives up at its switch"):
                raise CompactionError(f"tenant {tenant}: given up at the switch")
            try:
                await storage.publish(tenant)
                await cell.exchange(storage.log(tenant), made)
            except Exception as error:  # which of the two it is now, only the storage can say
                raise UnknownOutcomeError(f"tenant {tenant}: the switch to a new generation failed") from error
            return self._clock.elapsed_us() - began_us

        return await cell.exclusively(switch)


def _parts(view: State) -> Iterator[Batch]:
    """Say a state as the parts of a baseline: its events, then the answers that it keeps."""
    row = view.database.execute("SELECT count(*) FROM bf_answer").fetchone()
    assert row is not None, "a count has a row"
    answer = view.last_answer - row[0]
    part, size = Batch(baseline=Baseline(last_answer=answer)), 0
    for commit in _commits(view):
        if size > PART_BYTES_MAX:
            yield part
            part, size = Batch(baseline=Baseline(last_answer=answer)), 0
        part.commits.append(commit)
        size += commit.ByteSize()
        answer += bool(commit.request_id)
    part.baseline.last = True
    part.baseline.last_uid = view.last_uid
    part.baseline.time_us = view.time_us
    yield part


def _commits(view: State) -> Iterator[Commit]:
    """Yield the events of a state in commits of a modest size, and its answers."""
    assert view.domain.baseline, "the domain says a baseline"
    commit, size = _events_commit(view), 0
    for event in view.domain.baseline(Tx(view.database, {}, view.last_uid, view.time_us)):
        body = event.SerializeToString()
        commit.events.add(type=view.domain.event_names[type(event)], body=body)
        size += len(body)
        if size > PART_BYTES_MAX // 8:
            yield commit
            commit, size = _events_commit(view), 0
    yield commit
    yield from answers.kept(view)


def _events_commit(view: State) -> Commit:
    return Commit(time_us=view.time_us, domain_version=view.domain.version)
