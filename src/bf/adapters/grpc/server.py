"""gRPC on one port: a domain's requests as unary calls, health and reflection.

The tenant is named in the call's metadata (`tenant`), and so is the id for exactly-once retries (`request-id`).
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpclib.const import Cardinality, Handler, Status
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError
from grpclib.health.service import OVERALL, Health
from grpclib.reflection.service import ServerReflection
from grpclib.server import Server, Stream

from bf.adapters.grpc.codec import BytesCodec, read_request
from bf.adapters.grpc.headers import AnsweringServer
from bf.core.domain import Domain
from bf.core.limits import DRAIN_S_MAX
from bf.core.ports import Answer, Calls

TENANT = "tenant"
REQUEST_ID = "request-id"


class DomainService:
    """A published service, each call handed on to whoever carries it out."""

    def __init__(self, service: ServiceDescriptor, domain: Domain, calls: Calls) -> None:
        """Pair the calls of a service with the requests of its domain; AssertionError if they differ."""
        self._service = service
        self._domain = domain
        self._calls = calls
        self._in_flight = 0
        self._draining = False
        self._idle = asyncio.Event()
        published = {method.input_type.name for method in service.methods}
        assert published == set(domain.requests), f"{service.full_name} differs: {published ^ set(domain.requests)}"

    def __mapping__(self) -> dict[str, Handler]:
        """Return what grpclib asks of a service: a handler for each path."""
        return {
            f"/{self._service.full_name}/{method.name}": Handler(
                self._unary(self._domain.requests[method.input_type.name]),
                Cardinality.UNARY_UNARY,
                self._domain.requests[method.input_type.name],
                self._domain.responses[method.input_type.name],
            )
            for method in self._service.methods
        }

    async def drain(self) -> None:
        """Turn new requests away and wait, not for ever, until those under way have their answers.

        A call that has not sent its whole request is not under way, and a client that does not read is not waited for.
        """
        self._draining = True
        if self._in_flight:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), DRAIN_S_MAX)

    def _unary(self, request_type: type[Message]) -> Callable[[Stream[Any, Any]], Awaitable[None]]:
        async def carry_out(stream: Stream[Any, Any]) -> None:
            tenant = _metadata(stream, TENANT)
            if not tenant:
                raise GRPCError(Status.INVALID_ARGUMENT, f"name the tenant in the call's metadata: {TENANT}")
            request = await read_request(stream, request_type)
            if self._draining:
                raise GRPCError(
                    Status.UNAVAILABLE, "the server is stopping: repeat the request with the same request-id"
                )
            self._in_flight += 1
            try:
                await answer(stream, tenant, request)
            finally:
                self._in_flight -= 1
                if self._draining and not self._in_flight:
                    self._idle.set()

        async def answer(stream: Stream[Any, Any], tenant: str, request: Message) -> None:
            told = await self._calls.call(tenant, request, _metadata(stream, REQUEST_ID))
            if told.code:
                raise _error(told, self._domain.name)
            await stream.send_message(told.response)

        return carry_out


def grpc_server(services: "list[Any]") -> Server:
    """Make a server of services, with health and reflection."""
    return AnsweringServer(
        ServerReflection.extend([*services, Health({OVERALL: []})]),
        codec=BytesCodec(),
        status_details_codec=ProtoStatusDetailsCodec(),
    )


def _metadata(stream: Stream[Any, Any], key: str) -> str:
    return str(stream.metadata.get(key, "")) if stream.metadata else ""


def _error(answer: Answer, domain: str) -> GRPCError:
    details: list[Message] = [ErrorInfo(reason=answer.reason, domain=domain)]
    if answer.field:
        violation = BadRequest.FieldViolation(field=answer.field, description=answer.message)
        details.append(BadRequest(field_violations=[violation]))
    return GRPCError(Status(answer.code), answer.message, details)
