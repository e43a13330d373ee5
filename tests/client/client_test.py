"""The client library against a served node: what it returns, raises, repeats and gathers."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any, cast

import pytest
from google.protobuf.message import Message
from tests.support.serving import Bf, served
from tests.support.tenants import ACME, ROOT, batches, commits, new_tenant, put

from bf.adapters.grpc.execute import CALLS_COUNT_MAX
from bf.client import BlockingClient, Client, Code, NoAnswerError, Told, UnreachableError, UntrustedError, client_tls
from bf.client import client as client_module
from bf.client.messages import Messages
from bf.core.limits import REQUEST_BYTES_MAX
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY

TOO_MUCH = -1_000_000_000


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    new_tenant(root)
    return root


@pytest.fixture(scope="module")
def address(root: Path) -> Generator[str]:
    with served(root) as (_, address), BlockingClient(address, ACME) as client:
        client.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
        client.call(rq.AddProductsReq(skus=["cola"]))
        yield address


async def on_hand(client: Client) -> int:
    resp = cast("rq.GetLocInventoryResp", await client.call(rq.GetLocInventoryReq(location=ROOT)))
    return sum(item.on_hand for item in resp.items)


def hand(told: Message | Told) -> int:
    assert isinstance(told, rq.UpdateInventoryResp), told
    return told.on_hand


async def puts(count: int) -> AsyncIterator[Message]:
    for _ in range(count):
        yield put(1)


def test_a_call_returns_the_response_or_raises_the_refusal(address: str) -> None:
    async def story() -> None:
        async with Client(address, ACME) as client:
            before = await on_hand(client)
            assert hand(await client.call(put(2))) == before + 2
            with pytest.raises(Told) as refused:
                await client.call(put(TOO_MUCH))
            assert (refused.value.code, refused.value.reason) == (Code.FAILED_PRECONDITION, "NotOnHand")

    asyncio.run(story())


def test_commands_have_ids_and_queries_have_none(address: str, root: Path) -> None:
    async def story(tries: int) -> None:
        async with Client(address, ACME, tries=tries) as client:
            await client.call(put(1))
            await on_hand(client)

    for tries, chars in ((2, 32), (1, 0)):
        asyncio.run(story(tries))
        assert len(commits(root)[-1].request_id) == chars


@pytest.mark.parametrize("batch", [0, 100])
def test_a_named_id_is_carried_out_once(address: str, batch: int) -> None:
    async def story() -> None:
        async with Client(address, ACME, batch=batch) as client:
            first = await client.call(put(1), f"mine {batch}")
            before = await on_hand(client)
            assert await client.call(put(1), f"mine {batch}") == first
            assert await on_hand(client) == before

    asyncio.run(story())


def test_execute_splits_what_does_not_fit_into_one_message(address: str) -> None:
    async def story() -> None:
        async with Client(address, ACME) as client:
            before, count = await on_hand(client), CALLS_COUNT_MAX + 10
            requests = [put(1) for _ in range(count)]
            requests[5] = put(TOO_MUCH)
            told = await client.execute(requests)
            assert isinstance(told[5], Told)
            assert [hand(each) for each in told if not isinstance(each, Told)] == [
                before + number for number in range(1, count)
            ]

    asyncio.run(story())


def test_pieces_hold_everything_once_and_none_is_too_large() -> None:
    large = rq.AddProductsReq(skus=["x" * 100 for _ in range(5_000)])
    asked = [(large, str(number)) for number in range(9)] + [(put(1), "") for _ in range(CALLS_COUNT_MAX + 1)]
    messages = Messages(INVENTORY)
    pieces = list(messages.pieces(asked))
    assert [each for piece in pieces for each in piece] == asked
    assert all(len(piece) <= CALLS_COUNT_MAX for piece in pieces)
    assert all(messages.write(piece).ByteSize() <= REQUEST_BYTES_MAX for piece in pieces)
    assert len(pieces) == 4


def test_calls_of_one_moment_share_messages_and_appends(address: str, root: Path) -> None:
    async def story() -> None:
        async with Client(address, ACME, batch=64) as client:
            before = await on_hand(client)
            told = await asyncio.gather(
                *(client.call(put(TOO_MUCH if number == 7 else 1)) for number in range(100)), return_exceptions=True
            )
            assert isinstance(told[7], Told)
            assert [hand(cast("Message", each)) for each in told if not isinstance(each, Told)] == [
                before + number for number in range(1, 100)
            ]

    before = len(batches(root))
    asyncio.run(story())
    assert len(batches(root)) - before <= 3


def test_a_stream_yields_what_each_request_was_told(address: str) -> None:
    async def story(batch: int) -> None:
        async with Client(address, ACME) as client:
            before = await on_hand(client)
            told = [hand(each) async for each in client.stream(puts(95), batch=batch)]
            assert told == list(range(before + 1, before + 96))
            assert [each async for each in client.stream(puts(0))] == []

    asyncio.run(story(1))
    asyncio.run(story(10))


def test_a_stream_raises_what_its_requests_raise(address: str) -> None:
    async def broken() -> AsyncIterator[Message]:
        yield put(1)
        raise LookupError("no more")

    async def story() -> None:
        async with Client(address, ACME) as client:
            with pytest.raises(LookupError):
                _ = [each async for each in client.stream(broken())]

    asyncio.run(story())


def test_a_server_that_dies_under_calls_and_streams_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.5)
    new_tenant(tmp_path)
    count = 1_000

    async def story(first: Bf, address: str) -> None:
        async with Client(address, ACME) as client, Client(address, ACME, batch=50) as batching:
            await client.call(rq.AddLocationsReq(locs=[rq.AddLocationsReq.Loc(name="Shelf")], parent=ROOT))
            await client.call(rq.AddProductsReq(skus=["cola"]))
            answered = 0

            async def streamed() -> None:
                nonlocal answered
                async for told in client.stream(puts(count)):
                    hand(told)
                    answered += 1
                    if answered == 100:
                        first.kill()
                        again.append(Bf(["serve", "--plain", "--data", tmp_path, "--addr", address]))

            async def called() -> None:
                for _ in range(10):
                    await asyncio.gather(*(batching.call(put(1)) for _ in range(50)))

            await asyncio.gather(streamed(), called())
            assert answered == count
            assert await on_hand(client) == count + 500

    again: list[Bf] = []
    with served(tmp_path) as (first, address):
        asyncio.run(story(first, address))
        with again[0]:
            pass


def test_a_server_that_is_not_there_is_told_after_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.001)

    async def story() -> None:
        async with Client("127.0.0.1:1", ACME) as client:
            with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1 cannot be reached"):
                await client.call(put(1))
            with pytest.raises(UnreachableError):
                _ = [each async for each in client.stream(puts(1))]

    asyncio.run(story())


def test_a_deadline_is_kept() -> None:
    async def story(port: int) -> None:
        for batch in (0, 10):
            async with Client(f"127.0.0.1:{port}", ACME, batch=batch) as client:
                with pytest.raises(NoAnswerError, match="no answer within"):
                    await client.call(put(1), deadline_s=0.05)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        asyncio.run(story(silent.getsockname()[1]))


def test_over_tls_with_a_token(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    with Bf(["token", "create", ACME, "--role", "writer", "--json", "--data", tmp_path]) as making:
        token = json.loads(making.end_text())["token"]
    with Bf(["serve", "--data", tmp_path, "--addr", "127.0.0.1:0"]) as server:
        address = server.expect("serving ").split(" on ", 1)[1].split(",", 1)[0]
        with BlockingClient(address, ACME, tls=client_tls(str(tmp_path / "ca" / "ca.pem")), token=token) as client:
            assert client.call(rq.AddProductsReq(skus=["cola"])) == rq.AddProductsResp(uids=[ROOT[:-1] + "1"])

        def named(tenant: str) -> BlockingClient:
            tls = client_tls(str(tmp_path / "ca" / "ca.pem"))
            return BlockingClient(address, tenant, token=token, tls=tls, server_name=f"{ACME}.localhost")

        with named(ACME) as client:
            client.call(rq.ListProductsReq(limit=1))
        with named("zeta") as client, pytest.raises(Told) as refused:
            client.call(rq.ListProductsReq(limit=1))
        assert refused.value.reason == "WrongTenant"
        with (
            BlockingClient(address, ACME, tls=client_tls(None), token=token) as stranger,
            pytest.raises(UntrustedError, match="certificate"),
        ):
            stranger.call(rq.ListProductsReq(limit=1))


def test_threads_share_a_blocking_client(address: str) -> None:
    with BlockingClient(address, ACME, batch=100) as client:
        before = sum(item.on_hand for item in cast("Any", client.call(rq.GetLocInventoryReq(location=ROOT))).items)
        threads = [threading.Thread(target=lambda: [client.call(put(1)) for _ in range(25)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = client.execute([put(1), put(TOO_MUCH)], ["first", "second"])
        assert hand(told[0]) == before + 101
        assert isinstance(told[1], Told)
