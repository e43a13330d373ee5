"""What a foreign client meets: grpcio, and raw bytes, against a served node."""

import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Self, cast

import grpc
import h2.config
import h2.connection
import h2.events
import pytest
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.serving import PATIENCE_S, SERVICE, Caller, served, unary
from tests.support.tenants import ACME, ROOT, new_tenant, put, uid

from bf.core.limits import REFUSAL_BYTES_MAX, REQUEST_BYTES_MAX
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.node.limits import REQUEST_ID_CHARS_MAX

Code = grpc.StatusCode
EXAMPLES = settings().max_examples // 4
"""Of each rpc; the profile says how hard to try."""

RPCS = sorted(name.removesuffix("Req") for name in INVENTORY.requests)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    root = tmp_path_factory.mktemp("data")
    new_tenant(root)
    with served(root) as (server, at), Caller(at, ACME) as caller:
        caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
        caller.call(rq.AddProductsReq(skus=["cola"]))
        caller.call(put(1_000_000))
        yield at
        caller.call(rq.ListProductsReq(limit=1))
        server.kill()
        log = server.end_text()
        assert "Traceback" not in log, "bad input is never a fault of ours"


@pytest.fixture(scope="module")
def caller(address: str) -> Generator[Caller]:
    with Caller(address, ACME) as caller:
        yield caller


def raw(caller: Caller, rpc: str, body: bytes, metadata: "list[tuple[str, str]] | None" = None, **more: object) -> Any:  # noqa: ANN401  # grpcio's call
    """Send bytes as a request; return grpcio's finished call."""
    metadata = [("tenant", ACME)] if metadata is None else metadata
    call = unary(caller.channel, rpc).future(body, metadata=metadata, timeout=PATIENCE_S, **more)
    call.code()
    return call


def refused(caller: Caller, request: Message, request_id: str = "") -> Any:  # noqa: ANN401  # grpcio's call
    """Send a request; return grpcio's finished call, which must be a refusal."""
    call = caller.begin(request, request_id)
    assert call.code() is not Code.OK
    return call


def details(call: Any) -> list[Message]:  # noqa: ANN401  # grpcio's call
    """Unpack the error details of a refusal."""
    trailers = dict(call.trailing_metadata())
    status = Status.FromString(trailers["grpc-status-details-bin"])
    assert (status.code, status.message) == (call.code().value[0], call.details())
    found = list[Message]()
    for packed in status.details:
        for kind in (ErrorInfo, BadRequest):
            message = kind()
            if packed.Unpack(message):
                found.append(message)
    return found


# What is offered


def test_health_says_serving(caller: Caller) -> None:
    check = cast("Any", caller.channel).unary_unary("/grpc.health.v1.Health/Check")
    assert check(b"", timeout=PATIENCE_S) == b"\x08\x01"


STRANGER = """
import sys
import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

with grpc.insecure_channel(sys.argv[1]) as channel:
    database = ProtoReflectionDescriptorDatabase(channel)
    print(*sorted(database.get_services()))
    service = DescriptorPool(database).FindServiceByName("blackfriday.inventory.v1.InventoryService")
    print(*sorted(method.name for method in service.methods))
    method = service.FindMethodByName("ListProducts")
    answer = channel.unary_unary(f"/{service.full_name}/ListProducts")(
        GetMessageClass(method.input_type)(skus=["cola"]).SerializeToString(), metadata=[("tenant", "acme")]
    )
    print(*(item.sku for item in GetMessageClass(method.output_type).FromString(answer).items))
"""
"""A process of its own: two libraries' copies of the reflection messages do not fit into one."""


def test_reflection_tells_a_stranger_all_that_calling_takes(address: str) -> None:
    words = [sys.executable, "-c", STRANGER, address]
    told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    services, rpcs, skus = told.stdout.splitlines()
    assert services.split() == [
        "blackfriday.inventory.v1.InventoryService",
        "blackfriday.v1.ExecutionService",
        "blackfriday.v1.ReportService",
        "grpc.health.v1.Health",
    ]
    assert rpcs.split() == RPCS
    assert skus == "cola"


def test_each_rpc_can_be_called(caller: Caller) -> None:
    def call(request: Message) -> Any:  # noqa: ANN401  # any response
        called.add(request.DESCRIPTOR.name.removesuffix("Req"))
        return caller.call(request)

    called = set[str]()
    loc = rq.AddLocationsReq.Loc
    (hall,) = call(rq.AddLocationsReq(locs=[loc(name="Hall", locs=[loc(name="Bin")])], parent=ROOT)).locs
    place = hall.locs[0].uid
    (product,) = call(rq.AddProductsReq(skus=["all of it"])).uids
    assert call(rq.ListProductsReq(skus=["all of it"])).items[0].uid == product
    assert call(rq.UpdateInventoryReq(location=place, product=product, on_hand_change=5)).on_hand == 5
    item = rq.ReserveReq.Item(sku="all of it", quantity=3)
    for code in ("one", "other"):
        if code == "other":
            item.quantity = 2
        reserved = call(rq.ReserveReq(reservation=code, items=[item], tags={"channel": "web"}, location=hall.uid))
        if code == "one":
            call(rq.CancelReq(reservation=reserved.reservation))
        else:
            taken = rq.FulfillReq.Item(product=product, location=place, quantity=2)
            call(rq.FulfillReq(reservation=reserved.reservation, items=[taken]))
    call(rq.MoveLocationReq(uid=place, new_parent=ROOT))
    assert [loc.name for loc in call(rq.ListLocationsReq(location=place)).locs] == ["Bin"]
    (left,) = call(rq.GetLocInventoryReq(location=place)).items
    assert (left.on_hand, left.available) == (3, 3)
    call(rq.TagLocationsReq(locations=[place], add=["moved"]))
    assert [item.name for item in call(rq.ListTaggedReq(tag="moved")).items] == ["Bin"]
    sent = rq.StartTransferReq.Item(product=product, quantity=1)
    for code in ("one", "other"):
        call(rq.StartTransferReq(transfer=code, source=place, destination=hall.uid, items=[sent]))
    assert [each.transfer for each in call(rq.ListTransfersReq()).transfers] == ["one", "other"]
    call(rq.CancelTransferReq(transfer="one"))
    assert not call(rq.ReceiveTransferReq(transfer="other", reason="stolen")).in_transit
    counted = rq.TakeStockReq.Count(product=product, counted=4)
    (difference,) = call(rq.TakeStockReq(location=place, reason="found", counts=[counted])).differences
    assert difference.difference == 2
    reserved = call(rq.ReserveReq(reservation="third", items=[item], location=ROOT)).reservation
    call(rq.EnableFeatureReq(feature="fulfilment-waves"))
    assert [feature.enabled for feature in call(rq.ListFeaturesReq()).features] == [True]
    assert [pick.reservation for pick in call(rq.PlanWaveReq(wave="wave", location=ROOT)).picks] == [reserved]
    assert call(rq.PickWaveReq(wave="wave")).picked == [reserved]
    call(rq.DisableFeatureReq(feature="fulfilment-waves"))
    call(rq.DefineReportReq(name="whole", locations=[ROOT]))
    assert [report.name for report in call(rq.ListReportsReq()).reports] == ["whole"]
    shown = call(rq.GetReportReq(name="whole", sku_prefix="all"))
    assert (shown.skus, shown.total.available) == (["all of it"], [2])
    call(rq.DropReportReq(name="whole"))
    source = 'function update() return { alert = "look" } end'
    assert call(rq.InstallScriptReq(hook="update", name="watch", source=source)).version == 1
    call(rq.UpdateInventoryReq(location=place, product=product, on_hand_change=1))
    assert [alert.text for alert in call(rq.ListAlertsReq()).alerts] == ["look"]
    call(rq.RemoveScriptReq(hook="update", name="watch"))
    assert [script.name for script in call(rq.ListScriptsReq()).scripts] == ["watch"]
    assert sorted(called) == RPCS


def test_an_unknown_method_is_unimplemented(caller: Caller) -> None:
    assert raw(caller, "Steal", b"").code() is Code.UNIMPLEMENTED


# Tenant and request id


@pytest.mark.parametrize("metadata", [[], [("tenant", "")]])
def test_a_call_that_names_no_tenant_is_told_where_to_name_it(
    caller: Caller, metadata: "list[tuple[str, str]]"
) -> None:
    call = raw(caller, "ListProducts", b"", metadata)
    assert call.code() is Code.INVALID_ARGUMENT
    assert "metadata: tenant" in call.details()


@pytest.mark.parametrize("tenant", ["nobody", "..", "Acme", "a" * 300, "acme acme"])
def test_an_unknown_tenant_is_not_found(caller: Caller, tenant: str) -> None:
    call = raw(caller, "ListProducts", b"", [("tenant", tenant)])
    assert call.code() is Code.NOT_FOUND
    info, bad = details(call)
    assert isinstance(info, ErrorInfo)
    assert (info.reason, info.domain) == ("TenantNotFound", "inventory")
    assert isinstance(bad, BadRequest)
    assert bad.field_violations[0].field == "tenant"


def test_a_request_id_makes_a_retry_safe(caller: Caller) -> None:
    request = rq.AddProductsReq(skus=["once"])
    first = caller.call(request, "a:b/c d~1")
    assert caller.call(request, "a:b/c d~1") == first
    assert refused(caller, request, "another").code() is Code.ALREADY_EXISTS
    assert refused(caller, rq.AddProductsReq(skus=["twice"]), "a:b/c d~1").code() is Code.INVALID_ARGUMENT


def test_a_long_request_id_is_refused_by_name(caller: Caller) -> None:
    call = refused(caller, put(1), "x" * (REQUEST_ID_CHARS_MAX + 1))
    assert call.code() is Code.INVALID_ARGUMENT
    assert "REQUEST_ID_CHARS_MAX" in call.details()


# Refusals


def test_a_refusal_has_a_reason_for_machines_and_the_field_to_blame(caller: Caller) -> None:
    call = refused(caller, rq.UpdateInventoryReq(location="here", product=uid(2), on_hand_change=1))
    assert call.code() is Code.INVALID_ARGUMENT
    info, bad = details(call)
    assert isinstance(info, ErrorInfo)
    assert (info.reason, info.domain) == ("MalformedUid", "inventory")
    assert isinstance(bad, BadRequest)
    (violation,) = bad.field_violations
    assert violation.field == "location"
    assert violation.description == call.details()


def test_a_refusal_without_a_field_has_its_reason_only(caller: Caller) -> None:
    call = refused(caller, put(-(10**9)))
    assert call.code() is Code.FAILED_PRECONDITION
    (info,) = details(call)
    assert isinstance(info, ErrorInfo)
    assert info.reason == "NotOnHand"


@pytest.mark.parametrize("text", ["x" * 1_000_000, "ß" * 100_000, "\N{SNOWMAN}\n%\x00" * 10_000, "🛒" * 5_000])
def test_a_refusal_that_repeats_a_long_text_still_arrives(caller: Caller, text: str) -> None:
    call = refused(caller, rq.GetLocInventoryReq(location=text))
    assert call.code() is Code.INVALID_ARGUMENT
    assert "location" in call.details()
    assert len(call.details().encode()) <= REFUSAL_BYTES_MAX
    assert len(details(call)) == 2


def test_the_longest_name_in_any_script_can_be_refused(caller: Caller) -> None:
    request = rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="🛒" * 256)], parent=ROOT)
    caller.call(request)
    assert refused(caller, request).code() is Code.ALREADY_EXISTS


# Bytes that are no requests


@pytest.mark.parametrize("rpc", RPCS)
def test_invariant_9_random_bytes_are_never_a_fault_of_ours(caller: Caller, rpc: str) -> None:
    @settings(max_examples=EXAMPLES)
    @given(st.binary(max_size=200))
    def send(body: bytes) -> None:
        assert raw(caller, rpc, body).code() not in {Code.UNKNOWN, Code.INTERNAL, Code.DEADLINE_EXCEEDED}

    send()


@pytest.mark.parametrize("rpc", RPCS)
def test_invariant_9_damaged_requests_are_never_a_fault_of_ours(caller: Caller, rpc: str) -> None:
    """Field by field of every wire type, so that bytes get past the parser more often."""
    number = st.integers(0, 2**64 - 1).map(_varint)
    text = st.one_of(st.text(max_size=20).map(str.encode), st.binary(max_size=20), st.just(ROOT.encode()))
    inside = st.recursive(
        text,
        lambda deeper: st.lists(st.tuples(st.integers(1, 5), deeper), max_size=3).map(
            lambda fields: b"".join(bytes([tag << 3 | 2, *_varint(len(body))]) + body for tag, body in fields)
        ),
    )
    field = st.one_of(
        st.tuples(st.integers(1, 17), number).map(lambda each: _varint(each[0] << 3) + each[1]),
        st.tuples(st.integers(1, 17), inside).map(
            lambda each: _varint(each[0] << 3 | 2) + _varint(len(each[1])) + each[1]
        ),
    )

    @settings(max_examples=EXAMPLES)
    @given(st.lists(field, max_size=5))
    def send(fields: list[bytes]) -> None:
        code = raw(caller, rpc, b"".join(fields)).code()
        assert code not in {Code.UNKNOWN, Code.INTERNAL, Code.DEADLINE_EXCEEDED}

    send()


def _varint(number: int) -> bytes:
    body = bytearray()
    while number > 0x7F:
        body.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*body, number])


@pytest.mark.parametrize("body", [b"\x0a\x02\xc3\x28", b"\x0a\x03\xed\xa0\x80", b"\x0a\x05abc", b"\xff"])
def test_invalid_text_and_broken_messages_are_named(caller: Caller, body: bytes) -> None:
    call = raw(caller, "AddProducts", body)
    assert call.code() is Code.INVALID_ARGUMENT
    assert call.details() == "the message is not a blackfriday.inventory.v1.AddProductsReq"


def test_a_message_that_nests_without_end_is_refused(caller: Caller) -> None:
    body = b""
    for _ in range(2_000):
        body = b"\x22" + _varint(len(body)) + body
    assert raw(caller, "AddLocations", b"\x0a" + _varint(len(body)) + body).code() is Code.INVALID_ARGUMENT


def test_an_oversized_message_is_refused_by_its_limit(caller: Caller) -> None:
    call = raw(caller, "AddProducts", b"x" * (REQUEST_BYTES_MAX + 1))
    assert call.code() is Code.RESOURCE_EXHAUSTED
    assert "REQUEST_BYTES_MAX" in call.details()


def test_the_largest_message_is_read(caller: Caller) -> None:
    body = rq.AddProductsReq(skus=["x"]).SerializeToString()
    padding = REQUEST_BYTES_MAX - len(body) - 5
    body += b"\x7a" + _varint(padding) + b"\x00" * padding  # an unknown field
    assert REQUEST_BYTES_MAX - 5 <= len(body) <= REQUEST_BYTES_MAX
    assert raw(caller, "AddProducts", body).code() is Code.OK


def test_many_oversized_messages_do_not_stall_their_connection(address: str) -> None:
    with Caller(address, ACME) as caller:
        calls = [
            unary(caller.channel, "AddProducts").future(
                b"x" * (REQUEST_BYTES_MAX + size), metadata=[("tenant", ACME)], timeout=PATIENCE_S
            )
            for size in range(1, 41)
        ]
        assert {call.code() for call in calls} == {Code.RESOURCE_EXHAUSTED}
        assert caller.call(rq.ListProductsReq(skus=["cola"])).items[0].uid == uid(2)
        largest = rq.ListProductsReq(skus=["cola", *("x" * 100_000 for _ in range(20))])
        assert caller.call(largest).items[0].uid == uid(2)


def test_a_compressed_message_is_refused_and_never_hangs(caller: Caller) -> None:
    body = rq.ListProductsReq(skus=["cola" * 100]).SerializeToString()
    for _ in range(20):
        call = raw(caller, "ListProducts", body, compression=grpc.Compression.Gzip)
        assert call.code() is Code.UNIMPLEMENTED
        assert "uncompressed" in call.details()
    assert raw(caller, "ListProducts", body).code() is Code.OK


def test_a_call_without_a_message_is_refused(caller: Caller) -> None:
    stream = cast("Any", caller.channel).stream_unary(f"{SERVICE}/ListProducts")
    call = stream.future(iter(()), metadata=[("tenant", ACME)], timeout=PATIENCE_S)
    assert call.code() is Code.INVALID_ARGUMENT
    assert call.details() == "the call has no message"


def test_a_call_that_never_sends_its_message_costs_nobody_else_anything(caller: Caller) -> None:
    enough = threading.Event()

    def never() -> Iterator[bytes]:
        enough.wait(PATIENCE_S)
        yield from ()

    stream = cast("Any", caller.channel).stream_unary(f"{SERVICE}/ListProducts")
    hanging = [stream.future(never(), metadata=[("tenant", ACME)], timeout=0.5) for _ in range(10)]
    assert caller.call(rq.ListProductsReq(skus=["cola"])).items
    assert {call.code() for call in hanging} == {Code.DEADLINE_EXCEEDED}
    enough.set()


def test_answers_larger_than_a_window_arrive_whole(caller: Caller) -> None:
    skus = [f"{number:05}" + "x" * 120 for number in range(4_000)]
    assert len(caller.call(rq.AddProductsReq(skus=skus)).uids) == 4_000
    assert [item.sku for item in caller.call(rq.ListProductsReq(skus=skus)).items] == skus


# Frames that no client library sends


class Frames:
    """One HTTP/2 connection, frame by frame."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), PATIENCE_S)
        self._connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._connection.initiate_connection()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(
        self, parts: list[bytes], headers: "dict[str, str] | None" = None, path: str = f"{SERVICE}/ListProducts"
    ) -> dict[str, str]:
        """Send the data frames of a call; return all headers of the answer."""
        stream = self._connection.get_next_available_stream_id()
        sent = {
            ":method": "POST",
            ":scheme": "http",
            ":path": path,
            ":authority": "bf",
            "te": "trailers",
            "content-type": "application/grpc",
            "tenant": ACME,
        }
        self._connection.send_headers(stream, list((sent | (headers or {})).items()))
        for part in parts:
            self._connection.send_data(stream, part)
        self._connection.end_stream(stream)
        self._socket.sendall(self._connection.data_to_send())
        found: dict[str, str] = {}
        while True:
            body = self._socket.recv(65_536)
            assert body, "the server hung up"
            for event in self._connection.receive_data(body):
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    found |= dict(cast("list[tuple[str, str]]", event.headers))
                if isinstance(event, h2.events.StreamEnded | h2.events.StreamReset) and event.stream_id == stream:
                    return found
            self._socket.sendall(self._connection.data_to_send())


@pytest.fixture
def frames(address: str) -> Generator[Frames]:
    with Frames(address) as frames:
        yield frames


def framed(body: bytes) -> bytes:
    return b"\x00" + len(body).to_bytes(4, "big") + body


GOOD = framed(rq.ListProductsReq(skus=["cola"]).SerializeToString())


@pytest.mark.parametrize(
    "parts",
    [
        [GOOD],
        [GOOD[at : at + 1] for at in range(len(GOOD))],
        [b"", GOOD],
        [GOOD[:3], b"", GOOD[3:]],
        [GOOD[:7], b"", GOOD[7:], b""],
    ],
    ids=["whole", "byte by byte", "an empty frame first", "an empty frame in the header", "empty frames in the body"],
)
def test_a_message_may_come_in_any_frames(frames: Frames, parts: list[bytes]) -> None:
    assert frames.call(parts)["grpc-status"] == "0"


@pytest.mark.parametrize("length", range(1, len(GOOD)))
def test_a_message_that_ends_too_early_is_refused(frames: Frames, length: int) -> None:
    answer = frames.call([GOOD[:length]])
    assert answer["grpc-status"] == str(Code.INVALID_ARGUMENT.value[0])
    assert "message" in answer["grpc-message"]
    assert frames.call([GOOD])["grpc-status"] == "0"


@pytest.mark.parametrize(
    "headers",
    [
        {"request-id-bin": "!!!"},
        {"trace-bin": "YWI"},
        {"trace-bin": "a"},  # no base64 at all
        {"tenant": "acme\x7f"},
        {"grpc-timeout": "1000000000000S"},
        {"grpc-timeout": "9" * 400 + "S"},
        {"grpc-timeout": "9" * 400 + "S", "x-bin": "YWJj"},
    ],
)
def test_odd_headers_get_an_answer(frames: Frames, headers: dict[str, str]) -> None:
    assert "grpc-status" in frames.call([GOOD], headers)
    assert frames.call([GOOD])["grpc-status"] == "0"


def test_a_folder_of_tenants_is_never_left(tmp_path: Path) -> None:
    (tmp_path / "tenants").mkdir()
    (tmp_path / "secret").mkdir()
    with served(tmp_path) as (_, at), Caller(at, "../secret") as caller:
        assert refused(caller, rq.AddProductsReq(skus=["cola"])).code() is Code.NOT_FOUND
    assert list((tmp_path / "secret").iterdir()) == []
