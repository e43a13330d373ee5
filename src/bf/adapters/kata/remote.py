"""A subject in any language, asked over gRPC what comes out of a spec."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from google.protobuf.message import DecodeError, Message
from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError

from bf.adapters.kata.api.kata_pb2 import AboutRequest, AboutResponse, SpecRequest, SpecResponse
from bf.adapters.kata.messages import pack, responses_of, unpack
from bf.core.domain import Domain
from bf.core.refusal import Code, Told
from bf.core.spec import Outcome, Spec
from bf.core.uid import number_of, uid_text
from bf.inventory.api.events_pb2 import LocationAdded, ProductAdded, Reserved

ABOUT_SECONDS_MAX = 5.0
SPEC_SECONDS_MAX = 60.0

CREATES: dict[type[Message], str] = {LocationAdded: "uid", ProductAdded: "uid", Reserved: "reservation"}
"""The events that create things, and where they say the uid."""


class SubjectError(Exception):
    """The subject cannot be reached, or did not answer as the contract says."""


class Remote:
    """A connection to a subject, for callers without an event loop; a context manager."""

    def __init__(self, host: str, port: int, domain: Domain) -> None:
        """Name the subject; entering the context connects."""
        self._address = f"{host}:{port}"
        self._host, self._port = host, port
        self._domain = domain

    def __enter__(self) -> Self:
        self._loop = asyncio.Runner()
        self._channel = self._loop.run(self._connect())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._channel.close()
        self._loop.close()

    def about(self) -> AboutResponse:
        """Ask who the subject is; SubjectError if nobody answers."""
        method = UnaryUnaryMethod(self._channel, "/protos.SpecService/About", AboutRequest, AboutResponse)
        return self._loop.run(self._ask(method, AboutRequest(), ABOUT_SECONDS_MAX))

    def run(self, spec: Spec) -> Outcome:
        """Run a spec on the subject; of a refusal only the code and the text are known."""
        request = SpecRequest(
            given=[pack(event) for event in spec.given], when=pack(spec.when), NextUid=_next_uid(spec.given)
        )
        method = UnaryUnaryMethod(self._channel, "/protos.SpecService/Spec", SpecRequest, SpecResponse)
        answer = self._loop.run(self._ask(method, request, SPEC_SECONDS_MAX))
        try:
            refusal = Told(code=Code(answer.status), message=answer.error) if answer.status else None
            response = unpack(answer.response, responses_of(self._domain)) if answer.response.type_url else None
            events = tuple(unpack(event, self._domain.events) for event in answer.events)
        except (KeyError, ValueError, DecodeError) as error:
            raise SubjectError(f"the answer is outside the contract: {type(error).__name__} {error}") from error
        return Outcome(response, events, refusal)

    async def _connect(self) -> Channel:
        return Channel(self._host, self._port)

    async def _ask(self, method: UnaryUnaryMethod[Any, Any], message: Message, seconds: float) -> Any:  # noqa: ANN401  # the method's own
        try:
            return await method(message, timeout=seconds)
        except GRPCError as error:
            raise SubjectError(f"{self._address} answers {error.status.name}: {error.message}") from error
        except TimeoutError as error:
            raise SubjectError(f"{self._address} did not answer within {seconds:g} s") from error
        except OSError as error:
            raise SubjectError(f"{self._address} cannot be reached: {error.strerror or error}") from error
        except (StreamTerminatedError, ProtocolError, DecodeError) as error:
            raise SubjectError(f"{self._address} does not speak gRPC: {type(error).__name__} {error}") from error


def _next_uid(given: Iterable[Message]) -> str:
    """Name the first free uid; foreign subjects may not count by themselves."""
    taken = [number_of(str(getattr(event, CREATES[type(event)]))) for event in given if type(event) in CREATES]
    return uid_text(max(taken, default=0) + 1)
