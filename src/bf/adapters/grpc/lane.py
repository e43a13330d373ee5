"""The fast lane of a connection of HTTP/2: unary calls, past h2.

Most of what a small call costs is HTTP/2 in Python, and most of that is generality. So the frames of plain unary calls
are read and written here, on either end; what is left, and whatever is odd, is h2's.

Rules of this file:
1. The connection is h2's: preface, settings, pings, goodbyes, and each frame that does not belong to a call of ours go
   to it, in the order in which they came. It sees whole frames only.
2. There is one table of headers for each direction, and one window for all calls: they are h2's, and both use them.
   What a lane receives is told to h2 by the WINDOW_STEP_BYTES.
3. A call of the lane is in no table of h2. A stream that has begun, and that h2 has never seen, was one of ours: what
   comes late for it is read over.
4. A peer that breaks the protocol is told to h2, which says goodbye: ProtocolError.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar, cast

from h2.exceptions import DenialOfServiceError, FrameTooLargeError, ProtocolError
from h2.settings import SettingCodes
from hpack import HeaderTuple
from hpack.exceptions import HPACKError, OversizedHeaderListError

from bf.adapters.grpc.frames import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES_MAX,
    HEAD,
    HEAD_BYTES,
    HEADERS,
    NUMBER_BYTES,
    PADDED,
    PUSH_PROMISE,
    RST_STREAM,
    STREAM_MAX,
    WINDOW_UPDATE,
    frame,
    message,
    number_frame,
    unpadded,
)
from bf.adapters.grpc.lean import KNOWN_BLOCKS_MAX, KNOWN_BYTES_MAX, LeanH2

PREFACE_BYTES = 24
"""How a client begins (RFC 9113, 3.4)."""

WINDOW_STEP_BYTES = 64 * 1_024
"""How much is received before the peer is told that there is room again."""

WINDOW_BYTES_MAX = 2**31 - 1
"""The largest window (RFC 9113, 6.9.1)."""


class Call:
    """One call on the lane, as far as HTTP/2 is concerned."""

    __slots__ = ("body", "credit", "ended", "stream", "unacked")

    def __init__(self, stream: int) -> None:
        self.stream = stream
        self.body = bytearray()
        """What the peer has sent."""
        self.unacked = 0
        """How much of it the peer was not told to be read."""
        self.credit = 0
        """By how much the window for what we send differs from that with which each stream begins."""
        self.ended = False
        """Whether the peer has sent all."""


class Writer(Protocol):
    """What a lane writes to."""

    def write(self, data: bytes, /) -> None:
        """Write, or keep for the end of this turn."""
        ...


Ours = TypeVar("Ours", bound=Call)
Read = TypeVar("Read")


class Lane(Generic[Ours, Read]):
    """The calls of one connection that go past h2."""

    def __init__(self, h2: LeanH2, out: Writer, write_ready: asyncio.Event, feed: Callable[[bytes], None]) -> None:
        """Write to `out`, and `feed` whatever is not ours to h2."""
        self.calls: dict[int, Ours] = {}
        """What is under way, by stream."""
        self._h2 = h2
        h2.aside = self.calls
        self._out = out
        self._write_ready = write_ready
        self._feed = feed
        self._encoder = h2.encoder
        self._decoder = h2.decoder
        self._left = b""
        self._preface: int = 0 if h2.config.client_side else PREFACE_BYTES
        self._continued = False
        """Whether headers that are h2's go on in the next frame."""
        self._known: dict[bytes, Read] = {}
        self._version = 0
        self._uncounted = 0
        self._waiting: list[asyncio.Future[None]] = []

    # Reading

    def receive(self, data: bytes) -> None:
        """Take what the peer sent; raises ProtocolError."""
        data = self._left + data if self._left else data
        theirs, end = 0, len(data)
        at = min(self._preface, end)
        self._preface -= at
        while end - at >= HEAD_BYTES:
            high, low, kind, flags, stream = cast("tuple[int, int, int, int, int]", HEAD.unpack_from(data, at))
            stream &= STREAM_MAX
            begin = at + HEAD_BYTES
            upto = begin + (high << 8 | low)
            if upto - begin > FRAME_BYTES_MAX:
                raise FrameTooLargeError(f"a frame of {upto - begin} bytes")
            if upto > end:
                break
            if self._is_ours(stream):
                self._hand_over(data[theirs:at])
                self._take(kind, flags, stream, data[begin:upto])
                theirs = upto
            elif kind == HEADERS and not self._continued and self._may_open(flags, stream):
                self._hand_over(data[theirs:at])
                theirs = upto if self._open(stream, data[begin:upto]) else at
            elif kind in {HEADERS, CONTINUATION}:
                self._continued = not flags & END_HEADERS
            at = upto
        self._hand_over(data[theirs:at])
        self._left = data[at:]

    def wake(self) -> None:
        """Let those who wait for a window, or for the transport, look again."""
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            for waiter in waiting:
                if not waiter.done():
                    waiter.set_result(None)

    def _is_ours(self, stream: int) -> bool:
        """Say whether a frame is for a call of ours, now or once."""
        if stream in self.calls:
            return not self._continued
        if self._continued or stream % 2 == 0:
            return False
        h2 = self._h2
        began = h2.highest_outbound_stream_id if h2.config.client_side else h2.highest_inbound_stream_id
        return stream <= began and not h2.has_seen(stream)

    def _may_open(self, flags: int, stream: int) -> bool:
        """Say whether a frame of headers may begin a call of ours."""
        del flags, stream
        return False

    def _open(self, stream: int, block: bytes) -> bool:
        """Begin a call, if it is a plain one."""
        raise NotImplementedError

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        call = self.calls.get(stream)
        if kind == DATA:
            self._count(len(payload))
            if call:
                self._take_data(call, flags, payload)
        elif kind in {HEADERS, CONTINUATION}:
            self._take_headers(call, kind, flags, stream, payload)
        elif kind == PUSH_PROMISE:
            raise ProtocolError("a promise, whose headers nobody reads")
        elif call and kind == RST_STREAM:
            self._take_reset(call, int.from_bytes(payload, "big"))
        elif call and kind == WINDOW_UPDATE:
            self._take_window(call, payload)

    def _take_data(self, call: Ours, flags: int, payload: bytes) -> None:
        if call.ended:
            raise ProtocolError("data after its end")
        call.body += unpadded(flags & PADDED, payload)
        if flags & END_STREAM:
            call.ended = True
            self._complete(call)
            return
        call.unacked += len(payload)
        if call.unacked >= WINDOW_STEP_BYTES:
            self._out.write(number_frame(WINDOW_UPDATE, call.stream, call.unacked))
            call.unacked = 0

    def _take_headers(self, call: Ours | None, kind: int, flags: int, stream: int, payload: bytes) -> None:
        raise NotImplementedError

    def _take_reset(self, call: Ours, code: int) -> None:
        raise NotImplementedError

    def _take_window(self, call: Ours, payload: bytes) -> None:
        opened = int.from_bytes(payload, "big") & WINDOW_BYTES_MAX
        call.credit += opened
        if len(payload) != NUMBER_BYTES or not opened or self._stream_window(call) > WINDOW_BYTES_MAX:
            raise ProtocolError("a window that no stream can have")
        self.wake()

    def _complete(self, call: Ours) -> None:
        """Go on with a call whose peer has sent all."""
        raise NotImplementedError

    def _hand_over(self, frames: bytes) -> None:
        if frames:
            self._feed(frames)
            self.wake()

    def _count(self, size: int) -> None:
        """Let h2 know how much was received on its connection, now and then."""
        self._uncounted += size
        if self._uncounted < WINDOW_STEP_BYTES:
            return
        windows = self._h2._inbound_flow_control_window_manager  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # h2 has one for streams of its own only
        windows.window_consumed(self._uncounted)
        opened = windows.process_bytes(self._uncounted)
        self._uncounted = 0
        if opened:
            self._out.write(number_frame(WINDOW_UPDATE, 0, opened))

    def _headers(self, block: bytes) -> Read:
        """Read a block of headers, as last time if the table is the same."""
        decoder = self._decoder
        if decoder.version != self._version:
            self._known.clear()
            self._version = decoder.version
        elif (known := self._known.get(block)) is not None:
            return known
        try:
            headers = cast("list[HeaderTuple]", decoder.decode(block, raw=True))
        except OversizedHeaderListError as error:
            raise DenialOfServiceError(str(error)) from error
        except (HPACKError, IndexError, UnicodeError) as error:
            raise ProtocolError(f"headers that cannot be read: {error}") from error
        read = self._understood(headers)
        if decoder.version == self._version and len(block) <= KNOWN_BYTES_MAX:
            if len(self._known) >= KNOWN_BLOCKS_MAX:
                self._known.clear()
            self._known[block] = read
        return read

    def _understood(self, headers: Sequence[HeaderTuple]) -> Read:
        """Make of headers what is needed of them."""
        raise NotImplementedError

    # Writing

    def _block(self, block: bytes) -> bytes:
        """Return a block that uses no table, behind what h2 has to say of its table (RFC 7541, 4.2)."""
        return self._encoder.encode(()) + block if self._encoder.resized else block

    def _stream_window(self, call: Ours) -> int:
        return self._h2.remote_settings[SettingCodes.INITIAL_WINDOW_SIZE] + call.credit

    def _window(self, call: Ours) -> int:
        return min(self._h2.outbound_flow_control_window, self._stream_window(call))

    def _data(self, call: Ours, body: bytes, flags: int = 0) -> bytes | None:
        """Return the frame of a whole message, if there is a window for it and it fits into one."""
        framed = message(body)
        size = len(framed)
        if size > FRAME_BYTES_MAX or size > self._window(call) or not self._write_ready.is_set():
            return None
        self._spend(call, size)
        return frame(DATA, flags, call.stream, framed)

    async def _send(self, call: Ours, body: bytes, flags: int = 0) -> None:
        """Write a message in pieces, as windows and the transport allow, for as long as the call is under way."""
        left = memoryview(message(body))
        while left:
            size = min(self._window(call), FRAME_BYTES_MAX, len(left))
            if size <= 0 or not self._write_ready.is_set():
                await self._moved()
                if call.stream not in self.calls:
                    return
                continue
            self._spend(call, size)
            self._out.write(frame(DATA, flags if size == len(left) else 0, call.stream, bytes(left[:size])))
            left = left[size:]

    def _spend(self, call: Ours, size: int) -> None:
        self._h2.outbound_flow_control_window -= size
        call.credit -= size

    async def _moved(self) -> None:
        """Wait until something may have changed: a window, the transport, the number of calls."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter
