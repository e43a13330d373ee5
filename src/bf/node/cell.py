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

from bf.core.limits import REPLY_BYTES_MAX
from bf.core.ports import Answer, Asked, Env, Log, LogError, UnknownOutcomeError
from bf.core.refusal import Code, LimitReached, Refusal
from bf.core.state import LostBatchError, State
from bf.node import answers
from bf.node.api.commit_pb2 import Batch, Commit
from bf.node.limits import BATCH_REQUESTS_MAX, REQUEST_KEPT_BYTES_MAX
from bf.node.mischief import linger, lose_the_yes
from bf.node.queue import Job, Queue
from bf.node.rates import Rates
from bf.node.watch import APPEND, DECIDE, GATHER, QUEUE, WATCH

logger = logging.getLogger("bf.cell")

Result = TypeVar("Result")


class ReplyTooLarge(Refusal):
    """An answer that would not fit into a message."""

    code = Code.RESOURCE_EXHAUSTED
    text = "the answer has {size} bytes; REPLY_BYTES_MAX allows {most}: ask for less"
    size: int
    most: int


STOPPED = Answer(
    code=Code.UNAVAILABLE,
    reason="CellStopped",
    message="the tenant is being moved or restarted: repeat the request with the same request-id",
)
FAILED = Answer(code=Code.INTERNAL, reason="Internal", message="a fault of ours; it is in the server's log")


class DamagedStateError(Exception):
    """The state has turned out to be damaged: it is to be rebuilt."""


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
        """Carry out a request in its turn."""
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
            while self._queue:
                for job in self._queue.take(BATCH_REQUESTS_MAX):
                    job.tell(answer)

    async def _serve(self) -> None:
        while self._queue or self._turns or not self._stopping:
            self._work.clear()
            if self._turns:
                await self._turns.popleft()()
            elif self._queue:
                tiny = self._env.buggify("a batch is tiny")
                await self._carry_out(self._queue.take(1 if tiny else BATCH_REQUESTS_MAX))
            else:
                await self._work.wait()

    async def _carry_out(self, jobs: Sequence[Job]) -> None:
        state, clock, meter = self.derived.state, self._env.clock, self._env.meter
        before = state.pos
        batch = Batch()
        told = [STOPPED] * len(jobs)
        try:
            state.begin()
            meter.observe("queue_seconds", (clock.elapsed_us() - jobs[0].came_us) / 1e6)
            answered = [
                self._watched(state, job, batch) if job.watch else self._answer(state, job, batch) for job in jobs
            ]
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
                state.commit(pos)
            else:
                state.rollback()
            told = answered
        except Exception as error:
            if state.database.is_damage(error):  # where the requests do not look: first answers, its position
                raise DamagedStateError from error
            raise
        finally:
            for job, answer in zip(jobs, told, strict=True):
                job.tell(answer)

    def _watched(self, state: State, job: Job, batch: Batch) -> Answer:
        assert job.watch, "somebody watches it"
        job.watch.reaches(DECIDE, self._env.clock.elapsed_us())
        answer = self._answer(state, job, batch)
        job.watch.reaches(GATHER, self._env.clock.elapsed_us())
        return answer

    def _answer(self, state: State, job: Job, batch: Batch) -> Answer:
        """Carry out one request inside the batch, and add what it did to the batch."""
        commit = Commit(
            time_us=max(self._env.clock.now_us(), state.time_us),  # a clock may go back, a log does not
            request=job.request.DESCRIPTOR.name,
            domain_version=state.domain.version,
            actor=job.actor,
        )
        if job.request_id and type(job.request) not in state.domain.queries:
            commit.request_id = job.request_id
            commit.request_digest = answers.digest_of(job.request)
            known = answers.first_answer(state, commit)
            if known:
                return known
        answer = self._decide(state, job.request, commit)
        if commit.events or (commit.request_id and (answer.code == Code.OK or commit.refusal.code)):
            batch.commits.append(commit)
            state.time_us = commit.time_us
            answers.note(state, commit)
        return answer

    def _decide(self, state: State, request: Message, commit: Commit) -> Answer:
        """Let the domain carry out a request, and write into the commit what came of it."""
        try:
            self._require_room(state, request)
            done = state.execute(request, commit.time_us)
        except Refusal as refusal:
            answer = answers.refused(refusal, state.pos.event)
            if commit.request_id and not _may_be_lifted(refusal):
                commit.refusal.code, commit.refusal.reason = answer.code, answer.reason
                commit.refusal.message, commit.refusal.field = answer.message, answer.field
            return answer
        except LostBatchError:
            raise
        except Exception as error:
            if state.database.is_damage(error):
                raise DamagedStateError from error
            logger.exception("tenant %s: %s failed", self.tenant, commit.request)
            return FAILED
        commit.response = done.response.SerializeToString()
        if done.events and request.ByteSize() <= REQUEST_KEPT_BYTES_MAX:
            commit.asked = request.SerializeToString(deterministic=True)
        for event in done.events:
            commit.events.add(type=state.domain.event_names[type(event)], body=event.SerializeToString())
        size = len(commit.response)
        if size > REPLY_BYTES_MAX and not done.events:
            return answers.refused(ReplyTooLarge(size=size, most=REPLY_BYTES_MAX), state.pos.event)
        return Answer(code=Code.OK, response=commit.response, event=state.pos.event)

    def _require_room(self, state: State, request: Message) -> None:
        most = self._limits.get("state_bytes")
        if most is not None and type(request) not in state.domain.queries and state.database.size() > most:
            raise LimitReached(limit="state_bytes", count=state.database.size(), most=most)

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


def _may_be_lifted(refusal: Refusal) -> bool:
    """Say whether people may set a limit or enable a feature before the same request is sent again."""
    return refusal.code in {Code.RESOURCE_EXHAUSTED, Code.UNIMPLEMENTED}
