"""A connection of HTTP/2, with bounds.

grpclib bounds neither headers, nor calls that are begun and taken back, nor what it writes to a peer that does not
read; and it fails on frames that it does not know.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from grpclib.config import Configuration
from grpclib.protocol import Connection, EventsProcessor, H2Protocol
from h2.config import H2Configuration
from h2.events import Event, StreamReset
from h2.exceptions import DenialOfServiceError, ProtocolError, TooManyStreamsError
from h2.settings import SettingCodes, Settings

from bf.adapters.front.limits import HEADER_BYTES_MAX, RESETS_COUNT_MAX, STREAMS_COUNT_MAX
from bf.adapters.grpc.answering import AnsweringLane, Desk, TaskHandler
from bf.adapters.grpc.call import Unary
from bf.adapters.grpc.gathering import FIRST_WINDOW_BYTES, Gathering
from bf.adapters.grpc.lean import LeanH2

MINUTE_S = 60


class BoundedH2(H2Protocol):
    """HTTP/2 on one connection: what the front asks of a face."""

    def __init__(
        self,
        handler: TaskHandler,
        config: Configuration,
        h2_config: H2Configuration,
        unary: Mapping[str, Unary],
        say: Callable[[str], None],
    ) -> None:
        super().__init__(handler, config, h2_config)
        self._desk = Desk(unary, handler, self._count_reset)
        self._say = say
        self._resets = 0
        self._minute = 0.0

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self.processor.streams or self._lane.calls)

    @property
    def latest(self) -> object:
        """How many calls there were."""
        return self.connection.streams_started + self._lane.begun

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401  # asyncio's base class is too wide
        """Begin as grpclib does, with limits that hold from the first byte."""
        h2 = LeanH2(self.h2_config)
        limits = {
            SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS_COUNT_MAX,
            SettingCodes.MAX_HEADER_LIST_SIZE: HEADER_BYTES_MAX,
            SettingCodes.INITIAL_WINDOW_SIZE: self.config.http2_stream_window_size,
        }
        h2.local_settings = Settings(client=False, initial_values=limits)  # pyright: ignore[reportArgumentType]  # codes are ints
        h2.decoder.max_header_list_size = HEADER_BYTES_MAX
        h2.initiate_connection()
        h2.increment_flow_control_window(self.config.http2_connection_window_size - FIRST_WINDOW_BYTES)
        self._transport = transport
        self._h2 = h2
        out = Gathering(transport)
        self.connection = Connection(h2, cast("Any", out), config=self.config)
        self.connection.flush()
        self.connection.initialize()
        self.processor = EventsProcessor(self.handler, self.connection)
        self._lane = AnsweringLane(h2, out, self.connection.write_ready, self._feed, self._desk)

    def data_received(self, data: bytes) -> None:
        """Read frames; a peer that breaks the protocol is told so and closed."""
        try:
            self._lane.receive(data)
        except (ProtocolError, UnicodeDecodeError) as error:  # what h2 says of headers that are no ASCII
            self._say(_reason(error))
            self.end()

    def pause_writing(self) -> None:
        """Read nothing from a peer that does not read: whatever it sends may ask for an answer."""
        super().pause_writing()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._transport.resume_reading()
        self._lane.wake()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget what was under way."""
        super().connection_lost(exc)
        self._lane.close()

    def end(self) -> None:
        """Say goodbye, then close what is still under way."""
        if not self.connection.is_closing():
            with suppress(ProtocolError):  # if the peer has broken the protocol, h2 has said goodbye already
                self._h2.close_connection()
            self.connection.flush()
        self.processor.close("the connection is closed")
        self._lane.close()

    def _feed(self, frames: bytes) -> None:
        """Let h2 and grpclib have what is not for the lane."""
        if self.connection.is_closing():
            return
        events = self.connection.feed(frames)
        self.connection.flush()
        for event in events:
            self._process(event)
        if not self.connection.is_closing():
            self.connection.flush()

    def _process(self, event: Event) -> None:
        known = getattr(self.processor, "processors", {})
        if type(event) not in known:
            return  # RFC 9113, 5.5: frames of unknown types are ignored
        if isinstance(event, StreamReset) and event.remote_reset:
            self._count_reset()
        self.processor.process(event)

    def _count_reset(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._minute + MINUTE_S:
            self._minute, self._resets = now, 0
        self._resets += 1
        if self._resets > RESETS_COUNT_MAX:
            raise TooManyResetsError


class TooManyResetsError(ProtocolError):
    """A peer that begins calls and takes them back."""


def _reason(error: Exception) -> str:
    """Say which limit, or that it is no HTTP/2, in few words that no peer chooses."""
    if isinstance(error, DenialOfServiceError):
        return "the headers are too large: HEADER_BYTES_MAX"
    if isinstance(error, TooManyResetsError):
        return "calls are begun and taken back: RESETS_COUNT_MAX"
    if isinstance(error, TooManyStreamsError):
        return "too many calls are under way: STREAMS_COUNT_MAX"
    return f"no HTTP/2: {type(error).__name__}"
