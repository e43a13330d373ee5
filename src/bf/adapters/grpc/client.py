"""A client of one tenant: requests in, responses or refusals out, retries where they are safe."""

import asyncio
import ssl
from types import TracebackType
from typing import Self, cast

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from grpclib.client import UnaryUnaryMethod
from grpclib.const import Status
from grpclib.encoding.proto import ProtoCodec, ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError, StreamTerminatedError

from bf.adapters.access.gate import AUTHORIZATION
from bf.adapters.grpc.call import REQUEST_ID, TENANT
from bf.adapters.grpc.gathering import GatheringChannel
from bf.core.domain import Domain
from bf.core.refusal import Code, Told

TRIES_MAX = 6
"""How often a request with an id is sent when the server cannot be reached."""

FIRST_PAUSE_S = 0.1
"""How long to wait before the second try; each pause after it is twice as long."""


class UnreachableError(Exception):
    """The server did not answer; with a request id, the request may be repeated."""


class UntrustedError(Exception):
    """The server's certificate is not from an authority that we trust, or not for this name."""


class Client:
    """Calls a service for one tenant over one connection."""

    def __init__(
        self,
        host: str,
        port: int,
        tenant: str,
        service: ServiceDescriptor,
        domain: Domain,
        *,
        tls: ssl.SSLContext | None = None,
        token: str = "",
    ) -> None:
        """Speak plain text unless a TLS context is given."""
        self._address = f"{host}:{port}"
        self._channel = _Channel(
            host, port, codec=ProtoCodec(), status_details_codec=ProtoStatusDetailsCodec(), ssl=tls
        )
        self._metadata = {TENANT: tenant}
        if token:
            self._metadata[AUTHORIZATION] = f"Bearer {token}"
        self._methods = {
            domain.requests[method.input_type.name]: UnaryUnaryMethod[Message, Message](
                self._channel,
                f"/{service.full_name}/{method.name}",
                domain.requests[method.input_type.name],
                domain.responses[method.input_type.name],
            )
            for method in service.methods
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.hang_up()
        await asyncio.sleep(0)  # sockets are closed in the loop's next turn

    async def call(self, request: Message, request_id: str = "") -> Message:
        """Send a request; raises Told if it is refused, UnreachableError if no answer came, UntrustedError.

        With a request id it is repeated while the server cannot be reached: it is carried out at most once.
        """
        tries = TRIES_MAX if request_id else 1
        for number in range(tries):
            try:
                return await self._call(request, request_id)
            except UnreachableError:
                if number == tries - 1:
                    raise
                await asyncio.sleep(FIRST_PAUSE_S * 2**number)
        raise AssertionError("the last try returns or raises")

    async def _call(self, request: Message, request_id: str) -> Message:
        metadata = self._metadata | {REQUEST_ID: request_id} if request_id else self._metadata
        try:
            return await self._methods[type(request)](request, metadata=metadata)
        except GRPCError as error:
            if error.status is Status.UNAVAILABLE:
                raise UnreachableError(f"{self._address}: {error.message}") from error
            raise _told(error) from error
        except ssl.SSLCertVerificationError as error:
            raise UntrustedError(f"{self._address}: {error.verify_message}") from error
        except (OSError, StreamTerminatedError) as error:
            raise UnreachableError(f"{self._address} cannot be reached: {error}") from error


class _Channel(GatheringChannel):
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


def _told(error: GRPCError) -> Told:
    details: list[object] = error.details or []
    reasons = [detail.reason for detail in details if isinstance(detail, ErrorInfo)]
    return Told(code=Code(error.status.value), message=error.message or "", name=next(iter(reasons), ""))
