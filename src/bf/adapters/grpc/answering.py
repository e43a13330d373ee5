"""The server's end of the fast lane: a plain unary call is read, carried out in a task of its own, and answered."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import decode_timeout, encode_bin_value
from grpclib.protocol import AbstractHandler
from h2.exceptions import ProtocolError, TooManyStreamsError
from hpack import HeaderTuple

from bf.adapters.access.gate import told
from bf.adapters.front.limits import REQUEST_S_MAX, STREAMS_COUNT_MAX, UNREAD_S_MAX
from bf.adapters.grpc.call import Unary
from bf.adapters.grpc.codec import message_of
from bf.adapters.grpc.details import status_of
from bf.adapters.grpc.frames import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    NO_ERROR,
    PREFIX_BYTES,
    RST_STREAM,
    STATUS_200,
    header_frames,
    literal,
    number_frame,
    text,
    unpadded,
)
from bf.adapters.grpc.lane import Call, Lane, Writer
from bf.adapters.grpc.lean import LeanH2
from bf.core.limits import REQUEST_BYTES_MAX
from bf.core.ports import Answer
from bf.core.refusal import Refusal

HEAD = STATUS_200 + literal(b"content-type", b"application/grpc+proto")
TRAILERS = END_HEADERS | END_STREAM
TAIL = literal(b"grpc-status", b"0")

PSEUDO = {":method", ":scheme", ":path", ":authority"}
CONTENT_TYPES = {"application/grpc", "application/grpc+proto"}

log = logging.getLogger(__name__)


DEADLINE_S_MAX = 24 * 3_600
"""The longest deadline; a call that names a longer one has none."""

EXPIRED = Answer(Status.DEADLINE_EXCEEDED.value, message="the deadline of the call has come")
LATE = Answer(Status.DEADLINE_EXCEEDED.value, message="the message did not come: REQUEST_S_MAX")
FAULT = Answer(Status.UNKNOWN.value, message="Internal Server Error")
TOO_LARGE = Answer(
    Status.RESOURCE_EXHAUSTED.value,
    message=f"the message is too large; REQUEST_BYTES_MAX allows {REQUEST_BYTES_MAX}: split the request",
)


class Heads:
    """The headers of a plain call: its path, its deadline, its metadata."""

    __slots__ = ("_values", "path", "timeout_s")

    def __init__(self, headers: Sequence[HeaderTuple]) -> None:
        """Read headers; ValueError if a call is not a plain one."""
        values: dict[str, list[str]] = {}
        for raw_name, raw_value in headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("ascii")
            if name[:1] == ":" and (name not in PSEUDO or name in values or len(values.keys() - PSEUDO)):
                raise ValueError(name)
            if name.endswith("-bin") or not value.isprintable():
                raise ValueError(name)  # grpclib reads those
            values.setdefault(name, []).append(value)
        if values.get(":method") != ["POST"] or values.get("te") != ["trailers"]:
            raise ValueError(":method")
        if len(values.get("content-type", ())) != 1 or values["content-type"][0] not in CONTENT_TYPES:
            raise ValueError("content-type")
        self._values = values
        self.path = values[":path"][0] if ":path" in values else ""
        self.timeout_s = min(
            (float(decode_timeout(value)) for value in values.get("grpc-timeout", ())), default=DEADLINE_S_MAX
        )

    def get(self, key: str, default: str, /) -> str:
        """Return a value, or the default."""
        values = self._values.get(key)
        return values[0] if values else default

    def getall(self, key: str, default: Sequence[str], /) -> Sequence[str]:
        """Return all values, or the default."""
        return self._values.get(key, default)


class Asked(Call):
    """A call that came."""

    __slots__ = ("carry_out", "heads", "task", "timers", "told", "unary")

    def __init__(self, stream: int, heads: Heads, unary: Unary) -> None:
        super().__init__(stream)
        self.heads = heads
        self.unary = unary
        self.carry_out: Callable[[bytes], Awaitable[Answer]] | None = None
        self.task: asyncio.Task[None] | None = None
        self.timers: list[asyncio.TimerHandle] = []
        self.told = False
        """Whether a part of the answer was written."""


class TaskHandler(AbstractHandler):
    """Keeps the tasks of calls, which end with the server."""

    @abstractmethod
    def adopt(self, call: Asked, task: asyncio.Task[None]) -> None:
        """Keep the task of a call that goes past grpclib."""

    @abstractmethod
    def forget(self, call: Asked) -> None:
        """Let a task go that has ended."""

    @abstractmethod
    def call_off(self, call: Asked) -> None:
        """Cancel the task of a call."""


class Desk(NamedTuple):
    """What a connection's calls are answered with."""

    unary: Mapping[str, Unary]
    """By path."""
    tasks: TaskHandler
    count_reset: Callable[[], None]
    """Notes that a call was taken back; raises ProtocolError when there are too many."""


class AnsweringLane(Lane[Asked, Heads | None]):
    """Answers the plain unary calls of one connection."""

    def __init__(
        self, h2: LeanH2, out: Writer, write_ready: asyncio.Event, feed: Callable[[bytes], None], desk: Desk
    ) -> None:
        """Answer the calls of a desk."""
        super().__init__(h2, out, write_ready, feed)
        self.begun = 0
        """How many calls there were."""
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._new: list[Asked] = []

    def receive(self, data: bytes) -> None:
        """Take what the peer sent; who sends only a part of a call may be told no before the rest; ProtocolError."""
        super().receive(data)
        new, self._new = self._new, []
        for call in new:
            if not call.ended and call.stream in self.calls:
                call.timers.append(self._loop.call_later(REQUEST_S_MAX, self._give_up, call))
                try:
                    call.carry_out = call.unary.open(call.heads)
                except Refusal as refusal:
                    self._refuse(call, told(refusal))

    def close(self) -> None:
        """Forget what is under way; the tasks end where they are kept."""
        for call in list(self.calls.values()):
            self._finish(call)

    def _may_open(self, flags: int, stream: int) -> bool:
        return flags == END_HEADERS and stream % 2 == 1 and stream > self._h2.highest_inbound_stream_id

    def _open(self, stream: int, block: bytes) -> bool:
        if stream <= self._h2.highest_inbound_stream_id:  # what came just before began it, in h2
            return False
        heads = self._headers(block)
        unary = self._desk.unary.get(heads.path) if heads else None
        if heads is None or unary is None:
            self._decoder.look_back(block)
            return False
        if self._h2.open_inbound_streams >= STREAMS_COUNT_MAX:
            raise TooManyStreamsError(str(stream))
        self._h2.begin(stream)
        self.begun += 1
        call = self.calls[stream] = Asked(stream, heads, unary)
        self._new.append(call)
        if heads.timeout_s < DEADLINE_S_MAX:
            call.timers.append(self._loop.call_later(heads.timeout_s, self._expire, call))
        return True

    def _understood(self, headers: Sequence[HeaderTuple]) -> Heads | None:
        try:
            return Heads(headers)
        except (ValueError, OverflowError):
            return None

    def _take_headers(self, call: Asked | None, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == CONTINUATION or flags & TRAILERS != TRAILERS or (call and call.ended):
            raise ProtocolError(f"headers of a call that has begun: {stream}")
        self._headers(unpadded(flags, payload))  # trailers tell us nothing, but may change the table
        if call:
            call.ended = True
            self._complete(call)

    def _take_data(self, call: Asked, flags: int, payload: bytes) -> None:
        super()._take_data(call, flags, payload)
        if not call.ended and len(call.body) > PREFIX_BYTES + REQUEST_BYTES_MAX:
            self._refuse(call, TOO_LARGE)

    def _take_reset(self, call: Asked, code: int) -> None:
        del code
        self._finish(call)
        if call.task:
            self._desk.tasks.call_off(call)
        self._desk.count_reset()

    def _complete(self, call: Asked) -> None:
        call.task = self._loop.create_task(self._carry_out(call))
        self._desk.tasks.adopt(call, call.task)

    async def _carry_out(self, call: Asked) -> None:
        try:
            refused = await self._answered(call)
        except Refusal as refusal:
            refused = told(refusal)
        except GRPCError as error:
            refused = Answer(error.status.value, message=error.message or "")
        except Exception:
            log.exception("a fault of ours")
            refused = FAULT
        finally:
            self._desk.tasks.forget(call)
            for timer in call.timers:
                timer.cancel()
        if refused:
            self._refuse(call, refused)
        else:
            self._finish(call)

    async def _answered(self, call: Asked) -> Answer | None:
        """Carry a call out and answer it, or return the refusal."""
        carry_out = call.carry_out or call.unary.open(call.heads)
        body = message_of(bytes(call.body))
        with call.unary.under_way.one():
            answer = await carry_out(body)
            if answer.code:
                return answer
            await self._tell(call, answer.response)
        return None

    async def _tell(self, call: Asked, body: bytes) -> None:
        head = header_frames(0, call.stream, self._block(HEAD))
        data = self._data(call, body)
        if data is not None:
            self._out.write(b"".join((head, data, header_frames(END_STREAM, call.stream, TAIL))))
            return
        call.told = True
        self._out.write(head)
        try:
            async with asyncio.timeout(UNREAD_S_MAX):
                await self._send(call, body)
        except TimeoutError:
            raise GRPCError(Status.DEADLINE_EXCEEDED, "the answer was not read: UNREAD_S_MAX") from None
        if call.stream in self.calls:
            self._out.write(header_frames(END_STREAM, call.stream, self._block(TAIL)))

    def _give_up(self, call: Asked) -> None:
        """End a call of which not all has come in time."""
        if not call.ended:
            self._refuse(call, LATE)

    def _expire(self, call: Asked) -> None:
        """End a call for which its caller waits no longer."""
        self._refuse(call, EXPIRED)
        if call.task:
            self._desk.tasks.call_off(call)

    def _refuse(self, call: Asked, answer: Answer) -> None:
        """Say no, and that the rest of the call will not be read."""
        if call.stream not in self.calls:
            return
        block = literal(b"grpc-status", b"%d" % answer.code)
        if answer.message:
            block += text(b"grpc-message", answer.message)
        if answer.reason:
            block += literal(b"grpc-status-details-bin", encode_bin_value(status_of(answer, call.unary.domain)))
        self._out.write(header_frames(END_STREAM, call.stream, self._block(block if call.told else HEAD + block)))
        if not call.ended:
            self._out.write(number_frame(RST_STREAM, call.stream, NO_ERROR))
        self._finish(call)

    def _finish(self, call: Asked) -> None:
        for timer in call.timers:
            timer.cancel()
        self.calls.pop(call.stream, None)
