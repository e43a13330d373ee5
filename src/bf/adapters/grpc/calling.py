"""The client's end of the fast lane: a unary call is written in one go, and its answer is read."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from grpclib.const import Status
from grpclib.exceptions import StreamTerminatedError
from grpclib.metadata import decode_bin_value, decode_grpc_message
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hpack import HeaderTuple

from bf.adapters.front.limits import STREAMS_COUNT_MAX
from bf.adapters.grpc.frames import (
    CANCEL,
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    PREFIX,
    PREFIX_BYTES,
    RST_STREAM,
    header_frames,
    number_frame,
    unpadded,
)
from bf.adapters.grpc.lane import Call, Lane, Writer
from bf.adapters.grpc.lean import LeanH2
from bf.core.limits import REPLY_BYTES_MAX

ANSWER_HEADER_BYTES_MAX = 64 * 1024
"""The largest headers of an answer."""

STATUS_DIGITS_MAX = 3
"""The longest status of gRPC."""

TOO_LARGE = {
    "grpc-status": str(Status.RESOURCE_EXHAUSTED.value),
    "grpc-message": f"the answer is too large: REPLY_BYTES_MAX allows {REPLY_BYTES_MAX}",
}

HTTP_STATUS = {
    "401": Status.UNAUTHENTICATED,
    "403": Status.PERMISSION_DENIED,
    "404": Status.UNIMPLEMENTED,
} | dict.fromkeys(("429", "502", "503", "504"), Status.UNAVAILABLE)
"""What an answer without a status of gRPC means, as gRPC's specification has it; anything else is UNKNOWN."""

Headers = tuple[tuple[str, str], ...]


class Reply(NamedTuple):
    """What a call was told: a google.rpc.Code and, if it is OK, a message."""

    code: int
    body: bytes = b""
    message: str = ""
    details: bytes = b""
    """A google.rpc.Status, written, or nothing."""


class Placed(Call):
    """A call that was made."""

    __slots__ = ("reply", "sent", "status")

    def __init__(self, stream: int, reply: "asyncio.Future[Reply]") -> None:
        super().__init__(stream)
        self.reply = reply
        self.sent = False
        """Whether all of its message was sent."""
        self.status = ""
        """What its headers say in terms of HTTP, once they are there."""


class CallingLane(Lane[Placed, dict[str, str]]):
    """Makes unary calls on one connection."""

    def __init__(self, h2: LeanH2, out: Writer, write_ready: asyncio.Event, feed: Callable[[bytes], None]) -> None:
        """Call whoever is at the other end."""
        super().__init__(h2, out, write_ready, feed)
        self._loop = asyncio.get_running_loop()
        self._partial = 0, 0, b""
        """The stream, the flags and the beginning of headers that are not whole yet."""
        self._closed = ""

    async def call(self, headers: Headers, varying: bytes, body: bytes, seconds: float) -> Reply:
        """Send a message, and return what it is told; raises TimeoutError, or StreamTerminatedError if no answer comes.

        `varying` are headers written as literals, which are another's in each call.
        """
        until = self._loop.time() + seconds
        while not self._closed and not self._may_begin():
            async with asyncio.timeout_at(until):
                await self._moved()
        if self._closed:
            raise StreamTerminatedError(self._closed)
        stream = self._h2.get_next_available_stream_id()
        self._h2.begin(stream)
        call = self.calls[stream] = Placed(stream, self._loop.create_future())
        timer = self._loop.call_at(until, _expire, call)
        try:
            head = header_frames(0, stream, self._encoder.encode(headers) + varying)
            data = self._data(call, body, END_STREAM)
            self._out.write(head if data is None else head + data)
            if data is None:
                async with asyncio.timeout_at(until):
                    await self._send(call, body, END_STREAM)
            call.sent = True
            return await call.reply
        finally:
            timer.cancel()
            if not call.sent and call.reply.done():
                call.reply.exception()  # asyncio complains of one at which nobody has looked
            if self.calls.pop(stream, None):
                self._out.write(number_frame(RST_STREAM, stream, CANCEL))
            self.wake()

    def close(self, reason: str) -> None:
        """End what is under way, and let nothing begin."""
        self._closed = self._closed or reason
        calls = list(self.calls.values())
        self.calls.clear()
        for call in calls:
            if not call.reply.done():
                call.reply.set_exception(StreamTerminatedError(reason))
        self.wake()

    def _may_begin(self) -> bool:
        most = self._h2.remote_settings.get(SettingCodes.MAX_CONCURRENT_STREAMS, STREAMS_COUNT_MAX)
        return self._write_ready.is_set() and self._h2.open_outbound_streams < most

    def _open(self, stream: int, block: bytes) -> bool:
        raise AssertionError(f"no server begins a call: {stream}, {block!r}")

    def _understood(self, headers: Sequence[HeaderTuple]) -> dict[str, str]:
        return {name.decode("ascii", "replace"): value.decode("ascii", "replace") for name, value in headers}

    def _take_headers(self, call: Placed | None, kind: int, flags: int, stream: int, payload: bytes) -> None:
        payload = payload if kind == CONTINUATION else unpadded(flags, payload)
        begun = self._partial
        if (kind == CONTINUATION) != (begun[0] == stream):
            raise ProtocolError("headers are continued that did not begin")
        flags |= begun[1] & END_STREAM
        payload = begun[2] + payload
        if not flags & END_HEADERS:
            if len(payload) > ANSWER_HEADER_BYTES_MAX:
                raise ProtocolError("the headers are too large: ANSWER_HEADER_BYTES_MAX")
            self._partial = stream, flags, payload
            return
        self._partial = 0, 0, b""
        heads = self._headers(payload)  # also of a call that is given up, for the table
        if call:
            call.status = heads.get(":status", call.status)
            if flags & END_STREAM:
                self._conclude(call, heads)

    def _take_data(self, call: Placed, flags: int, payload: bytes) -> None:
        super()._take_data(call, flags, payload)
        if not call.ended and len(call.body) > PREFIX_BYTES + REPLY_BYTES_MAX:
            call.sent = False  # so that the rest is not sent, either
            self._conclude(call, TOO_LARGE)

    def _take_reset(self, call: Placed, code: int) -> None:
        self._end(call)
        if not call.reply.done():
            call.reply.set_exception(StreamTerminatedError(f"the call was reset: error code {code}"))

    def _complete(self, call: Placed) -> None:
        self._conclude(call, {})

    def _conclude(self, call: Placed, heads: dict[str, str]) -> None:
        self._end(call)
        if not call.sent:
            self._out.write(number_frame(RST_STREAM, call.stream, CANCEL))
        if not call.reply.done():
            call.reply.set_result(_reply(call, heads))

    def _end(self, call: Placed) -> None:
        """Let a call go, and whoever waits to send more of it."""
        del self.calls[call.stream]
        self.wake()


def _reply(call: Placed, heads: dict[str, str]) -> Reply:
    status = heads.get("grpc-status", "")
    if not status.isdigit() or len(status) > STATUS_DIGITS_MAX:
        code = HTTP_STATUS.get(call.status, Status.UNKNOWN)
        return Reply(code.value, message=f"the answer has no status of gRPC, but :status {call.status or 'nothing'}")
    if int(status):
        details = b""
        with suppress(ValueError):  # what cannot be read is no reason to lose the rest
            details = decode_bin_value(heads.get("grpc-status-details-bin", "").encode())
        return Reply(int(status), message=decode_grpc_message(heads.get("grpc-message", "")), details=details)
    data = bytes(call.body)
    if len(data) < PREFIX_BYTES or PREFIX.unpack_from(data) != (0, len(data) - PREFIX_BYTES):
        return Reply(Status.INTERNAL.value, message="the answer is not one message that is not compressed")
    return Reply(0, data[PREFIX_BYTES:])


def _expire(call: Placed) -> None:
    if not call.reply.done():
        call.reply.set_exception(TimeoutError())
