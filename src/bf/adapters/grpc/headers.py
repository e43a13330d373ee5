"""Calls whose headers cannot be read: grpclib logs them and leaves them without any answer."""

from collections.abc import Callable
from typing import Any

from grpclib.const import Status
from grpclib.metadata import decode_metadata
from grpclib.protocol import H2Protocol, Stream
from grpclib.server import Handler, Server

Headers = list[tuple[str, str]]


class AnsweringServer(Server):
    """A grpclib server that answers every call."""

    def _protocol_factory(self) -> H2Protocol:
        """Make the protocol of a connection, as grpclib does, with a handler of ours."""
        self.__gc_step__()
        handler = _Handler(self._mapping, self._codec, self._status_details_codec, self.__dispatch__)
        self._handlers.add(handler)
        return H2Protocol(handler, self._config, self._h2_config)


class _Handler(Handler):
    def accept(self, stream: Stream, headers: Headers, release_stream: Callable[[], Any]) -> None:
        """Hand a call on, or answer it here."""
        try:
            decode_metadata(headers)
        except ValueError as error:
            refusal = self.loop.create_task(_refuse(stream, f"the metadata cannot be read: {error}", release_stream))
            self._tasks[stream] = refusal
        else:
            super().accept(stream, headers, release_stream)


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
