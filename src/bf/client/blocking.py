"""The client for code without an event loop: the same calls, which wait. Any number of threads may share one."""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from google.protobuf.message import Message

from bf.client.client import DEADLINE_S, TRIES_MAX, Client
from bf.core.refusal import Told

Result = TypeVar("Result")


class BlockingClient:
    """Calls a server for one tenant; its connection lives in a thread of its own, from `with` to the end of it."""

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
    ) -> None:
        """Take the same words as Client does; with a `batch`, calls of several threads share messages."""

        def make() -> Client:
            return Client(
                address,
                tenant,
                tls=tls,
                server_name=server_name,
                token=token,
                batch=batch,
                tries=tries,
                deadline_s=deadline_s,
            )

        self._make = make
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bf client", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._client = self._wait(self._made())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait(self._client.__aexit__(kind, error, trace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, request: Message, request_id: str = "", *, deadline_s: float | None = None) -> Message:
        """Send a request and wait for its response; raises as `Client.call` does."""
        return self._wait(self._client.call(request, request_id, deadline_s=deadline_s))

    def execute(
        self, requests: Sequence[Message], request_ids: Sequence[str] = (), *, deadline_s: float | None = None
    ) -> list[Message | Told]:
        """Send many requests and wait for what each was told; raises as `Client.execute` does."""
        return self._wait(self._client.execute(requests, request_ids, deadline_s=deadline_s))

    async def _made(self) -> Client:
        return self._make()

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
