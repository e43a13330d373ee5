"""What is under way: requests that are being carried out, so that a stopping server can let them end."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress

from bf.core.refusal import Code, Refusal


class Stopping(Refusal):
    """A request that came when the server had begun to stop."""

    code = Code.UNAVAILABLE
    text = "the server is stopping: repeat the request with the same request-id"


class UnderWay:
    """Counts the requests of all faces."""

    def __init__(self) -> None:
        self._count = 0
        self.stopping = asyncio.Event()
        """Set when the server begins to stop: whatever would go on for ever ends."""
        self._idle = asyncio.Event()

    @contextmanager
    def one(self) -> Generator[None]:
        """Count a request from here until its answer; raises Stopping."""
        if self.stopping.is_set():
            raise Stopping
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            if self.stopping.is_set() and not self._count:
                self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Turn new requests away and wait, so many seconds at most, until those under way have their answers."""
        self.stopping.set()
        if self._count:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)
