"""What every call has in common: who asks, a request that comes in time, an answer that is read in time, a refusal."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from google.protobuf.message import Message
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from bf.adapters.access.gate import AUTHORIZATION, Caller, Gate, Visit, told
from bf.adapters.front.limits import REQUEST_S_MAX, UNREAD_S_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc.codec import read_body
from bf.adapters.grpc.details import details_of
from bf.core.ports import Answer
from bf.core.refusal import Refusal

TENANT = "tenant"
REQUEST_ID = "request-id"

Read = TypeVar("Read")


class Metadata(Protocol):
    """What comes with a call besides its message."""

    def get(self, key: str, default: str, /) -> str | bytes:
        """Return a value, or the default."""
        ...

    def getall(self, key: str, default: Sequence[str], /) -> Sequence[str | bytes]:
        """Return all values, or the default."""
        ...


class Unary(NamedTuple):
    """How a call of one message is answered, however it comes."""

    open: Callable[[Metadata], Callable[[bytes], Awaitable[Answer]]]
    """Lets a caller in, and returns what carries its message out; both raise Refusal, the second GRPCError too."""
    under_way: UnderWay
    domain: str
    """Who says refusals."""

    async def answer(self, stream: Stream[Any, Any]) -> None:
        """Answer a call that grpclib took."""
        try:
            carry_out = self.open(cast("Metadata", stream.metadata))
            body = await in_time(read_body(stream), REQUEST_S_MAX, "REQUEST_S_MAX")
            with self.under_way.one():
                answer = await carry_out(body)
                if answer.code:
                    raise error_of(answer, self.domain)
                await send(stream, answer.response)
        except Refusal as refusal:
            raise error_of(told(refusal), self.domain) from None


def text(metadata: Metadata, key: str) -> str:
    """Return a value of a call's metadata, or nothing."""
    return str(metadata.get(key, ""))


def admit(gate: Gate, visit: Visit, metadata: Metadata, request: type[Message]) -> Caller:
    """Tell who asks, and for which tenant; raises a Refusal."""
    named = [str(name) for name in metadata.getall(TENANT, ())]
    return gate.admit(visit, named, text(metadata, AUTHORIZATION), request)


async def in_time(reading: Awaitable[Read], seconds: float, limit: str) -> Read:
    """Wait for a message, so long at most as a named limit says."""
    try:
        async with asyncio.timeout(seconds):
            return await reading
    except TimeoutError:
        raise GRPCError(Status.DEADLINE_EXCEEDED, f"the message did not come: {limit}") from None


async def send(stream: Stream[Any, Any], body: bytes) -> None:
    """Send an answer to a caller that reads it in time."""
    try:
        async with asyncio.timeout(UNREAD_S_MAX):
            await stream.send_message(body)
    except TimeoutError:
        raise GRPCError(Status.DEADLINE_EXCEEDED, "the answer was not read: UNREAD_S_MAX") from None


def error_of(answer: Answer, domain: str) -> GRPCError:
    """Say a refusal as a call's status, with its details."""
    return GRPCError(Status(answer.code), answer.message, details_of(answer, domain))
