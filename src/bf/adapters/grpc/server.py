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

from bf.adapters.access.gate import Gate, Visit, open_gate
from bf.adapters.front.limits import DRAIN_S_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc.call import REQUEST_ID, Metadata, Unary, admit, text
from bf.adapters.grpc.codec import BytesCodec, parsed
from bf.adapters.grpc.headers import AnsweringServer
from bf.adapters.tracing.parent import TRACEPARENT, note_parent
from bf.core.domain import Domain
from bf.core.ports import Answer, Calls


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
        self._domain = domain
        self._calls = calls
        self._gate = gate or open_gate(domain)
        self._under_way = under_way or UnderWay()
        published = {method.input_type.name for method in service.methods}
        self._paths = {f"/{service.full_name}/{method.name}": method for method in service.methods}
        assert published == set(domain.requests), f"{service.full_name} differs: {published ^ set(domain.requests)}"

    def __mapping__(self) -> dict[str, Handler]:
        """Return what grpclib asks of a service: a handler for each path."""
        return self.mapping(Visit())

    def mapping(self, visit: Visit) -> dict[str, Handler]:
        """Return a handler for each path, for the calls of one connection."""
        unary = self.unary(visit)
        return {
            path: Handler(
                unary[path].answer,
                Cardinality.UNARY_UNARY,
                self._domain.requests[method.input_type.name],
                self._domain.responses[method.input_type.name],
            )
            for path, method in self._paths.items()
        }

    def unary(self, visit: Visit) -> dict[str, Unary]:
        """Return how the calls of one connection are answered, by path."""
        return {
            path: Unary(
                self._opening(self._domain.requests[method.input_type.name], visit),
                self._under_way,
                self._domain.name,
            )
            for path, method in self._paths.items()
        }

    async def drain(self) -> None:
        """Turn new requests away and wait, not for ever, until those under way have their answers.

        A call that has not sent its whole request is not under way, and a client that does not read is not waited for.
        """
        await self._under_way.drain(DRAIN_S_MAX)

    def _opening(
        self, request_type: type[Message], visit: Visit
    ) -> Callable[[Metadata], Callable[[bytes], Awaitable[Answer]]]:
        def let_in(metadata: Metadata) -> Callable[[bytes], Awaitable[Answer]]:
            caller = admit(self._gate, visit, metadata, request_type)

            async def carry_out(body: bytes) -> Answer:
                note_parent(text(metadata, TRACEPARENT))
                request = parsed(body, request_type)
                return await self._calls.call(caller.tenant, request, text(metadata, REQUEST_ID), caller.actor)

            return carry_out

        return let_in


def grpc_server(services: "list[Any]") -> AnsweringServer:
    """Make a server of services, with health and reflection."""
    return AnsweringServer(
        ServerReflection.extend([*services, Health({OVERALL: []})]),
        codec=BytesCodec(),
        status_details_codec=ProtoStatusDetailsCodec(),
    )
