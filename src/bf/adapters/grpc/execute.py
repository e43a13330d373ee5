"""Execute: many requests in one message, each with its own answer; and the same as a stream of messages.

Rules of this file:
1. Whoever may not ask one of a message's requests is refused the whole message, and nothing of it is carried out.
2. Calls go to the cell in their order; what cannot be read is refused in its place, and stops no other.
3. A stream's messages are carried out while answers of earlier ones wait for the log; answers keep their order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, cast

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError, Message
from grpclib.const import Cardinality, Handler
from grpclib.server import Stream

from bf.adapters.access.gate import Gate, Visit, told
from bf.adapters.front.limits import IDLE_S_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc.api.execution_pb2 import DESCRIPTOR, ExecuteReq, ExecuteResp
from bf.adapters.grpc.call import Metadata, Unary, admit, error_of, in_time, send, text
from bf.adapters.grpc.codec import parsed, read_message
from bf.adapters.grpc.details import details_of
from bf.adapters.tracing.parent import TRACEPARENT, note_parent
from bf.core.domain import Domain
from bf.core.limits import REPLY_BYTES_MAX
from bf.core.ports import Answer, Asked, Calls
from bf.core.refusal import Code, Refusal, UnknownRequest

EXECUTION = DESCRIPTOR.services_by_name["ExecutionService"]
TYPE_URL = "type.googleapis.com/"

CALLS_COUNT_MAX = 1_000
"""How many requests one message may carry."""

UNANSWERED_COUNT_MAX = 64
"""How many messages of one stream may be under way; the next one is read when the first of them is answered."""

ENVELOPE_BYTES = 100
"""What an outcome takes in a message besides its response, at most."""


class WrongCount(Refusal):
    """A message without requests, or with too many."""

    code = Code.INVALID_ARGUMENT
    text = "{field} has {count} requests; it takes 1 to CALLS_COUNT_MAX, which is {most}"
    field: str
    count: int
    most: int


class Unreadable(Refusal):
    """A request that is not what its type says."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is not a {request}"
    field: str
    request: str


class AnswersTooLarge(Refusal):
    """An answer for which a message has no more room."""

    code = Code.RESOURCE_EXHAUSTED
    text = "the answers of this message have no room for {size} bytes more; REPLY_BYTES_MAX allows {most}: ask alone"
    size: int
    most: int


class Execution:
    """Executes messages of a domain's requests."""

    def __init__(self, domain: Domain, calls: Calls, gate: Gate, under_way: UnderWay) -> None:
        self._domain = domain
        self._calls = calls
        self._gate = gate
        self._under_way = under_way
        self._least = min(domain.requests.values(), key=lambda kind: kind not in domain.queries)
        """What every caller may ask who may ask anything."""
        self._requests = {TYPE_URL + kind.DESCRIPTOR.full_name: kind for kind in domain.requests.values()}
        self._responses = {
            domain.requests[name]: TYPE_URL + kind.DESCRIPTOR.full_name for name, kind in domain.responses.items()
        }

    def __mapping__(self) -> dict[str, Handler]:
        """Return what grpclib asks of a service: a handler for each path."""
        return self.mapping(Visit())

    def mapping(self, visit: Visit) -> dict[str, Handler]:
        """Return a handler for each path, for the calls of one connection."""
        whole = {
            path: Handler(unary.answer, Cardinality.UNARY_UNARY, ExecuteReq, ExecuteResp)
            for path, unary in self.unary(visit).items()
        }
        stream = Handler(partial(self._execute_stream, visit), Cardinality.STREAM_STREAM, ExecuteReq, ExecuteResp)
        return whole | {f"/{EXECUTION.full_name}/ExecuteStream": stream}

    def unary(self, visit: Visit) -> dict[str, Unary]:
        """Return how the calls of one connection are answered, by path."""
        execute = Unary(partial(self._let_in, visit), self._under_way, self._domain.name)
        return {f"/{EXECUTION.full_name}/Execute": execute}

    def _let_in(self, visit: Visit, metadata: Metadata) -> Callable[[bytes], Awaitable[Answer]]:
        admit(self._gate, visit, metadata, self._least)

        async def carry_out(body: bytes) -> Answer:
            note_parent(text(metadata, TRACEPARENT))
            return Answer(Code.OK, await self._answer(metadata, visit, parsed(body, ExecuteReq)))

        return carry_out

    async def _execute_stream(self, visit: Visit, stream: Stream[Any, Any]) -> None:
        metadata = cast("Metadata", stream.metadata)
        try:
            admit(self._gate, visit, metadata, self._least)
            note_parent(text(metadata, TRACEPARENT))
            await self._answer_stream(stream, metadata, visit)
        except Refusal as refusal:
            raise error_of(told(refusal), self._domain.name) from None

    async def _answer_stream(self, stream: Stream[Any, Any], metadata: Metadata, visit: Visit) -> None:
        room = asyncio.Semaphore(UNANSWERED_COUNT_MAX)

        async def in_turn(message: ExecuteReq, before: asyncio.Task[None] | None) -> None:
            with self._under_way.one():
                body = await self._answer(metadata, visit, message)
                if before:
                    await before
                await send(stream, body)
                room.release()

        before: asyncio.Task[None] | None = None
        try:
            async with asyncio.TaskGroup() as under_way:
                while message := await in_time(read_message(stream, ExecuteReq), IDLE_S_MAX, "IDLE_S_MAX"):
                    await room.acquire()
                    before = under_way.create_task(in_turn(message, before))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None

    async def _answer(self, metadata: Metadata, visit: Visit, message: ExecuteReq) -> bytes:
        """Carry out the calls of a message, and return the bytes of its ExecuteResp."""
        count = len(message.calls)
        if not 0 < count <= CALLS_COUNT_MAX:
            raise WrongCount(field="calls", count=count, most=CALLS_COUNT_MAX)
        read = [self._read(f"calls[{at}].request", call.request) for at, call in enumerate(message.calls)]
        callers = [
            admit(self._gate, visit, metadata, kind) for kind in dict.fromkeys(map(type, read)) if kind != Answer
        ]
        asked: list[Asked] = [
            (each, call.request_id)
            for each, call in zip(read, message.calls, strict=True)
            if not isinstance(each, Answer)
        ]
        answers = iter(await self._calls.call_all(callers[0].tenant, asked, callers[0].actor) if callers else ())
        told_of = [(each, each if isinstance(each, Answer) else next(answers)) for each in read]
        return self._written(told_of)

    def _written(self, told_of: Sequence[tuple[Message | Answer, Answer]]) -> bytes:
        """Write what each request was told; commands have happened, so their answers go before those of queries."""
        queries = self._domain.queries
        left = REPLY_BYTES_MAX - ENVELOPE_BYTES * len(told_of)
        left -= sum(len(answer.response) for request, answer in told_of if type(request) not in queries)
        resp = ExecuteResp()
        for request, answer in told_of:
            size = len(answer.response) if type(request) in queries else 0
            if size > left:
                self._add(resp, request, told(AnswersTooLarge(size=size, most=REPLY_BYTES_MAX)))
            else:
                left -= size
                self._add(resp, request, answer)
        return resp.SerializeToString()

    def _read(self, field: str, request: AnyMessage) -> Message | Answer:
        """Return the request, or what its caller is told instead."""
        kind = self._requests.get(request.type_url)
        if kind is None:
            return told(UnknownRequest(request=request.type_url.removeprefix(TYPE_URL) or field))
        try:
            return kind.FromString(request.value)
        except DecodeError:
            return told(Unreadable(field=field, request=kind.DESCRIPTOR.full_name))

    def _add(self, resp: ExecuteResp, request: Message | Answer, answer: Answer) -> None:
        outcome = resp.outcomes.add()
        if answer.code == Code.OK and not isinstance(request, Answer):
            outcome.response.type_url = self._responses[type(request)]
            outcome.response.value = answer.response
            return
        outcome.refusal.code, outcome.refusal.message = answer.code, answer.message
        for detail in details_of(answer, self._domain.name):
            outcome.refusal.details.add().Pack(detail)
