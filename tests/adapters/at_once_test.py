"""The plainest answer, which is written by hand, is the one that grpclib would give."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message
from grpclib.server import Server
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, TrailersReceived
from h2.settings import SettingCodes
from tests.support.calls import OneByOne

from bf.adapters.access.gate import open_gate
from bf.adapters.front.under_way import UnderWay
from bf.adapters.grpc import call as calling
from bf.adapters.grpc.api.execution_pb2 import ExecuteReq
from bf.adapters.grpc.at_once import FRAME_BYTES_MAX, answered_at_once, refused_at_once
from bf.adapters.grpc.execute import EXECUTION, Execution
from bf.adapters.grpc.server import DomainService, grpc_server
from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.inventory.domain import INVENTORY

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]
REQUEST = rq.UpdateInventoryReq(location="1", product="2", on_hand_change=3).SerializeToString()


class Constant(OneByOne):
    """Answers everything in the same way."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        del tenant, request, request_id, actor
        return self._answer


async def heard(
    size: int, *, calls: int = 1, table_bytes: int = 4_096, answer: Answer | None = None
) -> list[list[Event]]:
    """Call a server with a strict client of HTTP/2, one call after the other, and return what it heard of each."""
    server: Server = grpc_server([DomainService(SERVICE, INVENTORY, Constant(answer or Answer(0, b"x" * size)))])
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    await server.start(sock=listening)
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    client.initiate_connection()
    client.update_settings({SettingCodes.HEADER_TABLE_SIZE: table_bytes})
    told: list[list[Event]] = []
    for _ in range(calls):
        stream = client.get_next_available_stream_id()
        path = f"/{SERVICE.full_name}/UpdateInventory"
        headers = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), ("te", "trailers")]
        client.send_headers(stream, [*headers, ("content-type", "application/grpc"), ("tenant", "acme")])
        client.send_data(stream, b"\0" + len(REQUEST).to_bytes(4, "big") + REQUEST, end_stream=True)
        events: list[Event] = []
        while not any(isinstance(event, StreamEnded) for event in events):
            writer.write(client.data_to_send())
            for event in client.receive_data(await asyncio.wait_for(reader.read(65_536), 10)):
                if isinstance(event, DataReceived):
                    client.acknowledge_received_data(event.flow_controlled_length, stream)
                if isinstance(event, ResponseReceived | DataReceived | TrailersReceived | StreamEnded):
                    events.append(event)
        told.append(events)
    writer.close()
    server.close()
    await server.wait_closed()
    return told


def said(events: list[Event]) -> tuple[Any, bytes, Any]:
    """Return headers, body and trailers."""
    (head,) = (dict(event.headers or ()) for event in events if isinstance(event, ResponseReceived))
    tail = next((dict(event.headers or ()) for event in events if isinstance(event, TrailersReceived)), None)
    return head, b"".join(event.data or b"" for event in events if isinstance(event, DataReceived)), tail


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which answers were written by hand."""
    written: list[bool] = []

    def watched(stream: Any, body: bytes) -> bool:  # noqa: ANN401  # grpclib's stream
        written.append(answered_at_once(stream, body))
        return written[-1]

    monkeypatch.setattr(calling, "answered_at_once", watched)
    return written


def never(*_: object) -> bool:
    return False


@pytest.mark.parametrize("size", [0, 1, 1_000, FRAME_BYTES_MAX - 5])
def test_it_is_what_grpclib_would_say(size: int, by_hand: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    (ours,) = asyncio.run(heard(size))
    assert by_hand == [True]
    monkeypatch.setattr(calling, "answered_at_once", never)
    (theirs,) = asyncio.run(heard(size))
    assert said(ours) == said(theirs)
    assert said(ours)[2] == {"grpc-status": "0"}


WAITING: dict[str, Callable[[], Any]] = {
    "too large for a frame": lambda: heard(FRAME_BYTES_MAX - 4),
    "another table size": lambda: heard(10, table_bytes=0),
}


@pytest.mark.parametrize("case", WAITING)
def test_what_is_not_plain_goes_through_grpclib(case: str, by_hand: list[bool]) -> None:
    (events,) = asyncio.run(WAITING[case]())
    assert by_hand == [False]
    assert said(events)[2]["grpc-status"] == "0"


def test_many_calls_on_one_connection_leave_its_states_and_windows_as_they_should_be(by_hand: list[bool]) -> None:
    told = asyncio.run(heard(10_000, calls=300))  # 3 MB: far beyond the connection's first window
    assert all(said(events)[1][5:] == b"x" * 10_000 for events in told)
    assert by_hand.count(True) > 250


@pytest.mark.parametrize("message", ["not enough", "50 % of “ñ”\n" * 20, "x" * 1_000])
@pytest.mark.parametrize("field", ["", "items[0].quantity"])
def test_a_refusal_is_what_grpclib_would_say(message: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bool] = []

    def watched(*args: Any) -> bool:  # noqa: ANN401  # as it is
        written.append(refused_at_once(*args))
        return written[-1]

    answer = Answer(Code.FAILED_PRECONDITION, reason="NotAvailable", message=message, field=field)
    monkeypatch.setattr(calling, "refused_at_once", watched)
    ours = asyncio.run(heard(0, answer=answer, calls=3))
    assert written == [True] * 3
    monkeypatch.setattr(calling, "refused_at_once", never)
    theirs = asyncio.run(heard(0, answer=answer, calls=3))
    assert [said(events) for events in ours] == [said(events) for events in theirs]
    assert said(ours[0])[0]["grpc-status"] == "9"


def test_what_was_told_something_already_is_refused_in_its_trailers() -> None:
    async def story() -> list[Event]:
        calls = Constant(Answer(0))
        execution = Execution(INVENTORY, calls, open_gate(INVENTORY), UnderWay())
        server: Server = grpc_server([execution])
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        await server.start(sock=listening)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        client.initiate_connection()
        path = f"/{EXECUTION.full_name}/ExecuteStream"
        headers = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), ("te", "trailers")]
        client.send_headers(1, [*headers, ("content-type", "application/grpc"), ("tenant", "acme")])
        good = ExecuteReq()
        good.calls.add().request.Pack(rq.UpdateInventoryReq())
        events: list[Event] = []
        for body in (
            good.SerializeToString(),
            b"",
        ):  # the second one comes with the end of the stream, and has no calls
            client.send_data(1, b"\0" + len(body).to_bytes(4, "big") + body, end_stream=not body)
            writer.write(client.data_to_send())
            awaited = StreamEnded if not body else DataReceived
            while not any(isinstance(event, awaited) for event in events):
                events += client.receive_data(await asyncio.wait_for(reader.read(65_536), 10))
        writer.close()
        server.close()
        await server.wait_closed()
        return events

    assert said(asyncio.run(story()))[2]["grpc-status"] == "3"
