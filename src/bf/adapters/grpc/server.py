"""gRPC: a domain's requests as unary calls, health and reflection.

A call's metadata says the tenant (`tenant`), unless the server name did, who asks (`authorization`), and the id for
exactly-once retries (`request-id`). Health and reflection are for everybody: what they tell is published.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from grpclib.const import Cardinality, Handler
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.health.service import OVERALL, Health
from grpclib.reflection.service import ServerReflection
from grpclib.server import Stream

from bf.adapters.access.gate import Caller, Gate, Visit, open_gate, told
from bf.adapters.front.limits import DRAIN_S_MAX, REQUEST_S_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc.at_once import is_whole
from bf.adapters.grpc.call import REQUEST_ID, admit, in_time, metadata, refuse, send_only
from bf.adapters.grpc.codec import BytesCodec, read_request
from bf.adapters.grpc.headers import AnsweringServer
from bf.adapters.tracing.parent import TRACEPARENT, note_parent
from bf.core.domain import Domain
from bf.core.ports import Calls
from bf.core.refusal import Refusal


class DomainService:
    """A published service, each call handed on to whoever carries it out."""

    def __init__(
        self,
        service: ServiceDescriptor,
        domain: Domain,
        calls: Calls,
        gate: Gate | None = None,
        under_way: UnderWay | None = None,
    ) -> None:
        """Pair the calls of a service with the requests of its domain; AssertionError if they differ."""
        self._service = service
        self._domain = domain
        self._calls = calls
        self._gate = gate or open_gate(domain)
        self._under_way = under_way or UnderWay()
        published = {method.input_type.name for method in service.methods}
        assert published == set(domain.requests), f"{service.full_name} differs: {published ^ set(domain.requests)}"

    def __mapping__(self) -> dict[str, Handler]:
        """Return what grpclib asks of a service: a handler for each path."""
        return self.mapping(Visit())

    def mapping(self, visit: Visit) -> dict[str, Handler]:
        """Return a handler for each path, for the calls of one connection."""
        return {
            f"/{self._service.full_name}/{method.name}": Handler(
                self._unary(self._domain.requests[method.input_type.name], visit),
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
        await self._under_way.drain(DRAIN_S_MAX)

    def _unary(self, request_type: type[Message], visit: Visit) -> Callable[[Stream[Any, Any]], Awaitable[None]]:
        async def carry_out(stream: Stream[Any, Any]) -> None:
            try:
                caller = admit(self._gate, visit, stream, request_type)
                note_parent(metadata(stream, TRACEPARENT))
                reading = read_request(stream, request_type)
                request = await (reading if is_whole(stream) else in_time(reading, REQUEST_S_MAX, "REQUEST_S_MAX"))
                with self._under_way.one():
                    await answer(stream, caller, request)
            except Refusal as refusal:
                refuse(stream, told(refusal), self._domain.name)

        async def answer(stream: Stream[Any, Any], caller: Caller, request: Message) -> None:
            answer = await self._calls.call(caller.tenant, request, metadata(stream, REQUEST_ID), caller.actor)
            if answer.code:
                refuse(stream, answer, self._domain.name)
            else:
                await send_only(stream, answer.response)

        return carry_out


def grpc_server(services: "list[Any]") -> AnsweringServer:
    """Make a server of services, with health and reflection."""
    return AnsweringServer(
        ServerReflection.extend([*services, Health({OVERALL: []})]),
        codec=BytesCodec(),
        status_details_codec=ProtoStatusDetailsCodec(),
    )
