"""The subject over a real socket, asked by a foreign gRPC stack, politely and badly."""

import asyncio
import importlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, cast

import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpclib.reflection.v1.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse

from bf.adapters.grpc.server import grpc_server
from bf.adapters.kata.api import kata_pb2 as kata
from bf.adapters.kata.messages import pack
from bf.adapters.kata.remote import Remote, SubjectError
from bf.adapters.kata.subject import SPEC_GIVEN_EVENTS_MAX, Subject
from bf.cli.differences import differences
from bf.core.refusal import Code
from bf.core.spec import Spec, specs_of
from bf.core.tx import Tx
from bf.core.uid import uid_text as u
from bf.inventory.api import requests_pb2 as ours
from bf.inventory.api.events_pb2 import InventoryUpdated, LocationAdded, LocationMoved, ProductAdded
from bf.inventory.domain import INVENTORY

grpc: Any = importlib.import_module("grpc")  # it has no types

Answer = TypeVar("Answer", bound=Message)


class Channel(Protocol):
    """What is used of a grpcio channel."""

    def unary_unary(self, path: str, *, response_deserializer: Callable[[bytes], Answer]) -> Callable[..., Answer]: ...

    def stream_stream(
        self, path: str, *, response_deserializer: Callable[[bytes], Answer]
    ) -> Callable[..., Iterator[Answer]]: ...


LIGHT = [spec for spec in specs_of(INVENTORY) if not spec.heavy]
SHELF = LocationAdded(uid=u(1), name="Shelf", parent=u(0))
COLA = ProductAdded(uid=u(2), sku="cola")
ADD_TEA = ours.AddProductsReq(skus=["tea"])


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve in a thread with a loop of its own, so that clients may block."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    ready, end = threading.Event(), asyncio.Event()

    async def serve() -> None:
        server, connections = grpc_server([Subject(INVENTORY)]), list[Any]()
        factory = cast("Any", server)._protocol_factory  # grpclib closes no connections

        def connection() -> Any:  # noqa: ANN401  # grpclib's
            connections.append(factory())
            return connections[-1]

        listening = await loop.create_server(connection, sock=listener)
        ready.set()
        await end.wait()
        listening.close()
        for each in connections:
            each.processor.close()
        await server.end_calls()
        await asyncio.sleep(0)  # transports are closed in the next turn

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield listener.getsockname()[1]
    loop.call_soon_threadsafe(end.set)
    thread.join(10)
    loop.close()


@pytest.fixture(scope="module")
def channel(port: int) -> Iterator[Any]:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


def ask(channel: Channel, path: str, request: Message | bytes, answer: type[Answer]) -> Answer:
    body = request if isinstance(request, bytes) else request.SerializeToString()
    return channel.unary_unary(path, response_deserializer=answer.FromString)(body, timeout=20)


def spec(channel: Channel, request: kata.SpecRequest | bytes) -> kata.SpecResponse:
    return ask(channel, "/protos.SpecService/Spec", request, kata.SpecResponse)


def refused(channel: Channel, request: kata.SpecRequest | bytes) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as error:
        spec(channel, request)
    answer: Any = error.value
    works = spec(channel, kata.SpecRequest(when=pack(ADD_TEA)))  # whatever was asked, the next caller is served
    assert [event.value for event in works.events] == [ProductAdded(uid=u(1), sku="tea").SerializeToString()]
    return answer.code().name, answer.details()


def test_it_says_who_it_is(channel: Channel) -> None:
    assert ask(channel, "/protos.SpecService/About", kata.AboutRequest(), kata.AboutResponse).author == "Black Friday"


def test_a_spec_is_answered_in_the_words_of_the_kata(channel: Channel) -> None:
    change = kata.UpdateInventoryReq(location=u(1), product=u(2), OnHandChange=3)
    packed = Packed()
    packed.Pack(change)
    answer = spec(channel, kata.SpecRequest(given=[pack(SHELF), pack(COLA)], when=packed))
    assert (answer.status, answer.error) == (0, "")
    response, event = kata.UpdateInventoryResp(), kata.InventoryUpdated()
    assert answer.response.type_url == "type.googleapis.com/protos.UpdateInventoryResp"
    assert answer.response.Unpack(response)
    assert answer.events[0].Unpack(event)
    assert response == kata.UpdateInventoryResp(OnHand=3)
    assert event == kata.InventoryUpdated(location=u(1), product=u(2), OnHandChange=3, OnHand=3)


def test_a_refusal_is_an_answer_without_response_and_events(channel: Channel) -> None:
    answer = spec(channel, kata.SpecRequest(given=[pack(COLA)], when=pack(ours.AddProductsReq(skus=["tea", "cola"]))))
    assert answer.status == Code.ALREADY_EXISTS
    assert "cola" in answer.error
    assert not answer.HasField("response")
    assert not answer.events


def test_a_spec_leaves_nothing_for_the_next(channel: Channel) -> None:
    request = kata.SpecRequest(given=[pack(SHELF), pack(COLA)], when=pack(ADD_TEA))
    assert spec(channel, request) == spec(channel, request)
    assert spec(channel, kata.SpecRequest(when=pack(ours.ListLocationsReq(location=u(0))))).response.value == b""


@pytest.mark.parametrize(("next_uid", "expected"), [("", 3), (u(3), 3), (u(77), 77), (u(2), 3), (u(0), 3)])
def test_the_next_created_thing_gets_the_uid_that_the_caller_names(
    channel: Channel, next_uid: str, expected: int
) -> None:
    given = [pack(SHELF), pack(COLA)]
    answer = spec(channel, kata.SpecRequest(given=given, when=pack(ADD_TEA), NextUid=next_uid))
    assert answer.response.value == ours.AddProductsResp(uids=[u(expected)]).SerializeToString()


@pytest.mark.parametrize("next_uid", ["7", u(3).upper() + "x", "x" * 5000])
def test_a_next_uid_that_is_none_is_named(channel: Channel, next_uid: str) -> None:
    given = [pack(SHELF), pack(COLA)]
    code, message = refused(channel, kata.SpecRequest(given=given, when=pack(ADD_TEA), NextUid=next_uid))
    assert code == "INVALID_ARGUMENT"
    assert message.startswith("NextUid")


URL = "type.googleapis.com/protos."
WRONG: dict[str, tuple[kata.SpecRequest, str]] = {
    "no request": (kata.SpecRequest(), "when: is missing"),
    "unknown request": (kata.SpecRequest(when=Packed(type_url=f"{URL}Nonsense")), "when: "),
    "another package": (kata.SpecRequest(when=Packed(type_url="type.googleapis.com/other.AddProductsReq")), "when: "),
    "an event as request": (kata.SpecRequest(when=pack(COLA)), "when: "),
    "a helper as request": (kata.SpecRequest(when=Packed(type_url=f"{URL}SpecRequest")), "when: "),
    "unreadable request": (kata.SpecRequest(when=Packed(type_url=f"{URL}AddProductsReq", value=b"\x0a\xff")), "when: "),
    "not UTF-8": (kata.SpecRequest(when=Packed(type_url=f"{URL}AddProductsReq", value=b"\x0a\x01\xff")), "when: "),
    "no event": (kata.SpecRequest(given=[pack(COLA), Packed()], when=pack(ADD_TEA)), "given[1]: is missing"),
    "unknown event": (kata.SpecRequest(given=[Packed(type_url="x")], when=pack(ADD_TEA)), "given[0]: "),
    "a request as event": (kata.SpecRequest(given=[pack(ADD_TEA)], when=pack(ADD_TEA)), "given[0]: "),
    "unreadable event": (
        kata.SpecRequest(given=[pack(COLA), Packed(type_url=f"{URL}ProductAdded", value=b"\x0a")], when=pack(ADD_TEA)),
        "given[1]: ",
    ),
    "endless name": (kata.SpecRequest(when=Packed(type_url="x" * 100_000)), "when: "),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_spec_is_refused_with_the_name_of_its_field(channel: Channel, wrong: str) -> None:
    request, complaint = WRONG[wrong]
    code, message = refused(channel, request)
    assert code == "INVALID_ARGUMENT"
    assert message.startswith(complaint)


def test_unreadable_bytes_are_an_invalid_argument(channel: Channel) -> None:
    assert refused(channel, b"\xff\xff\xff")[0] == "INVALID_ARGUMENT"


def test_given_events_have_a_limit(channel: Channel) -> None:
    given = [Packed()] * (SPEC_GIVEN_EVENTS_MAX + 1)
    code, message = refused(channel, kata.SpecRequest(given=given, when=pack(ADD_TEA)))
    assert (code, message) == ("INVALID_ARGUMENT", "given: 100001 events; SPEC_GIVEN_EVENTS_MAX allows 100000")
    assert refused(channel, kata.SpecRequest(given=given[1:]))[1].startswith("given[0]: is missing")


CONTRADICTIONS: dict[str, list[Message]] = {
    "the same uid twice": [SHELF, LocationAdded(uid=u(1), name="Other", parent=u(0))],
    "a parent that is nowhere": [SHELF, LocationAdded(uid=u(2), name="Other", parent=u(9))],
    "a location inside itself": [SHELF, LocationAdded(uid=u(2), name="Other", parent=u(2))],
    "a shelf inside its own box": [
        SHELF,
        LocationMoved(uid=u(1), new_parent=u(1)),
    ],
    "text as uid": [SHELF, LocationAdded(uid="two", name="Other", parent=u(0))],
    "a number that no database holds": [SHELF, LocationAdded(uid="0" * 24 + "f" * 99, name="Other", parent=u(0))],
    "less than nothing": [SHELF, InventoryUpdated(location=u(1), product=u(2), on_hand_change=-1, on_hand=-1)],
    "stock at no location": [COLA, InventoryUpdated(location=u(9), product=u(2), on_hand_change=1, on_hand=1)],
}


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
def test_events_that_contradict_each_other_are_refused_with_the_place_of_the_first(
    channel: Channel, contradiction: str
) -> None:
    given = [pack(event) for event in CONTRADICTIONS[contradiction]]
    code, message = refused(channel, kata.SpecRequest(given=given, when=pack(ADD_TEA)))
    assert code == "FAILED_PRECONDITION"
    assert message.startswith("given[1]: ")


def test_a_bug_is_an_internal_error_with_a_logged_traceback(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(_tx: Tx, _request: Message) -> Message:
        raise ZeroDivisionError("of all things")

    monkeypatch.setitem(INVENTORY.handlers, ours.CancelReq, bug)
    with caplog.at_level(logging.ERROR):
        code, message = refused(channel, kata.SpecRequest(when=pack(ours.CancelReq())))
    assert code == "INTERNAL"
    assert "CancelReq" in message
    assert "of all things" in caplog.text


def test_a_client_without_our_contract_learns_it_by_reflection(channel: Channel) -> None:
    path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
    asked = [
        ServerReflectionRequest(list_services=""),
        ServerReflectionRequest(file_containing_symbol="protos.SpecService"),
    ]
    stream = channel.stream_stream(path, response_deserializer=ServerReflectionResponse.FromString)
    services, file = stream(iter([request.SerializeToString() for request in asked]), timeout=20)
    assert "protos.SpecService" in [service.name for service in services.list_services_response.service]
    contract = FileDescriptorProto.FromString(file.file_descriptor_response.file_descriptor_proto[0])
    assert [method.name for method in contract.service[0].method] == ["Spec", "About"]


def test_it_is_healthy(channel: Channel) -> None:
    answer = ask(channel, "/grpc.health.v1.Health/Check", HealthCheckRequest(), HealthCheckResponse)
    assert answer.status == HealthCheckResponse.SERVING


@pytest.fixture(scope="module")
def remote(port: int) -> Iterator[Remote]:
    with Remote("127.0.0.1", port, INVENTORY) as remote:
        yield remote


@pytest.mark.parametrize("one", LIGHT, ids=[one.name for one in LIGHT])
def test_our_specs_hold_on_the_subject(remote: Remote, one: Spec) -> None:
    assert differences(one, remote.run(one)) == []


def test_the_runner_sees_what_a_subject_answers_otherwise(remote: Remote) -> None:
    wrong = Spec(name="x", given=[SHELF], when=ADD_TEA, then=ours.AddProductsResp(uids=[u(7)]), events=[COLA])
    assert [str(one) for one in differences(wrong, remote.run(wrong))] == [
        f"Response.uids: expected ['{u(7)}'], got ['{u(2)}']",
        "Events[0].sku: expected 'cola', got 'tea'",
    ]


def test_the_runner_names_a_subject_that_is_not_there() -> None:
    with Remote("127.0.0.1", 1, INVENTORY) as remote, pytest.raises(SubjectError, match=r"127\.0\.0\.1:1 cannot be"):
        remote.about()


def test_the_runner_names_what_the_subject_refuses_to_run(remote: Remote) -> None:
    contradiction = Spec(name="x", given=CONTRADICTIONS["the same uid twice"], when=ADD_TEA)
    with pytest.raises(SubjectError, match=r"FAILED_PRECONDITION: given\[1\]"):
        remote.run(contradiction)


def test_the_runner_names_a_server_that_speaks_no_grpc() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with Remote("127.0.0.1", listener.getsockname()[1], INVENTORY) as remote, pytest.raises(SubjectError):
            remote.about()
        thread.join(10)
