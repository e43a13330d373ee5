"""Calls that share messages: what comes while messages are under way goes together in the next one.

So the latency is that of one call when little is asked, and the throughput that of many when much is.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from google.protobuf.message import Message

from bf.core.ports import Asked
from bf.core.refusal import Told

MESSAGES_COUNT_MAX = 2
"""How many messages are under way at a time: the server carries out one while the other one travels."""

Send = Callable[[Sequence[Asked], float], Awaitable[list[Message | Told]]]
"""Sends requests in one message, with seconds to go."""


class Waiting(NamedTuple):
    """A call that waits for a message in which it can go."""

    asked: Asked
    answer: "asyncio.Future[Message | Told]"
    until: float


class Batching:
    """Gathers calls into messages of so many at most."""

    def __init__(self, send: Send, most: int) -> None:
        self._send = send
        self._most = most
        self._waiting: deque[Waiting] = deque()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()
        """Held here, since the loop holds tasks only weakly."""

    async def call(self, asked: Asked, seconds: float) -> Message:
        """Let a request go with the next message; raises what `send` raises, and Told."""
        loop = asyncio.get_running_loop()
        waiting = Waiting(asked, loop.create_future(), loop.time() + seconds)
        self._waiting.append(waiting)
        if self._running < MESSAGES_COUNT_MAX:
            self._running += 1
            task = loop.create_task(self._run(), name="messages")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        told = await waiting.answer
        if isinstance(told, Told):
            raise told
        return told

    async def _run(self) -> None:
        """Send messages, one after the other, as long as calls wait."""
        try:
            while self._waiting:
                calls = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                calls = [call for call in calls if not call.answer.done()]  # whoever has gone asks no more
                if calls:
                    await self._exchange(calls)
        finally:
            self._running -= 1  # at once: whoever was just answered may call again before the task counts as done

    async def _exchange(self, calls: Sequence[Waiting]) -> None:
        seconds = max(call.until for call in calls) - asyncio.get_running_loop().time()
        try:
            told = await self._send([call.asked for call in calls], seconds)
        except Exception as error:  # noqa: BLE001  # whoever called gets it
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(error)
        else:
            for call, each in zip(calls, told, strict=True):
                if not call.answer.done():
                    call.answer.set_result(each)
