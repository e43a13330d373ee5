"""An OK answer in one go: its headers and trailers are always the same bytes.

Rules of this file:
1. Only the plainest case: the whole request has come, the answer fits into one frame and the window, nobody waits.
   Everything else goes the way of grpclib, which builds the same frames in five times as long.
2. The headers are literals without indexing (RFC 7541, 6.2.2): they neither use nor change the peer's dynamic table.
3. h2 is told what was sent: the stream's states, and what is left of the connection's window.
"""

import struct
from typing import Any, cast

from grpclib.server import Stream
from h2.connection import H2Connection
from h2.stream import StreamInputs

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
    source = cast("Any", stream)._stream  # noqa: SLF001  # grpclib has no way in
    h2: H2Connection = source._h2_connection  # noqa: SLF001  # see above
    known = h2.streams.get(source.id)
    size = HEADER_BYTES + len(body)
    if known is None or not is_whole(stream) or not source.connection.write_ready.is_set():
        return False
    if (
        size > min(FRAME_BYTES_MAX, h2.local_flow_control_window(source.id))
        or cast("Any", h2.encoder).header_table.resized
    ):
        return False
    known.state_machine.process_input(StreamInputs.SEND_HEADERS)
    known.state_machine.process_input(StreamInputs.SEND_END_STREAM)
    h2.outbound_flow_control_window -= size
    frames = (
        _frame(HEADERS, END_HEADERS, source.id, HEAD),
        _frame(DATA, 0, source.id, PREFIX.pack(0, len(body)) + body),
        _frame(HEADERS, END_HEADERS | END_STREAM, source.id, TAIL),
    )
    source._transport.write(b"".join(frames))  # noqa: SLF001  # see above
    for done in ("initial_metadata", "message", "trailing_metadata"):
        setattr(stream, f"_send_{done}_done", True)
    return True


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    size = len(payload)
    return FRAME.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload
