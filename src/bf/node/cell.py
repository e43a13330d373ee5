"""A cell: one tenant's running runtime.

Rules of this file:
1. Requests are carried out one after the other, in the order in which they came.
2. Requests that come while an append is under way form the next batch: one fsync serves them all.
3. Nobody is answered before the log has the batch. If the log does not say yes, the batch never happened here: the
   cell stops with its state as it was, and the next cell learns from the log what became of it.
4. While its state is being rebuilt, commands wait, and queries are answered from the old state if it is up to date.
5. Whoever exchanges the log or the state does it between two batches.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.message import Message

from bf.core.api.changes_pb2 import ChangesReq
from bf.core.ports import Answer, Asked, Env, Log, LogError, UnknownOutcomeError
from bf.core.refusal import Code, Refusal
from bf.core.state import State
from bf.node import answers
from bf.node.changes import Changes
from bf.node.decide import FAILED, DamagedStateError, Deciding
from bf.node.limits import BATCH_REQUESTS_MAX, KEPT_BATCHES_MAX, KEPT_MS_MAX
from bf.node.mischief import linger, lose_the_yes
from bf.node.queue import Job, Queue
from bf.node.rates import Rates
from bf.node.watch import APPEND, QUEUE, WATCH

logger = logging.getLogger("bf.cell")

Result = TypeVar("Result")


STOPPED = Answer(
    code=Code.UNAVAILABLE,
    reason="CellStopped",
    message="the tenant is being moved or restarted: repeat the request with the same request-id",
)


@dataclass(frozen=True, slots=True)
class Derived:
    """A state and the number of its database in the storage."""

    number: int
    state: State


class Cell:
    """A log, a state, and the queue of requests between them."""

    def __init__(
        self, tenant: str, env: Env, log: Log, prepare: Coroutine[Any, Any, Derived], old: State | None = None
    ) -> None:
        """Serve from what `prepare` brings to where the log is; until then, queries from an `old` state."""
        self.tenant = tenant
        self.log = log
        self.damaged = 0
        """The number of the state that has turned out to be damaged."""
        self.requests = 0
        """How many it was asked."""
        self.change = asyncio.Lock()
        """Held by whoever makes another log or state for it: one at a time, and the cell is not closed meanwhile."""
        self._env = env
        self._limits: Mapping[str, int] = {}
        self._rates: Rates | None = None
        self._derived: Derived | None = None
        self._why = ""
        """Why it could not be opened, for operators."""
        self._old = old
        if old:
            old.scripts = env.scripts(env.storage.limits(tenant))
        self._changes: Changes | None = None
        """What happened lately, while somebody watches."""
        self._queue = Queue()
        self._turns: deque[Callable[[], Awaitable[None]]] = deque()
        self._work = asyncio.Event()
        self._stopping = False
        self._end: asyncio.Task[None] | None = None
        self._task = asyncio.get_running_loop().create_task(self._run(prepare), name=f"cell {tenant}")

    @property
    def alive(self) -> bool:
        """Whether the cell still takes requests."""
        return not self._stopping and not self._task.done()

    @property
    def idle(self) -> bool:
        """Whether nobody waits for it."""
        return self._derived is not None and not self._queue and not self._turns and not self.change.locked()

    @property
    def ready(self) -> bool:
        """Whether its state is where its log is."""
        return self._derived is not None

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._queue)

    @property
    def derived(self) -> Derived:
        """The state that it serves from, once it is ready."""
        assert self._derived, "the cell is ready"
        return self._derived

    async def call(self, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request in its turn; one for changes has none, since it waits for them."""
        if isinstance(request, ChangesReq):
            return await self._changed(request)
        begun = self._begin(request, request_id, actor)
        return begun if isinstance(begun, Answer) else await begun

    async def call_all(self, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out requests, one after the other in their turn."""
        begun = [self._begin(request, request_id, actor) for request, request_id in asked]
        return [each if isinstance(each, Answer) else await each for each in begun]

    def _begin(self, request: Message, request_id: str, actor: str) -> Answer | asyncio.Future[Answer]:
        """Let a request wait for its turn, unless it can be answered at once."""
        self.requests += 1
        if not self.alive:
            return STOPPED
        if self._old and not self._derived and (answer := self._ask_old(self._old, request)):
            return answer
        size, came_us, watch = request.ByteSize(), self._env.clock.elapsed_us(), WATCH.get()
        try:
            self._queue.require_place()
            if self._rates:
                self._rates.admit(size, came_us)
            self._queue.require_room(size)
        except Refusal as refusal:
            return answers.refused(refusal)
        job = Job(request, size, request_id, actor, asyncio.get_running_loop().create_future(), came_us, watch)
        if watch:
            watch.reaches(QUEUE, came_us)
        self._queue.add(job)
        self._work.set()
        return job.answer

    async def _changed(self, request: ChangesReq) -> Answer:
        """Tell what was committed after a position, as soon as there is something."""
        if not self.alive or not self._derived:
            return STOPPED
        if self._changes is None:
            self._changes = Changes(self._derived.state.pos.event)
        told = self._changes.now() if request.begin else await self._changes.after(request.after)
        return STOPPED if told is None else Answer(Code.OK, told.SerializeToString(), event=told.event)

    async def exclusively(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do something between two batches, and return what it gives; raises LogError if the cell has stopped.

        After an UnknownOutcomeError it stops, as after any other: the next cell learns what has become of the log.
        """
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        async def turn() -> None:
            try:
                done.set_result(await work())
            except BaseException as error:
                done.set_exception(error)
                if isinstance(error, UnknownOutcomeError) or not isinstance(error, Exception):
                    raise

        if not self.alive:
            raise LogError(f"the cell of {self.tenant} has stopped{self._why}")
        self._turns.append(turn)
        self._work.set()
        try:
            await asyncio.wait([done, self._task], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if turn in self._turns:
                self._turns.remove(turn)
            else:  # what was begun comes to its end, so that whoever asked knows where it stands
                await asyncio.wait([done, self._task], return_when=asyncio.FIRST_COMPLETED)
            raise
        if not done.done():
            raise LogError(f"the cell of {self.tenant} has stopped{self._why}")
        return done.result()

    async def exchange(self, log: Log, derived: Derived) -> None:
        """Go on with another log and state, which stand where the present ones do, and close these; `exclusively`."""
        before, old_log = self.derived.state, self.log
        assert derived.state.pos == before.pos == await log.head(), "all stand where the log is"
        derived.state.limits, derived.state.scripts = self._limits, before.scripts
        self.log, self._derived = log, derived
        before.database.close()
        if old_log is not log:
            await old_log.close()

    def limit(self, limits: Mapping[str, int]) -> None:
        """Set the tenant's own limits."""
        self._limits = limits
        self._rates = Rates(limits, self._env.clock.elapsed_us())
        state = self.derived.state
        state.limits, state.scripts = limits, self._env.scripts(limits)

    async def stop(self) -> None:
        """Finish what was begun, then give log and state back; whoever asks again waits for the same end."""
        if self._end is None:
            self._end = asyncio.get_running_loop().create_task(self._stop(), name=f"stop {self.tenant}")
        await asyncio.shield(self._end)

    async def _stop(self) -> None:
        self._stopping = True
        self._work.set()
        if not self._derived:
            self._task.cancel()
        await asyncio.wait([self._task])
        await self.log.close()
        if self._derived:
            self._derived.state.database.close()

    async def _run(self, prepare: Coroutine[Any, Any, Derived]) -> None:
        answer = FAILED
        try:
            self._derived = await prepare
            self.limit(self._env.storage.limits(self.tenant))
            self._forget_old()
            answer = STOPPED
            await self._serve()
        except LogError as error:
            self._why = "" if self._derived else f": {error}"
            self._env.meter.count("cell_stops", why="log")
            what = "the log did not take a batch; the cell stops" if self._derived else "cannot be opened"
            logger.exception("tenant %s %s", self.tenant, what)
        except DamagedStateError:
            self._env.meter.count("cell_stops", why="damaged state")
            logger.warning("tenant %s: the state is damaged; the cell stops and will be rebuilt", self.tenant)
            self.damaged = self.derived.number
        except Exception:
            self._env.meter.count("cell_stops", why="fault")
            logger.exception("tenant %s %s", self.tenant, "the cell fails" if self._derived else "cannot be opened")
        except asyncio.CancelledError:
            answer = STOPPED
        finally:
            prepare.close()
            self._forget_old()
            if self._changes:
                self._changes.end()
            while self._queue:
                for job in self._queue.take(BATCH_REQUESTS_MAX):
                    job.tell(answer)

    async def _serve(self) -> None:
        while self._queue or self._turns or not self._stopping:
            self._work.clear()
            if self._turns:
                self._commit()
                await self._turns.popleft()()
            elif self._queue:
                if self.derived.state.kept >= KEPT_BATCHES_MAX:
                    self._commit()
                tiny = self._env.buggify("a batch is tiny")
                await self._carry_out(self._queue.take(1 if tiny else BATCH_REQUESTS_MAX))
            elif not await self._works_within(KEPT_MS_MAX / 1_000 if self.derived.state.kept else None):
                self._commit()
        self._commit()

    async def _works_within(self, seconds: float | None) -> bool:
        """Wait for work, and say whether it came in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._work.wait()
        except TimeoutError:
            return False
        return True

    def _commit(self) -> None:
        """Commit the state, so that less has to be replayed after a crash, and others see it."""
        state = self.derived.state
        try:
            state.commit()
        except Exception as error:
            if state.database.is_damage(error):
                raise DamagedStateError from error
            raise

    async def _carry_out(self, jobs: Sequence[Job]) -> None:
        state, clock, meter = self.derived.state, self._env.clock, self._env.meter
        before = state.pos
        deciding = Deciding(self.tenant, state, clock)
        batch = deciding.batch
        told = [STOPPED] * len(jobs)
        try:
            state.begin()
            meter.observe("queue_seconds", (clock.elapsed_us() - jobs[0].came_us) / 1e6)
            answered = [deciding.answer(job) for job in jobs]
            if batch.commits:
                body = batch.SerializeToString()
                begun_us = clock.elapsed_us()
                for watch in [job.watch for job in jobs if job.watch]:
                    watch.reaches(APPEND, begun_us, commits=len(batch.commits), bytes=len(body))
                await linger(self._env, "the log is slow to be asked")
                pos = await self.log.append(before, state.pos.event - before.event, body)
                lose_the_yes(self._env, self.tenant)
                await linger(self._env, "the state is slow to be committed")
                meter.observe("append_seconds", (clock.elapsed_us() - begun_us) / 1e6)
                meter.observe("batch_commits", len(batch.commits))
                meter.observe("batch_bytes", len(body))
                state.keep(pos)
                if self._changes and not self._changes.note(pos.event, batch, deciding.touched, len(body)):
                    self._changes = None
            elif not state.kept:
                state.rollback()
            told = answered
        except Exception as error:
            if state.database.is_damage(error):  # where the requests do not look: first answers, its position
                raise DamagedStateError from error
            raise
        finally:
            for job, answer in zip(jobs, told, strict=True):
                job.tell(answer)

    def _ask_old(self, old: State, request: Message) -> Answer | None:
        """Answer a query from the state that is being replaced; None if it cannot."""
        if type(request) not in old.domain.queries:
            return None
        try:
            response = old.execute(request, old.time_us).response.SerializeToString()
            return Answer(code=Code.OK, response=response, event=old.pos.event)
        except Refusal as refusal:
            return answers.refused(refusal, old.pos.event)
        except Exception:  # noqa: BLE001  # it is replaced because it is damaged, or of another shape
            return None

    def _forget_old(self) -> None:
        if self._old:
            self._old.database.close()
            self._old = None
