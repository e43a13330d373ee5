"""Deciding: requests are carried out in a state, one after the other, and what they did becomes a batch of commits."""

import logging

from google.protobuf.message import Message

from bf.core.limits import REPLY_BYTES_MAX
from bf.core.ports import Answer, Clock
from bf.core.refusal import Code, LimitReached, Refusal
from bf.core.state import LostBatchError, State
from bf.node import answers
from bf.node.api.commit_pb2 import Batch, Commit
from bf.node.limits import REQUEST_KEPT_BYTES_MAX
from bf.node.queue import Job
from bf.node.watch import DECIDE, GATHER

logger = logging.getLogger("bf.cell")

FAILED = Answer(code=Code.INTERNAL, reason="Internal", message="a fault of ours; it is in the server's log")


class ReplyTooLarge(Refusal):
    """An answer that would not fit into a message."""

    code = Code.RESOURCE_EXHAUSTED
    text = "the answer has {size} bytes; REPLY_BYTES_MAX allows {most}: ask for less"
    size: int
    most: int


class DamagedStateError(Exception):
    """The state has turned out to be damaged: it is to be rebuilt."""


class Deciding:
    """A batch that is being made."""

    def __init__(self, tenant: str, state: State, clock: Clock) -> None:
        """Carry requests of a tenant out in its state, which has begun a batch."""
        self.batch = Batch()
        self.touched: set[int] = set()
        """What the requests touched besides what their events name, for those who watch."""
        self._tenant = tenant
        self._state = state
        self._clock = clock

    def answer(self, job: Job) -> Answer:
        """Carry a request out, and add what it did to the batch; raises DamagedStateError, LostBatchError."""
        if not job.watch:
            return self._answer(job)
        job.watch.reaches(DECIDE, self._clock.elapsed_us())
        answer = self._answer(job)
        job.watch.reaches(GATHER, self._clock.elapsed_us())
        return answer

    def _answer(self, job: Job) -> Answer:
        state = self._state
        commit = Commit(
            time_us=max(self._clock.now_us(), state.time_us),  # a clock may go back, a log does not
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
        answer = self._decide(job.request, job.size, commit)
        if commit.events or (commit.request_id and (answer.code == Code.OK or commit.refusal.code)):
            self.batch.commits.append(commit)
            state.time_us = commit.time_us
            answers.note(state, commit)
        return answer

    def _decide(self, request: Message, size: int, commit: Commit) -> Answer:
        """Let the domain carry out a request of so many bytes, and write into the commit what came of it."""
        state = self._state
        try:
            self._require_room(request)
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
            if not state.database.in_transaction():
                raise LostBatchError("the database has rolled back what was kept") from error
            logger.exception("tenant %s: %s failed", self._tenant, commit.request)
            return FAILED
        self.touched |= done.memo.get("touched", set[int]())
        commit.response = done.response.SerializeToString()
        if done.events and size <= REQUEST_KEPT_BYTES_MAX:
            commit.asked = request.SerializeToString(deterministic=True)
        for event in done.events:
            commit.events.add(type=state.domain.event_names[type(event)], body=event.SerializeToString())
        if len(commit.response) > REPLY_BYTES_MAX and not done.events:
            return answers.refused(ReplyTooLarge(size=len(commit.response), most=REPLY_BYTES_MAX), state.pos.event)
        return Answer(code=Code.OK, response=commit.response, event=state.pos.event)

    def _require_room(self, request: Message) -> None:
        state = self._state
        most = state.limits.get("state_bytes")
        if most is not None and type(request) not in state.domain.queries and state.database.size() > most:
            raise LimitReached(limit="state_bytes", count=state.database.size(), most=most)


def _may_be_lifted(refusal: Refusal) -> bool:
    """Say whether people may set a limit or enable a feature before the same request is sent again."""
    return refusal.code in {Code.RESOURCE_EXHAUSTED, Code.UNIMPLEMENTED}
