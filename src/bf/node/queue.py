"""A cell's queue: requests that wait for their turn, bounded in their number and in their bytes."""

import asyncio
from collections import deque
from dataclasses import dataclass

from google.protobuf.message import Message

from bf.core.ports import Answer
from bf.core.refusal import Code, Refusal
from bf.node.limits import BATCH_BYTES_MAX, QUEUE_BYTES_MAX, QUEUE_REQUESTS_MAX
from bf.node.watch import Watch


class QueueFull(Refusal):
    """More requests wait than a tenant may have waiting."""

    code = Code.RESOURCE_EXHAUSTED
    text = "{waiting} {what} of this tenant wait already; {limit} allows {most}: try again later"
    waiting: int
    what: str
    limit: str
    most: int


@dataclass(frozen=True, slots=True)
class Job:
    """A request that waits for its answer."""

    request: Message
    size: int
    request_id: str
    actor: str
    answer: asyncio.Future[Answer]
    came_us: int
    watch: Watch | None

    def tell(self, answer: Answer) -> None:
        """Answer it, unless the caller has gone."""
        if not self.answer.done():
            self.answer.set_result(answer)


class Queue:
    """Requests in the order in which they came."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def require_place(self) -> None:
        """Raise QueueFull if no more requests may wait."""
        if len(self._jobs) >= QUEUE_REQUESTS_MAX:
            raise QueueFull(
                waiting=len(self._jobs), what="requests", limit="QUEUE_REQUESTS_MAX", most=QUEUE_REQUESTS_MAX
            )

    def require_room(self, size: int) -> None:
        """Raise QueueFull if a request of so many bytes may not wait."""
        if self._bytes + size > QUEUE_BYTES_MAX:
            raise QueueFull(
                waiting=self._bytes, what="bytes of requests", limit="QUEUE_BYTES_MAX", most=QUEUE_BYTES_MAX
            )

    def add(self, job: Job) -> None:
        """Let a request wait."""
        self._jobs.append(job)
        self._bytes += job.size

    def take(self, most: int) -> list[Job]:
        """Return the requests whose turn it is, so many at most: what one append to the log may carry."""
        jobs = [self._jobs.popleft()]
        size = jobs[0].size
        while self._jobs and len(jobs) < most and size + self._jobs[0].size <= BATCH_BYTES_MAX:
            jobs.append(self._jobs.popleft())
            size += jobs[-1].size
        self._bytes -= size
        return jobs
