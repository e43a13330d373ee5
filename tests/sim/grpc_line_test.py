"""Real gRPC code at both ends of simulated connections."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from google.protobuf.message import Message
from grpclib.client import Channel
from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from tests.support.calls import OneByOne
from tests.support.connections import Simulated

from bf.adapters.front.limits import STREAMS_COUNT_MAX
from bf.core.ports import Answer
from bf.core.refusal import Code
from bf.inventory.api import requests_pb2 as rq
from bf.inventory.domain import INVENTORY
from bf.sim.draw import draw
from bf.sim.grpc_line import PORT, GrpcFront, GrpcLine
from bf.sim.loop import SimTask
from bf.sim.world import World

REQUEST = rq.ListLocationsReq()
PATIENCE_S = 2.0


class Books(OneByOne):
    """Answers after a while, and notes what it was asked."""

    def __init__(self, answer: Answer, seconds: float = 0) -> None:
        self.asked: list[tuple[str, Message, str]] = []
        self.at_once = self.most = 0
        self._answer = answer
        self._seconds = seconds

    async def call(self, tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        del actor
        self.asked.append((tenant, request, request_id))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self.at_once -= 1
        return self._answer


OK = Answer(code=Code.OK, response=b"bytes as they are")


class Shop(Simulated):
    """A node's front on the server, and a line to it."""

    def __init__(self, books: Books) -> None:
        super().__init__()
        self.books = books
        self.line = GrpcLine(self.client, "server")

    async def open(self) -> GrpcFront:
        async def begin() -> GrpcFront:
            front = GrpcFront(self.server, self.books, INVENTORY)
            await front.start()
            return front

        return await self.at_server(begin())

    async def ask(self, request_id: str = "") -> Answer | None:
        return await self.line.call("acme", REQUEST, request_id, PATIENCE_S)


def in_a_shop(
    answer: Answer = OK, seconds: float = 0
) -> Callable[[Callable[[Shop], Coroutine[Any, Any, None]]], Callable[[], None]]:
    def decorated(test: Callable[[Shop], Coroutine[Any, Any, None]]) -> Callable[[], None]:
        def run() -> None:
            async def whole() -> None:
                await test(shop)
                shop.line.hang_up()

            shop = Shop(Books(answer, seconds))
            shop.run(whole())

        return run

    return decorated


@in_a_shop()
async def test_a_call_is_answered_with_the_bytes_that_the_node_gave(shop: Shop) -> None:
    await shop.open()
    assert await shop.ask("acme/1") == OK
    assert shop.books.asked == [("acme", REQUEST, "acme/1")]


@in_a_shop(Answer(code=Code.NOT_FOUND, reason="LocationUnknown", message="there is no such location", field="uid"))
async def test_a_refusal_comes_with_its_code_reason_and_message(shop: Shop) -> None:
    await shop.open()
    assert await shop.ask() == Answer(
        code=Code.NOT_FOUND, reason="LocationUnknown", message="there is no such location"
    )


@in_a_shop()
async def test_where_nobody_listens_there_is_no_answer_and_later_there_is(shop: Shop) -> None:
    assert await shop.ask() is None
    await shop.open()
    assert await shop.ask() == OK


@in_a_shop(seconds=60)
async def test_an_answer_that_does_not_come_in_time_is_none_and_the_call_is_taken_back(shop: Shop) -> None:
    await shop.open()
    assert await shop.ask() is None
    assert shop.loop.now == pytest.approx(PATIENCE_S, abs=0.1)
    await asyncio.sleep(1)
    assert (len(shop.books.asked), shop.books.at_once) == (1, 0)


@in_a_shop(seconds=1)
async def test_a_call_is_not_lost_with_another_one_that_lost_its_patience(shop: Shop) -> None:
    await shop.open()
    slow = shop.loop.create_task(shop.line.call("acme", REQUEST, "", 0.5))
    other = shop.loop.create_task(shop.ask())
    assert await slow is None
    assert await other == OK


@in_a_shop(seconds=0.5)
async def test_the_death_of_the_server_ends_a_call_at_once_and_the_next_one_connects_anew(shop: Shop) -> None:
    await shop.open()
    asking = shop.loop.create_task(shop.ask())
    await asyncio.sleep(0.1)
    shop.crash(power=False)
    assert await asking is None
    assert shop.loop.now < 0.2
    shop.server.new_life()
    await shop.open()
    assert await shop.ask() == OK


@in_a_shop(seconds=0.5)
async def test_a_front_that_stops_lets_what_is_under_way_end(shop: Shop) -> None:
    front = await shop.open()
    asking = shop.loop.create_task(shop.ask())
    await asyncio.sleep(0.1)
    await shop.at_server(front.stop())
    assert await asking == OK
    assert await shop.ask() is None
    assert shop.loop.tasks_of(shop.server.life) == []


@in_a_shop(seconds=0.5)
async def test_many_calls_at_once_go_over_as_many_connections_as_they_need(shop: Shop) -> None:
    await shop.open()
    many = 2 * STREAMS_COUNT_MAX + 1
    assert await asyncio.gather(*(shop.ask() for _ in range(many))) == [OK] * many
    assert shop.books.most == many


@in_a_shop()
async def test_the_health_service_answers(shop: Shop) -> None:
    await shop.open()
    channel = Channel("server", PORT)
    answer = await HealthStub(channel).Check(HealthCheckRequest())
    assert answer.status == HealthCheckResponse.SERVING
    channel.close()


def test_tasks_of_a_call_belong_to_the_machine_that_runs_them() -> None:
    shop, names = Shop(Books(OK)), set[str]()

    async def call(tenant: str, request: Message, request_id: str, actor: str = "") -> Answer:
        del tenant, request, request_id, actor
        task = asyncio.current_task()
        assert isinstance(task, SimTask)
        names.add(task.life.name)
        return OK

    async def test() -> None:
        await shop.open()
        await shop.ask()
        shop.line.hang_up()

    shop.books.call = call
    shop.run(test())
    assert names == {"server"}


# The whole world over gRPC


@pytest.mark.parametrize("seed", range(20))
def test_no_invariant_is_violated_over_grpc(seed: int) -> None:
    outcome = World(draw("grpc", seed)).run()
    assert outcome.violation is None
    assert outcome.answers


def test_over_grpc_too_a_seed_decides_everything() -> None:
    first, second = (World(draw("grpc", 5)).run() for _ in range(2))
    assert (first.digest, first.steps) == (second.digest, second.steps)
    assert [asked.answer for asked in first.history.asked] == [asked.answer for asked in second.history.asked]
