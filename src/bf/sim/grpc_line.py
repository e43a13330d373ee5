"""The heavy transport: gRPC over simulated connections, with the code of real nodes and real clients at both ends."""

import logging
import socket
from functools import partial
from typing import cast

from google.protobuf.message import Message
from grpclib.exceptions import StreamTerminatedError

from bf.adapters.access.gate import open_gate
from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.door import H2
from bf.adapters.front.front import Front
from bf.adapters.front.limits import STREAMS_COUNT_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc.call import REQUEST_ID, TENANT
from bf.adapters.grpc.details import reason_of
from bf.adapters.grpc.execute import Execution
from bf.adapters.grpc.frames import literal
from bf.adapters.grpc.gathering import GatheringChannel
from bf.adapters.grpc.server import DomainService, grpc_server
from bf.core.domain import Domain
from bf.core.ports import Answer, Calls
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.sim.machine import Machine, Server
from bf.sim.streams import ListeningSocket

PORT = 50_051
"""Where simulated nodes listen."""

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]


class GrpcLine:
    """Calls from one client to one server, over connections that are made when they are needed."""

    def __init__(self, client: Machine, server: str) -> None:
        """Call the machine named `server`."""
        self._client = client
        self._server = server
        self._paths = {method.input_type.name: f"/{SERVICE.full_name}/{method.name}" for method in SERVICE.methods}
        self._channels: list[_Channel] = []

    async def call(self, tenant: str, request: Message, request_id: str, patience_s: float) -> Answer | None:
        """Send a request once, and return its answer; None if none came in time. Its position is not told."""
        channel = self._free_channel()
        varying = literal(REQUEST_ID.encode(), request_id.encode()) if request_id else b""
        channel.calls += 1
        try:
            lane = await channel.lane(patience_s)
            headers = channel.headers(self._paths[type(request).__name__], {TENANT: tenant})
            reply = await lane.call(headers, varying, request.SerializeToString(), patience_s)
            return Answer(reply.code, reply.body, reason=reason_of(reply.details), message=reply.message)
        except (OSError, StreamTerminatedError):  # TimeoutError too
            if channel in self._channels:
                self._channels.remove(channel)
            return None
        finally:
            channel.calls -= 1
            if not channel.calls and channel not in self._channels:
                channel.close()

    def hang_up(self) -> None:
        """Close every connection."""
        channels, self._channels = self._channels, []
        for channel in channels:
            self._client.run(channel.close)

    def _free_channel(self) -> "_Channel":
        """Return a connection that takes one more call, and was not given up for want of an answer."""
        free = [channel for channel in self._channels if channel.calls < STREAMS_COUNT_MAX]
        if not free:
            free.append(_Channel(self._server))
            self._channels += free
        return free[0]


class GrpcFront:
    """The front of a simulated node: plain text, no tokens, gRPC alone."""

    def __init__(self, machine: Machine, calls: Calls, domain: Domain) -> None:
        """Serve `calls` on a machine; to be made in its process."""
        log = SparingLog(logging.getLogger("bf.front"), machine.loop.time)
        self._machine = machine
        gate, under_way = open_gate(domain), UnderWay()
        self._service = DomainService(SERVICE, domain, calls, gate, under_way)
        services = [self._service, Execution(domain, calls, gate, under_way)]
        self._grpc = grpc_server(services)
        self._front = Front({H2: partial(self._grpc.face, services, log)}, None, log)

    async def start(self) -> None:
        """Take connections."""
        listening = ListeningSocket(self._machine.name, PORT)
        await self._front.start(cast("socket.socket", listening))  # all that is asked of it is where it listens

    async def stop(self) -> None:
        """Stop as a real node does: what is under way ends, then connections are closed."""
        self._front.shut()
        await self._service.drain()
        await self._front.stop()
        await self._grpc.end_calls()


def front_of(server: Server) -> GrpcFront:
    """Make the front of a server's node."""
    return GrpcFront(server, server.node, server.node.domain)


class _Channel(GatheringChannel):
    """A connection, and how many calls are under way on it."""

    def __init__(self, host: str) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # one of grpclib's parameters has a type that it does not import
            host, PORT
        )
        self.calls = 0
