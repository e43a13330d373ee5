"""The kata's SpecService: whoever has specs can run them against our domain over gRPC."""

import logging
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import DecodeError, Message
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.server import Stream

from bf.adapters.grpc.codec import parsed, read_body
from bf.adapters.kata.api.kata_pb2 import AboutRequest, AboutResponse, SpecRequest, SpecResponse
from bf.adapters.kata.messages import pack, unpack
from bf.adapters.sqlite.database import empty_state
from bf.core.domain import Domain
from bf.core.refusal import MalformedUid, Refusal
from bf.core.spec import SPEC_NOW_US
from bf.core.uid import uid_number

ABOUT = AboutResponse(
    author="Black Friday", detail="bf: Python, SQLite, event-sourced", contact="bf subject --help tells more"
)
SHOWN_CHARS_MAX = 200
"""How much of a caller's text an error repeats."""

log = logging.getLogger(__name__)


SPEC_GIVEN_EVENTS_MAX = 100_000
"""How many given events a foreign runner may send with one spec."""


class Subject:
    """Runs each spec on one empty state, which is rolled back afterwards; nothing is kept."""

    def __init__(self, domain: Domain) -> None:
        """Make the empty state in memory."""
        self._domain = domain
        self._state = empty_state(domain)

    def __mapping__(self) -> dict[str, Handler]:
        """Return what grpclib asks of a service: a handler for each path."""
        return {
            "/protos.SpecService/About": _unary(AboutRequest, AboutResponse, lambda _: ABOUT),
            "/protos.SpecService/Spec": _unary(SpecRequest, SpecResponse, self.answer),
        }

    def answer(self, spec: SpecRequest) -> SpecResponse:
        """Run one spec; a refusal is an answer, a GRPCError says that the spec itself is wrong and where."""
        if len(spec.given) > SPEC_GIVEN_EVENTS_MAX:
            raise _wrong("given", f"{len(spec.given)} events; SPEC_GIVEN_EVENTS_MAX allows {SPEC_GIVEN_EVENTS_MAX}")
        events = self._domain.events
        given = [_unpacked(f"given[{number}]", one, events, "event") for number, one in enumerate(spec.given)]
        when = _unpacked("when", spec.when, self._domain.requests, "request")
        with self._empty_again():
            self._replay(given)
            self._number_from(spec.NextUid)
            return self._execute(when)

    @contextmanager
    def _empty_again(self) -> Generator[None]:
        self._state.begin()
        try:
            yield
        finally:
            self._state.rollback()

    def _replay(self, given: Sequence[Message]) -> None:
        for number, event in enumerate(given):
            try:
                self._state.replay([event], SPEC_NOW_US)
            except (
                Exception
            ) as error:  # appliers assert: whatever they raise, the caller's events contradict each other
                kind = event.DESCRIPTOR.name
                sentence = f"{kind} cannot follow the events before it: {type(error).__name__} {error}"
                raise _wrong(f"given[{number}]", sentence, Status.FAILED_PRECONDITION) from error

    def _number_from(self, next_uid: str) -> None:
        """Let the next created thing get the uid that the caller names; one that is taken is passed over."""
        if not next_uid:
            return
        try:
            number = uid_number("NextUid", next_uid)
        except MalformedUid as refusal:
            raise GRPCError(Status.INVALID_ARGUMENT, str(refusal)[:SHOWN_CHARS_MAX]) from refusal
        self._state.last_uid = max(self._state.last_uid, number - 1)

    def _execute(self, when: Message) -> SpecResponse:
        try:
            done = self._state.execute(when, SPEC_NOW_US)
        except Refusal as refusal:
            return SpecResponse(status=refusal.code, error=str(refusal))
        except Exception as error:
            log.exception("a bug in the feature of %s", when.DESCRIPTOR.name)
            sentence = f"a bug in the feature of {when.DESCRIPTOR.name}: {type(error).__name__}; the log tells more"
            raise GRPCError(Status.INTERNAL, sentence) from error
        return SpecResponse(response=pack(done.response), events=[pack(event) for event in done.events])


def _unpacked(field: str, packed: Packed, ours: dict[str, type[Message]], kind: str) -> Message:
    if not packed.type_url:
        raise _wrong(field, f"is missing; send one {kind} of type.googleapis.com/protos")
    try:
        return unpack(packed, ours)
    except KeyError:
        raise _wrong(field, f"{packed.type_url!r} is no {kind} of this domain") from None
    except DecodeError:
        raise _wrong(field, f"the bytes are no {packed.type_url}") from None


def _wrong(field: str, sentence: str, status: Status = Status.INVALID_ARGUMENT) -> GRPCError:
    return GRPCError(status, f"{field}: {sentence}"[:SHOWN_CHARS_MAX])


def _unary(request: type[Message], response: type[Message], answer: Callable[[Any], Message]) -> Handler:
    async def carry_out(stream: Stream[Any, Any]) -> None:
        await stream.send_message(answer(parsed(await read_body(stream), request)))

    return Handler(cast("Callable[[Any], Awaitable[None]]", carry_out), Cardinality.UNARY_UNARY, request, response)
