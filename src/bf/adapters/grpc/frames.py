"""Frames of HTTP/2 (RFC 9113) and headers without an index (RFC 7541), written by hand."""

import struct

from grpclib.metadata import encode_grpc_message
from h2.exceptions import ProtocolError
from hpack.hpack import encode_integer

HEAD = struct.Struct(">HBBBL")
HEAD_BYTES = HEAD.size
"""What comes before a frame's payload: its size in three bytes, its kind, its flags, its stream."""

PREFIX = struct.Struct(">BL")
PREFIX_BYTES = PREFIX.size
"""What comes before a message of gRPC: whether it is compressed, its size."""

FRAME_BYTES_MAX = 16_384
"""The largest payload of a frame that every peer takes (RFC 9113, 4.2)."""

STREAM_MAX = 2**31 - 1
"""The last number of a stream; the bit before it means nothing (RFC 9113, 4.1)."""

DATA, HEADERS, RST_STREAM, PUSH_PROMISE, WINDOW_UPDATE, CONTINUATION = 0x0, 0x1, 0x3, 0x5, 0x8, 0x9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
PRIORITY_BYTES = 5
NUMBER_BYTES = 4
"""The payload of a frame that is one number."""

NO_ERROR, CANCEL = 0x0, 0x8

LONG = 0x7F
"""A text this long, or longer, has its length in more than one byte (RFC 7541, 5.1)."""

STATUS_200 = b"\x88"
"""The header ":status: 200", which stands in every table (RFC 7541, appendix A)."""


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Write a frame."""
    size = len(payload)
    return HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def number_frame(kind: int, stream: int, number: int) -> bytes:
    """Write a frame that is one number: WINDOW_UPDATE, RST_STREAM."""
    return frame(kind, 0, stream, number.to_bytes(NUMBER_BYTES, "big"))


def header_frames(flags: int, stream: int, block: bytes) -> bytes:
    """Write a block of headers, in as many frames as it takes."""
    if len(block) <= FRAME_BYTES_MAX:
        return frame(HEADERS, flags | END_HEADERS, stream, block)
    pieces = [block[at : at + FRAME_BYTES_MAX] for at in range(0, len(block), FRAME_BYTES_MAX)]
    frames = [frame(HEADERS, flags, stream, pieces[0])]
    frames += [frame(CONTINUATION, 0, stream, piece) for piece in pieces[1:-1]]
    return b"".join((*frames, frame(CONTINUATION, END_HEADERS, stream, pieces[-1])))


def unpadded(flags: int, payload: bytes) -> bytes:
    """Return what is in the payload of a frame of data or headers, without what fills it up; ProtocolError."""
    if flags & PADDED:
        if not payload or payload[0] >= len(payload):
            raise ProtocolError("more padding than there is of the frame")
        payload = payload[1 : len(payload) - payload[0]]
    return payload[PRIORITY_BYTES:] if flags & PRIORITY else payload


def message(body: bytes) -> bytes:
    """Write a message of gRPC that is not compressed."""
    return PREFIX.pack(0, len(body)) + body


def literal(name: bytes, value: bytes) -> bytes:
    """Write a header that neither uses nor changes the peer's table (RFC 7541, 6.2.2)."""
    return b"\x00" + _length(len(name)) + name + _length(len(value)) + value


def text(name: bytes, value: str) -> bytes:
    """Write a header with any text in it, as gRPC writes its messages."""
    return literal(name, encode_grpc_message(value).encode())


def _length(size: int) -> bytes:
    return bytes((size,)) if size < LONG else bytes(encode_integer(size, LONG.bit_length()))
