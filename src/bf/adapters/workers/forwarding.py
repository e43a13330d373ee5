"""Calls for tenants of other workers: asked over a socket between the two, and carried out by the owner.

the one that has the caller   ── Ask: number, tenant, requests ──►   the tenant's owner
                              ◄── Reply: number, answers ─────────

Rules of this file:
1. A socket is for one direction of asking. Who asks always reads, so no two workers wait for each other to read.
2. Callers were let through by the gate before they get here. The socket was made by the parent, so nobody else has it.
3. What is sent in one turn of the loop is written at once.
4. If the owner goes, whatever it had not answered is UNAVAILABLE: it may have been done, and is repeated by its id.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import cast

from google.protobuf.message import Message

from bf.adapters.access.gate import told
from bf.adapters.front.under_way import UnderWay
from bf.adapters.tracing.parent import note_parent, parent
from bf.adapters.workers.api.frames_pb2 import Ask, Reply
from bf.adapters.workers.limits import FORWARDED_BYTES_MAX, FORWARDED_REQUESTS_MAX
from bf.adapters.workers.share import Share, owner_of
from bf.core.api.changes_pb2 import ChangesReq
from bf.core.ports import Answer, Asked, Calls
from bf.core.refusal import Code, Refusal

logger = logging.getLogger("bf.workers")

WAITING = ChangesReq.DESCRIPTOR.name
"""What is answered when something happens, and so is not waited for by a server that stops."""

SIZE_BYTES = 4
"""How a frame begins: with its size."""


class OwnerGone(Refusal):
    """A request for a tenant whose worker has ended, and is being started again."""

    code = Code.UNAVAILABLE
    text = "the tenant's worker has ended and is started again: repeat the request with the same request-id"


class TooManyForwarded(Refusal):
    """One request more than may be under way to another worker."""

    code = Code.RESOURCE_EXHAUSTED
    text = "too much is under way to the tenant's worker: come back later"


class Fault(Refusal):
    """A request that failed in a way that nobody had thought of."""

    code = Code.INTERNAL
    text = "a fault of ours; it is in the server's log"


class _Frames(asyncio.Protocol):
    """Messages in both directions, each behind its size."""

    def __init__(self) -> None:
        self._unread = bytearray()
        self._gathered: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._closed = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what has waited for it."""
        self._transport = cast("asyncio.Transport", transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take the frames that are whole."""
        self._unread += data
        while len(self._unread) >= SIZE_BYTES:
            end = SIZE_BYTES + int.from_bytes(self._unread[:SIZE_BYTES], "big")
            if len(self._unread) < end:
                return
            frame = bytes(self._unread[SIZE_BYTES:end])
            del self._unread[:end]
            self._take(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        del exc
        self._closed.set_result(None)

    async def close(self) -> None:
        """Send what was gathered, and close when it was taken."""
        self._flush()
        if self._transport:
            self._transport.close()
            await self._closed

    def _send(self, message: Message) -> None:
        """Send a message at the end of this turn."""
        body = message.SerializeToString()
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered += (len(body).to_bytes(SIZE_BYTES, "big"), body)

    def _flush(self) -> None:
        if self._transport and self._gathered:
            gathered, self._gathered = self._gathered, []
            self._transport.write(b"".join(gathered))

    def _take(self, frame: bytes) -> None:
        raise NotImplementedError


class Asking(_Frames):
    """The asking end: has requests carried out by another worker."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = 0
        self._waiting: dict[int, tuple[asyncio.Future[list[Answer]], int, int]] = {}
        """By number: who waits, and how many requests and bytes they are."""
        self._requests = 0
        self._bytes = 0

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Have a request carried out."""
        (answer,) = await self.call_all(tenant, [(request, request_id)], actor)
        return answer

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Have requests of one tenant carried out, in their order; return their answers."""
        if self._closed.done():
            return _refused(OwnerGone(), len(asked))
        ask = Ask(number=self._numbers + 1, tenant=tenant, actor=actor, traceparent=parent())
        for request, request_id in asked:
            ask.requests.add(name=request.DESCRIPTOR.name, body=request.SerializeToString(), id=request_id)
        count, size = len(asked), ask.ByteSize()
        if self._requests + count > FORWARDED_REQUESTS_MAX or self._bytes + size > FORWARDED_BYTES_MAX:
            return _refused(TooManyForwarded(), count)
        self._numbers += 1
        self._requests += count
        self._bytes += size
        answered = self._loop.create_future()
        self._waiting[ask.number] = answered, count, size
        self._send(ask)
        return await answered

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody that the owner has gone."""
        super().connection_lost(exc)
        for number in list(self._waiting):
            self._answered(number, _refused(OwnerGone(), self._waiting[number][1]))

    def _take(self, frame: bytes) -> None:
        reply = Reply.FromString(frame)
        self._answered(reply.number, [_answer(each) for each in reply.answers])

    def _answered(self, number: int, answers: list[Answer]) -> None:
        waiting, count, size = self._waiting.pop(number)
        self._requests -= count
        self._bytes -= size
        if not waiting.done():  # the caller may have gone
            waiting.set_result(answers)


class Answering(_Frames):
    """The owner's end: carries out what another worker asks for."""

    def __init__(self, calls: Calls, kinds: Mapping[str, type[Message]], under_way: UnderWay) -> None:
        """Hand requests, whose `kinds` are known by name, to `calls`."""
        super().__init__()
        self._calls = calls
        self._kinds = kinds
        self._under_way = under_way
        self._tasks = set[asyncio.Task[None]]()

    def pause_writing(self) -> None:
        """Take no more while the other end does not read."""
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._transport:
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what nobody waits for any more."""
        super().connection_lost(exc)
        for task in self._tasks:
            task.cancel()

    def _take(self, frame: bytes) -> None:
        task = self._loop.create_task(self._answer(Ask.FromString(frame)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, ask: Ask) -> None:
        note_parent(ask.traceparent)
        try:
            waits = any(each.name == WAITING for each in ask.requests)  # the end of this line ends it
            with nullcontext() if waits else self._under_way.one():
                answers = await self._carried_out(ask)
        except Refusal as refusal:
            answers = _refused(refusal, len(ask.requests))
        except Exception:
            logger.exception("tenant %s: a call of another worker failed", ask.tenant)
            answers = _refused(Fault(), len(ask.requests))
        reply = Reply(number=ask.number)
        for answer in answers:
            reply.answers.add(
                code=answer.code,
                response=answer.response,
                reason=answer.reason,
                message=answer.message,
                field=answer.field,
                event=answer.event,
            )
        self._send(reply)

    async def _carried_out(self, ask: Ask) -> list[Answer]:
        asked = [(self._kinds[each.name].FromString(each.body), each.id) for each in ask.requests]
        if len(asked) > 1:
            return await self._calls.call_all(ask.tenant, asked, ask.actor)
        return [await self._calls.call(ask.tenant, *each, ask.actor) for each in asked]


class SharedCalls:
    """Hands calls for this worker's tenants to its node, and those for others to their owners."""

    def __init__(self, share: Share, ours: Calls, owner: Callable[[int], Calls | None]) -> None:
        """Find the line to another worker by its number with `owner`; None if it has gone."""
        self._share = share
        self._ours = ours
        self._owner = owner

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Carry out a request of a tenant, wherever it is."""
        calls = self._calls(tenant)
        return await calls.call(tenant, request, request_id, actor) if calls else told(OwnerGone())

    async def call_all(self, tenant: str, asked: Sequence[Asked], actor: str = "") -> list[Answer]:
        """Carry out requests of a tenant in their order, wherever it is."""
        calls = self._calls(tenant)
        return await calls.call_all(tenant, asked, actor) if calls else _refused(OwnerGone(), len(asked))

    def _calls(self, tenant: str) -> Calls | None:
        number = owner_of(tenant, self._share.count)
        return self._ours if number == self._share.number else self._owner(number)


def _refused(refusal: Refusal, count: int) -> list[Answer]:
    return [told(refusal)] * count


def _answer(said: Reply.Answer) -> Answer:
    return Answer(said.code, said.response, said.reason, said.message, said.field, said.event)
