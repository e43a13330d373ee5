"""One connection to a server, and what can go wrong on it."""

import asyncio
import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from grpclib.client import Stream, StreamStreamMethod
from grpclib.config import Configuration
from grpclib.encoding.proto import ProtoCodec, ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.protocol import H2Protocol

from bf.adapters.grpc.call import REQUEST_ID
from bf.adapters.grpc.calling import Headers
from bf.adapters.grpc.details import reason_of
from bf.adapters.grpc.frames import literal
from bf.adapters.grpc.gathering import GatheringChannel
from bf.core.refusal import Code, Told

CODES = frozenset(Code)

Response = TypeVar("Response", bound=Message)

Dial = Callable[[Callable[[], asyncio.Protocol]], Awaitable[tuple[Any, Any]]]
"""Connects a protocol, as `loop.create_connection` does, to wherever the server is."""


class UnreachableError(Exception):
    """The server did not answer; with a request id, the request may be repeated."""


class NoAnswerError(UnreachableError):
    """The server did not answer before the deadline."""


class UntrustedError(Exception):
    """The server's certificate is not from an authority that we trust, or not for this name."""


class Wire:
    """Calls over one connection, which is made when it is needed and again when it is lost."""

    def __init__(
        self,
        address: str,
        metadata: Mapping[str, str],
        tls: ssl.SSLContext | None = None,
        server_name: str = "",
        dial: Dial | None = None,
    ) -> None:
        """Call the server at HOST:PORT, or whatever `dial` connects to; in plain text unless a context is given.

        Its certificate is for the `server_name`, or else for the host. The `metadata` goes with each call.
        """
        self.address = address
        host, _, port = address.rpartition(":")
        self._channel = _Channel(host.strip("[]"), int(port), tls, server_name, dial)
        self._metadata = metadata
        self._headers: dict[str, Headers] = {}
        """What a call begins with, by path."""

    async def unary(
        self, path: str, request: Message, response: type[Response], request_id: str, seconds: float
    ) -> Response:
        """Send one message and return its answer; raises Told, UnreachableError, UntrustedError."""
        if path not in self._headers:
            self._headers[path] = self._channel.headers(path, self._metadata)
        headers = (*self._headers[path], ("grpc-timeout", f"{math.ceil(seconds)}S"))
        varying = literal(REQUEST_ID.encode(), request_id.encode()) if request_id else b""
        with _Troubles(self.address, seconds):
            lane = await self._channel.lane(seconds)
            reply = await lane.call(headers, varying, request.SerializeToString(), seconds)
        if reply.code:
            raise self._refusal(reply.code, reply.message, reason_of(reply.details), seconds)
        return response.FromString(reply.body)

    @asynccontextmanager
    async def stream(
        self, path: str, request: type[Message], response: type[Response], seconds: float
    ) -> AsyncGenerator[Stream[Message, Response]]:
        """Open a stream of messages in both directions; raises Told, UnreachableError, UntrustedError."""
        method = StreamStreamMethod[Message, Response](self._channel, path, request, response)
        with _Troubles(self.address, seconds):
            try:
                async with method.open(metadata=self._metadata) as stream:
                    yield stream
            except GRPCError as error:
                details: list[object] = error.details or []
                reasons = [detail.reason for detail in details if isinstance(detail, ErrorInfo)]
                reason = next(iter(reasons), "")
                raise self._refusal(error.status.value, error.message or "", reason, seconds) from error

    def hang_up(self) -> None:
        """Close the connection."""
        self._channel.hang_up()

    def _refusal(self, code: int, message: str, reason: str, seconds: float) -> Exception:
        """Say in our own words what a call was told."""
        if code == Code.UNAVAILABLE:
            return UnreachableError(f"{self.address}: {message}")
        if code == Code.DEADLINE_EXCEEDED:
            return NoAnswerError(f"{self.address} gave no answer within {seconds:g} s")
        return Told(code=Code(code) if code in CODES else Code.UNKNOWN, message=message, name=reason)


class _Troubles:
    """Says what went wrong in our own words."""

    def __init__(self, address: str, seconds: float) -> None:
        self._address = address
        self._seconds = seconds

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        match error:
            case TimeoutError():
                raise NoAnswerError(f"{self._address} gave no answer within {self._seconds:g} s") from error
            case ssl.SSLCertVerificationError():
                raise UntrustedError(f"{self._address}: {error.verify_message}") from error
            case OSError() | StreamTerminatedError():
                raise UnreachableError(f"{self._address} cannot be reached: {error}") from error
            case _:
                pass


class _Channel(GatheringChannel):
    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None, server_name: str, dial: Dial | None) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # one of grpclib's parameters has a type that it does not import
            host,
            port,
            codec=ProtoCodec(),
            status_details_codec=ProtoStatusDetailsCodec(),
            ssl=tls,
            config=Configuration(ssl_target_name_override=server_name or None),
        )
        self._dial = dial

    async def _create_connection(self) -> H2Protocol:
        if self._dial is None:
            return await super()._create_connection()
        _, protocol = await self._dial(self._protocol_factory)
        return cast("H2Protocol", protocol)

    def hang_up(self) -> None:
        """Close without waiting for the server's goodbye, for which TLS would keep the socket: all answers are here."""
        line = self._protocol
        transport = cast("asyncio.Transport | None", getattr(line.connection, "_transport", None)) if line else None
        self.close()
        if transport:
            transport.abort()


def client_tls(ca: str | None) -> ssl.SSLContext:
    """Make a client's context that trusts the authority in a file, or those of the system; raises OSError."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h2"])
    return context
