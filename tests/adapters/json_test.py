"""The JSON face: the same requests with curl's means, and errors that name what is wrong."""

import http.client
import json
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st
from tests.support.serving import PATIENCE_S, Caller, served
from tests.support.tenants import ACME, ROOT, new_tenant, put, uid

from bf.adapters.http.json_face import JSON_DEPTH_MAX, parsed
from bf.adapters.http.refusals import STATUS, BadJson
from bf.core.limits import REFUSAL_BYTES_MAX, REQUEST_BYTES_MAX
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY


@dataclass(frozen=True)
class Told:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> tuple[Status, ErrorInfo, str]:
        """Read the body as google.rpc.Status: itself, its reason and the field to blame."""
        status = json_format.ParseDict(self.body, Status())
        info, bad = ErrorInfo(), BadRequest()
        assert status.details[0].Unpack(info)
        field = bad.field_violations[0].field if status.details[1:] and status.details[1].Unpack(bad) else ""
        return status, info, field


class Web:
    """A client without any library of ours."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=PATIENCE_S)

    def ask(self, path: str, body: "bytes | str | None" = None, method: str = "POST", **headers: str) -> Told:
        sent = {"tenant": ACME, "content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self._connection.request(method, path, body, sent)
        answer = self._connection.getresponse()
        read = answer.read()
        json_like = answer.headers.get_content_type() == "application/json"
        got = {name.lower(): value for name, value in answer.headers.items()}
        return Told(answer.status, got, json.loads(read) if json_like else read)

    def call(self, name: str, request: Any, **headers: str) -> Told:  # noqa: ANN401  # any JSON
        return self.ask(f"/v1/{name}", json.dumps(request), **headers)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    root: Path = tmp_path_factory.mktemp("data")
    new_tenant(root)
    with served(root) as (server, at), Caller(at, ACME) as caller:
        caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
        caller.call(rq.AddProductsReq(skus=["cola"]))
        caller.call(put(1_000))
        yield at
        server.kill()
        assert "Traceback" not in server.end_text(), "bad input is never a fault of ours"


@pytest.fixture(scope="module")
def web(address: str) -> Generator[Web]:
    web = Web(address)
    yield web
    web.close()


# Requests


def test_each_rpc_can_be_called_with_json(web: Web) -> None:
    def call(name: str, /, **fields: Any) -> Any:  # noqa: ANN401  # any JSON
        called.add(name)
        told = web.call(name, fields)
        assert told.status == 200, told.body
        return told.body

    called = set[str]()
    (hall,) = call("AddLocations", locs=[{"name": "Hall", "locs": [{"name": "Bin"}]}], parent=ROOT)["locs"]
    place = hall["locs"][0]["uid"]
    (product,) = call("AddProducts", skus=["tea"])["uids"]
    assert call("ListProducts", skus=["tea"])["items"][0]["uid"] == product
    assert call("UpdateInventory", location=place, product=product, on_hand_change=5)["on_hand"] == "5"
    for code in ("one", "two"):
        items = [{"sku": "tea", "quantity": 2}]
        made = call("Reserve", reservation=code, items=items, location=hall["uid"])["reservation"]
        if code == "one":
            call("Cancel", reservation=made)
        else:
            call("Fulfill", reservation=made, items=[{"product": product, "location": place, "quantity": 2}])
    call("MoveLocation", uid=place, new_parent=ROOT)
    assert [loc["name"] for loc in call("ListLocations", location=place)["locs"]] == ["Bin"]
    (left,) = call("GetLocInventory", location=place)["items"]
    assert left == {"product": product, "on_hand": "3", "available": "3"}
    call("TagLocations", locations=[place], add=["moved"])
    assert [item["name"] for item in call("ListTagged", tag="moved")["items"]] == ["Bin"]
    for code in ("one", "two"):
        items = [{"product": product, "quantity": 1}]
        call("StartTransfer", transfer=code, source=place, destination=hall["uid"], items=items)
    assert [each["transfer"] for each in call("ListTransfers")["transfers"]] == ["one", "two"]
    call("CancelTransfer", transfer="one")
    assert call("ReceiveTransfer", transfer="two", reason="stolen")["in_transit"] == []
    counts = [{"product": product, "counted": 4}]
    (difference,) = call("TakeStock", location=place, reason="found", counts=counts)["differences"]
    assert difference == {"product": product, "difference": "2"}
    made = call("Reserve", reservation="three", items=[{"sku": "tea", "quantity": 2}], location=ROOT)["reservation"]
    call("EnableFeature", feature="fulfilment-waves")
    assert [feature["enabled"] for feature in call("ListFeatures")["features"]] == [True]
    assert [pick["reservation"] for pick in call("PlanWave", wave="wave", location=ROOT)["picks"]] == [made]
    assert call("PickWave", wave="wave") == {"picked": [made], "skipped": [], "left": 0}
    call("DisableFeature", feature="fulfilment-waves")
    call("DefineReport", name="whole", locations=[ROOT])
    assert [report["name"] for report in call("ListReports")["reports"]] == ["whole"]
    shown = call("GetReport", name="whole", sku_prefix="te")
    assert (shown["skus"], shown["total"]["available"]) == (["tea"], ["2"])
    call("DropReport", name="whole")
    source = 'function update() return { alert = "look" } end'
    assert call("InstallScript", hook="update", name="watch", source=source) == {"version": "1"}
    call("UpdateInventory", location=place, product=product, on_hand_change=1)
    assert [alert["text"] for alert in call("ListAlerts")["alerts"]] == ["look"]
    call("RemoveScript", hook="update", name="watch")
    assert [script["name"] for script in call("ListScripts")["scripts"]] == ["watch"]
    assert called == {name.removesuffix("Req") for name in INVENTORY.requests}


def test_a_request_has_the_name_of_its_rpc_or_of_its_message(web: Web) -> None:
    assert web.call("ListProducts", {}).body == web.call("ListProductsReq", {}).body


def test_a_request_id_makes_a_retry_safe(web: Web) -> None:
    request = {"skus": ["once"]}
    first = web.call("AddProducts", request, request_id="json/1")
    assert web.call("AddProducts", request, request_id="json/1").body == first.body
    assert web.call("AddProducts", request).status == 409


def test_json_and_grpc_see_the_same(web: Web, address: str) -> None:
    with Caller(address, ACME) as caller:
        assert caller.call(rq.ListProductsReq(skus=["cola"])).items[0].uid == uid(2)
    assert web.call("ListProducts", {"skus": ["cola"]}).body["items"][0]["uid"] == uid(2)


def test_the_host_name_says_the_tenant(web: Web) -> None:
    assert web.call("ListProducts", {}, tenant="", host="acme.localhost:50051").status == 200
    assert web.call("ListProducts", {}, tenant=ACME, host="ACME.LOCALHOST").status == 200
    status, info, field = web.call("ListProducts", {}, tenant="zeta", host="acme.localhost").error
    assert (status.code, info.reason, field) == (Code.PERMISSION_DENIED, "WrongTenant", "tenant")
    assert web.call("ListProducts", {}, tenant="", host="[::1]:50051").status == 400


def test_health_is_for_everybody(web: Web) -> None:
    assert web.ask("/healthz", method="GET", tenant="").body == b"serving\n"


# Refusals


def test_a_refusal_is_a_google_rpc_status_with_the_details_of_grpc(web: Web) -> None:
    told = web.call("UpdateInventory", {"location": "here", "product": uid(2), "on_hand_change": 1})
    status, info, field = told.error
    assert (told.status, status.code) == (400, Code.INVALID_ARGUMENT)
    assert (info.reason, info.domain, field) == ("MalformedUid", "inventory", "location")
    assert "location is not a uid" in status.message


def test_every_code_has_the_http_status_of_google_rpc_code() -> None:
    assert set(STATUS) == set(Code) - {Code.OK}
    assert (STATUS[Code.NOT_FOUND], STATUS[Code.UNAUTHENTICATED], STATUS[Code.UNAVAILABLE]) == (404, 401, 503)


@pytest.mark.parametrize(
    ("path", "method", "headers", "body", "status", "reason", "field"),
    [
        ("/v1/Steal", "POST", {}, "{}", 404, "NoSuchPath", "path"),
        ("/", "GET", {}, None, 404, "NoSuchPath", "path"),
        ("/v1/ListProducts/", "POST", {}, "{}", 404, "NoSuchPath", "path"),
        ("/v1/ListProducts", "GET", {}, None, 405, "WrongMethod", "method"),
        ("/healthz", "DELETE", {}, None, 405, "WrongMethod", "method"),
        ("/v1/ListProducts", "POST", {"content_type": "text/plain"}, "{}", 415, "NotJson", "content-type"),
        ("/v1/ListProducts", "POST", {"content_type": ""}, "{}", 415, "NotJson", "content-type"),
        ("/v1/ListProducts", "POST", {"tenant": ""}, "{}", 400, "TenantMissing", "tenant"),
        ("/v1/ListProducts", "POST", {"tenant": "nobody"}, "{}", 404, "TenantNotFound", "tenant"),
        ("/v1/ListProducts", "POST", {}, "", 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, "[]", 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, "{", 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, b"\xff", 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, '{"skuz": []}', 400, "BadJson", "skuz"),
        ("/v1/ListProducts", "POST", {}, '{"skus": [7]}', 400, "BadJson", "skus"),
        ("/v1/ListProducts", "POST", {}, '{"limit": "many"}', 400, "BadJson", "limit"),
        ("/v1/AddLocations", "POST", {}, '{"locs": [{"nam": "x"}]}', 400, "BadJson", "locs[0].nam"),
        ("/v1/AddLocations", "POST", {}, '{"locs": [{"name": 1}]}', 400, "BadJson", "name"),
        ("/v1/AddLocations", "POST", {}, '{"locs": 7}', 400, "BadJson", "locs"),
        ("/v1/ListProducts", "POST", {}, '{"limit": 1, "limit": 2}', 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, "9" * 5_000, 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, "[" * 100_000, 400, "BadJson", "body"),
        ("/v1/ListProducts", "POST", {}, '{"skus": ["\\ud800"]}', 400, "BadJson", "skus"),
        ("/v1/ListProducts", "POST", {"authorization": "Bearer x"}, "{}", 401, "TokenUnknown", "authorization"),
    ],
)
def test_invariant_9_what_is_wrong_is_named(  # noqa: PLR0917  # the table's columns
    web: Web,
    path: str,
    method: str,
    headers: dict[str, str],
    body: "str | bytes | None",
    status: int,
    reason: str,
    field: str,
) -> None:
    told = web.ask(path, body, method, **headers)
    assert (told.status, told.error[1].reason, told.error[2]) == (status, reason, field), told.body
    assert len(told.error[0].message.encode()) <= REFUSAL_BYTES_MAX
    if status == 401:
        assert told.headers["www-authenticate"] == "Bearer"
    if status == 405:
        assert told.headers["allow"]


def test_a_body_beyond_its_limit_is_refused(web: Web, address: str) -> None:
    largest = b'{"skus": ["cola"]}'.ljust(REQUEST_BYTES_MAX)
    assert web.ask("/v1/ListProducts", largest).status == 200
    for body in (largest + b" ", iter([largest, b" "])):  # of a known and of an unknown length
        other = Web(address)
        try:
            told = other.ask("/v1/ListProducts", body)  # pyright: ignore[reportArgumentType]  # http.client takes iterators
        except (BrokenPipeError, ConnectionResetError):
            continue  # refused while it was still being sent
        finally:
            other.close()
        assert (told.status, told.error[1].reason) == (413, "BodyTooLarge")


def test_json_nests_as_deep_as_its_limit() -> None:
    def nested(depth: int) -> bytes:
        return b'{"locs": [' + b'{"locs": [' * depth + b"]}" * depth + b"]}"

    parsed(nested(JSON_DEPTH_MAX - 1), rq.AddLocationsReq)
    with pytest.raises(BadJson, match="recursion depth is 100") as caught:
        parsed(nested(JSON_DEPTH_MAX), rq.AddLocationsReq)
    assert caught.value.field == "locs"


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.sampled_from(["skus", "limit", "locs", "name", "parent", "items", "tags"]), inside)
    ),
    max_leaves=8,
)


@given(st.sampled_from(sorted(INVENTORY.requests)), JSON_LIKE)
def test_invariant_9_any_json_is_read_or_refused_by_name(name: str, value: Any) -> None:  # noqa: ANN401  # any JSON
    with suppress(BadJson):
        parsed(json.dumps(value).encode(), INVENTORY.requests[name])


@given(st.binary(max_size=50))
def test_invariant_9_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(BadJson):
        parsed(body, rq.AddProductsReq)
