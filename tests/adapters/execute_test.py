"""Many requests in one message, as a foreign client sends them: grpcio."""

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo
from tests.support.serving import PATIENCE_S, Bf, Caller, served
from tests.support.tenants import ACME, ROOT, batches, commits, digests, new_tenant, put

from bf.adapters.grpc.api.execution_pb2 import ExecuteReq, ExecuteResp
from bf.adapters.grpc.execute import CALLS_COUNT_MAX, EXECUTION
from bf.core.limits import REPLY_BYTES_MAX
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq

METADATA = [("tenant", ACME)]


def message(*requests: Message, ids: Sequence[str] = ()) -> ExecuteReq:
    req = ExecuteReq()
    for at, request in enumerate(requests):
        call = req.calls.add(request_id=ids[at] if ids else "")
        call.request.Pack(request)
    return req


def execute(caller: Caller, req: ExecuteReq) -> Any:  # noqa: ANN401  # grpcio's call
    path = f"/{EXECUTION.full_name}/Execute"
    call = (
        cast("Any", caller.channel)
        .unary_unary(path)
        .future(req.SerializeToString(), metadata=METADATA, timeout=PATIENCE_S)
    )
    call.code()
    return call


def outcomes(caller: Caller, req: ExecuteReq) -> list[ExecuteResp.Outcome]:
    return list(ExecuteResp.FromString(execute(caller, req).result()).outcomes)


def stream(caller: Caller, messages: Iterable[ExecuteReq]) -> Iterator[ExecuteResp]:
    path = f"/{EXECUTION.full_name}/ExecuteStream"
    bodies = (each.SerializeToString() for each in messages)
    for body in cast("Any", caller.channel).stream_stream(path)(bodies, metadata=METADATA, timeout=PATIENCE_S):
        yield ExecuteResp.FromString(body)


def unpacked(outcome: ExecuteResp.Outcome, kind: type[Message]) -> Any:  # noqa: ANN401  # any response
    found = kind()
    assert outcome.response.Unpack(found), outcome
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    new_tenant(root)
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Generator[tuple[Bf, str]]:
    with served(root) as (server, address):
        yield server, address
        server.kill()
        assert "Traceback" not in server.end_text()


@pytest.fixture(scope="module")
def caller(server: tuple[Bf, str]) -> Generator[Caller]:
    with Caller(server[1], ACME) as caller:
        caller.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
        caller.call(rq.AddProductsReq(skus=["cola"]))
        yield caller


def on_hand(caller: Caller) -> int:
    return sum(item.on_hand for item in caller.call(rq.GetLocInventoryReq(location=ROOT)).items)


def test_each_call_has_its_own_answer_in_its_place(caller: Caller) -> None:
    before = on_hand(caller)
    told = outcomes(caller, message(put(2), put(-1_000_000), put(3), rq.GetLocInventoryReq(location=ROOT)))
    assert unpacked(told[0], rq.UpdateInventoryResp).on_hand == before + 2
    assert told[1].refusal.code == Code.FAILED_PRECONDITION
    info = ErrorInfo()
    assert told[1].refusal.details[0].Unpack(info)
    assert (info.domain, bool(info.reason)) == ("inventory", True)
    assert unpacked(told[2], rq.UpdateInventoryResp).on_hand == before + 5
    assert unpacked(told[3], rq.GetLocInventoryResp).items[0].on_hand == before + 5
    assert on_hand(caller) == before + 5


def test_invariant_5_a_message_sent_again_gets_the_first_answers(caller: Caller, root: Path) -> None:
    before = on_hand(caller)
    req = message(put(1), put(-1_000_000), put(2), ids=["a", "b", "c"])
    first, again = outcomes(caller, req), outcomes(caller, req)
    assert first == again
    assert on_hand(caller) == before + 3
    assert [commit.request_id for commit in commits(root) if commit.request_id in "abc" and commit.request_id] == [
        "a",
        "b",
        "c",
    ]


def test_requests_of_one_message_share_appends(caller: Caller, root: Path) -> None:
    def appends() -> int:
        return len(batches(root))

    before = appends()
    outcomes(caller, message(*[put(1) for _ in range(100)]))
    assert appends() == before + 1


def test_what_cannot_be_read_is_refused_in_its_place(caller: Caller) -> None:
    before = on_hand(caller)
    req = message(put(1), put(1), put(1), put(1))
    req.calls[1].request.type_url = "type.googleapis.com/blackfriday.inventory.v1.NoSuchReq"
    req.calls[2].request.value = b"\xff\xff"
    req.calls[3].request.CopyFrom(AnyMessage())
    told = outcomes(caller, req)
    assert [each.refusal.code for each in told] == [0, Code.UNIMPLEMENTED, Code.INVALID_ARGUMENT, Code.UNIMPLEMENTED]
    assert "NoSuchReq" in told[1].refusal.message
    assert told[2].refusal.message.startswith("calls[2].request is not a blackfriday.inventory.v1.UpdateInventoryReq")
    assert on_hand(caller) == before + 1


@pytest.mark.parametrize("count", [0, CALLS_COUNT_MAX + 1])
def test_a_message_without_calls_or_with_too_many_is_refused_whole(caller: Caller, count: int) -> None:
    before = on_hand(caller)
    call = execute(caller, message(*[put(1) for _ in range(count)]))
    assert call.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert call.details().startswith(f"calls has {count} requests")
    assert on_hand(caller) == before


def test_answers_that_have_no_room_are_refused_and_commands_are_told(caller: Caller) -> None:
    caller.call(rq.AddProductsReq(skus=[f"{number:04}{'x' * 90}" for number in range(5_000)]))
    everything = rq.ListProductsReq(limit=5_000)
    size = len(caller.call(everything).SerializeToString())
    fitting = REPLY_BYTES_MAX // size
    told = outcomes(caller, message(*[everything] * (fitting + 2), put(1)))
    codes = [each.refusal.code for each in told]
    assert codes[: fitting - 1] == [0] * (fitting - 1)
    assert codes[-2:] == [Code.RESOURCE_EXHAUSTED, 0]
    assert "REPLY_BYTES_MAX" in told[-2].refusal.message
    assert unpacked(told[-1], rq.UpdateInventoryResp).on_hand > 0


def test_a_stream_answers_each_message_in_order(caller: Caller) -> None:
    before = on_hand(caller)
    told = list(stream(caller, (message(put(1), put(1)) for _ in range(200))))
    hands = [unpacked(outcome, rq.UpdateInventoryResp).on_hand for resp in told for outcome in resp.outcomes]
    assert hands == list(range(before + 1, before + 401))


def test_a_bad_message_ends_a_stream_after_the_answers_before_it(caller: Caller) -> None:
    told = list[ExecuteResp]()
    with pytest.raises(grpc.RpcError) as refused:
        told.extend(stream(caller, [message(put(1)), message()]))
    assert cast("Any", refused.value).code() is grpc.StatusCode.INVALID_ARGUMENT
    assert len(told) <= 1


def test_a_caller_who_may_only_read_is_refused_a_message_with_a_command(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with Bf(["token", "create", ACME, "--role", "reader", "--json", "--data", tmp_path]) as making:
        token = json.loads(making.end_text())["token"]
    with served(tmp_path) as (_, address), Caller(address, ACME) as caller:
        metadata = [*METADATA, ("authorization", f"Bearer {token}")]

        def ask(req: ExecuteReq) -> Any:  # noqa: ANN401  # grpcio's call
            path = f"/{EXECUTION.full_name}/Execute"
            call = (
                cast("Any", caller.channel)
                .unary_unary(path)
                .future(req.SerializeToString(), metadata=metadata, timeout=PATIENCE_S)
            )
            call.code()
            return call

        query = rq.ListProductsReq(limit=1)
        assert ask(message(query)).code() is grpc.StatusCode.OK
        refused = ask(message(query, rq.AddProductsReq(skus=["cola"])))
        assert refused.code() is grpc.StatusCode.PERMISSION_DENIED
        assert not caller.call(query).items


def test_replay_makes_the_state_that_messages_made(root: Path, server: tuple[Bf, str], caller: Caller) -> None:
    outcomes(caller, message(*[put(1) for _ in range(10)], put(-1_000_000)))
    lies, made = digests(root)
    del server
    assert lies == made
