"""The fast lane: what goes past h2 is answered as grpclib would, however its bytes come, and h2 never notices."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from google.protobuf.message import Message
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    PingAckReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes
from hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st
from tests.support.calls import OneByOne
from tests.support.paper import Paper

from bf.adapters.access.gate import Visit, open_gate
from bf.adapters.access.sparing import SparingLog
from bf.adapters.front.limits import STREAMS_COUNT_MAX
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc import answering, call
from bf.adapters.grpc.api.execution_pb2 import ExecuteReq
from bf.adapters.grpc.connection import BoundedH2
from bf.adapters.grpc.execute import EXECUTION, Execution
from bf.adapters.grpc.frames import DATA, END_HEADERS, END_STREAM, FRAME_BYTES_MAX, HEADERS, frame, message
from bf.adapters.grpc.lane import WINDOW_STEP_BYTES
from bf.adapters.grpc.lean import CLOSED_STREAMS_MAX
from bf.adapters.grpc.server import DomainService, grpc_server
from bf.core.limits import REQUEST_BYTES_MAX
from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.inventory.domain import INVENTORY

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]
PATH = f"/{SERVICE.full_name}/UpdateInventory"
REQUEST = message(rq.UpdateInventoryReq(location="1", product="2", on_hand_change=3).SerializeToString())
PLAIN = {
    ":method": "POST",
    ":scheme": "http",
    ":path": PATH,
    ":authority": "x",
    "te": "trailers",
    "content-type": "application/grpc",
    "tenant": "acme",
}
ODD = {"x-bin": "YWJj"}
"""A header that the lane leaves to grpclib."""

Said = tuple[dict[str, str], bytes, dict[str, str]]


class Desk(OneByOne):
    """Answers everything in the same way, when it may."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.cancelled = 0
        self.may = asyncio.Event()
        self.may.set()

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        """Answer."""
        del tenant, actor
        self.asked.append(request_id or type(request).__name__)
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.answer


class Peer:
    """A strict client of HTTP/2, and the server's end of its connection; what lies between them is a list of bytes."""

    def __init__(self, answer: Answer | None = None, settings: "dict[int, int] | None" = None) -> None:
        self.desk = Desk(answer or Answer(0, b"done"))
        gate, under_way = open_gate(INVENTORY), UnderWay()
        services = [
            DomainService(SERVICE, INVENTORY, self.desk, gate, under_way),
            Execution(INVENTORY, self.desk, gate, under_way),
        ]
        self.server = grpc_server(services)
        self.paper = Paper()
        self.face = self.server.face(services, SparingLog(logging.getLogger("bf.front")), Visit())
        self.face.connection_made(self.paper)
        self.client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.client.initiate_connection()
        if settings:
            self.client.update_settings(cast("dict[SettingCodes | int, int]", settings))
        self.events: list[Event] = []

    @property
    def lane(self) -> int:
        """How many calls went through the lane."""
        return cast("Any", self.face)._lane.begun  # nobody else needs it

    def begin(self, headers: "dict[str, str] | None" = None, *, end: bool = False) -> int:
        """Send the headers of a call."""
        stream = self.client.get_next_available_stream_id()
        told = {name: value for name, value in (PLAIN | (headers or {})).items() if value}
        self.client.send_headers(stream, list(told.items()), end_stream=end)
        return stream

    def ask(self, headers: "dict[str, str] | None" = None, body: bytes = REQUEST) -> int:
        """Send a whole call."""
        stream = self.begin(headers)
        self.client.send_data(stream, body, end_stream=True)
        return stream

    def pass_on(self) -> None:
        """Let the server have what the client wrote, and the client what the server wrote."""
        sent = self.client.data_to_send()
        if sent:
            self.face.data_received(sent)
        for event in self.client.receive_data(self.paper.take()):
            self.events.append(event)
            if isinstance(event, DataReceived):
                self.client.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    async def until(self, done: Callable[[], bool]) -> None:
        """Let both ends go on until something is so."""
        async with asyncio.timeout(10):
            while not done():
                self.pass_on()
                await asyncio.sleep(0)

    async def answers(self, *streams: int) -> list[Said]:
        """Return headers, body and trailers of calls."""
        await self.until(lambda: all(self.has(StreamEnded, stream) for stream in streams))
        return [self.said(stream) for stream in streams]

    def has(self, kind: type[Event], stream: int | None = None) -> bool:
        """Say whether something has happened."""
        return any(
            isinstance(event, kind) and (stream is None or cast("Any", event).stream_id == stream)
            for event in self.events
        )

    def said(self, stream: int) -> Said:
        """Return what was said so far."""
        ours = [event for event in self.events if getattr(event, "stream_id", 0) == stream]
        head, tail = (
            dict(cast("Any", next((event for event in ours if isinstance(event, kind)), None) or Nothing()).headers)
            for kind in (ResponseReceived, TrailersReceived)
        )
        return head, b"".join(event.data or b"" for event in ours if isinstance(event, DataReceived)), tail


class Nothing:
    """What was not said."""

    headers = ()


def run(
    story: Callable[[Peer], Awaitable[None]], answer: Answer | None = None, settings: "dict[int, int] | None" = None
) -> None:
    async def main() -> None:
        peer = Peer(answer, settings)
        try:
            await story(peer)
        finally:
            peer.face.connection_lost(None)
            await peer.server.end_calls()

    asyncio.run(main())


# The same as grpclib


@pytest.mark.parametrize("size", [0, 1, 1_000, FRAME_BYTES_MAX - 5, FRAME_BYTES_MAX - 4, 100_000, 3_000_000])
def test_an_answer_is_what_grpclib_would_say(size: int) -> None:
    async def story(peer: Peer) -> None:
        ours, theirs = await peer.answers(peer.ask(), peer.ask(ODD))
        assert peer.lane == 1
        assert ours == theirs
        assert ours[1:] == (message(b"x" * size), {"grpc-status": "0"})

    run(story, Answer(0, b"x" * size))


@pytest.mark.parametrize("text", ["not enough", "50 % of “ñ”\n" * 20, "x" * 1_000, "ñ" * 4_000])
@pytest.mark.parametrize("field", ["", "items[0].quantity"])
def test_a_refusal_is_what_grpclib_would_say(text: str, field: str) -> None:
    async def story(peer: Peer) -> None:
        ours, theirs = await peer.answers(peer.ask(), peer.ask(ODD))
        assert peer.lane == 1
        assert ours == theirs
        assert ours[0]["grpc-status"] == "9"

    run(story, Answer(Code.FAILED_PRECONDITION, reason="NotAvailable", message=text, field=field))


BODIES = {
    "nothing": b"",
    "half a head": REQUEST[:3],
    "half a message": REQUEST[:-1],
    "compressed": b"\x01" + REQUEST[1:],
    "no message": message(b"\xff"),
    "too large": b"\0" + (REQUEST_BYTES_MAX + 1).to_bytes(4, "big"),
    "two messages": REQUEST + REQUEST,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_bad_message_is_told_what_grpclib_would_say(body: bytes) -> None:
    async def story(peer: Peer) -> None:
        ours, theirs = await peer.answers(peer.ask(None, body), peer.ask(ODD, body))
        assert peer.lane == 1
        assert {**ours[0], **ours[2]}.get("grpc-status") == {**theirs[0], **theirs[2]}.get("grpc-status")
        assert "message" in ours[0].get("grpc-message", "message")

    run(story)


HEADS: dict[str, dict[str, str]] = {
    "another method": {":method": "GET"},
    "another type": {"content-type": "application/json"},
    "no trailers": {"te": ""},
    "an unknown path": {":path": "/nowhere"},
    "an odd deadline": {"grpc-timeout": "soon"},
}


@pytest.mark.parametrize("headers", HEADS.values(), ids=HEADS)
def test_what_is_not_plain_is_left_to_grpclib(headers: dict[str, str]) -> None:
    async def story(peer: Peer) -> None:
        await peer.answers(peer.ask(headers))
        assert not peer.lane
        await peer.answers(peer.ask())
        assert peer.lane == 1

    run(story)


def test_who_names_no_tenant_is_refused_before_the_message_comes() -> None:
    async def story(peer: Peer) -> None:
        for headers in ({"tenant": ""}, {"tenant": "", **ODD}):
            stream = peer.begin(headers)
            await peer.until(lambda stream=stream: peer.has(StreamEnded, stream))
            assert peer.said(stream)[0]["grpc-status"] == "3"
        assert not peer.desk.asked

    run(story)


@pytest.mark.parametrize("headers", [{}, ODD], ids=["lane", "grpclib"])
def test_a_call_whose_deadline_comes_is_told_and_called_off(headers: dict[str, str]) -> None:
    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        late, half = peer.ask({**headers, "grpc-timeout": "20m"}), peer.begin({**headers, "grpc-timeout": "20m"})
        for head, _, _ in await peer.answers(late, half):
            assert head["grpc-status"] == "4"
        assert peer.desk.cancelled == 1

    run(story)


def test_a_deadline_that_comes_before_the_call_has_begun_leaves_nothing_behind() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.begin({"grpc-timeout": "1n"})
        peer.pass_on()
        peer.client.send_data(stream, REQUEST, end_stream=True)
        asyncio.get_running_loop().call_soon(peer.face.data_received, peer.client.data_to_send())
        ((head, _, _),) = await peer.answers(stream)  # the timer is due between the message and the task's first step
        assert head["grpc-status"] == "4"
        assert not peer.desk.asked
        assert not peer.face.busy

    run(story)


@pytest.mark.parametrize("timeout", ["9" * 400 + "n", "9" * 400 + "S"])
def test_a_deadline_of_many_digits_is_answered_as_grpclib_would(timeout: str) -> None:
    async def story(peer: Peer) -> None:
        stream, other = peer.ask({"grpc-timeout": timeout}), peer.ask({"grpc-timeout": timeout, **ODD})
        ours, theirs = await peer.answers(stream, other)
        assert ours[0]["grpc-status"] == theirs[0]["grpc-status"] == "3"

    run(story)


@pytest.mark.parametrize("headers", [{}, ODD])
def test_a_message_that_came_in_time_may_take_long(headers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "REQUEST_S_MAX", 0.02)
    monkeypatch.setattr(call, "REQUEST_S_MAX", 0.02)

    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        stream = peer.begin(headers)
        peer.pass_on()
        peer.client.send_data(stream, REQUEST, end_stream=True)
        await peer.until(lambda: peer.desk.asked != [])
        await asyncio.sleep(0.05)
        peer.desk.may.set()
        ((_, body, tail),) = await peer.answers(stream)
        assert (body, tail) == (message(b"done"), {"grpc-status": "0"})

    run(story)


def test_a_call_may_end_with_trailers_even_one_that_was_refused_already() -> None:
    async def story(peer: Peer) -> None:
        streams = [peer.begin(headers) for headers in ({}, ODD, {})]
        refused = peer.begin({"tenant": ""})
        peer.face.data_received(peer.client.data_to_send())
        for stream in (*streams, refused):
            peer.client.send_data(stream, REQUEST)
            peer.client.send_headers(stream, [("x-checksum", f"{stream}")], end_stream=True)
        ours, theirs, third = await peer.answers(*streams)
        assert ours == theirs == third
        assert ours[1:] == (message(b"done"), {"grpc-status": "0"})
        assert peer.said(refused)[0]["grpc-status"] == "3"
        assert (peer.lane, peer.paper.closed) == (3, False)

    run(story)


def test_frames_of_nothing_take_no_room() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.begin()
        peer.pass_on()
        peer.face.data_received(frame(DATA, 0, stream, b"") * 1_000)
        peer.client.send_data(stream, REQUEST, end_stream=True)
        ((_, body, _),) = await peer.answers(stream)
        assert body == message(b"done")

    run(story)


def test_a_fault_of_ours_is_logged_and_told_in_no_words(caplog: pytest.LogCaptureFixture) -> None:
    async def story(peer: Peer) -> None:
        peer.desk.answer = cast("Answer", None)
        ((head, _, _),) = await peer.answers(peer.ask())
        assert (head["grpc-status"], head["grpc-message"]) == ("2", "Internal Server Error")
        assert "AttributeError" in caplog.text

    run(story)


# However the bytes come


@given(st.lists(st.integers(1, 400), max_size=200), st.integers(0, 3))
def test_calls_may_come_in_any_pieces(pieces: list[int], padding: int) -> None:
    async def story(peer: Peer) -> None:
        streams: list[int] = []
        for number in range(6):
            streams.append(peer.ask({"request-id": f"{number}", **(ODD if number % 3 == 2 else {})}))
            peer.client.ping(b"%08d" % number)
            split = peer.begin({"request-id": f"split {number}"})
            for at in range(0, len(REQUEST), 7):
                part = REQUEST[at : at + 7]
                peer.client.send_data(split, part, end_stream=at + 7 >= len(REQUEST), pad_length=padding or None)
            streams.append(split)
        sent = peer.client.data_to_send() + frame(0x77, 0, 1, b"of a kind that nobody knows")
        for size in pieces:
            peer.face.data_received(sent[:size])
            sent = sent[size:]
            await asyncio.sleep(0)
        peer.face.data_received(sent)
        for head, body, tail in await peer.answers(*streams):
            assert (head[":status"], body, tail) == ("200", message(b"done"), {"grpc-status": "0"})
        assert sorted(peer.desk.asked) == sorted([f"{n}" for n in range(6)] + [f"split {n}" for n in range(6)])
        assert sum(isinstance(event, PingAckReceived) for event in peer.events) == 6
        assert peer.lane == 10

    run(story)


def test_a_table_of_another_size_is_minded() -> None:
    async def story(peer: Peer) -> None:
        for size in (0, 4_096, 100, 0):
            peer.client.update_settings({SettingCodes.HEADER_TABLE_SIZE: size})
            peer.pass_on()
            for answer in await peer.answers(peer.ask(), peer.ask(ODD), peer.ask()):
                assert answer[2] == {"grpc-status": "0"}

    run(story)


def test_headers_that_the_lane_has_read_are_not_put_into_the_table_twice() -> None:
    async def story(peer: Peer) -> None:
        for number in range(200):
            new = {f"x-{number}": "y" * 50, **(ODD if number % 2 else {})}
            ((_, body, _),) = await peer.answers(peer.ask(new))
            assert body == message(b"done")

    run(story)


def test_the_trailers_of_a_long_answer_mind_a_table_that_was_resized_meanwhile() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.ask()
        await peer.until(lambda: peer.has(DataReceived, stream))
        peer.client.update_settings({SettingCodes.HEADER_TABLE_SIZE: 0, SettingCodes.INITIAL_WINDOW_SIZE: 65_535})
        ((_, body, tail),) = await peer.answers(stream)
        assert (body, tail) == (message(b"x" * 500), {"grpc-status": "0"})

    run(story, Answer(0, b"x" * 500), {SettingCodes.INITIAL_WINDOW_SIZE: 100})


# Windows


def test_padding_takes_no_window_for_ever() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.begin()
        for sent in range(0, 8 * 1_024 * 1_024, 256):
            if sent % 8_192 == 0:
                peer.pass_on()
                await asyncio.sleep(0)
                peer.pass_on()
            assert peer.client.local_flow_control_window(stream) >= 256, f"no window after {sent} bytes"
            peer.client.send_data(stream, b"", pad_length=255)
        peer.client.send_data(stream, REQUEST, end_stream=True)
        ((_, body, _),) = await peer.answers(stream)
        assert body == message(b"done")

    run(story)


def test_many_large_calls_leave_the_windows_as_they_should_be() -> None:
    async def story(peer: Peer) -> None:
        for _ in range(100):
            large = rq.ReserveReq(reservation="x" * WINDOW_STEP_BYTES).SerializeToString()
            stream = peer.begin({":path": f"/{SERVICE.full_name}/Reserve"})
            left = message(large)
            while left:
                size = min(peer.client.local_flow_control_window(stream), FRAME_BYTES_MAX)
                if size:
                    peer.client.send_data(stream, left[:size], end_stream=size >= len(left))
                    left = left[size:]
                peer.pass_on()
                await asyncio.sleep(0)
            ((_, body, _),) = await peer.answers(stream)
            assert body == message(b"x" * 40_000)

    run(story, Answer(0, b"x" * 40_000))


def test_an_answer_waits_for_a_window_of_its_stream_and_for_the_transport() -> None:
    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        stream = peer.ask()
        await peer.until(lambda: peer.desk.asked != [])
        peer.face.pause_writing()
        peer.desk.may.set()
        for _ in range(10):
            peer.pass_on()
            await asyncio.sleep(0)
        assert not peer.has(DataReceived), "it waits for the transport"
        peer.face.resume_writing()
        ((_, body, _),) = await peer.answers(stream)
        assert body == message(b"x" * 500)
        assert max(len(event.data) for event in peer.events if isinstance(event, DataReceived)) == 100

    run(story, Answer(0, b"x" * 500), {SettingCodes.INITIAL_WINDOW_SIZE: 100})


def test_an_answer_that_gets_no_window_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "UNREAD_S_MAX", 0.05)

    async def story(peer: Peer) -> None:
        ((head, _, tail),) = await peer.answers(peer.ask())
        assert (head[":status"], tail["grpc-status"]) == ("200", "4")

    run(story, Answer(0, b"x"), {SettingCodes.INITIAL_WINDOW_SIZE: 0})


# What peers do


def test_a_call_that_is_taken_back_is_called_off_and_what_comes_late_for_it_is_read_over() -> None:
    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        stream = peer.ask()
        await peer.until(lambda: peer.desk.asked != [])
        peer.client.reset_stream(stream)
        await peer.until(lambda: peer.desk.cancelled == 1)
        late = frame(DATA, END_STREAM, stream, b"late") + frame(0x8, 0, stream, b"\0\0\0\1")
        peer.face.data_received(late + frame(0x3, 0, stream, bytes(4)))
        peer.desk.may.set()
        await peer.answers(peer.ask())
        assert not peer.face.busy
        assert not peer.has(ConnectionTerminated)

    run(story)


BREACHES: dict[str, Callable[[int], bytes]] = {
    "headers again": lambda stream: frame(HEADERS, 0x4, stream, b"\x88"),
    "headers again that go on": lambda stream: frame(HEADERS, END_STREAM, stream + 2, b"\x88"),
    "headers again without an end": lambda stream: frame(HEADERS, END_HEADERS, stream + 2, b"\x88"),
    "trailers after the end": lambda stream: frame(HEADERS, END_HEADERS | END_STREAM, stream, b"\x88"),
    "data after the end": lambda stream: frame(DATA, 0, stream, b"x"),
    "more padding than data": lambda stream: frame(DATA, 0x8, stream + 2, b"\x09x"),
    "a window of nothing": lambda stream: frame(0x8, 0, stream, bytes(4)),
    "a window without end": lambda stream: frame(0x8, 0, stream, b"\x7f\xff\xff\xff"),
    "a window of five bytes": lambda stream: frame(0x8, 0, stream, b"\0\0\0\0\1"),
    "headers that are no ASCII": lambda stream: frame(
        HEADERS, END_HEADERS, stream + 4, Encoder().encode([*PLAIN.items(), ("x", b"\xe9")])
    ),
    "headers that cannot be read": lambda stream: frame(HEADERS, 0x4, stream + 4, b"\xff\xff\xff\xff\xff"),
    "a frame without end": lambda stream: b"\xff\xff\xff" + frame(DATA, 0, stream, b"")[3:],
}


@pytest.mark.parametrize("breach", BREACHES)
def test_who_breaks_the_protocol_is_told_goodbye(breach: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        stream = peer.ask()
        peer.begin()
        await peer.until(lambda: peer.desk.asked != [])
        peer.face.data_received(BREACHES[breach](stream))
        await peer.until(lambda: peer.has(ConnectionTerminated))
        assert peer.paper.closed
        await peer.until(lambda: peer.desk.cancelled == 1)
        assert "no HTTP/2" in caplog.text

    run(story)


def test_calls_of_both_ways_count_together() -> None:
    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        for number in range(STREAMS_COUNT_MAX):
            peer.begin(ODD if number % 2 else None)
        peer.pass_on()
        assert not peer.paper.closed
        peer.client.remote_settings[SettingCodes.MAX_CONCURRENT_STREAMS] = STREAMS_COUNT_MAX + 1
        peer.client.remote_settings.acknowledge()
        peer.begin()
        peer.pass_on()
        assert peer.paper.closed

    run(story)


def test_calls_that_h2_has_closed_leave_room_for_ours() -> None:
    async def story(peer: Peer) -> None:
        for _ in range(CLOSED_STREAMS_MAX - 1):
            await peer.answers(peer.ask(ODD))
        for _ in range(STREAMS_COUNT_MAX - 1):
            peer.begin()
        peer.pass_on()
        assert not peer.paper.closed

    run(story)


def test_one_stream_has_one_call() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.begin(ODD)
        again = peer.client.data_to_send() + frame(HEADERS, END_HEADERS, stream, Encoder().encode(list(PLAIN.items())))
        peer.face.data_received(again)
        assert not peer.lane

    run(story)


def test_no_call_begins_inside_headers_that_go_on() -> None:
    async def story(peer: Peer) -> None:
        peer.pass_on()
        peer.face.data_received(frame(HEADERS, 0, 1, Encoder().encode(list((PLAIN | ODD).items()))))
        peer.face.data_received(frame(HEADERS, END_HEADERS, 3, Encoder().encode(list(PLAIN.items()))))
        assert not peer.lane
        assert peer.paper.closed

    run(story)


def test_the_bit_before_a_number_of_a_stream_means_nothing() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.ask()
        sent = peer.client.data_to_send()
        numbers = [at + 5 for at in range(len(sent) - 8) if sent[at + 5 : at + 9] == stream.to_bytes(4, "big")]
        assert len(numbers) >= 2
        sent = bytes(byte | 0x80 if at in numbers[-2:] else byte for at, byte in enumerate(sent))
        peer.face.data_received(sent)
        ((_, body, _), (_, other, _)) = await peer.answers(stream, peer.ask())
        assert body == other == message(b"done")

    run(story)


def test_a_message_that_grows_too_large_is_refused_while_it_comes() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.begin()
        peer.pass_on()
        peer.client.increment_flow_control_window(1)
        piece = b"\0\0\x10\0\0" + bytes(FRAME_BYTES_MAX - 5)
        for _ in range(REQUEST_BYTES_MAX // FRAME_BYTES_MAX + 1):
            peer.face.data_received(frame(DATA, 0, stream, piece))
        await peer.until(lambda: peer.has(StreamEnded, stream))
        assert peer.said(stream)[0]["grpc-status"] == "8"
        assert peer.has(StreamReset, stream), "the rest is not wanted"
        peer.face.data_received(frame(DATA, 0, stream, piece))
        await peer.answers(peer.ask())

    run(story)


def test_a_connection_that_is_lost_ends_its_calls() -> None:
    async def story(peer: Peer) -> None:
        peer.desk.may.clear()
        peer.ask()
        peer.begin()
        await peer.until(lambda: peer.desk.asked != [])
        peer.face.connection_lost(None)
        await peer.server.end_calls()
        assert peer.desk.cancelled == 1
        assert not peer.face.busy

    run(story)


def test_what_was_told_something_already_is_refused_in_its_trailers() -> None:
    async def story(peer: Peer) -> None:
        stream = peer.begin({":path": f"/{EXECUTION.full_name}/ExecuteStream"})
        good = ExecuteReq()
        good.calls.add().request.Pack(rq.UpdateInventoryReq())
        peer.client.send_data(stream, message(good.SerializeToString()))
        await peer.until(lambda: peer.has(DataReceived, stream))
        peer.client.send_data(stream, message(b""), end_stream=True)  # and that one has no calls
        ((_, _, tail),) = await peer.answers(stream)
        assert tail["grpc-status"] == "3"

    run(story)


def test_the_face_is_the_bounded_one() -> None:
    async def story(peer: Peer) -> None:
        assert isinstance(peer.face, BoundedH2)
        stream = peer.begin()
        peer.pass_on()
        assert peer.face.busy
        before = peer.face.latest
        peer.client.end_stream(stream)
        await peer.answers(stream, peer.ask())
        assert not peer.face.busy
        assert peer.face.latest != before

    run(story)
