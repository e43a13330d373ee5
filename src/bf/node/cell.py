"""A cell: one tenant's running runtime.

Rules of this file:
1. Requests are carried out one after the other, in the order in which they came.
2. Requests that come while an append is under way form the next batch: one fsync serves them all.
3. Nobody is answered before the log has the batch. If the log does not say yes, the batch never happened here: the
   cell stops with its state as it was, and the next cell learns from the log what became of it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from bf.core.limits import BATCH_REQUESTS_MAX, QUEUE_REQUESTS_MAX, REPLY_BYTES_MAX
from bf.core.ports import Answer, Clock, Log, LogError
from bf.core.refusal import Code, Refusal
from bf.core.state import LostBatchError, State
from bf.node import answers
from bf.node.api.commit_pb2 import Batch, Commit

logger = logging.getLogger("bf.cell")


class QueueFull(Refusal):
    """More requests wait than a tenant may have waiting."""

    code = Code.RESOURCE_EXHAUSTED
    text = "{waiting} requests of this tenant wait already; QUEUE_REQUESTS_MAX allows {most}: try again later"
    waiting: int
    most: int


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


@dataclass(frozen=True, slots=True)
class Job:
    """A request that waits for its answer."""

    request: Message
    request_id: str
    actor: str
    answer: asyncio.Future[Answer]


class Cell:
    """A log, a state, and the queue of requests between them."""

    def __init__(self, tenant: str, clock: Clock, log: Log, state: State) -> None:
        self._tenant = tenant
        self._clock = clock
        self._log = log
        self._state = state
        self._queue: deque[Job] = deque()
        self._work = asyncio.Event()
        self._stopping = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"cell {tenant}")

    @property
    def alive(self) -> bool:
        """Whether the cell still takes requests."""
        return not self._stopping and not self._task.done()

    async def call(self, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request in its turn."""
        if not self.alive:
            return STOPPED
        if len(self._queue) >= QUEUE_REQUESTS_MAX:
            return answers.refused(QueueFull(waiting=len(self._queue), most=QUEUE_REQUESTS_MAX))
        job = Job(request, request_id, actor, asyncio.get_running_loop().create_future())
        self._queue.append(job)
        self._work.set()
        return await job.answer

    async def stop(self) -> None:
        """Finish what was begun, then give log and state back."""
        self._stopping = True
        self._work.set()
        await asyncio.wait([self._task])
        await self._log.close()
        self._state.database.close()

    async def _run(self) -> None:
        try:
            while self._queue or not self._stopping:
                self._work.clear()
                if not self._queue:
                    await self._work.wait()
                    continue
                count = min(len(self._queue), BATCH_REQUESTS_MAX)
                await self._carry_out([self._queue.popleft() for _ in range(count)])
        except LogError:
            logger.exception("tenant %s: the log did not take a batch; the cell stops", self._tenant)
        except Exception:
            logger.exception("tenant %s: the cell fails", self._tenant)
        finally:
            while self._queue:
                _tell(self._queue.popleft(), STOPPED)

    async def _carry_out(self, jobs: Sequence[Job]) -> None:
        before = self._state.pos
        batch = Batch()
        told = [STOPPED] * len(jobs)
        try:
            self._state.begin()
            answered = [self._answer(job, batch) for job in jobs]
            if batch.commits:
                events = self._state.pos.event - before.event
                self._state.commit(await self._log.append(before, events, batch.SerializeToString()))
            else:
                self._state.rollback()
            told = answered
        finally:
            for job, answer in zip(jobs, told, strict=True):
                _tell(job, answer)

    def _answer(self, job: Job, batch: Batch) -> Answer:
        """Carry out one request inside the batch, and add what it did to the batch."""
        commit = Commit(
            time_us=self._clock.now_us(),
            request=job.request.DESCRIPTOR.name,
            domain_version=self._state.domain.version,
            actor=job.actor,
        )
        if job.request_id and type(job.request) not in self._state.domain.queries:
            commit.request_id = job.request_id
            commit.request_digest = answers.digest_of(job.request)
            known = answers.first_answer(self._state.database, commit)
            if known:
                return known
        answer = self._decide(job.request, commit)
        if commit.events or (commit.request_id and answer != FAILED):
            batch.commits.append(commit)
            answers.note(self._state.database, commit)
        return answer

    def _decide(self, request: Message, commit: Commit) -> Answer:
        """Let the domain carry out a request, and write into the commit what came of it."""
        try:
            done = self._state.execute(request, commit.time_us)
        except Refusal as refusal:
            answer = answers.refused(refusal)
            if commit.request_id:
                commit.refusal.code, commit.refusal.reason = answer.code, answer.reason
                commit.refusal.message, commit.refusal.field = answer.message, answer.field
            return answer
        except LostBatchError:
            raise
        except Exception:
            logger.exception("tenant %s: %s failed", self._tenant, commit.request)
            return FAILED
        commit.response = done.response.SerializeToString()
        for event in done.events:
            commit.events.add(type=event.DESCRIPTOR.name, body=event.SerializeToString())
        size = len(commit.response)
        if size > REPLY_BYTES_MAX and not done.events:
            return answers.refused(ReplyTooLarge(size=size, most=REPLY_BYTES_MAX))
        return Answer(code=Code.OK, response=commit.response)


def _tell(job: Job, answer: Answer) -> None:
    if not job.answer.done():  # the caller may have gone
        job.answer.set_result(answer)
