"""The light transport: a request and its answer are one message each, without HTTP around them."""

import asyncio
from collections.abc import Callable
from typing import Protocol
from zlib import crc32

from google.protobuf.message import Message

from bf.core.ports import Answer
from bf.sim.machine import Machine, Server
from bf.sim.net import Network

HEAD_BYTES = 64
"""About what a message costs besides its body."""


class Line(Protocol):
    """How a client reaches a tenant, whatever the transport."""

    async def call(self, tenant: str, request: Message, request_id: str, patience_s: float) -> Answer | None:
        """Send a request, and return its answer; None if none came in time."""
        ...

    def hang_up(self) -> None:
        """Let go of what is held open."""
        ...


class PostLine:
    """Messages from one client to one server and back."""

    def __init__(self, network: Network, client: Machine, server: Server) -> None:
        self._client = client
        self._server = server
        self._loop = client.loop
        self._there = network.link(client.name, server.name)
        self._back = network.link(server.name, client.name)

    async def call(self, tenant: str, request: Message, request_id: str, patience_s: float) -> Answer | None:
        """Send a request, and return its answer; None if none came in time."""
        answered = self._loop.create_future()
        body = request.SerializeToString()
        name = type(request).__name__
        size = HEAD_BYTES + len(body)
        self._there.send(self._server, size, crc32(body), self._arrive, tenant, name, body, request_id, answered)
        patience = self._loop.call_later(patience_s, _give_up, answered)
        answer: Answer | None = await answered
        patience.cancel()
        return answer

    def hang_up(self) -> None:
        """There is nothing to let go of."""

    def _arrive(self, tenant: str, name: str, body: bytes, request_id: str, answered: "asyncio.Future[Answer]") -> None:
        """Take a request in the server's process, if one runs there."""
        server = self._server
        if server.twin and request_id and crc32(request_id.encode()) % 2:
            server = server.twin
        if server.up:
            request = server.node.domain.requests[name].FromString(body)
            server.run(self._loop.create_task, self._serve(server, tenant, request, request_id, answered))

    async def _serve(
        self, server: Server, tenant: str, request: Message, request_id: str, answered: "asyncio.Future[Answer]"
    ) -> None:
        answer = await server.node.call(tenant, request, request_id, self._client.name)
        size = HEAD_BYTES + len(answer.response) + len(answer.message)
        self._back.send(self._client, size, crc32(answer.response) + answer.code, _tell, answered, answer)


Transport = Callable[[Network, Machine, Server], Line]


def _tell(answered: "asyncio.Future[Answer]", answer: Answer) -> None:
    if not answered.done():  # too late: the client has given up
        answered.set_result(answer)


def _give_up(answered: "asyncio.Future[Answer | None]") -> None:
    if not answered.done():
        answered.set_result(None)
