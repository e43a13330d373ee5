"""A stream of messages: requests go out as they come, answers come back in their order.

A stream that is lost is opened again, and what was not answered goes first: commands have ids, so none is done twice.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

from google.protobuf.message import Message
from grpclib.client import Stream

from bf.adapters.grpc.api.execution_pb2 import ExecuteResp
from bf.client.messages import Messages
from bf.core.ports import Asked
from bf.core.refusal import Told

MESSAGES_COUNT_MAX = 64
"""How many messages of a stream may be unanswered."""

Piece = Sequence[Asked]


class Streaming:
    """What of a caller's requests has gone out, and what was answered; streams come and go."""

    def __init__(self, messages: Messages, address: str, requests: AsyncIterable[Asked], batch: int) -> None:
        """Send `requests`, so many in a message."""
        self._messages = messages
        self._address = address
        self._batch = batch
        self._requests = requests
        self._coming = asyncio.Queue[Piece | None](1)
        self._unanswered: deque[Piece] = deque()
        self._room = asyncio.Semaphore(MESSAGES_COUNT_MAX)
        self._reading = asyncio.get_running_loop().create_task(self._read_all(), name="requests of a stream")
        self.answered = 0
        """How many messages were."""

    async def run(self, stream: Stream[Message, ExecuteResp]) -> AsyncIterator[Message | Told]:
        """Go on over a stream, and yield what each request was told; at the end all are answered."""
        await stream.send_request()
        sending = asyncio.get_running_loop().create_task(self._send_all(stream, list(self._unanswered)))
        try:
            while resp := await stream.recv_message():
                told = self._messages.read(self._address, self._unanswered[0], resp)
                self._unanswered.popleft()
                self._room.release()
                self.answered += 1
                for each in told:
                    yield each
            await sending
            await self._reading  # what the caller's own iterator raised
        finally:
            await _ended(sending)

    async def close(self) -> None:
        """Ask the caller's iterator for no more."""
        await _ended(self._reading)

    async def _send_all(self, stream: Stream[Message, Any], again: Sequence[Piece]) -> None:
        for piece in again:
            await stream.send_message(self._messages.write(piece))
        while piece := await self._coming.get():
            self._unanswered.append(piece)
            await stream.send_message(self._messages.write(piece))
        self._coming.put_nowait(None)  # should this stream be lost, the next one ends too
        await stream.end()

    async def _read_all(self) -> None:
        piece: list[Asked] = []
        try:
            async for asked in self._requests:
                piece.append(asked)
                if len(piece) == self._batch:
                    await self._pass_on(piece)
                    piece = []
            if piece:
                await self._pass_on(piece)
        finally:
            await self._coming.put(None)

    async def _pass_on(self, piece: Piece) -> None:
        await self._room.acquire()
        await self._coming.put(piece)


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task
