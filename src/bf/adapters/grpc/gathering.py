"""Writing once in a turn of the loop: on both ends of a connection of HTTP/2."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from grpclib.client import Channel, Handler
from grpclib.metadata import USER_AGENT
from grpclib.protocol import Connection, EventsProcessor, H2Protocol
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from bf.adapters.grpc.calling import CallingLane, Headers
from bf.adapters.grpc.lean import LeanH2

FIRST_WINDOW_BYTES = 65_535
"""The window with which a connection begins (RFC 9113, 6.9.2)."""

GATHERED_BYTES = 1_024
"""How much is written at once: more, and the other end would wait for it with nothing to do."""


class Gathering:
    """A transport that writes once in a turn of the loop.

    An answer is three frames, and the answers of a batch come together: written one by one, each is a TLS record and
    a system call of its own.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._gathered: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Write at the end of this turn, or when there is enough of it."""
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= GATHERED_BYTES:
            self._flush()

    def close(self) -> None:
        """Write what was gathered, and close."""
        self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever is not written yet."""
        self._transport.abort()

    def get_extra_info(self, name: str) -> Any:  # noqa: ANN401  # asyncio's
        """Return what is known of the connection."""
        return self._transport.get_extra_info(name)

    def is_closing(self) -> bool:
        """Return whether it is closed, or about to be."""
        return self._transport.is_closing()

    def _flush(self) -> None:
        gathered, self._gathered, self._size = self._gathered, [], 0
        if gathered and not self._transport.is_closing():
            self._transport.write(b"".join(gathered))


class GatheringChannel(Channel):
    """A grpclib channel whose requests, three frames each, are written together."""

    def _protocol_factory(self) -> H2Protocol:
        return _GatheringH2(Handler(), self._config, self._h2_config)

    async def lane(self, seconds: float) -> CallingLane:
        """Return the lane of a connection that is there, or is made in so many seconds; OSError, TimeoutError."""
        if not self._connected:
            async with asyncio.timeout(seconds):
                await self.__connect__()
        return cast("_GatheringH2", self._protocol).lane

    def headers(self, path: str, metadata: Mapping[str, str]) -> Headers:
        """Return what the calls of a path begin with."""
        return (
            (":method", "POST"),
            (":scheme", self._scheme),
            (":path", path),
            (":authority", self._authority),
            ("te", "trailers"),
            ("content-type", "application/grpc+proto"),
            ("user-agent", USER_AGENT),
            *metadata.items(),
        )


class _GatheringH2(H2Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin as grpclib does."""
        h2 = LeanH2(self.h2_config)
        h2.initiate_connection()
        h2.increment_flow_control_window(self.config.http2_connection_window_size - FIRST_WINDOW_BYTES)
        h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: self.config.http2_stream_window_size})
        out = Gathering(cast("asyncio.Transport", transport))
        self.connection = Connection(h2, cast("Any", out), config=self.config)
        self.connection.flush()
        self.connection.initialize()
        self.lane = CallingLane(h2, out, self.connection.write_ready, self._feed)
        self.processor = _Processor(self.handler, self.connection)
        self.processor.lane = self.lane

    def data_received(self, data: bytes) -> None:
        """Read answers, and let h2 have what is not one of a unary call."""
        try:
            self.lane.receive(data)
        except ProtocolError as error:
            self.processor.close(f"the server speaks no HTTP/2: {error}")

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self.lane.wake()

    def _feed(self, frames: bytes) -> None:
        if not self.connection.is_closing():
            super().data_received(frames)


class _Processor(EventsProcessor):
    lane: CallingLane

    def close(self, reason: str = "Connection closed") -> None:
        """End all calls."""
        super().close(reason)
        self.lane.close(reason)
