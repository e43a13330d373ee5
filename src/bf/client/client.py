"""The client of one tenant: calls, and messages of many calls, repeated where that is safe.

Rules of this file:
1. Every command has a request id, so that it may be repeated: the server carries it out at most once.
2. What was not answered is sent again, with pauses that grow and differ, until it is answered, the tries are used up,
   or its deadline has come. What was refused is not: the same request would be refused again.
3. One connection serves all calls; it is made anew when it is lost.
"""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from google.protobuf.message import Message

from bf.adapters.access.gate import AUTHORIZATION
from bf.adapters.grpc.api.execution_pb2 import ExecuteReq, ExecuteResp
from bf.adapters.grpc.api.watching_pb2 import WatchReportReq, WatchReportResp
from bf.adapters.grpc.call import TENANT
from bf.adapters.grpc.watch import REPORTS
from bf.client.batching import Batching
from bf.client.messages import EXECUTE_PATH, STREAM_PATH, Messages
from bf.client.streaming import Streaming
from bf.client.wire import Dial, NoAnswerError, UnreachableError, Wire
from bf.core.ports import Asked
from bf.core.refusal import Told
from bf.inventory.api.service_pb2 import DESCRIPTOR
from bf.inventory.domain import INVENTORY

SERVICE = DESCRIPTOR.services_by_name["InventoryService"]

WATCH_PATH = f"/{REPORTS.full_name}/WatchReport"

TRIES_MAX = 6
"""How often a request is sent when no answer comes."""

FIRST_PAUSE_S = 0.1
"""How long to wait before the second try at most; each pause after it may be twice as long."""

DEADLINE_S = 30.0
"""How long a call may take, with all its tries, unless it is told otherwise."""

Result = TypeVar("Result")


class Client:
    """Calls a server for one tenant, from one event loop."""

    def __init__(
        self,
        address: str,
        tenant: str,
        *,
        tls: ssl.SSLContext | None = None,
        server_name: str = "",
        token: str = "",
        batch: int = 0,
        tries: int = TRIES_MAX,
        deadline_s: float = DEADLINE_S,
        dial: Dial | None = None,
    ) -> None:
        """Call the server at HOST:PORT; in plain text unless a context is given, as `client_tls` makes it.

        A `server_name` is what the certificate is for, if not the host. With the tenant's own, such as
        acme.shop.example, the connection goes straight to the worker that has the tenant.

        With a `batch`, calls that are made while others are under way share messages, so many in each at most: many
        more of them a second, each a little later. With one try, commands get no request ids of their own.
        """
        metadata = {TENANT: tenant}
        if token:
            metadata[AUTHORIZATION] = f"Bearer {token}"
        self._wire = Wire(address, metadata, tls, server_name, dial)
        self._messages = Messages(INVENTORY)
        self._paths = {
            INVENTORY.requests[method.input_type.name]: f"/{SERVICE.full_name}/{method.name}"
            for method in SERVICE.methods
        }
        self._tries = tries
        self._deadline_s = deadline_s
        self._batching = Batching(self._send, batch) if batch else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.hang_up()
        await asyncio.sleep(0)  # sockets are closed in the loop's next turn

    async def call(self, request: Message, request_id: str = "", *, deadline_s: float | None = None) -> Message:
        """Send a request and return its response.

        Raises Told if it is refused, UnreachableError if no answer came (NoAnswerError if that is for the deadline),
        UntrustedError. Whoever names the `request_id` may repeat the call later, also from another process.
        """
        asked = request, request_id or self._new_id(request)
        return await self._patiently(lambda seconds: self._call(asked, seconds), deadline_s)

    async def execute(
        self, requests: Sequence[Message], request_ids: Sequence[str] = (), *, deadline_s: float | None = None
    ) -> list[Message | Told]:
        """Send many requests in as few messages as hold them; return the response or the refusal of each, in order.

        Each is carried out as if it came by itself. Raises UnreachableError, UntrustedError as `call` does, and Told if
        a whole message was refused: whoever repeats it then gives each command an id.
        """
        names = request_ids or [self._new_id(request) for request in requests]
        told: list[Message | Told] = []
        for piece in self._messages.pieces(list(zip(requests, names, strict=True))):
            told += await self._patiently(lambda seconds, piece=piece: self._send(piece, seconds), deadline_s)
        return told

    async def stream(self, requests: AsyncIterable[Message], *, batch: int = 1) -> AsyncIterator[Message | Told]:
        """Send requests as they come, so many in a message, and yield what each was told, in order.

        A stream that is lost is opened again, so often between two answers as a call is tried. Raises as `execute`.
        """
        asked = ((request, self._new_id(request)) async for request in requests)
        streaming = Streaming(self._messages, self._wire.address, asked, batch)
        tries, answered, pause_s = self._tries, 0, FIRST_PAUSE_S
        try:
            while True:
                opened = self._wire.stream(STREAM_PATH, ExecuteReq, ExecuteResp, self._deadline_s)
                try:
                    async with opened as stream:
                        async for told in streaming.run(stream):
                            yield told
                        return
                except UnreachableError:
                    if streaming.answered > answered:
                        tries, answered, pause_s = self._tries, streaming.answered, FIRST_PAUSE_S
                    tries -= 1
                    if tries <= 0:
                        raise
                    await asyncio.sleep(_jittered(pause_s))
                    pause_s *= 2
        finally:
            await streaming.close()

    async def watch(self, request: WatchReportReq) -> AsyncIterator[WatchReportResp]:
        """Yield a report and then what changes in it, for ever; raises Told, UnreachableError, UntrustedError.

        Whoever watches again after an UnreachableError gets the whole report first.
        """
        opened = self._wire.stream(WATCH_PATH, WatchReportReq, WatchReportResp, self._deadline_s)
        async with opened as stream:
            await stream.send_message(request, end=True)
            while message := await stream.recv_message():
                yield message

    async def _call(self, asked: Asked, seconds: float) -> Message:
        if self._batching:
            return await self._batching.call(asked, seconds)
        request, request_id = asked
        return await self._wire.unary(
            self._paths[type(request)], request, INVENTORY.responses[type(request).__name__], request_id, seconds
        )

    async def _send(self, asked: Sequence[Asked], seconds: float) -> list[Message | Told]:
        req = self._messages.write(asked)
        resp = await self._wire.unary(EXECUTE_PATH, req, ExecuteResp, "", seconds)
        return self._messages.read(self._wire.address, asked, resp)

    async def _patiently(self, send: Callable[[float], Awaitable[Result]], deadline_s: float | None) -> Result:
        now = asyncio.get_running_loop().time
        until = now() + (self._deadline_s if deadline_s is None else deadline_s)
        pause_s = FIRST_PAUSE_S
        for left in range(self._tries - 1, -1, -1):
            try:
                return await send(until - now())
            except NoAnswerError:
                raise
            except UnreachableError:
                wait_s = _jittered(pause_s)
                if not left or now() + wait_s >= until:
                    raise
                await asyncio.sleep(wait_s)
                pause_s *= 2
        raise AssertionError("the last try returns or raises")

    def _new_id(self, request: Message) -> str:
        return "" if self._tries == 1 or type(request) in INVENTORY.queries else secrets.token_hex(16)


def _jittered(pause_s: float) -> float:
    """Return a pause of half to all of it, so that not everybody comes back at once."""
    return pause_s * secrets.SystemRandom().uniform(0.5, 1)
