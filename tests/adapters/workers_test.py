"""What workers of one server are made of: shares, a look at the server name, lines, calls that go to another one."""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from tests.support.calls import OneByOne
from tests.support.connections import until
from tests.support.tenants import new_tenant

from bf.adapters.front import limits as front_limits
from bf.adapters.front.under_way import UnderWay
from bf.adapters.sqlite.storage import DirectoryStorage, ForeignTenantError
from bf.adapters.tracing.parent import note_parent, parent
from bf.adapters.workers import accepting, channel, forwarding
from bf.adapters.workers.accepting import Acceptor
from bf.adapters.workers.channel import NOTHING, Channel
from bf.adapters.workers.forwarding import Answering, Asking, SharedCalls
from bf.adapters.workers.hello import RECORD_BYTES, record_size, server_name
from bf.adapters.workers.limits import HANDED_COUNT_MAX, HELLO_BYTES_MAX
from bf.adapters.workers.share import Share, owner_of
from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY

PATIENCE_S = 20
TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


# Shares


@given(LABELS, st.integers(1, 32))
def test_a_tenant_belongs_to_exactly_one_worker(tenant: str, count: int) -> None:
    assert [Share(number, count).has(tenant) for number in range(1, count + 1)].count(True) == 1


def test_who_has_a_tenant_is_the_same_in_every_release() -> None:
    assert [owner_of(tenant, 3) for tenant in ("acme", "zeta", "shop", "kiosk", "")] == [1, 2, 1, 3, 1]


def test_tenants_are_spread_evenly() -> None:
    owners = [owner_of(f"tenant-{number}", 4) for number in range(4_000)]
    assert all(900 < owners.count(number) < 1_100 for number in (1, 2, 3, 4))


def test_a_storage_opens_and_changes_no_tenant_of_another_worker(tmp_path: Path) -> None:
    for tenant in ("acme", "zeta"):
        new_tenant(tmp_path, tenant)
    ours, theirs = DirectoryStorage(tmp_path, owns=lambda tenant: tenant == "acme"), DirectoryStorage(tmp_path)
    assert ours.tenants() == ["acme"]
    ours.log("acme")
    for touch in (
        lambda: ours.log("zeta"),
        lambda: ours.draft("zeta"),
        lambda: ours.database("zeta", 1),
        lambda: ours.next_database("zeta"),
        lambda: ours.truncate("zeta", 9, archive=False),
        lambda: ours.drop("zeta", 1),
        lambda: ours.set_limits("zeta", {}),
        lambda: ours.erase("zeta", {}),
    ):
        with pytest.raises(ForeignTenantError, match="tenant zeta belongs to another worker"):
            touch()
    assert ours.folder("zeta").is_dir(), "its tokens and certificates are read by whoever takes a caller in"
    assert theirs.tenants() == ["acme", "zeta"]
    for storage in (ours, theirs):
        storage.close()


# The first bytes of a connection


def hello(name: str | None, *protocols: str) -> bytes:
    """Return what OpenSSL begins a connection with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = name is not None
    if protocols:
        context.set_alpn_protocols(list(protocols))
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


HELLO = hello("acme.localhost", "h2")


@given(LABELS, st.lists(st.sampled_from(["h2", "http/1.1"])))
def test_the_server_name_is_found(tenant: str, protocols: list[str]) -> None:
    record = hello(f"{tenant}.shop.example", *protocols)
    assert record_size(record[:RECORD_BYTES]) == len(record)
    assert server_name(record) == f"{tenant}.shop.example"


def test_who_names_nobody_names_nobody() -> None:
    assert server_name(hello(None)) == ""


@given(st.binary(max_size=600))
def test_any_bytes_are_looked_at_without_a_fault(seen: bytes) -> None:
    assert 0 <= record_size(seen) <= HELLO_BYTES_MAX
    assert isinstance(server_name(seen), str)


@given(st.lists(st.tuples(st.integers(0, len(HELLO) - 1), st.integers(0, 255)), max_size=4), st.integers(0, len(HELLO)))
def test_a_spoiled_hello_is_looked_at_without_a_fault(spoiled: list[tuple[int, int]], end: int) -> None:
    record = bytearray(HELLO)
    for place, value in spoiled:
        record[place] = value
    assert server_name(bytes(record[:end])).isascii()


def test_a_hello_that_ends_early_names_nobody() -> None:
    assert {server_name(HELLO[:end]) for end in range(len(HELLO))} <= {"", "acme.localhost"}
    start = HELLO.index(b"acme")
    assert {server_name(HELLO[:end]) for end in range(start + len("acme.localhost"))} == {""}


def test_what_is_too_long_to_be_looked_into_is_not() -> None:
    assert record_size(bytes([22, 3, 1]) + (HELLO_BYTES_MAX - RECORD_BYTES).to_bytes(2, "big")) == HELLO_BYTES_MAX
    assert record_size(bytes([22, 3, 1]) + (HELLO_BYTES_MAX - RECORD_BYTES + 1).to_bytes(2, "big")) == 0


# Taking connections in


@dataclass
class Entrance:
    """An acceptor, and what it has handed on."""

    acceptor: Acceptor
    address: tuple[str, int]
    handed: list[tuple[socket.socket, str]]
    clients: list[socket.socket] = field(default_factory=list[socket.socket])

    def client(self) -> socket.socket:
        self.clients.append(socket.create_connection(self.address, timeout=PATIENCE_S))
        return self.clients[-1]


def accepted(test: Callable[[Entrance], Coroutine[Any, Any, None]], *, look: bool = True) -> None:
    async def whole() -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        handed: list[tuple[socket.socket, str]] = []
        acceptor = Acceptor(listening, lambda connection, name: handed.append((connection, name)), look=look)
        entrance = Entrance(acceptor, listening.getsockname(), handed)
        acceptor.start()
        await test(entrance)
        await acceptor.stop()
        for each in [*entrance.clients, *(connection for connection, _ in handed)]:
            each.close()

    asyncio.run(whole())


def test_a_connection_is_handed_on_as_it_came_however_slowly() -> None:
    async def test(entrance: Entrance) -> None:
        client = entrance.client()
        for begin, end in ((0, 3), (3, 100), (100, len(HELLO))):
            for _ in range(100):
                await asyncio.sleep(0)
            assert not entrance.handed
            client.send(HELLO[begin:end])
        await until(lambda: entrance.handed)
        ((connection, name),) = entrance.handed
        assert name == "acme.localhost"
        connection.settimeout(PATIENCE_S)
        assert connection.recv(1) == HELLO[:1], "one byte is enough to be woken again"
        assert connection.recv(10_000) == HELLO[1:]

    accepted(test)


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03", b""])
def test_what_is_no_hello_is_handed_on_too(said: bytes) -> None:
    async def test(entrance: Entrance) -> None:
        client = entrance.client()
        client.send(said)
        client.shutdown(socket.SHUT_WR)
        await until(lambda: entrance.handed)
        assert entrance.handed[0][1] == ""

    accepted(test)


def test_in_plain_text_nobody_is_looked_at() -> None:
    async def test(entrance: Entrance) -> None:
        entrance.client()
        await until(lambda: entrance.handed)

    accepted(test, look=False)


def test_who_does_not_say_whom_it_wants_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert front_limits.HANDSHAKE_S_MAX > 1
    monkeypatch.setattr(accepting, "HANDSHAKE_S_MAX", 0.01)

    async def test(entrance: Entrance) -> None:
        client = entrance.client()
        client.send(HELLO[:-1])
        assert await asyncio.to_thread(_closed, client)
        assert not entrance.handed

    accepted(test)


def test_the_oldest_of_too_many_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "LOOKED_AT_COUNT_MAX", 2)

    async def test(entrance: Entrance) -> None:
        first, *_ = [entrance.client() for _ in range(3)]
        assert await asyncio.to_thread(_closed, first)
        entrance.clients[1].send(HELLO)
        await until(lambda: entrance.handed)

    accepted(test)


def test_those_that_nobody_has_got_are_closed_in_the_end() -> None:
    async def test(entrance: Entrance) -> None:
        silent, asking = entrance.client(), entrance.client()
        asking.send(HELLO)
        await until(lambda: entrance.handed)  # who came before is taken in as well
        await entrance.acceptor.stop()
        assert await asyncio.to_thread(_closed, silent)

    accepted(test)


def _closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


# A line to a worker


def test_a_line_carries_messages_and_open_files_and_tells_its_end() -> None:
    async def test() -> None:
        heard: list[tuple[bytes, int]] = []
        ends: list[str] = []
        ours, theirs = channel.line()
        one = Channel(ours, lambda _message, _file: None, lambda: ends.append("ours"))
        other = Channel(theirs, lambda message, file: heard.append((message, file)), lambda: ends.append("theirs"))
        reading, writing = os.pipe()
        assert one.send(b"plain")
        assert one.send(b"with a file", writing)
        await until(lambda: len(heard) == 2)
        assert heard[0] == (b"plain", NOTHING)
        assert heard[1][0] == b"with a file"
        os.write(heard[1][1], b"x")
        os.close(heard[1][1])
        assert os.read(reading, 9) == b"x"
        assert os.read(reading, 9) == b"", "the sender has it no more"
        os.close(reading)
        one.close()
        await until(lambda: ends)
        assert ends == ["theirs"]
        assert not one.send(b"more")
        other.close()

    asyncio.run(test())


def test_what_the_other_side_does_not_take_waits_within_a_bound() -> None:
    async def test() -> None:
        ours, theirs = channel.line()
        one = Channel(ours, lambda _message, _file: None, lambda: None)
        sent = 0
        while one.send(b"%d" % sent):
            sent += 1
        assert sent >= HANDED_COUNT_MAX
        heard: list[bytes] = []
        other = Channel(theirs, lambda message, _file: heard.append(message), lambda: None)
        await until(lambda: len(heard) == sent)
        assert heard == [b"%d" % number for number in range(sent)]
        one.close()
        other.close()

    asyncio.run(test())


# Calls for tenants of another worker


@dataclass
class Owner(OneByOne):
    """Answers when it is told to, and notes what it was asked."""

    asked: list[tuple[object, ...]] = field(default_factory=list[tuple[object, ...]])
    answer: Answer | Exception = field(default_factory=lambda: Answer(code=0))
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        self.asked.append((tenant, request, request_id, actor, parent()))
        await self.open.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Two:
    """Two workers: one asks, the other owns the tenant."""

    asking: Asking
    answering: Answering
    line: asyncio.BaseTransport
    owner: Owner
    under_way: UnderWay

    def begin(self, number: int) -> "asyncio.Task[Answer]":
        request = rq.ListProductsReq(limit=number)
        return asyncio.get_running_loop().create_task(self.asking.call("acme", request, f"id-{number}", "token 1"))

    async def asked(self, count: int) -> None:
        await until(lambda: len(self.owner.asked) == count)


def between(test: Callable[[Two], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        loop, ends = asyncio.get_running_loop(), socket.socketpair()
        owner, under_way = Owner(), UnderWay()
        _, asking = await loop.create_unix_connection(Asking, sock=ends[0])
        line, answering = await loop.create_unix_connection(
            lambda: Answering(owner, INVENTORY.requests, under_way), sock=ends[1]
        )
        two = Two(asking, answering, line, owner, under_way)
        await test(two)
        await two.asking.close()
        await two.answering.close()

    asyncio.run(whole())


def test_a_call_reaches_the_owner_as_it_is_and_so_does_its_answer() -> None:
    async def test(two: Two) -> None:
        two.owner.open.set()
        two.owner.answer = Answer(Code.FAILED_PRECONDITION, b"body", "NotEnough", "not enough", "items", 41)
        note_parent(TRACE_PARENT)
        answer = await two.begin(7)
        assert answer == two.owner.answer
        assert answer.event == 41
        assert two.owner.asked == [("acme", rq.ListProductsReq(limit=7), "id-7", "token 1", TRACE_PARENT)]

    between(test)


def test_calls_are_begun_in_their_order_and_wait_for_no_other() -> None:
    async def test(two: Two) -> None:
        calls = [two.begin(number) for number in range(50)]
        await two.asked(50)
        assert [asked[2] for asked in two.owner.asked] == [f"id-{number}" for number in range(50)]
        two.owner.open.set()
        assert [(await call).code for call in calls] == [0] * 50

    between(test)


def test_several_requests_go_in_one_frame() -> None:
    async def test(two: Two) -> None:
        two.owner.open.set()
        requests = [(rq.ListProductsReq(limit=number), f"id-{number}") for number in range(3)]
        assert await two.asking.call_all("acme", requests, "") == [Answer(0)] * 3
        assert [asked[1] for asked in two.owner.asked] == [request for request, _ in requests]

    between(test)


def test_whatever_the_owner_had_not_answered_when_it_went_is_unavailable() -> None:
    async def test(two: Two) -> None:
        calls = [two.begin(number) for number in range(3)]
        await two.asked(3)
        two.line.close()
        for call in calls:
            answer = await call
            assert (answer.code, answer.reason) == (Code.UNAVAILABLE, "OwnerGone")
        assert (await two.begin(4)).reason == "OwnerGone"

    between(test)


def test_a_caller_that_goes_harms_nobody() -> None:
    async def test(two: Two) -> None:
        gone, stays = two.begin(1), two.begin(2)
        await two.asked(2)
        gone.cancel()
        two.owner.open.set()
        assert (await stays).code == 0
        assert (await two.begin(3)).code == 0

    between(test)


@pytest.mark.parametrize(("limit", "most"), [("FORWARDED_REQUESTS_MAX", 2), ("FORWARDED_BYTES_MAX", 120)])
def test_more_than_may_be_under_way_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(forwarding, limit, most)

    async def test(two: Two) -> None:
        calls = [two.begin(number) for number in (1, 2)]
        await two.asked(2)
        refused = await two.begin(3)
        assert (refused.code, refused.reason) == (Code.RESOURCE_EXHAUSTED, "TooManyForwarded")
        two.owner.open.set()
        assert [(await call).code for call in calls] == [0, 0]
        assert (await two.begin(4)).code == 0

    between(test)


def test_a_fault_of_the_owner_is_internal_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def test(two: Two) -> None:
        two.owner.open.set()
        two.owner.answer = ValueError("something")
        answer = await two.begin(1)
        assert (answer.code, answer.reason) == (Code.INTERNAL, "Fault")
        assert "a call of another worker failed" in caplog.text

    between(test)


def test_an_owner_that_stops_answers_what_it_has_begun_and_takes_no_more() -> None:
    async def test(two: Two) -> None:
        begun = two.begin(1)
        await two.asked(1)
        stopping = asyncio.get_running_loop().create_task(two.under_way.drain(PATIENCE_S))
        await asyncio.sleep(0)
        assert (await two.begin(2)).reason == "Stopping"
        two.owner.open.set()
        await stopping
        assert (await begun).code == 0

    between(test)


def test_answers_of_any_size_come_whole() -> None:
    async def test(two: Two) -> None:
        two.owner.open.set()
        two.owner.answer = Answer(0, bytes(4_000_000))
        calls = [two.begin(number) for number in range(5)]
        assert [len((await call).response) for call in calls] == [4_000_000] * 5

    between(test)


def test_a_call_goes_to_whoever_has_the_tenant() -> None:
    async def test() -> None:
        ours, theirs = Owner(answer=Answer(0, b"ours")), Owner(answer=Answer(0, b"theirs"))
        ours.open.set()
        theirs.open.set()
        calls = SharedCalls(Share(1, 3), ours, {2: theirs}.get)
        told = [await calls.call(tenant, rq.ListProductsReq(), "") for tenant in ("acme", "zeta", "kiosk")]
        assert [answer.response for answer in told] == [b"ours", b"theirs", b""]
        assert (told[2].code, told[2].reason) == (Code.UNAVAILABLE, "OwnerGone")

    asyncio.run(test())
