"""What every call has in common: who asks, a request that comes in time, an answer that is read in time, a refusal."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.rpc.status_pb2 import Status as StatusMessage
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from bf.adapters.access.gate import AUTHORIZATION, Caller, Gate, Visit
from bf.adapters.front.limits import UNREAD_S_MAX
from bf.adapters.grpc.at_once import answered_at_once, refused_at_once
from bf.adapters.grpc.details import details_of
from bf.core.ports import Answer

TENANT = "tenant"
REQUEST_ID = "request-id"

Read = TypeVar("Read")


def metadata(stream: Stream[Any, Any], key: str) -> str:
    """Return a value of a call's metadata, or nothing."""
    return str(stream.metadata.get(key, "")) if stream.metadata else ""


def admit(gate: Gate, visit: Visit, stream: Stream[Any, Any], request: type[Message]) -> Caller:
    """Tell who asks, and for which tenant; raises a Refusal."""
    named = stream.metadata.getall(TENANT, []) if stream.metadata else []
    return gate.admit(visit, [str(name) for name in named], metadata(stream, AUTHORIZATION), request)


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


async def send_only(stream: Stream[Any, Any], body: bytes) -> None:
    """Send the one answer of a call."""
    if not answered_at_once(stream, body):
        await send(stream, body)


def refuse(stream: Stream[Any, Any], answer: Answer, domain: str) -> None:
    """End a call with a refusal: at once, or by raising GRPCError if something has to be waited for."""
    status = StatusMessage(code=answer.code, message=answer.message)
    for detail in details_of(answer, domain):
        status.details.add().Pack(detail)
    if not refused_at_once(stream, answer.code, answer.message, status.SerializeToString()):
        raise error_of(answer, domain)


def error_of(answer: Answer, domain: str) -> GRPCError:
    """Say a refusal as a call's status, with its details."""
    return GRPCError(Status(answer.code), answer.message, details_of(answer, domain))
