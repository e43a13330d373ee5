"""The client's end of the fast lane, against a server of h2 that does whatever a foreign server may do."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from grpclib.exceptions import StreamTerminatedError
from grpclib.metadata import encode_bin_value, encode_grpc_message
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes
from hypothesis import given
from hypothesis import strategies as st
from tests.support.paper import Paper

from bf.adapters.front.limits import STREAMS_COUNT_MAX
from bf.adapters.grpc.calling import ANSWER_HEADER_BYTES_MAX, CallingLane, Reply
from bf.adapters.grpc.frames import (
    CONTINUATION,
    END_HEADERS,
    END_STREAM,
    FRAME_BYTES_MAX,
    HEADERS,
    frame,
    literal,
    message,
)
from bf.adapters.grpc.gathering import GatheringChannel
from bf.core.limits import REPLY_BYTES_MAX
from bf.core.refusal import Code

HEAD = [(":status", "200"), ("content-type", "application/grpc")]
OK = ("grpc-status", "0")
PATIENCE_S = 10


class Server:
    """The server's end, and a client's channel that is connected to it by lists of bytes."""

    def __init__(self, settings: "dict[int, int] | None" = None) -> None:
        self.channel = GatheringChannel("127.0.0.1", 1)
        self.paper = Paper()
        self.protocol = cast("Any", self.channel)._protocol_factory()  # what grpclib would call
        self.protocol.connection_made(self.paper)
        cast("Any", self.channel)._protocol = self.protocol  # as if it had
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.h2.initiate_connection()
        if settings:
            self.h2.update_settings(cast("dict[SettingCodes | int, int]", settings))
        self.events: list[Event] = []

    @property
    def lane(self) -> CallingLane:
        """The client's lane."""
        return self.protocol.lane

    def call(self, body: bytes = b"", seconds: float = PATIENCE_S, more: bytes = b"") -> "asyncio.Task[Reply]":
        """Begin a call."""
        headers = self.channel.headers("/service/Call", {"tenant": "acme"})
        return asyncio.create_task(self.lane.call(headers, more, body, seconds))

    def pass_on(self) -> None:
        """Let each end have what the other one wrote."""
        for event in self.h2.receive_data(self.paper.take()):
            self.events.append(event)
            if isinstance(event, DataReceived):
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        sent = self.h2.data_to_send()
        if sent:
            self.protocol.data_received(sent)

    async def until(self, done: Callable[[], bool]) -> None:
        """Let both ends go on until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not done():
                self.pass_on()
                await asyncio.sleep(0)

    async def come(self, count: int = 1) -> list[int]:
        """Wait for so many whole calls, and return their streams."""
        await self.until(lambda: self.count(StreamEnded) >= count)
        return [event.stream_id for event in self.events if isinstance(event, StreamEnded)]

    def count(self, kind: type[Event]) -> int:
        """Return how often something has happened."""
        return sum(isinstance(event, kind) for event in self.events)

    def answer(self, stream: int, body: bytes = b"done", pad: int | None = None) -> None:
        """Answer a call."""
        self.h2.send_headers(stream, HEAD)
        self.h2.send_data(stream, message(body), pad_length=pad)
        self.h2.send_headers(stream, [OK], end_stream=True)

    async def told(self, call: "asyncio.Task[Reply]") -> Reply:
        """Return what a call was told."""
        await self.until(call.done)
        return call.result()


def run(story: Callable[[Server], Awaitable[None]], settings: "dict[int, int] | None" = None) -> None:
    async def main() -> None:
        server = Server(settings)
        try:
            await story(server)
        finally:
            server.channel.close()

    asyncio.run(main())


@pytest.mark.parametrize("size", [0, 1, 16_379, 16_380, 100_000, 3_000_000])
def test_messages_of_any_size_go_and_come_within_the_windows(size: int) -> None:
    async def story(server: Server) -> None:
        call = server.call(b"a" * size)
        (stream,) = await server.come()
        got = b"".join(event.data or b"" for event in server.events if isinstance(event, DataReceived))
        assert got == message(b"a" * size)
        server.h2.send_headers(stream, HEAD)
        left = message(b"b" * size)
        while left:
            room = min(server.h2.local_flow_control_window(stream), server.h2.max_outbound_frame_size)
            if room:
                server.h2.send_data(stream, left[:room])
                left = left[room:]
            server.pass_on()
            await asyncio.sleep(0)
        server.h2.send_headers(stream, [OK], end_stream=True)
        assert await server.told(call) == Reply(0, b"b" * size)

    run(story)


def test_what_goes_with_a_call_arrives() -> None:
    async def story(server: Server) -> None:
        call = server.call(more=literal(b"request-id", b"r-1"))
        (stream,) = await server.come()
        (request,) = (event for event in server.events if isinstance(event, RequestReceived))
        headers = dict(cast("list[tuple[str, str]]", request.headers))
        assert (headers["tenant"], headers["request-id"], headers[":path"]) == ("acme", "r-1", "/service/Call")
        server.answer(stream, pad=7)
        assert (await server.told(call)).body == b"done"

    run(story)


def test_a_refusal_is_read_whole() -> None:
    async def story(server: Server) -> None:
        call = server.call()
        (stream,) = await server.come()
        details = [
            ("grpc-message", encode_grpc_message("50 % of “ñ”")),
            ("grpc-status-details-bin", encode_bin_value(b"why").decode()),
        ]
        server.h2.send_headers(stream, [*HEAD, ("grpc-status", "9"), *details], end_stream=True)
        assert await server.told(call) == Reply(9, message="50 % of “ñ”", details=b"why")

    run(story)


ODD: dict[str, tuple[list[tuple[str, str]], Code]] = {
    "no status": ([(":status", "200")], Code.UNKNOWN),
    "not found": ([(":status", "404")], Code.UNIMPLEMENTED),
    "a proxy without a server": ([(":status", "503")], Code.UNAVAILABLE),
    "a status that is none": ([(":status", "200"), ("grpc-status", "fine")], Code.UNKNOWN),
    "a status of many digits": ([*HEAD, ("grpc-status", "9" * 5_000)], Code.UNKNOWN),
    "details that are none": ([*HEAD, ("grpc-status", "5"), ("grpc-status-details-bin", "a")], Code.NOT_FOUND),
    "no message": ([*HEAD, OK], Code.INTERNAL),
}


@pytest.mark.parametrize(("headers", "code"), ODD.values(), ids=ODD)
def test_an_odd_answer_has_a_code(headers: list[tuple[str, str]], code: Code) -> None:
    async def story(server: Server) -> None:
        call = server.call()
        (stream,) = await server.come()
        server.h2.send_headers(stream, headers, end_stream=True)
        assert (await server.told(call)).code == code

    run(story)


def test_headers_may_be_continued_but_not_without_end() -> None:
    async def story(server: Server) -> None:
        calls = [server.call(), server.call()]
        first, second = await server.come(2)
        block = b"\x88" + literal(b"grpc-status", b"9") + literal(b"grpc-message", b"x" * 20_000)
        server.pass_on()
        server.protocol.data_received(
            frame(HEADERS, END_STREAM, first, block[:9]) + frame(CONTINUATION, 0, first, block[9:10_000])
        )
        server.protocol.data_received(frame(CONTINUATION, END_HEADERS, first, block[10_000:]))
        assert await server.told(calls[0]) == Reply(9, message="x" * 20_000)
        server.protocol.data_received(frame(HEADERS, END_STREAM, second, b"x" * 16_384))
        for _ in range(ANSWER_HEADER_BYTES_MAX // 16_384):
            server.protocol.data_received(frame(CONTINUATION, 0, second, b"x" * 16_384))
        with pytest.raises(StreamTerminatedError, match="ANSWER_HEADER_BYTES_MAX"):
            await calls[1]

    run(story)


def test_a_call_that_nobody_answers_in_time_is_taken_back_and_its_late_answer_is_read_over() -> None:
    async def story(server: Server) -> None:
        late = server.call(seconds=0.02)
        (stream,) = await server.come()
        with pytest.raises(TimeoutError):
            await late
        server.h2.send_headers(stream, [*HEAD, ("x-new", "in the table")])  # before it hears of the reset
        server.h2.send_data(stream, message(b"late"))
        server.h2.send_headers(stream, [OK, ("x-other", "in the table too")], end_stream=True)
        server.pass_on()
        server.pass_on()
        call = server.call()
        (*_, stream) = await server.come(2)
        server.h2.send_headers(stream, [*HEAD, ("x-new", "in the table")])
        server.h2.send_data(stream, message(b"done"))
        server.h2.send_headers(stream, [OK, ("x-other", "in the table too")], end_stream=True)
        assert (await server.told(call)).body == b"done"

    run(story)


def test_a_call_that_is_cancelled_is_taken_back() -> None:
    async def story(server: Server) -> None:
        call = server.call()
        await server.come()
        call.cancel()
        await server.until(lambda: server.count(StreamReset) == 1)
        assert not server.lane.calls

    run(story)


def test_no_more_calls_are_begun_than_the_server_takes() -> None:
    async def story(server: Server) -> None:
        server.pass_on()
        server.pass_on()
        calls = [server.call() for _ in range(10)]
        for done in range(10):
            streams = await server.come(done + 1)
            for _ in range(5):
                server.pass_on()
                await asyncio.sleep(0)
            assert server.count(RequestReceived) <= done + 3
            server.answer(streams[done])
        for call in calls:
            assert (await server.told(call)).body == b"done"

    run(story, {SettingCodes.MAX_CONCURRENT_STREAMS: 3})


def test_a_call_that_waits_for_room_waits_no_longer_than_it_may() -> None:
    async def story(server: Server) -> None:
        server.pass_on()
        with pytest.raises(TimeoutError):
            await server.call(seconds=0.02)
        assert not server.count(RequestReceived)

    run(story, {SettingCodes.MAX_CONCURRENT_STREAMS: 0})


def test_a_message_for_which_there_is_no_window_is_given_up_in_time() -> None:
    async def story(server: Server) -> None:
        server.pass_on()
        with pytest.raises(TimeoutError):
            await server.call(b"x" * 10, seconds=0.02)
        await server.until(lambda: server.count(StreamReset) == 1)

    run(story, {SettingCodes.INITIAL_WINDOW_SIZE: 0})


def test_no_more_calls_are_begun_than_servers_take_before_theirs_says_how_many() -> None:
    async def story(server: Server) -> None:
        calls = [server.call() for _ in range(3 * STREAMS_COUNT_MAX)]
        for _ in range(5):
            await asyncio.sleep(0)
        for done in range(len(calls)):
            server.answer((await server.come(done + 1))[done])
        for call in calls:
            assert (await server.told(call)).body == b"done"

    run(story)


def test_a_call_that_is_given_up_while_it_is_sent_leaves_no_complaint() -> None:
    async def story(server: Server) -> None:
        gc.collect()
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, complaint: complaints.append(complaint))
        server.pass_on()
        with pytest.raises(TimeoutError):
            await server.call(b"x" * 10, seconds=0.01)
        await asyncio.sleep(0)  # so that nothing holds the call any more
        gc.collect()
        assert not complaints

    run(story, {SettingCodes.INITIAL_WINDOW_SIZE: 0})


def test_an_answer_without_end_is_not_read() -> None:
    async def story(server: Server) -> None:
        call = server.call()
        (stream,) = await server.come()
        server.h2.send_headers(stream, HEAD)
        sent = 0
        while not call.done() and sent < 3 * REPLY_BYTES_MAX:
            if server.h2.local_flow_control_window(stream) >= FRAME_BYTES_MAX:
                server.h2.send_data(stream, bytes(FRAME_BYTES_MAX))
                sent += FRAME_BYTES_MAX
            server.pass_on()
            await asyncio.sleep(0)
        assert (await call).code == Code.RESOURCE_EXHAUSTED
        await server.until(lambda: server.count(StreamReset) == 1)

    run(story)


def test_a_server_that_promises_what_nobody_asked_for_is_left() -> None:
    async def story(server: Server) -> None:
        call = server.call()
        (stream,) = await server.come()
        server.pass_on()
        server.h2.push_stream(stream, 2, [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "x")])
        with pytest.raises(StreamTerminatedError):
            await server.told(call)

    run(story)


@pytest.mark.parametrize("how", ["answered", "reset"])
def test_a_call_that_is_over_before_its_message_was_sent_waits_for_no_window(how: str) -> None:
    async def story(server: Server) -> None:
        call = server.call(b"x" * 100_000)
        await server.until(lambda: server.count(DataReceived) > 0)
        server.pass_on()
        (stream,) = server.lane.calls
        if how == "answered":
            server.h2.send_headers(stream, [*HEAD, ("grpc-status", "16")], end_stream=True)
        else:
            server.h2.reset_stream(stream)
        sent = server.h2.data_to_send()
        async with asyncio.timeout(1):
            server.protocol.data_received(sent)
            if how == "answered":
                assert (await call).code == Code.UNAUTHENTICATED
                await server.until(lambda: server.count(StreamReset) == 1)  # the rest of it never comes
            else:
                with pytest.raises(StreamTerminatedError):
                    await call

    run(story, {SettingCodes.INITIAL_WINDOW_SIZE: 100})


def test_streams_that_h2_has_closed_leave_room_for_calls() -> None:
    async def story(server: Server) -> None:
        server.pass_on()
        server.pass_on()
        h2 = server.protocol.connection._connection
        for _ in range(3):
            stream = h2.get_next_available_stream_id()
            h2.send_headers(stream, [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "x")])
            h2.reset_stream(stream)
        server.protocol.connection.flush()
        call = server.call(seconds=1)
        (stream,) = await server.come()
        server.answer(stream)
        assert (await server.told(call)).body == b"done"

    run(story, {SettingCodes.MAX_CONCURRENT_STREAMS: 3})


@pytest.mark.parametrize("how", ["goodbye", "lost", "reset", "no HTTP/2"])
def test_a_connection_that_ends_ends_its_calls(how: str) -> None:
    async def story(server: Server) -> None:
        call = server.call()
        (stream,) = await server.come()
        if how == "goodbye":
            server.h2.close_connection()
        elif how == "reset":
            server.h2.reset_stream(stream)
        elif how == "lost":
            server.protocol.connection_lost(None)
        else:
            server.protocol.data_received(b"\xff" * 100)
        with pytest.raises(StreamTerminatedError):
            await server.told(call)
        if how != "reset":
            with pytest.raises(StreamTerminatedError):
                await server.call()

    run(story)


@given(st.lists(st.integers(1, 60), max_size=100))
def test_answers_may_come_in_any_pieces(pieces: list[int]) -> None:
    async def story(server: Server) -> None:
        calls = [server.call(b"%d" % number) for number in range(5)]
        streams = await server.come(5)
        server.pass_on()
        for stream in reversed(streams):
            server.answer(stream, b"for %d" % stream)
            server.h2.ping(bytes(8))
        sent = server.h2.data_to_send()
        for size in pieces:
            server.protocol.data_received(sent[:size])
            sent = sent[size:]
        server.protocol.data_received(sent)
        assert [(await call).body for call in calls] == [b"for %d" % stream for stream in streams]

    run(story)
