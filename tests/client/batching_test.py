"""Calls that share messages, against a server that answers at once."""

import asyncio
from collections.abc import Sequence

import pytest
from google.protobuf.message import Message
from tests.support.tenants import put

from bf.client.batching import MESSAGES_COUNT_MAX, Batching
from bf.core.ports import Asked
from bf.core.refusal import Code, Told


class Echo:
    """Answers with what it was asked, whenever so many messages are under way, in one moment."""

    def __init__(self, together: int) -> None:
        self.sizes: list[int] = []
        self._together = asyncio.Barrier(together)

    async def send(self, asked: Sequence[Asked], seconds: float) -> list[Message | Told]:
        assert seconds > 0
        self.sizes.append(len(asked))
        await self._together.wait()
        return [request for request, _ in asked]


def test_whoever_calls_again_at_once_is_not_forgotten() -> None:
    async def story() -> None:
        echo = Echo(MESSAGES_COUNT_MAX)
        batching = Batching(echo.send, 4)

        async def client() -> None:
            for number in range(50):
                assert await batching.call((put(number), ""), 5) == put(number)

        async with asyncio.timeout(5):
            await asyncio.gather(*(client() for _ in range(4 * MESSAGES_COUNT_MAX)))
        assert echo.sizes == [4] * 50 * MESSAGES_COUNT_MAX

    asyncio.run(story())


def test_what_a_message_raises_everybody_in_it_gets_and_the_next_one_goes_on() -> None:
    async def story() -> None:
        calls = 0

        async def send(asked: Sequence[Asked], seconds: float) -> list[Message | Told]:
            nonlocal calls
            del seconds
            calls += 1
            if calls == 1:
                raise ConnectionError("lost")
            return [Told(code=Code.NOT_FOUND, message="no") for _ in asked]

        batching = Batching(send, 10)
        told = await asyncio.gather(*(batching.call((put(1), ""), 5) for _ in range(5)), return_exceptions=True)
        assert [type(each) for each in told] == [ConnectionError] * 5
        with pytest.raises(Told):
            await batching.call((put(1), ""), 5)

    asyncio.run(story())


def test_who_has_gone_is_not_asked_for() -> None:
    async def story() -> None:
        echo = Echo(1)
        batching = Batching(echo.send, 10)
        first, second = (asyncio.create_task(batching.call((put(number), ""), 5)) for number in (1, 2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == put(2)
        assert echo.sizes == [1]

    asyncio.run(story())
