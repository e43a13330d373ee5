"""An answer in one go: the headers and trailers of an OK are always the same bytes, a refusal is one frame.

Rules of this file:
1. Only the plainest case: the whole request has come, the answer fits into one frame and the window, nobody waits.
   Everything else goes the way of grpclib, which builds the same frames in five times as long.
2. The headers are literals without indexing (RFC 7541, 6.2.2): they neither use nor change the peer's dynamic table.
3. h2 is told what was sent: the stream's states, and what is left of the connection's window.
"""

import struct
from typing import Any, cast

from grpclib.metadata import encode_bin_value, encode_grpc_message
from grpclib.server import Stream
from h2.connection import H2Connection
from h2.stream import StreamInputs
from hpack.hpack import encode_integer

from bf.adapters.grpc.codec import HEADER_BYTES

FRAME = struct.Struct(">HBBBL")
PREFIX = struct.Struct(">BL")
FRAME_BYTES_MAX = 16_384
"""The largest payload of a frame that every peer takes (RFC 9113, 4.2)."""

DATA, HEADERS = 0x0, 0x1
END_STREAM, END_HEADERS = 0x1, 0x4

CONTENT_TYPE = b"application/grpc+proto"
STATUS_200 = b"\x88"
HEAD = STATUS_200 + b"\x0f\x10" + bytes([len(CONTENT_TYPE)]) + CONTENT_TYPE
TAIL = b"\x00\x0bgrpc-status\x010"


def is_whole(stream: Stream[Any, Any]) -> bool:
    """Say whether the whole request has come, so that reading it waits for nobody."""
    return cast("Any", stream)._stream.buffer._eof  # noqa: SLF001  # grpclib has no way in


def answered_at_once(stream: Stream[Any, Any], body: bytes) -> bool:
    """Send a whole OK answer, if nothing has to be waited for; say whether it was sent."""
    size = HEADER_BYTES + len(body)
    h2 = _open_h2(stream)
    source = cast("Any", stream)._stream  # noqa: SLF001  # grpclib has no way in
    if h2 is None or size > min(FRAME_BYTES_MAX, h2.local_flow_control_window(source.id)):
        return False
    h2.outbound_flow_control_window -= size
    frames = (
        _frame(HEADERS, END_HEADERS, source.id, HEAD),
        _frame(DATA, 0, source.id, PREFIX.pack(0, len(body)) + body),
        _frame(HEADERS, END_HEADERS | END_STREAM, source.id, TAIL),
    )
    _send(stream, h2, b"".join(frames))
    return True


def refused_at_once(stream: Stream[Any, Any], code: int, message: str, details: bytes) -> bool:
    """Send a whole refusal, with its google.rpc.Status as `details`; say whether it was sent."""
    h2 = _open_h2(stream)
    text, status = encode_grpc_message(message).encode(), encode_bin_value(details)
    block = HEAD + _literal(b"grpc-status", b"%d" % code) + _literal(b"grpc-message", text)
    block += _literal(b"grpc-status-details-bin", status)
    if h2 is None or len(block) > FRAME_BYTES_MAX:
        return False
    source = cast("Any", stream)._stream  # noqa: SLF001  # grpclib has no way in
    _send(stream, h2, _frame(HEADERS, END_HEADERS | END_STREAM, source.id, block))
    return True


def _open_h2(stream: Stream[Any, Any]) -> H2Connection | None:
    """Return the connection of a call whose request has come and that was told nothing yet, if it can be written to."""
    source = cast("Any", stream)._stream  # noqa: SLF001  # grpclib has no way in
    h2: H2Connection = source._h2_connection  # noqa: SLF001  # see above
    begun = cast("Any", stream)._send_initial_metadata_done  # noqa: SLF001  # see above
    if begun or source.id not in h2.streams or not is_whole(stream) or not source.connection.write_ready.is_set():
        return None
    return None if cast("Any", h2.encoder).header_table.resized else h2


def _send(stream: Stream[Any, Any], h2: H2Connection, frames: bytes) -> None:
    """Write the frames that end a call, and let h2 and grpclib know."""
    source = cast("Any", stream)._stream  # noqa: SLF001  # grpclib has no way in
    machine = h2.streams[source.id].state_machine
    machine.process_input(StreamInputs.SEND_HEADERS)
    machine.process_input(StreamInputs.SEND_END_STREAM)
    source._transport.write(frames)  # noqa: SLF001  # see above
    for done in ("initial_metadata", "message", "trailing_metadata"):
        setattr(stream, f"_send_{done}_done", True)


def _literal(name: bytes, value: bytes) -> bytes:
    """Write a header that is not indexed (RFC 7541, 6.2.2)."""
    return b"\x00" + encode_integer(len(name), 7) + name + encode_integer(len(value), 7) + value


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    size = len(payload)
    return FRAME.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload
