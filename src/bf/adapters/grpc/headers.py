"""Calls whose headers cannot be read, and messages without bounds: grpclib answers neither.

It logs the first and leaves them without any answer; of health and reflection it reads messages of any size.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, cast

from grpclib.const import Handler as Method
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline, decode_metadata
from grpclib.protocol import Buffer, H2Protocol, Stream
from grpclib.server import Handler, Server

from bf.adapters.access.gate import Visit
from bf.adapters.access.sparing import SparingLog
from bf.adapters.grpc.answering import TaskHandler
from bf.adapters.grpc.call import Unary
from bf.adapters.grpc.connection import BoundedH2
from bf.core.limits import REQUEST_BYTES_MAX

Headers = list[tuple[str, str]]


class Visited(Protocol):
    """A service whose calls differ by the connection on which they come."""

    def mapping(self, visit: Visit) -> Mapping[str, Method]:
        """Return a handler for each path."""
        ...

    def unary(self, visit: Visit) -> Mapping[str, Unary]:
        """Return how its calls of one message are answered, by path."""
        ...


class AnsweringServer(Server):
    """A grpclib server that answers every call."""

    _handlers_made = 0

    def face(self, visited: Sequence[Visited], log: SparingLog, visit: Visit) -> BoundedH2:
        """Make the protocol of a connection that the front has taken in."""
        mapping, unary = dict(self._mapping), dict[str, Unary]()
        for service in visited:
            mapping |= service.mapping(visit)
            unary |= service.unary(visit)

        def say(why: str) -> None:
            log.say(f"connection from {visit.peer} closed: {why}")

        return BoundedH2(self._handler(mapping), self._config, self._h2_config, unary, say)

    async def end_calls(self) -> None:
        """Cancel what is under way on connections that the front has closed, the oldest connections first."""
        handlers = sorted(self._handlers, key=_number)
        for handler in handlers:
            handler.close()
        for handler in handlers:
            await handler.wait_closed()

    def _protocol_factory(self) -> H2Protocol:
        """Make the protocol of a connection, as grpclib does, with a handler of ours."""
        return H2Protocol(self._handler(self._mapping), self._config, self._h2_config)

    def _handler(self, mapping: dict[str, Method]) -> "_Handler":
        self.__gc_step__()
        handler = _Handler(mapping, self._codec, self._status_details_codec, self.__dispatch__)
        self._handlers_made += 1
        handler.number = self._handlers_made
        self._handlers.add(handler)
        return handler


class _Handler(Handler, TaskHandler):
    number = 0
    """By what handlers are sorted: grpclib has them in a set, whose order is that of addresses."""

    def accept(self, stream: Stream, headers: Headers, release_stream: Callable[[], Any]) -> None:
        """Hand a call on, or answer it here."""
        assert stream.id is not None, "a call that came has a number"
        stream.buffer = _BoundedBuffer(partial(stream.connection.ack, stream.id))
        try:
            decode_metadata(headers)
            Deadline.from_headers(headers)
        except (ValueError, OverflowError) as error:
            refusal = self.loop.create_task(_refuse(stream, f"the metadata cannot be read: {error}", release_stream))
            self._tasks[stream] = refusal
        else:
            super().accept(stream, headers, release_stream)

    def adopt(self, call: Hashable, task: asyncio.Task[None]) -> None:
        """Keep it with those of grpclib."""
        self.__gc_step__()
        cast("dict[Hashable, asyncio.Task[None]]", self._tasks)[call] = task

    def forget(self, call: Hashable) -> None:
        """Let a task go that has ended."""
        cast("dict[Hashable, asyncio.Task[None]]", self._tasks).pop(call, None)

    def call_off(self, call: Hashable) -> None:
        """Cancel the task of a call."""
        self.cancel(cast("Stream", call))


class _BoundedBuffer(Buffer):
    async def read(self, size: int) -> bytes:
        """Read so many bytes, if a message may have them."""
        if size > REQUEST_BYTES_MAX:
            message = f"the message has {size} bytes; REQUEST_BYTES_MAX allows {REQUEST_BYTES_MAX}"
            raise GRPCError(Status.RESOURCE_EXHAUSTED, message)
        return await super().read(size)


def _number(handler: Handler) -> int:
    return cast("_Handler", handler).number


async def _refuse(stream: Stream, message: str, release_stream: Callable[[], Any]) -> None:
    try:
        trailers = [
            (":status", "200"),
            ("content-type", "application/grpc+proto"),
            ("grpc-status", str(Status.INVALID_ARGUMENT.value)),
            ("grpc-message", message),
        ]
        await stream.send_headers(trailers, end_stream=True)
        if stream.closable:
            stream.reset_nowait()
    finally:
        release_stream()
