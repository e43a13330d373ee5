"""The platform's limits are reached: one below passes, one above is refused or forgotten."""

import asyncio
import re
import socket
from pathlib import Path

import pytest
from google.protobuf.message import Message
from tests.support.calls import OneByOne
from tests.support.tenants import ACME, ROOT, batches, digests, done, files, furnish, new_tenant, node_on, on_hand, put

from bf.adapters.grpc import server
from bf.adapters.memory.meter import NoMeter
from bf.adapters.sqlite.storage import DirectoryStorage, StorageError
from bf.client import Client
from bf.core.limits import REPLY_BYTES_MAX, TENANT_NAME_CHARS_MAX
from bf.core.ports import Answer, Env, Log
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.inventory.domain import INVENTORY
from bf.node import answers, decide, queue
from bf.node.limits import (
    BATCH_BYTES_MAX,
    OPEN_CELLS_MAX,
    QUEUE_BYTES_MAX,
    REQUEST_ID_AGE_S_MAX,
    REQUEST_IDS_COUNT_MAX,
)
from bf.node.node import REOPEN_PAUSE_US, Node

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]


def test_a_tenants_name_is_at_most_a_dns_label(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path)
    storage.create("a" * TENANT_NAME_CHARS_MAX)
    with pytest.raises(StorageError, match=f"at most {TENANT_NAME_CHARS_MAX}"):
        storage.create("a" * (TENANT_NAME_CHARS_MAX + 1))
    assert storage.tenants() == ["a" * TENANT_NAME_CHARS_MAX]
    storage.close()


def test_the_oldest_first_answers_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = 2
    assert answers.REQUEST_IDS_COUNT_MAX == REQUEST_IDS_COUNT_MAX > kept
    monkeypatch.setattr(answers, "REQUEST_IDS_COUNT_MAX", kept)
    monkeypatch.setattr(answers, "FORGET_EVERY_ANSWERS", 1)
    new_tenant(tmp_path)

    async def story() -> None:
        async with node_on(tmp_path) as node:
            await furnish(node)
            for request_id in ("first", "second", "third"):
                await done(node, put(1), request_id)
            await done(node, put(1), "second")
            await done(node, put(1), "third")
            assert await on_hand(node) == 3
            await done(node, put(1), "first")
            assert await on_hand(node) == 4

    asyncio.run(story())


class SetClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.us = 1_700_000_000_000_000

    def now_us(self) -> int:
        return self.us

    def elapsed_us(self) -> int:
        return self.us


def test_first_answers_are_forgotten_after_their_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "FORGET_EVERY_ANSWERS", 1)
    storage = DirectoryStorage(tmp_path)
    storage.create(ACME)
    clock = SetClock()

    async def story() -> None:
        node = Node(Env(clock, storage, NoMeter()), INVENTORY)
        await furnish(node)
        await done(node, put(1), "first")
        clock.us += REQUEST_ID_AGE_S_MAX * 1_000_000
        await done(node, put(1), "second")
        await done(node, put(1), "first")
        assert await on_hand(node) == 2
        clock.us += 1
        await done(node, put(1), "third")
        await done(node, put(1), "first")
        assert await on_hand(node) == 4
        await node.stop()

    asyncio.run(story())
    storage.close()
    lies, made = digests(tmp_path)
    assert lies == made


def test_requests_of_too_many_bytes_are_told_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert queue.QUEUE_BYTES_MAX == QUEUE_BYTES_MAX
    size = put(1).ByteSize()
    monkeypatch.setattr(queue, "QUEUE_BYTES_MAX", 10 * size)
    new_tenant(tmp_path)

    async def story() -> None:
        async with node_on(tmp_path) as node:
            await furnish(node)
            told = await asyncio.gather(*(node.call(ACME, put(1), "") for _ in range(15)))
            assert [answer.code for answer in told] == [Code.OK] * 10 + [Code.RESOURCE_EXHAUSTED] * 5
            assert "QUEUE_BYTES_MAX" in told[-1].message
            await done(node, put(1))

    asyncio.run(story())


def test_a_batch_gathers_only_so_many_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert queue.BATCH_BYTES_MAX == BATCH_BYTES_MAX
    monkeypatch.setattr(queue, "BATCH_BYTES_MAX", 3 * put(1).ByteSize())
    new_tenant(tmp_path)

    async def story() -> None:
        async with node_on(tmp_path) as node:
            await furnish(node)
            large = rq.AddProductsReq(skus=[f"sku {number}" for number in range(1_000)])
            await asyncio.gather(*(node.call(ACME, put(1), "") for _ in range(9)), node.call(ACME, large, ""))

    asyncio.run(story())
    sizes = [len(batch) for batch in batches(tmp_path)[2:]]
    assert sum(sizes) == 10
    assert max(sizes) <= 3
    assert sizes[-1] == 1  # the large one goes alone


def test_the_tenant_that_was_not_called_for_longest_is_closed(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path)
    for tenant in ("a", "b", "c", "d"):
        storage.create(tenant)

    async def story() -> None:
        node = Node(Env(SetClock(), storage, NoMeter()), INVENTORY, open_cells_max=2)
        assert OPEN_CELLS_MAX > 2
        for tenant in ("a", "b", "a", "c", "d", "a"):
            answer = await node.call(tenant, rq.AddProductsReq(skus=["cola"]), f"id-{tenant}")
            assert answer.code == Code.OK
            assert len(node.cells()) <= 3
        assert list(node.cells())[-2:] == ["d", "a"]
        await node.stop()

    asyncio.run(story())
    storage.close()


def test_a_tenant_that_cannot_be_opened_is_left_alone_for_a_while_and_then_tried_again(tmp_path: Path) -> None:
    new_tenant(tmp_path)
    storage, clock, tries = DirectoryStorage(tmp_path), SetClock(), list[str]()
    (path,) = files(tmp_path, "log")
    sound = path.read_bytes()
    path.write_bytes(b"no log at all" * 1_000)

    def log(tenant: str) -> Log:
        tries.append(tenant)
        return DirectoryStorage.log(storage, tenant)

    storage.log = log

    async def story() -> None:
        node = Node(Env(clock, storage, NoMeter()), INVENTORY)
        for _ in range(5):
            assert (await node.call(ACME, rq.ListProductsReq(), "")).code == Code.INTERNAL
        assert tries == [ACME]
        clock.us += REOPEN_PAUSE_US
        assert (await node.call(ACME, rq.ListProductsReq(), "")).code == Code.INTERNAL
        assert tries == [ACME] * 2
        path.write_bytes(sound)
        clock.us += REOPEN_PAUSE_US
        assert (await node.call(ACME, rq.ListProductsReq(), "")).code == Code.OK
        await node.stop()

    asyncio.run(story())
    storage.close()


def test_an_answer_that_no_client_would_take_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_tenant(tmp_path)
    products = rq.ListProductsReq()

    async def story() -> None:
        async with node_on(tmp_path) as node:
            await furnish(node)
            size = len((await done(node, products)).response)
            assert 0 < size < REPLY_BYTES_MAX == decide.REPLY_BYTES_MAX
            monkeypatch.setattr(decide, "REPLY_BYTES_MAX", size)
            await done(node, products)
            monkeypatch.setattr(decide, "REPLY_BYTES_MAX", size - 1)
            answer = await node.call(ACME, products, "")
            assert (answer.code, answer.reason) == (Code.RESOURCE_EXHAUSTED, "ReplyTooLarge")
            assert re.search(f"{size} bytes; REPLY_BYTES_MAX", answer.message)

    asyncio.run(story())


class Silent(OneByOne):
    """Whoever is called here gets no answer."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        del tenant, request, request_id, actor
        self.called.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


def test_a_stopping_server_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "DRAIN_S_MAX", 0.05)

    async def story() -> None:
        silent = Silent()
        service = server.DomainService(SERVICE, INVENTORY, silent)
        served = server.grpc_server([service])
        listening = socket.create_server(("127.0.0.1", 0))
        await served.start(sock=listening)
        port = listening.getsockname()[1]
        async with Client(f"127.0.0.1:{port}", ACME) as client:
            call = asyncio.create_task(client.call(rq.ListLocationsReq(location=ROOT)))
            await silent.called.wait()
            async with asyncio.timeout(5):
                await service.drain()
                served.close()
                await served.wait_closed()
        await asyncio.wait([call])  # the connection has gone, so it ends
        assert call.exception()

    asyncio.run(story())
