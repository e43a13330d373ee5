"""Reading and writing gRPC messages: bounded, and touched once."""

from contextlib import suppress
from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message
from grpclib.const import Status
from grpclib.encoding.base import CodecBase
from grpclib.encoding.proto import ProtoCodec
from grpclib.exceptions import GRPCError
from grpclib.protocol import Stream as Source
from grpclib.server import Stream

from bf.adapters.grpc.frames import PREFIX, PREFIX_BYTES
from bf.core.limits import REQUEST_BYTES_MAX

Received = TypeVar("Received", bound=Message)


class BytesCodec(CodecBase):
    """Protobuf messages, and answers that are bytes already."""

    __content_subtype__ = "proto"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]  # as theirs

    def __init__(self) -> None:
        self._proto = ProtoCodec()

    def encode(self, message: Any, message_type: Any) -> bytes:  # noqa: ANN401  # grpclib's signature
        """Write a message, or hand bytes on."""
        return message if isinstance(message, bytes) else self._proto.encode(message, message_type)

    def decode(self, data: bytes, message_type: Any) -> Any:  # noqa: ANN401  # grpclib's signature
        """Read a message."""
        return self._proto.decode(data, message_type)


async def read_body(stream: Stream[Any, Any]) -> bytes:
    """Read the one message of a unary call."""
    body = await _next_body(stream)
    if body is None:
        raise GRPCError(Status.INVALID_ARGUMENT, "the call has no message")
    return body


async def read_message(stream: Stream[Any, Any], message_type: type[Received]) -> Received | None:
    """Read the next message of a call; None after the last."""
    body = await _next_body(stream)
    return None if body is None else parsed(body, message_type)


def message_of(data: bytes) -> bytes:
    """Return the one message of a call of which all has come."""
    if not data:
        raise GRPCError(Status.INVALID_ARGUMENT, "the call has no message")
    size = _size_of(data[:PREFIX_BYTES])
    body = data[PREFIX_BYTES : PREFIX_BYTES + size]
    _require_whole(body, size)
    return body


def parsed(body: bytes, message_type: type[Received]) -> Received:
    """Read a message that is whole."""
    try:
        return message_type.FromString(body)
    except DecodeError:
        raise GRPCError(Status.INVALID_ARGUMENT, f"the message is not a {message_type.DESCRIPTOR.full_name}") from None


async def _next_body(stream: Stream[Any, Any]) -> bytes | None:
    """Read a message's bytes; grpclib itself reads any number of them, hence the look inside."""
    source = stream._stream  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # see above
    prefix = await _read(source, PREFIX_BYTES)
    if not prefix:
        return None
    size = _size_of(prefix)
    body = await _read(source, size)
    _require_whole(body, size)
    return body


def _size_of(prefix: bytes) -> int:
    """Read what comes before a message."""
    if len(prefix) < PREFIX_BYTES:
        raise GRPCError(Status.INVALID_ARGUMENT, "the call ends inside the head of a message")
    compressed, size = PREFIX.unpack(prefix)
    if compressed:
        raise GRPCError(Status.UNIMPLEMENTED, "compressed messages are not read: send it uncompressed")
    if size > REQUEST_BYTES_MAX:
        message = f"the message has {size} bytes; REQUEST_BYTES_MAX allows {REQUEST_BYTES_MAX}: split the request"
        raise GRPCError(Status.RESOURCE_EXHAUSTED, message)
    return size


def _require_whole(body: bytes, size: int) -> None:
    if len(body) < size:
        raise GRPCError(Status.INVALID_ARGUMENT, f"the message ends before its {size} bytes")


async def _read(source: Source, size: int) -> bytes:
    """Read so many bytes; nothing if the call ends before them.

    grpclib takes an empty frame for the end, and a message that ends too early for a fault of ours.
    """
    buffer = source.buffer
    while True:
        with suppress(AssertionError):
            body = await buffer.read(size)
            if body or not size:
                return body
        if buffer._eof and buffer._unacked.empty():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # see above
            return b""
